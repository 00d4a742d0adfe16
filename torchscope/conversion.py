"""How TF1 reads what is given as a dtype, a shape or a value."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import torch

_PYTHON_DTYPES: dict[Any, torch.dtype] = {
    float: torch.float32,
    int: torch.int32,
    bool: torch.bool,
    complex: torch.complex128,
}


def as_dtype(dtype: Any) -> torch.dtype:
    """The torch dtype meant by a torch or numpy dtype, a Python type or a name (tf.as_dtype).

    >>> as_dtype("float64"), as_dtype(float), as_dtype(torch.int8)
    (torch.float64, torch.float32, torch.int8)

    Raises:
        TypeError: nothing of the kind is known.
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    found = _PYTHON_DTYPES.get(dtype) if isinstance(dtype, type) else None
    if found is None:
        name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None)
        name = name or getattr(dtype, "__name__", "")
        named = getattr(torch, name.removesuffix("_"), None) if name else None
        if not isinstance(named, torch.dtype):
            raise TypeError(
                f"Cannot convert value {dtype!r} to a TensorFlow DType. "
                "Give a torch dtype such as torch.float32, or its name."
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


def _as_dimension(dimension: Any) -> int | None:
    if dimension is None:
        return None
    try:
        number = operator.index(dimension)
    except TypeError:
        raise TypeError(
            "Dimension value must be integer or None or have an __index__ method, "
            f"got value '{dimension!r}' with type '{type(dimension)!r}'"
        ) from None
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return number


def shape_text(shape: Iterable[int | None]) -> str:
    """A shape as TF1's messages write it.

    >>> shape_text([3]), shape_text([None, 2])
    ('(3,)', '(?, 2)')
    """
    # The compiler knows a dimension that changes by a symbol, and traces no text of one.
    dimensions = ["?" if each is None else str(operator.index(each)) for each in shape]
    return f"({dimensions[0]},)" if len(dimensions) == 1 else f"({', '.join(dimensions)})"


def convert_to_tensor(value: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
    """The tensor that TF1 makes of a value: Python floats are float32, Python ints int32.

    >>> convert_to_tensor([23, 42]).dtype, convert_to_tensor(1.5).dtype
    (torch.int32, torch.float32)

    Args:
        value: a tensor, a numpy array or scalar, a number, or nested sequences of numbers.
        dtype: what to convert Python numbers and numpy arrays to. A tensor is never converted.

    Raises:
        ValueError: `value` is None, or a tensor of another dtype.
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
    try:
        tensor = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"Failed to convert {value!r} to a Tensor: {error}. "
            "Give a number, nested lists of numbers, a numpy array or a tensor."
        ) from None
    if not hasattr(value, "dtype"):
        tensor = _as_tf1_would(tensor, value, dtype)
    if dtype is None or tensor.dtype == dtype:
        return tensor
    if tensor.is_floating_point() and not (dtype.is_floating_point or dtype.is_complex):
        first = tensor.flatten()[0].item() if tensor.numel() else 0.0
        raise TypeError(f"Expected {dtype_name(dtype)}, but got {first} of type 'float'.")
    return tensor.to(dtype)


def _as_tf1_would(tensor: torch.Tensor, value: Any, dtype: torch.dtype | None) -> torch.Tensor:
    """Gives Python numbers TF1's dtypes: torch would make int64, and its own default float."""
    if tensor.dtype == torch.int64 and (dtype is None or dtype == torch.int32):
        return tensor.to(torch.int32)
    if tensor.is_floating_point() and tensor.dtype == torch.get_default_dtype():
        # Read again, lest float64 digits be lost in torch's default dtype.
        return torch.as_tensor(
            value, dtype=dtype if dtype and dtype.is_floating_point else torch.float32
        )
    return tensor
