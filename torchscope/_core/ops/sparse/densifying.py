"""Dense tensors of sparse ones: products, sums, and the whole with its zeros."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    Axes,
    as_tensor,
    check_rank,
    check_same_dtype,
    either,
    numbers_of,
    of_dtype,
    operands,
    shape_of,
    wanted,
)
from torchscope._core.ops.sparse.tensor import (
    SparseTensor,
    SparseTensorValue,
    as_sparse,
    check_ordered,
    flat_places,
    places,
)
from torchscope._core.values.conversion import shape_text

_REAL = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.int64, torch.bfloat16, torch.uint16, torch.float16, torch.uint32, torch.uint64),
)
_NUMBERS = (*_REAL, torch.complex64, torch.complex128)


def sparse_tensor_dense_matmul(
    sp_a: Any,
    b: Any,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of a sparse matrix and a dense one (tf.sparse_tensor_dense_matmul).

    >>> a = SparseTensor([[0, 1], [1, 0]], [5.0, 7.0], [2, 2])
    >>> sparse_tensor_dense_matmul(a, [[1.0], [2.0]])
    tensor([[10.],
            [ 7.]])

    Args:
        sp_a: sparse, (M, K). It may also be the second, and the first dense.
        b: dense, (K, N), of the same dtype.
        adjoint_a: whether the first is transposed, and conjugated if complex.
        adjoint_b: the same of the second.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (M, N).

    Raises:
        ValueError: one is no matrix, they do not fit together, or an index is outside.
        TypeError: the dtypes differ, or none is sparse.
    """
    if not isinstance(sp_a, SparseTensor | SparseTensorValue) and isinstance(
        b, SparseTensor | SparseTensorValue
    ):
        # (b^H a^H)^H, as TF1 does.
        turned = sparse_tensor_dense_matmul(b, sp_a, not adjoint_b, not adjoint_a)
        return turned.mH
    a = as_sparse(sp_a)
    values, dense = a.values, as_tensor(wanted("b", b), a.values)
    check_same_dtype("SparseTensorDenseMatMul", "a_values", values, "b", dense)
    check_rank("the second factor", dense, 2)
    if len(a.sizes) != 2:
        raise ValueError(
            f"Shape must be rank 2 but is rank {len(a.sizes)}: a sparse matrix is meant."
        )
    (rows, columns), (height, width) = places(a), a.sizes
    if adjoint_a:
        rows, columns, height, width = columns, rows, width, height
        values = values.conj()
    if adjoint_b:
        dense = dense.mH
    if dense.shape[0] != width:
        raise ValueError(
            f"Dimensions must be equal, but are {width} and {dense.shape[0]}: the factors are "
            f"{shape_text((height, width))} and {shape_text(dense.shape)}, adjoints taken."
        )
    products = values.unsqueeze(1) * dense[columns]
    return products.new_zeros((height, dense.shape[1])).index_add(0, rows, products)


def sparse_matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of two dense matrices in which there may be many zeros (tf.sparse_matmul).

    >>> sparse_matmul([[0.0, 1.0]], [[2.0], [3.0]])
    tensor([[3.]])

    Args:
        a: (M, K), float32 or bfloat16.
        b: (K, N), the same.
        transpose_a: whether a is transposed.
        transpose_b: whether b is.
        a_is_sparse: accepted for TF1 code; it has no effect.
        b_is_sparse: accepted for TF1 code; it has no effect.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (M, N), float32.

    Raises:
        ValueError: one is no matrix, or they do not fit together.
        TypeError: a dtype is another.
    """
    factors = []
    for parameter, given, turned in (("a", a, transpose_a), ("b", b, transpose_b)):
        tensor = as_tensor(wanted(parameter, given), preferred=torch.float32)
        of_dtype(tensor, parameter, (torch.float32, torch.bfloat16))
        check_rank(parameter, tensor, 2)
        factors.append((tensor.t() if turned else tensor).float())
    if factors[0].shape[1] != factors[1].shape[0]:
        raise ValueError(
            f"Dimensions must be equal, but are {factors[0].shape[1]} and {factors[1].shape[0]}: the "
            "columns of a and the rows of b."
        )
    return factors[0] @ factors[1]


def sparse_tensor_to_dense(
    sp_input: Any,
    default_value: Any = None,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """The whole of a sparse tensor (tf.sparse_tensor_to_dense).

    >>> sparse_tensor_to_dense(SparseTensor([[0, 1]], [5], [2, 2]), default_value=-1)
    tensor([[-1,  5],
            [-1, -1]], dtype=torch.int32)

    Args:
        sp_input: a sparse tensor.
        default_value: what stands where it has no value; 0 by default.
        validate_indices: whether indices that are repeated or out of order are refused, on the CPU.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: indices are outside, repeated or out of order, or the default is no single number.
        TypeError: the input is not sparse, or the default is of another dtype.
    """
    sparse = as_sparse(sp_input)
    return _filled(sparse, default_value, validate_indices)


def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """A dense tensor with values at some places (tf.sparse_to_dense).

    >>> sparse_to_dense([1, 3], [4], 5)
    tensor([0, 5, 0, 5], dtype=torch.int32)

    Args:
        sparse_indices: the places, (N, rank); (N,) of a vector, or one number.
        output_shape: the shape of the whole.
        sparse_values: (N,), or one number for all places.
        default_value: what stands elsewhere.
        validate_indices: as in `sparse_tensor_to_dense`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: indices are outside, repeated or out of order, or do not fit the shape or the
            values.
        TypeError: an index is no integer, or the default is of another dtype.
    """
    indices = of_dtype(
        as_tensor(wanted("sparse_indices", sparse_indices), sparse_values),
        "sparse_indices",
        (torch.int32, torch.int64),
    ).to(torch.int64)
    sizes = shape_of(output_shape)
    values = as_tensor(wanted("sparse_values", sparse_values), indices)
    indices = indices.reshape(-1, 1) if indices.ndim < 2 else indices
    check_rank("sparse_indices", indices, 2)
    count, rank = indices.shape
    if len(sizes) != rank:
        raise ValueError(
            f"output_shape has incorrect number of elements: {len(sizes)} should be: {rank}"
        )
    if tuple(values.shape) not in ((), (count,)):
        raise ValueError(
            f"sparse_values has incorrect shape [{','.join(map(str, values.shape))}], should be [] or "
            f"[{count}]"
        )
    sparse = SparseTensor(indices, values.expand(count), sizes)
    return _filled(sparse, default_value, validate_indices)


def _filled(sparse: SparseTensor, default: Any, validate: bool) -> Tensor:
    """A tensor of the default, in which the values stand at their places."""
    values = sparse.values
    columns = places(sparse)
    if validate:
        check_ordered(sparse.indices)
    if default is None or (type(default) is int and default == 0):
        whole = values.new_zeros(sparse.sizes)
    else:
        number = operands("SparseToDense", sparse_values=values, default_value=default)[1]
        check_same_dtype("SparseToDense", "sparse_values", values, "default_value", number)
        if number.ndim:
            raise ValueError("default_value should be a scalar.")
        whole = number.expand(sparse.sizes)
    return whole.index_put(columns, values)


def sparse_reduce_sum(
    sp_input: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    reduction_axes: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The sum over some axes of a sparse tensor, as a dense one (tf.sparse_reduce_sum).

    >>> sparse_reduce_sum(SparseTensor([[0, 1], [0, 2]], [5.0, 7.0], [2, 3]), 1)
    tensor([12.,  0.])

    Args:
        sp_input: a sparse tensor of numbers.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        reduction_axes: another name of `axis`.
        keep_dims: another name of `keepdims`.

    Raises:
        ValueError: there is no such axis, or an index is outside.
        TypeError: the input is not sparse, or its values are no numbers.
    """
    sparse, kept, shape = _reduced(sp_input, axis, keepdims, reduction_axes, keep_dims)
    values = of_dtype(sparse.values, "input_values", _NUMBERS)
    flat = values.new_zeros(math.prod(sparse.sizes[each] for each in kept))
    return flat.index_add(0, flat_places(sparse, kept), values).reshape(shape)


def sparse_reduce_max(
    sp_input: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    reduction_axes: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The largest of the values over some axes, as a dense tensor (tf.sparse_reduce_max).

    The zeros between the values are not looked at; where there is no value, the result is 0.

    >>> sparse_reduce_max(SparseTensor([[0, 1], [0, 2]], [-5.0, -7.0], [2, 3]), 1)
    tensor([-5.,  0.])

    Args:
        sp_input: a sparse tensor of real numbers.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        reduction_axes: another name of `axis`.
        keep_dims: another name of `keepdims`.

    Raises:
        ValueError: there is no such axis, or an index is outside.
        TypeError: the input is not sparse, or its values are no real numbers.
    """
    sparse, kept, shape = _reduced(sp_input, axis, keepdims, reduction_axes, keep_dims)
    values = of_dtype(sparse.values, "input_values", _REAL)
    flat = values.new_zeros(math.prod(sparse.sizes[each] for each in kept))
    where = flat_places(sparse, kept)
    return flat.scatter_reduce(0, where, values, "amax", include_self=False).reshape(shape)


def _reduced(
    sp_input: Any, axis: Axes, keepdims: Any, reduction_axes: Axes, keep_dims: Any
) -> tuple[SparseTensor, list[int], list[int]]:
    """The tensor, the axes that remain, and the shape of the result."""
    axes = either("reduction_axes", reduction_axes, "axis", axis)
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    sparse = as_sparse(sp_input)
    rank = len(sparse.sizes)
    given = list(range(rank)) if axes is None else numbers_of(axes, "reduction_axes")
    gone = set()
    for each in given if isinstance(given, list) else [given]:
        if not -rank <= each < rank:
            raise ValueError(
                f"Invalid reduction dimension {each}, for input with {rank} dimensions."
            )
        gone.add(each % rank)
    kept = [each for each in range(rank) if each not in gone]
    sizes = sparse.sizes
    return (
        sparse,
        kept,
        [1 if each in gone else sizes[each] for each in range(rank) if keep or each not in gone],
    )
