"""Initializers as contrib has them: scaled by the fans, with its own factors (tf.contrib.layers)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.conversion import as_dtype
from torchscope.initializers import Random, Seed, compute_fans

_MODES = ("FAN_IN", "FAN_OUT", "FAN_AVG")


# A class rather than a closure: a module whose variables have it can be pickled.
class _ContribScaling(Random):
    factor: float
    mode: str
    uniform: bool
    seed: Seed
    dtype: torch.dtype

    def __init__(self, factor: float, mode: str, uniform: bool, seed: Seed, dtype: Any) -> None:
        self.factor, self.mode, self.uniform = factor, mode, uniform
        self.seed, self.dtype = seed, as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        _check_floating(dtype)
        fan_in, fan_out = compute_fans(shape)
        n = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2}[self.mode]
        # An empty shape has no fan, and nothing to draw.
        variance = self.factor / (n or 1)
        if self.uniform:
            limit = math.sqrt(3.0 * variance)
            return self._uniform(shape, dtype, -limit, limit)
        # 1.3 is what contrib takes for the loss of variance in cutting.
        return self._truncated_normal(shape, dtype, 0.0, math.sqrt(1.3 * variance))


def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: Seed = None,
    dtype: Any = torch.float32,
) -> _ContribScaling:
    """Scales a draw by the fans of the shape (tf.contrib.layers.variance_scaling_initializer).

    The variance is about ``factor / n``, where n is the fan-in, the fan-out or their mean.

    >>> draw = variance_scaling_initializer(seed=0)([1000, 100])
    >>> 0.044 < draw.std().item() < 0.0455  # about the root of 2 / 1000
    True

    Args:
        factor: a positive factor.
        mode: 'FAN_IN', 'FAN_OUT' or 'FAN_AVG'.
        uniform: whether to draw from a uniform distribution; else from a normal one, cut at two
            standard deviations.
        seed: an int for the same draw each time, or a torch.Generator.
        dtype: the dtype where none is asked for.

    Raises:
        TypeError: the dtype is no floating one, or the mode is none of the three.
    """
    _check_floating(as_dtype(dtype))
    if mode not in _MODES:
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
    return _ContribScaling(factor, mode, uniform, seed, dtype)


def xavier_initializer(
    uniform: bool = True, seed: Seed = None, dtype: Any = torch.float32
) -> _ContribScaling:
    """Keeps the scale of activations and gradients (tf.contrib.layers.xavier_initializer).

    >>> bool(xavier_initializer()([2, 4]).abs().max() <= 1.0)
    True

    Args:
        uniform: whether to draw from a uniform distribution.
        seed: an int for the same draw each time, or a torch.Generator.
        dtype: the dtype where none is asked for.

    Raises:
        TypeError: the dtype is no floating one.
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


xavier_initializer_conv2d = xavier_initializer


def _check_floating(dtype: torch.dtype) -> None:
    if not dtype.is_floating_point:
        raise TypeError(f"Cannot create initializer for non-floating point type. It is {dtype}.")
