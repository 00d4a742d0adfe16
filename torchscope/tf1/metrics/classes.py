"""Measures of many classes: how much each is found, in a mean over the classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.pytorch import fakes
from torchscope._core.requests.variable_scope import variable_scope
from torchscope.tf1.metrics.streaming import UpdateOp, measured, pair, ratio, total, weights_for


def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean over the classes of intersection over union (tf.metrics.mean_iou).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.mean_iou([0, 0, 1, 1], [0, 1, 1, 1], 2)
    >>> update.run()
    tensor([[1., 1.],
            [0., 2.]], dtype=torch.float64)

    The update gives how often each class was taken for which, as TF1's does: the next value is the mean.

    Args:
        labels: a tensor of classes, of any shape.
        predictions: one of the same shape.
        num_classes: how many classes there are.
        weights: what each counts for; a shape that broadcasts to theirs.
        metrics_collections: the collections to put the value into.
        updates_collections: the collections to put the update into.
        name: the variable scope of the total; 'mean_iou' by default, made unique.

    Raises:
        ValueError: the shapes differ, or the weights do not broadcast to them.
        InvalidArgumentError: there is no such class.
    """
    with variable_scope(name, "mean_iou"):
        labels, predictions = pair(labels, predictions)
        weights = weights_for(labels, weights)
        _check_classes("labels", labels, num_classes)
        _check_classes("predictions", predictions, num_classes)
        confused = total("total_confusion_matrix", [num_classes, num_classes], torch.float64)

        def added() -> list[Tensor]:
            places = labels.flatten().long() * num_classes + predictions.flatten().long()
            counts = torch.zeros(num_classes**2, dtype=torch.float64, device=places.device)
            counts = counts.index_add(0, places, weights.flatten().double())
            return [counts.view(num_classes, num_classes)]

        value, _ = measured([confused], added, _mean_iou, metrics_collections, None)
        return value, measured([confused], added, lambda all_: all_, None, updates_collections)[1]


def _mean_iou(confused: Tensor) -> Tensor:
    both = confused.diagonal().to(torch.float32)
    either = confused.sum(0).to(torch.float32) + confused.sum(1).to(torch.float32) - both
    return ratio(ratio(both, either).sum(), (either != 0).sum().to(torch.float32))


def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean over the classes of how much of each is found (tf.metrics.mean_per_class_accuracy).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.mean_per_class_accuracy([0, 0, 1, 1], [0, 1, 1, 1], 2)[1].run()
    tensor([0.5000, 1.0000])

    The arguments are those of `mean_iou`; the update gives each class, as TF1's does.
    """
    with variable_scope(name, "mean_accuracy"):
        labels, predictions = pair(labels, predictions)
        weights = weights_for(labels, weights)
        _check_classes("labels", labels, num_classes)
        totals = total("total", [num_classes]), total("count", [num_classes])

        def added() -> list[Tensor]:
            classes = labels.flatten().long()
            counted = weights.flatten()
            right = (predictions.to(labels.dtype) == labels).flatten() * counted
            none = torch.zeros(num_classes, device=classes.device)
            return [none.index_add(0, classes, right), none.index_add(0, classes, counted)]

        value, _ = measured(
            totals, added, lambda *each: ratio(*each).mean(), metrics_collections, None
        )
        return value, measured(totals, added, ratio, None, updates_collections)[1]


def _check_classes(name: str, classes: Tensor, number: int) -> None:
    if not fakes.are_used() and bool(((classes < 0) | (classes >= number)).any()):
        raise InvalidArgumentError(
            None,
            None,
            f"`{name}` out of bound: there are {number} classes, and they are from {classes.min()} to "
            f"{classes.max()}.",
        )
