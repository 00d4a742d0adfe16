"""Losses of classes: how little logits or probabilities say of the right ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.store.graph_keys import GraphKeys
from torchscope.losses.arguments import both, pair
from torchscope.losses.weighting import Reduction, finished
from torchscope.nn.activations import relu
from torchscope.nn.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)


def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """How much logits are short of 1 on the right side of 0 (tf.losses.hinge_loss).

    >>> hinge_loss([1.0, 0.0], [0.5, -3.0], reduction=Reduction.NONE)
    tensor([0.5000, 0.0000])

    Args:
        labels: 0 or 1, of any shape.
        logits: numbers of the same shape; above 0 they say 1.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss, float32: a scalar; with Reduction.NONE, in the shape of the labels.

    Raises:
        ValueError: labels or logits are None, the shapes differ, the weights do not broadcast, or
            there is no such reduction.
    """
    labels, logits = pair("labels", labels, "logits", logits)
    signs = 2 * labels.to(torch.float32) - 1
    losses = relu(1 - signs * logits.to(torch.float32))
    return finished(losses, weights, scope, "hinge_loss", loss_collection, reduction)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The cross entropy of labels and probabilities (tf.losses.log_loss).

    >>> log_loss([1.0, 0.0], [0.5, 0.5])
    tensor(0.6931)

    Args:
        labels: probabilities, of any shape.
        predictions: probabilities, of the same shape.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        epsilon: added to what the logarithm is taken of.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss, float32: a scalar; with Reduction.NONE, in the shape of the labels.

    Raises:
        ValueError: labels or predictions are None, the shapes differ, the weights do not broadcast,
            or there is no such reduction.
    """
    labels, predictions = pair("labels", labels, "predictions", predictions)
    labels, predictions = labels.to(torch.float32), predictions.to(torch.float32)
    losses = -labels * (predictions + epsilon).log()
    losses = losses - (1 - labels) * (1 - predictions + epsilon).log()
    return finished(losses, weights, scope, "log_loss", loss_collection, reduction)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The cross entropy of labels and ``sigmoid(logits)`` (tf.losses.sigmoid_cross_entropy).

    >>> sigmoid_cross_entropy([1, 0], [2.0, 0.0], reduction=Reduction.NONE)
    tensor([0.1269, 0.6931])

    Args:
        multi_class_labels: probabilities, of any shape; they are converted to the dtype of the
            logits.
        logits: floats of the same shape.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        label_smoothing: how far labels are moved towards 1/2, from 0 to 1.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss in the dtype of the logits: a scalar; with Reduction.NONE, in their shape.

    Raises:
        ValueError: labels or logits are None, the shapes differ, the weights do not broadcast, or
            there is no such reduction.
        TypeError: the logits are not of floats.
    """
    labels, logits = pair("multi_class_labels", multi_class_labels, "logits", logits)
    labels = labels.to(logits.dtype)
    if label_smoothing > 0:
        labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
    losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    return finished(
        losses, weights, scope, "sigmoid_cross_entropy_loss", loss_collection, reduction
    )


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The cross entropy of labels and ``softmax(logits)`` (tf.losses.softmax_cross_entropy).

    >>> softmax_cross_entropy([[1, 0]], [[2.0, 1.0]])
    tensor(0.3133)

    Args:
        onehot_labels: probabilities, (..., C); they are converted to the dtype of the logits, and
            get no gradient.
        logits: floats of the same shape.
        weights: as `compute_weighted_loss` takes them, and so the rest. The losses have no axis of
            classes.
        label_smoothing: how far labels are moved towards 1/C, from 0 to 1.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss in the dtype of the logits: a scalar; with Reduction.NONE, (...).

    Raises:
        ValueError: labels or logits are None, the shapes differ, the weights do not broadcast, or
            there is no such reduction.
        TypeError: the logits are not of floats.
    """
    labels, logits = pair("onehot_labels", onehot_labels, "logits", logits)
    labels = labels.detach().to(logits.dtype)
    if label_smoothing > 0:
        labels = labels * (1 - label_smoothing) + label_smoothing / max(labels.shape[-1], 1)
    losses = softmax_cross_entropy_with_logits_v2(labels, logits)
    return finished(
        losses, weights, scope, "softmax_cross_entropy_loss", loss_collection, reduction
    )


def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The cross entropy of classes, given by number, and ``softmax(logits)``.

    Answers to tf.losses.sparse_softmax_cross_entropy.

    >>> sparse_softmax_cross_entropy([0, 1], [[2.0, 1.0], [0.0, 0.0]], weights=[1.0, 0.0])
    tensor(0.3133)

    Args:
        labels: classes in [0, C), (...) or (..., 1), int32 or int64.
        logits: floats, (..., C).
        weights: as `compute_weighted_loss` takes them, and so the rest; (..., 1) as well.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss in the dtype of the logits: a scalar; with Reduction.NONE, (...).

    Raises:
        ValueError: labels or logits are None, the shapes do not fit, the weights do not broadcast,
            there is no such reduction, or, on the CPU, a label is out of range.
        TypeError: the labels are no integers, or the logits are not of floats.
    """
    labels, logits = both("labels", labels, "logits", logits)
    missing = logits.ndim - labels.ndim
    if missing == 0 and labels.shape[-1:] == (1,):
        labels = labels.squeeze(-1)
    elif missing == 2 and logits.shape[-1:] == (1,):
        logits = logits.squeeze(-1)
    if isinstance(weights, Tensor) and weights.ndim == labels.ndim + 1:
        weights = weights.squeeze(-1)
    losses = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return finished(
        losses, weights, scope, "sparse_softmax_cross_entropy_loss", loss_collection, reduction
    )
