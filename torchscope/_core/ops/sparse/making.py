"""Sparse tensors made of dense ones, of a diagonal, and of fewer axes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import as_tensor, numbers_of, wanted
from torchscope._core.ops.sizes import Sizes
from torchscope._core.ops.sparse.densifying import sparse_reduce_max, sparse_reduce_sum
from torchscope._core.ops.sparse.tensor import SparseTensor, as_sparse
from torchscope._core.values.conversion import as_dtype


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The numbers of a tensor that are not 0 (tf.sparse.from_dense).

    >>> from_dense([[0.0, 5.0], [7.0, 0.0]])
    SparseTensor(indices=tensor([[0, 1],
            [1, 0]]), values=tensor([5., 7.]), dense_shape=Sizes([2, 2]))

    Args:
        tensor: a dense tensor of rank 1 or more.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is a single number.
    """
    dense = as_tensor(wanted("tensor", tensor))
    if not dense.ndim:
        raise ValueError("WhereOp : Unhandled input dimensions: 0. A vector at least is needed.")
    indices = dense.nonzero()
    return SparseTensor(indices, dense[indices.unbind(1)], dense.shape)


def eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = torch.float32, name: str | None = None
) -> SparseTensor:
    """A sparse matrix with ones on its diagonal (tf.sparse.eye).

    >>> eye(2, 3).indices
    tensor([[0, 0],
            [1, 1]])

    Args:
        num_rows: its height.
        num_columns: its width; the same by default.
        dtype: that of its values.
        name: accepted for TF1 code; it has no effect.
    """
    height = numbers_of(num_rows, "num_rows")
    width = height if num_columns is None else numbers_of(num_columns, "num_columns")
    device = device_of_the_net()
    steps = torch.arange(min(height, width), device=device)
    ones = torch.ones(min(height, width), dtype=as_dtype(dtype), device=device)
    return SparseTensor(steps.unsqueeze(1).expand(-1, 2), ones, [height, width])


def sparse_reduce_sum_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> SparseTensor:
    """The sum over some axes, as a sparse tensor (tf.sparse_reduce_sum_sparse).

    >>> sparse_reduce_sum_sparse(SparseTensor([[0, 1], [2, 2]], [5.0, 7.0], [3, 3]), 1).indices
    tensor([[0],
            [2]])

    Args:
        sp_input: as in `sparse_reduce_sum`, as all others.
        axis: see there.
        keepdims: see there.
        reduction_axes: see there.
        keep_dims: see there.

    Returns:
        It has values where there were some.
    """
    total = sparse_reduce_sum(sp_input, axis, keepdims, reduction_axes, keep_dims)
    return _where_there_were(sp_input, total, (axis, keepdims, reduction_axes, keep_dims))


def sparse_reduce_max_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> SparseTensor:
    """The largest over some axes, as a sparse tensor (tf.sparse_reduce_max_sparse).

    >>> sparse_reduce_max_sparse(SparseTensor([[0, 1], [2, 2]], [5.0, 7.0], [3, 3]), 1).values
    tensor([5., 7.])

    Args:
        sp_input: as in `sparse_reduce_max`, as all others.
        axis: see there.
        keepdims: see there.
        reduction_axes: see there.
        keep_dims: see there.

    Returns:
        It has values where there were some.
    """
    largest = sparse_reduce_max(sp_input, axis, keepdims, reduction_axes, keep_dims)
    return _where_there_were(sp_input, largest, (axis, keepdims, reduction_axes, keep_dims))


def _where_there_were(sp_input: Any, dense: Tensor, how: tuple[Any, ...]) -> SparseTensor:
    sparse = as_sparse(sp_input)
    ones = sparse.with_values(torch.ones_like(sparse.values, dtype=torch.int32))
    indices = sparse_reduce_sum(ones, *how).nonzero()
    values = dense[indices.unbind(1)] if dense.ndim else dense.expand(len(indices))
    return SparseTensor(indices, values, Sizes(dense.shape, torch.int64))
