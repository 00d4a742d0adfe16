"""A tensor made of parts that say where they belong, and taken apart in the same way."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, operands, wanted
from torchscope._core.ops.joining import of_one_dtype
from torchscope._core.values.conversion import dtype_name, shape_text


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """A tensor of parts, each with the rows where they go (tf.dynamic_stitch).

    >>> dynamic_stitch([[0, 2], [1]], [[1.0, 3.0], [2.0]])
    tensor([1., 2., 3.])

    Args:
        indices: for each part int32 numbers of rows, of any shape. What comes later has precedence.
        data: the parts; their shapes begin with those of the indices, and end alike.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, with as many rows as the largest number says. Rows that nobody gives are 0.

    Raises:
        ValueError: there are no parts, they do not fit, or, on the CPU, a number is negative.
        TypeError: the numbers are not int32, or the parts have several dtypes.
    """
    if not indices:
        raise ValueError(
            "List argument 'indices' to 'DynamicStitch' Op with length 0 shorter than minimum "
            "length 1."
        )
    if len(indices) != len(data):
        raise ValueError(
            f"List argument 'data' to 'dynamic_stitch' Op with length {len(data)} must match length "
            f"{len(indices)} of argument 'indices'."
        )
    parts = of_one_dtype("data", "DynamicStitch", data)
    places = [as_tensor(each, parts[0]) for each in indices]
    if any(each.dtype != torch.int32 for each in places):
        names = ", ".join(dtype_name(each.dtype) for each in places)
        raise TypeError(
            f"Tensors in list passed to 'indices' of 'DynamicStitch' Op have types [{names}] that "
            "do not match expected type int32. tf.cast(indices, tf.int32) converts them."
        )
    rows = []
    for place, part in zip(places, parts, strict=True):
        for size, own in zip(place.shape, (*part.shape, *place.shape), strict=False):
            if size != own:
                raise ValueError(
                    f"Dimensions must be equal, but are {own} and {size}: a part has shape "
                    f"{shape_text(part.shape)}, its indices have {shape_text(place.shape)}."
                )
        rows.append(part.reshape((-1, *part.shape[place.ndim :])))
        if rows[-1].shape[1:] != rows[0].shape[1:]:
            raise ValueError(
                f"Dimensions must be equal, but are {list(rows[0].shape[1:])} and "
                f"{list(rows[-1].shape[1:])}: the rows of the parts."
            )
    flat, values = torch.cat([place.reshape(-1) for place in places]), torch.cat(rows)
    numbers = known.of(list(indices))
    if numbers is None:
        count = int(flat.max()) + 1 if flat.numel() else 0
        negative = flat.is_cpu and bool((flat < 0).any())
    else:
        listed = _listed(numbers)
        count, negative = max(listed, default=-1) + 1, min(listed, default=0) < 0
    if negative:
        raise ValueError(
            f"indices[{(flat < 0).nonzero()[0].item()}] is out of range: it is negative."
        )
    function: Any = _Stitched
    stitched: Tensor = function.apply(flat.to(torch.int64), values, count)
    return stitched


def _listed(numbers: Any) -> list[int]:
    """The integers in nested lists."""
    if not isinstance(numbers, list):
        return [numbers]
    return [each for row in numbers for each in _listed(row)]


class _Stitched(torch.autograd.Function):
    """Rows at their places; to TF1 the gradient of a row is that of its place, also if it was lost."""

    @staticmethod
    def forward(places: Tensor, rows: Tensor, count: int) -> Tensor:
        # Which row is the last for each place; where there is none, a row of zeros.
        order = torch.arange(len(rows), device=rows.device)
        last = torch.full((count,), len(rows), dtype=torch.int64, device=rows.device)
        last = last.scatter_reduce(0, places, order, "amax", include_self=False)
        zeros = rows.new_zeros((1, *rows.shape[1:]))
        return torch.cat([rows, zeros]).index_select(0, last)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG004
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (places,) = ctx.saved_tensors
        return None, gradients[0].index_select(0, places), None


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """The rows of a tensor, shared out by numbers (tf.dynamic_partition).

    >>> dynamic_partition([1.0, 2.0, 3.0], [0, 1, 0], 2)
    [tensor([1., 3.]), tensor([2.])]

    Args:
        data: a tensor, whose shape begins with that of `partitions`.
        partitions: for each row the number of its part, int32.
        num_partitions: how many parts there are.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, there is no part, or, on the CPU, a number is no part's.
        TypeError: the numbers are no integers.
    """
    tensor = as_tensor(wanted("data", data))
    if not isinstance(partitions, Tensor):
        like = torch.empty(0, dtype=torch.int32, device=tensor.device)
        partitions = operands("DynamicPartition", like=like, partitions=partitions)[1]
    numbers: Tensor = partitions
    if numbers.dtype != torch.int32:
        raise TypeError(
            f"Input 'partitions' of 'DynamicPartition' Op has type {dtype_name(numbers.dtype)} that "
            "does not match expected type of int32. tf.cast(partitions, tf.int32) converts it."
        )
    count = int(num_partitions)
    if count < 1:
        raise ValueError(
            f"Attr 'num_partitions' of 'DynamicPartition' Op passed {count} less than minimum 1."
        )
    if numbers.shape != tensor.shape[: numbers.ndim]:
        for size, own in zip(tensor.shape, numbers.shape, strict=False):
            if size != own:
                raise ValueError(
                    f"Dimensions must be equal, but are {size} and {own}: data has shape "
                    f"{shape_text(tensor.shape)}, partitions {shape_text(numbers.shape)}."
                )
        raise ValueError(
            f"Shape must be at least rank {numbers.ndim} but is rank {tensor.ndim}: the shape of "
            "data begins with that of partitions."
        )
    if numbers.is_cpu and ((numbers < 0) | (numbers >= count)).any():
        place = ((numbers < 0) | (numbers >= count)).nonzero()[0].tolist()
        raise ValueError(
            f"partitions[{','.join(map(str, place))}] = {numbers[tuple(place)].item()} is not in "
            f"[0, {count})."
        )
    rows = tensor.reshape((-1, *tensor.shape[numbers.ndim :]))
    flat = numbers.reshape(-1)
    return [rows[flat == number] for number in range(count)]
