"""Windows of images around points, with noise where they reach beyond the border."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import numbers_of
from torchscope.graphs.operations.table import op


@op("ExtractGlimpse")
def _extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    *,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    noise: str = "uniform",
) -> Any:
    """A part of each image; what is drawn at random beyond its border is other than TensorFlow's."""
    extent = offsets.new_tensor(input.shape[1:3])
    sizes = numbers_of(size, "size")
    window = offsets.new_tensor(sizes)
    places = offsets * extent if normalized else offsets
    if centered:
        places = places / 2 + extent / 2
    return _glimpse(input, sizes, places - window / 2, noise, uniform=uniform_noise)


@op("ExtractGlimpseV2")
def _extract_glimpse_v2(
    input: Any,
    size: Any,
    offsets: Any,
    *,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    noise: str = "uniform",
) -> Any:
    """The same."""
    extent = offsets.new_tensor(input.shape[1:3])
    sizes = numbers_of(size, "size")
    window = offsets.new_tensor(sizes)
    places = offsets * extent if normalized else offsets
    if centered:
        places = places / 2 + extent / 2 - window / 2 if normalized else places + extent / 2
    return _glimpse(input, sizes, places, noise, uniform=uniform_noise)


def _glimpse(
    images: Tensor, window: list[int], starts: Tensor, noise: str, *, uniform: bool
) -> Tensor:
    """A window of each image."""
    first = starts.trunc().long()
    places, inside = [], []
    for axis, size in enumerate(window):
        place = first[:, axis, None] + torch.arange(size, device=images.device)
        length = images.shape[axis + 1]
        inside.append((place >= 0) & (place < length))
        places.append(place.clamp(0, length - 1))
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    found = images[batch, places[0][:, :, None], places[1][:, None, :]]
    seen = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
    if noise == "zero":
        return torch.where(seen, found, 0)
    if noise == "uniform" or (not noise and uniform):
        least, most = images.amin((1, 2, 3), True), images.amax((1, 2, 3), True)
        return torch.where(seen, found, least + (most - least) * torch.rand_like(found))
    mean, deviation = images.mean((1, 2), True), images.std((1, 2), correction=0, keepdim=True)
    return torch.where(seen, found, mean + deviation * torch.randn_like(found))
