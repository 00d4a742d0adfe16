"""Images that are turned, sheared or seen in perspective."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.table import op


@op("ImageProjectiveTransformV3")
def _project_v3(
    images: Any,
    transforms: Any,
    output_shape: Any,
    fill_value: Any,
    *,
    interpolation: str,
    fill_mode: str = "CONSTANT",
) -> Any:
    given = as_tensor(images)
    size = numbers_of(output_shape, "output_shape")
    beyond = as_tensor(fill_value).to(given.dtype)
    found: Tensor = _Projected.apply(  # type: ignore[no-untyped-call]
        given, transforms.detach(), size, beyond.detach(), interpolation, fill_mode
    )
    return found


class _Projected(torch.autograd.Function):
    """Projected images. Their gradient is TensorFlow's: what is projected back, not the adjoint."""

    @staticmethod
    def forward(
        ctx: Any,
        images: Tensor,
        transforms: Tensor,
        size: list[int],
        beyond: Tensor,
        interpolation: str,
        mode: str,
    ) -> Tensor:
        ctx.save_for_backward(transforms)
        ctx.size, ctx.how = list(images.shape[1:3]), (interpolation, mode)
        return _projected(images, transforms, size, beyond, interpolation, mode)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Any:
        (transforms,) = ctx.saved_tensors
        slope = slopes[0]
        matrices = torch.cat([transforms, transforms.new_ones(len(transforms), 1)], 1)
        back = matrices.reshape(-1, 3, 3).inverse().reshape(-1, 9)
        back = back[:, :8] / back[:, 8:]
        found = _projected(slope, back, ctx.size, slope.new_zeros(()), *ctx.how)
        return found, None, None, None, None, None


def _projected(
    given: Tensor,
    transforms: Tensor,
    size: list[int],
    beyond: Tensor,
    interpolation: str,
    fill_mode: str,
) -> Tensor:
    height, width = size
    a0, a1, a2, b0, b1, b2, c0, c1 = transforms[:, :, None, None].unbind(1)
    y = torch.arange(height, dtype=torch.float32, device=given.device)[:, None]
    x = torch.arange(width, dtype=torch.float32, device=given.device)
    depth = c0 * x + c1 * y + 1
    nowhere = depth == 0
    depth = torch.where(nowhere, 1, depth)
    sizes = given.shape[1:3]
    column = _mapped((a0 * x + a1 * y + a2) / depth, sizes[1], fill_mode)
    row = _mapped((b0 * x + b1 * y + b2) / depth, sizes[0], fill_mode)
    batch = torch.arange(len(given), device=given.device)[:, None, None]

    def read(row: Tensor, column: Tensor) -> Tensor:
        inside = (row >= 0) & (row < sizes[0]) & (column >= 0) & (column < sizes[1])
        y, x = row.clamp(0, sizes[0] - 1).long(), column.clamp(0, sizes[1] - 1).long()
        return torch.where(inside[..., None], given[batch, y, x], beyond)

    if interpolation == "NEAREST":
        # Half is rounded away from 0.
        found = read(*(each.sign() * (each.abs() + 0.5).floor() for each in (row, column)))
    else:
        top, left = row.floor(), column.floor()
        down, right = (row - top)[..., None], (column - left)[..., None]
        above, below = (
            (1 - right) * read(line, left) + right * read(line, left + 1) for line in (top, top + 1)
        )
        found = ((1 - down) * above + down * below).to(given.dtype)
    return torch.where(nowhere[..., None], beyond, found)


@op("ImageProjectiveTransformV2")
def _project(
    images: Any,
    transforms: Any,
    output_shape: Any,
    *,
    interpolation: str,
    fill_mode: str = "CONSTANT",
) -> Any:
    zero = transforms.new_zeros(())
    how = {"interpolation": interpolation, "fill_mode": fill_mode}
    return _project_v3(images, transforms, output_shape, zero, **how)


def _mapped(places: Tensor, size: int, mode: str) -> Tensor:
    """Places along an axis, where those beyond its ends stand for others."""
    if mode == "CONSTANT":
        return places
    if mode == "REFLECT":
        # abcd is dcba|abcd|dcba.
        turned = 2 * size
        low = torch.where(places < -turned, places + turned * (-places / turned).trunc(), places)
        low = torch.where(low < -size, low + turned, -low - 1)
        high = places - turned * (places / turned).trunc()
        high = torch.where(high >= size, turned - high - 1, high)
    else:
        # abcd is abcd|abcd|abcd.
        last = max(size - 1, 1)
        low = places + size * ((-places / last).trunc() + 1)
        high = places - size * (places / last).trunc()
    if mode in {"REFLECT", "WRAP"}:
        beyond = torch.where(places < 0, low, torch.where(places > size - 1, high, places))
        places = beyond if size > 1 else torch.zeros_like(places)
    return places.clamp(0, size - 1)
