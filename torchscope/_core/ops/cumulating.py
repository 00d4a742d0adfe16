"""Running sums and products along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import FLOATS, numbers_of, of_dtype, wanted
from torchscope._core.ops.reducing import NUMBERS
from torchscope._core.values.conversion import shape_text


def cumsum(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The sums of all numbers so far (tf.cumsum).

    >>> cumsum([1, 2, 3])
    tensor([1, 3, 6], dtype=torch.int32)
    >>> cumsum([1, 2, 3], exclusive=True, reverse=True)
    tensor([5, 3, 0], dtype=torch.int32)

    Args:
        x: numbers; integers keep their dtype.
        axis: along which axis.
        exclusive: whether a number itself is left out.
        reverse: whether to begin at the end.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such axis.
        TypeError: the numbers are bools, or the axis is no integer.
    """
    return _running(
        torch.cumsum, 0, of_dtype(wanted("x", x), "x", NUMBERS), axis, exclusive, reverse
    )


def cumprod(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The products of all numbers so far (tf.cumprod).

    >>> cumprod([2, 3, 4])
    tensor([ 2,  6, 24], dtype=torch.int32)

    Arguments and errors are those of `cumsum`.
    """
    return _running(
        torch.cumprod, 1, of_dtype(wanted("x", x), "x", NUMBERS), axis, exclusive, reverse
    )


def cumulative_logsumexp(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The logarithms of the sums of exponentials so far (tf.math.cumulative_logsumexp).

    >>> cumulative_logsumexp([0.0, 0.0, 0.0])
    tensor([0.0000, 0.6931, 1.0986])

    Arguments and errors are those of `cumsum`, of floats alone.
    """
    numbers = of_dtype(wanted("x", x), "x", FLOATS)
    return _running(torch.logcumsumexp, -torch.inf, numbers, axis, exclusive, reverse)


def _running(
    accumulate: Callable[..., Tensor],
    neutral: float,
    tensor: Tensor,
    axis: Any,
    exclusive: bool,
    reverse: bool,
) -> Tensor:
    where = axis if type(axis) is int else numbers_of(axis, "axis")
    if isinstance(where, list):
        raise ValueError(
            f"ScanOp: axis must be a scalar, not {shape_text([len(where)])}: {axis!r}."
        )
    if not -tensor.ndim <= where < tensor.ndim:
        raise ValueError(
            f"ScanOp: Expected scan axis in the range [{-tensor.ndim}, {tensor.ndim}), but got "
            f"{where}: the input has shape {shape_text(tensor.shape)}."
        )
    if reverse:
        tensor = tensor.flip(where)
    if exclusive:
        # It begins with what changes nothing, and the last number is left out.
        first = torch.full_like(tensor.narrow(where, 0, min(1, tensor.shape[where])), neutral)
        tensor = torch.cat([first, tensor], where).narrow(where, 0, tensor.shape[where])
    # PyTorch makes int64 of integers.
    found = accumulate(tensor, where)
    found = (
        found
        if found.dtype == tensor.dtype or tensor.is_floating_point()
        else found.to(tensor.dtype)
    )
    return found.flip(where) if reverse else found
