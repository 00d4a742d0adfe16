"""Sums from which moments follow (tf.nn.sufficient_statistics, tf.nn.normalize_moments)."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, axes_of, either


def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """How many numbers there are, their sum, and that of their squares (tf.nn.sufficient_statistics).

    >>> import torch
    >>> count, total, squares, shift = sufficient_statistics(torch.tensor([1.0, 3.0]), [0])
    >>> count.item(), total.item(), squares.item(), shift
    (2.0, 4.0, 10.0, None)

    Args:
        x: a tensor.
        axes: the axes that are summed over.
        shift: what is taken from `x` first, so that the sums lose less; it is near the mean.
        keep_dims: whether these axes stay, with length 1.
        name: accepted for TF1 code; it has no effect.
        keepdims: another name of `keep_dims`.

    Returns:
        The number of elements, the sum, the sum of the squares, and the shift.

    Raises:
        ValueError: an axis is not there.
    """
    numbers = as_tensor(x)
    keep = bool(either("keepdims", keepdims, "keep_dims", keep_dims))
    over = axes_of(list(dict.fromkeys(axes)), numbers.ndim)
    count = as_tensor(math.prod(numbers.shape[axis] for axis in over), numbers, numbers.dtype)
    moved = None if shift is None else as_tensor(shift, numbers, numbers.dtype)
    shifted = numbers if moved is None else numbers - moved
    if not over:
        return count, shifted, shifted * shifted, moved
    total, squares = (each.sum(over, keep, dtype=numbers.dtype) for each in (shifted, shifted**2))
    return count, total, squares, moved


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The mean and the variance of what `sufficient_statistics` gave (tf.nn.normalize_moments).

    >>> import torch
    >>> normalize_moments(*sufficient_statistics(torch.tensor([1.0, 3.0]), [0]))
    (tensor(2.), tensor(1.))

    Args:
        counts: the number of elements.
        mean_ss: their sum, or that of what they are above the shift.
        variance_ss: the sum of the squares.
        shift: what was taken from them; None for nothing.
        name: accepted for TF1 code; it has no effect.
    """
    total = as_tensor(mean_ss)
    part = as_tensor(counts, total, total.dtype).reciprocal()
    above = total * part
    mean = above if shift is None else above + as_tensor(shift, total, total.dtype)
    return mean, as_tensor(variance_ss, total, total.dtype) * part - above.square()
