"""What runs loops, branches and functions, and what only passes a value on."""

from __future__ import annotations

from typing import Any

from torch import Tensor, fx

# Its forward is called, and not the module: that would print where it failed.
Block = fx.GraphModule


def call(function: Block, *arguments: Any) -> tuple[Any, ...]:
    """A call of a function of the graph's library."""
    return function.forward(*arguments)  # type: ignore[no-any-return]


def cond(which: Any, branches: tuple[tuple[Block, tuple[Any, ...]], ...]) -> tuple[Any, ...]:
    """The first of two branches where a predicate is true, else the second.

    A branch is a function and what it takes.
    """
    function, arguments = branches[0 if which else 1]
    return function.forward(*arguments)  # type: ignore[no-any-return]


def case(which: Any, branches: tuple[tuple[Block, tuple[Any, ...]], ...]) -> tuple[Any, ...]:
    """The branch of a number; the last where there is none of that number."""
    number = int(which)
    function, arguments = branches[number if 0 <= number < len(branches) else -1]
    return function.forward(*arguments)  # type: ignore[no-any-return]


def while_loop(
    state: tuple[Any, ...],
    condition: Block,
    for_condition: tuple[Any, ...],
    body: Block,
    for_body: tuple[Any, ...],
) -> tuple[Any, ...]:
    """The loop variables, after all turns."""
    while condition.forward(*state, *for_condition)[0]:
        state = body.forward(*state, *for_body)
    return state


def index(which: Any, sides: tuple[int, ...]) -> int:
    """Which input a Merge took, by the side of the predicate that each of them is on."""
    return sides.index(1 if which else 0)


def identity(value: Any) -> Any:
    """The value."""
    return value


def snapshot(value: Any) -> Any:
    """The value as it is now: what is read of a variable stays, though that is changed."""
    return value.clone() if isinstance(value, Tensor) else value


CALLS = frozenset([call, cond, case, while_loop])
"""What may do more than to give a value: what it calls does."""
