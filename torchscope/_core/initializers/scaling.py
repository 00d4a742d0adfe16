"""Initializers whose draws are scaled by what flows in and out of a layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.initializers.base import TRUNCATED_STDDEV, Random, Seed, floating
from torchscope._core.values.partitioners import PartitionInfo


def compute_fans(shape: Sequence[int]) -> tuple[int, int]:
    """Fan-in and fan-out as TF1 counts them: of a kernel, its last two dimensions are channels.

    >>> compute_fans([5, 5, 32, 64]), compute_fans([7]), compute_fans([])
    ((800, 1600), (7, 7), (1, 1))
    """
    if len(shape) < 2:
        fan = int(math.prod(shape))
        return fan, fan
    receptive = math.prod(shape[:-2])
    return int(shape[-2] * receptive), int(shape[-1] * receptive)


class VarianceScaling(Random):
    """Scales a draw by the fans of the shape (tf.variance_scaling_initializer).

    The variance is ``scale / n``, where n is the fan-in, the fan-out or their mean.

    >>> draw = VarianceScaling(2.0, "fan_in", seed=0)([1000, 100])
    >>> 0.0445 < draw.std().item() < 0.045  # about the root of 2 / 1000
    True

    Args:
        scale: a positive factor.
        mode: 'fan_in', 'fan_out' or 'fan_avg'.
        distribution: 'normal' or 'truncated_normal' (the same, cut at two standard deviations and
            widened to keep the variance), 'untruncated_normal' or 'uniform'.
        seed: see `torchscope.initializers`.
        dtype: the dtype where none is asked for.

    Raises:
        ValueError: an argument is none of these.
    """

    scale: float
    seed: Seed
    dtype: torch.dtype

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        dtype: Any = torch.float32,
    ) -> None:
        if scale <= 0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        modes = ("fan_in", "fan_out", "fan_avg")
        if mode not in modes:
            raise ValueError(f"Argument `mode` should be one of {modes}. Received: {mode}")
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                "Argument `distribution` should be one of ('normal', uniform', 'truncated_normal', "
                f"'untruncated_normal'). Received: {distribution}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.seed, self.dtype = seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._scaled(shape, dtype, shape)

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        return self._scaled(shape, dtype, partition.full_shape)

    def _scaled(self, shape: tuple[int, ...], dtype: torch.dtype, whole: Sequence[int]) -> Tensor:
        fan_in, fan_out = compute_fans(whole)
        fan = (fan_in + fan_out) / 2
        if self.mode != "fan_avg":
            fan = fan_in if self.mode == "fan_in" else fan_out
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return self._uniform(shape, dtype, -limit, limit)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, dtype, 0.0, stddev)
        return self._truncated_normal(shape, dtype, 0.0, stddev / TRUNCATED_STDDEV)


class UniformUnitScaling(Random):
    """Keeps the scale of the input through a layer (tf.uniform_unit_scaling_initializer).

    Draws evenly within ``factor * sqrt(3 / n)``, n being the product of all dimensions but the last.

    >>> bool(UniformUnitScaling()([300, 7]).abs().max() <= 0.1)
    True
    """

    factor: float
    seed: Seed
    dtype: torch.dtype

    def __init__(self, factor: float = 1.0, seed: Seed = None, dtype: Any = torch.float32) -> None:
        self.factor, self.seed, self.dtype = factor, seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return self._scaled(shape, dtype, shape)

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        return self._scaled(shape, dtype, partition.full_shape)

    def _scaled(self, shape: tuple[int, ...], dtype: torch.dtype, whole: Sequence[int]) -> Tensor:
        size = max(1.0, math.prod(whole[:-1]))
        limit = math.sqrt(3 / size) * self.factor
        return self._uniform(shape, dtype, -limit, limit)


class GlorotUniform(VarianceScaling):
    """VarianceScaling(1, 'fan_avg', 'uniform'): get_variable's default.

    >>> GlorotUniform()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)


class GlorotNormal(VarianceScaling):
    """VarianceScaling(1, 'fan_avg', 'truncated_normal').

    >>> GlorotNormal()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)


class HeNormal(VarianceScaling):
    """VarianceScaling(2, 'fan_in', 'truncated_normal').

    >>> HeNormal()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed, dtype)


class HeUniform(VarianceScaling):
    """VarianceScaling(2, 'fan_in', 'uniform').

    >>> HeUniform()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed, dtype)


class LecunNormal(VarianceScaling):
    """VarianceScaling(1, 'fan_in', 'truncated_normal').

    >>> LecunNormal()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed, dtype)


class LecunUniform(VarianceScaling):
    """VarianceScaling(1, 'fan_in', 'uniform').

    >>> LecunUniform()([3, 3, 8, 16]).shape
    torch.Size([3, 3, 8, 16])
    """

    def __init__(self, seed: Seed = None, dtype: Any = torch.float32) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed, dtype)
