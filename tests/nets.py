"""Modules that the tests build, save and load. They are at top level, so that they can be pickled."""

import torch
from torch import nn

import torchscope as ts


def image_filter(images):
    with ts.variable_scope("conv1"):
        hidden = ts.conv_relu(images, [3, 3, 3, 4], [4])
    with ts.variable_scope("conv2"):
        return ts.conv_relu(hidden, [3, 3, 4, 4], [4])


class Siamese(nn.Module):
    """Two images through one filter, with a loss in a collection."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, a, b):
        with ts.variable_scope("model"):
            fa = image_filter(a)
        with ts.variable_scope("model", reuse=True):
            fb = image_filter(b)
        ts.add_to_collection("losses", (fa - fb).square().mean())
        return fa, fb


class Scoped(nn.Module):
    """A module of the user's own, with a registry and a function to run."""

    def __init__(self, fn):
        super().__init__()
        self.own = nn.Linear(3, 2)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.scopes = ts.ScopedParameterRegistry(self)
        self.fn = fn

    def forward(self, *args):
        return self.fn(*args)


def every_kind():
    """One variable of each kind."""
    with ts.variable_scope("kinds"):
        return (
            ts.get_variable("trained", [2, 3]),
            ts.get_variable("frozen", [2], trainable=False),
            ts.get_variable("count", [], dtype=torch.int64),
            ts.get_local_variable("local", [3]),
            ts.Variable([1.0, 2.0], name="made"),
        )


def pairs(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(2, 6, 6, 3, generator=generator) for _ in range(2))
