"""The same numbers in another dtype; the parts of complex ones."""

from __future__ import annotations

import math
from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, check_broadcast, of_dtype, wanted
from torchscope._core.ops.by_element import of_one
from torchscope._core.ops.sizes import Sizes, tensor_of
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text

_FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
_REAL = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.int64, torch.bfloat16, torch.uint16, torch.float16, torch.uint32, torch.uint64),
)
_BITS = (
    *(*_FLOATS, torch.int64, torch.int32, torch.uint8, torch.uint16, torch.uint32, torch.uint64),
    *(torch.int8, torch.int16, torch.complex64, torch.complex128),
)


@overload
# Any: it is the dtype that says whether integers stay so.
def cast(x: int | Sizes, dtype: Any, name: str | None = None) -> Any: ...


@overload
def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor: ...


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """A tensor's numbers in another dtype (tf.cast).

    Floats become integers by being cut off, complex numbers real ones by losing their imaginary
    part, and all but 0 becomes True.

    >>> cast([1.7, -1.7], torch.int32), cast([0.0, 0.5], "bool")
    (tensor([ 1, -1], dtype=torch.int32), tensor([False,  True]))

    Args:
        x: a tensor, or what makes one. Of int32, Python's integers and sizes stay so.
        dtype: the dtype, or its name.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, itself if it is of that dtype.

    Raises:
        ValueError: it is None.
        TypeError: it is no number and holds none, or there is no such dtype.
    """
    if not isinstance(dtype, torch.dtype):
        dtype = as_dtype(dtype)
    if not isinstance(x, Tensor):
        if isinstance(x, int | torch.SymInt | Sizes) and not isinstance(x, bool):
            found = _of_integers(x, dtype)
            if found is not None:
                return found
        if x is None:
            raise ValueError("None values not supported.")
        x = as_tensor(x)
    if x.dtype == dtype:
        return x
    if x.is_complex() and not dtype.is_complex:
        x = x.real
    cast = x.to(dtype)
    numbers = known.of(x) if dtype in _WHOLE else None
    return cast if numbers is None or not _fit(numbers, dtype) else known.note(cast, numbers)


# What sizes and indices are made of.
_WHOLE = (torch.int32, torch.int64)


def _of_integers(x: Any, dtype: torch.dtype) -> Any:
    """Sizes and integers that stay so; None where a tensor is made that nobody has to know."""
    if isinstance(x, Sizes):
        return Sizes(x, dtype) if dtype in _WHOLE else None
    if dtype not in _WHOLE or not _fit(x, torch.int32):
        return None
    return x if dtype == torch.int32 else tensor_of(x, dtype, device_of_the_net())


def _fit(numbers: Any, dtype: torch.dtype) -> bool:
    if isinstance(numbers, list):
        return all(_fit(each, dtype) for each in numbers)
    limits = torch.iinfo(dtype)
    return isinstance(numbers, torch.SymInt) or limits.min <= numbers <= limits.max


def to_float(x: Any, name: str = "ToFloat") -> Tensor:
    """A tensor as float32 (tf.to_float).

    >>> to_float([1, 2])
    tensor([1., 2.])

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    result: Tensor = cast(x, torch.float32)
    return result


def to_double(x: Any, name: str = "ToDouble") -> Tensor:
    """A tensor as float64 (tf.to_double).

    >>> to_double([1, 2])
    tensor([1., 2.], dtype=torch.float64)

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    result: Tensor = cast(x, torch.float64)
    return result


def to_bfloat16(x: Any, name: str = "ToBFloat16") -> Tensor:
    """A tensor as bfloat16 (tf.to_bfloat16).

    >>> to_bfloat16([1, 2])
    tensor([1., 2.], dtype=torch.bfloat16)

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    result: Tensor = cast(x, torch.bfloat16)
    return result


@overload
def to_int32(x: int, name: str = "ToInt32") -> int: ...


@overload
def to_int32(x: Sizes, name: str = "ToInt32") -> Sizes: ...


@overload
def to_int32(x: Any, name: str = "ToInt32") -> Tensor: ...


def to_int32(x: Any, name: str = "ToInt32") -> Any:
    """A tensor as int32 (tf.to_int32).

    >>> to_int32([1.5, -1.5])
    tensor([ 1, -1], dtype=torch.int32)

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    return cast(x, torch.int32)


@overload
def to_int64(x: Sizes, name: str = "ToInt64") -> Sizes: ...


@overload
def to_int64(x: Any, name: str = "ToInt64") -> Tensor: ...


def to_int64(x: Any, name: str = "ToInt64") -> Any:
    """A tensor as int64 (tf.to_int64).

    >>> to_int64([1.5, -1.5])
    tensor([ 1, -1])

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    return cast(x, torch.int64)


def to_complex64(x: Any, name: str = "ToComplex64") -> Tensor:
    """A tensor as complex64 (tf.to_complex64).

    >>> to_complex64([1.0])
    tensor([1.+0.j])

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    result: Tensor = cast(x, torch.complex64)
    return result


def to_complex128(x: Any, name: str = "ToComplex128") -> Tensor:
    """A tensor as complex128 (tf.to_complex128).

    >>> to_complex128([1.0])
    tensor([1.+0.j], dtype=torch.complex128)

    Args:
        x: as in `cast`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `cast`.
        TypeError: as in `cast`.
    """
    result: Tensor = cast(x, torch.complex128)
    return result


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """A tensor in another dtype, of which it takes the ends where it is beyond them (tf.saturate_cast).

    >>> saturate_cast([-5.0, 1.5, 300.0], torch.uint8)
    tensor([  0,   1, 255], dtype=torch.uint8)

    Args:
        value: a tensor of real numbers, or what makes one; of complex ones the real part is taken.
        dtype: the dtype, or its name.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools.
    """
    dtype, tensor = as_dtype(dtype), as_tensor(wanted("value", value))
    if torch.bool in {dtype, tensor.dtype}:
        raise TypeError(
            "Cannot find minimum value of <dtype: 'bool'> with type <dtype: 'bool'>. tf.cast makes "
            "bools, and numbers of them."
        )
    if dtype.is_complex:
        return tensor.to(dtype)
    tensor = tensor.real if tensor.is_complex() else tensor
    least, most = _ends(tensor.dtype, dtype)
    return tensor.clamp(least, most).to(dtype)


def _ends(dtype: torch.dtype, other: torch.dtype) -> tuple[Any, Any]:
    """The smallest and the largest numbers of one dtype that another has as well."""
    own, its = (
        torch.finfo(each) if each.is_floating_point else torch.iinfo(each)
        for each in (dtype, other)
    )
    least, most = max(own.min, its.min), min(own.max, its.max)
    if dtype.is_floating_point and not other.is_floating_point and most == its.max:
        # The next float may be one too many.
        most = int(most)
        digits = round(-math.log2(torch.finfo(dtype).eps)) + 1
        most -= most % 2 ** max(most.bit_length() - digits, 0)
    return least, most


@of_one(_BITS)
def _bits(input: Any) -> Tensor:
    return input  # type: ignore[no-any-return]


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """The bits of a tensor, read as numbers of another dtype (tf.bitcast).

    >>> bitcast([1.0], torch.int32)
    tensor([1065353216], dtype=torch.int32)
    >>> bitcast(torch.ones(2, 3), torch.uint8).shape
    torch.Size([2, 3, 4])

    Args:
        input: a tensor of numbers, or what makes one.
        type: the dtype. Smaller numbers get an axis of their own, the last; larger ones are made of
            those along the last axis.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools.
        ValueError: the last axis has not the length that makes one number.
    """
    tensor: Tensor = _bits(input)
    dtype = as_dtype(type)
    count = dtype.itemsize // tensor.dtype.itemsize
    if dtype.itemsize < tensor.dtype.itemsize:
        return tensor.unsqueeze(-1).contiguous().view(dtype)
    if count == 1:
        return tensor.view(dtype)
    if tensor.ndim == 0:
        raise ValueError(
            f"Shape must be at least rank 1 but is rank 0: one {dtype_name(dtype)} is made of "
            f"{count} numbers."
        )
    if tensor.shape[-1] != count:
        raise ValueError(
            f"Cannot bitcast from 1 to {count} due to shape. The last axis of "
            f"{shape_text(tensor.shape)} must have length {count}."
        )
    return tensor.contiguous().view(dtype).squeeze(-1)


def complex_of(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """Complex numbers of their two parts (tf.complex).

    >>> complex_of([1.0, 2.0], 3.0)
    tensor([1.+3.j, 2.+3.j])

    Args:
        real: a tensor of float32 or float64, or what makes one.
        imag: another of the same dtype.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or are others.
        ValueError: the shapes cannot be broadcast, or one is None.
    """
    if real is None or imag is None:
        raise ValueError("None values not supported.")
    parts = [as_tensor(real, imag), as_tensor(imag, real)]
    names = [dtype_name(part.dtype) for part in parts]
    if names[0] != names[1] or names[0] not in ("float32", "float64"):
        raise TypeError(
            f"The `real` and `imag` components have incorrect types: {names[0]} {names[1]}. They "
            "must be consistent, and one of [tf.float32, tf.float64]"
        )
    try:
        return torch.complex(*parts)
    except RuntimeError:
        check_broadcast(("imag", parts[1]), ("real", parts[0]))
        raise


def real(input: Any, name: str | None = None) -> Tensor:
    """The real parts (tf.real).

    >>> real([1.0 + 2.0j])
    tensor([1.], dtype=torch.float64)

    Args:
        input: a tensor of numbers, or what makes one. Real ones are given back.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools.
    """
    tensor = _of_numbers(input)
    if tensor.dtype == torch.bool:
        raise TypeError("input must be a numeric tensor, but got tensor with dtype <dtype: 'bool'>")
    return tensor.real if tensor.is_complex() else tensor


def imag(input: Any, name: str | None = None) -> Tensor:
    """The imaginary parts, zeros of real numbers (tf.imag).

    >>> imag([1.0 + 2.0j])
    tensor([2.], dtype=torch.float64)

    Args:
        input: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.
    """
    tensor = _of_numbers(input)
    return tensor.imag if tensor.is_complex() else torch.zeros_like(tensor)


def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugates (tf.conj).

    >>> conj([1.0 + 2.0j])
    tensor([1.-2.j], dtype=torch.complex128)

    Args:
        x: a tensor of numbers, or what makes one. Real ones are given back.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of bools.
    """
    tensor = _of_numbers(x)
    if tensor.dtype == torch.bool:
        raise TypeError("Expected numeric or variant tensor, got dtype tf.bool.")
    return tensor.conj_physical() if tensor.is_complex() else tensor


def angle(input: Any, name: str | None = None) -> Tensor:
    """The angles of complex numbers; of real ones 0, or pi below 0 (tf.angle).

    >>> angle([1.0j])
    tensor([1.5708], dtype=torch.float64)

    Args:
        input: a tensor of floats or complex numbers, or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of integers or bools.
    """
    tensor = _of_numbers(input)
    if tensor.dtype == torch.bool:
        return of_dtype(tensor, "x", _REAL)
    if not tensor.is_complex() and not tensor.is_floating_point():
        raise TypeError(
            f"Expected {dtype_name(tensor.dtype)}, but got {math.pi} of type 'float'. Convert it "
            "first: tf.cast(x, tf.float32)."
        )
    return tensor.angle()


def _of_numbers(value: Any) -> Tensor:
    if value is None:
        raise ValueError("None values not supported.")
    return as_tensor(value)
