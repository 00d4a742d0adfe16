"""One list of all public layers, each with a call of it: what tests/test_goldens.py runs them through.

A layer is added here with a `Golden`; a test fails for a public layer that is missing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn

import torchscope as ts

# What the names in GOLDENS are taken from.
PACKAGES = {"layers": ts.layers}
NOT_LAYERS = {
    "layers.InputSpec": "what a layer expects of its inputs",
    "layers.Layer": "what layers derive from",
}


class Golden(NamedTuple):
    """A call of public names, on an input of floats.

    Attributes:
        names: what it stands for.
        function: gets the input.
        shape: the input's.
        layer: makes an object that is kept by the net, and gets the input too.
        keywords: for the call of either.
    """

    names: tuple[str, ...]
    function: Callable[..., Any]
    shape: tuple[int, ...]
    layer: Callable[[], Any] | None = None
    keywords: dict[str, Any] = {}

    def net(self):
        """A new net that calls it."""
        return Net(self)


class Net(nn.Module):
    """A function, and beside it a layer that is made once."""

    def __init__(self, golden):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.golden = golden
        self.layer = None if golden.layer is None else golden.layer()

    def forward(self, x):
        """What both give."""
        with ts.variable_scope("model"):
            output = self.golden.function(x, **self.golden.keywords)
            if self.layer is None:
                return output
            return output, self.layer(x, **self.golden.keywords)


def of_layers(function, cls, shape, *arguments, call=None, **keywords):
    """A function of `ts.layers` and the class of the same arguments."""
    return Golden(
        (f"layers.{function}", f"layers.{cls}"),
        partial(call_of, function, arguments, keywords),
        shape,
        partial(getattr(ts.layers, cls), *arguments, **keywords),
        call or {},
    )


def call_of(function, arguments, keywords, x, **more):
    """A call of a function of `ts.layers`, whose first argument is the input."""
    return getattr(ts.layers, function)(x, *arguments, **keywords, **more)


LINE, IMAGE, VOLUME = (2, 9, 3), (2, 7, 6, 3), (2, 5, 6, 5, 3)
SAME = {"padding": "same"}
TRAINING = {"training": True}
L2 = ts.l2_regularizer(0.1)

GOLDENS = [
    Golden(
        ("layers.conv_relu",),
        partial(ts.layers.conv_relu, kernel_shape=[3, 3, 3, 4], bias_shape=[4]),
        IMAGE,
    ),
    of_layers("dense", "Dense", (4, 3), 5, activation="tanh", kernel_regularizer=L2),
    of_layers("dense", "Dense", (2, 4, 3), 5, use_bias=False, activity_regularizer=L2),
    of_layers("conv1d", "Conv1D", LINE, 4, 3, padding="causal", dilation_rate=2),
    of_layers("conv2d", "Conv2D", IMAGE, 4, 3, 2, **SAME, activation=torch.relu),
    of_layers("conv2d", "Conv2D", (2, 3, 6, 5), 4, 3, data_format="channels_first"),
    of_layers("conv3d", "Conv3D", VOLUME, 4, 3, (1, 2, 2), **SAME),
    of_layers("conv2d_transpose", "Conv2DTranspose", IMAGE, 4, 3, 2, **SAME),
    of_layers("conv3d_transpose", "Conv3DTranspose", VOLUME, 2, 3, 2),
    of_layers("separable_conv1d", "SeparableConv1D", LINE, 4, 3, **SAME),
    of_layers("separable_conv2d", "SeparableConv2D", IMAGE, 4, 3, depth_multiplier=2),
    of_layers("batch_normalization", "BatchNormalization", (6, 3)),
    of_layers("batch_normalization", "BatchNormalization", (6, 3), call=TRAINING),
    of_layers("batch_normalization", "BatchNormalization", IMAGE, call=TRAINING),
    of_layers("batch_normalization", "BatchNormalization", IMAGE, axis=[1, 3], call=TRAINING),
    of_layers("batch_normalization", "BatchNormalization", (6, 3), renorm=True, call=TRAINING),
    of_layers("dropout", "Dropout", (4, 3), 0.4, call=TRAINING),
    of_layers("flatten", "Flatten", IMAGE, data_format="channels_first"),
    *(
        of_layers(f"{kind}_pooling{len(shape) - 2}d", f"{cls}Pooling{len(shape) - 2}D", shape, 3, 2)
        for kind, cls in (("max", "Max"), ("average", "Average"))
        for shape in (LINE, IMAGE, VOLUME)
    ),
]
