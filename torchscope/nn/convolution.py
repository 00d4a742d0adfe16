"""Convolution with TF1's layouts: NHWC or NCHW inputs, HWIO kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

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
    data_format: str = "NHWC",
    dilations: int | Sequence[int] = 1,
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
    kernel = filters if filter is None else filter
    if kernel is None:
        raise ValueError(
            "Tried to convert 'filter' to a tensor and failed. Error: None values not supported."
        )
    if data_format not in _FORMATS:
        raise ValueError(
            f"Attr 'data_format' of 'Conv2D' Op passed string '{data_format}' not in: "
            '"NHWC", "NCHW".'
        )
    last = data_format == "NHWC"
    channels_axis = 3 if last else 1
    groups = _check_shapes(input, kernel, channels_axis)
    stride = _spatial("strides", 1 if strides is None else strides, channels_axis)
    dilation = _spatial("dilations", dilations, channels_axis)
    height_axis = 1 if last else 2
    size = (input.shape[height_axis], input.shape[height_axis + 1])
    window = (kernel.shape[0], kernel.shape[1])
    around = _paddings(padding, size, window, stride, dilation, channels_axis)
    for axis in (0, 1):
        if (
            pads.output_size(size[axis], window[axis], stride[axis], dilation[axis], around[axis])
            < 1
        ):
            raise ValueError(
                f"Negative dimension size caused by subtracting {window[axis]} from {size[axis]}: "
                f"the kernel {shape_text(kernel.shape)} does not fit into the input "
                f"{shape_text(input.shape)}."
            )
    _lay_out(kernel)
    # permute rather than einops: this runs on every step, and einops would add microseconds.
    image = input.permute(0, 3, 1, 2) if last else input
    weight = kernel.permute(3, 2, 0, 1)
    (top, bottom), (left, right) = around
    if top == bottom and left == right:
        output = F.conv2d(image, weight, None, stride, (top, left), dilation, groups)
    else:
        image = F.pad(image, (left, right, top, bottom))
        output = F.conv2d(image, weight, None, stride, 0, dilation, groups)
    return output.permute(0, 2, 3, 1) if last else output


def _check_shapes(input: Tensor, kernel: Tensor, channels_axis: int) -> int:
    """The number of groups that the channels of input and kernel imply."""
    for tensor in (input, kernel):
        if tensor.ndim != 4:
            raise ValueError(
                f"Shape must be rank 4 but is rank {tensor.ndim}: conv2d got an input of shape "
                f"{shape_text(input.shape)} and a filter of shape {shape_text(kernel.shape)}."
            )
    if input.dtype != kernel.dtype and not torch.is_autocast_enabled(input.device.type):
        raise TypeError(
            f"Input 'filter' of 'Conv2D' Op has type {dtype_name(kernel.dtype)} that does not "
            f"match type {dtype_name(input.dtype)} of argument 'input'."
        )
    channels, depth, outputs = input.shape[channels_axis], kernel.shape[2], kernel.shape[3]
    if depth == 0 or channels % depth:
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({depth}): "
            f"the input has shape {shape_text(input.shape)}, the filter "
            f"{shape_text(kernel.shape)}{_named(kernel)}. A kernel is (height, width, in, out)."
        )
    groups: int = channels // depth
    if groups == 0 or outputs % groups:
        raise ValueError(
            f"Depth of output ({outputs}) is not a multiple of the number of groups ({groups}): "
            f"the input has shape {shape_text(input.shape)}, the filter "
            f"{shape_text(kernel.shape)}{_named(kernel)}."
        )
    return groups


def _named(kernel: Tensor) -> str:
    return f" ({kernel.name})" if isinstance(kernel, ParameterVariable) else ""


def _spatial(what: str, value: int | Sequence[int], channels_axis: int) -> tuple[int, int]:
    """The two spatial numbers of a strides or dilations argument."""
    numbers = [value] if isinstance(value, int) else list(value)
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
    pair = (numbers[0], numbers[-1])
    if min(pair) < 1:
        noun = {"strides": "Stride", "dilations": "Dilation"}[what]
        raise ValueError(f"{noun} must be > 0, but got {min(pair)}")
    return pair


def _paddings(
    padding: str | Sequence[Sequence[int]] | None,
    size: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    channels_axis: int,
) -> list[pads.Pads]:
    if padding is None:
        raise TypeError("Expected string for argument 'padding' not None.")
    if padding == "SAME":
        return [pads.same(size[i], window[i], stride[i], dilation[i]) for i in (0, 1)]
    if padding == "VALID":
        return [(0, 0), (0, 0)]
    if isinstance(padding, str):
        raise ValueError(
            f"Attr 'padding' of 'Conv2D' Op passed string '{padding}' not in: "
            '"SAME", "VALID", "EXPLICIT".'
        )
    return pads.explicit(padding, channels_axis)


def _lay_out(kernel: Any) -> None:
    """Gives a new variable, HWIO in shape, the memory order OHWI, which convolutions read fastest.

    Once, in place, before anything else can have looked at its strides: the registry marks what it
    has just made.
    """
    if torch.compiler.is_compiling() or not hasattr(kernel, "_ts_fresh"):
        return
    del kernel._ts_fresh
    with torch.no_grad():
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
        value: a tensor of rank 2 or more.
        bias: as many numbers as there are channels, (C,).
        data_format: where the channels are: last ('NHWC', the default), or second ('NCHW').
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the ranks or the numbers of channels do not fit.
    """
    if data_format is not None and not data_format.startswith("N"):
        raise ValueError("`data_format` must be of the form `N...C` or `NC...`")
    second = data_format is not None and data_format.startswith("NC")
    if bias.ndim != 1:
        raise ValueError(
            f"Shape must be rank 1 but is rank {bias.ndim}: the bias has shape "
            f"{shape_text(bias.shape)}."
        )
    if value.ndim < 2:
        raise ValueError(
            f"Shape must be at least rank 2 but is rank {value.ndim}: the value has shape "
            f"{shape_text(value.shape)}."
        )
    channels = value.shape[1 if second else -1]
    if channels != bias.shape[0]:
        raise ValueError(
            f"Dimensions must be equal, but are {channels} and {bias.shape[0]}: the value has "
            f"shape {shape_text(value.shape)}, the bias {shape_text(bias.shape)}."
        )
    if not second or value.ndim == 2:
        return value + bias
    return value + bias.reshape(-1, *(1,) * (value.ndim - 2))
