"""Elements of one tensor or of another, as a condition says."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    as_tensor,
    check_broadcast,
    check_same_dtype,
    operands,
    wanted,
)
from torchscope._core.values.conversion import dtype_name


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """The elements of x where a condition is true, else those of y (tf.where, tf.select).

    >>> where([True, False], [[1, 2], [3, 4]], [[5, 6], [7, 8]]).tolist()
    [[1, 2], [7, 8]]
    >>> where([True, False, True]).tolist()
    [[0], [2]]

    Args:
        condition: bools, of the shape of x, or one for each row of x, or one.
        x: a tensor; without it the places are given where the condition is true.
        y: a tensor of the same shape and dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The elements, or int64 places, (how many, rank).

    Raises:
        ValueError: the shapes differ, or only one of x and y is given.
        TypeError: the dtypes differ, or the condition is none of bools.
    """
    if x is None or y is None:
        return _places(condition, x, y)
    if (
        isinstance(condition, Tensor)
        and isinstance(x, Tensor)
        and isinstance(y, Tensor)
        and condition.dtype is torch.bool
        and x.dtype is y.dtype
        and condition.shape == x.shape == y.shape
    ):
        return torch.where(condition, x, y)
    chosen, one, other = _three("Select", condition, x, y, "t", "e")
    _check_shapes(one, other)
    if chosen.ndim in (0, one.ndim):
        if chosen.ndim:
            _check_shapes(chosen, one)
    elif chosen.ndim == 1:
        if chosen.shape[0] != one.shape[0]:
            raise ValueError(
                f"Dimension 0 in both shapes must be equal, but are {chosen.shape[0]} and "
                f"{one.shape[0]}. Shapes are [{chosen.shape[0]}] and [{one.shape[0]}]."
            )
        chosen = chosen.reshape((-1, *(1,) * (one.ndim - 1)))
    else:
        raise ValueError(
            f"Shapes must be equal rank, but are {one.ndim} and {chosen.ndim}: those of x and of "
            "the condition. tf.where_v2 brings them to one."
        )
    return torch.where(chosen, one, other)


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """The same, of shapes that are brought to one (tf.where_v2).

    >>> where_v2([True, False], [1.0, 2.0], 0.0)
    tensor([1., 0.])

    Args:
        condition: bools.
        x: a tensor; without it the places are given where the condition is true.
        y: a tensor of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The elements, or int64 places, (how many, rank).

    Raises:
        ValueError: the shapes cannot be brought to one, or only one of x and y is given.
        TypeError: the dtypes differ, or the condition is none of bools.
    """
    if x is None or y is None:
        return _places(condition, x, y)
    chosen, one, other = _three("SelectV2", condition, x, y, "t", "e")
    try:
        return torch.where(chosen, one, other)
    except RuntimeError:
        check_broadcast(("x", one), ("y", other), ("condition", chosen))
        raise


def _places(condition: Any, x: Any, y: Any) -> Tensor:
    if x is not None or y is not None:
        raise ValueError("x and y must both be non-None or both be None. Give both, or none.")
    tensor = as_tensor(condition)
    if tensor.ndim == 0:
        raise ValueError("WhereOp : Unhandled input dimensions: 0. A number has no places.")
    return tensor.nonzero()


def _three(
    operation: str, condition: Any, x: Any, y: Any, first: str, second: str
) -> tuple[Tensor, Tensor, Tensor]:
    """The condition and what it chooses of, as tensors."""
    wanted("condition", condition)
    beside = next((each for each in (condition, x, y) if isinstance(each, Tensor)), None)
    if not isinstance(condition, Tensor):
        like = torch.empty(0, dtype=torch.bool, device=None if beside is None else beside.device)
        condition = operands(operation, like=like, condition=condition)[1]
    if condition.dtype != torch.bool:
        raise TypeError(
            f"Input 'condition' of '{operation}' Op has type {dtype_name(condition.dtype)} that does "
            "not match expected type of bool. tf.cast(condition, tf.bool) converts it."
        )
    # A number takes the dtype of the tensor beside it.
    if isinstance(y, Tensor) and not isinstance(x, Tensor):
        other, one = operands(operation, **{second: y, first: x})
    else:
        one, other = operands(operation, **{first: x, second: y})
    check_same_dtype(operation, first, one, second, other)
    return condition, one, other


def _check_shapes(one: Tensor, other: Tensor) -> None:
    if one.ndim != other.ndim:
        raise ValueError(
            f"Shapes must be equal rank, but are {one.ndim} and {other.ndim}: x and y of tf.where "
            "have one shape. tf.where_v2 brings them to one."
        )
    for axis, (size, own) in enumerate(zip(one.shape, other.shape, strict=True)):
        if size != own:
            texts = (",".join(map(str, each.shape)) for each in (one, other))
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {size} and {own}. Shapes "
                f"are [{'] and ['.join(texts)}]."
            )
