"""Arithmetic: sums, products, quotients and powers of two tensors, element by element."""

from __future__ import annotations

import operator
from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_same_dtype, wanted
from torchscope._core.ops.by_element import of_two
from torchscope._core.ops.sizes import Sizes
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import dtype_name

_F16, _F32, _F64 = (torch.bfloat16, torch.float16), torch.float32, torch.float64
_REAL_FLOATS = (*_F16, _F32, _F64)
_COMPLEX = (torch.complex64, torch.complex128)
_SIGNED = (torch.int8, torch.int16, torch.int32, torch.int64)
_UNSIGNED = (torch.uint8, torch.uint16, torch.uint32, torch.uint64)
# TF1 lists them in an order of each operation's own.
_ADDED = (*_REAL_FLOATS, *_UNSIGNED, *_SIGNED, *_COMPLEX)
_SUBTRACTED = (
    *(*_REAL_FLOATS, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.int32, torch.int64),
    *(*_COMPLEX, torch.uint32, torch.uint64),
)
MULTIPLIED = (
    *(*_REAL_FLOATS, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.int32),
    *(torch.uint32, torch.uint64, torch.int64, *_COMPLEX),
)
_DIVIDED = tuple(dtype for dtype in MULTIPLIED if not dtype.is_complex)
_INTEGERS_FIRST = (*_SIGNED, *_UNSIGNED, *_REAL_FLOATS)
_COMPARED = (
    *(*_REAL_FLOATS, torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32),
    *(torch.uint32, torch.int64, torch.uint64),
)
_DIVIDED_TO_FLOAT32 = (torch.int8, torch.uint8, torch.int16, torch.uint16)


def refuse_as_div(title: str, first: str, x: Tensor, second: str, y: Tensor) -> None:
    """Refuses two dtypes as what makes the second of the first one's does in TF1.

    Raises:
        ValueError: they differ, and not because of autocast.
    """
    if x.dtype != y.dtype:
        try:
            check_same_dtype(title, first, x, second, y)
        except TypeError as error:
            raise ValueError(
                f"{second}: Tensor conversion requested dtype {dtype_name(x.dtype)} for Tensor with "
                f"dtype {dtype_name(y.dtype)}: {error}"
            ) from None


def refuse_as_truediv(title: str, first: str, x: Tensor, second: str, y: Tensor) -> None:
    """Refuses two dtypes as what divides in Python 3's way does in TF1.

    Raises:
        TypeError: they differ, and not because of autocast.
    """
    if x.dtype != y.dtype:
        try:
            check_same_dtype(title, first, x, second, y)
        except TypeError as error:
            raise TypeError(
                f"`{first}` and `{second}` must have the same dtype, got tf.{dtype_name(x.dtype)} != "
                f"tf.{dtype_name(y.dtype)}. {error}"
            ) from None


@overload
def add(x: int, y: int, name: str | None = None) -> int: ...


@overload
def add(x: Sizes, y: Sizes | int, name: str | None = None) -> Sizes: ...


@overload
def add(x: int, y: Sizes, name: str | None = None) -> Sizes: ...


@overload
def add(x: Any, y: Any, name: str | None = None) -> Tensor: ...


@of_two("AddV2", _ADDED, whole=operator.add, numbers=True)
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """The sum of two tensors (tf.add).

    >>> add([1.0, 2.0], 3), add(2, 3)
    (tensor([4., 5.]), 5)

    Args:
        x: a tensor of numbers, or what makes one. Python's integers and sizes stay so.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of bools.
        ValueError: the shapes cannot be broadcast.
    """
    return x + y


@overload
def subtract(x: int, y: int, name: str | None = None) -> int: ...


@overload
def subtract(x: Sizes, y: Sizes | int, name: str | None = None) -> Sizes: ...


@overload
def subtract(x: int, y: Sizes, name: str | None = None) -> Sizes: ...


@overload
def subtract(x: Any, y: Any, name: str | None = None) -> Tensor: ...


@of_two("Sub", _SUBTRACTED, whole=operator.sub, numbers=True)
def subtract(x: Any, y: Any, name: str | None = None) -> Any:
    """The difference of two tensors (tf.subtract, tf.sub).

    >>> subtract(1.0, torch.tensor([1.0, 3.0]))
    tensor([ 0., -2.])

    Args:
        x: as in `add`.
        y: as in `add`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
    """
    return x - y


@overload
def multiply(x: int, y: int, name: str | None = None) -> int: ...


@overload
def multiply(x: Sizes, y: Sizes | int, name: str | None = None) -> Sizes: ...


@overload
def multiply(x: int, y: Sizes, name: str | None = None) -> Sizes: ...


@overload
def multiply(x: Any, y: Any, name: str | None = None) -> Tensor: ...


@of_two("Mul", MULTIPLIED, whole=operator.mul, numbers=True)
def multiply(x: Any, y: Any, name: str | None = None) -> Any:
    """The product of two tensors, by element (tf.multiply, tf.mul).

    >>> multiply([1.0, 2.0], [[3.0], [4.0]])
    tensor([[3., 6.],
            [4., 8.]])

    Args:
        x: as in `add`.
        y: as in `add`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
    """
    return x * y


def as_floats(x: Any) -> Any:
    """A tensor of integers as the floats that TF1 divides them as; all else as it is.

    >>> as_floats(torch.tensor([1, 2]))
    tensor([1., 2.], dtype=torch.float64)
    """
    if not isinstance(x, Tensor) or x.is_floating_point() or x.is_complex():
        return x
    return x.to(_F32 if x.dtype in _DIVIDED_TO_FLOAT32 else _F64)


@of_two("RealDiv", MULTIPLIED, numbers=True, refuse=refuse_as_truediv)
def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient of two tensors; that of integers is a float (tf.truediv).

    >>> truediv([1, 2], 4)
    tensor([0.2500, 0.5000], dtype=torch.float64)

    Args:
        x: a tensor of numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The quotient: float32 of integers of up to 16 bits, float64 of larger ones.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
    """
    result: Tensor = as_floats(x) / as_floats(y)
    return result


def divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient of two tensors, as Python 3 divides (tf.divide).

    >>> divide(1, torch.tensor([2.0, 4.0]))
    tensor([0.5000, 0.2500])

    Args:
        x: a tensor of numbers, or what makes one, then of the dtype of `y`.
        y: as in `truediv`.
        name: accepted for TF1 code; it has no effect.

    Returns:
        As in `truediv`.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
    """
    if isinstance(y, Tensor) and not isinstance(x, Tensor):
        x = as_tensor(wanted("x", x), y, y.dtype)
    return truediv(x, y)


@of_two("RealDiv", (*_REAL_FLOATS, *_COMPLEX), numbers=True)
def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient of two tensors of floats (tf.realdiv).

    >>> realdiv([1.0, 2.0], 4)
    tensor([0.2500, 0.5000])

    Args:
        x: a tensor of floats or complex numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of integers.
        ValueError: as in `add`.
    """
    result: Tensor = x / y
    return result


@overload
def floordiv(x: int, y: int, name: str | None = None) -> int: ...


@overload
def floordiv(x: Sizes, y: Sizes | int, name: str | None = None) -> Sizes: ...


@overload
def floordiv(x: int, y: Sizes, name: str | None = None) -> Sizes: ...


@overload
def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor: ...


@of_two("FloorDiv", _DIVIDED, whole=operator.floordiv, numbers=True)
def floordiv(x: Any, y: Any, name: str | None = None) -> Any:
    """The quotient of two tensors, rounded down (tf.floordiv, tf.floor_div).

    >>> floordiv([-7, 7], 2), floordiv(7, 2)
    (tensor([-4,  3], dtype=torch.int32), 3)

    Args:
        x: a tensor of real numbers, or what makes one. Python's integers and sizes stay so.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
        ZeroDivisionError: integers are divided by 0, and not on a GPU.
    """
    # PyTorch's own rounds the quotient down before it is rounded to a float.
    return (x / y).floor() if _areas_floats(x, y) else x // y


@overload
def div(x: int, y: int, name: str | None = None) -> int: ...


@overload
def div(x: Sizes, y: Sizes | int, name: str | None = None) -> Sizes: ...


@overload
def div(x: int, y: Sizes, name: str | None = None) -> Sizes: ...


@overload
def div(x: Any, y: Any, name: str | None = None) -> Tensor: ...


@of_two("FloorDiv", MULTIPLIED, whole=operator.floordiv, numbers=True, refuse=refuse_as_div)
def div(x: Any, y: Any, name: str | None = None) -> Any:
    """The quotient of two tensors, as Python 2 divides: integers are rounded down (tf.div).

    >>> div([-7, 7], 2), div([1.0], 2)
    (tensor([-4,  3], dtype=torch.int32), tensor([0.5000]))

    Args:
        x: a tensor of numbers, or what makes one. Python's integers and sizes stay so.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools, or cannot hold a number.
        ValueError: the dtypes differ, or the shapes cannot be broadcast.
        ZeroDivisionError: integers are divided by 0, and not on a GPU.
    """
    given = x if isinstance(x, Tensor) else y
    return x / y if given.is_floating_point() or given.is_complex() else x // y


@of_two("TruncateDiv", _DIVIDED, numbers=True)
def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient of two tensors, rounded towards 0 (tf.truncatediv).

    >>> truncatediv([-7, 7], 2)
    tensor([-3,  3], dtype=torch.int32)

    Args:
        x: a tensor of real numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
        ZeroDivisionError: integers are divided by 0, and not on a GPU.
    """
    if _areas_floats(x, y):
        result: Tensor = (x / y).trunc()
        return result
    return torch.div(*_tensors(x, y), rounding_mode="trunc")


@of_two("FloorMod", _INTEGERS_FIRST, whole=operator.mod, numbers=True)
def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """What `floordiv` leaves, with the sign of the divisor (tf.floormod, tf.mod).

    >>> floormod([-7, 7], 3), floormod(7, 3)
    (tensor([2, 1], dtype=torch.int32), 1)

    Args:
        x: a tensor of real numbers, or what makes one. Python's integers and sizes stay so.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: as in `add`.
        ValueError: as in `add`.
        ZeroDivisionError: integers are divided by 0, and not on a GPU.
    """
    return torch.remainder(x, y)


@of_two("TruncateMod", (torch.int32, torch.int64, *_REAL_FLOATS))
def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """What `truncatediv` leaves, with the sign of the dividend (tf.truncatemod).

    >>> truncatemod([-7, 7], 3)
    tensor([-1,  1], dtype=torch.int32)

    Args:
        x: a tensor of floats, int32 or int64, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: as in `add`.
        ZeroDivisionError: integers are divided by 0, and not on a GPU.
    """
    return torch.fmod(x, y)


@of_two("Pow", (torch.bfloat16, _F32, torch.float16, _F64, *_SIGNED, *_COMPLEX), numbers=True)
def power(x: Any, y: Any, name: str | None = None) -> Tensor:
    """A tensor to the power of another (tf.pow).

    >>> power([2, 3], 2)
    tensor([4, 9], dtype=torch.int32)

    Args:
        x: a tensor of numbers, or what makes one.
        y: the exponents, of the same dtype; not negative where they are integers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are unsigned or bools.
        ValueError: the shapes cannot be broadcast, or an integer is to have a negative power.
    """
    if not isinstance(y, Tensor):
        if not x.is_floating_point() and y < 0:
            raise _negative_power()
        result: Tensor = x**y
        return result
    x, y = _tensors(x, y)
    if y.is_floating_point() and y.requires_grad:
        # Below 0 the exponent has no gradient to TF1, which takes the logarithm only above.
        above = x > 0
        return torch.where(
            above, torch.where(above, x, 1.0) ** y, torch.where(above, 1.0, x) ** y.detach()
        )
    if not y.is_floating_point() and not y.is_complex():
        if y.is_cpu and fakes.has_values(y):
            if (y < 0).any():
                raise _negative_power()
        elif not y.is_meta:
            # Nobody waits for a GPU to say it.
            torch._assert_async((y >= 0).all(), str(_negative_power()))
    return torch.pow(x, y)


def _negative_power() -> ValueError:
    return ValueError(
        "Integers to negative integer powers are not allowed: make floats of both first, "
        "tf.cast(x, tf.float32)."
    )


@of_two("Maximum", _COMPARED, whole=torch.sym_max, numbers=True)
def maximum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The larger of two tensors' elements, NaN where one is (tf.maximum).

    Where they are equal the gradient is all of the first one's.

    >>> maximum([1.0, -2.0], 0.0), maximum(2, 3)
    (tensor([1., 0.]), 3)

    Args:
        x: a tensor of real numbers, or what makes one. Python's integers and sizes stay so.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of bools or complex numbers.
        ValueError: as in `add`.
    """
    # torch.maximum shares the gradient between equal ones, this does not.
    x, y = (x, y) if isinstance(x, Tensor) else _tensors(x, y)
    return torch.clamp_min(x, y)


@of_two("Minimum", _COMPARED, whole=torch.sym_min, numbers=True)
def minimum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The smaller of two tensors' elements, NaN where one is (tf.minimum).

    Where they are equal the gradient is all of the first one's.

    >>> minimum([1.0, -2.0], 0.0), minimum(2, 3)
    (tensor([ 0., -2.]), 2)

    Args:
        x: a tensor of real numbers, or what makes one. Python's integers and sizes stay so.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are of bools or complex numbers.
        ValueError: as in `add`.
    """
    x, y = (x, y) if isinstance(x, Tensor) else _tensors(x, y)
    return torch.clamp_max(x, y)


@of_two("SquaredDifference", (*_REAL_FLOATS, torch.int32, torch.int64, *_COMPLEX), numbers=True)
def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The square of the difference of two tensors (tf.squared_difference).

    >>> squared_difference([1.0, 5.0], 3)
    tensor([4., 4.])

    Args:
        x: a tensor of floats, int32, int64 or complex numbers, or what makes one.
        y: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Of complex numbers the square of its absolute value.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: as in `add`.
    """
    difference = x - y
    difference = difference.conj() * difference if difference.is_complex() else difference.square()
    result: Tensor = difference
    return result


@of_two("Atan2", _REAL_FLOATS)
def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """The angle of the point (x, y), from -pi to pi (tf.atan2).

    >>> atan2([1.0, 0.0], [1.0, -1.0])
    tensor([0.7854, 3.1416])

    Args:
        y: a tensor of floats, or what makes one.
        x: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are not of floats.
        ValueError: as in `add`.
    """
    return torch.atan2(y, x)


@of_two("NextAfter", (_F64, _F32))
def nextafter(x1: Any, x2: Any, name: str | None = None) -> Tensor:
    """The next number that a float can be, in the direction of another (tf.math.nextafter).

    >>> nextafter([0.0], [1.0])
    tensor([1.4013e-45])

    Args:
        x1: a tensor of float32 or float64, or what makes one.
        x2: another of the same dtype: the direction.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: as in `add`.
    """
    return torch.nextafter(x1, x2)


def _tensors(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Two of which one may be a Python number."""
    if not isinstance(x, Tensor):
        return as_tensor(x, y, y.dtype), y
    return x, y if isinstance(y, Tensor) else as_tensor(y, x, x.dtype)


def _areas_floats(x: Any, y: Any) -> bool:
    return bool((x if isinstance(x, Tensor) else y).is_floating_point())
