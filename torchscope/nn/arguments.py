"""What functions with TF1's signatures ask of their arguments, and TF1's words for what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import chooses_dtypes, convert_to_tensor, dtype_name, shape_text
from torchscope.partitioners import PartitionedVariable

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
COMPLEX_TOO = (
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64),
    *(torch.complex64, torch.complex128),
)


def as_tensor(value: Any, beside: Any = None) -> Tensor:
    """The tensor that an argument stands for: itself, a variable in pieces, or numbers.

    >>> as_tensor([1.0, 2.0])
    tensor([1., 2.])

    Args:
        value: the argument.
        beside: another argument. If it is a tensor, numbers are put on its device.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, PartitionedVariable):
        return value.as_tensor()
    tensor = convert_to_tensor(value)
    return tensor.to(beside.device) if isinstance(beside, Tensor) else tensor


def of_dtype(value: Any, parameter: str, allowed: Sequence[torch.dtype] = FLOATS) -> Tensor:
    """The tensor that an argument stands for, which must be of one of the `allowed` dtypes.

    >>> of_dtype(torch.ones(2, dtype=torch.int32), "features")
    Traceback (most recent call last):
    TypeError: Value passed to parameter 'features' has DataType int32 not in list of allowed ...

    Raises:
        TypeError: it is of another dtype.
    """
    tensor = value if isinstance(value, Tensor) else as_tensor(value)
    if tensor.dtype not in allowed:
        raise TypeError(
            f"Value passed to parameter '{parameter}' has DataType {dtype_name(tensor.dtype)} not "
            f"in list of allowed values: {', '.join(map(dtype_name, allowed))}. It has shape "
            f"{shape_text(tensor.shape)}; convert it first: `{parameter}.to({allowed[-1]})`."
        )
    return tensor


def as_float32(number: float) -> float:
    """The nearest float32, which TF1 makes of numbers that are attributes of its operations.

    >>> as_float32(0.2)
    0.20000000298023224
    """
    mantissa, exponent = math.frexp(number)
    return math.ldexp(round(mantissa * 2**24), exponent - 24)


def checked_axis(axis: Any, tensor: Tensor) -> int:
    """`axis` where it is one of the tensor's.

    >>> checked_axis(-1, torch.ones(2, 3))
    -1

    Raises:
        ValueError: it is not.
        TypeError: it is no integer.
    """
    rank = tensor.ndim
    if not isinstance(axis, int):
        raise TypeError(f"An axis is an integer. Received: {axis!r}")
    if rank == 0 and axis == -1:
        raise ValueError(
            "Shape must be at least rank 1 but is rank 0: a number has no axis to work along."
        )
    if not -rank <= axis < rank:
        raise ValueError(
            f"`dim` must be in the range [{-rank}, {rank}) where {rank} is the number of "
            f"dimensions in the input. Received: dim={axis} for the shape "
            f"{shape_text(tensor.shape)}"
        )
    return axis


def check_same_dtype(
    operation: str, first_name: str, first: Tensor, second_name: str, second: Tensor
) -> None:
    """Refuses two operands of different dtypes, which TF1 never converts.

    >>> check_same_dtype("Mul", "x", torch.ones(1), "y", torch.ones(1))

    Raises:
        TypeError: they differ, and not because of autocast.
    """
    if first.dtype != second.dtype and not chooses_dtypes(first.device):
        raise TypeError(
            f"Input '{second_name}' of '{operation}' Op has type {dtype_name(second.dtype)} that "
            f"does not match type {dtype_name(first.dtype)} of argument '{first_name}'. The shapes "
            f"are {shape_text(second.shape)} and {shape_text(first.shape)}; convert one of them."
        )


def either(name: str, value: Any, other_name: str, other: Any) -> Any:
    """The value of an argument that TF1 knows under two names.

    >>> either("dim", None, "axis", 1)
    1

    Raises:
        ValueError: both were given.
    """
    if value is None:
        return other
    if other is not None:
        raise ValueError(f"Cannot specify both '{name}' and '{other_name}'.")
    return value


def wanted(name: str, value: Any) -> Any:
    """The value, which must be one.

    Raises:
        ValueError: it is None.
    """
    if value is None:
        raise ValueError(
            f"Tried to convert '{name}' to a tensor and failed. Error: None values not supported."
        )
    return value


def check_rank(what: str, tensor: Tensor, rank: int) -> None:
    """Refuses a tensor of another rank; `what` says in the message what it is.

    Raises:
        ValueError: the rank is another.
    """
    if tensor.ndim != rank:
        raise ValueError(
            f"Shape must be rank {rank} but is rank {tensor.ndim}: {what} has shape "
            f"{shape_text(tensor.shape)}."
        )
