"""Convolutions that look at each channel alone, and those followed by one across the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    as_tensor,
    check_rank,
    check_same_dtype,
    either,
    of_dtype,
    operands,
)
from torchscope._core.values.conversion import shape_text
from torchscope.nn import layouts, windows
from torchscope.nn.convolution import conv2d
from torchscope.nn.windows import Padding, Strides

_OPERATION = "DepthwiseConv2dNative"


def depthwise_conv2d(
    input: Tensor,
    filter: Tensor,
    strides: Strides,
    padding: Padding,
    rate: Sequence[int] | None = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Sequence[int] | None = None,
) -> Tensor:
    """A 2-D convolution of each channel with kernels of its own (tf.nn.depthwise_conv2d).

    >>> image, kernel = torch.ones(1, 10, 10, 3), torch.ones(3, 3, 3, 2)
    >>> depthwise_conv2d(image, kernel, strides=[1, 2, 2, 1], padding="SAME").shape
    torch.Size([1, 5, 5, 6])

    Args:
        input: images, (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        filter: the kernel, (H, W, C, M) in either format.
        strides: one number, two (H, W), or one for each axis of `input`.
        padding: 'SAME', 'VALID', or a pair of paddings for each axis of `input`.
        rate: the distance of the kernel's elements, two numbers (H, W); strides must then be 1.
        name: accepted for TF1 code; it has no effect.
        data_format: 'NHWC' or 'NCHW'.
        dilations: another name of `rate`.

    Returns:
        The filtered images in the layout of `input`, with C * M channels: the M of the first
        channel, then those of the second.

    Raises:
        ValueError: ranks, channels, strides, rate, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    dilation = either("rate", rate, "dilations", dilations)
    if dilation is not None:
        check_rate(dilation, strides, data_format)
    input, filter = as_tensor(input, filter), as_tensor(filter, input)
    return _convolve(input, filter, strides, padding, data_format, dilation)


def depthwise_conv2d_native(
    input: Tensor,
    filter: Tensor,
    strides: Strides,
    padding: Padding,
    data_format: str | None = "NHWC",
    dilations: Strides = 1,
    name: str | None = None,
) -> Tensor:
    """The same, with `dilations` as conv2d has them (tf.nn.depthwise_conv2d_native).

    >>> image, kernel = torch.ones(1, 10, 10, 3), torch.ones(3, 3, 3, 2)
    >>> depthwise_conv2d_native(image, kernel, [1, 1, 1, 1], "VALID").shape
    torch.Size([1, 8, 8, 6])

    Args:
        input: as in `depthwise_conv2d`.
        filter: as in `depthwise_conv2d`.
        strides: as in `depthwise_conv2d`.
        padding: as in `depthwise_conv2d`.
        data_format: 'NHWC' or 'NCHW'.
        dilations: as `strides`, and with any strides.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: ranks, channels, strides, dilations, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    return _convolve(input, filter, strides, padding, data_format, dilations)


def separable_conv2d(
    input: Tensor,
    depthwise_filter: Tensor,
    pointwise_filter: Tensor,
    strides: Strides,
    padding: Padding,
    rate: Sequence[int] | None = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Sequence[int] | None = None,
) -> Tensor:
    """A depthwise convolution, and one of size 1 across its channels (tf.nn.separable_conv2d).

    >>> image, depthwise, pointwise = torch.ones(1, 9, 9, 3), torch.ones(3, 3, 3, 2), torch.ones(1, 1, 6, 8)
    >>> separable_conv2d(image, depthwise, pointwise, strides=1, padding="SAME").shape
    torch.Size([1, 9, 9, 8])

    Args:
        input: images, (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        depthwise_filter: (H, W, C, M) in either format.
        pointwise_filter: (1, 1, C * M, O) in either format.
        strides: of the depthwise convolution: one number, two (H, W), or one for each axis.
        padding: of the depthwise convolution: 'SAME', 'VALID', or a pair for each axis.
        rate: as in `depthwise_conv2d`.
        name: accepted for TF1 code; it has no effect.
        data_format: 'NHWC' or 'NCHW'.
        dilations: another name of `rate`.

    Raises:
        ValueError: ranks, channels, strides, rate, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    pointwise_filter = as_tensor(pointwise_filter, input)
    if pointwise_filter.ndim != 4:
        raise ValueError(
            f"Shape {shape_text(pointwise_filter.shape)} must have rank 4: it is that of the "
            "pointwise_filter, (1, 1, channels, out)."
        )
    for extent in pointwise_filter.shape[:2]:
        if extent != 1:
            raise ValueError(
                f"Dimensions {extent} and 1 are not compatible: the pointwise_filter has shape "
                f"{shape_text(pointwise_filter.shape)}, and must be (1, 1, channels, out)."
            )
    image = depthwise_conv2d(
        input, depthwise_filter, strides, padding, rate, None, data_format, dilations
    )
    return conv2d(image, pointwise_filter, 1, "VALID", data_format=data_format)


def check_rate(rate: Any, strides: Strides, data_format: str | None) -> None:
    """Refuses rates that are not two positive numbers, or that come with strides.

    Raises:
        ValueError: they are not, or do.
        TypeError: it is one number.
    """
    if not hasattr(rate, "__len__"):
        raise TypeError(
            f"'{type(rate).__name__}' object is not iterable. The rate is two numbers (height, "
            f"width). Received: rate={rate!r}"
        )
    numbers = list(rate)
    if len(numbers) != 2:
        raise ValueError(f"`rate` must be two numbers (height, width). Received: rate={rate}")
    if min(numbers) < 1:
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={rate}")
    axis = layouts.channels_axis(_OPERATION, data_format, 2)
    if max(numbers) > 1 and max(windows.numbers("strides", strides, 2, axis)) > 1:
        raise ValueError(
            "When dilation rate is greater than 1, then all values of strides must be 1. Received: "
            f"`dilation rate` {rate} and `strides` {strides}"
        )


def _convolve(
    input: Tensor,
    kernel: Tensor,
    strides: Strides,
    padding: Padding,
    data_format: str | None,
    dilations: Any,
) -> Tensor:
    axis = layouts.channels_axis(_OPERATION, data_format, 2)
    if not (isinstance(input, Tensor) and isinstance(kernel, Tensor)):
        input, kernel = operands(_OPERATION, input=input, filter=kernel)
    check_rank("the input", input, 4)
    check_rank("the filter", kernel, 4)
    of_dtype(input, "input")
    check_same_dtype(_OPERATION, "input", input, "filter", kernel)
    height, width, channels, multiplier = kernel.shape
    if input.shape[axis] != channels:
        raise ValueError(
            f"Dimensions must be equal, but are {input.shape[axis]} and {channels}: the input has "
            f"shape {shape_text(input.shape)}, the filter {shape_text(kernel.shape)}. A kernel is "
            "(height, width, channels, multiplier)."
        )
    stride = windows.numbers("strides", strides, 2, axis)
    dilation = windows.numbers("dilations", dilations, 2, axis)
    last = axis == 3
    size = input.shape[1:3] if last else input.shape[2:]
    window = (height, width)
    added = windows.paddings(
        _OPERATION, padding, size, window, stride, dilation, axis, explicit=True
    )
    windows.check_fits(input.shape, window, size, dilation, added)
    # In this order of memory the two next lines only look at a variable in another way.
    layouts.lay_out(kernel, (2, 3, 0, 1))
    weight = kernel.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    image = input.permute(0, 3, 1, 2) if last else input
    sides, both = windows.uneven(added)
    if sides is not None:
        image = F.pad(image, sides)
    output = F.conv2d(image, weight, None, stride, both, dilation, channels)
    return output.permute(0, 2, 3, 1) if last else output
