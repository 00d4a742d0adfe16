"""Initializers of orthogonal matrices, and of convolutions that keep the norm of what they are given."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from torchscope._core.initializers.base import (
    Random,
    Seed,
    default_device,
    floating,
    two_dimensions,
)


class Orthogonal(Random):
    """An orthogonal matrix, times `gain` (tf.orthogonal_initializer).

    With more than two dimensions all but the last are taken together.

    >>> q = Orthogonal(seed=0)([3, 3])
    >>> torch.allclose(q @ q.T, torch.eye(3), atol=1e-5)
    True

    Raises:
        ValueError: the shape has fewer than two dimensions.
    """

    gain: float
    seed: Seed
    dtype: torch.dtype

    def __init__(self, gain: float = 1.0, seed: Seed = None, dtype: Any = torch.float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if len(shape) < 2:
            raise ValueError(two_dimensions(shape))
        flat = self._empty((math.prod(shape[:-1]), shape[-1]), dtype, 0.0)
        if flat.numel():
            nn.init.orthogonal_(flat, self.gain, generator=self._generator())
        return flat.reshape(shape).to(default_device(), dtype)


class ConvolutionDeltaOrthogonal(Random):
    """A kernel whose middle is an orthogonal matrix, and 0 elsewhere.

    Answers to tf.contrib.framework.convolutional_delta_orthogonal. A convolution by it keeps the norm of
    what it is given, times `gain`.

    >>> kernel = ConvolutionDeltaOrthogonal(seed=0)([3, 3, 2, 4])
    >>> torch.allclose(kernel[1, 1] @ kernel[1, 1].T, torch.eye(2), atol=1e-5)
    True
    >>> kernel.count_nonzero().item()
    8

    Args:
        gain: what the norm is multiplied by.
        seed: an int for the same draw each time, or a torch.Generator.
        dtype: the dtype where none is asked for.

    Raises:
        ValueError: the shape has not three to five dimensions, or there are more channels in than out.
    """

    gain: float
    seed: Seed
    dtype: torch.dtype

    def __init__(self, gain: float = 1.0, seed: Seed = None, dtype: Any = torch.float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        if not 3 <= len(shape) <= 5:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"three-dimensional and at most five-dimensional. Received shape={list(shape)}"
            )
        _check_channels(shape)
        middle = tuple((size - 1) // 2 for size in shape[:-2])
        rows = self._empty((shape[-1], shape[-1]), dtype, 0.0)
        kernel = rows.new_zeros(shape)
        if kernel.numel():
            nn.init.orthogonal_(rows, self.gain, generator=self._generator())
            kernel[middle] = rows[: shape[-2]]
        return kernel.to(default_device(), dtype)


class _ConvolutionOrthogonal(Random):
    """An orthogonal kernel over some axes (Xiao et al., 2018, algorithm 1)."""

    gain: float
    seed: Seed
    dtype: torch.dtype

    _axes: tuple[int, str]

    def __init__(self, gain: float = 1.0, seed: Seed = None, dtype: Any = torch.float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, floating(dtype)

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        self._check(shape)
        axes, size, (channels, features) = len(shape) - 2, shape[0], shape[-2:]
        room = self._empty((features, features), dtype, 0.0)
        if not math.prod(shape):
            return room.new_zeros(shape).to(default_device(), dtype)
        # One for all draws: a seed gives different ones, and the same again on the next call.
        generator = self._generator()
        kernel = self.gain * _orthogonal(room, generator)[:channels]
        kernel = kernel.reshape([1] * axes + [channels, features])
        for _ in range(size - 1):
            for axis in range(axes):
                kernel = _lengthened(kernel, axis, _projection(room, generator))
        return kernel.to(default_device(), dtype)

    def _check(self, shape: tuple[int, ...]) -> None:
        axes, rank = self._axes
        if len(shape) != axes + 2:
            received = "Received:" if axes == 2 else "Received shape="
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be "
                f"{rank}-dimensional. {received}{' ' * (axes == 2)}{list(shape)}"
            )
        _check_channels(shape)
        if len(set(shape[:-2])) > 1:
            sizes = [f"shape[{axis}]={size}" for axis, size in enumerate(shape[:-2])]
            listed = f"{',  '.join(sizes[:-1])} and {sizes[-1]}"
            raise ValueError(f"Kernel sizes, specified by {listed} must be equal.")


class ConvolutionOrthogonal1D(_ConvolutionOrthogonal):
    """A kernel of a convolution over one axis that keeps norms, times `gain`.

    Answers to tf.contrib.framework.convolutional_orthogonal_1d. The norm is kept exactly where the
    axis is a circle, and about so where it is padded with zeros.

    >>> kernel = ConvolutionOrthogonal1D(2.0, seed=0)([3, 2, 4])
    >>> round(kernel.square().sum().item(), 4)
    8.0

    Args:
        gain: what the norm is multiplied by.
        seed: an int for the same draw each time, or a torch.Generator.
        dtype: the dtype where none is asked for.

    Raises:
        ValueError: the shape has another number of dimensions, the kernel is not as long as it is
            wide, or there are more channels in than out.
    """

    _axes = (1, "three")


class ConvolutionOrthogonal2D(_ConvolutionOrthogonal):
    """A kernel of a convolution over two axes that keeps norms, times `gain`.

    Answers to tf.contrib.framework.convolutional_orthogonal_2d; see `ConvolutionOrthogonal1D`.

    >>> ConvolutionOrthogonal2D()([3, 3, 2, 4]).shape
    torch.Size([3, 3, 2, 4])
    """

    _axes = (2, "four")


class ConvolutionOrthogonal3D(_ConvolutionOrthogonal):
    """A kernel of a convolution over three axes that keeps norms, times `gain`.

    Answers to tf.contrib.framework.convolutional_orthogonal_3d; see `ConvolutionOrthogonal1D`.

    >>> ConvolutionOrthogonal3D()([2, 2, 2, 2, 4]).shape
    torch.Size([2, 2, 2, 2, 4])
    """

    _axes = (3, "five")


def _orthogonal(room: Tensor, generator: torch.Generator | None) -> Tensor:
    """An orthogonal matrix of the size, dtype and device of `room`."""
    return nn.init.orthogonal_(torch.empty_like(room), generator=generator)


def _projection(room: Tensor, generator: torch.Generator | None) -> Tensor:
    """A symmetric matrix that is its own square: onto about half of the dimensions."""
    basis = _orthogonal(room, generator)
    kept = torch.empty_like(room[0]).normal_(generator=generator) > 0
    basis = basis * kept
    return basis @ basis.T


def _lengthened(kernel: Tensor, axis: int, projection: Tensor) -> Tensor:
    """The kernel after that of two places that projects at one, and at the other onto the rest."""
    kept = kernel @ projection
    none = torch.zeros_like(kernel.narrow(axis, 0, 1))
    return torch.cat([kept, none], axis) + torch.cat([none, kernel - kept], axis)


def _check_channels(shape: tuple[int, ...]) -> None:
    if shape[-2] > shape[-1]:
        raise ValueError(
            f"In_filters, specified by shape[-2]={shape[-2]} cannot be greater than out_filters, "
            f"specified by shape[-1]={shape[-1]}."
        )
