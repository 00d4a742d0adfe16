"""The best boxes of many images, or of many classes: as many for each, the rest being zeros."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    FLOATS,
    as_tensor,
    check_rank,
    numbers_of,
    of_dtype,
    wanted,
)
from torchscope._core.values.conversion import shape_text
from torchscope.image.boxes import non_max_suppression


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = -math.inf,
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Tensor, Tensor]:
    """`non_max_suppression`, also of many images, and how many boxes there are.

    Answers to tf.image.non_max_suppression_padded.

    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 5.0, 1.0, 6.0]]
    >>> non_max_suppression_padded(boxes, [0.8, 0.9, 0.7], 4, pad_to_max_output_size=True)
    (tensor([1, 2, 0, 0], dtype=torch.int32), tensor(2, dtype=torch.int32))

    Args:
        boxes: (..., M, 4): two opposite corners of each.
        scores: (..., M).
        max_output_size: how many at most.
        iou_threshold: what two may share of what they cover together.
        score_threshold: only better ones count.
        pad_to_max_output_size: whether zeros fill up the numbers of the boxes.
        name: accepted for TF1 code; it has no effect.
        sorted_input: accepted for TF1 code; it has no effect.
        canonicalized_coordinates: the same.
        tile_size: the same.

    Returns:
        The numbers of the boxes, (..., max_output_size), or those of one image alone; and how many
        they are, (...). Both are int32.

    Raises:
        ValueError: a shape is another, the threshold is not within 0 and 1, or there are many images
            and nothing fills up.
        TypeError: a dtype is not floating.
    """
    boxes = of_dtype(as_tensor(wanted("boxes", boxes)), "boxes", FLOATS)
    scores = of_dtype(as_tensor(wanted("scores", scores), boxes), "scores", FLOATS)
    if boxes.ndim > 2 and not pad_to_max_output_size:
        raise ValueError(
            f"'pad_to_max_output_size' (value {pad_to_max_output_size}) must be True for batched input"
        )
    if boxes.ndim < 2 or boxes.shape[-1] != 4 or boxes.shape[:-1] != scores.shape:
        raise ValueError(
            f"Dimensions must be equal, but boxes are {shape_text(boxes.shape)} and scores "
            f"{shape_text(scores.shape)}: there are four numbers and one score for each box."
        )
    limit = numbers_of(max_output_size, "max_output_size")
    images = zip(
        boxes.reshape(-1, *boxes.shape[-2:]), scores.reshape(-1, scores.shape[-1]), strict=True
    )
    found = [non_max_suppression(*each, limit, iou_threshold, score_threshold) for each in images]
    counts = torch.tensor([len(each) for each in found], dtype=torch.int32, device=boxes.device)
    counts = counts.reshape(scores.shape[:-1])
    if not pad_to_max_output_size:
        return found[0], counts
    numbers = scores.new_zeros((len(found), limit), dtype=torch.int32)
    for row, each in zip(numbers, found, strict=True):
        row[: len(each)] = each
    return numbers.reshape(*scores.shape[:-1], limit), counts


class CombinedNonMaxSuppression(NamedTuple):
    """What combined_non_max_suppression gives."""

    nmsed_boxes: Tensor
    nmsed_scores: Tensor
    nmsed_classes: Tensor
    valid_detections: Tensor


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = -math.inf,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> CombinedNonMaxSuppression:
    """`non_max_suppression` of each class of each image, and the best of all (tf.image's).

    Answers to tf.image.combined_non_max_suppression.

    >>> boxes = torch.tensor([[[[0.0, 0.0, 0.5, 0.5]], [[0.0, 0.1, 0.5, 0.5]]]])
    >>> found = combined_non_max_suppression(boxes, [[[0.8, 0.1], [0.9, 0.3]]], 2, 3)
    >>> found.nmsed_scores, found.nmsed_classes
    (tensor([[0.9000, 0.3000, 0.0000]]), tensor([[0., 1., 0.]]))

    Args:
        boxes: (N, M, classes, 4), or (N, M, 1, 4) for boxes that all classes have; float32.
        scores: (N, M, classes), float32.
        max_output_size_per_class: how many of a class at most.
        max_total_size: how many of an image at most.
        iou_threshold: what two of a class may share of what they cover together.
        score_threshold: only better ones count.
        pad_per_class: whether no more are given than there can be: classes times those of a class.
        clip_boxes: whether what a box has outside of 0 to 1 is cut off.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Boxes (N, total, 4), their scores and classes (N, total), all float32, the best first and then
        zeros; and how many there are, (N,), int32.

    Raises:
        ValueError: a shape is another, or the threshold is not within 0 and 1.
        TypeError: a dtype is another.
    """
    boxes = of_dtype(as_tensor(wanted("boxes", boxes)), "boxes", (torch.float32,))
    scores = of_dtype(as_tensor(wanted("scores", scores), boxes), "scores", (torch.float32,))
    check_rank("boxes", boxes, 4)
    check_rank("scores", scores, 3)
    classes = scores.shape[2]
    if boxes.shape[3] != 4:
        raise ValueError(f"Dimension must be 4 but is {boxes.shape[3]}: a box is four numbers.")
    if boxes.shape[2] not in (1, classes):
        raise ValueError(
            "third dimension of boxes must be either 1 or equal to the third dimension of scores: they "
            f"are {boxes.shape[2]} and {classes}."
        )
    if boxes.shape[:2] != scores.shape[:2]:
        raise ValueError(
            f"Dimensions must be equal, but boxes are {shape_text(boxes.shape)} and scores "
            f"{shape_text(scores.shape)}."
        )
    each = numbers_of(max_output_size_per_class, "max_output_size_per_class")
    most = numbers_of(max_total_size, "max_total_size")
    if pad_per_class:
        most = min(most, each * classes)
    limits = (iou_threshold, score_threshold)
    images = []
    for own, rated in zip(boxes, scores, strict=True):
        rows = [
            _of_class(own[:, min(number, own.shape[1] - 1)], rated[:, number], number, each, limits)
            for number in range(classes)
        ]
        best = torch.cat(rows) if rows else boxes.new_zeros(0, 6)
        images.append(best[best[:, 4].argsort(descending=True, stable=True)][:most])
    filled = [F.pad(best, (0, 0, 0, most - len(best))) for best in images]
    found = torch.stack(filled) if filled else boxes.new_zeros(0, most, 6)
    counts = torch.tensor([len(best) for best in images], dtype=torch.int32, device=boxes.device)
    corners = found[..., :4].clamp(0, 1) if clip_boxes else found[..., :4]
    return CombinedNonMaxSuppression(corners, found[..., 4], found[..., 5], counts)


def _of_class(
    boxes: Tensor, scores: Tensor, number: int, count: int, thresholds: tuple[Any, Any]
) -> Tensor:
    """Rows of four corners, score and class: the best of one class."""
    chosen = non_max_suppression(boxes, scores, count, *thresholds).long()
    label = scores.new_full((len(chosen), 1), number)
    return torch.cat([boxes[chosen], scores[chosen].unsqueeze(1), label], 1)
