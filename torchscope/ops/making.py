"""Tensors made of values, or filled with one."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from torchscope import conversion
from torchscope.conversion import as_dtype
from torchscope.devices import device_of_the_net, on_device_of_the_net
from torchscope.initializers import Constant
from torchscope.ops.arguments import (
    either,
    shape_of,
)


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """The tensor that a value is, or is made into (tf.convert_to_tensor).

    >>> convert_to_tensor([23, 42], "float64")
    tensor([23., 42.], dtype=torch.float64)

    Args:
        value: a tensor, which is given back, a numpy array, a number, or nested lists of these.
        dtype: what to make of it; by default the dtype of an array, int32 for Python integers and
            float32 for Python floats.
        name: accepted for TF1 code; it has no effect.
        preferred_dtype: as `dtype`, where it can hold the value.
        dtype_hint: another name of it.

    Returns:
        The tensor, on the device of the net that runs if it was made.

    Raises:
        ValueError: the value is None, a tensor of another dtype, or lists of different lengths.
        TypeError: it is no number and holds none, or the dtype cannot hold it.
    """
    preferred = either("dtype_hint", dtype_hint, "preferred_dtype", preferred_dtype)
    return conversion.convert_to_tensor(
        value if isinstance(value, Tensor) or value is None else of_pieces(value),
        None if dtype is None else as_dtype(dtype),
        None if preferred is None else as_dtype(preferred),
        device_of_the_net(),
    )


def of_pieces(value: Any) -> Any:
    """A variable in pieces as a tensor; anything else as it is."""
    return value.as_tensor() if hasattr(value, "as_tensor") else value


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str | None = None,
    verify_shape: bool = False,
) -> Tensor:
    """A tensor with the given values (tf.constant).

    >>> constant([23, 42])
    tensor([23, 42], dtype=torch.int32)

    Args:
        value: a number, nested sequences of numbers, or a numpy array.
        dtype: by default int32 for Python integers and float32 for Python floats.
        shape: the shape to fill; a value that is too short is filled up with its last number.
        name: accepted for TF1 code; it has no effect.
        verify_shape: refuses a value that has not that shape.

    Returns:
        The tensor, on the device of the net that runs.

    Raises:
        TypeError: the value is no number and holds none, is a tensor, or has not the shape.
        ValueError: there are more numbers than the shape takes, or the value is None.
    """
    if isinstance(value, Tensor):
        raise TypeError(
            "Expected any non-tensor type, but got a tensor instead. A tensor is what it is; "
            "tf.identity copies it, and x.detach() takes it out of the graph."
        )
    device = device_of_the_net()
    tensor = conversion.convert_to_tensor(
        value, None if dtype is None else as_dtype(dtype), device=device
    )
    if shape is None:
        return tensor
    with on_device_of_the_net():
        return Constant(tensor, verify_shape=verify_shape)(shape_of(shape), tensor.dtype)
