"""Recurrent nets: torch.nn.LSTM on the same numbers, and cells beside the loop that one writes by hand."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import calls, medians

STEPS, BATCH, UNITS = 100, 32, 256
# So small that what is seen is Python.
SMALL_BATCH, SMALL = 4, 64


def model(x: Tensor) -> Tensor:
    """Our side."""
    outputs, _ = ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(UNITS), x, dtype=torch.float32)
    return outputs


def cut(x: Tensor) -> Tensor:
    """The same, for sequences of all lengths."""
    lengths = torch.linspace(1, STEPS, BATCH).int()
    outputs, _ = ts.rnn.dynamic_rnn(ts.rnn.BasicLSTMCell(UNITS), x, lengths, dtype=torch.float32)
    return outputs


class Loop(nn.Module, ABC):
    """A cell and a loop, as one writes them by hand: the input's products of all steps at once."""

    def __init__(self, units: int, columns: int) -> None:
        super().__init__()
        self.units = units
        self.of_inputs = nn.Linear(units, columns)
        self.of_state = nn.Linear(units, columns, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N) to (B, T, N)."""
        state = c = x.new_zeros(len(x), self.units)
        outputs = []
        for given in self.of_inputs(x).unbind(1):
            state, c = self.step(given, state, c)
            outputs.append(state)
        return torch.stack(outputs, 1)

    @abstractmethod
    def step(self, given: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The next output, and the next memory."""


class GRU(Loop):
    """TF1's GRUCell."""

    def __init__(self, units: int) -> None:
        super().__init__(units, 3 * units)
        self.of_state = nn.Linear(units, 2 * units, bias=False)
        self.of_reset = nn.Linear(units, units, bias=False)

    def step(self, given: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """A step."""
        gates, new = given.split([2 * self.units, self.units], 1)
        reset, update = (gates + self.of_state(h)).sigmoid().chunk(2, 1)
        new = (new + self.of_reset(reset * h)).tanh()
        return update * h + (1 - update) * new, c


class Peepholes(Loop):
    """TF1's LSTMCell with peepholes."""

    def __init__(self, units: int) -> None:
        super().__init__(units, 4 * units)
        self.diagonals = nn.Parameter(torch.randn(3, units))

    def step(self, given: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """A step."""
        i, j, f, o = (given + self.of_state(h)).chunk(4, 1)
        of_i, of_f, of_o = self.diagonals
        i, f = (i + of_i * c).sigmoid(), (f + of_f * c).sigmoid()
        c = f * c + i * j.tanh()
        return (o + of_o * c).sigmoid() * c.tanh(), c


class Normalized(Loop):
    """TF1's LayerNormBasicLSTMCell."""

    def __init__(self, units: int) -> None:
        super().__init__(units, 4 * units)
        self.norms = nn.ModuleList(nn.LayerNorm(units) for _ in range(5))

    def step(self, given: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """A step."""
        gates = (given + self.of_state(h)).chunk(4, 1)
        i, j, f, o = (norm(gate) for norm, gate in zip(self.norms, gates, strict=False))
        c = self.norms[4](c * (f + 1).sigmoid() + i.sigmoid() * j.tanh())
        return c.tanh() * o.sigmoid(), c


class Pair(NamedTuple):
    """A cell, and what computes as much by hand."""

    cell: Callable[[int], Any]
    by_hand: Callable[[int], nn.Module]


PAIRS = {
    "GRUCell": Pair(ts.rnn.GRUCell, GRU),
    "LSTMCell with peepholes": Pair(lambda n: ts.rnn.LSTMCell(n, use_peepholes=True), Peepholes),
    "LayerNormBasicLSTMCell": Pair(ts.rnn.LayerNormBasicLSTMCell, Normalized),
}


def over_steps(cell: Callable[[int], Any], units: int) -> nn.Module:
    """A cell in dynamic_rnn, as a net."""
    return ts.ScopedModule(lambda x: ts.rnn.dynamic_rnn(cell(units), x, dtype=torch.float32)[0])


class Own(nn.Module):
    """PyTorch's own net of one layer, an nn.LSTM or an nn.GRU; it gives the outputs alone."""

    def __init__(self, kind: type[nn.RNNBase], units: int) -> None:
        super().__init__()
        self.net = kind(units, units, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N) to (B, T, N)."""
        outputs: Tensor = self.net(x)[0]
        return outputs


def inference(net: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], Tensor]:
    """A forward pass."""
    return torch.no_grad()(lambda: net(x))


def training(net: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], Tensor]:
    """A forward and a backward pass."""

    def run() -> Tensor:
        outputs = net(x)
        outputs.square().sum().backward()
        return outputs

    return run


WORK = {"inference": inference, "training": training}


def cells(repeats: int) -> Iterator[Figure]:
    """Cells beside loops written by hand, and the gated unit beside PyTorch's, which is another."""
    x = torch.randn(SMALL_BATCH, STEPS, SMALL)
    gru = Own(nn.GRU, SMALL)
    for name, (cell, by_hand) in PAIRS.items():
        ours, theirs = over_steps(cell, SMALL), by_hand(SMALL)
        ours(x)
        what = f"{name} of {SMALL} in dynamic_rnn, {STEPS} steps, {{}} / "
        for mode, of in WORK.items():
            a, b, c = medians(*(calls(of(net, x)) for net in (ours, theirs, gru)), repeats=repeats)
            yield Figure(f"{what.format(mode)}a loop by hand", a / b, 1.0, 0.5)
            if name == "GRUCell":
                yield Figure(f"{what.format(mode)}torch.nn.GRU", a / c, 1.5, 1.0)


def measure(repeats: int) -> Iterator[Figure]:
    """Eager first: compiling leaves its marks on a process."""
    yield from cells(repeats)
    x = torch.randn(BATCH, STEPS, UNITS)
    ours, shorter, theirs = ts.ScopedModule(model), ts.ScopedModule(cut), Own(nn.LSTM, UNITS)
    ours(x), shorter(x)
    compiled = torch.compile(ours, fullgraph=True)
    name = "BasicLSTMCell in dynamic_rnn, 100 steps of 256, {} / torch.nn.LSTM"
    for mode, of in WORK.items():
        a, b, c = medians(*(calls(of(net, x)) for net in (ours, shorter, theirs)), repeats=repeats)
        yield Figure(name.format(f"eager, {mode}"), a / c)
        yield Figure(name.format(f"eager, with lengths, {mode}"), b / c)
    start = time.perf_counter()
    training(compiled, x)()
    yield Figure("its compile time", time.perf_counter() - start, unit="s")
    for mode, of in WORK.items():
        a, b = medians(*(calls(of(net, x)) for net in (compiled, theirs)), repeats=repeats)
        yield Figure(name.format(f"compiled, {mode}"), a / b, 2.0, 1.0)
