"""Images scaled and moved, each new pixel weighed out of old ones by a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.resizing import weighed
from torchscope.graphs.operations.table import op


def _lanczos(radius: float) -> Callable[[Tensor], Tensor]:
    def kernel(x: Tensor) -> Tensor:
        return torch.where(x > radius, 0, torch.sinc(x) * torch.sinc(x / radius))

    return kernel


def _cubic(*coefficients: tuple[float, ...]) -> Callable[[Tensor], Tensor]:
    """One cubic from 0 to 1, and one from 1 to 2."""

    def kernel(x: Tensor) -> Tensor:
        inner, outer = (((a * x + b) * x + c) * x + d for a, b, c, d in coefficients)
        return torch.where(x >= 2, 0, torch.where(x >= 1, outer, inner))

    return kernel


# How far each reaches, and what it weighs.
_KERNELS: dict[str, tuple[float, Callable[[Tensor], Tensor]]] = {
    "lanczos1": (1.0, _lanczos(1.0)),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, lambda x: torch.where(x >= 1.5, 0, torch.exp(-2 * x * x))),
    "box": (1.0, lambda x: torch.where(x < 0.5, 1.0, torch.where(x == 0.5, 0.5, 0.0))),
    "triangle": (1.0, lambda x: (1 - x).clamp(min=0)),
    "keyscubic": (2.0, _cubic((1.5, -2.5, 0, 1), (-0.5, 2.5, -4, 2))),
    "mitchellcubic": (
        2.0,
        _cubic((7 / 6, -2, 0, 8 / 9), (-7 / 18, 2, -10 / 3, 16 / 9)),
    ),
}


def _spans(
    old: int, new: int, scale: Any, translation: Any, kernel_type: str, *, antialias: bool
) -> Tensor:
    """What each new row takes of each old one."""
    radius, kernel = _KERNELS[kernel_type]
    inverse = 1 / scale
    widened = inverse.clamp(min=1) if antialias else torch.ones_like(inverse)
    places = (torch.arange(new, device=scale.device) + 0.5) * inverse - inverse * translation
    reach = radius * widened
    first = (places - reach - 0.5).ceil().clamp(0, old - 1)
    last = (places + reach - 0.5).floor().clamp(0, old - 1)
    numbers = torch.arange(old, device=scale.device)
    weights = kernel(((numbers + 0.5 - places[:, None]) / widened).abs())
    taken = (numbers >= first[:, None]) & (numbers <= last[:, None])
    weights = torch.where(taken, weights, 0)
    total = weights.sum(1, keepdim=True)
    outside = ((places < 0) | (places > old))[:, None] | (total.abs() < 1000 * _TINY)
    return torch.where(outside, 0, weights / torch.where(outside, 1, total))


_TINY = torch.finfo(torch.float32).tiny


def _both_spans(
    old: Any, new: Any, scale: Any, translation: Any, how: tuple[str, bool]
) -> list[Tensor]:
    return [
        _spans(*sizes, scale[axis], translation[axis], how[0], antialias=how[1])
        for axis, sizes in enumerate(zip(old, new, strict=True))
    ]


@op("ScaleAndTranslate")
def _scale_and_translate(
    images: Any,
    size: Any,
    scale: Any,
    translation: Any,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Any:
    given = as_tensor(images).float()
    new = numbers_of(size, "size")
    how = (kernel_type, antialias)
    return weighed(given, *_both_spans(given.shape[1:3], new, scale, translation, how))


@op("ScaleAndTranslateGrad")
def _scale_and_translate_grad(
    grads: Any,
    original_image: Any,
    scale: Any,
    translation: Any,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Any:
    old, new = original_image.shape[1:3], grads.shape[1:3]
    spans = _both_spans(old, new, scale, translation, (kernel_type, antialias))
    return weighed(grads, *(each.t() for each in spans))
