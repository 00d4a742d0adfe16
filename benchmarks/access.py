"""One variable, one scope: get_variable and variable_scope beside reading `module.weight`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import Sample, lines, medians

COPIES = 100


def net_with_a_weight() -> ts.ScopedModule:
    """A net that has run once, and so has the variable "w" of 16x16."""
    net = ts.ScopedModule(lambda: ts.get_variable("w", [16, 16]))
    net()
    return net


def within_a_pass(net: ts.ScopedModule, code: str, *, reuse: bool | None = None) -> Sample:
    """A sample of a line of code, each time in a new pass that has claimed the variable "w".

    That the pass begins and ends is not part of the time.
    """
    sample = lines(code, COPIES, ts=ts)

    def run() -> float:
        with net.registry.activate():
            ts.get_variable("w", [16, 16])
            with ts.variable_scope("", reuse=reuse):
                return sample()

    return run


def measure(repeats: int) -> Iterator[Figure]:
    """Everything is in the same rounds, so that all is divided by the same `module.weight`."""
    net, module = net_with_a_weight(), nn.Linear(16, 16)
    with torch.no_grad():
        weight, get, by_name, scope = medians(
            lines("module.weight", COPIES, module=module),
            within_a_pass(net, 'ts.get_variable("w", [16, 16])', reuse=True),
            within_a_pass(net, 'ts.get_variable("w")', reuse=True),
            within_a_pass(net, 'with ts.variable_scope("layer{i}"): pass'),
            repeats=20 * repeats,
            warmup=20,
        )
    yield Figure(
        "get_variable of an existing variable / reading module.weight", get / weight, 1.0, 0.75
    )
    yield Figure(
        "entering and leaving a variable_scope / reading module.weight", scope / weight, 2.0, 1.2
    )
    yield Figure("get_variable by name alone, without a shape / the same", by_name / weight)
    yield Figure("reading module.weight", weight * 1e9, unit="ns")
