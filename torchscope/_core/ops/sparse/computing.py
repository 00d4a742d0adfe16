"""Sparse tensors added, compared and normalized."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import check_same_dtype, either, of_dtype, operands
from torchscope._core.ops.sparse.tensor import (
    SparseTensor,
    SparseTensorValue,
    as_sparse,
    group_numbers,
    of_one_dtype,
    places,
)
from torchscope._core.values.conversion import shape_text


def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> SparseTensor | Tensor:
    """The sum of two tensors, of which one at least is sparse (tf.sparse_add).

    >>> a = SparseTensor([[0, 1]], [5.0], [1, 3])
    >>> sparse_add(a, SparseTensor([[0, 0], [0, 1]], [1.0, 2.0], [1, 3])).values
    tensor([1., 7.])
    >>> sparse_add(a, [[1.0, 1.0, 1.0]])
    tensor([[1., 6., 1.]])

    Args:
        a: sparse or dense.
        b: of the same shape and dtype.
        threshold: where both are sparse and have a value, sums that are smaller, whatever their
            sign, are left out. By default none is, not even 0.
        thresh: another name of it.

    Returns:
        A sparse tensor if both are, in the order of rows, each place once; else a dense one.

    Raises:
        ValueError: the shapes differ, or an index is outside.
        TypeError: the dtypes differ, or none is sparse.
    """
    least = either("thresh", thresh, "threshold", threshold)
    kinds = (SparseTensor, SparseTensorValue)
    if not isinstance(a, kinds) and not isinstance(b, kinds):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, kinds) and isinstance(b, kinds):
        one, other = as_sparse(a), as_sparse(b)
        _of_one_shape(one, other)
        of_one_dtype("SparseAdd", one, other)
        indices, mine, its, shared = _spread(one, other)
        total = mine + its
        if least is not None:
            enough = (total.abs() >= least) | ~shared
            indices, total = indices[enough], total[enough]
        return SparseTensor(indices, total, one.dense_shape)
    sparse, dense = (as_sparse(a), b) if isinstance(a, kinds) else (as_sparse(b), a)
    values, dense = operands("SparseTensorDenseAdd", a_values=sparse.values, b=dense)
    check_same_dtype("SparseTensorDenseAdd", "a_values", values, "b", dense)
    if dense.ndim != len(sparse.sizes):
        raise ValueError(
            f"Two operands have different ranks; received: {len(sparse.sizes)} and {dense.ndim}"
        )
    if tuple(dense.shape) != sparse.sizes:
        raise ValueError(
            f"Dimensions must be equal: the shapes are {shape_text(sparse.sizes)} and "
            f"{shape_text(dense.shape)}, and nothing is broadcast."
        )
    return dense.index_put(places(sparse), values, accumulate=True)


def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The larger of two numbers at each place where either has a value (tf.sparse_maximum).

    >>> one, other = SparseTensor([[0]], [-5.0], [2]), SparseTensor([[1]], [5.0], [2])
    >>> sparse_maximum(one, other).values
    tensor([0., 5.])

    Args:
        sp_a: a sparse tensor.
        sp_b: one of the same shape and dtype. Where only one has a value, the other's is 0.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes differ.
        TypeError: the dtypes differ, or one is not sparse.
    """
    return _of_both("SparseSparseMaximum", torch.maximum, sp_a, sp_b)


def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The smaller of two numbers at each place where either has a value (tf.sparse_minimum).

    >>> one, other = SparseTensor([[0]], [-5.0], [2]), SparseTensor([[1]], [5.0], [2])
    >>> sparse_minimum(one, other).values
    tensor([-5.,  0.])

    Args:
        sp_a: as in `sparse_maximum`.
        sp_b: as in `sparse_maximum`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes differ.
        TypeError: the dtypes differ, or one is not sparse.
    """
    return _of_both("SparseSparseMinimum", torch.minimum, sp_a, sp_b)


def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The softmax over the last axis, among the values that there are (tf.sparse_softmax).

    >>> sparse_softmax(SparseTensor([[0, 1], [1, 0], [1, 2]], [5.0, 0.0, 0.0], [2, 3])).values
    tensor([1.0000, 0.5000, 0.5000])

    Args:
        sp_input: a sparse tensor of rank 2 or more, of floating point numbers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the rank is less.
        TypeError: the input is not sparse, or its values are not floating.
    """
    sparse = as_sparse(sp_input)
    values = of_dtype(
        sparse.values, "sp_values", (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    )
    if len(sparse.sizes) < 2:
        raise ValueError(
            "Input should have rank >= 2, but received shape: "
            f"{','.join(map(str, sparse.sizes)) or 'none'}"
        )
    rows = group_numbers(sparse.indices[:, :-1])
    least = torch.full_like(values, -torch.inf)
    # What is taken off has no influence, and gets no gradient.
    largest = least.scatter_reduce(0, rows, values.detach(), "amax")
    powers = (values - largest[rows]).exp()
    totals = torch.zeros_like(powers).index_add(0, rows, powers)
    return sparse.with_values(powers / totals[rows])


def _of_both(
    operation: str, choose: Callable[[Tensor, Tensor], Tensor], sp_a: Any, sp_b: Any
) -> SparseTensor:
    one, other = as_sparse(sp_a), as_sparse(sp_b)
    of_one_dtype(operation, one, other)
    if len(one.sizes) != len(other.sizes):
        raise ValueError(
            f"Operands should have the same ranks; got {len(one.sizes)} and {len(other.sizes)}"
        )
    for axis, (size, wanted) in enumerate(zip(one.sizes, other.sizes, strict=True)):
        if size != wanted:
            raise ValueError(
                f"Operands' shapes do not match: got {size} and {wanted} for dimension {axis}"
            )
    indices, mine, its, _ = _spread(one, other)
    return SparseTensor(indices, choose(mine, its), one.dense_shape)


def _of_one_shape(one: SparseTensor, other: SparseTensor) -> None:
    if one.sizes != other.sizes:
        raise ValueError(
            f"Shapes {shape_text(one.sizes)} and {shape_text(other.sizes)} are incompatible"
        )


def _spread(one: SparseTensor, other: SparseTensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The places where either has a value, by rows, the values of both there, and where both have."""
    both = torch.cat([one.indices, other.indices])
    indices, which, counts = torch.unique(both, dim=0, return_inverse=True, return_counts=True)
    parts = which.split([len(one.indices), len(other.indices)])
    mine, its = (
        each.values.new_zeros(len(indices)).index_add(0, part, each.values)
        for each, part in zip((one, other), parts, strict=True)
    )
    return indices, mine, its, counts > 1
