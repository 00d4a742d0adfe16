"""Labels and predictions, as all losses take them."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.values.conversion import shape_text


def pair(
    labels_name: str, labels: Any, predictions_name: str, predictions: Any
) -> tuple[Tensor, Tensor]:
    """Labels and predictions as tensors, if both were given and have one shape.

    Raises:
        ValueError: one is None, or the shapes differ.
    """
    labels, predictions = both(labels_name, labels, predictions_name, predictions)
    if labels.shape != predictions.shape:
        raise ValueError(
            f"Shapes {shape_text(predictions.shape)} and {shape_text(labels.shape)} are "
            f"incompatible: those of `{predictions_name}` and `{labels_name}` must be the same."
        )
    return labels, predictions


def both(
    labels_name: str, labels: Any, predictions_name: str, predictions: Any
) -> tuple[Tensor, Tensor]:
    """Labels and predictions as tensors on one device, if both were given.

    Raises:
        ValueError: one is None.
    """
    for name, value in ((labels_name, labels), (predictions_name, predictions)):
        if value is None:
            raise ValueError(f"Argument `{name}` must not be None.")
    return as_tensor(labels, beside=predictions), as_tensor(predictions, beside=labels)
