"""The table of operations: what a type of node computes.

An operation is a function of the node's inputs. What attributes of the node it goes by are its keyword arguments, of the
same names; a default is that of TensorFlow, since a file may leave out what has its default.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Operation(NamedTuple):
    """What a type of node computes.

    Args:
        function: takes the inputs by position, and attributes by keyword.
        attributes: the names of those that it takes.
        required: the names of those that have no default.
        least: how many inputs it takes at least.
        most: and how many at most; None for any number.
        outputs: the names of what it gives, in order: a function's body asks for them by name. One that ends in "*" is a
            list. A single one that is no list is what the function returns; else it returns all, in a tuple or list.
        stateful: whether it does more than to give a value, or gives another one each time.
        assigns: the places, among its inputs, of variables that it changes.
    """

    function: Callable[..., Any]
    attributes: tuple[str, ...]
    required: tuple[str, ...]
    least: int
    most: int | None
    outputs: tuple[str, ...]
    stateful: bool
    assigns: tuple[int, ...]

    @property
    def single(self) -> bool:
        """Whether it gives one value, which is no list."""
        return len(self.outputs) == 1 and not self.outputs[0].endswith("*")


TABLE: dict[str, Operation] = {}
"""All operations, by the type of node."""


def op(
    *types: str,
    outputs: tuple[str, ...] = ("output",),
    stateful: bool = False,
    assigns: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Enters a function into the table.

    Args:
        *types: the types of node that it computes.
        outputs: as in `Operation`.
        stateful: the same.
        assigns: the same; such an operation is stateful.
    """

    def enter(function: F) -> F:
        for each in types:
            if each in TABLE:
                raise ValueError(f"{each} is in the table.")
            TABLE[each] = operation(function, outputs, stateful=stateful, assigns=assigns)
        return function

    return enter


def given(function: Callable[..., Any]) -> Operation:
    """A function of a user's as an operation: it gives one value, or several in a tuple or list."""

    def several(*inputs: Any, **attributes: Any) -> Any:
        made = function(*inputs, **attributes)
        return made if isinstance(made, tuple | list) else (made,)

    return operation(function, ("output*",), stateful=True)._replace(function=several)


def operation(
    function: Callable[..., Any],
    outputs: tuple[str, ...] = ("output",),
    *,
    stateful: bool = False,
    assigns: tuple[int, ...] = (),
) -> Operation:
    """A function as an operation: its keyword-only arguments are attributes."""
    parameters = list(inspect.signature(function).parameters.values())
    # What TF1's functions take beside tensors comes after the name.
    ends = next((i for i, each in enumerate(parameters) if each.name == "name"), len(parameters))
    named = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    placed = [
        each
        for each in parameters[:ends]
        if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}
    ]
    return Operation(
        function,
        tuple(each.name for each in named),
        tuple(each.name for each in named if each.default is each.empty),
        sum(each.default is each.empty for each in placed),
        None if any(each.kind is each.VAR_POSITIONAL for each in parameters) else len(placed),
        outputs,
        stateful or bool(assigns),
        assigns,
    )
