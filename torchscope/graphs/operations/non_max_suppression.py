"""The best of boxes that overlap."""

from __future__ import annotations

from typing import Any

import torch

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import numbers_of
from torchscope.graphs.operations.table import op


@op("NonMaxSuppression")
def _suppressed(
    boxes: Any, scores: Any, max_output_size: Any, *, iou_threshold: float = 0.5
) -> Any:
    return tf.image.non_max_suppression(boxes, scores, max_output_size, iou_threshold)


@op("NonMaxSuppressionV2")
def _suppressed_v2(boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any) -> Any:
    return tf.image.non_max_suppression(boxes, scores, max_output_size, iou_threshold)


@op("NonMaxSuppressionV3")
def _suppressed_v3(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any, score_threshold: Any
) -> Any:
    return tf.image.non_max_suppression(
        boxes, scores, max_output_size, iou_threshold, score_threshold
    )


@op("NonMaxSuppressionV4", outputs=("selected_indices", "valid_outputs"))
def _suppressed_v4(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_to_max_output_size: bool = False,
) -> Any:
    return tf.image.non_max_suppression_padded(
        boxes, scores, max_output_size, iou_threshold, score_threshold, pad_to_max_output_size
    )


@op("NonMaxSuppressionV5", outputs=("selected_indices", "selected_scores", "valid_outputs"))
def _suppressed_v5(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    soft_nms_sigma: Any,
    *,
    pad_to_max_output_size: bool = False,
) -> Any:
    limit = numbers_of(max_output_size, "max_output_size")
    chosen, rated = tf.image.non_max_suppression_with_scores(
        boxes, scores, limit, iou_threshold, score_threshold, soft_nms_sigma
    )
    count = torch.tensor(len(chosen), dtype=torch.int32, device=chosen.device)
    if pad_to_max_output_size:
        rest = limit - len(chosen)
        chosen, rated = (torch.cat([each, each.new_zeros(rest)]) for each in (chosen, rated))
    return chosen, rated, count


@op("NonMaxSuppressionWithOverlaps")
def _suppressed_by_overlaps(
    overlaps: Any, scores: Any, max_output_size: Any, overlap_threshold: Any, score_threshold: Any
) -> Any:
    return tf.image.non_max_suppression_overlaps(
        overlaps, scores, max_output_size, overlap_threshold, score_threshold
    )


@op(
    "CombinedNonMaxSuppression",
    outputs=("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
)
def _combined(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any,
    score_threshold: Any,
    *,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
) -> Any:
    return tf.image.combined_non_max_suppression(
        boxes,
        scores,
        max_output_size_per_class,
        max_total_size,
        iou_threshold,
        score_threshold,
        pad_per_class,
        clip_boxes,
    )
