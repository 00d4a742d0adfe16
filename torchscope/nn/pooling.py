"""The maximum or the mean of each window, with TF1's layouts and padding.

What is padded never counts: it is smaller than any number for the maximum, and the mean is that of
the numbers that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_tensor, check_rank, either, of_dtype, wanted
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope.nn import layouts, windows
from torchscope.nn import padding as pads
from torchscope.nn.windows import Padding, Strides


class _Kind(NamedTuple):
    """The maximum, or the mean: TF1's name, and PyTorch's functions by the number of axes."""

    name: str
    functions: dict[int, Callable[..., Tensor]]


_MAX = _Kind("MaxPool", {2: F.max_pool2d, 3: F.max_pool3d})
_AVG = _Kind("AvgPool", {2: F.avg_pool2d})


def max_pool(
    value: Tensor | None = None,
    ksize: Strides = None,
    strides: Strides = None,
    padding: Padding = None,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Tensor | None = None,
) -> Tensor:
    """The largest number of each window of an image (tf.nn.max_pool).

    >>> image = torch.arange(16.0).reshape(1, 4, 4, 1)
    >>> max_pool(image, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME").flatten()
    tensor([ 5.,  7., 13., 15.])

    Args:
        value: images of any numbers, (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        ksize: the window: one number, two (H, W), or one for each axis of `value`.
        strides: its steps, as `ksize`.
        padding: 'SAME', 'VALID', or a pair of paddings for each axis of `value`.
        data_format: 'NHWC' or 'NCHW'.
        name: accepted for TF1 code; it has no effect.
        input: another name of `value`.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: what is there is not ordered, or there is no padding.
    """
    images = wanted("input", either("value", value, "input", input))
    return _pool(_MAX, images, ksize, strides, padding, data_format, spatial=2)


def max_pool1d(
    input: Tensor,
    ksize: Strides,
    strides: Strides,
    padding: Padding,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """The largest number of each window of a signal (tf.nn.max_pool1d).

    >>> max_pool1d(torch.arange(4.0).reshape(1, 4, 1), 2, 2, "VALID").flatten()
    tensor([1., 3.])

    Args:
        input: signals of any numbers, (N, W, C), or (N, C, W) with data_format='NCW'.
        ksize: the window: one number, or one for each axis of `input`.
        strides: its steps, as `ksize`.
        padding: 'SAME', 'VALID', or a pair of paddings for each axis of `input`.
        data_format: 'NWC' or 'NCW'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: what is there is not ordered, or there is no padding.
    """
    return _pool(_MAX, input, ksize, strides, padding, data_format, spatial=1)


def max_pool2d(
    input: Tensor,
    ksize: Strides,
    strides: Strides,
    padding: Padding,
    data_format: str | None = "NHWC",
    name: str | None = None,
) -> Tensor:
    """`max_pool` with its first argument by the newer name (tf.nn.max_pool2d).

    >>> max_pool2d(torch.ones(1, 4, 4, 1), ksize=3, strides=2, padding="SAME").shape
    torch.Size([1, 2, 2, 1])

    Args:
        input: as `value` there.
        ksize: as there.
        strides: as there.
        padding: as there.
        data_format: 'NHWC' or 'NCHW'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: what is there is not ordered, or there is no padding.
    """
    return _pool(_MAX, input, ksize, strides, padding, data_format, spatial=2)


def max_pool3d(
    input: Tensor,
    ksize: Strides,
    strides: Strides,
    padding: str,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The largest number of each window of a volume (tf.nn.max_pool3d).

    >>> max_pool3d(torch.ones(1, 4, 4, 4, 1), ksize=2, strides=2, padding="SAME").shape
    torch.Size([1, 2, 2, 2, 1])

    Args:
        input: volumes of any numbers, (N, D, H, W, C), or (N, C, D, H, W) with
            data_format='NCDHW'.
        ksize: the window: one number, three (D, H, W), or one for each axis of `input`.
        strides: its steps, as `ksize`.
        padding: 'SAME' or 'VALID'.
        data_format: 'NDHWC' or 'NCDHW'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: what is there is not ordered, or there is no padding.
    """
    return _pool(_MAX, input, ksize, strides, padding, data_format, spatial=3)


def avg_pool(
    value: Tensor | None = None,
    ksize: Strides = None,
    strides: Strides = None,
    padding: str | None = None,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Tensor | None = None,
) -> Tensor:
    """The mean of each window of an image (tf.nn.avg_pool).

    >>> image = torch.arange(9.0).reshape(1, 3, 3, 1)
    >>> avg_pool(image, ksize=2, strides=2, padding="SAME").flatten()
    tensor([2.0000, 3.5000, 6.5000, 8.0000])

    Args:
        value: images, (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        ksize: the window: one number, two (H, W), or one for each axis of `value`.
        strides: its steps, as `ksize`.
        padding: 'SAME' or 'VALID'.
        data_format: 'NHWC' or 'NCHW'.
        name: accepted for TF1 code; it has no effect.
        input: another name of `value`.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: the numbers are not floats, or there is no padding.
    """
    images = wanted("value", either("value", value, "input", input))
    return _pool(_AVG, images, ksize, strides, padding, data_format, spatial=2)


def avg_pool1d(
    input: Tensor,
    ksize: Strides,
    strides: Strides,
    padding: str,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """The mean of each window of a signal (tf.nn.avg_pool1d).

    >>> avg_pool1d(torch.arange(4.0).reshape(1, 4, 1), 2, 2, "VALID").flatten()
    tensor([0.5000, 2.5000])

    Args:
        input: signals, (N, W, C), or (N, C, W) with data_format='NCW'.
        ksize: the window: one number, or one for each axis of `input`.
        strides: its steps, as `ksize`.
        padding: 'SAME' or 'VALID'.
        data_format: 'NWC' or 'NCW'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: the numbers are not floats, or there is no padding.
    """
    return _pool(_AVG, input, ksize, strides, padding, data_format, spatial=1)


def avg_pool2d(
    value: Tensor | None = None,
    ksize: Strides = None,
    strides: Strides = None,
    padding: str | None = None,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Tensor | None = None,
) -> Tensor:
    """The same as `avg_pool` (tf.nn.avg_pool2d).

    >>> avg_pool2d(torch.ones(1, 4, 4, 1), ksize=3, strides=2, padding="SAME").shape
    torch.Size([1, 2, 2, 1])

    Args:
        value: as there.
        ksize: as there.
        strides: as there.
        padding: as there.
        data_format: 'NHWC' or 'NCHW'.
        name: accepted for TF1 code; it has no effect.
        input: another name of `value`.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: the numbers are not floats, or there is no padding.
    """
    return avg_pool(value, ksize, strides, padding, data_format, name, input)


def avg_pool3d(
    input: Tensor,
    ksize: Strides,
    strides: Strides,
    padding: str,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The mean of each window of a volume (tf.nn.avg_pool3d).

    >>> avg_pool3d(torch.ones(1, 4, 4, 4, 1), ksize=2, strides=2, padding="SAME").shape
    torch.Size([1, 2, 2, 2, 1])

    Args:
        input: volumes, (N, D, H, W, C), or (N, C, D, H, W) with data_format='NCDHW'.
        ksize: the window: one number, three (D, H, W), or one for each axis of `input`.
        strides: its steps, as `ksize`.
        padding: 'SAME' or 'VALID'.
        data_format: 'NDHWC' or 'NCDHW'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: the numbers are not floats, or there is no padding.
    """
    return _pool(_AVG, input, ksize, strides, padding, data_format, spatial=3)


def pool(
    input: Tensor,
    window_shape: Sequence[int],
    pooling_type: str,
    padding: str,
    dilation_rate: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Sequence[int] | None = None,
) -> Tensor:
    """The maximum or the mean of each window, over one to three axes (tf.nn.pool).

    >>> signal = torch.arange(6.0).reshape(1, 6, 1)
    >>> pool(signal, [2], "AVG", "VALID", dilation_rate=[3]).flatten()
    tensor([1.5000, 2.5000, 3.5000])

    Args:
        input: (N, spatial axes, C), or (N, C, spatial axes) with a `data_format` of 'NC...'.
        window_shape: the window, a number for each spatial axis.
        pooling_type: 'MAX' or 'AVG'.
        padding: 'SAME' or 'VALID'.
        dilation_rate: the distances of the window's elements, by default 1; with 'VALID', and
            without strides.
        strides: the window's steps, none longer than the window; by default 1.
        name: accepted for TF1 code; it has no effect.
        data_format: 'NWC', 'NHWC' or 'NDHWC', or 'NCW', 'NCHW' or 'NCDHW'.
        dilations: another name of `dilation_rate`.

    Raises:
        ValueError: rank, window, strides, rate, padding or format do not fit.
        TypeError: the numbers are not floats, or there is no padding.
    """
    rate = either("dilation_rate", dilation_rate, "dilations", dilations)
    spatial = len(window_shape)
    if spatial not in layouts.FORMATS:
        raise ValueError(
            f"`len(window_shape)` must be 1, 2, or 3. Received: window_shape={window_shape} of "
            f"length {spatial}"
        )
    input = as_tensor(input)
    if input.ndim != spatial + 2:
        raise ValueError(
            f"Shape {shape_text(input.shape)} must have rank {spatial + 2}: the window_shape is "
            f"{window_shape}."
        )
    steps = _each("strides", strides, spatial)
    gaps = _each("dilation_rate", rate, spatial)
    if max(steps) > 1 and max(gaps) > 1:
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
            f"strides={strides} and dilation_rate={rate}"
        )
    if padding == "SAME" and max(gaps) > 1:
        raise ValueError(
            "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. Received: "
            f"padding={padding} and dilation_rate={rate}"
        )
    if any(step > extent for step, extent in zip(steps, window_shape, strict=True)):
        raise ValueError(
            "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU "
            f"implementations. Received: strides={steps} and window_shape={window_shape}"
        )
    kinds = {"MAX": _MAX, "AVG": _AVG}
    if pooling_type not in kinds:
        raise ValueError(
            f"{spatial}-D {pooling_type} pooling is not supported. The pooling_type is 'MAX' or "
            "'AVG'."
        )
    if max(gaps) > 1 and padding != "VALID":
        raise ValueError(f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}")
    kind = kinds[pooling_type]
    return _pool(kind, input, window_shape, steps, padding, data_format, gaps, spatial=spatial)


def _each(what: str, value: Any, spatial: int) -> list[int]:
    """A positive number for each spatial axis."""
    if value is None:
        return [1] * spatial
    if len(value) != spatial:
        raise ValueError(
            f"`len({what})` should be {spatial}. Received: {what}={value} of length {len(value)}"
        )
    numbers = [int(number) for number in value]
    if min(numbers) < 1:
        raise ValueError(f"all values of `{what}` must be positive. Received: {what}={value}")
    return numbers


def _pool(
    kind: _Kind,
    input: Tensor,
    ksize: Strides,
    strides: Strides,
    padding: Padding,
    data_format: str | None,
    dilations: Strides = 1,
    *,
    spatial: int,
) -> Tensor:
    operation = kind.name + "3D" * (spatial == 3)
    axis = layouts.channels_axis(operation, data_format, spatial)
    input = as_tensor(input)
    check_rank("the input", input, spatial + 2)
    if kind is _AVG:
        of_dtype(input, "value" if spatial < 3 else "input")
    elif input.dtype == torch.bool or input.is_complex():
        raise TypeError(
            f"Value passed to parameter 'input' has DataType {dtype_name(input.dtype)} not in list "
            "of allowed values: floats and integers."
        )
    window = windows.numbers("ksize", ksize, spatial, axis)
    stride = windows.numbers("strides", strides, spatial, axis)
    dilation = windows.numbers("dilations", dilations, spatial, axis)
    last = axis != 1
    shape = input.shape
    size = shape[1:-1] if last else shape[2:]
    explicit = kind is _MAX and spatial < 3
    added = windows.paddings(
        operation, padding, size, window, stride, dilation, axis, explicit=explicit
    )
    if padding != "SAME":
        windows.check_fits(shape, window, size, dilation, added)
    for pair, extent in zip(added, window, strict=True):
        if max(pair) >= extent > 1 or max(pair) > extent:
            raise ValueError(
                f"Padding {max(pair)} needs to be smaller than the window size {extent}: the "
                f"padding is {padding}."
            )
    image = input.permute(*layouts.TO_SECOND[spatial + 2]) if last else input
    if 0 in shape[1:]:
        sizes = map(pads.output_size, size, window, stride, dilation, added)
        output = image.new_empty(shape[0], shape[axis], *sizes)
    elif spatial == 1:
        # As an image of height 1: the functions for one axis would copy channels that are last.
        output = _windows(
            kind, image.unsqueeze(2), (1, *window), (1, *stride), [(0, 0), *added], (1, *dilation)
        ).squeeze(2)
    else:
        output = _windows(kind, image, window, stride, added, dilation)
    return output.permute(*layouts.TO_LAST[spatial + 2]) if last else output


def _windows(
    kind: _Kind,
    image: Tensor,
    window: Sequence[int],
    stride: Sequence[int],
    added: Sequence[pads.Pads],
    dilation: Sequence[int],
) -> Tensor:
    """Pools without a copy: a side that needs more padding than the other gets it in other ways.

    Where the window steps further than one, PyTorch's ceil_mode lets the last window reach beyond
    the end. Where it steps by one, both sides get the larger padding, and the windows that begin
    too early are left out. So are those at the end that ceil_mode adds where it is not asked to.
    """
    if kind is _AVG and max(dilation) > 1:
        return _dilated_mean(image, window, dilation)
    if kind is _AVG and image.ndim == 5:
        return _mean_of_volumes(image, window, stride, added)
    function = kind.functions[image.ndim - 2]
    both, early, ceil = [], [], False
    for (before, after), extent, step in zip(added, window, stride, strict=True):
        more = after - before
        if more == 0:
            shared = before
        elif more == 1 and step == 1:
            shared = after
        elif more == 1:
            shared, ceil = before, True
        else:
            shared = -1
        both.append(shared)
        early.append(shared - before)
        if shared < 0 or shared > extent // 2:
            # PyTorch pads by no more than half a window: only explicit paddings ask for that.
            return _padded(function, image, window, stride, added, dilation)
    if kind is _MAX:
        output = function(image, window, stride, both, dilation, ceil)
    else:
        output = function(image, window, stride, both, ceil, count_include_pad=False)
    sizes = map(pads.output_size, image.shape[2:], window, stride, dilation, added)
    for axis, (first, size) in enumerate(zip(early, sizes, strict=True), 2):
        if output.shape[axis] != size:
            output = output.narrow(axis, first, size)
    return output


def _padded(
    function: Callable[..., Tensor],
    image: Tensor,
    window: Sequence[int],
    stride: Sequence[int],
    added: Sequence[pads.Pads],
    dilation: Sequence[int],
) -> Tensor:
    """The maximum of each window of an image that is padded with the smallest number there is."""
    dtype = image.dtype
    least = -torch.inf if dtype.is_floating_point else torch.iinfo(dtype).min
    sides = [side for pair in reversed(added) for side in pair]
    return function(F.pad(image, sides, value=least), window, stride, 0, dilation)


def _mean_of_volumes(
    image: Tensor, window: Sequence[int], stride: Sequence[int], added: Sequence[pads.Pads]
) -> Tensor:
    """The mean of each window of a volume.

    Separately along the last two axes and the first, as images: PyTorch's own function for volumes
    knows no half precision on a CPU, no window that is larger than the volume, and no memory format
    in which channels are last.
    """
    batch, channels, depth, height, width = image.shape
    slices = image.movedim(2, 1).reshape(batch * depth, channels, height, width)
    means = _windows(_AVG, slices, window[1:], stride[1:], added[1:], (1, 1))
    height, width = means.shape[2:]
    # (N, D, C, H, W) to images of D by H * W.
    means = means.reshape(batch, depth, channels, height * width).movedim(1, 2)
    means = _windows(_AVG, means, (window[0], 1), (stride[0], 1), (added[0], (0, 0)), (1, 1))
    return means.reshape(batch, channels, means.shape[2], height, width)


def _dilated_mean(image: Tensor, window: Sequence[int], dilation: Sequence[int]) -> Tensor:
    """The mean of each window with gaps, an axis at a time: PyTorch has no function for it."""
    for axis, (extent, gap) in enumerate(zip(window, dilation, strict=True), 2):
        length = image.shape[axis] - (extent - 1) * gap
        shifted = [image.narrow(axis, i * gap, length) for i in range(extent)]
        image = sum(shifted[1:], shifted[0]) / extent
    return image
