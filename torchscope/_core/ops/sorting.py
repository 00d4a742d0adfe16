"""Numbers in order, and where others belong among them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    as_tensor,
    check_same_dtype,
    numbers_of,
    of_dtype,
    operands,
    wanted,
)
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text

_ORDERED = (
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64),
    *(torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8),
)


def sort(
    values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """Numbers in order along an axis (tf.sort).

    >>> sort([3.0, 1.0, 2.0], direction="DESCENDING")
    tensor([3., 2., 1.])

    Args:
        values: a tensor.
        axis: the axis.
        direction: 'ASCENDING' or 'DESCENDING'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such axis, or the direction is another.
        TypeError: the numbers are bools or complex.
    """
    return _sorted(values, axis, direction)[0]


def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """Which number comes first along an axis, and so on (tf.argsort).

    >>> argsort([3.0, 1.0, 2.0]).tolist()
    [1, 2, 0]

    Args:
        values: a tensor.
        axis: the axis.
        direction: 'ASCENDING' or 'DESCENDING'.
        stable: accepted for TF1 code: equal numbers always stay in their order.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Their places, int32.

    Raises:
        ValueError: there is no such axis, or the direction is another.
        TypeError: the numbers are bools or complex.
    """
    return _sorted(values, axis, direction)[1].to(torch.int32)


def _sorted(values: Any, axis: Any, direction: str) -> tuple[Tensor, Tensor]:
    if direction not in {"ASCENDING", "DESCENDING"}:
        raise ValueError(
            "Argument `direction` should be one of ASCENDING, DESCENDING. Received: "
            f"direction={direction}"
        )
    tensor = of_dtype(wanted("values", values), "x", _ORDERED)
    if axis is None:
        raise ValueError("None values not supported. An axis is an integer.")
    where = numbers_of(axis, "axis")
    if not -tensor.ndim <= where < tensor.ndim:
        raise ValueError(
            f"slice index {where} of dimension 0 out of bounds. There is no such axis: the tensor "
            f"has shape {shape_text(tensor.shape)}."
        )
    made, places = tensor.sort(dim=where, descending=direction == "DESCENDING", stable=True)
    return made, places


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = torch.int32,
    name: str | None = None,
) -> Tensor:
    """Where numbers belong among others that are in order (tf.searchsorted).

    >>> searchsorted([1, 3, 5], [0, 3, 9]).tolist()
    [0, 1, 3]

    Args:
        sorted_sequence: numbers in order along the last axis.
        values: the numbers, of the same shape but for the last axis.
        side: 'left' to come before what is equal, 'right' to come behind it.
        out_type: torch.int32 or torch.int64.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or the side is another.
        TypeError: the dtypes differ, or `out_type` is another.
    """
    if side not in {"left", "right"}:
        raise ValueError(
            f"Argument `side` must be either 'right' or 'left'. Received: `side` = '{side}'."
        )
    kind = as_dtype(out_type)
    if kind not in (torch.int32, torch.int64):
        raise TypeError(
            f"Value passed to parameter 'out_type' has DataType {dtype_name(kind)} not in list of "
            "allowed values: int32, int64"
        )
    beside = next((each for each in (sorted_sequence, values) if isinstance(each, Tensor)), None)
    row, asked = as_tensor(sorted_sequence, beside), as_tensor(values, beside)
    if (
        not isinstance(values, Tensor)
        and row.dtype != asked.dtype
        and isinstance(sorted_sequence, Tensor)
    ):
        row, asked = operands("LowerBound", sorted_inputs=row, values=values)
    operation = "LowerBound" if side == "left" else "UpperBound"
    check_same_dtype(operation, "sorted_inputs", row, "values", asked)
    if not row.ndim or not asked.ndim:
        raise ValueError("slice index -1 of dimension 0 out of bounds. A number has no last axis.")
    if row.shape[:-1].numel() != asked.shape[:-1].numel():
        raise ValueError(
            "Leading dim_size of both tensors must match. They have shapes "
            f"{shape_text(row.shape)} and {shape_text(asked.shape)}."
        )
    flat = row.reshape((-1, row.shape[-1])).contiguous()
    found = torch.searchsorted(
        flat,
        asked.reshape((-1, asked.shape[-1])).contiguous(),
        right=side == "right",
        out_int32=kind == torch.int32,
    )
    return found.reshape(asked.shape)
