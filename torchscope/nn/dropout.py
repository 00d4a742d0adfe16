"""Dropout: elements that are set to zero at random, the others scaled to keep the sum."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_tensor, either
from torchscope._core.values.conversion import as_shape, dtype_name, shape_text


def dropout(
    x: Tensor,
    keep_prob: Any = None,
    noise_shape: Sequence[int | None] | None = None,
    seed: int | torch.Generator | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Keeps each element with probability `keep_prob`, times 1 / keep_prob (tf.nn.dropout).

    It drops whenever it is called, in training or not, as in TF1: give a keep_prob of 1 to keep all.

    >>> sorted(set(dropout(torch.ones(1000), 0.8).tolist()))
    [0.0, 1.25]
    >>> rows = dropout(torch.ones(100, 3), 0.5, noise_shape=[None, 1])
    >>> bool((rows == rows[:, :1]).all())  # whole rows are kept or dropped
    True

    Args:
        x: a tensor of any shape, of floats.
        keep_prob: a number in (0, 1], or a scalar tensor.
        noise_shape: for which elements it is decided together: a shape that broadcasts to that of
            `x`; None in it is the dimension of `x`.
        seed: a torch.Generator to draw from. A number has no effect: one that gave the same draw
            in every step would do harm, and `torch.manual_seed` makes all draws repeatable.
        name: accepted for TF1 code; it has no effect.
        rate: what is dropped: 1 - keep_prob, in place of it.

    Raises:
        ValueError: there is no probability, or one outside (0, 1], or not of the dtype of `x`; or
            `x` is not of floats; or the noise does not broadcast to it.
    """
    if keep_prob is not None:
        if not isinstance(keep_prob, numbers.Real | Tensor):
            raise ValueError(
                "`keep_prob` must be a floating point number or Tensor. Received: "
                f"keep_prob={keep_prob}"
            )
        rate = either("keep_prob", 1.0 - keep_prob, "rate", rate)
    if rate is None:
        raise ValueError(f"`rate` must be provided. Received: rate={rate}. Give keep_prob or rate.")
    number = float(rate) if isinstance(rate, numbers.Real) else None
    if number is not None and not 0 <= number < 1:
        raise ValueError(
            "`rate` must be a scalar tensor or a float in the range [0, 1). Received: "
            f"rate={rate}. It is 1 - keep_prob, and keep_prob must be in (0, 1]."
        )
    x = as_tensor(x)
    if not x.is_floating_point():
        raise ValueError(
            "`x.dtype` must be a floating point tensor as `x` will be scaled. Received: "
            f"x_dtype=<dtype: '{dtype_name(x.dtype)}'>"
        )
    generator = seed if isinstance(seed, torch.Generator) else None
    if number is not None:
        if number == 0:
            return x
        if noise_shape is None and generator is None:
            return F.dropout(x, number)
        kept = x * (1 / (1 - number))
    else:
        rate = _scalar(rate, x)
        kept = x / (1 - rate)
    shape = _noise_shape(noise_shape, x)
    # float32 at least: the draws of shorter dtypes are so coarse that 1.0 can be among them.
    dtype = torch.promote_types(x.dtype, torch.float32)
    noise = torch.rand(shape, generator=generator, dtype=dtype, device=x.device)
    return torch.where(noise >= rate, kept, 0.0)


def _scalar(rate: Any, x: Tensor) -> Tensor:
    """A rate that is a tensor, checked."""
    if not isinstance(rate, Tensor):
        raise ValueError(f"`rate` must be a scalar or scalar tensor. Received: rate={rate}")
    if rate.ndim:
        raise ValueError(
            f"Shape {shape_text(rate.shape)} must have rank 0: keep_prob and rate are one number."
        )
    if rate.dtype != x.dtype:
        raise ValueError(
            "`x.dtype` must be compatible with `rate.dtype`. Received: "
            f"x.dtype=<dtype: '{dtype_name(x.dtype)}'> and "
            f"rate.dtype=<dtype: '{dtype_name(rate.dtype)}'>"
        )
    return rate


def _noise_shape(noise_shape: Any, x: Tensor) -> Sequence[int]:
    """The dimensions to draw: they broadcast to the shape of `x`, and to nothing larger."""
    if noise_shape is None:
        return x.shape
    given = as_shape(noise_shape)
    if len(given) > x.ndim:
        raise ValueError(
            f"Shapes must be equal rank, but are {len(given)} and {x.ndim}: the noise_shape "
            f"{shape_text(given)} has more dimensions than x, {shape_text(x.shape)}."
        )
    if None in given and len(given) != x.ndim:
        raise ValueError(
            f"The noise_shape {shape_text(given)} takes dimensions of x, {shape_text(x.shape)}, "
            "and so must have as many."
        )
    aligned = x.shape[x.ndim - len(given) :]
    shape = [own if size is None else size for size, own in zip(given, aligned, strict=True)]
    for size, own in zip(shape, aligned, strict=True):
        if size not in (1, own):
            raise ValueError(
                f"Dimensions must be equal, but are {size} and {own}: the noise_shape "
                f"{shape_text(given)} does not broadcast to the shape of x, {shape_text(x.shape)}."
            )
    return shape
