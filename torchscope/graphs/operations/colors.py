"""Images in HSV, in other hues, and richer in contrast."""

from __future__ import annotations

from typing import Any

import torch

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

op("RGBToHSV")(tf.image.rgb_to_hsv)
op("HSVToRGB")(tf.image.hsv_to_rgb)
op("AdjustContrastv2")(tf.image.adjust_contrast)
op("AdjustHue")(tf.image.adjust_hue)
op("AdjustSaturation")(tf.image.adjust_saturation)


@op("AdjustContrast")
def _adjust_contrast(images: Any, contrast_factor: Any, min_value: Any, max_value: Any) -> Any:
    adjusted = tf.image.adjust_contrast(tf.cast(images, torch.float32), contrast_factor)
    return tf.minimum(tf.maximum(adjusted, min_value), max_value)
