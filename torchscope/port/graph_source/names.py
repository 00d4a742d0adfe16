"""Names of values in a function: one each, after its node, and x for what goes through from line to line."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence
from typing import Any

from torchscope.port.graph_source.expressions import (
    Attribute,
    Call,
    Index,
    Key,
    Literal,
    Local,
    Ref,
    keys,
    walk,
)
from torchscope.port.graph_source.functions import snake
from torchscope.port.graph_source.statements import Statement
from torchscope.port.graph_source.steps import Step

TAKEN = {*keyword.kwlist, *dir(builtins), "tf", "ts", "np", "node", "pathlib", "CONSTANTS"}


class Names:
    """The names of values in one function."""

    def __init__(self, taken: set[str], outer: Names | None = None) -> None:
        self.taken = set(taken)
        self.of: dict[Key, str] = {}
        self.local: dict[int, str] = {}
        # Those that hold after the line that is being written.
        self.later: dict[Key, str] = {}
        self.arguments: set[str] = set()
        self._may_x = outer is None

    def inside(self) -> Names:
        """Those of a function inside, which sees these."""
        found = Names(self.taken, self)
        found.of = dict(self.of)
        return found

    def argument(self, hint: str) -> str:
        """A name for an argument."""
        name = unique(hint, self.taken)
        self.arguments.add(name)
        return name

    def shadowing(self, hint: str) -> str:
        """An argument that may be called as something around is."""
        if hint in self.arguments or hint in TAKEN:
            return self.argument(hint)
        self.taken.add(hint)
        self.arguments.add(hint)
        return hint

    def new(self, hint: str) -> str:
        """A name that nothing has."""
        return unique(hint, self.taken)

    def alive(self, last: set[Key]) -> set[str]:
        """The names that stand for values which are still taken."""
        return {name for key, name in self.of.items() if key not in last}

    def result(self, each: Statement, last: set[Key]) -> str:
        """A name for what a statement gives: that of what it takes, where that is what goes through the function."""
        expression = each.expression
        first = next(iter(keys(expression)), None)
        if first is not None and self._may_x and not each.variable and not _is_size(expression):
            name = self.of.get(first) or self.of.get(first._replace(place=None))
            if name == "x" and first in last:
                return "x"
            if "x" not in self.taken:
                self.taken.add("x")
                return "x"
        return self.new(each.hint)

    def text(self, expression: Any) -> str:
        """What is written for a value, or for a function inside."""
        match expression:
            case Ref(key):
                if key in self.of:
                    return self.of[key]
                return f"{self.of[key._replace(place=None)]}[{key.place}]"
            case Local():
                return self.local[id(expression)]
        raise TypeError(expression)


def unique(hint: str, taken: set[str]) -> str:
    """A name like `hint` that is not taken, and is so from now on."""
    name, number = hint, 1
    if name in TAKEN:
        name = hint = f"{hint}_"
    while name in taken:
        number += 1
        name = f"{hint.rstrip('_')}_{number}"
    taken.add(name)
    return name


def hint_of(step: Step) -> str:
    """What a value is called: as its node is, without the version of its type; a size after its place."""
    match step.expression:
        case Index(Attribute(_, "shape"), (Literal(place),)) if (
            isinstance(place, int) and place >= 0
        ):
            return f"size_{place}"
    return re.sub(r"_v\d+(?=_\d+$|$)", "", snake(step.path.rpartition("/")[2]))


def loop_variable(state: Sequence[Any], place: int, names: Names) -> str:
    """What a loop variable is called: i, if it begins as a number, and else as what it begins as."""
    start = state[place]
    if isinstance(start, Literal):
        before = sum(isinstance(each, Literal) for each in state[:place])
        return "ijklmn"[before % 6]
    if isinstance(start, Ref):
        return re.sub(r"\W.*", "", names.text(start))
    return "value"


def _is_size(expression: Any) -> bool:
    return any(
        isinstance(each, Attribute) or (isinstance(each, Call) and each.function == "tf.shape")
        for each in walk(expression)
    )
