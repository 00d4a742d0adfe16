"""Sums, means and the like of rows that belong together, by the number of their segment."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import FLOATS, check_rank, numbers_of, of_dtype, wanted
from torchscope._core.ops.reducing import NUMBERS, ORDERED
from torchscope._core.values.conversion import shape_text

# What segments without rows are, by what is made of them: 0 for all others.
_EMPTY = {"prod": 1}
_REDUCTIONS = {"max": "amax", "min": "amin", "prod": "prod"}
_WHAT = {
    "sum": ("sums", NUMBERS),
    "mean": ("means", NUMBERS),
    "prod": ("products", NUMBERS),
    "max": ("largest numbers", ORDERED),
    "min": ("smallest numbers", ORDERED),
    "sqrt_n": ("sums, divided by the root of how many rows there are,", FLOATS),
}


def _of_sorted(kind: str, example: str) -> Callable[..., Tensor]:
    what, allowed = _WHAT[kind]

    def function(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
        rows = of_dtype(wanted("data", data), "data", allowed)
        ids = _ids("segment_ids", segment_ids)
        check_rank("segment_ids", ids, 1)
        if rows.ndim < 1:
            raise ValueError("Shape must be at least rank 1 but is rank 0: the data has no rows.")
        if rows.shape[0] != ids.shape[0]:
            raise ValueError(
                f"segment_ids should be the same size as dimension 0 of input. There are "
                f"{ids.shape[0]} ids, and the data has shape {shape_text(rows.shape)}."
            )
        return _reduced(kind, rows, ids, _last(ids, segment_ids) + 1)

    return _named(
        function,
        f"segment_{kind}",
        f"""The {what} of the rows of each segment (tf.segment_{kind}, tf.math.segment_{kind}).

    >>> segment_{kind}([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 0, 1])
    {example}

    Args:
        data: the rows, (N, ...).
        segment_ids: the segment of each row, (N,), in ascending order. How many segments there are
            is read from it.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (last id + 1, ...): segments without rows are {_EMPTY.get(kind, 0)}.

    Raises:
        ValueError: the shapes do not fit, or ids are negative or not in order.
        TypeError: the ids are no integers, or the data is none of the numbers that TF1 takes.
    """,
    )


def _of_unsorted(kind: str, empty: str, example: str) -> Callable[..., Tensor]:
    what, allowed = _WHAT[kind]

    def function(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Tensor:
        rows = of_dtype(wanted("data", data), "data", allowed)
        ids, count = _ids("segment_ids", segment_ids), _count(num_segments)
        for size, own in zip(rows.shape, ids.shape, strict=False):
            if size != own:
                raise ValueError(
                    f"Dimensions must be equal, but are {size} and {own}: the shape of the ids "
                    f"{shape_text(ids.shape)} begins that of the data {shape_text(rows.shape)}."
                )
        if rows.ndim < ids.ndim:
            raise ValueError(
                f"Shape must be at least rank {ids.ndim} but is rank {rows.ndim}: the ids have shape "
                f"{shape_text(ids.shape)}."
            )
        flat = rows.reshape(math.prod(ids.shape), *rows.shape[ids.ndim :])
        # Negative ids are left out: a row more that is cut off. An id that is too large must not fall
        # into it.
        numbers = ids.reshape(-1).long()
        places = torch.where(numbers < 0, count, numbers + (numbers >= count))
        try:
            return _reduced(kind, flat, places, count + 1, unsorted=True)[:count]
        except (IndexError, RuntimeError):
            _check_range(ids, count)
            raise

    return _named(
        function,
        f"unsorted_segment_{kind}",
        f"""The {what} of the rows of each segment, in any order (tf.unsorted_segment_{kind}).

    >>> unsorted_segment_{kind}([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1, 0, 1], 2)
    {example}

    Args:
        data: the rows, of the shape of `segment_ids` and more.
        segment_ids: the segment of each row; a negative one leaves the row out.
        num_segments: how many segments there are.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (num_segments, ...): segments without rows are {empty}.

    Raises:
        ValueError: the shapes do not fit, or an id is too large.
        TypeError: the ids are no integers, or the data is none of the numbers that TF1 takes.
    """,
    )


def _of_picked(kind: str, example: str) -> Callable[..., Tensor]:
    what, allowed = _WHAT[kind][0], NUMBERS if kind == "sum" else FLOATS

    def function(
        data: Any,
        indices: Any,
        segment_ids: Any,
        name: str | None = None,
        num_segments: Any = None,
        sparse_gradient: bool = False,
    ) -> Tensor:
        rows = of_dtype(wanted("data", data), "data", allowed)
        places, ids = _ids("indices", indices), _ids("segment_ids", segment_ids)
        check_rank("indices", places, 1)
        check_rank("segment_ids", ids, 1)
        if places.shape != ids.shape:
            sizes = places.shape[0], ids.shape[0]
            raise ValueError(
                f"Dimension 0 in both shapes must be equal, but are {sizes[0]} and {sizes[1]}. "
                f"Shapes are [{sizes[0]}] and [{sizes[1]}]."
            )
        count = _last(ids, segment_ids) + 1 if num_segments is None else _count(num_segments)
        try:
            return _reduced(kind, rows.index_select(0, places), ids, count)
        except (IndexError, RuntimeError):
            _check_range(ids, count)
            _check_range(places, rows.shape[0], "indices")
            raise

    return _named(
        function,
        f"sparse_segment_{kind}",
        f"""The {what} of picked rows of each segment (tf.sparse_segment_{kind}).

    >>> sparse_segment_{kind}([[1.0, 2.0], [3.0, 4.0]], [0, 1, 1], [0, 0, 1])
    {example}

    Args:
        data: the rows, (R, ...).
        indices: which rows, (N,).
        segment_ids: the segment of each of them, (N,), in ascending order.
        name: accepted for TF1 code; it has no effect.
        num_segments: how many segments there are; by default the last id says it, which is read.
        sparse_gradient: accepted for TF1 code; the gradient is dense.

    Returns:
        (segments, ...): segments without rows are 0.

    Raises:
        ValueError: the shapes do not fit, there is no such row, or ids are negative or not in order.
        TypeError: indices or ids are no integers, or the data is none of the numbers that TF1 takes.
    """,
    )


def _named(function: Callable[..., Tensor], name: str, text: str) -> Callable[..., Tensor]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


def _ids(parameter: str, given: Any) -> Tensor:
    return of_dtype(wanted(parameter, given), parameter, (torch.int32, torch.int64))


def _count(num_segments: Any) -> Any:
    count = numbers_of(num_segments, "num_segments")
    if isinstance(count, list):
        raise ValueError("Shape must be rank 0 but is rank 1: num_segments is one number.")
    if count < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 2, must be non-negative but is {count}: it is "
            "how many segments there are."
        )
    return count


def _last(ids: Tensor, given: Any) -> int:
    """The last id, where all are in order."""
    if not ids.shape[0]:
        return -1
    numbers = known.of(given)
    if numbers is None:
        fine = (ids[1:] >= ids[:-1]).all()
        first, last, ordered = torch.stack([ids[0], ids[-1], fine.to(ids.dtype)]).tolist()
    else:
        first, last, ordered = numbers[0], numbers[-1], sorted(numbers) == list(numbers)
    if first < 0:
        raise ValueError(f"segment ids must be >= 0. The first one is {first}.")
    if not ordered:
        raise ValueError(
            "segment ids are not increasing. tf.unsorted_segment_sum and the like take them so."
        )
    return int(last)


def _check_range(ids: Tensor, count: Any, what: str = "segment_ids") -> None:
    for place, each in enumerate(ids.reshape(-1).tolist()):
        if each >= count or (each < 0 and what == "indices"):
            raise ValueError(f"{what}[{place}] = {each} is out of range [0, {count}).")


def _reduced(kind: str, rows: Tensor, ids: Tensor, count: Any, *, unsorted: bool = False) -> Tensor:
    """The rows of each segment as one. Empty ones are 0, or what TF1's unsorted functions make."""
    ids = ids.long()
    shape = [count, *rows.shape[1:]]
    if kind in _REDUCTIONS:
        limits = torch.finfo if rows.is_floating_point() else torch.iinfo
        neutral: Any = 1
        if kind != "prod":
            neutral = limits(rows.dtype).min if kind == "max" else limits(rows.dtype).max
        index = ids.reshape(-1, *[1] * (rows.ndim - 1)).expand(rows.shape)
        found = rows.new_full(shape, neutral).scatter_reduce(0, index, rows, _REDUCTIONS[kind])
        if unsorted or kind == "prod":
            return found
        return torch.where(_rows_of(ids, count, found) > 0, found, 0)
    total = rows.new_zeros(shape).index_add(0, ids, rows)
    if kind == "sum":
        return total
    counts = _rows_of(ids, count, total).clamp(min=1)
    if kind == "sqrt_n":
        return total / counts.to(total.dtype).sqrt()
    if total.is_floating_point() or total.is_complex():
        return total / counts.to(total.dtype)
    return (
        total / counts.double()
        if unsorted
        else total.div(counts, rounding_mode="trunc").to(total.dtype)
    )


def _rows_of(ids: Tensor, count: Any, beside: Tensor) -> Tensor:
    """How many rows each segment has, so shaped that it goes with them."""
    counts = ids.new_zeros(count).index_add(0, ids, torch.ones_like(ids))
    return counts.reshape(-1, *[1] * (beside.ndim - 1))


segment_sum: Callable[..., Tensor] = _of_sorted("sum", "tensor([[4., 6.],\n            [5., 6.]])")
segment_mean: Callable[..., Tensor] = _of_sorted(
    "mean", "tensor([[2., 3.],\n            [5., 6.]])"
)
segment_max: Callable[..., Tensor] = _of_sorted("max", "tensor([[3., 4.],\n            [5., 6.]])")
segment_min: Callable[..., Tensor] = _of_sorted("min", "tensor([[1., 2.],\n            [5., 6.]])")
segment_prod: Callable[..., Tensor] = _of_sorted(
    "prod", "tensor([[3., 8.],\n            [5., 6.]])"
)

unsorted_segment_sum: Callable[..., Tensor] = _of_unsorted(
    "sum", "0", "tensor([[3., 4.],\n            [6., 8.]])"
)
unsorted_segment_mean: Callable[..., Tensor] = _of_unsorted(
    "mean", "0", "tensor([[3., 4.],\n            [3., 4.]])"
)
unsorted_segment_sqrt_n: Callable[..., Tensor] = _of_unsorted(
    "sqrt_n", "0", "tensor([[3.0000, 4.0000],\n            [4.2426, 5.6569]])"
)
unsorted_segment_max: Callable[..., Tensor] = _of_unsorted(
    "max", "the smallest number that there is", "tensor([[3., 4.],\n            [5., 6.]])"
)
unsorted_segment_min: Callable[..., Tensor] = _of_unsorted(
    "min", "the largest number that there is", "tensor([[3., 4.],\n            [1., 2.]])"
)
unsorted_segment_prod: Callable[..., Tensor] = _of_unsorted(
    "prod", "1", "tensor([[ 3.,  4.],\n            [ 5., 12.]])"
)

sparse_segment_sum: Callable[..., Tensor] = _of_picked(
    "sum", "tensor([[4., 6.],\n            [3., 4.]])"
)
sparse_segment_mean: Callable[..., Tensor] = _of_picked(
    "mean", "tensor([[2., 3.],\n            [3., 4.]])"
)
sparse_segment_sqrt_n: Callable[..., Tensor] = _of_picked(
    "sqrt_n", "tensor([[2.8284, 4.2426],\n            [3.0000, 4.0000]])"
)
