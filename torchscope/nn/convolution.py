"""Convolution with TF1's layouts: NHWC or NCHW inputs, HWIO kernels."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from torchscope import fakes
from torchscope.conversion import dtype_name, shape_text
from torchscope.nn import padding as pads
from torchscope.variables import ParameterVariable

_FORMATS = ("NHWC", "NCHW")


def conv2d(
    input: Tensor,
    filter: Tensor | None = None,
    strides: int | Sequence[int] | None = None,
    padding: str | Sequence[Sequence[int]] | None = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: int | Sequence[int] | None = 1,
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
        TypeError: the dtypes differ, or there is no padding.
    """
    if filter is not None and filters is not None:
        raise ValueError("Cannot specify both 'filter' and 'filters'.")
    kernel = filters if filter is None else filter
    if kernel is None:
        raise ValueError(
            "Tried to convert 'filter' to a tensor and failed. Error: None values not supported."
        )
    return convolve(input, kernel, None, strides, padding, data_format, dilations)


def convolve(
    input: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: int | Sequence[int] | None,
    padding: str | Sequence[Sequence[int]] | None,
    data_format: str | None = "NHWC",
    dilations: int | Sequence[int] | None = 1,
) -> Tensor:
    """``bias_add(conv2d(input, kernel, ...), bias)``, in one operation where the bias fits."""
    data_format = "NHWC" if data_format is None else data_format
    if data_format not in _FORMATS:
        raise ValueError(
            f"Attr 'data_format' of 'Conv2D' Op passed string '{data_format}' not in: "
            '"NHWC", "NCHW".'
        )
    last = data_format == "NHWC"
    channels_axis = 3 if last else 1
    # This runs on every step: what is asked of a tensor is asked once.
    shape, kernel_shape = input.shape, kernel.shape
    groups = _groups(input, kernel, shape, kernel_shape, channels_axis)
    stride = _spatial("strides", strides, channels_axis)
    dilation = _spatial("dilations", dilations, channels_axis)
    size = (shape[1], shape[2]) if last else (shape[2], shape[3])
    (top, bottom), (left, right) = _paddings(
        padding, size, kernel_shape, stride, dilation, channels_axis
    )
    if padding != "SAME" or 0 in size:
        _check_fits(shape, kernel_shape, size, dilation, (top + bottom, left + right))
    fused = None
    if bias is not None and bias.shape == kernel_shape[3:] and bias.dtype == kernel.dtype:
        fused = bias
    _lay_out(kernel)
    # permute rather than einops, which would add microseconds.
    image = input.permute(0, 3, 1, 2) if last else input
    weight = kernel.permute(3, 2, 0, 1)
    if top == bottom and left == right:
        output = F.conv2d(image, weight, fused, stride, (top, left), dilation, groups)
    else:
        image = F.pad(image, (left, right, top, bottom))
        output = F.conv2d(image, weight, fused, stride, 0, dilation, groups)
    if last:
        output = output.permute(0, 2, 3, 1)
    return output if bias is None or bias is fused else bias_add(output, bias, data_format)


def _groups(
    input: Tensor,
    kernel: Tensor,
    shape: Sequence[int],
    kernel_shape: Sequence[int],
    channels_axis: int,
) -> int:
    """The number of groups that the channels of input and kernel imply."""
    for each in (shape, kernel_shape):
        if len(each) != 4:
            raise ValueError(
                f"Shape must be rank 4 but is rank {len(each)}: conv2d got an input of shape "
                f"{shape_text(shape)} and a filter of shape {shape_text(kernel_shape)}."
            )
    if input.dtype != kernel.dtype and not torch.is_autocast_enabled(input.device.type):
        raise TypeError(
            f"Input 'filter' of 'Conv2D' Op has type {dtype_name(kernel.dtype)} that does not "
            f"match type {dtype_name(input.dtype)} of argument 'input'."
        )
    channels, depth, outputs = shape[channels_axis], kernel_shape[2], kernel_shape[3]
    if depth == 0:
        raise ValueError(
            f"Depth of filter must not be 0: it has shape {shape_text(kernel_shape)}"
            f"{_named(kernel)}. A kernel is (height, width, in, out)."
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
            f"{shape_text(kernel_shape)}{_named(kernel)}. A kernel is (height, width, in, out)."
        )
    groups: int = channels // depth
    if outputs % groups:
        raise ValueError(
            f"Depth of output ({outputs}) is not a multiple of the number of groups ({groups}): "
            f"the input has shape {shape_text(shape)}, the filter "
            f"{shape_text(kernel_shape)}{_named(kernel)}."
        )
    return groups


def _named(kernel: Tensor) -> str:
    return f" ({kernel.name})" if isinstance(kernel, ParameterVariable) else ""


def _spatial(what: str, value: int | Sequence[int] | None, channels_axis: int) -> tuple[int, int]:
    """The two spatial numbers of a strides or dilations argument."""
    if type(value) is int and value > 0:
        return value, value
    value = 1 if value is None else value
    numbers = list(value) if isinstance(value, Sized) else [value]
    if len(numbers) not in (1, 2, 4):
        raise ValueError(
            f"{what} should be of length 1, 2 or 4. Received: {what}={value} of length "
            f"{len(numbers)}"
        )
    if len(numbers) == 4:
        if numbers[0] != 1 or numbers[channels_axis] != 1:
            raise ValueError(
                f"Current implementation does not yet support {what} in the batch and depth "
                f"dimensions. Received: {what}={value}"
            )
        numbers = numbers[2:] if channels_axis == 1 else numbers[1:3]
    pair = (_integer(what, numbers[0]), _integer(what, numbers[-1]))
    for number in pair:
        if number < 1:
            rule = "Stride must be > 0" if what == "strides" else "Dilation rate must be >= 1"
            raise ValueError(f"{rule}, but got {number}")
    return pair


def _integer(what: str, number: Any) -> int:
    """An integer as TF1 takes it: numpy's, and floats, which it cuts off."""
    try:
        if isinstance(number, str):
            raise TypeError
        return int(number)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument '{what}' not {number!r}.") from None


def _paddings(
    padding: str | Sequence[Sequence[int]] | None,
    size: Sequence[int],
    window: Sequence[int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    channels_axis: int,
) -> Sequence[pads.Pads]:
    """The zeros before and after each spatial axis."""
    if isinstance(padding, (list, tuple)):
        return pads.explicit(padding, channels_axis)
    if padding == "SAME":
        return (
            pads.same(size[0], window[0], stride[0], dilation[0]),
            pads.same(size[1], window[1], stride[1], dilation[1]),
        )
    if padding == "VALID":
        return (0, 0), (0, 0)
    if padding == "EXPLICIT":
        raise ValueError(
            "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` "
            "must be a list."
        )
    if isinstance(padding, str):
        raise ValueError(
            f"Attr 'padding' of 'Conv2D' Op passed string '{padding}' not in: "
            '"SAME", "VALID", "EXPLICIT".'
        )
    raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")


def _check_fits(
    shape: Sequence[int],
    kernel_shape: Sequence[int],
    size: Sequence[int],
    dilation: tuple[int, int],
    added: tuple[int, int],
) -> None:
    """Refuses a kernel that is larger than the padded input."""
    for axis in (0, 1):
        reach = (kernel_shape[axis] - 1) * dilation[axis] + 1
        padded = size[axis] + added[axis]
        if reach > padded:
            raise ValueError(
                f"Negative dimension size caused by subtracting {reach} from {padded}: the kernel "
                f"{shape_text(kernel_shape)} does not fit into the input {shape_text(shape)}."
            )


def _lay_out(kernel: Any) -> None:
    """Gives a new variable, HWIO in shape, the memory order OHWI, which convolutions read fastest.

    Once, in place, before anything else can have looked at its strides: what has just been made
    is marked as fresh.
    """
    if torch.compiler.is_compiling() or not hasattr(kernel, "_ts_fresh"):
        return
    del kernel._ts_fresh
    with torch.no_grad(), fakes.outside():
        # OIHW in the channels_last memory format is OHWI in memory.
        weight = rearrange(kernel.data, "h w i o -> o i h w")
        weight = weight.contiguous(memory_format=torch.channels_last)
        kernel.data = rearrange(weight, "o i h w -> h w i o")


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
    if bias.dtype != value.dtype and not torch.is_autocast_enabled(value.device.type):
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
