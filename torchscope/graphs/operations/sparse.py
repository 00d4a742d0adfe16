"""Sparse tensors: places, values and a shape, each a tensor of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.table import op

_PARTS = ("output_indices", "output_values", "output_shape")


def _sparse(indices: Any, values: Any, shape: Any) -> Any:
    return tf.SparseTensor(as_tensor(indices), as_tensor(values), shape)


def _parts(sparse: Any) -> tuple[Any, Any, Any]:
    return sparse.indices, sparse.values, sparse.dense_shape


@op("SparseToDense")
def _sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any,
    *,
    validate_indices: bool = True,
) -> Any:
    return tf.sparse_to_dense(
        sparse_indices, output_shape, sparse_values, default_value, validate_indices
    )


@op("SparseTensorDenseMatMul")
def _sparse_dense_matmul(
    a_indices: Any,
    a_values: Any,
    a_shape: Any,
    b: Any,
    *,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
) -> Any:
    a = _sparse(as_tensor(a_indices).long(), a_values, a_shape)
    return tf.sparse_tensor_dense_matmul(a, b, adjoint_a, adjoint_b)


@op("SparseTensorDenseAdd")
def _sparse_dense_add(a_indices: Any, a_values: Any, a_shape: Any, b: Any) -> Any:
    return tf.sparse_add(_sparse(as_tensor(a_indices).long(), a_values, a_shape), b)


@op("SparseAdd", outputs=("sum_indices", "sum_values", "sum_shape"))
def _sparse_add(
    a_indices: Any,
    a_values: Any,
    a_shape: Any,
    b_indices: Any,
    b_values: Any,
    b_shape: Any,
    thresh: Any,
) -> Any:
    a, b = _sparse(a_indices, a_values, a_shape), _sparse(b_indices, b_values, b_shape)
    return _parts(tf.sparse_add(a, b, thresh))


@op("SparseAddGrad", outputs=("a_val_grad", "b_val_grad"))
def _sparse_add_grad(
    backprop_val_grad: Any, a_indices: Any, b_indices: Any, sum_indices: Any
) -> Any:
    return tuple(_found(backprop_val_grad, sum_indices, each) for each in (a_indices, b_indices))


def _found(values: Tensor, places: Any, wanted: Any) -> Tensor:
    """The values at some places; 0 where there is none."""
    given, asked = as_tensor(places), as_tensor(wanted)
    rows, numbers = torch.unique(torch.cat([given, asked]), dim=0, return_inverse=True)
    known, looked_up = numbers.split([len(given), len(asked)])
    table = values.new_zeros(len(rows)).index_put((known,), values)
    return table[looked_up]


@op("SparseConcat", outputs=_PARTS)
def _sparse_concat(*inputs: Any, concat_dim: int) -> Any:
    count = len(inputs) // 3
    parts = zip(inputs[:count], inputs[count : 2 * count], inputs[2 * count :], strict=True)
    return _parts(tf.sparse_concat(concat_dim, [_sparse(*each) for each in parts]))


@op("SparseSplit", outputs=("output_indices*", "output_values*", "output_shape*"))
def _sparse_split(split_dim: Any, indices: Any, values: Any, shape: Any, *, num_split: int) -> Any:
    parts = tf.sparse_split(
        sp_input=_sparse(indices, values, shape),
        num_split=num_split,
        axis=numbers_of(split_dim, "axis"),
    )
    return [each for column in zip(*map(_parts, parts), strict=True) for each in column]


@op("SparseSlice", outputs=_PARTS)
def _sparse_slice(indices: Any, values: Any, shape: Any, start: Any, size: Any) -> Any:
    return _parts(tf.sparse_slice(_sparse(indices, values, shape), start, size))


@op("SparseSliceGrad")
def _sparse_slice_grad(
    backprop_val_grad: Any, input_indices: Any, input_start: Any, output_indices: Any
) -> Any:
    moved = as_tensor(output_indices) + as_tensor(input_start)
    return _found(backprop_val_grad, moved, input_indices)


@op("SparseReorder", outputs=_PARTS[:2])
def _sparse_reorder(input_indices: Any, input_values: Any, input_shape: Any) -> Any:
    return _parts(tf.sparse_reorder(_sparse(input_indices, input_values, input_shape)))[:2]


@op("SparseReshape", outputs=("output_indices", "output_shape"))
def _sparse_reshape(input_indices: Any, input_shape: Any, new_shape: Any) -> Any:
    places = as_tensor(input_indices)
    values = places.new_zeros(len(places))
    made = tf.sparse_reshape(_sparse(places, values, input_shape), new_shape)
    return made.indices, made.dense_shape


@op(
    "SparseFillEmptyRows",
    outputs=("output_indices", "output_values", "empty_row_indicator", "reverse_index_map"),
)
def _sparse_fill_empty_rows(indices: Any, values: Any, dense_shape: Any, default_value: Any) -> Any:
    places = as_tensor(indices)
    filled, empty = tf.sparse_fill_empty_rows(_sparse(places, values, dense_shape), default_value)
    # Rows stay in their order, and what is put into one before it moves what comes after.
    order = places[:, 0].argsort(stable=True)
    moved = empty.long().cumsum(0)[places[:, 0]] + order.argsort()
    return filled.indices, filled.values, empty, moved


@op("SparseFillEmptyRowsGrad", outputs=("d_values", "d_default_value"))
def _sparse_fill_empty_rows_grad(reverse_index_map: Any, grad_values: Any) -> Any:
    places, slopes = as_tensor(reverse_index_map).long(), as_tensor(grad_values)
    return slopes[places], slopes.index_fill(0, places, 0).sum()


@op("SparseSoftmax")
def _sparse_softmax(sp_indices: Any, sp_values: Any, sp_shape: Any) -> Any:
    return tf.sparse_softmax(_sparse(sp_indices, sp_values, sp_shape)).values


@op("SparseSparseMaximum", outputs=_PARTS[:2])
def _sparse_maximum(*parts: Any) -> Any:
    return _parts(tf.sparse_maximum(_sparse(*parts[:3]), _sparse(*parts[3:])))[:2]


@op("SparseSparseMinimum", outputs=_PARTS[:2])
def _sparse_minimum(*parts: Any) -> Any:
    return _parts(tf.sparse_minimum(_sparse(*parts[:3]), _sparse(*parts[3:])))[:2]


@op("SparseReduceSum")
def _sparse_sum(
    indices: Any, values: Any, shape: Any, axes: Any, *, keep_dims: bool = False
) -> Any:
    return tf.sparse_reduce_sum(
        _sparse(indices, values, shape), numbers_of(axes, "axes"), keep_dims
    )


@op("SparseReduceMax")
def _sparse_max(
    indices: Any, values: Any, shape: Any, axes: Any, *, keep_dims: bool = False
) -> Any:
    return tf.sparse_reduce_max(
        _sparse(indices, values, shape), numbers_of(axes, "axes"), keep_dims
    )


@op("SparseReduceSumSparse", outputs=_PARTS)
def _sparse_sum_sparse(
    indices: Any, values: Any, shape: Any, axes: Any, *, keep_dims: bool = False
) -> Any:
    sparse = _sparse(indices, values, shape)
    return _parts(tf.sparse_reduce_sum_sparse(sparse, numbers_of(axes, "axes"), keep_dims))


@op("SparseReduceMaxSparse", outputs=_PARTS)
def _sparse_max_sparse(
    indices: Any, values: Any, shape: Any, axes: Any, *, keep_dims: bool = False
) -> Any:
    sparse = _sparse(indices, values, shape)
    return _parts(tf.sparse_reduce_max_sparse(sparse, numbers_of(axes, "axes"), keep_dims))


def _beside(sp_indices: Any, sp_shape: Any, dense: Any) -> Tensor:
    """What a dense tensor, broadcast to a shape, has at some places."""
    whole = tf.broadcast_to(dense, sp_shape)
    return whole[tuple(as_tensor(sp_indices).unbind(1))]


@op("SparseDenseCwiseAdd")
def _cwise_add(sp_indices: Any, sp_values: Any, sp_shape: Any, dense: Any) -> Any:
    return sp_values + _beside(sp_indices, sp_shape, dense)


@op("SparseDenseCwiseMul")
def _cwise_mul(sp_indices: Any, sp_values: Any, sp_shape: Any, dense: Any) -> Any:
    return sp_values * _beside(sp_indices, sp_shape, dense)


@op("SparseDenseCwiseDiv")
def _cwise_div(sp_indices: Any, sp_values: Any, sp_shape: Any, dense: Any) -> Any:
    return tf.realdiv(sp_values, _beside(sp_indices, sp_shape, dense))


@op("EditDistance")
def _edit_distance(*parts: Any, normalize: bool = True) -> Any:
    return tf.edit_distance(_sparse(*parts[:3]), _sparse(*parts[3:]), normalize)


# Sets: what a tensor has along its last axis.

_SET = ("result_indices", "result_values", "result_shape")


def _dense_rows(given: Any) -> tuple[Tensor, list[int]]:
    """Rows that say of each value in which set it is, and the value; and of which shape the sets are."""
    dense = as_tensor(given)
    places = torch.ones_like(dense, dtype=torch.bool).nonzero()[:, :-1]
    return torch.cat([places, dense.reshape(-1, 1).long()], 1), list(dense.shape[:-1])


def _sparse_rows(indices: Any, values: Any, shape: Any) -> tuple[Tensor, list[int]]:
    """The same of a sparse tensor."""
    rows = torch.cat([as_tensor(indices)[:, :-1], as_tensor(values).reshape(-1, 1).long()], 1)
    return rows, numbers_of(shape, "shape")[:-1]


def _combined(
    one: tuple[Tensor, list[int]], other: tuple[Tensor, list[int]], how: str, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """What two sets each have, as a sparse tensor: 'a-b', 'b-a', 'intersection' or 'union'."""
    (first, shape), (second, _) = one, other
    rows, numbers = torch.unique(torch.cat([first, second]), dim=0, return_inverse=True)
    in_first, in_second = (
        numbers.new_zeros(len(rows), dtype=torch.bool).index_fill(0, each, True)
        for each in numbers.split([len(first), len(second)])
    )
    kept = {
        "a-b": in_first & ~in_second,
        "b-a": in_second & ~in_first,
        "intersection": in_first & in_second,
        "union": in_first | in_second,
    }[how]
    rows = rows[kept]
    _, which, counts = torch.unique_consecutive(
        rows[:, :-1], dim=0, return_inverse=True, return_counts=True
    )
    # How many of a set come before each.
    before = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[which]
    largest = counts.amax() if len(counts) else counts.new_zeros(())
    places = torch.cat([rows[:, :-1], before[:, None]], 1)
    return (
        places,
        rows[:, -1].to(dtype),
        torch.cat([torch.tensor(shape, device=rows.device, dtype=torch.int64), largest.reshape(1)]),
    )


@op("DenseToDenseSetOperation", outputs=_SET)
def _dense_sets(set1: Any, set2: Any, *, set_operation: str) -> Any:
    return _combined(_dense_rows(set1), _dense_rows(set2), set_operation, set1.dtype)


@op("DenseToSparseSetOperation", outputs=_SET)
def _dense_and_sparse_sets(set1: Any, *set2: Any, set_operation: str) -> Any:
    return _combined(_dense_rows(set1), _sparse_rows(*set2), set_operation, set1.dtype)


@op("SparseToSparseSetOperation", outputs=_SET)
def _sparse_sets(*sets: Any, set_operation: str) -> Any:
    parts = _sparse_rows(*sets[:3]), _sparse_rows(*sets[3:])
    return _combined(*parts, set_operation, sets[1].dtype)


@op("SetSize")
def _set_size(set_indices: Any, set_values: Any, set_shape: Any) -> Any:
    rows, shape = _sparse_rows(set_indices, set_values, set_shape)
    groups = torch.unique(rows, dim=0)[:, :-1]
    ones = groups.new_ones(len(groups), dtype=torch.int32)
    sizes = ones.new_zeros(shape)
    return sizes.index_put(tuple(groups.unbind(1)), ones, accumulate=True)
