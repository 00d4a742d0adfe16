"""The values of sparse tensors at other places: sorted, chosen, cut out, put together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, either, numbers_of, wanted
from torchscope._core.ops.sparse.tensor import SparseTensor, as_sparse, order_of
from torchscope._core.values.conversion import dtype_name, shape_text


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same tensor with its indices in the order of rows (tf.sparse_reorder).

    >>> sparse_reorder(SparseTensor([[1, 0], [0, 1]], [5.0, 7.0], [2, 2])).values
    tensor([7., 5.])

    Args:
        sp_input: a sparse tensor.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: it is not sparse.
    """
    sparse = as_sparse(sp_input)
    order = order_of(sparse.indices)
    return SparseTensor(sparse.indices[order], sparse.values[order], sparse.dense_shape)


def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Some of the values (tf.sparse_retain).

    >>> sparse_retain(SparseTensor([[0], [1]], [5.0, 7.0], [2]), [False, True]).values
    tensor([7.])

    Args:
        sp_input: a sparse tensor of N values.
        to_retain: (N,), which of them.

    Raises:
        ValueError: it is of another length.
        TypeError: the input is not sparse.
    """
    sparse = as_sparse(sp_input)
    kept = as_tensor(wanted("to_retain", to_retain), sparse.values)
    if kept.ndim != 1 or kept.shape[0] != len(sparse.values):
        raise ValueError(
            f"Dimensions {len(sparse.values)} and {kept.shape[0] if kept.ndim else 0} are not "
            "compatible. There is one bool for each value."
        )
    return _some(sparse, kept.to(torch.bool))


def _some(sparse: SparseTensor, kept: Tensor) -> SparseTensor:
    return SparseTensor(sparse.indices[kept], sparse.values[kept], sparse.dense_shape)


def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """A part of a sparse tensor (tf.sparse_slice).

    >>> part = sparse_slice(SparseTensor([[0, 1], [1, 2]], [5.0, 7.0], [2, 3]), [1, 1], [5, 5])
    >>> part.indices, part.shape
    (tensor([[0, 1]]), (1, 2))

    Args:
        sp_input: a sparse tensor.
        start: where the part begins, along each axis.
        size: how long it is; where the tensor ends before, the part does.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are more or fewer numbers than axes, or a size is negative.
        TypeError: the input is not sparse, or a number no integer.
    """
    sparse = as_sparse(sp_input)
    rank = len(sparse.sizes)
    begins, lengths = numbers_of(start, "start"), numbers_of(size, "size")
    for what, given in (("start", begins), ("size", lengths)):
        if len(given) != rank:
            raise ValueError(
                f"Expected {what} to be a vector of length {rank} but got length {len(given)}"
            )
    for each in lengths:
        if each < 0:
            raise ValueError(f"Expected a non-negative size, got {each}")
    return _part(sparse, begins, lengths)


def _part(sparse: SparseTensor, begins: Sequence[int], lengths: Sequence[int]) -> SparseTensor:
    sizes = [
        max(0, min(length, whole - begin))
        for begin, length, whole in zip(begins, lengths, sparse.sizes, strict=True)
    ]
    kept = torch.ones_like(sparse.values, dtype=torch.bool)
    columns = []
    for column, begin, length in zip(sparse.indices.unbind(1), begins, sizes, strict=True):
        columns.append(column - begin)
        kept = kept & (columns[-1] >= 0) & (columns[-1] < length)
    return SparseTensor(_stacked(columns, sparse)[kept], sparse.values[kept], sizes)


def sparse_split(
    keyword_required: Any = None,
    sp_input: Any = None,
    num_split: Any = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """Parts of a sparse tensor, of nearly one size (tf.sparse_split).

    >>> parts = sparse_split(sp_input=SparseTensor([[0], [4]], [5.0, 7.0], [5]), num_split=2, axis=0)
    >>> [part.shape for part in parts]
    [(3,), (2,)]

    Args:
        keyword_required: nothing: TF1 wants the others by their names.
        sp_input: a sparse tensor.
        num_split: how many parts. The first are longer by one where it does not go up.
        axis: along which axis.
        name: accepted for TF1 code; it has no effect.
        split_dim: another name of `axis`.

    Raises:
        ValueError: an argument is not given by its name, or missing; or there are more parts than
            the axis is long.
        TypeError: the input is not sparse.
    """
    if keyword_required is not None:
        raise ValueError("Keyword arguments are required for this function.")
    for what, given in (("sp_input", sp_input), ("num_split", num_split)):
        if given is None:
            raise ValueError(f"{what} is required")
    where = either("split_dim", split_dim, "axis", axis)
    if where is None:
        raise ValueError("axis is required")
    sparse = as_sparse(sp_input)
    where, count = numbers_of(where, "axis") % len(sparse.sizes), numbers_of(num_split, "num_split")
    whole = sparse.sizes[where]
    if not 1 <= count <= whole:
        raise ValueError(
            "Input num_split should be between 1 and the splitting dimension size "
            f"({whole}), got {count}"
        )
    parts, begin = [], 0
    for number in range(count):
        length = whole // count + (number < whole % count)
        begins, lengths = [0] * len(sparse.sizes), list(sparse.sizes)
        begins[where], lengths[where] = begin, length
        parts.append(_part(sparse, begins, lengths))
        begin += length
    return parts


def sparse_concat(
    axis: Any,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: bool | None = None,
) -> SparseTensor:
    """Sparse tensors one after the other along an axis (tf.sparse_concat).

    >>> x = SparseTensor([[0, 1], [1, 0]], [5.0, 7.0], [2, 2])
    >>> sparse_concat(1, [x, x]).indices.tolist()
    [[0, 1], [0, 3], [1, 0], [1, 2]]

    Args:
        axis: the axis.
        sp_inputs: a list of them, of one dtype.
        name: accepted for TF1 code; it has no effect.
        expand_nonconcat_dim: whether the other axes become as long as the longest.
        concat_dim: another name of `axis`.
        expand_nonconcat_dims: another name of `expand_nonconcat_dim`.

    Returns:
        Its indices are in the order of rows.

    Raises:
        ValueError: there is none, or the shapes do not fit, or there is no such axis.
        TypeError: one is not sparse, they are no list, or the dtypes differ.
    """
    where = numbers_of(either("concat_dim", concat_dim, "axis", axis), "axis")
    expand = either(
        *("expand_nonconcat_dim", expand_nonconcat_dim or None),
        *("expand_nonconcat_dims", expand_nonconcat_dims),
    )
    if not isinstance(sp_inputs, list | tuple):
        raise TypeError("Inputs must be a list or tuple.")
    inputs = [as_sparse(each) for each in sp_inputs]
    if not inputs:
        raise ValueError(
            "List argument 'indices' to 'SparseConcat' Op with length 0 shorter than minimum length 2."
        )
    first = inputs[0]
    if len(inputs) == 1:
        return first
    rank = len(first.sizes)
    if len({each.dtype for each in inputs}) > 1:
        names = ", ".join(dtype_name(each.dtype) for each in inputs)
        raise TypeError(
            f"Tensors in list passed to 'values' of 'SparseConcat' Op have types [{names}] that don't "
            "all match. Convert them to one dtype."
        )
    if not -rank <= where < rank:
        raise ValueError(f"There is no axis {where}: the sparse tensors are of rank {rank}.")
    where %= rank
    sizes = list(first.sizes)
    for number, each in enumerate(inputs[1:], 1):
        if len(each.sizes) != rank:
            raise ValueError(
                f"Dimensions must be equal, but are {rank} and {len(each.sizes)}: ranks."
            )
        for other, (size, its) in enumerate(zip(sizes, each.sizes, strict=True)):
            if other == where:
                sizes[other] = size + its
            elif expand:
                sizes[other] = max(size, its)
            elif size != its:
                raise ValueError(
                    f"Input shapes must match: expected {size} for dimension {other} but got {its} at "
                    f"position {number}"
                )
    begins = itertools.accumulate([0, *(each.sizes[where] for each in inputs[:-1])])
    moved = [
        _with_column(each, where, each.indices[:, where] + begin)
        for each, begin in zip(inputs, begins, strict=True)
    ]
    return sparse_reorder(
        SparseTensor(torch.cat(moved), torch.cat([each.values for each in inputs]), sizes)
    )


def _with_column(sparse: SparseTensor, axis: int, column: Tensor) -> Tensor:
    columns = list(sparse.indices.unbind(1))
    columns[axis] = column
    return torch.stack(columns, 1)


def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """A sparse tensor of another shape, with the same values (tf.sparse_reshape).

    >>> sparse_reshape(SparseTensor([[1, 2]], [5.0], [2, 3]), [-1]).indices
    tensor([[5]])

    Args:
        sp_input: a sparse tensor.
        shape: the new shape, in which one size may be -1.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it takes more or fewer numbers, or two sizes are -1.
        TypeError: the input is not sparse, or a size is no integer.
    """
    sparse = as_sparse(sp_input)
    new = list(numbers_of(shape, "shape"))
    free = [place for place, size in enumerate(new) if isinstance(size, int) and size == -1]
    if len(free) > 1:
        raise ValueError(
            f"At most one dimension can be inferred (-1). Found: [{' '.join(map(str, new))}]"
        )
    count, taken = math.prod(sparse.sizes), math.prod(new) * (-1 if free else 1)
    if free and taken and count % taken == 0:
        new[free[0]] = count // taken
    if (free and new[free[0]] == -1) or (not free and taken != count):
        asked = ", ".join("None" if size == -1 else str(size) for size in new)
        raise ValueError(
            f"Cannot reshape a tensor with {count} elements to shape [{asked}] ({taken} elements)."
        )
    number = torch.zeros_like(sparse.values, dtype=torch.int64)
    for column, size in zip(sparse.indices.unbind(1), sparse.sizes, strict=True):
        number = number * size + column
    columns: list[Tensor] = []
    for size in reversed(new):
        columns.insert(0, number % max(size, 1))
        number = number // max(size, 1)
    return SparseTensor(_stacked(columns, sparse), sparse.values, new)


def _stacked(columns: Sequence[Tensor], sparse: SparseTensor) -> Tensor:
    """Indices of their columns, of which there may be none."""
    if columns:
        return torch.stack(list(columns), 1)
    return sparse.indices.new_zeros((len(sparse.values), 0))


def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with its axes in another order (tf.sparse_transpose).

    >>> sparse_transpose(SparseTensor([[0, 1], [1, 0]], [5.0, 7.0], [2, 3])).values
    tensor([7., 5.])

    Args:
        sp_input: a sparse tensor.
        perm: the order; reversed by default.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Its indices are in the order of rows.

    Raises:
        ValueError: the order has not each axis once.
        TypeError: the input is not sparse.
    """
    sparse = as_sparse(sp_input)
    rank = len(sparse.sizes)
    order = list(range(rank))[::-1] if perm is None else numbers_of(perm, "perm")
    if len(order) != rank:
        raise ValueError(
            f"Dimensions {len(order)} and {rank} are not compatible. The order has each axis once."
        )
    for place, axis in enumerate(order):
        if not 0 <= axis < rank:
            raise ValueError(f"indices[{place}] = {axis} is not in [0, {rank})")
    if len(set(order)) != rank:
        raise ValueError(f"perm is to have each axis once. It is {order}.")
    columns = sparse.indices.unbind(1)
    return sparse_reorder(
        SparseTensor(
            _stacked([columns[axis] for axis in order], sparse),
            sparse.values,
            [sparse.sizes[axis] for axis in order],
        )
    )


def expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with one more axis, of length 1 (tf.sparse.expand_dims).

    >>> expand_dims(SparseTensor([[1, 2]], [5.0], [2, 3]), 0).indices
    tensor([[0, 1, 2]])

    Args:
        sp_input: a sparse tensor.
        axis: where the axis is to be; last by default.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such place.
        TypeError: the input is not sparse.
    """
    sparse = as_sparse(sp_input)
    rank = len(sparse.sizes)
    where = -1 if axis is None else numbers_of(axis, "axis")
    if not -rank - 1 <= where <= rank:
        raise ValueError(f"axis {where} is not in [{-rank - 1}, {rank}]: the rank is {rank}.")
    where %= rank + 1
    columns, sizes = list(sparse.indices.unbind(1)), list(sparse.sizes)
    columns.insert(where, torch.zeros_like(sparse.values, dtype=torch.int64))
    sizes.insert(where, 1)
    return SparseTensor(torch.stack(columns, 1), sparse.values, sizes)


def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The same values in a larger shape, or in the smallest that holds them (tf.sparse_reset_shape).

    >>> sparse_reset_shape(SparseTensor([[1, 2]], [5.0], [7, 8])).shape
    (2, 3)

    Args:
        sp_input: a sparse tensor.
        new_shape: the shape; by default the smallest.

    Raises:
        ValueError: it has another rank, or a size is smaller than the tensor's.
        TypeError: the input is not sparse.
    """
    sparse = as_sparse(sp_input)
    if new_shape is None:
        largest = sparse.indices.amax(0) + 1 if len(sparse.values) else [0] * len(sparse.sizes)
        return SparseTensor(sparse.indices, sparse.values, largest)
    sizes = list(numbers_of(new_shape, "new_shape"))
    if len(sizes) != len(sparse.sizes):
        raise ValueError(
            f"Dimensions {len(sizes)} and {len(sparse.sizes)} are not compatible. These are the ranks."
        )
    if any(size < its for size, its in zip(sizes, sparse.sizes, strict=True)):
        raise ValueError(
            "Requested new_shape should have dimension sizes >= sp_input.shape.  Found new_shape "
            f"{shape_text(sizes)}, sp_input.shape {shape_text(sparse.sizes)}."
        )
    return SparseTensor(sparse.indices, sparse.values, sizes)


def sparse_fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """A sparse tensor with a value in each row, at its start where it had none.

    Answers to tf.sparse_fill_empty_rows.

    >>> filled, empty = sparse_fill_empty_rows(SparseTensor([[1, 2]], [5.0], [2, 3]), 9.0)
    >>> filled.values, empty
    (tensor([9., 5.]), tensor([ True, False]))

    Args:
        sp_input: a sparse tensor.
        default_value: the value that is put there.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, with its indices in the order of rows, and which rows were empty.

    Raises:
        ValueError: the value is no single number, or an index is outside.
        TypeError: the input is not sparse, or the value of another dtype.
    """
    sparse = as_sparse(sp_input)
    default = as_tensor(wanted("default_value", default_value), sparse.values, sparse.dtype)
    if default.ndim:
        raise ValueError(
            f"Shape must be rank 0 but is rank {default.ndim}: one number is put there."
        )
    rows = sparse.indices[:, 0]
    count = sparse.sizes[0]
    outside = (rows < 0) | (rows >= count)
    if outside.any():
        which = int(outside.nonzero()[0])
        raise ValueError(f"indices({which}, 0) is invalid: {int(rows[which])} >= {count}")
    empty = torch.ones(count, dtype=torch.bool, device=rows.device).index_fill(0, rows, False)
    new = empty.nonzero()
    indices = torch.cat([sparse.indices, torch.nn.functional.pad(new, (0, len(sparse.sizes) - 1))])
    values = torch.cat([sparse.values, default.to(sparse.dtype).expand(len(new))])
    order = indices[:, 0].argsort(stable=True)
    return SparseTensor(indices[order], values[order], sparse.dense_shape), empty
