"""Tensors of random numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope import conversion
from torchscope.conversion import as_dtype
from torchscope.devices import on_device_of_the_net
from torchscope.initializers import RandomNormal, Seed
from torchscope.ops.arguments import (
    check_broadcast,
    shape_of,
)
from torchscope.ops.making import of_pieces


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """A draw from a normal distribution (tf.random_normal).

    >>> random_normal([1, 10, 10, 32]).shape
    torch.Size([1, 10, 10, 32])

    Args:
        shape: its dimensions, integers or a tensor of them.
        mean: the mean, or a tensor of means, through which gradients flow.
        stddev: the standard deviation, as the mean.
        dtype: a floating dtype.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draw, on the device of the net that runs.

    Raises:
        ValueError: the shape is none, or does not go with those of mean and stddev.
        TypeError: the dtype is not floating, or a dimension is no integer.
    """
    dtype, sizes = as_dtype(dtype), shape_of(shape)
    plain = all(type(each) in (int, float) for each in (mean, stddev))
    with on_device_of_the_net():
        if plain:
            return RandomNormal(mean, stddev, seed)(sizes, dtype)
        draw = RandomNormal(seed=seed)(sizes, dtype)
    for what, given in (("stddev", stddev), ("mean", mean)):
        try:
            number = conversion.convert_to_tensor(of_pieces(given), dtype, device=draw.device)
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from None
        try:
            draw = draw * number if what == "stddev" else draw + number
        except RuntimeError:
            check_broadcast((what, number), ("the draw", draw))
            raise
    return draw
