"""Nets as they are, called without a graph, on inputs that leave nothing but Python: what a layer's call costs.

The nets are those of `graphs`, with the same weights on both sides, which are compared before the clock runs.
Of a layer alone the figure is what one call takes beyond the call of PyTorch's module, on 4x4: fifty of them in
one pass. A layer is a function, an object that is kept, or an object that is made for the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn

import torchscope as ts
from benchmarks import nets
from benchmarks.convolutions import channels_last
from benchmarks.figures import Figure
from benchmarks.graphs import BLOCKS, RESNET, compare, resnets, sides_of, work
from benchmarks.timing import calls, medians

CALLS = 50
# What inference and a step of training must be, and are to be.
BOUNDS = {BLOCKS: ((1.8, 1.3), (1.4, 1.15)), RESNET: ((1.25, 1.1),)}
IMAGE = (1, 4, 4, 4)
Call = Callable[[Tensor], Tensor]
Shape = tuple[int, ...]
LAYERS: dict[str, tuple[Call, Callable[[], ts.layers.Layer], Callable[[], nn.Module], Shape]] = {
    "dense": (
        lambda x: ts.layers.dense(x, 4),
        lambda: ts.layers.Dense(4),
        lambda: nn.Linear(4, 4),
        (4, 4),
    ),
    "conv2d": (
        lambda x: ts.layers.conv2d(x, 4, 3, padding="same"),
        lambda: ts.layers.Conv2D(4, 3, padding="same"),
        lambda: nn.Conv2d(4, 4, 3, padding=1),
        IMAGE,
    ),
    "batch_normalization": (
        ts.layers.batch_normalization,
        ts.layers.BatchNormalization,
        lambda: nn.BatchNorm2d(4),
        IMAGE,
    ),
}
# What a call of a function, of an object that is kept, and of one that is made must take, and is to.
OF_LAYERS = {
    "dense": ((10, 5), (10, 8), (12, 8)),
    "conv2d": ((15, 8), (17, 8), (23, 8)),
    "batch_normalization": ((15, 8), (10, 8), (15, 8)),
}


def whole_nets(repeats: int) -> Iterator[Figure]:
    """Each net beside the hand-written one."""
    sides = {RESNET: resnets(), **{name: sides_of(pair) for name, pair in nets.PAIRS.items()}}
    for name, (ours, theirs, x, y) in sides.items():
        # A ResNet-50 of one such image has no batch to normalize by.
        for training in (False,) if name == RESNET else (False, True):
            ours.train(training), theirs.train(training)
            runs = [work(ours, ours, x), work(theirs, theirs, y)]
            compare(ours, theirs, *[run() for run in runs])
            rounds = repeats if name == RESNET else 10 * repeats
            a, b = medians(*map(calls, runs), repeats=rounds, warmup=5)
            what = f"{name}, eager, {'a step of training' if training else 'inference'}"
            bounds = BOUNDS.get(name, ((None, None), (None, None)))[training]
            yield Figure(f"{what} / hand-written", a / b, *bounds)


def one_by_one(layers: Sequence[Call], x: Tensor) -> Tensor:
    """The last output of layers that have one input."""
    for layer in layers:
        y = layer(x)
    return y


def make_and_call(make: Callable[[], ts.layers.Layer], x: Tensor) -> Tensor:
    """The output of a layer that is made for it."""
    y: Tensor = make()(x)
    return y


def layers_alone(repeats: int) -> Iterator[Figure]:
    """A layer beside PyTorch's module: as a function, as an object that is kept, as one that is made."""
    for name, (function, make, module, shape) in LAYERS.items():
        x = torch.randn(shape)
        ways: list[list[Call]] = [
            [function] * CALLS,
            [make() for _ in range(CALLS)],
            [partial(make_and_call, make)] * CALLS,
        ]
        ours = [ts.ScopedModule(partial(one_by_one, each)).eval() for each in ways]
        theirs = partial(one_by_one, [channels_last(module().eval())] * CALLS)
        y = x.permute(0, 3, 1, 2) if x.dim() == 4 else x
        runs = [*(partial(net, x) for net in ours), partial(theirs, y)]
        with torch.no_grad():
            *taken, base = medians(*map(calls, runs), repeats=10 * repeats, warmup=5)
        kind = type(ways[1][0]).__name__
        whats = f"layers.{name}", f"layers.{kind}, kept,", f"layers.{kind}, made for the call,"
        for what, a, bounds in zip(whats, taken, OF_LAYERS[name], strict=True):
            figure = (a - base) / CALLS * 1e6
            yield Figure(f"{what} of 4x4, beyond torch.nn's module", figure, *bounds, unit="us")


def measure(repeats: int) -> Iterator[Figure]:
    """Whole nets, then layers alone."""
    torch.set_num_threads(1)
    yield from whole_nets(repeats)
    yield from layers_alone(repeats)
