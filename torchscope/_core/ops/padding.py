"""Tensors with a border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, numbers_of, operands, wanted
from torchscope._core.values.conversion import dtype_name, shape_text


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """A tensor with numbers put before and after it, along each axis (tf.pad).

    >>> pad([[1, 2]], [[0, 0], [1, 0]]).tolist()
    [[0, 1, 2]]

    Args:
        tensor: a tensor.
        paddings: how many before and how many after, for each axis: integers, or a tensor of them.
        mode: 'CONSTANT', or 'REFLECT' or 'SYMMETRIC', which mirror it without and with its border.
        name: accepted for TF1 code; it has no effect.
        constant_values: what is put there, a number or a tensor of one.

    Raises:
        ValueError: there are more or fewer paddings than axes, one is negative, a mirror image would
            be longer than what is mirrored, or the mode is unknown.
        TypeError: a padding is no integer, or what is put there is of another dtype.
    """
    padded = as_tensor(wanted("input", tensor))
    pairs = _pairs(paddings, padded)
    upper = mode.upper() if isinstance(mode, str) else mode
    if upper == "CONSTANT":
        return _framed(padded, pairs, constant_values)
    if upper not in ("REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
            f"Received `mode` = {upper}"
        )
    for axis, (before, after) in enumerate(pairs):
        padded = padded.index_select(axis, _mirrored(padded, axis, before, after, upper))
    return padded


def _pairs(paddings: Any, tensor: Tensor) -> list[tuple[int, int]]:
    """A pair of numbers for each axis."""
    rows: Any = numbers_of(paddings, "paddings")

    def refused(sentence: str) -> ValueError:
        return ValueError(
            f"{sentence}: there is one pair of paddings for each axis, and the tensor has shape "
            f"{shape_text(tensor.shape)}."
        )

    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise refused(f"Shape must be rank 2 but is rank {int(isinstance(rows, list))}")
    for row in rows:
        if len(row) != 2:
            raise refused(f"Dimension must be 2 but is {len(row)}")
    if len(rows) != tensor.ndim:
        raise refused(f"Shape must be rank {len(rows)} but is rank {tensor.ndim}")
    if any(number < 0 for row in rows for number in row):
        raise refused("Paddings must be non-negative")
    return [(before, after) for before, after in rows]


def _framed(tensor: Tensor, pairs: Sequence[tuple[int, int]], number: Any) -> Tensor:
    """A tensor in the middle of a number."""
    around = [count for pair in reversed(pairs) for count in pair]
    if not isinstance(number, Tensor):
        number = operands("PadV2", input=tensor, constant_values=number)[1] if number else number
    if not isinstance(number, Tensor):
        return torch.constant_pad_nd(tensor, around, 0)
    if number.dtype != tensor.dtype:
        raise TypeError(
            f"Input 'constant_values' of 'PadV2' Op has type {dtype_name(number.dtype)} that does "
            f"not match type {dtype_name(tensor.dtype)} of argument 'input'. Convert one of them."
        )
    if number.ndim:
        raise ValueError(
            f"constant_values must be a scalar. Found: {shape_text(number.shape)}: it is one number."
        )
    outside = torch.constant_pad_nd(torch.zeros_like(tensor, dtype=torch.bool), around, True)
    # TF1 gives no gradient to it.
    return torch.where(outside, number.detach(), torch.constant_pad_nd(tensor, around, 0))


def _mirrored(tensor: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    """The indices along an axis that is continued by its mirror image."""
    length, skipped = tensor.shape[axis], int(mode == "REFLECT")
    if max(before, after) > length - skipped:
        raise ValueError(
            f"paddings must be no greater than the dimension size: {before}, {after} greater than "
            f"{length - skipped}"
        )
    first = range(before - 1 + skipped, skipped - 1, -1)
    last = range(length - 1 - skipped, length - 1 - skipped - after, -1)
    return torch.tensor([*first, *range(length), *last], device=tensor.device)
