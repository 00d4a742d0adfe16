"""Convolutions with TF1's layouts: channels last or second, kernels of (spatial axes, in, out)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    as_tensor,
    check_same_dtype,
    either,
    of_dtype,
    operands,
    wanted,
)
from torchscope._core.store.variables import ParameterVariable
from torchscope._core.values.conversion import chooses_dtypes, dtype_name, shape_text
from torchscope.nn import layouts, windows
from torchscope.nn import padding as pads
from torchscope.nn.windows import Padding, Strides

# By the number of spatial axes. One axis is taken for an image of height 1, as TF1 does.
_CONVOLUTIONS: dict[int, tuple[str, Callable[..., Tensor]]] = {
    2: ("Conv2D", F.conv2d),
    3: ("Conv3D", F.conv3d),
}

# How a kernel lies in memory so that convolutions read it fastest: out, spatial axes, in.
_OUT_FIRST = {3: (2, 0, 1), 4: (3, 0, 1, 2), 5: (4, 0, 1, 2, 3)}


def conv1d(
    value: Tensor | None = None,
    filters: Tensor | None = None,
    stride: Strides = None,
    padding: str | None = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Tensor | None = None,
    dilations: Strides = None,
) -> Tensor:
    """A 1-D convolution, with TF1's layouts and padding (tf.nn.conv1d).

    >>> signal, kernel = torch.ones(1, 10, 3), torch.ones(5, 3, 8)
    >>> conv1d(signal, kernel, stride=2, padding="SAME").shape
    torch.Size([1, 5, 8])

    Args:
        value: signals, (N, W, C), or (N, C, W) with data_format='NCW'.
        filters: the kernel, (W, C / groups, O) in either format.
        stride: one number, or one for each axis of `value`; 1 by default.
        padding: 'SAME' or 'VALID'.
        use_cudnn_on_gpu: accepted for TF1 code; it has no effect.
        data_format: 'NWC' or 'NCW'.
        name: accepted for TF1 code; it has no effect.
        input: another name of `value`.
        dilations: as `stride`.

    Returns:
        The filtered signals in the layout of `value`, with O channels.

    Raises:
        ValueError: ranks, channels, strides, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    signal = wanted("value", either("value", value, "input", input))
    return convolve(
        signal, wanted("filters", filters), None, stride, padding, data_format, dilations, 1
    )


def conv2d(
    input: Tensor,
    filter: Tensor | None = None,
    strides: Strides = None,
    padding: Padding = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Strides = 1,
    name: str | None = None,
    filters: Tensor | None = None,
) -> Tensor:
    """A 2-D convolution, with TF1's layouts and padding (tf.nn.conv2d).

    >>> image, kernel = torch.ones(1, 10, 10, 3), torch.ones(5, 5, 3, 8)
    >>> conv2d(image, kernel, strides=[1, 2, 2, 1], padding="SAME").shape
    torch.Size([1, 5, 5, 8])

    Args:
        input: images, (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        filter: the kernel, (H, W, C / groups, O) in either format. A variable of torchscope is laid
            out in memory once, so that no step has to transpose it.
        strides: one number, two (H, W), or one for each axis of `input`; 1 by default.
        padding: 'SAME', 'VALID', or a pair of paddings for each axis of `input`.
        use_cudnn_on_gpu: accepted for TF1 code; it has no effect.
        data_format: 'NHWC' or 'NCHW'.
        dilations: as `strides`.
        name: accepted for TF1 code; it has no effect.
        filters: another name of `filter`.

    Returns:
        The filtered images in the layout of `input`, with O channels.

    Raises:
        ValueError: ranks, channels, strides, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    kernel = wanted("filter", either("filter", filter, "filters", filters))
    return convolve(input, kernel, None, strides, padding, data_format, dilations)


def conv3d(
    input: Tensor,
    filter: Tensor | None = None,
    strides: Strides = None,
    padding: str | None = None,
    data_format: str | None = "NDHWC",
    dilations: Strides = 1,
    name: str | None = None,
    filters: Tensor | None = None,
) -> Tensor:
    """A 3-D convolution, with TF1's layouts and padding (tf.nn.conv3d).

    >>> volume, kernel = torch.ones(1, 4, 10, 10, 3), torch.ones(3, 3, 3, 3, 8)
    >>> conv3d(volume, kernel, strides=[1, 1, 2, 2, 1], padding="SAME").shape
    torch.Size([1, 4, 5, 5, 8])

    Args:
        input: volumes, (N, D, H, W, C), or (N, C, D, H, W) with data_format='NCDHW'.
        filter: the kernel, (D, H, W, C / groups, O) in either format.
        strides: one number, three (D, H, W), or one for each axis of `input`; 1 by default.
        padding: 'SAME' or 'VALID'.
        data_format: 'NDHWC' or 'NCDHW'.
        dilations: as `strides`.
        name: accepted for TF1 code; it has no effect.
        filters: another name of `filter`.

    Returns:
        The filtered volumes in the layout of `input`, with O channels.

    Raises:
        ValueError: ranks, channels, strides, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    kernel = wanted("filter", either("filter", filter, "filters", filters))
    return convolve(input, kernel, None, strides, padding, data_format, dilations, 3)


def convolution(
    input: Tensor,
    filter: Tensor | None = None,
    padding: Padding = None,
    strides: Strides = None,
    dilation_rate: Strides = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Tensor | None = None,
    dilations: Strides = None,
) -> Tensor:
    """A convolution over as many axes as the kernel has, one to three (tf.nn.convolution).

    >>> image, kernel = torch.ones(1, 10, 10, 3), torch.ones(3, 3, 3, 8)
    >>> convolution(image, kernel, "VALID", dilation_rate=[2, 2]).shape
    torch.Size([1, 6, 6, 8])

    Args:
        input: (N, spatial axes, C), or (N, C, spatial axes) with a `data_format` of 'NC...'.
        filter: the kernel, (spatial axes, C / groups, O) in either format.
        padding: 'SAME', 'VALID', or for images a pair of paddings for each axis of `input`.
        strides: one number, or one for each spatial axis; 1 by default.
        dilation_rate: as `strides`; one of the two must be 1.
        name: accepted for TF1 code; it has no effect.
        data_format: 'NWC', 'NHWC' or 'NDHWC', or 'NCW', 'NCHW' or 'NCDHW'.
        filters: another name of `filter`.
        dilations: another name of `dilation_rate`.

    Returns:
        The filtered input in its own layout, with O channels.

    Raises:
        ValueError: ranks, channels, strides, padding or format do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    kernel = as_tensor(wanted("filter", either("filter", filter, "filters", filters)), input)
    input = as_tensor(input, kernel)
    rate = either("dilation_rate", dilation_rate, "dilations", dilations)
    spatial = kernel.ndim - 2
    if spatial not in layouts.FORMATS:
        raise ValueError(
            f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={spatial}. The "
            f"filter has shape {shape_text(kernel.shape)}{_named(kernel)}."
        )
    second = data_format is not None and data_format.startswith("NC")
    axis = 1 if second else spatial + 1
    if rate is not None:
        _check_rate(rate, strides, spatial, axis)
    return convolve(input, kernel, None, strides, padding, data_format, rate, spatial)


def _check_rate(rate: Any, strides: Strides, spatial: int, axis: int) -> None:
    """Refuses dilation rates that are not positive, or that come with strides."""
    each = list(rate) if hasattr(rate, "__len__") else [rate]
    if any(number < 1 for number in each if not isinstance(number, str)):
        raise ValueError(
            f"all values of `dilation_rate` must be positive. Received: dilation_rate={rate}"
        )
    stride = windows.numbers("strides", strides, spatial, axis)
    if max(windows.numbers("dilations", rate, spatial, axis)) > 1 and max(stride) > 1:
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
            f"strides={strides} and dilation_rate={rate}"
        )


def atrous_conv2d(
    value: Tensor,
    filters: Tensor,
    rate: int | Sequence[int],
    padding: Padding,
    name: str | None = None,
) -> Tensor:
    """A 2-D convolution with holes in its kernel (tf.nn.atrous_conv2d).

    >>> atrous_conv2d(torch.ones(1, 10, 10, 3), torch.ones(3, 3, 3, 8), 2, "VALID").shape
    torch.Size([1, 6, 6, 8])

    Args:
        value: images, (N, H, W, C).
        filters: the kernel, (H, W, C / groups, O).
        rate: the distance of the kernel's elements, one number or two (H, W).
        padding: 'SAME', 'VALID', or a pair of paddings for each axis of `value`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: ranks, channels, rate or padding do not fit.
        TypeError: the dtypes differ or are not floats, or there is no padding.
    """
    return convolution(value, filters, padding, dilation_rate=rate)


def convolve(
    input: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Strides,
    padding: Padding,
    data_format: str | None = None,
    dilations: Strides = 1,
    spatial: int = 2,
) -> Tensor:
    """``bias_add(conv2d(input, kernel, ...), bias)``, in one operation where the bias fits.

    The same for one spatial axis or three.
    """
    if spatial == 1:
        return _convolve_lines(input, kernel, bias, strides, padding, data_format, dilations)
    operation = _CONVOLUTIONS[spatial][0]
    if not (isinstance(input, Tensor) and isinstance(kernel, Tensor)):
        input, kernel = operands(operation, input=input, filter=kernel)
    shape, kernel_shape = input.shape, kernel.shape
    strides = tuple(strides) if type(strides) is list else strides
    how = strides, padding, data_format, dilations, spatial
    try:
        # What is recorded has other numbers than integers.
        known = (
            len(shape) > 0 and type(shape[0]) is int and not torch.compiler.is_dynamo_compiling()
        )
        filtering = (_kept if known else _filtering)(shape, kernel_shape, "", *how)
    except (TypeError, ValueError):
        # What cannot be kept; or what is refused, and then told by the kernel's name.
        layouts.channels_axis(operation, data_format, spatial)
        _check_ranks(shape, kernel_shape, spatial)
        _check_dtypes(operation, input, kernel)
        filtering = _filtering(shape, kernel_shape, _named(kernel), *how)
    return filtering(input, kernel, bias)


class Filtering(NamedTuple):
    """How kernels of one shape go over inputs of one shape: what `convolve` works out.

    Attributes:
        spatial: the number of spatial axes, two or three.
        last: whether the channels are last.
        stride: the steps of the kernel.
        dilation: the distances of its elements.
        groups: into how many the channels are divided.
        padding: what PyTorch's function adds on both sides of each spatial axis.
        sides: what is added before, as F.pad takes it; None for nothing.
    """

    spatial: int
    last: bool
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    padding: list[int]
    sides: list[int] | None

    def __call__(self, input: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """The input filtered, of the shapes that this is for; and a bias added."""
        spatial, last, stride, dilation, groups, padding, sides = self
        _check_dtypes(_CONVOLUTIONS[spatial][0], input, kernel)
        rank = spatial + 2
        fused = None
        if bias is not None and bias.shape == kernel.shape[-1:] and bias.dtype == kernel.dtype:
            fused = bias
        layouts.lay_out(kernel, _OUT_FIRST[rank])
        image = input.permute(layouts.TO_SECOND[rank]) if last else input
        weight = layouts.as_weight(kernel)
        if sides is not None:
            image = F.pad(image, sides)
        function = _CONVOLUTIONS[spatial][1]
        output = function(image, weight, fused, stride, padding, dilation, groups)
        if last:
            output = output.permute(layouts.TO_LAST[rank])
        if bias is None or bias is fused:
            return output
        return bias_add(output, bias, None if last else "NCHW")


def _filtering(
    shape: torch.Size,
    kernel_shape: torch.Size,
    named: str,
    strides: Strides,
    padding: Padding,
    data_format: str | None,
    dilations: Strides,
    spatial: int,
) -> Filtering:
    operation = _CONVOLUTIONS[spatial][0]
    axis = layouts.channels_axis(operation, data_format, spatial)
    groups = _groups(shape, kernel_shape, named, axis, spatial)
    stride = windows.numbers("strides", strides, spatial, axis)
    dilation = windows.numbers("dilations", dilations, spatial, axis)
    last = axis != 1
    size = shape[1:-1] if last else shape[2:]
    added: Sequence[pads.Pads]
    if padding == "SAME" and 0 not in size and 0 not in kernel_shape:
        added = list(map(pads.same, size, kernel_shape, stride, dilation))
    else:
        added = windows.paddings(
            operation, padding, size, kernel_shape, stride, dilation, axis, explicit=spatial == 2
        )
        windows.check_fits(shape, kernel_shape[:-2], size, dilation, added)
    apart = spatial == 3 and windows.overruns(size[0], kernel_shape[0], stride[0], added[0])
    sides, both = windows.uneven(added, apart=apart)
    return Filtering(spatial, last, stride, dilation, groups, both, sides)


# A net has few shapes, and asks of each on every step.
_kept = lru_cache(1024)(_filtering)


def _convolve_lines(
    input: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Strides,
    padding: Padding,
    data_format: str | None,
    dilations: Strides,
) -> Tensor:
    """A convolution of images of height 1; F.conv1d would copy signals whose channels are last."""
    axis = layouts.channels_axis_of_lines(data_format)
    if isinstance(padding, (list, tuple)):
        raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")
    input, kernel = as_tensor(input, kernel), as_tensor(kernel, input)
    for what, tensor in (("input", input), ("filter", kernel)):
        if tensor.ndim != 3:
            # TF1 counts the axis that is about to be added.
            raise ValueError(
                f"Shape must be rank 4 but is rank {tensor.ndim + 1}: conv1d got an {what} of "
                f"shape {shape_text(tensor.shape)}, whose rank is not 3."
            )
    layouts.lay_out(kernel, _OUT_FIRST[3])
    height = 1 if axis == 2 else 2
    output = convolve(
        input.unsqueeze(height),
        kernel.unsqueeze(0),
        bias,
        (1, *windows.numbers("stride", strides, 1, axis)),
        padding,
        "NHWC" if axis == 2 else "NCHW",
        (1, *windows.numbers("dilations", dilations, 1, axis)),
    )
    return output.squeeze(height)


def _check_ranks(shape: Sequence[int], kernel_shape: Sequence[int], spatial: int) -> None:
    rank = spatial + 2
    for each in (shape, kernel_shape):
        if len(each) != rank:
            raise ValueError(
                f"Shape must be rank {rank} but is rank {len(each)}: conv{rank - 2}d got an input "
                f"of shape {shape_text(shape)} and a filter of shape {shape_text(kernel_shape)}."
            )


def _groups(
    shape: Sequence[int],
    kernel_shape: Sequence[int],
    named: str,
    channels_axis: int,
    spatial: int,
) -> int:
    """The number of groups that the channels of input and kernel imply; `named` tells of the kernel."""
    _check_ranks(shape, kernel_shape, spatial)
    channels, depth, outputs = shape[channels_axis], kernel_shape[-2], kernel_shape[-1]
    if depth == 0:
        raise ValueError(
            f"Depth of filter must not be 0: it has shape {shape_text(kernel_shape)}"
            f"{named}. Its last two axes are (in, out)."
        )
    if channels == 0:
        raise ValueError(
            f"Number of groups must not be 0: the input of shape {shape_text(shape)} has no "
            "channels."
        )
    if channels % depth:
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({depth}): "
            f"the input has shape {shape_text(shape)}, the filter "
            f"{shape_text(kernel_shape)}{named}. A kernel's last two axes are (in, out)."
        )
    groups: int = channels // depth
    if outputs % groups:
        raise ValueError(
            f"Depth of output ({outputs}) is not a multiple of the number of groups ({groups}): "
            f"the input has shape {shape_text(shape)}, the filter "
            f"{shape_text(kernel_shape)}{named}."
        )
    return groups


def _check_dtypes(operation: str, input: Tensor, kernel: Tensor) -> None:
    if input.dtype != kernel.dtype or not input.is_floating_point():
        of_dtype(input, "input")
        check_same_dtype(operation, "input", input, "filter", kernel)


def _named(kernel: Tensor) -> str:
    return f" ({kernel.name})" if isinstance(kernel, ParameterVariable) else ""


def bias_add(
    value: Tensor, bias: Tensor, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """Adds a bias to each channel (tf.nn.bias_add).

    >>> bias_add(torch.zeros(1, 2), torch.tensor([1.0, 2.0]))
    tensor([[1., 2.]])

    Args:
        value: a tensor of rank 2 or more, of 3 or more where the channels are second.
        bias: as many numbers as there are channels, (C,).
        data_format: where the channels are: last ('NHWC', the default), or second ('NCHW').
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the ranks, the numbers of channels or the dtypes do not fit.
    """
    second = data_format is not None and data_format.startswith("NC")
    if not (second or data_format is None or (data_format[:1] == "N" and data_format[-1] == "C")):
        raise ValueError(
            "`data_format` must be of the form `N...C` or `NC...`. "
            f"Received: data_format={data_format}"
        )
    value = as_tensor(value, bias)
    bias = as_tensor(bias, value, value.dtype)
    if bias.dtype != value.dtype and not chooses_dtypes(value.device):
        raise ValueError(
            f"bias: Tensor conversion requested dtype {dtype_name(value.dtype)} for Tensor with "
            f"dtype {dtype_name(bias.dtype)}: the bias has shape {shape_text(bias.shape)}."
        )
    if bias.ndim != 1:
        raise ValueError(
            f"Shape must be rank 1 but is rank {bias.ndim}: the bias has shape "
            f"{shape_text(bias.shape)}."
        )
    least = 3 if second else 2
    if value.ndim < least:
        raise ValueError(
            f"Shape must be at least rank {least} but is rank {value.ndim}: the value has shape "
            f"{shape_text(value.shape)}."
        )
    channels = value.shape[1 if second else -1]
    if channels != bias.shape[0]:
        raise ValueError(
            f"Dimensions must be equal, but are {channels} and {bias.shape[0]}: the value has "
            f"shape {shape_text(value.shape)}, the bias {shape_text(bias.shape)}."
        )
    if bias.dtype != value.dtype:
        # Under autocast, where a sum would be of the wider dtype and nn.Conv2d's is not.
        bias = bias.to(value.dtype)
    if not second:
        return value + bias
    return value + bias.reshape(-1, *(1,) * (value.ndim - 2))
