"""Rows of a table that a sparse tensor names, combined into one for each row of it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.segments import segment_mean, segment_sum, sparse_segment_sqrt_n
from torchscope._core.ops.sparse.arranging import (
    sparse_fill_empty_rows,
    sparse_reshape,
    sparse_retain,
)
from torchscope._core.ops.sparse.tensor import SparseTensor
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.partitioners import PartitionedVariable
from torchscope.nn.embedding import embedding_lookup

_COMBINERS = ("mean", "sqrtn", "sum")


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """The rows of a table that each row of ids names, combined (tf.nn.embedding_lookup_sparse).

    >>> table = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> ids = SparseTensor([[0, 0], [0, 1], [1, 0]], [2, 0, 1], [2, 2])
    >>> embedding_lookup_sparse(table, ids, None, combiner="sum")
    tensor([[4., 6.],
            [2., 3.]])

    Args:
        params: a table (V, ...), a list of its pieces, or a variable in pieces.
        sp_ids: a SparseTensor of integers, (N, M), in the order of rows; each row but the last ones
            has an id, or gives zeros.
        sp_weights: a SparseTensor with a weight for each id; None for weights of 1.
        partition_strategy: as in `embedding_lookup`.
        name: accepted for TF1 code; it has no effect.
        combiner: 'mean', 'sum' or 'sqrtn', the sum over the root of the sum of the squared weights;
            'mean' by default.
        max_norm: rows of the table with a larger L2 norm are scaled down to it first.
        allow_fast_lookup: accepted for TF1 code; it has no effect.

    Returns:
        The combined rows, (n, ...): as many as the last row that has an id says.

    Raises:
        ValueError: there is no such combiner, or the weights are not as many as the ids; or as
            `embedding_lookup`.
        TypeError: the ids or the weights are not sparse.
    """
    how = "mean" if combiner is None else combiner
    if how not in _COMBINERS:
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}")
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError(
            f"sp_ids must be SparseTensor, got {type(sp_ids)}. tf.sparse.from_dense makes one of a "
            "dense tensor; tf.nn.embedding_lookup takes dense ids."
        )
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError(f"sp_weights must be either None or SparseTensor,got {type(sp_weights)}")
    rows = embedding_lookup(params, sp_ids.values, partition_strategy, max_norm=max_norm)
    segments = sp_ids.indices[:, 0]
    if sp_weights is None:
        if how == "sqrtn":
            return sparse_segment_sqrt_n(rows, torch.arange(len(rows)).to(segments), segments)
        return segment_sum(rows, segments) if how == "sum" else segment_mean(rows, segments)
    if len(sp_weights.values) != len(sp_ids.values):
        raise ValueError(
            f"Shapes {shape_text(sp_ids.values.shape)} and {shape_text(sp_weights.values.shape)} are "
            "not compatible: there is a weight for each id."
        )
    weights = sp_weights.values.to(rows.dtype)
    weights = weights.reshape(-1, *(1,) * (rows.ndim - 1))
    total = segment_sum(rows * weights, segments)
    if how == "sum":
        return total
    if how == "mean":
        return _divided(total, segment_sum(weights, segments))
    return _divided(total, segment_sum(weights.square(), segments).sqrt())


def _divided(rows: Tensor, by: Tensor) -> Tensor:
    """The quotient, and 0 where the divisor is 0."""
    none = by == 0
    return (rows / by.masked_fill(none, 1)).masked_fill(none, 0)


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """The same for ids of any rank, of which some may be none (tf.nn.safe_embedding_lookup_sparse).

    Negative ids do not count, nor, unless combined by 'sum', do those whose weight is not positive.

    >>> table = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> ids = SparseTensor([[0, 0], [1, 0]], [1, -1], [3, 2])
    >>> safe_embedding_lookup_sparse(table, ids)
    tensor([[2., 3.],
            [0., 0.],
            [0., 0.]])

    Args:
        embedding_weights: a table (V, ...), a list of its pieces, or a variable in pieces.
        sparse_ids: a SparseTensor of integers, (..., M).
        sparse_weights: a SparseTensor with a weight for each id; None for weights of 1.
        combiner: as in `embedding_lookup_sparse`.
        default_id: the id of rows without any; they are zeros by default.
        name: accepted for TF1 code; it has no effect.
        partition_strategy: as in `embedding_lookup`.
        max_norm: as in `embedding_lookup_sparse`.
        allow_fast_lookup: accepted for TF1 code; it has no effect.

    Returns:
        The combined rows, (..., *the shape of a row).

    Raises:
        ValueError: there is no table; or as `embedding_lookup_sparse`.
        TypeError: as `embedding_lookup_sparse`.
    """
    pieces = embedding_weights
    if isinstance(pieces, PartitionedVariable):
        pieces = list(pieces)
    if pieces is None or (isinstance(pieces, list) and not pieces):
        raise ValueError(f"Missing embedding_weights {pieces}. It is a table of rows.")
    if not isinstance(sparse_ids, SparseTensor):
        raise TypeError(
            f"sp_ids must be SparseTensor, got {type(sparse_ids)}. tf.sparse.from_dense makes one of "
            "a dense tensor."
        )
    *outer, last = sparse_ids.sizes
    ids = sparse_reshape(sparse_ids, [math.prod(outer), last])
    kept = ids.values >= 0
    weights = None
    if sparse_weights is not None:
        weights = SparseTensor(ids.indices, sparse_weights.values, ids.dense_shape)
        if combiner != "sum":
            kept = kept & (weights.values > 0)
        weights, _ = sparse_fill_empty_rows(sparse_retain(weights, kept), 1.0)
    ids, empty = sparse_fill_empty_rows(sparse_retain(ids, kept), default_id or 0)
    rows = embedding_lookup_sparse(
        pieces, ids, weights, partition_strategy, combiner=combiner, max_norm=max_norm
    )
    if default_id is None:
        rows = torch.where(empty.reshape(-1, *(1,) * (rows.ndim - 1)), 0, rows)
    return rows.reshape(*outer, *rows.shape[1:])
