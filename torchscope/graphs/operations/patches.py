"""Patches of images and volumes as the channels of points."""

from __future__ import annotations

from typing import Any

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op


@op("ExtractImagePatches")
def _extract_image_patches(
    images: Any, *, ksizes: list[int], strides: list[int], rates: list[int], padding: str
) -> Any:
    return tf.extract_image_patches(images, ksizes, strides, rates, padding)


@op("ExtractVolumePatches")
def _extract_volume_patches(
    input: Any, *, ksizes: list[int], strides: list[int], padding: str
) -> Any:
    return tf.extract_volume_patches(input, ksizes, strides, padding)
