"""Prints how much of what TF1 model code uses torchscope.tf1 answers, and what is missing.

The facts are in usage.txt: a survey of 71 public repositories, in how many of them each symbol is used.
A symbol is answered if torchscope.tf1, or torchscope.slim for `slim.x`, has it, and not only to refuse it;
`tf.x.*` if there is such a module. A share is of uses, each counted once for a repository.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

FACTS = Path(__file__).parent / "usage.txt"

GROUPS = {
    "a": "variables, scopes, collections, initializers, regularizers",
    "b": "layers that make variables, recurrent cells",
    "c": "operations of networks",
    "d": "plain operations and dtypes",
    "e": "training",
    "f": "everything else",
}

ROOTS = {
    "tf": "torchscope.tf1",
    "slim": "torchscope.slim",
    "moving_averages": "torchscope._core.functions.assign_moving_average",
}

# Names that are there to say what to write in their place.
REFUSED = frozenset(
    ["tf.InteractiveSession", "tf.Session", "tf.enable_eager_execution", "tf.get_default_session"]
)


class Use(NamedTuple):
    """A symbol of a group, and in how many repositories it is used."""

    group: str
    symbol: str
    repositories: int


def facts() -> list[Use]:
    """What the file says."""
    lines = [line.split() for line in FACTS.read_text().splitlines() if not line.startswith("#")]
    return [Use(group, symbol, int(count)) for group, symbol, count in lines]


def is_answered(symbol: str) -> bool:
    """Whether torchscope has something under a symbol.

    >>> is_answered("tf.nn.conv2d"), is_answered("tf.no_such_thing"), is_answered("tf.nn.*")
    (True, False, True)
    """
    root, *path = symbol.split(".")
    if root not in ROOTS or symbol in REFUSED:
        return False
    found = importlib.import_module(ROOTS[root])
    for part in path:
        if part == "*":
            return inspect.ismodule(found)
        try:
            found = getattr(found, part)
        except (AttributeError, ImportError):
            return False
    return True


def shares(uses: list[Use]) -> dict[str, tuple[float, list[Use]]]:
    """For each group which share is answered, and what is not, the most used first."""
    groups = defaultdict(list)
    for use in uses:
        groups[use.group].append(use)
    found = {}
    for group, members in groups.items():
        missing = [use for use in members if not is_answered(use.symbol)]
        total = sum(use.repositories for use in members)
        share = 1 - sum(use.repositories for use in missing) / total
        found[group] = share, sorted(missing, key=lambda use: -use.repositories)
    return found


def report() -> str:
    """What is printed."""
    lines = ["Of what 71 repositories of TF1 model code use, by repositories:"]
    for group, (share, missing) in shares(facts()).items():
        names = ", ".join(f"{use.symbol} {use.repositories}" for use in missing)
        lines += ["", f"({group}) {GROUPS[group]}: {share:.1%}", f"missing: {names or 'nothing'}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{report()}\n")
