"""Numbers of many numbers: sums, means, the largest and whether all are so."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope.ops.arguments import (
    Axes,
    axes_of,
    either,
    of_dtype,
)

_NUMBERS = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.complex64, torch.int64, torch.bfloat16, torch.uint16, torch.complex128),
    *(torch.float16, torch.uint32, torch.uint64),
)


def reduce_mean(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The mean over some axes (tf.reduce_mean).

    >>> reduce_mean([[1.0, 3.0], [5.0, 7.0]], axis=1)
    tensor([2., 6.])
    >>> reduce_mean([1, -4])  # cut off towards 0
    tensor(-1, dtype=torch.int32)

    Args:
        input_tensor: a tensor of numbers. The mean of integers is an integer.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        name: accepted for TF1 code; it has no effect.
        reduction_indices: another name of `axis`.
        keep_dims: another name of `keepdims`.

    Raises:
        ValueError: an axis is not there, or named twice; or an argument has both of its names.
        TypeError: the numbers are bools, or an axis is no integer.
    """
    axis = either("reduction_indices", reduction_indices, "axis", axis)
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    tensor = of_dtype(input_tensor, "input", _NUMBERS)
    axes = axes_of(axis, tensor.ndim)
    if not axes:
        # To PyTorch no axes are all of them.
        return tensor.clone()
    if tensor.is_floating_point() or tensor.is_complex():
        return tensor.mean(axes, keepdim=keep)
    count = math.prod(tensor.shape[each] for each in axes)
    total = tensor.sum(axes, keepdim=keep, dtype=torch.int64)
    # The mean of no integers is 0 to TF1.
    return total.div(max(count, 1), rounding_mode="trunc").to(tensor.dtype)
