"""The largest number of each window: with its place, or after a kernel was added to it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    as_tensor,
    check_rank,
    check_same_dtype,
    either,
    of_dtype,
    operands,
    wanted,
)
from torchscope._core.values.conversion import as_dtype, dtype_name
from torchscope.nn import layouts, windows
from torchscope.nn import padding as pads


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    Targmax: Any = None,  # noqa: N803 - TF1's name
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> tuple[Tensor, Tensor]:
    """The largest number of each window, and its place (tf.nn.max_pool_with_argmax).

    >>> image = torch.arange(16.0).reshape(1, 4, 4, 1)
    >>> _, places = max_pool_with_argmax(image, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    >>> places.flatten()
    tensor([ 5,  7, 13, 15])

    Args:
        input: images of floats, (N, H, W, C).
        ksize: the window, a number for each axis.
        strides: its steps, the same.
        padding: 'SAME' or 'VALID'.
        data_format: 'NHWC'.
        Targmax: the dtype of the places, int32 or int64; int64 by default.
        name: accepted for TF1 code; it has no effect.
        output_dtype: another name of `Targmax`.
        include_batch_in_index: whether a place is ``((n * H + y) * W + x) * C + c`` rather than
            ``(y * W + x) * C + c``.

    Returns:
        The numbers, and the places where they are.

    Raises:
        ValueError: rank, window, strides, padding or format do not fit.
        TypeError: the numbers are not floats, or the dtype of the places is another.
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other  than 'NHWC' are not supported. Received: "
            f"data_format={data_format}"
        )
    chosen = either("output_dtype", output_dtype, "Targmax", Targmax)
    dtype = torch.int64 if chosen is None else as_dtype(chosen)
    if dtype not in (torch.int32, torch.int64):
        raise TypeError(
            f"Value passed to parameter 'Targmax' has DataType {dtype_name(dtype)} not in list of "
            "allowed values: int32, int64"
        )
    image = of_dtype(as_tensor(wanted("input", input)), "input")
    check_rank("the input", image, 4)
    window, stride = (
        windows.numbers(n, v, 2, 3) for n, v in (("ksize", ksize), ("strides", strides))
    )
    number, height, width, channels = image.shape
    added = windows.paddings(
        "MaxPoolWithArgmax", padding, (height, width), window, stride, (1, 1), 3, explicit=False
    )
    windows.check_fits(image.shape, window, (height, width), (1, 1), added)
    (top, bottom), (left, right) = added
    planes = image.permute(*layouts.TO_SECOND[4])
    planes = F.pad(planes, (left, right, top, bottom), value=-torch.inf)
    found, flat = F.max_pool2d(planes, window, stride, return_indices=True)
    whole = width + left + right
    place = (flat // whole - top) * width + flat % whole - left
    place = place * channels + torch.arange(channels, device=flat.device)[:, None, None]
    if include_batch_in_index:
        first = torch.arange(number, device=flat.device) * (height * width * channels)
        place = place + first[:, None, None, None]
    return found.permute(*layouts.TO_LAST[4]), place.permute(*layouts.TO_LAST[4]).to(dtype)


def dilation2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The largest number of each window, once a kernel was added to it (tf.nn.dilation2d).

    >>> image = torch.tensor([1.0, 5.0, 2.0]).reshape(1, 1, 3, 1)
    >>> dilation2d(image, torch.zeros(1, 2, 1), [1, 1, 1, 1], [1, 1, 1, 1], "SAME").flatten()
    tensor([5., 5., 2.])

    Args:
        input: images of floats, (N, H, W, C).
        filter: the kernel, (H, W, C).
        strides: the window's steps, a number for each axis.
        rates: the distances of its elements, the same.
        padding: 'SAME' or 'VALID'. What is padded counts nowhere.
        name: accepted for TF1 code; it has no effect.
        filters: another name of `filter`.
        dilations: another name of `rates`.

    Raises:
        ValueError: ranks, channels, strides, rates or padding do not fit.
        TypeError: the dtypes differ or are not floats.
    """
    kernel = wanted("filter", either("filters", filters, "filter", filter))
    image, kernel = operands("Dilation2D", input=input, filter=kernel)
    of_dtype(image, "input")
    check_same_dtype("Dilation2D", "input", image, "filter", kernel)
    check_rank("the input", image, 4)
    check_rank("the filter", kernel, 3)
    channels = image.shape[3]
    if kernel.shape[2] != channels:
        raise ValueError(
            f"Dimensions must be equal, but are {channels} and {kernel.shape[2]}: the input and the "
            "filter have different channels."
        )
    stride = windows.numbers("strides", strides, 2, 3)
    rate = windows.numbers("rates", either("dilations", dilations, "rates", rates), 2, 3)
    size, window = image.shape[1:3], kernel.shape[:2]
    added = windows.paddings("Dilation2D", padding, size, window, stride, rate, 3, explicit=False)
    windows.check_fits(image.shape, window, size, rate, added)
    (top, bottom), (left, right) = added
    padded = F.pad(image, (0, 0, left, right, top, bottom), value=-torch.inf)
    rows, columns = map(pads.output_size, size, window, stride, rate, added)
    seen = [
        padded[
            :,
            y * rate[0] : y * rate[0] + (rows - 1) * stride[0] + 1 : stride[0],
            x * rate[1] : x * rate[1] + (columns - 1) * stride[1] + 1 : stride[1],
        ]
        + kernel[y, x]
        for y in range(window[0])
        for x in range(window[1])
    ]
    # Of equal numbers one alone has the gradient.
    return torch.stack(seen).max(0).values


def erosion2d(
    value: Any, kernel: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Tensor:
    """The smallest number of each window, once a kernel was taken from it (tf.nn.erosion2d).

    >>> image = torch.tensor([1.0, 5.0, 2.0]).reshape(1, 1, 3, 1)
    >>> erosion2d(image, torch.zeros(1, 2, 1), [1, 1, 1, 1], [1, 1, 1, 1], "SAME").flatten()
    tensor([1., 2., 2.])

    Args:
        value: images of floats, (N, H, W, C).
        kernel: (H, W, C).
        strides: as in `dilation2d`.
        rates: the same.
        padding: the same.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError, TypeError: as `dilation2d`.
    """
    image, weights = operands("Dilation2D", value=value, kernel=kernel)
    return -dilation2d(-image, weights.flip([0, 1]), strides, rates, padding)
