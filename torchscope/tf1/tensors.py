"""The few functions of TF1 beside its variables that its guides to variables use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import as_dtype, convert_to_tensor
from torchscope.initializers import Constant, RandomNormal, Seed
from torchscope.registry import reset_default_registry


def constant(
    value: Any,
    dtype: Any = None,
    shape: Sequence[int] | None = None,
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

    Raises:
        TypeError: the value is no number and holds none, or has not the shape.
        ValueError: there are more numbers than the shape takes.
    """
    tensor = convert_to_tensor(value, None if dtype is None else as_dtype(dtype))
    if shape is None:
        return tensor.clone()
    return Constant(tensor, verify_shape=verify_shape)(shape, tensor.dtype)


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """A draw from a normal distribution (tf.random_normal).

    >>> random_normal([1, 10, 10, 32]).shape
    torch.Size([1, 10, 10, 32])

    Args:
        shape: its dimensions.
        mean: the mean.
        stddev: the standard deviation.
        dtype: a floating dtype.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.
    """
    return RandomNormal(mean, stddev, seed)(shape, as_dtype(dtype))


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the same values, through which gradients flow (tf.identity).

    >>> identity([1.0, 2.0])
    tensor([1., 2.])

    Args:
        input: a tensor or what makes one.
        name: accepted for TF1 code; it has no effect.
    """
    return convert_to_tensor(input).clone()


def reset_default_graph() -> None:
    """Starts the default registry afresh (tf.reset_default_graph): `ts.reset_default_registry`."""
    reset_default_registry()
