"""Regularizers: functions from a variable to its loss (tf.contrib.layers)."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Regularizer(Protocol):
    """A function from a variable to a scalar loss, or to None for no loss."""

    def __call__(self, weights: Tensor) -> Tensor | None:
        """The loss of `weights`, a scalar."""
        ...


# Frozen dataclasses rather than closures: a module whose variables have them can be pickled.
@dataclass(frozen=True, slots=True)
class _L1:
    scale: float

    def __call__(self, weights: Tensor) -> Tensor | None:
        return self.scale * weights.abs().sum() if self.scale else None


@dataclass(frozen=True, slots=True)
class _L2:
    scale: float

    def __call__(self, weights: Tensor) -> Tensor | None:
        # TF1's l2_loss is half the sum of the squares.
        return self.scale * (weights.square().sum() / 2) if self.scale else None


@dataclass(frozen=True, slots=True)
class _Sum:
    regularizers: tuple[Regularizer, ...]

    def __call__(self, weights: Tensor) -> Tensor | None:
        losses = [regularizer(weights) for regularizer in self.regularizers]
        present = [loss for loss in losses if loss is not None]
        return torch.stack(present).sum() if present else None


def _checked(scale: float, name: str = "scale") -> float:
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"{name} cannot be an integer: {scale}")
    if scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}")
    return float(scale)


def l1_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """The sum of the absolute values, times `scale` (tf.contrib.layers.l1_regularizer).

    >>> l1_regularizer(0.5)(torch.tensor([1.0, -3.0]))
    tensor(2.)

    Args:
        scale: a float that is not negative; 0.0 gives no loss at all.
        scope: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: `scale` is an integer or negative.
    """
    return _L1(_checked(scale))


def l2_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """Half the sum of the squares, times `scale` (tf.contrib.layers.l2_regularizer).

    >>> l2_regularizer(0.5)(torch.tensor([1.0, -3.0]))
    tensor(2.5000)

    Args:
        scale: a float that is not negative; 0.0 gives no loss at all.
        scope: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: `scale` is an integer or negative.
    """
    return _L2(_checked(scale))


def l1_l2_regularizer(
    scale_l1: float = 1.0, scale_l2: float = 1.0, scope: str | None = None
) -> Regularizer:
    """The sum of an L1 and an L2 regularizer (tf.contrib.layers.l1_l2_regularizer).

    >>> l1_l2_regularizer(0.5, 0.5)(torch.tensor([1.0, -3.0]))
    tensor(4.5000)
    """
    return _Sum((_L1(_checked(scale_l1, "scale_l1")), _L2(_checked(scale_l2, "scale_l2"))))


@dataclass(frozen=True, slots=True)
class _Keras:
    l1: float
    l2: float

    def __call__(self, weights: Tensor) -> Tensor:
        # It adds to a zero, so that there is a loss where both factors are zero.
        loss = weights.new_zeros(())
        if self.l1:
            loss = loss + self.l1 * weights.abs().sum()
        return loss + self.l2 * weights.square().sum() if self.l2 else loss


def keras_l1(l: float = 0.01) -> Regularizer:  # noqa: E741 - TF1's name
    """The sum of the absolute values, times `l` (tf.keras.regularizers.l1).

    >>> keras_l1(0.5)(torch.tensor([1.0, -3.0]))
    tensor(2.)

    Args:
        l: the factor.
    """
    return _Keras(float(l), 0.0)


def keras_l2(l: float = 0.01) -> Regularizer:  # noqa: E741 - TF1's name
    """The sum of the squares, times `l`, and not half of it (tf.keras.regularizers.l2).

    >>> keras_l2(0.5)(torch.tensor([1.0, -3.0]))
    tensor(5.)

    Args:
        l: the factor.
    """
    return _Keras(0.0, float(l))


def keras_l1_l2(l1: float = 0.01, l2: float = 0.01) -> Regularizer:
    """Both (tf.keras.regularizers.l1_l2).

    >>> keras_l1_l2(0.5, 0.5)(torch.tensor([1.0, -3.0]))
    tensor(7.)

    Args:
        l1: the factor of the sum of the absolute values.
        l2: that of the sum of the squares.
    """
    return _Keras(float(l1), float(l2))


def sum_regularizer(
    regularizer_list: Sequence[Regularizer | None], scope: str | None = None
) -> Regularizer | None:
    """The sum of several regularizers (tf.contrib.layers.sum_regularizer).

    >>> sum_regularizer([None, l1_regularizer(1.0)])(torch.tensor([2.0]))
    tensor(2.)

    Returns:
        A regularizer, or None where the list has none.
    """
    present = tuple(regularizer for regularizer in regularizer_list if regularizer is not None)
    return _Sum(present) if present else None
