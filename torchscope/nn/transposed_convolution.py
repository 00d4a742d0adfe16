"""Transposed convolutions: a convolution's gradient with respect to its input, as TF1 has them.

Its output is an input of that convolution. SAME and a stride leave open how large that was, so it is
said in `output_shape`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    as_tensor,
    check_rank,
    check_same_dtype,
    either,
    numbers_of,
    of_dtype,
    operands,
    wanted,
)
from torchscope._core.values.conversion import shape_text
from torchscope.nn import layouts, windows
from torchscope.nn import padding as pads
from torchscope.nn.windows import Padding, Strides

_OPERATIONS: dict[int, tuple[str, Callable[..., Tensor]]] = {
    2: ("Conv2DBackpropInput", F.conv_transpose2d),
    3: ("Conv3DBackpropInputV2", F.conv_transpose3d),
}

# How a kernel lies in memory so that these read it fastest: in, spatial axes, out.
_IN_FIRST = {4: (3, 0, 1, 2), 5: (4, 0, 1, 2, 3)}


def conv2d_transpose(
    value: Tensor | None = None,
    filter: Tensor | None = None,
    output_shape: Any = None,
    strides: Strides = None,
    padding: Padding = "SAME",
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Tensor | None = None,
    filters: Tensor | None = None,
    dilations: Strides = None,
) -> Tensor:
    """The transpose of a 2-D convolution (tf.nn.conv2d_transpose).

    >>> image, kernel = torch.ones(1, 5, 5, 8), torch.ones(3, 3, 4, 8)
    >>> conv2d_transpose(image, kernel, output_shape=[1, 10, 10, 4], strides=2).shape
    torch.Size([1, 10, 10, 4])

    Args:
        value: images, (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        filter: the kernel, (H, W, O / groups, C) in either format: the kernel of the convolution
            that goes from the output to `value`.
        output_shape: the shape of the output in the layout of `value`, or its two spatial numbers:
            integers, or a tensor of them.
        strides: one number, two (H, W), or one for each axis of `value`; 1 by default.
        padding: 'SAME', 'VALID', or a pair of paddings for each axis of the output.
        data_format: 'NHWC' or 'NCHW'.
        name: accepted for TF1 code; it has no effect.
        input: another name of `value`.
        filters: another name of `filter`.
        dilations: as `strides`.

    Raises:
        ValueError: ranks, channels, strides, padding or format do not fit, or the convolution would
            not make `value` of an input of `output_shape`.
        TypeError: the dtypes differ or are not floats, or `output_shape` does not hold integers.
    """
    image = wanted("value", either("value", value, "input", input))
    kernel = wanted("filter", either("filter", filter, "filters", filters))
    return _transpose(
        image, kernel, output_shape, strides, padding, data_format, dilations, spatial=2
    )


def conv3d_transpose(
    value: Tensor | None = None,
    filter: Tensor | None = None,
    output_shape: Any = None,
    strides: Strides = None,
    padding: str = "SAME",
    data_format: str | None = "NDHWC",
    name: str | None = None,
    input: Tensor | None = None,
    filters: Tensor | None = None,
    dilations: Strides = None,
) -> Tensor:
    """The transpose of a 3-D convolution (tf.nn.conv3d_transpose).

    >>> volume, kernel = torch.ones(1, 2, 5, 5, 8), torch.ones(3, 3, 3, 4, 8)
    >>> conv3d_transpose(volume, kernel, [1, 4, 10, 10, 4], strides=2).shape
    torch.Size([1, 4, 10, 10, 4])

    Args:
        value: volumes, (N, D, H, W, C), or (N, C, D, H, W) with data_format='NCDHW'.
        filter: the kernel, (D, H, W, O / groups, C) in either format.
        output_shape: the shape of the output in the layout of `value`: integers, or a tensor of
            them.
        strides: one number, three (D, H, W), or one for each axis of `value`; 1 by default.
        padding: 'SAME' or 'VALID'.
        data_format: 'NDHWC' or 'NCDHW'.
        name: accepted for TF1 code; it has no effect.
        input: another name of `value`.
        filters: another name of `filter`.
        dilations: as `strides`.

    Raises:
        ValueError: ranks, channels, strides, padding or format do not fit, or the convolution would
            not make `value` of an input of `output_shape`.
        TypeError: the dtypes differ or are not floats, or `output_shape` does not hold integers.
    """
    volume = wanted("value", either("value", value, "input", input))
    kernel = wanted("filter", either("filter", filter, "filters", filters))
    return _transpose(
        volume, kernel, output_shape, strides, padding, data_format, dilations, spatial=3
    )


def atrous_conv2d_transpose(
    value: Tensor,
    filters: Tensor,
    output_shape: Any,
    rate: int,
    padding: str,
    name: str | None = None,
) -> Tensor:
    """The transpose of `atrous_conv2d` (tf.nn.atrous_conv2d_transpose).

    >>> image, kernel = torch.ones(1, 5, 5, 8), torch.ones(3, 3, 4, 8)
    >>> atrous_conv2d_transpose(image, kernel, [1, 9, 9, 4], rate=2, padding="VALID").shape
    torch.Size([1, 9, 9, 4])

    Args:
        value: images, (N, H, W, C).
        filters: the kernel, (H, W, O, C).
        output_shape: the shape of the output, (N, H, W, O).
        rate: the distance of the kernel's elements.
        padding: 'SAME' or 'VALID'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: ranks, channels, rate or padding do not fit, or the convolution would not make
            `value` of an input of `output_shape`.
        TypeError: the dtypes differ or are not floats, or `output_shape` does not hold integers.
    """
    if rate < 1:
        raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
    if padding not in ("SAME", "VALID"):
        raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
    value, filters = as_tensor(value, filters), as_tensor(filters, value)
    return _transpose(value, filters, output_shape, 1, padding, "NHWC", rate, spatial=2)


def _transpose(
    value: Tensor,
    kernel: Tensor,
    output_shape: Any,
    strides: Strides,
    padding: Padding,
    data_format: str | None,
    dilations: Strides,
    *,
    spatial: int,
) -> Tensor:
    operation, function = _OPERATIONS[spatial]
    axis = layouts.channels_axis(operation, data_format, spatial)
    if not (isinstance(value, Tensor) and isinstance(kernel, Tensor)):
        kernel, value = operands(operation, filter=kernel, out_backprop=value)
    check_rank("the value", value, spatial + 2)
    check_rank("the filter", kernel, spatial + 2)
    of_dtype(kernel, "filter")
    check_same_dtype(operation, "filter", kernel, "out_backprop", value)
    stride = windows.numbers("strides", strides, spatial, axis)
    dilation = windows.numbers("dilations", dilations, spatial, axis)
    last = axis != 1
    size = value.shape[1:-1] if last else value.shape[2:]
    target = _sizes(operation, output_shape, value, kernel, axis)
    groups = _groups(operation, target, value, kernel, axis)
    sizes = target[1:-1] if last else target[2:]
    window = kernel.shape[:-2]
    added = windows.paddings(
        operation, padding, sizes, window, stride, dilation, axis, explicit=spatial == 2
    )
    _check_size(operation, target, size, sizes, window, stride, dilation, added)
    layouts.lay_out(kernel, _IN_FIRST[spatial + 2])
    image = value.permute(*layouts.TO_SECOND[spatial + 2]) if last else value
    weight = layouts.as_weight(kernel)
    # PyTorch cuts off as much after an axis as before it, and adds to the end.
    cut = [min(pair) for pair in added]
    if spatial == 3 and windows.overruns(sizes[0], window[0], stride[0], added[0]):
        cut[0] = 0
    end = [
        max(0, before + wanted_size - (length - 1) * step - (extent - 1) * gap - 1 + less)
        for (before, _), wanted_size, length, step, extent, gap, less in zip(
            added, sizes, size, stride, window, dilation, cut, strict=True
        )
    ]
    output = function(image, weight, None, stride, cut, end, groups, dilation)
    # Where more was padded on one side, the rest of what is cut off there is.
    for index, ((before, _), less, length) in enumerate(zip(added, cut, sizes, strict=True)):
        if output.shape[index + 2] != length:
            output = output.narrow(index + 2, before - less, length)
    return output.permute(*layouts.TO_LAST[spatial + 2]) if last else output


def _sizes(
    operation: str, output_shape: Any, value: Tensor, kernel: Tensor, axis: int
) -> list[Any]:
    """The output's shape as integers."""
    given = wanted("input_sizes", output_shape)
    numbers = given.tolist() if isinstance(given, Tensor) else given
    if not isinstance(numbers, Sequence) or isinstance(numbers, str):
        if isinstance(numbers, int):
            raise ValueError(
                f"Shape must be rank 1 but is rank 0: the output_shape is {given!r}. It takes a "
                f"number for each axis of the value {shape_text(value.shape)}."
            )
        numbers = list(numbers) if hasattr(numbers, "__array__") else [numbers]
    try:
        sizes: list[Any] = [
            n if isinstance(n, torch.SymInt) else operator.index(n) for n in numbers
        ]
    except TypeError:
        raise TypeError(
            f"Expected int32 passed to parameter 'input_sizes' of op '{operation}', got "
            f"{given!r} of type '{type(given).__name__}' instead."
        ) from None
    rank = value.ndim
    if len(sizes) == 2 and rank == 4:
        channels = kernel.shape[2]
        sizes = (
            [value.shape[0], *sizes, channels] if axis != 1 else [value.shape[0], channels, *sizes]
        )
    if len(sizes) != rank:
        raise ValueError(
            f"{operation} requires input_sizes to contain {rank} values"
            f"{' or 2 values' if rank == 4 else ''}, but got: {len(sizes)}: the output_shape is "
            f"{shape_text(sizes)}, the value has shape {shape_text(value.shape)}."
        )
    for number in sizes:
        if number < 0:
            raise ValueError(
                f"Dimension {number} must be >= 0: the output_shape is {shape_text(sizes)}."
            )
    return sizes


def _groups(operation: str, target: Sequence[int], value: Tensor, kernel: Tensor, axis: int) -> int:
    """The number of groups that the channels of output and kernel imply."""
    depth, channels = kernel.shape[-2:]
    shapes = (
        f"the value has shape {shape_text(value.shape)}, the filter {shape_text(kernel.shape)}, "
        f"the output_shape is {shape_text(target)}"
    )
    if target[0] != value.shape[0]:
        raise ValueError(
            f"Dimensions must be equal, but are {target[0]} and {value.shape[0]}: {shapes}. Both "
            "have as many elements in a batch."
        )
    if value.shape[axis] != channels:
        raise ValueError(
            f"Dimensions must be equal, but are {value.shape[axis]} and {channels}: {shapes}. A "
            "kernel's last two axes are (out, in)."
        )
    if (
        depth == 0
        or target[axis] % depth
        or target[axis] == 0
        or channels % (target[axis] // depth)
    ):
        raise ValueError(
            f"{operation}: input depth must be evenly divisible by filter depth: {shapes}. A "
            "kernel's last two axes are (out, in)."
        )
    return target[axis] // depth


def _check_size(
    operation: str,
    target: Sequence[int],
    size: Sequence[int],
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    added: Sequence[pads.Pads],
) -> None:
    """Refuses an output of which the convolution would not make the input."""
    windows.check_fits(target, window, sizes, dilations, added)
    fitting = [
        pads.output_size(*axis)
        for axis in zip(sizes, window, strides, dilations, added, strict=True)
    ]
    if fitting != list(size):
        raise ValueError(
            f"{operation}: Size of out_backprop doesn't match computed: a convolution makes "
            f"{shape_text(fitting)} of the spatial axes of output_shape {shape_text(target)}, the "
            f"value has {shape_text(size)}. The strides are {shape_text(strides)}, the kernel is "
            f"{shape_text(window)}."
        )


def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Strides,
    padding: Padding = "SAME",
    data_format: str | None = "NWC",
    dilations: Strides = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of a 1-D convolution (tf.nn.conv1d_transpose).

    >>> conv1d_transpose(torch.ones(1, 5, 8), torch.ones(3, 4, 8), [1, 10, 4], strides=2).shape
    torch.Size([1, 10, 4])

    Args:
        input: (N, W, C), or (N, C, W) with data_format='NCW'.
        filters: the kernel, (W, O, C) in either format.
        output_shape: the shape of the output in the layout of `input`: integers, or a tensor of them.
        strides: one number, or one for each axis of `input`.
        padding: 'SAME' or 'VALID'.
        data_format: 'NWC' or 'NCW'.
        dilations: as `strides`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the format is unknown, or as `conv2d_transpose`.
        TypeError: as `conv2d_transpose`.
    """
    if data_format not in (None, "NWC", "NCW"):
        raise ValueError(
            f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
        )
    first = data_format == "NCW"
    kernel, value = operands("Conv2DBackpropInput", filters=filters, input=input)
    check_rank("the input", value, 3)
    check_rank("the filters", kernel, 3)
    axis = 2 if first else 1
    shape = list(numbers_of(output_shape, "output_shape"))
    both = "NCHW" if first else "NHWC"
    outputs = conv2d_transpose(
        value.unsqueeze(axis),
        kernel.unsqueeze(0),
        [*shape[:axis], 1, *shape[axis:]],
        (1, *windows.numbers("stride", strides, 1, 1 if first else 2)),
        padding,
        both,
        dilations=(1, *windows.numbers("dilations", dilations, 1, 1 if first else 2)),
    )
    return outputs.squeeze(axis)


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Strides,
    padding: Padding = "SAME",
    data_format: str | None = None,
    dilations: Strides = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of a convolution over one to three axes (tf.nn.conv_transpose).

    >>> conv_transpose(torch.ones(1, 5, 8), torch.ones(3, 4, 8), [1, 10, 4], strides=2).shape
    torch.Size([1, 10, 4])

    Args:
        input: (N, spatial axes, C), or as `data_format` says.
        filters: the kernel, (spatial axes, O, C).
        output_shape: the shape of the output; how many spatial axes there are follows from it.
        strides: as in `conv2d_transpose`.
        padding: the same.
        data_format: 'NWC', 'NHWC', 'NDHWC' and so on; channels are last by default.
        dilations: as in `conv2d_transpose`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the output is not of rank 3 to 5, or as `conv2d_transpose`.
        TypeError: as `conv2d_transpose`.
    """
    shape = numbers_of(output_shape, "output_shape")
    if not isinstance(shape, list):
        raise ValueError(
            f"`output_shape` must be a tensor or sized collection. Received: output_shape={output_shape}"
        )
    spatial = len(shape) - 2
    if not 1 <= spatial <= 3:
        raise ValueError(
            f"`output_shape` must be of length 3, 4 or 5. Received: output_shape={output_shape} of "
            f"length {len(shape)}."
        )
    form = data_format or ("NWC", "NHWC", "NDHWC")[spatial - 1]
    if spatial == 1:
        return conv1d_transpose(input, filters, shape, strides, padding, form, dilations)
    function: Callable[..., Tensor] = conv2d_transpose if spatial == 2 else conv3d_transpose
    return function(input, filters, shape, strides, padding, form, dilations=dilations)
