"""Parts of images that boxes cut out, all of one size, and the gradients for the images and for the boxes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.table import op


@op("CropAndResize")
def _crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any,
    crop_size: Any,
    *,
    method: str = "bilinear",
    extrapolation_value: float = 0,
) -> Any:
    return tf.image.crop_and_resize(image, boxes, box_ind, crop_size, method, extrapolation_value)


def _along(first: Tensor, last: Tensor, count: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where the pixels of boxes are along an axis, whether inside, and how far from first to last."""
    if count > 1:
        shares = torch.arange(count, device=first.device, dtype=first.dtype) / (count - 1)
        steps = (last - first) * (size - 1) / (count - 1)
        numbers = torch.arange(count, device=first.device, dtype=first.dtype)
        places = first[:, None] * (size - 1) + numbers * steps[:, None]
    else:
        shares = first.new_full((1,), 0.5)
        places = (0.5 * (first + last) * (size - 1))[:, None]
    return places, (places >= 0) & (places <= size - 1), shares


@op("CropAndResizeGradImage")
def _crop_and_resize_grad_image(
    grads: Any,
    boxes: Any,
    box_ind: Any,
    image_size: Any,
    *,
    T: Any,  # noqa: N803
    method: str = "bilinear",
) -> Any:
    count, height, width, depth = numbers_of(image_size, "image_size")
    y, rows_inside, _ = _along(boxes[:, 0], boxes[:, 2], grads.shape[1], height)
    x, columns_inside, _ = _along(boxes[:, 1], boxes[:, 3], grads.shape[2], width)
    inside = rows_inside[:, :, None] & columns_inside[:, None, :]
    slopes = torch.where(inside[..., None], grads, 0)
    which = as_tensor(box_ind, grads).long()[:, None, None] * height
    made = grads.new_zeros(count * height * width, depth)
    for row, of_row in _corners(torch.where(rows_inside, y, 0), method):
        for column, of_column in _corners(torch.where(columns_inside, x, 0), method):
            places = (which + row[:, :, None]) * width + column[:, None, :]
            shares = slopes * (of_row[:, :, None] * of_column[:, None, :])[..., None]
            made = made.index_add(0, places.reshape(-1), shares.reshape(-1, depth))
    return made.reshape(count, height, width, depth).to(T)


def _corners(places: Tensor, method: str) -> list[tuple[Tensor, Tensor]]:
    """The pixels beside places along an axis, and how much each counts."""
    if method == "nearest":
        return [((places + 0.5).floor().long(), torch.ones_like(places))]
    low = places.floor()
    above = places - low
    return [(low.long(), 1 - above), (places.ceil().long(), above)]


@op("CropAndResizeGradBoxes")
def _crop_and_resize_grad_boxes(
    grads: Any, image: Any, boxes: Any, box_ind: Any, *, method: str = "bilinear"
) -> Any:
    height, width = image.shape[1:3]
    y, rows_inside, down = _along(boxes[:, 0], boxes[:, 2], grads.shape[1], height)
    x, columns_inside, right = _along(boxes[:, 1], boxes[:, 3], grads.shape[2], width)
    inside = rows_inside[:, :, None] & columns_inside[:, None, :]
    which = as_tensor(box_ind, grads).long()[:, None, None]
    (top, _), (bottom, below) = _corners(torch.where(rows_inside, y, 0)[:, :, None], "bilinear")
    (left, _), (after, beside) = _corners(torch.where(columns_inside, x, 0)[:, None, :], "bilinear")
    pixels = as_tensor(image).float()
    one, two = pixels[which, top, left], pixels[which, top, after]
    three, four = pixels[which, bottom, left], pixels[which, bottom, after]
    below, beside = below[..., None], beside[..., None]
    by_y = torch.lerp(three - one, four - two, beside)
    by_x = torch.lerp(two - one, four - three, below)
    slope_y, slope_x = (
        torch.where(inside, (grads * each).sum(-1), 0) * (size - 1)
        for each, size in ((by_y, height), (by_x, width))
    )
    slope_y, slope_x = slope_y.sum(2), slope_x.sum(1)
    sides = [slope_y * (1 - down), slope_x * (1 - right), slope_y * down, slope_x * right]
    return torch.stack([each.sum(1) for each in sides], 1)
