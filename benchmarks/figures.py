"""A figure: what was measured, what it must be, and what is aimed at."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Figure:
    """One row of the table. Its value is a ratio, unless the unit says otherwise.

    Attributes:
        name: what is compared with what, "ours / theirs" as a rule.
        value: what came out; None where it cannot be measured on this machine.
        must: the bound to keep; None for a figure that only explains another.
        aim: the bound to reach.
        unit: "x" for a ratio.
        more_is_better: whether the bounds are lower bounds.
        note: why there is no value.
    """

    name: str
    value: float | None
    must: float | None = None
    aim: float | None = None
    unit: str = "x"
    more_is_better: bool = False
    note: str = ""

    def reaches(self, bound: float) -> bool:
        """Whether the value, to the two digits that are shown, keeps a bound."""
        assert self.value is not None
        value = round(self.value, 2)
        return value >= bound if self.more_is_better else value <= bound

    @property
    def verdict(self) -> str:
        """'aim', 'must' or 'miss': the best bound that is kept. Empty where there is none."""
        if self.value is None or self.must is None or self.aim is None:
            return ""
        if self.reaches(self.aim):
            return "aim"
        return "must" if self.reaches(self.must) else "miss"


def figures_of(group: str, repeats: int, threads: int) -> list[Figure]:
    """What the file of a group measures, in a process that uses so many threads."""
    torch.set_num_threads(threads)
    return list(importlib.import_module(f"benchmarks.{group}").measure(repeats))
