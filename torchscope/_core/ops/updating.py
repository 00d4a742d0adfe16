"""Some elements of a variable changed, the others left as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, of_dtype, operands, wanted
from torchscope._core.ops.picking import no_such_place, of_batches, out_of_range, positive
from torchscope._core.ops.scattering import check_fit
from torchscope._core.values.conversion import dtype_name, shape_text


def _spread(indices: Tensor, updates: Tensor) -> Tensor:
    """The indices of rows as indices of all elements of these."""
    rest = updates.ndim - 1
    return indices.reshape((-1, *(1,) * rest)).expand(updates.shape)


def _set(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    tensor.index_put_((rows,), updates)


def _add(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    tensor.index_put_((rows,), updates, accumulate=True)


def _subtract(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    tensor.index_put_((rows,), -updates, accumulate=True)


def _multiply(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    tensor.scatter_reduce_(0, _spread(rows, updates), updates, "prod")


def _divide(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    divisors = torch.ones_like(tensor)
    _multiply(divisors, rows, updates)
    tensor.div_(divisors, rounding_mode=None if tensor.is_floating_point() else "trunc")


def _least(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    tensor.scatter_reduce_(0, _spread(rows, updates), updates, "amin")


def _most(tensor: Tensor, rows: Tensor, updates: Tensor) -> None:
    tensor.scatter_reduce_(0, _spread(rows, updates), updates, "amax")


# By TF1's name: its operation, what it says, how it changes rows, and an example: of the variable
# [1, 2, 3] and the update 2 of row 1.
_OF_ROWS: dict[str, tuple[str, str, Callable[..., None], str]] = {
    "scatter_update": ("ScatterUpdate", "Sets rows of a variable", _set, "[1.0, 4.0, 3.0]"),
    "scatter_add": ("ScatterAdd", "Adds to rows of a variable", _add, "[1.0, 6.0, 3.0]"),
    "scatter_sub": (
        "ScatterSub",
        "Subtracts from rows of a variable",
        _subtract,
        "[1.0, -2.0, 3.0]",
    ),
    "scatter_mul": ("ScatterMul", "Multiplies rows of a variable", _multiply, "[1.0, 8.0, 3.0]"),
    "scatter_div": ("ScatterDiv", "Divides rows of a variable", _divide, "[1.0, 0.5, 3.0]"),
    "scatter_min": ("ScatterMin", "Lowers rows of a variable", _least, "[1.0, 2.0, 3.0]"),
    "scatter_max": ("ScatterMax", "Raises rows of a variable", _most, "[1.0, 4.0, 3.0]"),
}

_OF_PLACES: dict[str, tuple[str, str, float | None, str]] = {
    "scatter_nd_update": (
        "ScatterNdUpdate",
        "Sets elements of a variable",
        None,
        "[1.0, 4.0, 3.0]",
    ),
    "scatter_nd_add": ("ScatterNdAdd", "Adds to elements of a variable", 1, "[1.0, 6.0, 3.0]"),
    "scatter_nd_sub": (
        "ScatterNdSub",
        "Subtracts from elements of a variable",
        -1,
        "[1.0, -2.0, 3.0]",
    ),
}

_DOCUMENTATION = """{says} at given places, in place and outside of autograd (tf.{name}).

What the pass has computed with the value before keeps it, as with `assign`.

>>> import torchscope as ts
>>> {name}(ts.Variable([1.0, 2.0, 3.0]), {indices}, [4.0]).tolist()
{result}

Args:
    ref: the variable.
    indices: {places}
    updates: the numbers, {shape}.
    use_locking: accepted for TF1 code; it has no effect.
    name: accepted for TF1 code; it has no effect.

Returns:
    The variable.

Raises:
    ValueError: the shapes do not fit, or, on the CPU, a place is not there.
    TypeError: it is no variable, or the dtypes differ.
"""


def _of_rows(name: str) -> Callable[..., Tensor]:
    operation, says, change, result = _OF_ROWS[name]

    def scatter(
        ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        variable, rows, numbers = _operands(operation, ref, indices, updates)
        spread = _fitting(numbers, [*rows.shape, *variable.shape[1:]])
        flat = rows.reshape(-1)
        spread = spread.reshape((len(flat), *variable.shape[1:]))
        try:
            variable._change(lambda tensor: change(tensor, positive(flat), spread))
        except (IndexError, RuntimeError) as error:
            raise _refusal(error, lambda: out_of_range(variable, rows)) from None
        changed: Tensor = variable
        return changed

    return _named(scatter, name, says, result, "[1]", "the numbers of rows, of any shape.",
                  "(*indices.shape, other axes), or one number")  # fmt: skip


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


def _of_places(name: str) -> Callable[..., Tensor]:
    operation, says, factor, result = _OF_PLACES[name]

    def scatter(
        ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
    ) -> Tensor:
        variable, places, numbers = _operands(operation, ref, indices, updates)
        check_fit(variable, places, numbers, "ref")
        where = tuple(map(positive, places.unbind(-1)))
        numbers = -numbers if factor == -1 else numbers
        try:
            variable._change(
                lambda tensor: tensor.index_put_(where, numbers, accumulate=factor is not None)
            )
        except (IndexError, RuntimeError) as error:
            raise _refusal(error, lambda: no_such_place("shape", variable.shape, places)) from None
        changed: Tensor = variable
        return changed

    return _named(scatter, name, says, result, "[[1]]",
                  "(..., K), the places along the first K axes.", "(..., other axes)")  # fmt: skip


def _named(
    function: Any, name: str, says: str, result: str, indices: str, places: str, shape: str
) -> Callable[..., Tensor]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOCUMENTATION.format(
        says=says, name=name, result=result, indices=indices, places=places, shape=shape
    )
    return function  # type: ignore[no-any-return]


def _operands(operation: str, ref: Any, indices: Any, updates: Any) -> tuple[Any, Tensor, Tensor]:
    if not hasattr(ref, "_ts_record"):
        raise TypeError(
            f"'{operation}' Op requires that input 'ref' be a mutable tensor: a variable. Received: "
            f"{ref!r}. tf.tensor_scatter_nd_update and its kin make a new tensor."
        )
    variable: Any = ref
    numbers = operands(operation, ref=variable, updates=updates)[1]
    rows = of_dtype(
        as_tensor(wanted("indices", indices), variable), "indices", (torch.int32, torch.int64)
    )
    if numbers.dtype != variable.dtype:
        raise TypeError(
            f"Input 'updates' of '{operation}' Op has type {dtype_name(numbers.dtype)} that does not "
            f"match type {dtype_name(variable.dtype)} of argument 'ref'. Convert one of them."
        )
    return variable, rows, numbers.detach()


def _refusal(error: Exception, told: Callable[[], Exception]) -> Exception:
    """TF1's words, where it was a place that PyTorch has refused."""
    return told() if "out of bounds" in str(error) or "out of range" in str(error) else error


scatter_update: Callable[..., Tensor] = _of_rows("scatter_update")
scatter_add: Callable[..., Tensor] = _of_rows("scatter_add")
scatter_sub: Callable[..., Tensor] = _of_rows("scatter_sub")
scatter_mul: Callable[..., Tensor] = _of_rows("scatter_mul")
scatter_div: Callable[..., Tensor] = _of_rows("scatter_div")
scatter_min: Callable[..., Tensor] = _of_rows("scatter_min")
scatter_max: Callable[..., Tensor] = _of_rows("scatter_max")
scatter_nd_update: Callable[..., Tensor] = _of_places("scatter_nd_update")
scatter_nd_add: Callable[..., Tensor] = _of_places("scatter_nd_add")
scatter_nd_sub: Callable[..., Tensor] = _of_places("scatter_nd_sub")


def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Tensor:
    """Sets for each batch the rows of a variable that have given numbers (tf.batch_scatter_update).

    >>> import torchscope as ts
    >>> v = ts.Variable([[1.0, 2.0], [3.0, 4.0]])
    >>> batch_scatter_update(v, [[1], [0]], [[9.0], [8.0]]).tolist()
    [[1.0, 9.0], [8.0, 4.0]]

    Args:
        ref: the variable.
        indices: the numbers; all axes but the last are of batches.
        updates: what is set, (*indices.shape, other axes).
        use_locking: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The variable.

    Raises:
        ValueError: the shapes do not fit, or, on the CPU, a number is out of range.
        TypeError: it is no variable, or the dtypes differ.
    """
    variable, rows, numbers = _operands("BatchScatterUpdate", ref, indices, updates)
    batches = rows.ndim - 1
    if rows.shape[:-1] != variable.shape[:batches] or (
        numbers.shape != (*rows.shape, *variable.shape[batches + 1 :])
    ):
        raise ValueError(
            f"The batches do not fit: ref has shape {shape_text(variable.shape)}, indices "
            f"{shape_text(rows.shape)}, updates {shape_text(numbers.shape)}."
        )
    where = (*of_batches(variable, batches, rows.ndim), positive(rows))
    try:
        variable._change(lambda tensor: tensor.index_put_(where, numbers))
    except (IndexError, RuntimeError) as error:
        raise _refusal(error, lambda: out_of_range(variable, rows, batches)) from None
    changed: Tensor = variable
    return changed
