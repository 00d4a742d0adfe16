"""Assignments to some rows or numbers of a variable: functions, and a variable's methods.

They write in place, outside of autograd, as `v.assign` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from torchscope.conversion import shape_text
from torchscope.ops.arguments import as_tensor, check_same_dtype, of_dtype
from torchscope.readings import before_assignment

if TYPE_CHECKING:
    from torchscope.records import Record

_Write = Callable[[Tensor, Tensor, Tensor], Any]


def _reduced(how: str) -> _Write:
    def write(variable: Tensor, rows: Tensor, updates: Tensor) -> Any:
        places = rows.reshape(-1, *[1] * (variable.ndim - 1)).expand_as(updates)
        return variable.scatter_reduce_(0, places, updates, how)

    return write


def _divided(variable: Tensor, rows: Tensor, updates: Tensor) -> Any:
    divisors = torch.ones_like(variable)
    _reduced("prod")(divisors, rows, updates)
    return variable.div_(divisors, rounding_mode=None if variable.is_floating_point() else "trunc")


# By TF1's name: what it writes into the rows.
_WRITES: dict[str, tuple[str, _Write]] = {
    "update": ("Sets", lambda v, rows, updates: v.index_copy_(0, rows, updates)),
    "add": ("Adds to", lambda v, rows, updates: v.index_add_(0, rows, updates)),
    "sub": ("Subtracts from", lambda v, rows, updates: v.index_add_(0, rows, updates, alpha=-1)),
    "mul": ("Multiplies", _reduced("prod")),
    "div": ("Divides", _divided),
    "min": ("Takes the smaller ones for", _reduced("amin")),
    "max": ("Takes the larger ones for", _reduced("amax")),
}


def _checked(kind: str, variable: Any, indices: Any, updates: Any) -> tuple[Tensor, Tensor]:
    """Indices and updates as tensors on the device of the variable."""
    operation = f"Scatter{kind.title().replace('_', '')}"
    if not hasattr(variable, "_ts_record"):
        raise TypeError(f"{operation} needs a variable. Received: {type(variable).__name__}")
    places = of_dtype(as_tensor(indices, variable), "indices", (torch.int32, torch.int64))
    given = updates if isinstance(updates, Tensor) else as_tensor(updates, variable, variable.dtype)
    check_same_dtype(operation, "ref", variable, "updates", given)
    return places.to(variable.device), given.detach().to(variable.device)


def _fitting(updates: Tensor, wanted: list[int]) -> Tensor:
    """Updates of a shape; one number is for all."""
    if updates.ndim == 0:
        return updates.expand(wanted)
    if updates.ndim != len(wanted):
        raise ValueError(
            f"Shapes must be equal rank, but are {updates.ndim} and {len(wanted)}: the updates have "
            f"shape {shape_text(updates.shape)}, and the indices want {shape_text(wanted)}."
        )
    for axis, (size, other) in enumerate(zip(updates.shape, wanted, strict=True)):
        if size != other:
            shapes = " and ".join(f"[{','.join(map(str, s))}]" for s in (updates.shape, wanted))
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {size} and {other}. Shapes "
                f"are {shapes}."
            )
    return updates


def _written(variable: Any, write: Callable[[], Any], indices: Tensor) -> Any:
    before_assignment(variable, variable._ts_record)
    try:
        with torch.no_grad():
            write()
    except (IndexError, RuntimeError) as error:
        if "index" not in str(error):
            raise
        raise IndexError(
            f"An index is not in the shape {shape_text(variable.shape)} of {variable.name}: {error}. "
            f"There are {indices.numel()} of them."
        ) from error
    return variable


def _update_rows(kind: str, variable: Any, indices: Any, updates: Any) -> Any:
    places, given = _checked(kind, variable, indices, updates)
    row = list(variable.shape[1:])
    flat = _fitting(given, [*places.shape, *row]).reshape(-1, *row)
    rows = places.reshape(-1).long()
    return _written(variable, lambda: _WRITES[kind][1](variable, rows, flat), rows)


def _update_numbers(kind: str, variable: Any, indices: Any, updates: Any) -> Any:
    places, given = _checked(f"nd_{kind}", variable, indices, updates)
    depth = places.shape[-1]
    flat = _fitting(given, [*places.shape[:-1], *variable.shape[depth:]])
    flat = -flat if kind == "sub" else flat
    where = tuple(places.long().unbind(-1))
    added = kind != "update"
    return _written(variable, lambda: variable.index_put_(where, flat, accumulate=added), places)


def _function(kind: str) -> Callable[..., Any]:
    def function(
        ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        return _update_rows(kind, ref, indices, updates)

    function.__name__ = function.__qualname__ = f"scatter_{kind}"
    function.__doc__ = f"""{_WRITES[kind][0]} rows of a variable in place (tf.scatter_{kind}).

    >>> import torchscope as ts
    >>> scatter_{kind}(ts.Variable([4.0, 6.0, 8.0]), [0, 2], [2.0, 16.0]).tolist()
    {_EXAMPLES[kind]}

    Args:
        ref: the variable.
        indices: which rows, integers of any shape.
        updates: a row for each of them, or one number for all.
        use_locking: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The variable.

    Raises:
        TypeError: it is no variable, the indices are no integers, or the dtypes differ.
        ValueError: the shapes do not fit.
        IndexError: there is no such row.
    """
    return function


_EXAMPLES = {
    "update": "[2.0, 6.0, 16.0]",
    "add": "[6.0, 6.0, 24.0]",
    "sub": "[2.0, 6.0, -8.0]",
    "mul": "[8.0, 6.0, 128.0]",
    "div": "[2.0, 6.0, 0.5]",
    "min": "[2.0, 6.0, 8.0]",
    "max": "[4.0, 6.0, 16.0]",
}

scatter_update = _function("update")
scatter_add = _function("add")
scatter_sub = _function("sub")
scatter_mul = _function("mul")
scatter_div = _function("div")
scatter_min = _function("min")
scatter_max = _function("max")


def _slices(delta: Any) -> tuple[Any, Any]:
    """Indices and values of tf.IndexedSlices, or of what has both."""
    if isinstance(delta, Tensor) or not (hasattr(delta, "indices") and hasattr(delta, "values")):
        raise TypeError(f"sparse_delta is not IndexedSlices: {delta}")
    return delta.indices, delta.values


class RowUpdates:
    """The methods of a variable that write into parts of it.

    `scatter_add` is PyTorch's own method of tensors: write tf.scatter_add(v, indices, updates).
    """

    __slots__ = ()

    _ts_record: Record


def _method(kind: str) -> Callable[..., Any]:
    def method(self: Any, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return _update_rows(kind, self, *_slices(sparse_delta))

    method.__doc__ = f"{_WRITES[kind][0]} the rows that IndexedSlices name; returns the variable."
    return method


def _nd_method(kind: str) -> Callable[..., Any]:
    def method(self: Any, indices: Any, updates: Any, name: Any = None) -> Any:
        return _update_numbers(kind, self, indices, updates)

    method.__doc__ = f"{_WRITES[kind][0]} what indices, (..., depth), name; returns the variable."
    return method


_METHODS = {
    **{f"scatter_{kind}": _method(kind) for kind in _WRITES if kind != "add"},
    **{f"scatter_nd_{kind}": _nd_method(kind) for kind in ("update", "add", "sub")},
}
for _name, _made in _METHODS.items():
    _made.__name__, _made.__qualname__ = _name, f"RowUpdates.{_name}"
    setattr(RowUpdates, _name, _made)
