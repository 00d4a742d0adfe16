"""Initializers that are determined: zeros, ones, given numbers, the identity."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.initializers.base import (
    Initializer,
    check_numbers,
    default_device,
    floating,
    two_dimensions,
)
from torchscope._core.values.conversion import as_dtype, convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.partitioners import PartitionInfo


class Zeros(Initializer):
    """All zeros, of any dtype (tf.zeros_initializer).

    >>> Zeros()([2], torch.bool)
    tensor([False, False])
    """

    def __init__(self, dtype: Any = torch.float32) -> None:
        self.dtype: torch.dtype = as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.zeros(shape, dtype=dtype)


class Ones(Initializer):
    """All ones, of any dtype (tf.ones_initializer).

    >>> Ones()([2], torch.int32)
    tensor([1, 1], dtype=torch.int32)
    """

    def __init__(self, dtype: Any = torch.float32) -> None:
        self.dtype: torch.dtype = as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.ones(shape, dtype=dtype)


class Constant(Initializer):
    """A number everywhere, or a list of numbers in row-major order (tf.constant_initializer).

    A list that is too short is filled up with its last number, an empty one with zeros, as TF1
    fills them.

    >>> Constant([1, 2, 3])([2, 2])
    tensor([[1., 2.],
            [3., 3.]])

    Raises:
        TypeError: the value is no number or list of numbers, the dtype cannot hold it, or
            `verify_shape` found another shape.
        ValueError: there are more numbers than the shape takes.
    """

    def __init__(
        self, value: Any = 0, dtype: Any = torch.float32, verify_shape: bool = False
    ) -> None:
        array = hasattr(value, "dtype") and hasattr(value, "shape")
        if not (array or isinstance(value, bool | int | float | complex | list | tuple)):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. "
                "Expected Python scalar, list or tuple of values, or numpy.ndarray."
            )
        self.value: Any = value
        self.dtype: torch.dtype = as_dtype(dtype)
        self.verify_shape = verify_shape

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        value, size = self.value, math.prod(shape)
        array = isinstance(value, Tensor) or hasattr(value, "__array__")
        if not array:
            if size == 0:
                # TF1 does not look at the value then.
                return torch.zeros(shape, dtype=dtype)
            check_numbers(value, dtype)
        given = convert_to_tensor(value, None if array else dtype).to(dtype)
        if self.verify_shape and tuple(given.shape) != shape:
            raise TypeError(
                f"Expected Tensor's shape: {shape_text(shape)}, but got {shape_text(given.shape)}."
            )
        if given.numel() > size:
            raise ValueError(
                f"Too many elements provided. Takes at most {size}, but got {given.numel()}."
            )
        flat = given.to(default_device()).flatten()
        if flat.numel() < size:
            last = flat[-1:] if flat.numel() else flat.new_zeros(1)
            flat = torch.cat([flat, last.expand(size - flat.numel())])
        return flat.reshape(shape).clone()


class Identity(Initializer):
    """The identity matrix, times `gain` (tf.initializers.identity).

    >>> Identity(2.0)([2, 3])
    tensor([[2., 0., 0.],
            [0., 2., 0.]])

    Raises:
        ValueError: the shape has not two dimensions.
        TypeError: the dtype is one of integers.
    """

    gain: float
    dtype: torch.dtype

    def __init__(self, gain: float = 1.0, dtype: Any = torch.float32) -> None:
        self.gain, self.dtype = gain, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if len(shape) != 2:
            raise ValueError(two_dimensions(shape))
        if not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(f"Expected {dtype_name(dtype)}, but got {self.gain} of type 'float'.")
        return self.gain * torch.eye(*shape, dtype=dtype)

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        whole = self._fill(tuple(partition.full_shape), dtype)
        offsets = zip(partition.var_offset, shape, strict=True)
        return whole[tuple(slice(at, at + size) for at, size in offsets)]
