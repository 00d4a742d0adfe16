"""Greyscale morphology: the largest sum of a window and a kernel, and what the two get of a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op
from torchscope.nn import padding as pads
from torchscope.nn import windows


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
