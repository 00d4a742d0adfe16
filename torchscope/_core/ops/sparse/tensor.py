"""What a sparse tensor is: indices, values and a dense shape."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._pytree import register_pytree_node

from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, check_rank, numbers_of, operands, wanted
from torchscope._core.ops.sizes import Sizes
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import dtype_name, shape_text


class SparseTensorValue(NamedTuple):
    """The three parts of a sparse tensor, as arrays or lists (tf.SparseTensorValue).

    >>> SparseTensorValue([[0, 1]], [5.0], [2, 3]).dense_shape
    [2, 3]
    """

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor:
    """Values at some places of a tensor whose other numbers are zero (tf.SparseTensor).

    Nets take it and return it; gradients flow through its values.

    >>> x = SparseTensor([[0, 1], [1, 0]], [5.0, 7.0], [2, 3])
    >>> x.get_shape(), x.dtype
    ((2, 3), torch.float32)
    >>> (x * 2.0).values
    tensor([10., 14.])

    Args:
        indices: where the values stand, (N, rank), int64. Most operations want them in the order of
            rows, each once: `sparse_reorder` sorts them.
        values: (N,), of any dtype.
        dense_shape: the sizes of the whole, (rank,).

    Raises:
        ValueError: one is None, or of another rank or length; or the indices are a tensor that is
            not of int64.
        TypeError: an index or a size is no integer.
    """

    __slots__ = ("_dense_shape", "indices", "values")

    indices: Tensor
    values: Tensor
    _dense_shape: Sizes | Tensor

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        try:
            self.indices = as_tensor(wanted("indices", indices), values, torch.int64)
            self.values = as_tensor(wanted("values", values), self.indices)
        except ValueError as error:
            raise ValueError("None values not supported.") from error
        if self.indices.dtype != torch.int64:
            raise ValueError(
                "indices: Tensor conversion requested dtype int64 for Tensor with dtype "
                f"{dtype_name(self.indices.dtype)}. Give `indices.long()`."
            )
        self._dense_shape = _sizes(dense_shape)
        for part, rank in ((self.indices, 2), (self.values, 1)):
            if part.ndim != rank:
                raise ValueError(
                    f"Shape {shape_text(part.shape)} must have rank {rank}. {self._as_given}"
                )
        for one, other in (
            (self.indices.shape[0], self.values.shape[0]),
            (self.indices.shape[1], len(self._dense_shape)),
        ):
            if one != other:
                raise ValueError(
                    f"Dimensions {one} and {other} are not compatible. {self._as_given}"
                )

    @property
    def _as_given(self) -> str:
        return (
            f"Indices are (N, rank), values (N,) and the dense shape (rank,), but they are "
            f"{shape_text(self.indices.shape)}, {shape_text(self.values.shape)} and "
            f"{shape_text([len(self._dense_shape)])}."
        )

    @property
    def dense_shape(self) -> Sizes | Tensor:
        """The sizes of the whole: integers that stand for a tensor, or the tensor that was given."""
        return self._dense_shape

    @property
    def sizes(self) -> tuple[int, ...]:
        """The same as integers, which are read from their device where nobody knew them."""
        if isinstance(self._dense_shape, Tensor):
            self._dense_shape = Sizes(numbers_of(self._dense_shape, "dense_shape"), torch.int64)
        return tuple(self._dense_shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the whole, as integers."""
        return self.sizes

    def get_shape(self) -> tuple[int, ...]:
        """The sizes of the whole, as integers."""
        return self.sizes

    def set_shape(self, shape: Any) -> None:
        """Checks that it has a shape, in which None stands for any size.

        >>> SparseTensor([[0, 1]], [5.0], [2, 3]).set_shape([None, 3])

        Raises:
            ValueError: it has another.
        """
        asked = tuple(shape)
        if len(asked) != len(self.sizes) or any(
            want not in (None, size) for want, size in zip(asked, self.sizes, strict=True)
        ):
            raise ValueError(
                f"Shapes {shape_text(self.sizes)} and {shape_text(asked)} are not compatible"
            )

    @property
    def dtype(self) -> torch.dtype:
        """That of the values."""
        return self.values.dtype

    def with_values(self, new_values: Any) -> SparseTensor:
        """Other values at the same places.

        >>> SparseTensor([[0, 1]], [5.0], [2, 3]).with_values([6.0]).values
        tensor([6.])

        Raises:
            ValueError: there are more or fewer.
        """
        return SparseTensor(self.indices, new_values, self._dense_shape)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """The sparse tensor of a SparseTensorValue.

        Raises:
            TypeError: it is something else.
        """
        if not isinstance(sparse_tensor_value, SparseTensor | SparseTensorValue):
            raise TypeError(
                f"Argument sparse_tensor_value={sparse_tensor_value!r} is neither a SparseTensor nor "
                "SparseTensorValue."
            )
        return as_sparse(sparse_tensor_value)

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self.indices}, values={self.values}, "
            f"dense_shape={self._dense_shape})"
        )

    def __mul__(self, dense: Any) -> SparseTensor:
        values, other = operands("SparseDenseCwiseMul", sp_values=self.values, dense=dense)
        return self.with_values(values * self._beside(other))

    __rmul__ = __mul__

    def __truediv__(self, dense: Any) -> SparseTensor:
        values, other = operands("SparseDenseCwiseDiv", sp_values=self.values, dense=dense)
        if not (values.is_floating_point() or values.is_complex()):
            # As TF1's true division of integers.
            small = values.dtype in (torch.int8, torch.uint8, torch.int16, torch.uint16)
            values = values.to(torch.float32 if small else torch.float64)
            other = other.to(values.dtype)
        return self.with_values(values / self._beside(other))

    def _beside(self, dense: Tensor) -> Tensor:
        """What a dense tensor, broadcast to this shape, has at these places."""
        try:
            whole = dense.expand(self.sizes)
        except RuntimeError:
            raise ValueError(
                "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
                f"[{','.join(map(str, self.sizes))}] vs. [{','.join(map(str, dense.shape))}]"
            ) from None
        return whole[places(self)]


register_pytree_node(
    SparseTensor,
    lambda sparse: ([sparse.indices, sparse.values, sparse.dense_shape], None),
    lambda parts, _: _of_parts(*parts),
    serialized_type_name="torchscope.ops.sparse.tensor.SparseTensor",
)


def _of_parts(indices: Any, values: Any, dense_shape: Any) -> SparseTensor:
    """One of anything: functions over trees put what they like in the place of tensors."""
    made = SparseTensor.__new__(SparseTensor)
    made.indices, made.values, made._dense_shape = indices, values, dense_shape
    return made


def _sizes(dense_shape: Any) -> Sizes | Tensor:
    """Sizes as integers where they are known, else their tensor."""
    if isinstance(dense_shape, Sizes):
        return Sizes(dense_shape, torch.int64)
    if isinstance(dense_shape, Tensor) and known.of(dense_shape) is None:
        check_rank("the dense shape", dense_shape, 1)
        return dense_shape
    numbers = numbers_of(dense_shape, "dense_shape")
    if not isinstance(numbers, list):
        raise ValueError(
            f"Received a scalar value '{numbers}' as shape: a dense shape is a list of sizes."
        )
    return Sizes(numbers, torch.int64)


def as_sparse(value: Any) -> SparseTensor:
    """The sparse tensor that an argument stands for.

    >>> as_sparse(SparseTensorValue([[0]], [5.0], [2])).shape
    (2,)

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, SparseTensor):
        return value
    if isinstance(value, SparseTensorValue):
        return SparseTensor(*value)
    raise TypeError(
        f"Input must be a SparseTensor. It is a {type(value).__name__}; tf.sparse.from_dense makes one "
        "of a dense tensor."
    )


def of_one_dtype(operation: str, one: SparseTensor, other: SparseTensor) -> None:
    """Refuses two sparse tensors of different dtypes.

    Raises:
        TypeError: they differ.
    """
    if one.dtype != other.dtype:
        raise TypeError(
            f"Input 'b_values' of '{operation}' Op has type {dtype_name(other.dtype)} that does not "
            f"match type {dtype_name(one.dtype)} of argument 'a_values'. Convert one of them."
        )


def places(sparse: SparseTensor) -> tuple[Tensor, ...]:
    """The indices as PyTorch's indexing takes them: a tensor for each axis.

    >>> places(SparseTensor([[0, 1]], [5.0], [2, 3]))
    (tensor([0]), tensor([1]))

    Raises:
        ValueError: on the CPU, one is outside. On other devices, and in a compiled graph, PyTorch
            refuses it when it comes to it.
    """
    indices, sizes = sparse.indices, sparse.sizes
    if readable(indices):
        limits = torch.tensor(sizes, dtype=torch.int64)
        outside = ((indices < 0) | (indices >= limits)).any(1)
        if outside.any():
            which = int(outside.nonzero()[0])
            raise ValueError(
                f"indices[{which}] = {_row(indices[which])} is out of bounds: need 0 <= index < "
                f"[{','.join(map(str, sizes))}]"
            )
        return indices.unbind(1)
    # To PyTorch a negative index counts from the end.
    return tuple(
        torch.where(index < 0, size, index)
        for index, size in zip(indices.unbind(1), sizes, strict=True)
    )


def flat_places(sparse: SparseTensor, axes: list[int]) -> Tensor:
    """The numbers of the values' places where some axes alone are laid out row by row.

    >>> flat_places(SparseTensor([[1, 2]], [5.0], [2, 3]), [0, 1])
    tensor([5])

    Raises:
        ValueError: as `places`.
    """
    found = torch.zeros_like(sparse.values, dtype=torch.int64)
    columns = places(sparse)
    for axis in axes:
        found = found * sparse.sizes[axis] + columns[axis]
    return found


def readable(tensor: Tensor) -> bool:
    """Whether values can be looked at for the sake of a check: on the CPU, and not in a recording."""
    return tensor.is_cpu and fakes.has_values(tensor)


def check_ordered(indices: Tensor) -> None:
    """Refuses, on the CPU, indices that are not in the order of rows, or repeated.

    Raises:
        ValueError: they are not.
    """
    if not readable(indices) or len(indices) < 2:
        return
    before, after = indices[:-1], indices[1:]
    differs = before != after
    first = differs.to(torch.int8).argmax(1, keepdim=True)
    rises = (before.gather(1, first) < after.gather(1, first)).squeeze(1)
    wrong = ~rises
    if wrong.any():
        which = int(wrong.nonzero()[0]) + 1
        start = f"indices[{which}] = {_row(indices[which])} is "
        if not differs[which - 1].any():
            raise ValueError(f"{start}repeated")
        raise ValueError(
            f"{start}out of order. Many sparse ops require sorted indices: `tf.sparse_reorder` sorts."
        )


def order_of(indices: Tensor) -> Tensor:
    """What sorts indices by rows: equal ones stay in the order that they have.

    >>> order_of(torch.tensor([[1, 0], [0, 1]]))
    tensor([1, 0])
    """
    order = torch.arange(len(indices), device=indices.device)
    for column in reversed(indices.unbind(1)):
        order = order[column[order].argsort(stable=True)]
    return order


def group_numbers(indices: Tensor) -> Tensor:
    """A number for each row of indices, the same for equal ones: no more than there are rows.

    >>> group_numbers(torch.tensor([[1, 0], [0, 1], [1, 0]]))
    tensor([1, 0, 1])
    """
    order = order_of(indices)
    ordered = indices[order]
    new = (ordered[1:] != ordered[:-1]).any(1)
    number = torch.cat([new.new_zeros(min(1, len(indices)), dtype=torch.int64), new.cumsum(0)])
    return torch.zeros_like(number).scatter(0, order, number)


def _row(index: Tensor) -> str:
    return f"[{','.join(map(str, index.tolist()))}]"
