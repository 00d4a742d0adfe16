"""Nets as graphs that are built once, where there is nothing but overhead; and what building takes.

Each net is there twice, ours in TF1's style and hand-written in channels_last, with the same weights; what
they compute is compared before the clock runs, gradients too. Inputs are tiny, and there is one thread. A
step of training is a forward and a backward pass. A ResNet-50 of one such image has no batch to normalize
by, and no training.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

import torchscope as ts
from benchmarks import nets, networks
from benchmarks.convolutions import channels_last
from benchmarks.figures import Figure
from benchmarks.memory import peak
from benchmarks.timing import Sample, calls, medians
from benchmarks.weights import give_weights

RESNET = "ResNet-50 in slim, one 32x32 image"
BLOCKS = next(iter(nets.PAIRS))

# What inference and a step of training must be, and are to be.
BOUNDS = {BLOCKS: ((1.0, 0.8), (1.0, 0.9))}
USUAL = ((1.0, 0.9), (1.0, 0.9))

Sides = tuple[nn.Module, nn.Module, Tensor, Tensor]
"""Our net, the other one, and an input of each."""


def sides_of(pair: nets.Pair) -> Sides:
    """A pair's nets, with the same weights."""
    torch.manual_seed(0)
    x = torch.randn(pair.shape)
    ours, theirs = nets.Scoped(pair.function), pair.by_hand()
    ours.eval()(x)
    give_weights(ours.scopes, theirs)
    if x.dim() != 4:
        return ours, theirs, x, x
    return ours, channels_last(theirs), x, x.permute(0, 3, 1, 2)  # type: ignore[return-value]


def resnets() -> Sides:
    """ResNet-50 of both sides."""
    images = torch.randn(1, 32, 32, 3, generator=torch.Generator().manual_seed(0))
    ours, theirs = networks.both(images)
    return ours, theirs, images, images.permute(0, 3, 1, 2)


def work(net: nn.Module, run: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], Tensor]:
    """A forward pass, in training followed by a backward pass; gives the outputs."""

    def infer() -> Tensor:
        with torch.no_grad():
            return run(x)

    def train() -> Tensor:
        net.zero_grad()
        y = run(x)
        y.square().mean().backward()
        return y.detach()

    return train if net.training else infer


def compare(ours: nn.Module, theirs: nn.Module, a: Tensor, b: Tensor) -> None:
    """Fails where outputs differ, or gradients as a whole."""
    networks.compare(a, b.permute(0, 2, 3, 1) if a.dim() == 4 else b)
    if ours.training:
        # Of matrices and kernels: nn.LSTM has two biases, and TF1's cell has one.
        norms = [
            torch.stack(
                [p.grad.norm() for p in net.parameters() if p.grad is not None and p.dim() > 1]
            ).norm()
            for net in (ours, theirs)
        ]
        networks.compare(*norms)


def in_eager(sides: Sides, *, training: bool) -> list[Callable[[], Tensor]]:
    """What a graph of ours does and what the other side does; they have been compared."""
    ours, theirs, x, y = sides
    ours.train(training), theirs.train(training)
    with torch.set_grad_enabled(training):
        graph = ts.graph(ours, x)
    runs = [work(ours, graph, x), work(theirs, theirs, y)]
    compare(ours, theirs, *[run() for run in runs])
    return runs


def eager(repeats: int) -> Iterator[Figure]:
    """Each net as a graph beside the hand-written one: time, and peak memory."""
    yield from in_mode(RESNET, resnets(), repeats, training=False)
    for name, pair in nets.PAIRS.items():
        sides = sides_of(pair)
        for training in (False, True):
            yield from in_mode(name, sides, 10 * repeats, training=training)


def in_mode(name: str, sides: Sides, rounds: int, *, training: bool) -> Iterator[Figure]:
    """The figures of one net in inference or in training."""
    runs = in_eager(sides, training=training)
    a, b = medians(*map(calls, runs), repeats=rounds, warmup=5)
    for net in sides[:2]:
        net.zero_grad()
    ours, theirs = map(peak, runs)
    what = f"{name}, ts.graph, {'a step of training' if training else 'inference'}"
    yield Figure(f"{what} / hand-written", a / b, *BOUNDS.get(name, USUAL)[training])
    yield Figure(f"{what}: its peak memory / hand-written's", ours / theirs, 1.02, 1.0)


def first_call(net: nn.Module, x: Tensor, backend: str) -> Sample:
    """The seconds of a compiled net's first call."""

    def sample() -> float:
        torch.compiler.reset()
        start = time.perf_counter()
        torch.compile(net, fullgraph=True, backend=backend)(x)
        return time.perf_counter() - start

    return sample


def building(net: nn.Module, x: Tensor) -> Sample:
    """The seconds that building a graph takes."""
    return calls(lambda: ts.graph(net, x))


def compile_times(repeats: int) -> Iterator[Figure]:
    """What a first call takes, where inductor has its kernels already, and without inductor."""
    rounds = max(1, repeats // 10)
    for name, sides in ((RESNET, resnets()), (BLOCKS, sides_of(nets.PAIRS[BLOCKS]))):
        ours, theirs, x, y = sides
        with torch.no_grad():
            for backend in ("inductor", "eager"):
                samples = first_call(ours, x, backend), first_call(theirs, y, backend)
                a, b = medians(*samples, repeats=rounds, warmup=1)
                bounds = (1.5, 1.1) if backend == "inductor" else (None, None)
                what = f"compile time of {name}, backend {backend} / hand-written's"
                yield Figure(what, a / b, *bounds)
            a, b = medians(
                building(ours, x), first_call(theirs, y, "eager"), repeats=rounds, warmup=1
            )
        what = f"building a graph of {name} / hand-written's first call, backend eager"
        yield Figure(what, a / b, 3.0, 1.5)


def measure(repeats: int) -> Iterator[Figure]:
    """Eager first: compiling leaves its marks on a process."""
    torch.set_num_threads(1)
    yield from eager(repeats)
    yield from compile_times(repeats)
