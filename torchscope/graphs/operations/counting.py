"""How many of what there is: counts of integers, and of numbers between bounds."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op


@op("Bincount")
def _bincount(arr: Any, size: Any, weights: Any) -> Any:
    values = tf.convert_to_tensor(arr).reshape(1, -1)
    weights = tf.convert_to_tensor(weights)
    return _counted(values, int(size), weights.reshape(1, -1), binary=False)[0]


@op("DenseBincount")
def _dense_bincount(input: Any, size: Any, weights: Any, *, binary_output: bool = False) -> Any:
    values, weights = tf.convert_to_tensor(input), tf.convert_to_tensor(weights)
    if values.ndim == 2:
        return _counted(values, int(size), weights, binary=binary_output)
    return _counted(values[None], int(size), weights.reshape(1, -1), binary=binary_output)[0]


@op("SparseBincount")
def _sparse_bincount(
    indices: Any,
    values: Any,
    dense_shape: Any,
    size: Any,
    weights: Any,
    *,
    binary_output: bool = False,
) -> Any:
    values, weights = tf.convert_to_tensor(values), tf.convert_to_tensor(weights)
    shape, count = [int(each) for each in dense_shape], int(size)
    if len(shape) == 1:
        return _counted(values[None], count, weights.reshape(1, -1), binary=binary_output)[0]
    rows = tf.convert_to_tensor(indices)[:, 0]
    return _of_rows(rows, values, shape[0], count, weights, binary=binary_output)


@op("RaggedBincount")
def _ragged_bincount(
    splits: Any, values: Any, size: Any, weights: Any, *, binary_output: bool = False
) -> Any:
    splits, values = tf.convert_to_tensor(splits), tf.convert_to_tensor(values)
    places = torch.arange(values.shape[0], device=values.device)
    rows = torch.searchsorted(splits.long(), places, right=True) - 1
    weights = tf.convert_to_tensor(weights)
    return _of_rows(rows, values, splits.shape[0] - 1, int(size), weights, binary=binary_output)


def _of_rows(
    rows: Tensor, values: Tensor, height: int, size: int, weights: Tensor, *, binary: bool
) -> Tensor:
    """The counts of integers that lie in rows of different lengths: as if all were one, of so many times the size."""
    # What is too large is left out.
    places = torch.where(values < size, values + rows.long() * size, height * size)[None]
    found = _counted(places, height * size, weights.reshape(1, -1), binary=binary)
    return found.reshape(height, size)


def _counted(values: Tensor, size: int, weights: Tensor, *, binary: bool) -> Tensor:
    """The counts of each row's integers below a size; without weights, each is one."""
    counted = (
        weights if weights.numel() and not binary else weights.new_ones(()).expand(values.shape)
    )
    # One place more for what is not counted.
    sums = counted.new_zeros(values.shape[0], size + 1)
    places = values.long().clamp(max=size)
    if binary:
        return sums.scatter(1, places, counted)[:, :size]
    return sums.scatter_add(1, places, counted)[:, :size]


@op("HistogramFixedWidth")
def _histogram(values: Any, value_range: Any, nbins: Any, *, dtype: Any = torch.int32) -> Any:
    return tf.histogram_fixed_width(values, value_range, nbins, dtype)


@op("Bucketize")
def _bucketize(input: Any, *, boundaries: list[float]) -> Any:
    values = tf.convert_to_tensor(input)
    bounds = torch.tensor(boundaries, dtype=torch.float32, device=values.device)
    floats = values if values.dtype == torch.float64 else values.to(torch.float32)
    return torch.bucketize(floats, bounds.to(floats.dtype), out_int32=True, right=True)
