"""Convolutions, and what they give their inputs and filters of a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import torchscope.tf1 as tf
from torchscope._core.values.conversion import shape_text
from torchscope.graphs.operations.table import op
from torchscope.nn import layouts, windows
from torchscope.nn.convolution import convolve

_ONES_2D, _ONES_3D = (1,) * 4, (1,) * 5


def given_padding(padding: str, explicit: Sequence[int]) -> Any:
    """The padding, or the pairs of sizes that an explicit one is.

    >>> given_padding("EXPLICIT", [0, 0, 1, 2, 3, 4, 0, 0])
    [[0, 0], [1, 2], [3, 4], [0, 0]]
    """
    if padding != "EXPLICIT":
        return padding
    return [list(pair) for pair in zip(explicit[::2], explicit[1::2], strict=True)]


def _floating(function: Callable[..., Any], *tensors: Any) -> Any:
    """A function of tensors; of integers by way of float64, in which their sums are exact."""
    given = [tf.convert_to_tensor(each) for each in tensors]
    if given[0].is_floating_point():
        return function(*given)
    # By way of int64 what is too large goes around, as sums of integers do.
    return function(*(each.double() for each in given)).long().to(given[0].dtype)


@op("Conv2D")
def conv2d(
    input: Any,
    filter: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    """A convolution of images."""
    added = given_padding(padding, explicit_paddings)
    return _floating(
        lambda images, kernel: tf.nn.conv2d(
            images, kernel, strides, added, data_format=data_format, dilations=dilations
        ),
        input,
        filter,
    )


def conv2d_and_bias(
    input: Any,
    filter: Any,
    bias: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    """What a BiasAdd makes of it, in one kernel."""
    added = given_padding(padding, explicit_paddings)
    return _floating(
        lambda images, kernel, offset: convolve(
            images, kernel, offset, strides, added, data_format, dilations
        ),
        input,
        filter,
        bias,
    )


@op("Conv3D")
def _conv3d(
    input: Any,
    filter: Any,
    *,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
    dilations: Sequence[int] = _ONES_3D,
) -> Any:
    return tf.nn.conv3d(
        input, filter, strides, padding, data_format=data_format, dilations=dilations
    )


@op("Conv")
def _conv(
    input: Any,
    filter: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "CHANNELS_LAST",
    dilations: Sequence[int] = (),
    batch_dims: int = 1,
    groups: int = 1,
) -> Any:
    """A convolution over two or three axes, with any number of axes of batches.

    The number of groups follows from the channels, as in TensorFlow.
    """
    spatial = filter.ndim - 2
    outer = input.shape[:batch_dims]
    images = input.reshape(-1, *input.shape[batch_dims:])
    form = layouts.FORMATS[spatial][data_format == "CHANNELS_FIRST"]
    function = tf.nn.conv2d if spatial == 2 else tf.nn.conv3d
    added = given_padding(padding, explicit_paddings)
    # The numbers are those of a batch with one axis.
    found = function(
        images,
        filter,
        tuple(strides),
        added,
        data_format=form,
        dilations=tuple(dilations) or 1,
    )
    return found.reshape(*outer, *found.shape[1:])


@op("DepthwiseConv2dNative")
def _depthwise(
    input: Any,
    filter: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    added = given_padding(padding, explicit_paddings)
    return tf.nn.depthwise_conv2d_native(
        input, filter, strides, added, data_format=data_format, dilations=dilations
    )


# Gradients


class _Window:
    """How a kernel goes over images or volumes, whose channels PyTorch has second."""

    def __init__(
        self,
        operation: str,
        shape: Sequence[Any],
        kernel: Sequence[Any],
        strides: Sequence[int],
        padding: Any,
        data_format: str,
        dilations: Sequence[int],
    ) -> None:
        self._operation = operation
        self._batch = shape[0]
        self._spatial = spatial = len(shape) - 2
        self.axis = layouts.channels_axis(operation, data_format, spatial)
        self._last = self.axis != 1
        self._size = tuple(shape[1:-1] if self._last else shape[2:])
        self._stride = windows.numbers("strides", strides, spatial, self.axis)
        self._dilation = windows.numbers("dilations", dilations, spatial, self.axis)
        self._added = windows.paddings(
            operation,
            padding,
            self._size,
            kernel[:spatial],
            self._stride,
            self._dilation,
            self.axis,
            explicit=spatial == 2,
        )
        windows.check_fits(shape, kernel[:spatial], self._size, self._dilation, self._added)
        self._kernel = tuple(kernel[:spatial])

    def check(self, gradient: Tensor, depth: int) -> None:
        """Refuses a gradient of another shape than the output's: PyTorch leaves that to the kernels of a device.

        Args:
            gradient: the gradient.
            depth: how many channels the output has.
        """
        sizes = [
            (size + sum(pair) - (extent - 1) * dilation - 1) // stride + 1
            for size, pair, extent, dilation, stride in zip(
                self._size, self._added, self._kernel, self._dilation, self._stride, strict=True
            )
        ]
        shape = self._batch, *(sizes if self._last else ()), depth, *(() if self._last else sizes)
        if gradient.shape != shape:
            raise ValueError(
                f"{self._operation}: Size of out_backprop doesn't match computed: actual = "
                f"{shape_text(gradient.shape)}, computed = {shape_text(shape)}."
            )

    def second(self, tensor: Tensor) -> Tensor:
        return tensor.permute(layouts.TO_SECOND[tensor.ndim]) if self._last else tensor

    def last(self, tensor: Tensor) -> Tensor:
        return tensor.permute(layouts.TO_LAST[tensor.ndim]) if self._last else tensor

    def backward(
        self, gradient: Tensor, images: Tensor, weight: Tensor, groups: int, *, of_images: bool
    ) -> Tensor:
        """What images, or a weight, both in PyTorch's layout, get of a gradient of the output's."""
        apart = self._spatial == 3 and windows.overruns(
            self._size[0], self._kernel[0], self._stride[0], self._added[0]
        )
        sides, both = windows.uneven(self._added, apart=apart)
        padded = images if sides is None else F.pad(images, sides)
        found: Tensor = torch.ops.aten.convolution_backward(
            self.second(gradient),
            padded,
            weight,
            None,
            self._stride,
            both,
            self._dilation,
            False,
            [0] * self._spatial,
            groups,
            [of_images, not of_images, False],
        )[0 if of_images else 1]
        if of_images and sides is not None:
            for axis, ((before, _), size) in enumerate(zip(self._added, self._size, strict=True)):
                found = found.narrow(axis + 2, before, size)
        return found


def _of_filter(
    operation: str,
    input: Tensor,
    filter_sizes: Any,
    out_backprop: Tensor,
    strides: Sequence[int],
    padding: Any,
    data_format: str,
    dilations: Sequence[int],
) -> Tensor:
    sizes = tuple(int(each) for each in filter_sizes)
    window = _Window(operation, input.shape, sizes, strides, padding, data_format, dilations)
    window.check(out_backprop, sizes[-1])
    groups = input.shape[window.axis] // max(sizes[-2], 1)
    if 0 in out_backprop.shape or 0 in input.shape:
        return input.new_zeros(sizes)
    weight = layouts.as_weight(input.new_empty(sizes))
    found = window.backward(out_backprop, window.second(input), weight, groups, of_images=False)
    # (out, in, spatial axes) to (spatial axes, in, out).
    return found.permute(*range(2, len(sizes)), 1, 0)


@op("Conv2DBackpropFilter")
def _conv2d_of_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    added = given_padding(padding, explicit_paddings)
    return _of_filter(
        "Conv2D", input, filter_sizes, out_backprop, strides, added, data_format, dilations
    )


@op("Conv2DBackpropFilterV2")
def _conv2d_of_filter_v2(
    input: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    added = given_padding(padding, explicit_paddings)
    return _of_filter(
        "Conv2D", input, filter.shape, out_backprop, strides, added, data_format, dilations
    )


@op("Conv2DBackpropInput")
def _conv2d_of_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    added = given_padding(padding, explicit_paddings)
    return _floating(
        lambda gradient, kernel: tf.nn.conv2d_transpose(
            gradient, kernel, input_sizes, strides, added, data_format, dilations=dilations
        ),
        out_backprop,
        filter,
    )


@op("Conv2DBackpropInputV2")
def _conv2d_of_input_v2(
    input: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    return _conv2d_of_input(
        tuple(input.shape),
        filter,
        out_backprop,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=dilations,
    )


@op("Conv3DBackpropFilterV2")
def _conv3d_of_filter_v2(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
    dilations: Sequence[int] = _ONES_3D,
) -> Any:
    return _of_filter(
        "Conv3D", input, filter_sizes, out_backprop, strides, padding, data_format, dilations
    )


@op("Conv3DBackpropFilter")
def _conv3d_of_filter(
    input: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int] = _ONES_3D,
) -> Any:
    return _of_filter(
        "Conv3D", input, filter.shape, out_backprop, strides, padding, "NDHWC", dilations
    )


@op("Conv3DBackpropInputV2")
def _conv3d_of_input_v2(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
    dilations: Sequence[int] = _ONES_3D,
) -> Any:
    return tf.nn.conv3d_transpose(
        out_backprop, filter, input_sizes, strides, padding, data_format, dilations=dilations
    )


@op("Conv3DBackpropInput")
def _conv3d_of_input(
    input: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int] = _ONES_3D,
) -> Any:
    return tf.nn.conv3d_transpose(
        out_backprop, filter, tuple(input.shape), strides, padding, dilations=dilations
    )


@op("DepthwiseConv2dNativeBackpropInput")
def _depthwise_of_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    sizes = tuple(int(each) for each in input_sizes)
    added = given_padding(padding, explicit_paddings)
    window = _Window(
        "DepthwiseConv2dNative", sizes, filter.shape, strides, added, data_format, dilations
    )
    rows, columns, channels, multiplier = filter.shape
    window.check(out_backprop, channels * multiplier)
    if 0 in sizes:
        return out_backprop.new_zeros(sizes)
    weight = filter.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, rows, columns)
    images = window.second(out_backprop.new_empty(sizes))
    return window.last(window.backward(out_backprop, images, weight, channels, of_images=True))


@op("DepthwiseConv2dNativeBackpropFilter")
def _depthwise_of_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = _ONES_2D,
) -> Any:
    rows, columns, channels, multiplier = sizes = tuple(int(each) for each in filter_sizes)
    added = given_padding(padding, explicit_paddings)
    window = _Window(
        "DepthwiseConv2dNative", input.shape, sizes, strides, added, data_format, dilations
    )
    window.check(out_backprop, channels * multiplier)
    if 0 in input.shape:
        return input.new_zeros(sizes)
    weight = input.new_empty(channels * multiplier, 1, rows, columns)
    found = window.backward(out_backprop, window.second(input), weight, channels, of_images=False)
    return found.reshape(channels, multiplier, rows, columns).permute(2, 3, 0, 1)
