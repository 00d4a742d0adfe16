"""What functions of tf.nn take: one value under either of two names, tensors of floats, ranks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import dtype_name, shape_text


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


def check_floats(name: str, tensor: Tensor) -> None:
    """Refuses a tensor whose numbers are not floats.

    Raises:
        TypeError: they are not.
    """
    if not tensor.is_floating_point():
        raise TypeError(
            f"Value passed to parameter '{name}' has DataType {dtype_name(tensor.dtype)} not in "
            "list of allowed values: float16, bfloat16, float32, float64. The tensor has shape "
            f"{shape_text(tensor.shape)}; convert it, .float() for example."
        )


def check_same_dtype(
    operation: str, name: str, tensor: Tensor, first_name: str, first: Tensor
) -> None:
    """Refuses a tensor of another dtype than the first has, unless autocast will see to it.

    Raises:
        TypeError: the dtypes differ.
    """
    if tensor.dtype != first.dtype and not torch.is_autocast_enabled(first.device.type):
        raise TypeError(
            f"Input '{name}' of '{operation}' Op has type {dtype_name(tensor.dtype)} that does not "
            f"match type {dtype_name(first.dtype)} of argument '{first_name}'."
        )


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
