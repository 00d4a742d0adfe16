"""Loops: a function that runs again and again, and makes its variables once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.sizes import tensor_of
from torchscope._core.ops.truth import number, truth
from torchscope._core.running.dry_run import uncomputed
from torchscope._core.running.repetition import Repetition
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import chooses_dtypes, dtype_name, shape_text
from torchscope._core.values.structures import check_same_structure, flatten, is_nested, pack

# For `uncomputed`.
UNRUN = "The body of a loop that takes no turn"


# Any: a structure like the variables of the loop.
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Runs a body for as long as a condition holds (tf.while_loop).

    >>> i, total = while_loop(lambda i, t: i < 4, lambda i, t: (i + 1, t + i), (0, torch.tensor(0.0)))
    >>> i, total
    (tensor(4, dtype=torch.int32), tensor(6.))

    The body makes its variables on its first turn; every other turn gets the same, under the same names.
    A body that takes no turn makes them as well, as in TF1. What it puts into collections is there once:
    that of the first turn.

    Python's integers stay Python's between turns. So a loop that counts with them, and asks the condition
    of them alone, takes part in a graph, which has its turns one after the other.

    Args:
        cond: gives, of the loop variables, a bool or a tensor of one.
        body: gives, of the loop variables, the next ones: the same structure and dtypes.
        loop_vars: tensors and what makes them, in any nesting: a list or tuple of what `cond` and `body`
            take as arguments. What is no number and no tensor is handed on as it is.
        shape_invariants: the same structure of shapes that the variables keep, None for sizes that may
            change. Without it nothing is checked.
        parallel_iterations: accepted for TF1 code; it has no effect.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted for TF1 code; it has no effect.
        name: the name of the name scope; 'while' by default.
        maximum_iterations: an integer, or a tensor of one: the most turns there are.
        return_same_structure: whether a list or tuple of one variable stays one.

    Returns:
        The last loop variables, as tensors.

    Raises:
        TypeError: a function cannot be called; the condition is no bool; or a loop variable comes back
            with another dtype.
        ValueError: there are no loop variables; they come back in another structure or as None; or a
            shape does not fit its invariant.
        RuntimeError: the condition is a tensor in a call that is recorded for a graph; or a later turn
            asks for a variable that the first did not.
    """
    if not callable(cond):
        raise TypeError(f"'cond' must be callable. Received: {cond!r}")
    if not callable(body):
        raise TypeError(f"'body' must be callable. Received: {body!r}")
    if not isinstance(loop_vars, list | tuple) or not loop_vars:
        raise ValueError(f"'loop_vars' must be provided. It is a list. Received: {loop_vars!r}")
    if not isinstance(parallel_iterations, int) or parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    most = _most(maximum_iterations)
    with name_scope(name, "while"), nullcontext() if back_prop else torch.no_grad():
        found = pack(loop_vars, [_variable(leaf) for leaf in flatten(loop_vars)])
        if shape_invariants is not None:
            _check_invariants(shape_invariants, found, "enters the loop with")
        result = _turns(cond, body, found, most, shape_invariants)
    leaves = [_result(leaf, back_prop=back_prop) for leaf in flatten(result)]
    result = pack(result, leaves)
    if len(leaves) == 1 and not return_same_structure:
        return leaves[0]
    return result


def _turns(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    values: Any,
    most: int | None,
    invariants: Any,
) -> Any:
    """The loop variables after all turns."""
    repetition, turn = Repetition(), 0
    while True:
        with repetition.turn():
            goes_on = truth(cond(*values), "LoopCond", "input", "tf.while_loop")
            if most is not None and turn >= most:
                goes_on = False
            if goes_on or (goes_on is None and not turn):
                values = _next(body, values)
            elif not turn:
                with uncomputed(UNRUN):
                    _next(body, values)
        if not goes_on:
            return values
        turn += 1
        if invariants is not None:
            _check_invariants(invariants, values, "has after a turn")


def _next(body: Callable[..., Any], values: Any) -> Any:
    """What the body makes of the loop variables, in their structure."""
    given = body(*values)
    if not is_nested(given) or (len(values) == 1 and len(given) != 1):
        given = [given]
    if type(given) is not type(values) and isinstance(given, list | tuple):
        # At the top TF1 takes a list for a tuple.
        given = type(values)(given) if type(values) in (list, tuple) else given
    check_same_structure(values, given)
    leaves = [
        carried(before, after)
        for before, after in zip(flatten(values), flatten(given), strict=True)
    ]
    return pack(given, leaves)


def carried(before: Any, after: Any) -> Any:
    """What comes out of a turn in the place of a loop variable, which keeps its dtype.

    >>> carried(torch.tensor(1.0), 2), carried(1, 2)
    (tensor(2.), 2)

    Raises:
        ValueError: it is None.
        TypeError: it is of another dtype.
    """
    if after is None:
        raise ValueError("None values not supported. The body of a loop gives all loop variables.")
    dtype = _dtype(before)
    if dtype is None or (type(before) is int and type(after) is int):
        return after
    if not isinstance(after, Tensor):
        is_number = isinstance(after, int | float | complex | torch.SymInt)
        after = as_tensor(after, before, dtype if is_number else None)
    if after.dtype != dtype and not chooses_dtypes(after.device):
        raise TypeError(
            f"A loop variable enters a turn with dtype {dtype_name(dtype)}, and comes out of it with "
            f"dtype {dtype_name(after.dtype)}: the dtypes of a loop do not change. Convert what the "
            "body gives."
        )
    return after


def _dtype(value: Any) -> torch.dtype | None:
    """The dtype of a loop variable; None where it is something else than numbers."""
    if isinstance(value, Tensor):
        return value.dtype
    return torch.int32 if isinstance(value, int | torch.SymInt) else None


def _variable(leaf: Any) -> Any:
    """What a turn gets of a loop variable: integers as they are, other numbers as a tensor."""
    if leaf is None:
        raise ValueError("None values not supported. A loop variable is a tensor.")
    if isinstance(leaf, Variable):
        return leaf.read_value()
    if type(leaf) in (int, torch.SymInt) or isinstance(leaf, Tensor):
        return leaf
    if isinstance(leaf, float | complex | bool | tuple) or hasattr(leaf, "__array__"):
        return as_tensor(leaf)
    return leaf


def _result(leaf: Any, *, back_prop: bool) -> Any:
    if type(leaf) in (int, torch.SymInt):
        return tensor_of(leaf, torch.int32, device_of_the_net())
    return leaf.detach() if isinstance(leaf, Tensor) and not back_prop else leaf


def _most(maximum_iterations: Any) -> int | None:
    """The most turns, as Python's integer."""
    if maximum_iterations is None:
        return None
    value = known.of(maximum_iterations)
    value = None if isinstance(value, list) else value
    if value is None:
        value = as_tensor(maximum_iterations)
        if value.ndim:
            raise ValueError(
                f"'maximum_iterations' must be a scalar. Received shape: {shape_text(value.shape)}"
            )
        value = number(value, "maximum_iterations of tf.while_loop")
    return value  # type: ignore[no-any-return]


def _check_invariants(invariants: Any, values: Any, when: str) -> None:
    """Refuses loop variables whose shapes are not the invariants'."""
    shapes = _leaves_up_to(values, invariants)
    for leaf, given in zip(flatten(values), shapes, strict=True):
        wanted = given.as_list() if hasattr(given, "as_list") else given
        if wanted is None or not isinstance(leaf, Tensor | int):
            continue
        shape = tuple(leaf.shape) if isinstance(leaf, Tensor) else ()
        sizes = [getattr(size, "value", size) for size in wanted]
        if len(sizes) != len(shape) or any(
            size is not None and size != own for size, own in zip(sizes, shape, strict=True)
        ):
            raise ValueError(
                "The shape invariant specified for a loop variable is not compatible with its shape. "
                f"It {when} shape {shape_text(shape)}, but the specified shape invariant is "
                f"{shape_text(tuple(sizes))}."
            )


def _leaves_up_to(structure: Any, other: Any) -> list[Any]:
    """What `other` holds where `structure` has its leaves: a shape is a list as well."""
    if not is_nested(structure):
        return [other]
    if not is_nested(other) or len(structure) != len(other):
        raise ValueError(
            "The two structures don't have the same nested structure. There has to be a shape for "
            f"each loop variable; the invariants are {other!r}."
        )
    pairs = (
        [(structure[key], other[key]) for key in sorted(structure)]
        if isinstance(structure, dict)
        else zip(structure, other, strict=True)
    )
    return [leaf for one, two in pairs for leaf in _leaves_up_to(one, two)]
