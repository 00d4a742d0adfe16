"""Pooling by windows of random sizes, and its gradients.

What is drawn is other than in TensorFlow, whatever the seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope.graphs.operations.table import op

_POOLED = ("output", "row_pooling_sequence", "col_pooling_sequence")


def _sequence(size: int, ratio: float, pseudo_random: bool, like: Tensor) -> Tensor:
    """Where the windows of an axis begin, and where the last one ends."""
    count = math.floor(size / ratio)
    least, more = divmod(size, count)
    device = like.device
    if more and pseudo_random:
        alpha = size / count
        most = min((least + 2) / alpha - 1, (size + 1 - least) / alpha - (count - 1))
        shift = torch.rand((), dtype=torch.float64, device=device) * most
        inner = torch.ceil(alpha * (torch.arange(1, count, device=device) + shift)).long() - 1
        ends = torch.tensor([0, size], device=device)
        return torch.cat([ends[:1], inner, ends[1:]])
    larger = torch.randperm(count, device=device) < more
    return torch.cat([larger.new_zeros(1, dtype=torch.int64), (least + larger.long()).cumsum(0)])


def _ends(sequence: Tensor, size: int, overlapping: bool) -> Tensor:
    """The last place of each window, which belongs to the next one as well where they overlap."""
    return sequence[1:].clamp_max(size - 1) if overlapping else sequence[1:] - 1


def _largest(x: Tensor, axis: int, sequence: Tensor, overlapping: bool) -> tuple[Tensor, Tensor]:
    """The largest numbers of windows along an axis, and the places of the first such."""
    size, count = x.shape[axis], len(sequence) - 1
    # No window that was drawn is longer.
    longest = min(size // count + 3, size)
    places = sequence[:-1, None] + torch.arange(longest, device=x.device)
    inside = places <= _ends(sequence, size, overlapping)[:, None]
    places = places.clamp_max(size - 1)
    shape = [-1, longest, *[1] * (x.ndim - axis - 1)]
    seen = x.index_select(axis, places.flatten())
    seen = seen.reshape(*x.shape[:axis], count, longest, *x.shape[axis + 1 :])
    least = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    found = torch.where(inside.reshape(shape), seen, least).max(axis + 1)
    return found.values, found.indices + sequence[:-1].reshape(shape[:1] + shape[2:])


def largest(x: Tensor, rows: Tensor, columns: Tensor, overlapping: bool) -> Tensor:
    """The largest number of each window of images (N, H, W, C)."""
    narrow, _ = _largest(x, 2, columns, overlapping)
    return _largest(narrow, 1, rows, overlapping)[0]


def _shares(sequence: Tensor, size: int, overlapping: bool, like: Tensor) -> Tensor:
    """What each place of an axis counts in the mean of each window."""
    places = torch.arange(size, device=like.device)
    inside = (places >= sequence[:-1, None]) & (
        places <= _ends(sequence, size, overlapping)[:, None]
    )
    found = inside.to(like.dtype)
    return found / found.sum(1, keepdim=True)


def means(x: Tensor, rows: Tensor, columns: Tensor, overlapping: bool) -> Tensor:
    """The mean of each window of images (N, H, W, C)."""
    wide = x if x.is_floating_point() else x.double()
    of_rows = _shares(rows, x.shape[1], overlapping, wide)
    of_columns = _shares(columns, x.shape[2], overlapping, wide)
    found = torch.einsum("yh,xw,nhwc->nyxc", of_rows, of_columns, wide)
    return found.to(x.dtype)


@op("FractionalMaxPool", outputs=_POOLED, stateful=True)
def _fractional_max_pool(
    value: Any,
    *,
    pooling_ratio: Sequence[float],
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
) -> Any:
    rows, columns = (
        _sequence(value.shape[axis], pooling_ratio[axis], pseudo_random, value) for axis in (1, 2)
    )
    return largest(value, rows, columns, overlapping), rows, columns


@op("FractionalAvgPool", outputs=_POOLED, stateful=True)
def _fractional_avg_pool(
    value: Any,
    *,
    pooling_ratio: Sequence[float],
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
) -> Any:
    rows, columns = (
        _sequence(value.shape[axis], pooling_ratio[axis], pseudo_random, value) for axis in (1, 2)
    )
    return means(value, rows, columns, overlapping), rows, columns


@op("FractionalMaxPoolGrad")
def _fractional_max_pool_grad(
    orig_input: Any,
    orig_output: Any,
    out_backprop: Any,
    row_pooling_sequence: Any,
    col_pooling_sequence: Any,
    *,
    overlapping: bool = False,
) -> Any:
    rows, columns = map(torch.as_tensor, (row_pooling_sequence, col_pooling_sequence))
    x = orig_input.detach()
    narrow, across = _largest(x, 2, columns, overlapping)
    _, down = _largest(narrow, 1, rows, overlapping)
    place = down * x.shape[2] + across.gather(1, down)
    found = out_backprop.new_zeros(len(x), x.shape[1] * x.shape[2], x.shape[3])
    return found.scatter_add(1, place.flatten(1, 2), out_backprop.flatten(1, 2)).reshape(x.shape)


@op("FractionalAvgPoolGrad")
def _fractional_avg_pool_grad(
    orig_input_tensor_shape: Any,
    out_backprop: Any,
    row_pooling_sequence: Any,
    col_pooling_sequence: Any,
    *,
    overlapping: bool = False,
) -> Any:
    _, height, width, _ = (int(each) for each in orig_input_tensor_shape)
    rows, columns = map(torch.as_tensor, (row_pooling_sequence, col_pooling_sequence))
    of_rows = _shares(rows, height, overlapping, out_backprop)
    of_columns = _shares(columns, width, overlapping, out_backprop)
    return torch.einsum("yh,xw,nyxc->nhwc", of_rows, of_columns, out_backprop)
