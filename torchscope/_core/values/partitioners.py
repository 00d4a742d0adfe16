"""Partitioners: variables that are cut into pieces along one axis, and are one tensor to the model.

Checkpoints of large TF1 models hold such pieces, under 'name/part_0', 'name/part_1' and so on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.conversion import as_dtype, as_shape, dtype_name, shape_text

Partitioner = Callable[..., Sequence[int]]


@dataclass(frozen=True, slots=True)
class PartitionInfo:
    """Where a piece lies in the whole; initializers that take `partition_info` are given it.

    Attributes:
        full_shape: the shape of the whole.
        var_offset: where the piece begins, along each axis.
    """

    full_shape: list[int]
    var_offset: list[int]


class PartitionedVariable:
    """A variable in pieces: what get_variable gives where a partitioner cut it.

    It computes like the tensor that its pieces make when they are put together, and gradients
    reach the pieces. Iterating gives the pieces.

    >>> import torchscope as ts
    >>> with ts.variable_scope("emb", partitioner=ts.fixed_size_partitioner(2)):
    ...     table = ts.get_variable("table", [5, 3])
    >>> [(piece.name, tuple(piece.shape)) for piece in table]
    [('emb/table/part_0:0', (3, 3)), ('emb/table/part_1:0', (2, 3))]
    >>> (table @ torch.ones(3)).shape, table.as_tensor().shape
    (torch.Size([5]), torch.Size([5, 3]))
    """

    def __init__(
        self,
        name: str,
        shape: Sequence[int],
        dtype: torch.dtype,
        variable_list: Sequence[Any],
        partitions: Sequence[int],
    ) -> None:
        self._name = name
        self._shape = tuple(shape)
        self._dtype = dtype
        self._pieces = tuple(variable_list)
        self._partitions = list(partitions)

    @property
    def name(self) -> str:
        """The full name of the whole, without ':0'."""
        return self._name

    @property
    def shape(self) -> torch.Size:
        """The shape of the whole."""
        return torch.Size(self._shape)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype that it was declared with."""
        return self._dtype

    @property
    def partitions(self) -> list[int]:
        """Into how many pieces each axis is cut."""
        return list(self._partitions)

    @property
    def axis(self) -> int:
        """The axis along which it is cut."""
        return next((axis for axis, count in enumerate(self._partitions) if count > 1), 0)

    def as_tensor(self) -> Tensor:
        """The pieces put together, in one tensor through which gradients flow."""
        if len(self._pieces) == 1:
            piece: Tensor = self._pieces[0]
            return piece
        return torch.cat(self._pieces, dim=self.axis)

    def _cut(self, value: Any) -> list[Any]:
        if isinstance(value, Tensor):
            if tuple(value.shape) != self._shape:
                raise ValueError(
                    f"Dimensions of {self._name} and of what is assigned to it must be equal, but "
                    f"are {shape_text(self._shape)} and {shape_text(value.shape)}."
                )
            return list(torch.split(value, [p.shape[self.axis] for p in self._pieces], self.axis))
        return list(value)

    def assign(self, value: Any) -> list[Any]:
        """Assigns a tensor of the whole shape, or a list of pieces; returns the pieces."""
        return [p.assign(v) for p, v in zip(self._pieces, self._cut(value), strict=True)]

    def assign_add(self, value: Any) -> list[Any]:
        """Adds a tensor of the whole shape, or a list of pieces; returns the pieces."""
        return [p.assign_add(v) for p, v in zip(self._pieces, self._cut(value), strict=True)]

    def assign_sub(self, value: Any) -> list[Any]:
        """Subtracts a tensor of the whole shape, or a list of pieces; returns the pieces."""
        return [p.assign_sub(v) for p, v in zip(self._pieces, self._cut(value), strict=True)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    def __repr__(self) -> str:
        return (
            f"<PartitionedVariable '{self._name}' shape={shape_text(self._shape)} "
            f"dtype={dtype_name(self._dtype)} partitions={self._partitions}>"
        )

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        def whole(value: Any) -> Any:
            if isinstance(value, PartitionedVariable):
                return value.as_tensor()
            if isinstance(value, list | tuple):
                return type(value)([whole(item) for item in value])
            return value

        kwargs = {key: whole(value) for key, value in (kwargs or {}).items()}
        return function(*whole(args), **kwargs)

    def __getattr__(self, name: str) -> Any:
        # A tensor's other methods: what the model does with the whole.
        if name.startswith("_") or not hasattr(Tensor, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.as_tensor(), name)


def _operator(name: str) -> Callable[..., Any]:
    def operate(self: PartitionedVariable, *others: Any) -> Any:
        others = tuple(o.as_tensor() if isinstance(o, PartitionedVariable) else o for o in others)
        return getattr(self.as_tensor(), name)(*others)

    operate.__name__ = name
    return operate


for _name in (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("radd", "rsub", "rmul", "rmatmul", "rtruediv", "rfloordiv", "rpow"),
    *("neg", "abs", "lt", "le", "gt", "ge", "getitem"),
):
    setattr(PartitionedVariable, f"__{_name}__", _operator(f"__{_name}__"))


def partitions_of(
    partitioner: Any, shape: tuple[int | None, ...] | None, dtype: torch.dtype
) -> list[int]:
    """What a partitioner says, checked as TF1 checks it.

    Raises:
        ValueError: the shape is not known, or the answer is no list of one number for each axis,
            at most one of them above 1.
    """
    if not callable(partitioner):
        raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
    if shape is None or None in shape:
        asked = "<unknown>" if shape is None else shape_text(shape)
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {asked}."
        )
    partitions = partitioner(shape=torch.Size([d for d in shape if d is not None]), dtype=dtype)
    if not isinstance(partitions, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {partitions}")
    partitions = list(partitions)
    if len(partitions) != len(shape):
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{partitions} vs. {shape_text(shape)}"
        )
    if any(count < 1 for count in partitions):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {partitions}")
    if sum(count > 1 for count in partitions) > 1:
        raise ValueError(
            "Can only slice a variable along one dimension: "
            f"shape: {shape_text(shape)}, partitioning: {partitions}"
        )
    return partitions


def pieces_of(shape: Sequence[int], partitions: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Offset and shape of each piece; the first ones take what does not divide evenly.

    >>> pieces_of([5, 3], [2, 1])
    [([0, 0], [3, 3]), ([3, 0], [2, 3])]

    Raises:
        ValueError: there are more pieces than the axis is long.
        TypeError: a number of pieces is no integer.
    """
    axis = next((axis for axis, count in enumerate(partitions) if count > 1), 0)
    count = partitions[axis]
    each, left = divmod(shape[axis], count)
    pieces, offset = [], [0] * len(shape)
    for number in range(count):
        size = list(shape)
        size[axis] = each + (number < left)
        if size[axis] == 0 and count > 1:
            raise ValueError(
                f"Expected 0 <= offset < shape but found offset={offset[axis]}, "
                f"shape={shape[axis]} for var_offset={offset}, full_shape={list(shape)}"
            )
        pieces.append((list(offset), size))
        offset[axis] += size[axis]
    return pieces


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """Cuts every variable into `num_shards` pieces along `axis` (tf.fixed_size_partitioner).

    >>> fixed_size_partitioner(3)(shape=[10, 4], dtype=torch.float32)
    [3, 1]

    Args:
        num_shards: how many pieces; fewer where the axis is shorter.
        axis: the axis to cut.
    """

    def partitioner(shape: Sequence[int], **_: Any) -> list[int]:
        partitions = [1] * len(shape)
        partitions[axis] = min(num_shards, shape[axis])
        return partitions

    return partitioner


def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """Cuts a variable so that no piece is larger than so many bytes.

    Answers to tf.variable_axis_size_partitioner.

    >>> variable_axis_size_partitioner(64)(shape=[10, 4], dtype=torch.float32)
    [3, 1]

    Args:
        max_shard_bytes: the largest size of a piece, in bytes; one slice is never cut further.
        axis: the axis to cut.
        bytes_per_string_element: accepted for TF1 code; there are no strings here.
        max_shards: the largest number of pieces.

    Raises:
        ValueError: a number is not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, "
            f"max_shard_bytes is {max_shard_bytes} and"
            f"bytes_per_string_element is {bytes_per_string_element}"
        )
    if max_shards is not None and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Sequence[int], dtype: Any) -> list[int]:
        known = _defined(shape)
        partitions = [1] * len(known)
        slice_bytes = math.prod(known) // known[axis] * as_dtype(dtype).itemsize
        per_shard = max(1, max_shard_bytes // slice_bytes)
        shards = -(-known[axis] // per_shard)
        partitions[axis] = shards if max_shards is None else min(max_shards, shards)
        return partitions

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """Cuts a variable into as many pieces as keep a least size (tf.min_max_variable_partitioner).

    >>> min_max_variable_partitioner(5)(shape=[100000, 3], dtype=torch.float32)
    [5, 1]

    Args:
        max_partitions: the largest number of pieces.
        axis: the axis to cut.
        min_slice_size: the least size of a piece, in bytes.
        bytes_per_string_element: accepted for TF1 code; there are no strings here.
    """

    def partitioner(shape: Sequence[int], dtype: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(
                f"Cannot partition variable along axis {axis} when shape is only "
                f"{shape_text(shape)}"
            )
        known = _defined(shape)
        size = math.prod(known) * as_dtype(dtype).itemsize
        partitions = [1] * len(known)
        wanted = max(1, math.ceil(size / min_slice_size))
        partitions[axis] = max(1, min(known[axis], max_partitions, wanted))
        return partitions

    return partitioner


def _defined(shape: Sequence[int]) -> list[int]:
    dimensions = as_shape(shape)
    if None in dimensions:
        raise ValueError(f"shape is not fully defined: {shape_text(dimensions)}")
    return [dimension for dimension in dimensions if dimension is not None]
