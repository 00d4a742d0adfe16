"""Initializers that draw from one distribution."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.initializers.base import (
    INTEGERS,
    Random,
    Seed,
    check_numbers,
    default_device,
    floating,
)
from torchscope._core.values.conversion import as_dtype, dtype_name


class RandomNormal(Random):
    """Draws from a normal distribution (tf.random_normal_initializer).

    >>> draw = RandomNormal(stddev=0.1, seed=1)
    >>> torch.equal(draw([3]), draw([3]))
    True
    """

    mean: float
    stddev: float
    seed: Seed
    dtype: torch.dtype

    def __init__(
        self,
        mean: float = 0.0,
        stddev: float = 1.0,
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._normal(shape, dtype, self.mean, self.stddev)


class TruncatedNormal(Random):
    """A normal distribution cut at two standard deviations (tf.truncated_normal_initializer).

    >>> bool(TruncatedNormal(stddev=0.5)([1000]).abs().max() <= 1.0)
    True
    """

    mean: float
    stddev: float
    seed: Seed
    dtype: torch.dtype

    def __init__(
        self,
        mean: float = 0.0,
        stddev: float = 1.0,
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._truncated_normal(shape, dtype, self.mean, self.stddev)


class RandomUniform(Random):
    """Draws evenly from [minval, maxval) (tf.random_uniform_initializer).

    `maxval` is 1 by default for floating dtypes. For int32 and int64 both bounds must be given, as
    integers.

    >>> bool(RandomUniform(-1, 1)([100]).abs().max() <= 1)
    True
    """

    minval: float
    maxval: float | None
    seed: Seed

    def __init__(
        self,
        minval: float = 0.0,
        maxval: float | None = None,
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self.dtype: torch.dtype = as_dtype(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if dtype not in INTEGERS:
            high = 1.0 if self.maxval is None else self.maxval
            return self._uniform(shape, dtype, self.minval, high)
        if self.maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype tf.{dtype_name(dtype)}")
        check_numbers([self.minval, self.maxval], dtype)
        device = self._empty(shape, torch.float32, 0.0).device
        draw = torch.randint(
            int(self.minval),
            int(self.maxval),
            shape,
            dtype=dtype,
            generator=self._generator(),
            device=device,
        )
        return draw.to(default_device())
