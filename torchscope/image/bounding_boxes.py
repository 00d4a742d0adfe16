"""Boxes that are drawn into images, and parts of images that are drawn at random around boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_rank, numbers_of, of_dtype
from torchscope._core.ops.drawing import random_uniform
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.values.conversion import shape_text

# Yellow, blue, red, lime, purple, olive, maroon, navy, aqua and fuchsia.
_COLORS = (
    *((1.0, 1.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0)),
    *((0.5, 0.0, 0.5, 1.0), (0.5, 0.5, 0.0, 1.0), (0.5, 0.0, 0.0, 1.0), (0.0, 0.0, 0.5, 1.0)),
    *((0.0, 1.0, 1.0, 1.0), (1.0, 0.0, 1.0, 1.0)),
)


def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Images with the edges of boxes drawn into them (tf.image.draw_bounding_boxes).

    >>> draw_bounding_boxes(torch.zeros(1, 2, 3, 1), [[[0.0, 0.0, 1.0, 0.5]]]).flatten()
    tensor([1., 1., 0., 1., 1., 0.])

    Args:
        images: (N, H, W, C) of one, three or four channels, floats.
        boxes: (N, M, 4): top, left, bottom and right, from 0 to 1. What is outside is not drawn.
        name: accepted for TF1 code; it has no effect.
        colors: (K, C), which the boxes have in turn; ten colors by default.

    Raises:
        ValueError: a rank is another, or there are two channels, or more than four.
        InvalidArgumentError: the colors have fewer channels.
        TypeError: the images are no floats.
    """
    drawn = of_dtype(as_tensor(images), "images", (torch.float32, torch.float16))
    edges = as_tensor(boxes, drawn).to(torch.float32)
    check_rank("the images", drawn, 4)
    check_rank("the boxes", edges, 3)
    _, height, width, channels = drawn.shape
    if channels not in (1, 3, 4):
        raise ValueError(
            f"Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA): it is {channels}."
        )
    table = as_tensor(_COLORS, drawn, torch.float32)[:, :channels]
    if channels == 1:
        table = torch.ones_like(table)
    if colors is not None:
        table = as_tensor(colors, drawn).to(torch.float32)
        if table.ndim != 2 or table.shape[1] < channels:
            raise InvalidArgumentError(
                None,
                None,
                f"colors must have equal or more channels than the image provided: {channels} vs. "
                f"{table.shape[-1]}",
            )
    # Numbers are cut off, also below 0.
    lines = torch.tensor([height - 1, width - 1] * 2, device=drawn.device)
    corners = (edges * lines).trunc().to(torch.int64)
    rows = torch.arange(height, device=drawn.device)[:, None]
    columns = torch.arange(width, device=drawn.device)
    for number in range(edges.shape[1]):
        top, left, bottom, right = corners[:, number, :, None, None].unbind(1)
        inside = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        edge = (rows == top) | (rows == bottom) | (columns == left) | (columns == right)
        color = table[number % len(table), :channels].to(drawn.dtype)
        drawn = torch.where((inside & edge)[..., None], color, drawn)
    return drawn


class DistortedBox(NamedTuple):
    """What `sample_distorted_bounding_box` gives.

    Attributes:
        begin: where the part begins, for tf.slice: (3,) of the dtype of the sizes.
        size: how large it is, (3,); -1 for all channels.
        bboxes: the part as a box, (1, 1, 4), as `draw_bounding_boxes` takes it.
    """

    begin: Tensor
    size: Tensor
    bboxes: Tensor


def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: Any = None,
    seed2: Any = None,
    min_object_covered: float = 0.1,
    aspect_ratio_range: Sequence[float] | None = None,
    area_range: Sequence[float] | None = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> DistortedBox:
    """A part of an image that covers enough of a box, drawn at random.

    Answers to tf.image.sample_distorted_bounding_box. It is drawn on the CPU, and not in a graph.

    >>> begin, size, _ = sample_distorted_bounding_box([9, 12, 3], [[[0.0, 0.0, 1.0, 1.0]]])
    >>> begin.shape, size[2]
    (torch.Size([3]), tensor(-1, dtype=torch.int32))

    Args:
        image_size: height, width and channels.
        bounding_boxes: (1, M, 4) or (N, M, 4): top, left, bottom and right, from 0 to 1.
        seed: an int for the same part each time, or a torch.Generator.
        seed2: accepted for TF1 code; it has no effect.
        min_object_covered: how much of a box the part has to cover.
        aspect_ratio_range: the width divided by the height; (0.75, 1.33) by default.
        area_range: the part's share in the image; (0.05, 1) by default.
        max_attempts: after how many draws the whole image is given; 100 by default.
        use_image_if_no_bounding_boxes: whether the whole image is a box where there is none.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are not three sizes, or not four numbers for each box.
        InvalidArgumentError: there is no box, or one is outside of the image.
    """
    sizes = numbers_of(image_size, "image_size")
    if len(sizes) != 3:
        raise ValueError(
            f"Dimension must be 3 but is {len(sizes)}: the sizes are height, width and channels."
        )
    dtype = getattr(image_size, "dtype", torch.int32)
    given = as_tensor(bounding_boxes).detach().cpu().to(torch.float64)
    check_rank("the boxes", given, 3)
    if given.shape[2] != 4:
        raise ValueError(
            f"Dimension must be 4 but is {given.shape[2]}: the boxes have shape "
            f"{shape_text(given.shape)}."
        )
    boxes: list[list[float]] = given.reshape(-1, 4).tolist()
    outside = [side for box in boxes for side in box if not 0 <= side <= 1]
    if outside:
        raise InvalidArgumentError(
            None, None, f"All bounding box coordinates must be in [0.0, 1.0]: {outside[0]}"
        )
    if not boxes:
        if not use_image_if_no_bounding_boxes:
            raise InvalidArgumentError(
                None,
                None,
                "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if "
                "you wish to not provide any bounding boxes.",
            )
        boxes = [[0.0, 0.0, 1.0, 1.0]]
    height, width = int(sizes[0]), int(sizes[1])
    attempts = 100 if max_attempts is None else max_attempts
    units = random_uniform([attempts, 4], dtype=torch.float64, seed=seed).tolist()
    part = (0, 0, height, width)
    for draw in units:
        found = _part(
            draw, height, width, aspect_ratio_range or (0.75, 1.33), area_range or (0.05, 1)
        )
        if found is not None and _covers(found, boxes, height, width, min_object_covered):
            part = found
            break
    top, left, bottom, right = part
    whole = torch.tensor([height, width] * 2)
    beside = as_tensor([top, left, 0], dtype=torch.int64)
    return DistortedBox(
        beside.to(dtype),
        as_tensor([bottom - top, right - left, -1], beside, torch.int64).to(dtype),
        (torch.tensor(part) / whole).float().reshape(1, 1, 4).to(beside.device),
    )


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)


def _part(
    draw: Sequence[float], height: int, width: int, ratios: Sequence[float], areas: Sequence[float]
) -> tuple[int, int, int, int] | None:
    """The top, left, bottom and right of a part, or None where what was drawn does not fit."""
    ratio = ratios[0] + draw[0] * (ratios[1] - ratios[0])
    least, most = (share * height * width for share in areas)
    lowest = _rounded(math.sqrt(least / ratio))
    highest = _rounded(math.sqrt(most / ratio))
    if _rounded(highest * ratio) > width:
        highest = int((width + 0.5 - 1e-7) / ratio)
        if _rounded(highest * ratio) > width:
            highest -= 1
    highest = min(highest, height)
    rows = min(lowest, highest)
    if rows < highest:
        rows += int(draw[1] * (highest - rows + 1))
    columns = _rounded(rows * ratio)
    for missed, step in ((rows * columns < least, 1), (rows * columns > most, -1)):
        if missed:
            rows += step
            columns = _rounded(rows * ratio)
    fits = least <= rows * columns <= most and 0 < columns <= width and 0 < rows <= height
    if not fits:
        return None
    top = int(draw[2] * (height - rows)) if rows < height else 0
    left = int(draw[3] * (width - columns)) if columns < width else 0
    return top, left, top + rows, left + columns


def _covers(
    part: Sequence[int], boxes: Sequence[Sequence[float]], height: int, width: int, share: float
) -> bool:
    """Whether a part covers that share of one of the boxes."""
    for box in boxes:
        top, left, bottom, right = (
            int(side * length) for side, length in zip(box, [height, width] * 2, strict=True)
        )
        rows = min(part[2], bottom) - max(part[0], top)
        columns = min(part[3], right) - max(part[1], left)
        area = (bottom - top) * (right - left)
        if area > 0 and max(rows, 0) * max(columns, 0) >= share * area:
            return True
    return False
