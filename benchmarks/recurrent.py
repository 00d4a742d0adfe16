"""Recurrent nets: a hundred steps of 256 units, against torch.nn.LSTM on the same numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import calls, medians

STEPS, BATCH, UNITS = 100, 32, 256


def model(x: Tensor) -> Tensor:
    """Our side."""
    outputs, _ = ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(UNITS), x, dtype=torch.float32)
    return outputs


def cut(x: Tensor) -> Tensor:
    """The same, for sequences of all lengths."""
    lengths = torch.linspace(1, STEPS, BATCH).int()
    outputs, _ = ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(UNITS), x, lengths, dtype=torch.float32)
    return outputs


def measure(repeats: int) -> Iterator[Figure]:
    """Eager first: compiling leaves its marks on a process."""
    x = torch.randn(BATCH, STEPS, UNITS)
    lstm = torch.nn.LSTM(UNITS, UNITS, batch_first=True)
    ours, shorter = ts.ScopedModule(model), ts.ScopedModule(cut)
    ours(x), shorter(x)
    compiled = torch.compile(ours, fullgraph=True)

    def theirs(x: Tensor) -> Tensor:
        outputs: Tensor = lstm(x)[0]
        return outputs

    def inference(net: Callable[[Tensor], Tensor]) -> Callable[[], Tensor]:
        return torch.no_grad()(lambda: net(x))

    def training(net: Callable[[Tensor], Tensor]) -> Callable[[], None]:
        return lambda: net(x).square().sum().backward()

    name = "BasicLSTMCell in dynamic_rnn, 100 steps of 256, {} / torch.nn.LSTM"
    for mode, of in (("inference", inference), ("training", training)):
        a, b, c = medians(*(calls(of(net)) for net in (ours, shorter, theirs)), repeats=repeats)
        yield Figure(name.format(f"eager, {mode}"), a / c)
        yield Figure(name.format(f"eager, with lengths, {mode}"), b / c)
    start = time.perf_counter()
    training(compiled)()
    yield Figure("its compile time", time.perf_counter() - start, unit="s")
    for mode, of in (("inference", inference), ("training", training)):
        a, b = medians(*(calls(of(net)) for net in (compiled, theirs)), repeats=repeats)
        yield Figure(name.format(f"compiled, {mode}"), a / b, 2.0, 1.0)
