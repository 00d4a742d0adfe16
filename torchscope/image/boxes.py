"""Boxes of images: parts that are resized, and the best of those that overlap."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import (
    FLOATS,
    as_tensor,
    check_rank,
    either,
    numbers_of,
    of_dtype,
    wanted,
)
from torchscope._core.values.conversion import shape_text

_PIXELS = (
    *(torch.uint8, torch.uint16, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.float16, torch.float32, torch.float64),
)


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Parts of images, each resized to one size (tf.image.crop_and_resize).

    >>> image = torch.arange(9.0).reshape(1, 3, 3, 1)
    >>> crop_and_resize(image, [[0.0, 0.0, 0.5, 1.0]], [0], [2, 2]).flatten()
    tensor([0., 2., 3., 5.])

    Args:
        image: (N, H, W, C), of any real dtype.
        boxes: (M, 4): top, left, bottom and right, where 0 is the first row or column and 1 the
            last. A bottom above the top turns the part around.
        box_ind: (M,), of which image each is.
        crop_size: height and width of the result.
        method: 'bilinear' or 'nearest'.
        extrapolation_value: what stands where a box is outside of its image.
        name: accepted for TF1 code; it has no effect.
        box_indices: another name of `box_ind`.

    Returns:
        (M, height, width, C), float32.

    Raises:
        ValueError: a shape is another, a size is not positive, the method is unknown, or, on the
            CPU, there is no such image.
        TypeError: a dtype is another.
    """
    image = of_dtype(as_tensor(wanted("image", image)), "image", _PIXELS)
    boxes = of_dtype(as_tensor(wanted("boxes", boxes), image), "boxes", (torch.float32,))
    which = as_tensor(
        wanted("box_ind", either("box_indices", box_indices, "box_ind", box_ind)), image
    )
    which = of_dtype(which, "box_ind", (torch.int32, torch.int64))
    size = numbers_of(crop_size, "crop_size")
    if method not in ("bilinear", "nearest"):
        raise ValueError(
            f"Attr 'method' of 'CropAndResize' Op passed string '{method}' not in: \"bilinear\", "
            '"nearest".'
        )
    check_rank("the image", image, 4)
    _check_boxes(boxes)
    if which.ndim != 1 or len(which) != len(boxes):
        raise ValueError(
            f"Dimensions must be equal, but are {len(boxes)} and {len(which) if which.ndim else 0}: "
            "there is one image for each box."
        )
    if len(size) != 2 or min(size) <= 0:
        raise ValueError(f"crop dimensions must be positive: they are {size}.")
    images = image.float()
    rows, rows_inside = _steps(boxes[:, 0], boxes[:, 2], size[0], image.shape[1])
    columns, columns_inside = _steps(boxes[:, 1], boxes[:, 3], size[1], image.shape[2])
    # (M, height, width) each.
    y, x, of = rows.unsqueeze(2), columns.unsqueeze(1), which.long().reshape(-1, 1, 1)
    try:
        if method == "bilinear":
            found = _between(images, of, y, x)
        else:
            found = images[of, _half_away(y), _half_away(x)]
            if boxes.requires_grad:
                # As in TF1, boxes have the gradient of the other method.
                moved = _between(images.detach(), of, y, x)
                found = found + (moved - moved.detach())
    except IndexError:
        raise ValueError(
            f"box_index has values outside [0, batch_size): there are {len(image)} images, and the "
            f"boxes are of {which.tolist()}."
        ) from None
    inside = (rows_inside.unsqueeze(2) & columns_inside.unsqueeze(1)).unsqueeze(3)
    return torch.where(inside, found, extrapolation_value)


def _between(images: Tensor, of: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """What lies between four pixels each."""
    top, left = y.floor(), x.floor()
    down, right = (y - top).unsqueeze(3), (x - left).unsqueeze(3)
    above, below = (
        torch.lerp(images[of, line, left.long()], images[of, line, x.ceil().long()], right)
        for line in (top.long(), y.ceil().long())
    )
    return torch.lerp(above, below, down)


def _half_away(place: Tensor) -> Tensor:
    return (place + 0.5).floor().long()


def _steps(start: Tensor, end: Tensor, count: int, length: int) -> tuple[Tensor, Tensor]:
    """Where in an image of that length the pixels of boxes are, (M, count), and whether inside."""
    if count > 1:
        step = (end - start) * (length - 1) / (count - 1)
        numbers = torch.arange(count, dtype=start.dtype, device=start.device)
        places = start.unsqueeze(1) * (length - 1) + numbers * step.unsqueeze(1)
    else:
        places = 0.5 * (start + end).unsqueeze(1) * (length - 1)
    inside = (places >= 0) & (places <= length - 1)
    return torch.where(inside, places, 0), inside


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = -math.inf,
    name: str | None = None,
) -> Tensor:
    """The boxes with the best scores, without those that overlap a better one.

    Answers to tf.image.non_max_suppression.

    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 5.0, 1.0, 6.0]]
    >>> non_max_suppression(boxes, [0.8, 0.9, 0.7], 10)
    tensor([1, 2], dtype=torch.int32)

    Args:
        boxes: (M, 4): two opposite corners of each.
        scores: (M,).
        max_output_size: how many at most.
        iou_threshold: what two may share of what they cover together.
        score_threshold: only better ones count.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The numbers of the boxes, the best first, int32. How many there are is read from the device.

    Raises:
        ValueError: a shape is another, or the threshold is not within 0 and 1.
        TypeError: a dtype is not floating.
    """
    boxes, scores = _scored(boxes, scores)
    return _taken(
        _shared(boxes), scores, max_output_size, iou_threshold, score_threshold, "iou_threshold"
    )


def _scored(boxes: Any, scores: Any) -> tuple[Tensor, Tensor]:
    """Boxes and their scores, once they were looked at."""
    boxes = of_dtype(as_tensor(wanted("boxes", boxes)), "boxes", FLOATS)
    scores = of_dtype(as_tensor(wanted("scores", scores), boxes), "scores", FLOATS)
    _check_boxes(boxes)
    _check_scores(boxes, scores)
    return boxes, scores


def _check_scores(boxes: Tensor, scores: Tensor) -> None:
    check_rank("scores", scores, 1)
    if len(scores) != len(boxes):
        raise ValueError(
            f"Dimensions must be equal, but are {len(boxes)} and {len(scores)}: there is one score for "
            "each box."
        )


def _number(value: Any) -> float:
    return float(value.detach() if isinstance(value, Tensor) else value)


def _taken(
    shared: Tensor, scores: Tensor, count: Any, most: Any, score_threshold: Any, name: str
) -> Tensor:
    """The numbers of the best, of which no two share more than `most`."""
    overlap = _number(most)
    if name == "iou_threshold" and not 0 <= overlap <= 1:
        raise ValueError(f"iou_threshold must be in [0, 1]. It is {overlap}.")
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] > score_threshold]
    limit = numbers_of(count, "max_output_size")
    taken: list[int] = []
    out = [False] * len(order)
    # One after the other: whether a box is taken depends on all better ones.
    rows = (shared[order][:, order] > overlap).tolist()
    for number, row in enumerate(rows):
        if len(taken) >= limit:
            break
        if not out[number]:
            taken.append(number)
            out = [gone or hit for gone, hit in zip(out, row, strict=True)]
    result: Tensor = order[torch.tensor(taken, dtype=torch.int64, device=order.device)].to(
        torch.int32
    )
    return result


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = -math.inf,
    name: str | None = None,
) -> Tensor:
    """The same, where it is said how much each two overlap (tf.image.non_max_suppression_overlaps).

    >>> overlaps = [[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> non_max_suppression_overlaps(overlaps, [0.8, 0.9, 0.7], 10)
    tensor([1, 2], dtype=torch.int32)

    Args:
        overlaps: (M, M).
        scores: (M,).
        max_output_size: how many at most.
        overlap_threshold: what two may have.
        score_threshold: only better ones count.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: a shape is another.
        TypeError: a dtype is not floating.
    """
    shared = of_dtype(as_tensor(wanted("overlaps", overlaps)), "overlaps", FLOATS)
    scores = of_dtype(as_tensor(wanted("scores", scores), shared), "scores", FLOATS)
    check_rank("overlaps", shared, 2)
    if shared.shape[0] != shared.shape[1]:
        raise ValueError(
            f"Dimensions must be equal, but are {shared.shape[0]} and {shared.shape[1]}: overlaps is "
            "(M, M)."
        )
    _check_scores(shared, scores)
    # Of two the better one is asked for as the second.
    return _taken(
        shared.t(), scores, max_output_size, overlap_threshold, score_threshold, "overlap_threshold"
    )


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = -math.inf,
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The same with the scores, which may sink by what a box shares with better ones.

    Answers to tf.image.non_max_suppression_with_scores.

    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1]]
    >>> non_max_suppression_with_scores(boxes, [0.8, 0.9], 2, 1.0, soft_nms_sigma=0.5)
    (tensor([1, 0], dtype=torch.int32), tensor([0.9000, 0.4096]))

    Args:
        boxes: (M, 4): two opposite corners of each.
        scores: (M,).
        max_output_size: how many at most.
        iou_threshold: what two may share of what they cover together.
        score_threshold: only better ones count.
        soft_nms_sigma: above 0 a score is multiplied by ``exp(-0.5 * shared ** 2 / sigma)`` for each
            better box, and `iou_threshold` has no effect, as in TensorFlow.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The numbers of the boxes, the best first, int32; and their scores.

    Raises:
        ValueError, TypeError: as `non_max_suppression`.
    """
    boxes, scores = _scored(boxes, scores)
    sigma = _number(soft_nms_sigma)
    shared = _shared(boxes)
    if sigma == 0:
        chosen = _taken(
            shared, scores, max_output_size, iou_threshold, score_threshold, "iou_threshold"
        )
        return chosen, scores[chosen.long()]
    factors = torch.exp(-0.5 / sigma * shared.square())
    left, alive = scores.clone(), scores > score_threshold
    taken: list[int] = []
    found: list[Tensor] = []
    while len(taken) < numbers_of(max_output_size, "max_output_size") and bool(alive.any()):
        best = int(left.masked_fill(~alive, -torch.inf).argmax())
        taken.append(best)
        found.append(left[best])
        alive[best] = False
        left = left * factors[best]
        alive = alive & (left > score_threshold)
    numbers = torch.tensor(taken, dtype=torch.int32, device=scores.device)
    return numbers, torch.stack(found) if found else scores[:0]


def _shared(boxes: Tensor) -> Tensor:
    """What each two share of what they cover together, (M, M)."""
    low = torch.minimum(boxes[:, :2], boxes[:, 2:])
    high = torch.maximum(boxes[:, :2], boxes[:, 2:])
    area = (high - low).prod(1)
    sides = torch.minimum(high[:, None], high) - torch.maximum(low[:, None], low)
    both = sides.clamp(min=0).prod(2)
    any_ = area[:, None] + area - both
    empty = (area[:, None] <= 0) | (area <= 0)
    return torch.where(empty, 0, both / torch.where(empty, 1, any_))


def _check_boxes(boxes: Tensor) -> None:
    check_rank("boxes", boxes, 2)
    if boxes.shape[1] != 4:
        raise ValueError(
            f"Dimension must be 4 but is {boxes.shape[1]}: a box is four numbers. The shape is "
            f"{shape_text(boxes.shape)}."
        )
