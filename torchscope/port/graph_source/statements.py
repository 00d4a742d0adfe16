"""What a function does, line by line, before it is text: statements, and loops of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from torchscope.port.graph_source.expressions import Call, Key, Local, keys, parts
from torchscope.port.graph_source.functions import Function


class Statement(NamedTuple):
    """A line, or what becomes one.

    Args:
        targets: the values that it gives names to; None is one that nobody takes.
        expression: what it computes.
        hint: what a single value is called.
        stateful: whether it does more than to give a value.
        whole: whether it gives a single value, which may have parts.
        function: the function that it calls.
        variable: whether it asks for a variable.
    """

    targets: tuple[Key | None, ...]
    expression: Any
    hint: str
    stateful: bool = False
    whole: bool = True
    function: Function | None = None
    variable: bool = False

    @property
    def target(self) -> Key:
        """The value, of a statement that gives a single one."""
        (found,) = self.targets
        assert found is not None
        return found


class Loop(NamedTuple):
    """Calls of one function, each of what the one before gave."""

    calls: tuple[Statement, ...]


class Tuple(NamedTuple):
    """Several values that are returned."""

    items: tuple[Any, ...]


class Dict(NamedTuple):
    """Values that are returned by names."""

    keys: tuple[str, ...]
    items: tuple[Any, ...]


def parts_of(expression: Any) -> tuple[Any, ...]:
    """What a statement computes: what is returned may be several expressions."""
    return expression.items if isinstance(expression, Tuple | Dict) else (expression,)


def keys_of(expression: Any) -> list[Key]:
    """The values that a statement takes."""
    return [key for each in parts_of(expression) for key in keys(each)]


def number_given(expression: Any) -> int:
    """How many values a branch or a loop gives; 1 of all else."""
    for each in parts(expression) if isinstance(expression, Call) else ():
        if isinstance(each, Local) and expression.function == "tf.cond":
            return len(each.results)
        if isinstance(each, Local):
            return len(each.inputs)
    return 1
