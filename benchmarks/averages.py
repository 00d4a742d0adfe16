"""The averages of ResNet-50's 161 weights, moved once; the other side is PyTorch's AveragedModel.

What `apply` costs in each pass, which AveragedModel has not, is a figure of its own, without a bound.
"""

from __future__ import annotations

import timeit
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import torchscope as ts
import torchscope.tf1 as tf
from benchmarks.figures import Figure
from benchmarks.networks import HandWritten
from benchmarks.timing import calls, medians

DECAY = 0.999


def model(shapes: list[torch.Size], *, averaged: bool) -> tf.Operation:
    """The weights, and what moves their averages."""
    weights = [ts.get_variable(f"layer{i}/w", list(shape)) for i, shape in enumerate(shapes)]
    ema = tf.train.ExponentialMovingAverage(DECAY)
    return ema.apply(weights) if averaged else tf.no_op()


def sides() -> tuple[ts.ScopedModule, AveragedModel, HandWritten, list[torch.Size]]:
    """Our net, PyTorch's averages and the net that they follow: all of the same numbers."""
    theirs = HandWritten()
    following = AveragedModel(theirs, multi_avg_fn=get_ema_multi_avg_fn(DECAY))
    following.update_parameters(theirs)
    shapes = [parameter.shape for parameter in theirs.parameters()]
    ours = ts.ScopedModule(model)
    ours(shapes, averaged=True)
    with torch.no_grad():
        for number, (parameter, average) in enumerate(
            zip(theirs.parameters(), following.module.parameters(), strict=True)
        ):
            name = f"layer{number}/w"
            ours.registry.variables[name].copy_(parameter.add_(1.0))
            ours.registry.variables[f"{name}/ExponentialMovingAverage"].copy_(average)
    return ours, following, theirs, shapes


def averages_of(net: ts.ScopedModule) -> list[Tensor]:
    """The averages in the order of their weights."""
    return [v for name, v in net.registry.variables.items() if name.endswith("Average")]


def measure(repeats: int) -> Iterator[Figure]:
    """The update, and what applying costs a pass."""
    ours, following, theirs, shapes = sides()
    ours(shapes, averaged=True).run()
    following.update_parameters(theirs)
    for mine, average in zip(averages_of(ours), following.module.parameters(), strict=True):
        torch.testing.assert_close(mine, average, check_dtype=False)

    def update() -> float:
        operation = ours(shapes, averaged=True)
        return timeit.Timer(operation.run).timeit(1)

    a, b = medians(
        update, calls(lambda: following.update_parameters(theirs)), repeats=3 * repeats, warmup=5
    )
    yield Figure(f"an average's update over {len(shapes)} tensors / AveragedModel", a / b, 1.1, 1.0)
    with_averages, without = medians(
        calls(lambda: ours(shapes, averaged=True)),
        calls(lambda: ours(shapes, averaged=False)),
        repeats=repeats,
    )
    name = f"ExponentialMovingAverage.apply of {len(shapes)} variables, in a pass"
    yield Figure(name, (with_averages - without) * 1e3, unit="ms")
