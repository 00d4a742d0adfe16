"""How often there is what: counts, histograms, and what differs from what."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    Axes,
    as_tensor,
    check_rank,
    check_same_dtype,
    numbers_of,
    operands,
    wanted,
)
from torchscope._core.ops.reducing import asked
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text


def count_nonzero(
    input_tensor: Any = None,
    axis: Axes = None,
    keepdims: bool | None = None,
    dtype: Any = torch.int64,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """How many numbers are not 0 over some axes (tf.count_nonzero).

    >>> count_nonzero([[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]], axis=1)
    tensor([2, 1])

    Args:
        input_tensor: numbers, or bools.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        dtype: of the result.
        name: accepted for TF1 code; it has no effect.
        reduction_indices: another name of `axis`.
        keep_dims: another name of `keepdims`.
        input: another name of `input_tensor`.

    Raises:
        ValueError: an axis is not there, or named twice; or an argument has both of its names.
        TypeError: an axis is no integer.
    """
    if input_tensor is not None and input is not None:
        raise ValueError("Cannot specify both 'input_tensor' and 'input'.")
    given = input_tensor if input is None else input
    tensor = as_tensor(wanted("input_tensor", given)) != 0
    tensor, axes, keep = asked(tensor, axis, keepdims, reduction_indices, keep_dims, (torch.bool,))
    return (tensor.sum(axes, keep) if axes else tensor).to(as_dtype(dtype))


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = torch.int32,
) -> Tensor:
    """How often there is each integer, from 0 on (tf.bincount).

    >>> bincount([1, 1, 3])
    tensor([0, 2, 0, 1], dtype=torch.int32)
    >>> bincount([1, 1, 3], weights=[0.5, 1.0, 2.0], maxlength=3)
    tensor([0.0000, 1.5000, 0.0000])

    Args:
        arr: integers that are not negative, of any shape.
        weights: what each counts; of the shape of `arr`.
        minlength: how many counts there are at least.
        maxlength: how many there are at most: larger integers are not counted. With both lengths
            equal the shape of the result does not depend on values.
        dtype: of the counts, where there are no weights.

    Raises:
        ValueError: an integer is negative, or the weights have another shape.
    """
    values = as_tensor(wanted("arr", arr)).to(torch.int32).reshape(-1).long()
    least, most = (_length(which, each) for which, each in (("min", minlength), ("max", maxlength)))
    counted = None if weights is None else as_tensor(weights, values).reshape(-1)
    if counted is not None and counted.shape != values.shape:
        raise ValueError(
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts "
            f"as all weights equal to 1. Received {shape_text(counted.shape)} and "
            f"{shape_text(values.shape)}."
        )
    length = most
    if least is None or least != most:
        found = int(values.max()) + 1 if values.numel() else 0
        length = max(found, least or 0)
        length = length if most is None else min(length, most)
    if fakes.has_values(values) and bool((values < 0).any()):
        raise ValueError(f"Input arr must be non-negative! The least is {int(values.min())}.")
    counted = torch.ones_like(values, dtype=as_dtype(dtype)) if counted is None else counted
    # One place more for what is too large to be counted.
    sums = counted.new_zeros(length + 1)
    return sums.index_add(0, values.clamp(max=length), counted)[:length]


def _length(which: str, given: Any) -> Any:
    return None if given is None else max(numbers_of(given, f"{which}length"), 0)


def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = torch.int32,
    name: str | None = None,
) -> Tensor:
    """Into which of equally wide bins each number falls (tf.histogram_fixed_width_bins).

    >>> histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5)
    tensor([0, 0, 1, 2, 4, 4], dtype=torch.int32)

    Args:
        values: numbers, of any shape. What is outside of the range falls into the first or last bin.
        value_range: where the first bin begins and the last one ends.
        nbins: how many bins there are.
        dtype: accepted for TF1 code; it has no effect there either.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The bins, of the shape of the numbers, as torch.int32.

    Raises:
        ValueError: there are no bins, the range is not two numbers or ends before it begins, or a
            number is NaN.
    """
    numbers, bounds, count = _binned(values, value_range, nbins)
    first, last = bounds.double().unbind()
    whole = torch.iinfo(torch.int32)
    # As TF1 divides: the place in the range first, then the bin.
    scaled = (numbers.double() - first) / (last - first)
    bins = (scaled * count).floor().clamp(whole.min, whole.max)
    return bins.clamp(0, count - 1).to(torch.int32)


def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = torch.int32,
    name: str | None = None,
) -> Tensor:
    """How many numbers fall into each of equally wide bins (tf.histogram_fixed_width).

    >>> histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5)
    tensor([2, 1, 1, 0, 2], dtype=torch.int32)

    Arguments and errors are those of `histogram_fixed_width_bins`, but for `dtype`: torch.int32 or
    int64, of the counts.

    Returns:
        The counts, (nbins,).

    Raises:
        TypeError: the dtype is another.
    """
    if as_dtype(dtype) not in (torch.int32, torch.int64):
        raise TypeError(
            f"Value passed to parameter 'dtype' has DataType {dtype_name(as_dtype(dtype))} not in "
            "list of allowed values: int32, int64."
        )
    bins = histogram_fixed_width_bins(values, value_range, nbins).reshape(-1).long()
    counts = bins.new_zeros(numbers_of(nbins, "nbins"))
    return counts.index_add(0, bins, torch.ones_like(bins)).to(as_dtype(dtype))


def _binned(values: Any, value_range: Any, nbins: Any) -> tuple[Tensor, Tensor, int]:
    numbers, bounds = operands("HistogramFixedWidth", values=values, value_range=value_range)
    check_rank("value_range", bounds, 1)
    if bounds.shape[0] != 2:
        raise ValueError(
            f"Dimension must be 2 but is {bounds.shape[0]}: the range is where it begins and ends."
        )
    count: int = numbers_of(nbins, "nbins")
    if count <= 0:
        raise ValueError(f"Requires nbins > 0: {count}. Without bins nothing is counted.")
    if fakes.has_values(bounds):
        if not bool(bounds[0] < bounds[1]):
            raise ValueError(
                f"value_range should satisfy value_range[0] < value_range[1], but got "
                f"{bounds.tolist()}."
            )
        if bool(numbers.isnan().any()):
            raise ValueError("values must not contain NaN: NaN falls into no bin.")
    return numbers, bounds, count


class Unique(NamedTuple):
    """What `unique` gives: the values, and which of them each number is."""

    y: Tensor
    idx: Tensor


class UniqueWithCounts(NamedTuple):
    """What `unique_with_counts` gives: as `Unique`, and how often there is each value."""

    y: Tensor
    idx: Tensor
    count: Tensor  # type: ignore[assignment]  # TF1's name


class ListDiff(NamedTuple):
    """What `setdiff1d` gives: the numbers, and where they were."""

    out: Tensor
    idx: Tensor


def unique(x: Any, out_idx: Any = torch.int32, name: str | None = None) -> Unique:
    """The different numbers in the order in which they come first (tf.unique).

    >>> unique([3, 1, 3])
    Unique(y=tensor([3, 1], dtype=torch.int32), idx=tensor([0, 1, 0], dtype=torch.int32))

    Args:
        x: numbers, (N,).
        out_idx: the dtype of indices: torch.int32 or int64.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The numbers, and for each of `x` which of them it is, (N,).

    Raises:
        ValueError: `x` is not of rank 1.
    """
    found = unique_with_counts(x, out_idx)
    return Unique(found.y, found.idx)


def unique_with_counts(
    x: Any, out_idx: Any = torch.int32, name: str | None = None
) -> UniqueWithCounts:
    """The different numbers and how often there is each (tf.unique_with_counts).

    >>> unique_with_counts([3, 1, 3]).count
    tensor([2, 1], dtype=torch.int32)

    Arguments and errors are those of `unique`.
    """
    numbers, dtype = as_tensor(wanted("x", x)), as_dtype(out_idx)
    check_rank("x", numbers, 1)
    _, which, counts = torch.unique(numbers.detach(), return_inverse=True, return_counts=True)
    places = torch.arange(len(numbers), device=numbers.device)
    first = torch.full_like(counts, len(numbers)).scatter_reduce(0, which, places, "amin")
    # PyTorch sorts the numbers; TF1 has them in the order of their first places.
    order = first.argsort()
    rank = torch.empty_like(order).index_put(
        (order,), torch.arange(len(order), device=order.device)
    )
    return UniqueWithCounts(numbers[first[order]], rank[which].to(dtype), counts[order].to(dtype))


def setdiff1d(x: Any, y: Any, index_dtype: Any = torch.int32, name: str | None = None) -> ListDiff:
    """The numbers that are in one list and not in another (tf.setdiff1d, tf.listdiff).

    >>> setdiff1d([3, 1, 3, 2], [1])
    ListDiff(out=tensor([3, 3, 2], dtype=torch.int32), idx=tensor([0, 2, 3], dtype=torch.int32))

    Args:
        x: numbers, (N,).
        y: which are left out, (M,).
        index_dtype: the dtype of indices: torch.int32 or int64.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The numbers in their order, and where in `x` they are.

    Raises:
        ValueError: one of them is not of rank 1.
        TypeError: the dtypes differ.
    """
    numbers, others = operands("ListDiff", x=x, y=y)
    check_rank("x", numbers, 1)
    check_rank("y", others, 1)
    check_same_dtype("ListDiff", "x", numbers, "y", others)
    kept = (~torch.isin(numbers, others)).nonzero()[:, 0]
    return ListDiff(numbers[kept], kept.to(as_dtype(index_dtype)))


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = torch.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """How often each class was taken for which (tf.confusion_matrix).

    >>> confusion_matrix([1, 2, 2], [2, 2, 0])
    tensor([[0, 0, 0],
            [0, 0, 1],
            [1, 0, 1]], dtype=torch.int32)

    Args:
        labels: the true classes, (N,); an axis of length 1 more than `predictions` has is left out.
        predictions: what they were taken for, (N,); likewise.
        num_classes: how many classes there are; by default up to the largest that is there.
        dtype: of the counts.
        name: accepted for TF1 code; it has no effect.
        weights: what each counts, (N,).

    Returns:
        (classes, classes): a row for each label, a column for each prediction.

    Raises:
        ValueError: the shapes do not fit, or a class is negative or too large.
    """
    true, taken = as_tensor(wanted("labels", labels)), as_tensor(wanted("predictions", predictions))
    for one, other in ((true, taken), (taken, true)):
        if one.ndim - other.ndim == 1 and one.shape[-1] == 1:
            true, taken = (one[..., 0], taken) if one is true else (true, one[..., 0])
            break
    true, taken = true.long(), taken.long()
    check_rank("labels", true, 1)
    if true.shape != taken.shape:
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {true.shape[0]} and "
            f"{taken.shape[0]}. Shapes are [{true.shape[0]}] and [{taken.shape[0]}]."
        )
    dtype = as_dtype(dtype)
    counted = torch.ones_like(true, dtype=dtype)
    if weights is not None:
        counted = as_tensor(weights, true).to(dtype)
        if counted.shape != true.shape:
            raise ValueError(
                f"Shapes {shape_text(taken.shape)} and {shape_text(counted.shape)} are incompatible: "
                "there is one weight for each prediction."
            )
    count = None if num_classes is None else numbers_of(num_classes, "num_classes")
    if fakes.has_values(true):
        _check_classes("labels", true, count)
        _check_classes("predictions", taken, count)
    if count is None:
        count = int(torch.cat([true, taken]).max()) + 1
    # What is no class has no place, and PyTorch refuses it where nothing was read.
    known = (true >= 0) & (true < count) & (taken >= 0) & (taken < count)
    places = torch.where(known, true * count + taken, count * count)
    return counted.new_zeros(count * count).index_add(0, places, counted).reshape(count, count)


def _check_classes(what: str, classes: Tensor, count: int | None) -> None:
    if not classes.numel():
        if count is None:
            raise ValueError(f"There are no {what}, and num_classes is not given.")
        return
    if bool((classes < 0).any()):
        raise ValueError(f"`{what}` contains negative values. The least is {int(classes.min())}.")
    if count is not None and bool((classes >= count).any()):
        raise ValueError(f"`{what}` out of bound: there are {count} classes.")
