"""Parts of a tensor from one place to another along each axis, their gradient, and other numbers put where they are."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import as_tensor, numbers_of, shape_of
from torchscope.graphs.operations.table import op

op("Slice")(tf.slice)


@op("StridedSlice")
def _strided_slice(
    input: Any,
    begin: Any,
    end: Any,
    strides: Any,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    return tf.strided_slice(
        input,
        begin,
        end,
        strides,
        begin_mask,
        end_mask,
        ellipsis_mask,
        new_axis_mask,
        shrink_axis_mask,
    )


@op("StridedSliceGrad")
def _strided_slice_grad(
    shape: Any,
    begin: Any,
    end: Any,
    strides: Any,
    dy: Any,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    slope = as_tensor(dy)
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    zeros = slope.new_zeros(shape_of(shape))
    if any(each < 0 for each in numbers_of(strides, "strides")):
        return _with_part(zeros, slope, begin, end, strides, *masks)
    tf.strided_slice(zeros, begin, end, strides, *masks).copy_(slope)
    return zeros


@op("TensorStridedSliceUpdate")
def _tensor_strided_slice_update(
    input: Any,
    begin: Any,
    end: Any,
    strides: Any,
    value: Any,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    whole = as_tensor(input)
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    return _with_part(whole, as_tensor(value, whole), begin, end, strides, *masks)


def _with_part(whole: Tensor, part: Tensor, *where: Any) -> Tensor:
    """A tensor with other numbers where a strided slice of it is."""
    numbers = torch.arange(whole.numel(), device=whole.device).reshape(whole.shape)
    places = tf.strided_slice(numbers, *where)
    flat = part.expand(places.shape).reshape(-1)
    return whole.reshape(-1).index_put((places.reshape(-1),), flat).reshape(whole.shape)
