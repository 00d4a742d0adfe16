"""One variable, one scope: get_variable and variable_scope beside reading `module.weight`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import Sample, lines, medians

COPIES = 100


def model() -> None:
    """What the net asks for in each pass: "w", of 16x16."""
    ts.get_variable("w", [16, 16])


def many() -> None:
    """As many variables as there are copies of a line."""
    for i in range(COPIES):
        ts.get_variable(f"w{i}", [16, 16])


def passes_on(getter: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
    """A custom getter that changes nothing."""
    return getter(name, *args, **kwargs)


def within_a_pass(
    ask: Callable[[], None],
    code: str,
    *,
    reuse: bool | None = None,
    getter: Callable[..., Any] | None = None,
) -> Sample:
    """A sample of a line of code, each time in a new pass of a net that exists.

    Args:
        ask: makes the net's variables; under reuse it has asked for them in the same pass already.
        code: the line.
        reuse: as variable_scope takes it.
        getter: a custom getter that the line's requests go through.

    That the pass begins and ends is not part of the time.
    """
    sample = lines(code, COPIES, ts=ts)

    def forward(*, timed: bool) -> float:
        if reuse or not timed:
            ask()
        if not timed:
            return 0.0
        with ts.variable_scope("", reuse=reuse, custom_getter=getter):
            return sample()

    net = ts.ScopedModule(forward)
    net(timed=False)

    def run() -> float:
        seconds: float = net(timed=True)
        return seconds

    return run


def measure(repeats: int) -> Iterator[Figure]:
    """Everything is in the same rounds, so that all is divided by the same `module.weight`."""
    with torch.no_grad():
        weight, get, by_name, first, through, scope = medians(
            lines("module.weight", COPIES, module=nn.Linear(16, 16)),
            within_a_pass(model, 'ts.get_variable("w", [16, 16])', reuse=True),
            within_a_pass(model, 'ts.get_variable("w")', reuse=True),
            within_a_pass(many, 'ts.get_variable("w{i}", [16, 16])'),
            within_a_pass(model, 'ts.get_variable("w", [16, 16])', reuse=True, getter=passes_on),
            within_a_pass(model, 'with ts.variable_scope("layer{i}"): pass'),
            repeats=20 * repeats,
            warmup=20,
        )
    yield Figure(
        "get_variable of an existing variable / reading module.weight", get / weight, 0.75, 0.7
    )
    yield Figure(
        "entering and leaving a variable_scope / reading module.weight", scope / weight, 1.35, 1.2
    )
    yield Figure(
        "get_variable through a custom getter that passes all on / reading module.weight",
        through / weight,
        10.0,
        8.0,
    )
    yield Figure("get_variable by name alone / reading module.weight", by_name / weight)
    yield Figure("get_variable, a pass's first request / reading module.weight", first / weight)
    yield Figure("reading module.weight", weight * 1e9, unit="ns")
