"""Boxes that are drawn into images, and parts of images that are drawn at random around boxes."""

from __future__ import annotations

from typing import Any

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import numbers_of
from torchscope.graphs.operations.table import op

op("DrawBoundingBoxes")(tf.image.draw_bounding_boxes)


@op("DrawBoundingBoxesV2")
def _draw_bounding_boxes(images: Any, boxes: Any, colors: Any) -> Any:
    return tf.image.draw_bounding_boxes(images, boxes, colors=colors)


_BOX = ("begin", "size", "bboxes")


@op("SampleDistortedBoundingBoxV2", outputs=_BOX, stateful=True)
def _sample_box_v2(
    image_size: Any,
    bounding_boxes: Any,
    min_object_covered: Any,
    *,
    aspect_ratio_range: list[float] = [0.75, 1.3300000429153442],  # noqa: B006
    area_range: list[float] = [0.05000000074505806, 1.0],  # noqa: B006
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> Any:
    """A part that is drawn at random, other than TensorFlow's of the same seed."""
    return tf.image.sample_distorted_bounding_box(
        image_size,
        bounding_boxes,
        min_object_covered=float(min_object_covered),
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )


@op("SampleDistortedBoundingBox", outputs=_BOX, stateful=True)
def _sample_box(
    image_size: Any,
    bounding_boxes: Any,
    *,
    min_object_covered: float = 0.10000000149011612,
    aspect_ratio_range: list[float] = [0.75, 1.3300000429153442],  # noqa: B006
    area_range: list[float] = [0.05000000074505806, 1.0],  # noqa: B006
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> Any:
    """The same."""
    return _sample_box_v2(
        image_size,
        bounding_boxes,
        min_object_covered,
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )


@op("StatelessSampleDistortedBoundingBox", outputs=_BOX)
def _sample_box_by_seed(
    image_size: Any,
    bounding_boxes: Any,
    min_object_covered: Any,
    seed: Any,
    *,
    aspect_ratio_range: list[float] = [0.75, 1.3300000429153442],  # noqa: B006
    area_range: list[float] = [0.05000000074505806, 1.0],  # noqa: B006
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> Any:
    """The same part each time, though not TensorFlow's."""
    first, second = numbers_of(seed, "seed")
    return tf.image.sample_distorted_bounding_box(
        image_size,
        bounding_boxes,
        seed=(first * 1_000_003 + second) % 2**63,
        min_object_covered=float(min_object_covered),
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )
