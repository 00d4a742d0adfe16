"""How TF1 reads what is given as a dtype, a shape or a value."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Iterable
from typing import Any

import torch
from torch import fx

from torchscope._core.pytorch import tracing

_PYTHON_DTYPES: dict[Any, torch.dtype] = {
    float: torch.float32,
    int: torch.int32,
    bool: torch.bool,
    complex: torch.complex128,
}


def as_dtype(type_value: Any) -> torch.dtype:
    """The torch dtype meant by a torch or numpy dtype, a Python type or a name (tf.as_dtype).

    >>> as_dtype("float64"), as_dtype(float), as_dtype(torch.int8)
    (torch.float64, torch.float32, torch.int8)

    Raises:
        TypeError: nothing of the kind is known.
    """
    if isinstance(type_value, torch.dtype):
        return type_value
    found = _PYTHON_DTYPES.get(type_value) if isinstance(type_value, type) else None
    if found is None:
        name = type_value if isinstance(type_value, str) else getattr(type_value, "name", None)
        name = name or getattr(type_value, "__name__", "")
        named = getattr(torch, name.removesuffix("_"), None) if name else None
        if not isinstance(named, torch.dtype):
            advice = (
                "A torch.Tensor has no texts: work on Python's strings, in the loader of the data."
                if name == "string"
                else "Give a torch dtype such as torch.float32, or its name."
            )
            raise TypeError(
                f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType. {advice}"
            )
        found = named
    return found


def chooses_dtypes(device: torch.device) -> bool:
    """Whether autocast is on, which chooses a dtype for each operation on tensors of a device.

    >>> with torch.autocast("cpu"):
    ...     chooses_dtypes(torch.device("cpu")), chooses_dtypes(torch.device("meta"))
    (True, False)
    """
    # PyTorch refuses to say so of a device without autocast.
    return device.type != "meta" and torch.is_autocast_enabled(device.type)


def dtype_name(dtype: torch.dtype) -> str:
    """TF1's name of a dtype.

    >>> dtype_name(torch.float32)
    'float32'
    """
    return str(dtype).removeprefix("torch.")


def as_shape(shape: Any) -> tuple[int | None, ...]:
    """The shape meant by a sequence of dimensions or by one; None is an unknown dimension.

    >>> as_shape([5, 5, 32, None]), as_shape(3), as_shape(())
    ((5, 5, 32, None), (3,), ())

    Raises:
        TypeError: a dimension is not an integer.
        ValueError: a dimension is negative.
    """
    dimensions: Iterable[Any]
    if isinstance(shape, torch.Tensor):
        dimensions = shape.tolist() if shape.ndim else [shape.item()]
    elif isinstance(shape, Iterable) and not isinstance(shape, str):
        dimensions = shape
    else:
        dimensions = [shape]
    return tuple(_as_dimension(dimension) for dimension in dimensions)


def last_dimension(shape: Any) -> int | None:
    """The last dimension of a shape, None where it is unknown or there is none.

    The others may be symbols of a recording, and are not asked for their values.

    >>> last_dimension([None, 3]), last_dimension(4), last_dimension([])
    (3, 4, None)
    """
    if isinstance(shape, list | tuple):
        return _as_dimension(shape[-1]) if shape else None
    dimensions = as_shape(shape)
    return dimensions[-1] if dimensions else None


def _as_dimension(dimension: Any) -> int | None:
    # That of TF1's own kind of dimension, which may be unknown.
    dimension = getattr(dimension, "value", dimension)
    if dimension is None:
        return None
    try:
        number = operator.index(dimension)
    except TypeError:
        if isinstance(dimension, fx.Proxy):
            raise tracing.refusal("What takes a shape of a proxy") from None
        raise TypeError(
            "Dimension value must be integer or None or have an __index__ method, "
            f"got value '{dimension!r}' with type '{type(dimension)!r}'"
        ) from None
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return number


def _number(dimension: Any) -> int:
    """A dimension as a number; of a symbol of a recording the one that it stands for now."""
    # To ask a symbol for its index would bind the recording to this size.
    number: int = (
        dimension.node.hint if isinstance(dimension, torch.SymInt) else operator.index(dimension)
    )
    return number


def shape_text(shape: Iterable[int | None]) -> str:
    """A shape as TF1's messages write it.

    >>> shape_text([3]), shape_text([None, 2])
    ('(3,)', '(?, 2)')
    """
    dimensions = ["?" if each is None else str(_number(each)) for each in shape]
    return f"({dimensions[0]},)" if len(dimensions) == 1 else f"({', '.join(dimensions)})"


def convert_to_tensor(
    value: Any,
    dtype: torch.dtype | None = None,
    preferred: torch.dtype | None = None,
    device: torch.device | None = None,
) -> torch.Tensor:
    """The tensor that TF1 makes of a value: Python floats are float32, Python ints int32.

    >>> convert_to_tensor([23, 42]).dtype, convert_to_tensor(1.5).dtype
    (torch.int32, torch.float32)
    >>> convert_to_tensor([23, 42], preferred=torch.float64).dtype
    torch.float64

    Args:
        value: a tensor, a numpy array or scalar, a number, or nested sequences of numbers, which may
            be tensors. What is made of anything but a tensor is a copy.
        dtype: what to convert numbers and numpy arrays to. A tensor is never converted.
        preferred: the same, where it can hold the value.
        device: where to make it. A tensor is never moved.

    Raises:
        ValueError: `value` is None, a tensor of another dtype, or nested lists of different lengths.
        TypeError: `value` is no number and holds none, or `dtype` cannot hold it.
    """
    if value is None:
        raise ValueError("None values not supported.")
    if isinstance(value, torch.Tensor):
        if dtype is not None and value.dtype != dtype:
            raise ValueError(
                f"Tensor conversion requested dtype {dtype_name(dtype)} for Tensor with dtype "
                f"{dtype_name(value.dtype)}: {value!r}"
            )
        return value
    if dtype is None and preferred is not None:
        try:
            return convert_to_tensor(value, preferred, device=device)
        except (TypeError, ValueError, OverflowError):
            pass
    if hasattr(value, "astype"):
        return _of_array(value, dtype, device)
    if isinstance(value, torch.SymInt):
        # A size of a recording. To make a tensor of its value would bind the recording to it.
        symbol: Any = value
        return torch.scalar_tensor(symbol, dtype=dtype or torch.int32, device=device)
    if _holds_tensors(value):
        return _packed(value, dtype, device)
    _check_held(value, dtype)
    try:
        if dtype is not None:
            return torch.as_tensor(value, dtype=dtype, device=device)
        return _as_tf1_would(torch.as_tensor(value, device=device), value)
    except (TypeError, ValueError, RuntimeError) as error:
        if dtype is None and (plain := _with_integers(value)) is not value:
            return convert_to_tensor(plain, device=device)
        raise _failed(value, error) from None


def _failed(value: Any, error: Exception) -> Exception:
    if isinstance(value, fx.Proxy):
        return tracing.refusal("What makes a tensor of a proxy")
    if isinstance(error, ValueError) and "length" in str(error):
        return ValueError(
            "setting an array element with a sequence. The requested array has an inhomogeneous "
            f"shape: {error}. The lists in {value!r} differ in length."
        )
    return TypeError(
        f"Failed to convert elements of {value!r} to Tensor. Consider casting elements to a "
        f"supported type. Give a number, nested lists of numbers, a numpy array or a tensor: {error}."
    )


def _of_array(array: Any, dtype: torch.dtype | None, device: Any) -> torch.Tensor:
    """A copy, since what happens to an array later is not to change a tensor."""
    try:
        if array.dtype.name == "bfloat16":
            tensor = torch.as_tensor(array.astype("float32")).to(torch.bfloat16)
        else:
            tensor = torch.as_tensor(array.astype(array.dtype.newbyteorder("=")))
    except (TypeError, ValueError, RuntimeError) as error:
        raise _failed(array, error) from None
    if dtype is not None and tensor.is_complex() and not dtype.is_complex:
        tensor = tensor.real
    return tensor.to(device=device, dtype=dtype)


def _with_integers(value: Any) -> Any:
    """The same, if it holds numbers that only say which integers they are, with these."""
    if isinstance(value, list | tuple):
        parts = [_with_integers(part) for part in value]
        same = all(a is b for a, b in zip(parts, value, strict=True))
        return value if same else parts
    if hasattr(value, "dtype") or not hasattr(value, "__index__"):
        return value
    return operator.index(value)


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(
        isinstance(each, torch.Tensor | torch.SymInt) or _holds_tensors(each) for each in value
    )


def _packed(value: Any, dtype: torch.dtype | None, device: Any) -> torch.Tensor:
    """Lists of tensors as one tensor, through which gradients flow: the first tensor's dtype is all's."""
    first_tensor = _first_tensor(value)
    if dtype is None:
        dtype = torch.int32 if first_tensor is None else first_tensor.dtype
    if device is None and first_tensor is not None:
        device = first_tensor.device
    each = [
        _packed(part, dtype, device)
        if _holds_tensors(part)
        else convert_to_tensor(part, dtype, device=device)
        for part in value
    ]
    first = each[0].shape
    for shape in (part.shape for part in each):
        if len(shape) != len(first):
            raise ValueError(f"Shapes must be equal rank, but are {len(first)} and {len(shape)}.")
        for axis, (size, other) in enumerate(zip(first, shape, strict=True)):
            if size != other:
                raise ValueError(
                    f"Dimension {axis} in both shapes must be equal, but are {size} and {other}. "
                    f"Shapes are {shape_text(first)} and {shape_text(shape)}."
                )
    return torch.stack(each)


def _first_tensor(value: Any) -> torch.Tensor | None:
    if isinstance(value, torch.Tensor):
        return value
    parts = value if isinstance(value, list | tuple) else ()
    return next((found for part in parts if (found := _first_tensor(part)) is not None), None)


def _check_held(value: Any, dtype: torch.dtype | None) -> None:
    """Refuses a number of a kind that `dtype` does not hold, rather than cut it off."""
    if dtype is None:
        return
    if isinstance(value, list | tuple | range):
        for each in value:
            _check_held(each, dtype)
        return
    if dtype.is_floating_point:
        held = isinstance(value, bool | numbers.Real)
    elif dtype.is_complex:
        held = isinstance(value, bool | numbers.Complex)
    elif dtype != torch.bool:
        held = isinstance(value, bool | numbers.Integral)
    else:
        held = isinstance(value, bool) or getattr(value, "dtype", None) == "bool"
    if not held:
        raise TypeError(
            f"Expected {dtype_name(dtype)}, but got {value} of type '{type(value).__name__}'."
        )


def _as_tf1_would(tensor: torch.Tensor, value: Any) -> torch.Tensor:
    """Gives Python numbers TF1's dtypes: torch would make int64, and its own default float."""
    if tensor.dtype == torch.int64:
        try:
            return torch.as_tensor(value, dtype=torch.int32, device=tensor.device)
        except RuntimeError:
            # A number is too large.
            return tensor
    if tensor.dtype == torch.bool:
        return tensor
    # Read again, lest digits of float64 be lost in torch's default dtype.
    dtype = torch.complex128 if tensor.is_complex() else torch.float32
    return (
        tensor
        if tensor.dtype == dtype
        else torch.as_tensor(value, dtype=dtype, device=tensor.device)
    )
