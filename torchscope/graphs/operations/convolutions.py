"""Convolutions, and what they give their inputs and filters of a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op
from torchscope.nn import layouts, windows
from torchscope.nn import padding as pads

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
    return function(*(each.double() for each in given)).to(given[0].dtype)


@op("Conv2D")
def _conv2d(
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
    return _floating(
        lambda images, kernel: tf.nn.conv2d(
            images, kernel, strides, added, data_format=data_format, dilations=dilations
        ),
        input,
        filter,
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

    def second(self, tensor: Tensor) -> Tensor:
        return tensor.permute(layouts.TO_SECOND[tensor.ndim]) if self._last else tensor

    def last(self, tensor: Tensor) -> Tensor:
        return tensor.permute(layouts.TO_LAST[tensor.ndim]) if self._last else tensor

    def backward(
        self, gradient: Tensor, images: Tensor, weight: Tensor, groups: int, *, of_images: bool
    ) -> Tensor:
        """What images, or a weight, both in PyTorch's layout, get of a gradient of the output's."""
        sides, both = windows.uneven(self._added)
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
    if 0 in sizes:
        return out_backprop.new_zeros(sizes)
    rows, columns, channels, multiplier = filter.shape
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
    if 0 in input.shape:
        return input.new_zeros(sizes)
    weight = input.new_empty(channels * multiplier, 1, rows, columns)
    found = window.backward(out_backprop, window.second(input), weight, channels, of_images=False)
    return found.reshape(channels, multiplier, rows, columns).permute(2, 3, 0, 1)


# Greyscale morphology


@op("Dilation2D")
def _dilation2d(
    input: Any, filter: Any, *, strides: Sequence[int], rates: Sequence[int], padding: str
) -> Any:
    return tf.nn.dilation2d(input, filter, strides, rates, padding)


def _likeliest(
    input: Any, filter: Any, strides: Sequence[int], rates: Sequence[int], padding: str
) -> tuple[Tensor, Any, Any, Any, Any]:
    """Which element of the window is the largest at each place, and how the windows lie."""
    stride = windows.numbers("strides", strides, 2, 3)
    rate = windows.numbers("rates", rates, 2, 3)
    size, window = input.shape[1:3], filter.shape[:2]
    added = windows.paddings("Dilation2D", padding, size, window, stride, rate, 3, explicit=False)
    (top, bottom), (left, right) = added
    padded = F.pad(input.detach(), (0, 0, left, right, top, bottom), value=-torch.inf)
    out = tuple(map(pads.output_size, size, window, stride, rate, added))
    seen = [
        padded[
            :,
            y * rate[0] : y * rate[0] + (out[0] - 1) * stride[0] + 1 : stride[0],
            x * rate[1] : x * rate[1] + (out[1] - 1) * stride[1] + 1 : stride[1],
        ]
        + filter[y, x].detach()
        for y in range(window[0])
        for x in range(window[1])
    ]
    return torch.stack(seen).argmax(0), out, stride, rate, added


@op("Dilation2DBackpropInput")
def _dilation2d_of_input(
    input: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    rates: Sequence[int],
    padding: str,
) -> Any:
    which, (rows, columns), stride, rate, ((top, _), (left, _)) = _likeliest(
        input, filter, strides, rates, padding
    )
    batch, height, width, channels = input.shape
    device = which.device
    y = torch.arange(rows, device=device)[:, None, None] * stride[0] - top
    x = torch.arange(columns, device=device)[:, None] * stride[1] - left
    y = y + which // filter.shape[1] * rate[0]
    x = x + which % filter.shape[1] * rate[1]
    image = torch.arange(batch, device=device)[:, None, None, None]
    channel = torch.arange(channels, device=device)
    place = ((image * height + y) * width + x) * channels + channel
    found = out_backprop.new_zeros(input.numel())
    return found.index_add(0, place.flatten(), out_backprop.flatten()).reshape(input.shape)


@op("Dilation2DBackpropFilter")
def _dilation2d_of_filter(
    input: Any,
    filter: Any,
    out_backprop: Any,
    *,
    strides: Sequence[int],
    rates: Sequence[int],
    padding: str,
) -> Any:
    which = _likeliest(input, filter, strides, rates, padding)[0]
    channels = filter.shape[2]
    place = which * channels + torch.arange(channels, device=which.device)
    found = out_backprop.new_zeros(filter.numel())
    return found.index_add(0, place.flatten(), out_backprop.flatten()).reshape(filter.shape)


# After an image was padded or resized


@op("FusedPadConv2D")
def _pad_conv2d(
    input: Any, paddings: Any, filter: Any, *, mode: str, strides: Sequence[int], padding: str
) -> Any:
    """Of each image. TensorFlow gives what it computes of the first one for all that are in a batch."""
    return tf.nn.conv2d(tf.pad(input, paddings, mode), filter, strides, padding)


@op("FusedResizeAndPadConv2D")
def _resize_pad_conv2d(
    input: Any,
    size: Any,
    paddings: Any,
    filter: Any,
    *,
    resize_align_corners: bool = False,
    mode: str,
    strides: Sequence[int],
    padding: str,
) -> Any:
    images = tf.image.resize_bilinear(input, size, align_corners=resize_align_corners)
    return tf.nn.conv2d(tf.pad(images, paddings, mode), filter, strides, padding)
