"""Arithmetic on lists of tensors, and numbers as TF1's optimizers keep them."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor

from torchscope._core.pytorch.fakes import has_values

Tensors: TypeAlias = list[Tensor] | tuple[Tensor, ...]
# What an update is computed with: a number, or a tensor of one that stays on its device.
Number: TypeAlias = float | Tensor

# 2**29 + 1: what leaves 24 of a double's 53 bits (Veltkamp's splitting).
_SPLITTER = 536870913.0


def single(value: float) -> float:
    """The number as float32 holds it, by arithmetic alone: a compiler can follow it.

    TF1 makes float32 of an optimizer's numbers before it casts them to a variable's dtype.

    >>> single(0.1), single(1.0)
    (0.10000000149011612, 1.0)
    """
    far = value * _SPLITTER
    return far - (far - value)


def rounded(value: Number) -> Number:
    """A number as TF1's optimizers compute with it; a tensor on the CPU is as good as a number."""
    if not isinstance(value, Tensor):
        return single(float(value))
    if value.device.type == "cpu" and has_values(value):
        return float(value.item())
    return value.double()


def exact(value: Number) -> Number:
    """A number as it is, where TF1 makes a variable's dtype of it at once."""
    return rounded(value) if isinstance(value, Tensor) else float(value)


def above_zero(value: Number, dtype: torch.dtype) -> Number:
    """A number as TF1's optimizers compute with it, and at least the smallest that the dtype has.

    TF1 makes 0 of an epsilon of 1e-8 in float16, and NaN of what 0 is divided by it.
    """
    number = rounded(value)
    if isinstance(number, Tensor) or number == 0:
        return number
    of = torch.finfo(dtype)
    return max(number, of.tiny * of.eps)


def root(value: Number) -> Number:
    """The square root."""
    return value.sqrt() if isinstance(value, Tensor) else value**0.5


def add_scaled(to: Tensors, what: Tensors, factor: Number) -> None:
    """Adds to each tensor a multiple of another, in place."""
    if isinstance(factor, Tensor):
        torch._foreach_add_(to, torch._foreach_mul(what, factor))
    else:
        torch._foreach_add_(to, what, alpha=factor)


def add_quotients(to: Tensors, above: Tensors, below: Tensors, factor: Number) -> None:
    """Adds to each tensor a multiple of a quotient, in place."""
    if isinstance(factor, Tensor):
        quotients = torch._foreach_div(above, below)
        torch._foreach_mul_(quotients, factor)
        torch._foreach_add_(to, quotients)
    else:
        torch._foreach_addcdiv_(to, above, below, value=factor)


def move_towards(averages: Tensors, values: Tensors, share: Number) -> None:
    """Moves averages by a share of their distance to the values, in place."""
    if isinstance(share, Tensor):
        steps = torch._foreach_sub(values, averages)
        torch._foreach_mul_(steps, share)
        torch._foreach_add_(averages, steps)
    else:
        torch._foreach_lerp_(averages, values, share)


def move_towards_squares(averages: Tensors, values: Tensors, share: Number) -> None:
    """Moves averages by a share of their distance to the squares of the values, in place."""
    if isinstance(share, Tensor):
        move_towards(averages, torch._foreach_mul(values, values), share)
    else:
        torch._foreach_mul_(averages, 1.0 - share)
        torch._foreach_addcmul_(averages, values, values, value=share)


def within(values: Tensors, limits: Number | Tensors) -> Tensors:
    """Each number, or the limit that it is beyond: one limit, or one for each number, on both sides of 0.

    >>> import torch
    >>> within([torch.tensor([-3.0, 0.5, 2.0])], 1.0)
    [tensor([-1.0000,  0.5000,  1.0000])]
    """
    each: Any = limits if isinstance(limits, list | tuple) else [limits] * len(values)
    return [value.clamp(-limit, limit) for value, limit in zip(values, each, strict=True)]
