"""What initializers are made of: a shape, a dtype, and draws that a seed repeats."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from torchscope._core.values.conversion import as_dtype, dtype_name
from torchscope._core.values.partitioners import PartitionInfo

Seed = int | torch.Generator | None

# What is drawn in these dtypes is drawn as it is.
WIDE = (torch.float32, torch.float64)
INTEGERS = (torch.int32, torch.int64)
# The standard deviation of a standard normal cut at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978


def default_device() -> torch.device:
    """Where new tensors are made; torch.compile does not trace torch.get_default_device."""
    return torch.empty(0).device


def room(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """A tensor to draw into. PyTorch reads sizes that are given one by one in less time."""
    return torch.empty(*shape, dtype=dtype) if shape else torch.empty(shape, dtype=dtype)


class Initializer:
    """What all initializers are: called with a shape and a dtype, they give a tensor."""

    def __call__(
        self, shape: Sequence[int], dtype: Any = None, partition_info: Any = None
    ) -> Tensor:
        """A new tensor of this shape and dtype.

        Args:
            shape: its dimensions.
            dtype: its dtype; the initializer's own by default.
            partition_info: where the tensor lies in a larger one that it is a piece of.
        """
        if type(dtype) is not torch.dtype:
            dtype = self.dtype if dtype is None else as_dtype(dtype)
        if partition_info is None:
            return self._fill(tuple(shape), dtype)
        return self._fill_piece(tuple(shape), dtype, partition_info)

    dtype: torch.dtype = torch.float32

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        raise NotImplementedError

    def _fill_piece(
        self, shape: tuple[int, ...], dtype: torch.dtype, partition: PartitionInfo
    ) -> Tensor:
        return self._fill(shape, dtype)

    def __eq__(self, other: object) -> bool:
        """Whether the other is of the same kind, with the same settings."""
        try:
            return type(other) is type(self) and self.__dict__ == other.__dict__
        except (RuntimeError, ValueError):
            # Of arrays with several numbers, which are told apart as objects.
            return False

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


def floating(dtype: Any) -> torch.dtype:
    """The dtype of an initializer that knows only floating ones."""
    found = as_dtype(dtype)
    if not found.is_floating_point:
        raise ValueError(
            "Argument `dtype` is expected to be floating point. Received: "
            f"<dtype: '{dtype_name(found)}'>."
        )
    return found


def check_numbers(value: Any, dtype: torch.dtype) -> None:
    """Refuses a Python number of a kind that `dtype` does not hold, rather than cut it off."""
    if isinstance(value, list | tuple):
        for each in value:
            check_numbers(each, dtype)
        return
    kinds = 4 if dtype.is_complex else 3 if dtype.is_floating_point else 2
    held = (bool, int, float, complex)[: 1 if dtype == torch.bool else kinds]
    if not (isinstance(value, held) or hasattr(value, "dtype")):
        raise TypeError(
            f"Expected {dtype_name(dtype)}, but got {value} of type '{type(value).__name__}'."
        )


def two_dimensions(shape: tuple[int, ...]) -> str:
    """What is said of a shape of fewer dimensions."""
    return (
        "The tensor to initialize, specified by argument `shape` must be at least "
        f"two-dimensional. Received shape={list(shape)}"
    )


class Random(Initializer):
    """What those are that draw: with the seed, and for the dtype and the device, that were asked for."""

    seed: Seed

    def _empty(self, shape: tuple[int, ...], dtype: torch.dtype, parameter: float) -> Tensor:
        """Room for a draw; half precisions are drawn in float32, so that no tail is lost."""
        if not dtype.is_floating_point:
            if dtype.is_complex:
                raise TypeError(
                    f"Value passed to parameter 'dtype' has DataType {dtype_name(dtype)} not in "
                    "list of allowed values: float16, bfloat16, float32, float64"
                )
            raise TypeError(
                f"Expected {dtype_name(dtype)}, but got {parameter} of type 'float'. "
                f"{type(self).__name__} draws floating numbers."
            )
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        if self.seed is None:
            return room(shape, wide)
        # A seeded draw is made on the CPU, where it is the same on every machine.
        device = self.seed.device if isinstance(self.seed, torch.Generator) else "cpu"
        return torch.empty(shape, dtype=wide, device=device)

    def _as_asked(self, draw: Tensor, dtype: torch.dtype) -> Tensor:
        """A draw in the dtype, and on the device, that were asked for."""
        if self.seed is None:
            return draw if draw.dtype == dtype else draw.to(dtype)
        return draw.to(default_device(), dtype)

    def _generator(self) -> torch.Generator | None:
        if self.seed is None or isinstance(self.seed, torch.Generator):
            return self.seed
        # Any integer is a seed, numpy's too.
        return torch.Generator().manual_seed(operator.index(self.seed) % 2**63)

    def _normal(
        self, shape: tuple[int, ...], dtype: torch.dtype, mean: float, stddev: float
    ) -> Tensor:
        if self.seed is None and dtype in WIDE:
            return room(shape, dtype).normal_(mean, abs(stddev))
        draw = self._empty(shape, dtype, mean)
        draw.normal_(mean, abs(stddev), generator=self._generator())
        return self._as_asked(draw, dtype)

    def _truncated_normal(
        self, shape: tuple[int, ...], dtype: torch.dtype, mean: float, stddev: float
    ) -> Tensor:
        draw = self._empty(shape, dtype, mean)
        if stddev == 0:
            draw.fill_(mean)
        else:
            low, high = sorted((mean - 2 * stddev, mean + 2 * stddev))
            nn.init.trunc_normal_(draw, mean, abs(stddev), low, high, generator=self._generator())
        return self._as_asked(draw, dtype)

    def _uniform(
        self, shape: tuple[int, ...], dtype: torch.dtype, low: float, high: float
    ) -> Tensor:
        if self.seed is None and dtype in WIDE:
            low, high = (high, low) if high < low else (low, high)
            return room(shape, dtype).uniform_(low, high)
        if not dtype.is_floating_point and dtype not in INTEGERS:
            raise ValueError(
                f"Argument `dtype` got invalid value <dtype: '{dtype_name(dtype)}'>. Accepted "
                "dtypes are floating ones and, by random_uniform, int32 and int64."
            )
        draw = self._empty(shape, dtype, low)
        low, high = sorted((low, high))
        draw.uniform_(low, high, generator=self._generator())
        if draw.dtype == dtype:
            return self._as_asked(draw, dtype)
        draw = self._as_asked(draw, dtype)
        # Rounding may have reached the end, which is not part of the range.
        return draw.masked_fill_(draw == high, low)
