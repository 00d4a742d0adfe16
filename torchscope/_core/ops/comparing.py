"""Comparisons of tensors, and the logic of bools and bits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_broadcast, of_dtype, wanted
from torchscope._core.ops.by_element import of_bools, of_one, of_two

_REAL = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.int64, torch.bfloat16, torch.uint16, torch.float16, torch.uint32, torch.uint64),
)
_ANY = (*_REAL, torch.complex64, torch.complex128, torch.bool)
_INTEGERS = (
    *(torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.uint8, torch.uint16, torch.uint32, torch.uint64),
)


@of_two("Equal", _ANY, numbers=True)
def equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where two tensors are equal (tf.equal).

    >>> equal([1, 2], 2)
    tensor([False,  True])

    Args:
        x: a tensor, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ.
        ValueError: the shapes cannot be broadcast.
    """
    return torch.eq(*_tensor_first(x, y))


@of_two("NotEqual", _ANY, numbers=True)
def not_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where two tensors differ (tf.not_equal).

    >>> not_equal([1, 2], 2)
    tensor([ True, False])

    Args:
        x: a tensor, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ.
        ValueError: the shapes cannot be broadcast.
    """
    return torch.ne(*_tensor_first(x, y))


def _tensor_first(x: Any, y: Any) -> tuple[Any, Any]:
    return (x, y) if isinstance(x, Tensor) else (y, x)


@of_two("Less", _REAL, numbers=True)
def less(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where a tensor is smaller than another (tf.less).

    >>> less([1, 2], 2)
    tensor([ True, False])

    Args:
        x: a tensor of real numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of bools or complex numbers.
        ValueError: the shapes cannot be broadcast.
    """
    result: Tensor = x < y
    return result


@of_two("LessEqual", _REAL, numbers=True)
def less_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where a tensor is not larger than another (tf.less_equal).

    >>> less_equal([1, 2], 1)
    tensor([ True, False])

    Args:
        x: as in `less`.
        y: as in `less`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `less`.
        ValueError: as in `less`.
    """
    result: Tensor = x <= y
    return result


@of_two("Greater", _REAL, numbers=True)
def greater(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where a tensor is larger than another (tf.greater).

    >>> greater([1, 2], 1)
    tensor([False,  True])

    Args:
        x: as in `less`.
        y: as in `less`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `less`.
        ValueError: as in `less`.
    """
    result: Tensor = x > y
    return result


@of_two("GreaterEqual", _REAL, numbers=True)
def greater_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where a tensor is not smaller than another (tf.greater_equal).

    >>> greater_equal([1, 2], 2)
    tensor([False,  True])

    Args:
        x: as in `less`.
        y: as in `less`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `less`.
        ValueError: as in `less`.
    """
    result: Tensor = x >= y
    return result


def logical_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where both of two tensors are true (tf.logical_and).

    >>> logical_and([True, False], True)
    tensor([ True, False])

    Args:
        x: a tensor of bools, or what makes one.
        y: another.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: they are of something else.
        ValueError: the shapes cannot be broadcast.
    """
    return _logical(torch.logical_and, "LogicalAnd", x, y)


def logical_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where one of two tensors is true, or both (tf.logical_or).

    >>> logical_or([True, False], False)
    tensor([ True, False])

    Args:
        x: a tensor of bools, or what makes one.
        y: another.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: they are of something else.
        ValueError: the shapes cannot be broadcast.
    """
    return _logical(torch.logical_or, "LogicalOr", x, y)


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Tensor:
    """Where one of two tensors is true, and the other not (tf.logical_xor).

    >>> logical_xor([True, False], True)
    tensor([False,  True])

    Args:
        x: a tensor of bools, or what makes one.
        y: another.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: they are of something else.
        ValueError: the shapes cannot be broadcast.
    """
    # TF1 makes it of others.
    return _logical(torch.logical_xor, "LogicalOr", x, y)


def _logical(function: Any, title: str, x: Any, y: Any) -> Tensor:
    if not (isinstance(x, Tensor) and isinstance(y, Tensor) and x.dtype == y.dtype == torch.bool):
        x, y = of_bools(title, x=x, y=y)
    try:
        return function(x, y)  # type: ignore[no-any-return]
    except RuntimeError:
        check_broadcast(("y", y), ("x", x))
        raise


def logical_not(x: Any, name: str | None = None) -> Tensor:
    """Where a tensor is false (tf.logical_not).

    >>> logical_not([True, False])
    tensor([False,  True])

    Args:
        x: a tensor of bools, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: it is of something else.
    """
    return of_bools("LogicalNot", x=x)[0].logical_not()


@of_two("BitwiseAnd", _INTEGERS, numbers=True)
def bitwise_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits that two tensors of integers have both (tf.bitwise.bitwise_and).

    >>> bitwise_and([5, 6], 3)
    tensor([1, 2], dtype=torch.int32)

    Args:
        x: a tensor of integers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are not of integers.
        ValueError: the shapes cannot be broadcast.
    """
    result: Tensor = x & y
    return result


@of_two("BitwiseOr", _INTEGERS, numbers=True)
def bitwise_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits that one of two tensors of integers has, or both (tf.bitwise.bitwise_or).

    >>> bitwise_or([5, 6], 3)
    tensor([7, 7], dtype=torch.int32)

    Args:
        x: as in `bitwise_and`.
        y: as in `bitwise_and`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `bitwise_and`.
        ValueError: as in `bitwise_and`.
    """
    result: Tensor = x | y
    return result


@of_two("BitwiseXor", _INTEGERS, numbers=True)
def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits that one of two tensors of integers has, and the other not (tf.bitwise.bitwise_xor).

    >>> bitwise_xor([5, 6], 3)
    tensor([6, 5], dtype=torch.int32)

    Args:
        x: as in `bitwise_and`.
        y: as in `bitwise_and`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `bitwise_and`.
        ValueError: as in `bitwise_and`.
    """
    result: Tensor = x ^ y
    return result


@of_two("LeftShift", _INTEGERS)
def left_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Integers with their bits moved up, by no more than they have (tf.bitwise.left_shift).

    >>> left_shift([5, 6], [1, 2])
    tensor([10, 24], dtype=torch.int32)

    Args:
        x: a tensor of integers, or what makes one.
        y: by how many bits, of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `bitwise_and`.
        ValueError: as in `bitwise_and`.
    """
    return torch.bitwise_left_shift(x, _shift(y))


@of_two("RightShift", _INTEGERS)
def right_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Integers with their bits moved down, their sign staying (tf.bitwise.right_shift).

    >>> right_shift([5, -8], [1, 2])
    tensor([ 2, -2], dtype=torch.int32)

    Args:
        x: a tensor of integers, or what makes one.
        y: by how many bits, of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `bitwise_and`.
        ValueError: as in `bitwise_and`.
    """
    return torch.bitwise_right_shift(x, _shift(y))


def _shift(bits: Tensor) -> Tensor:
    """To move by all bits or more is not defined in C; TF1 moves by one less."""
    return bits.clamp(0, torch.iinfo(bits.dtype).bits - 1)


@of_one(_INTEGERS)
def invert(x: Any, name: str | None = None) -> Tensor:
    """Integers with each bit turned (tf.bitwise.invert).

    >>> invert([0, 5])
    tensor([-1, -6], dtype=torch.int32)

    Args:
        x: a tensor of integers, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is another.
    """
    return torch.bitwise_not(x)


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether no element is smaller than the one before (tf.is_non_decreasing).

    >>> is_non_decreasing([1, 1, 2])
    tensor(True)

    Args:
        x: a tensor of real numbers, whose rows follow each other.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools or complex numbers.
    """
    row = _row(x)
    return (row[1:] >= row[:-1]).all()


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether each element is larger than the one before (tf.is_strictly_increasing).

    >>> is_strictly_increasing([1, 1, 2])
    tensor(False)

    Args:
        x: a tensor of real numbers, whose rows follow each other.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools or complex numbers.
    """
    row = _row(x)
    return (row[1:] > row[:-1]).all()


def _row(x: Any) -> Tensor:
    tensor = as_tensor(wanted("x", x))
    if tensor.dtype == torch.bool:
        raise TypeError(f"Expected x to be numeric, instead found: {tensor!r}")
    return of_dtype(tensor, "x", _REAL).reshape(-1)


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether something is a tensor of numbers (tf.is_numeric_tensor, tf.debugging.is_numeric_tensor).

    >>> is_numeric_tensor(torch.ones(2)), is_numeric_tensor(torch.tensor(True)), is_numeric_tensor(1)
    (True, False, False)

    Args:
        tensor: anything.
    """
    return isinstance(tensor, Tensor) and tensor.dtype in _ANY and tensor.dtype != torch.bool
