"""A step of Adam over the parameters of ResNet-50, alone and in the model function, beside torch.optim.Adam.

On the CPU, and on a GPU where there is one: as both are by default there, by foreach, and by PyTorch's fused
kernel; and the memory of what they keep.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

import torchscope as ts
import torchscope.tf1 as tf
from benchmarks.figures import Figure
from benchmarks.networks import CLASSES, HandWritten, compare, example
from benchmarks.timing import calls, medians
from torchscope import optim

# A processor takes ten times as long over numbers near zero: two images of this size, which a normalization makes 1
# and -1 of whatever they are, have gradients whose squares are, and so has a net that has learned.
IMAGES = 8
RATE = 1e-7


def parameters(device: str) -> list[Tensor]:
    """ResNet-50's, with gradients."""
    torch.manual_seed(0)
    made: list[Tensor] = [nn.Parameter(p.detach().to(device)) for p in HandWritten().parameters()]
    for parameter in made:
        parameter.grad = torch.randn_like(parameter)
    return made


def bytes_of(optimizer: torch.optim.Optimizer) -> int:
    """What tensors an optimizer keeps."""
    kept = [value for state in optimizer.state.values() for value in state.values()]
    return sum(value.numel() * value.element_size() for value in kept if isinstance(value, Tensor))


class Steps:
    """Steps that the device has finished."""

    def __init__(self, optimizer: torch.optim.Optimizer, device: str) -> None:
        self.optimizer, self.device = optimizer, device

    def __call__(self) -> None:
        """One step."""
        self.optimizer.step()
        if self.device == "cuda":
            torch.cuda.synchronize()


def beside(device: str, repeats: int, *, fused: bool) -> tuple[float, float]:
    """Our time and memory over theirs."""
    own, other = parameters(device), parameters(device)
    # So small that it does not matter where epsilon is added.
    ours = optim.Adam(own, 0.001, epsilon=1e-12, fused=fused)
    how = {"fused": True} if fused else {"foreach": True}
    theirs = torch.optim.Adam(other, 0.001, eps=1e-12, **how)
    a, b = medians(
        *(calls(Steps(each, device)) for each in (ours, theirs)), repeats=repeats, warmup=3
    )
    for parameter, same in zip(own, other, strict=True):
        compare(parameter, same)
    return a / b, bytes_of(ours) / bytes_of(theirs)


def resnet(images: Tensor, *, trained: bool) -> Any:
    """The loss of ResNet-50, and with it what trains it."""
    loss = example.resnet_v1_50(images, CLASSES, is_training=True).square().mean()
    return (loss, tf.train.AdamOptimizer(RATE).minimize(loss)) if trained else loss


def in_the_net(device: str, repeats: int) -> tuple[float, float]:
    """A train_op over backward and torch.optim.Adam: its run alone, and with the call that gives it."""
    images = torch.randn(IMAGES, 32, 32, 3, device=device)
    ours, theirs = (
        ts.build(ts.ScopedModule(partial(resnet, trained=trained)).to(device), images)
        for trained in (True, False)
    )
    optimizer = torch.optim.Adam(theirs.parameters(), RATE)

    def finished() -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def trained() -> list[float]:
        begun = finished()
        _, train_op = ours(images)
        called = finished()
        train_op.run()
        return [finished() - called, finished() - begun]

    def by_torch() -> list[float]:
        begun = finished()
        loss = theirs(images)
        called = finished()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return [finished() - called, finished() - begun]

    taken: list[list[list[float]]] = [[], []]
    for _ in range(3 + repeats):
        for side, step in zip(taken, (trained, by_torch), strict=True):
            side.append(step())
    run, whole = (
        [statistics.median(times[part] for times in side[3:]) for side in taken] for part in (0, 1)
    )
    return run[0] / run[1], whole[0] / whole[1]


def measure(repeats: int) -> Iterator[Figure]:
    """The time of each way on each device, and the memory."""
    memory = 0.0
    for device in ("cpu", "cuda"):
        there = device == "cpu" or torch.cuda.is_available()
        note = "" if there else "no GPU"
        for fused in (False, True):
            time = None
            if there:
                time, memory = beside(device, repeats, fused=fused)
            how = "fused=True" if fused else "foreach=True"
            where = "on a GPU" if device == "cuda" else "on the CPU"
            name = f"a step of Adam over ResNet-50 {where} / torch.optim.Adam({how})"
            yield Figure(name, time, 1.1, 1.0, note=note)
    for device in ("cpu", "cuda"):
        there = device == "cpu" or torch.cuda.is_available()
        note = "ResNet-50 on eight images of 32x32" if there else "no GPU"
        run, whole = in_the_net(device, repeats) if there else (None, None)
        where = "on a GPU" if device == "cuda" else "on the CPU"
        of = f"of tf.train.AdamOptimizer {where} / backward and torch.optim.Adam"
        yield Figure(f"train_op.run() {of}", run, 1.25, 1.05, note=note)
        yield Figure(f"a call and train_op.run() {of}", whole, 1.25, 1.05, note=note)
    yield Figure("what Adam keeps of ResNet-50 / torch.optim.Adam's", memory, 1.01, 1.0)
