"""Losses of numbers: how far predictions are from labels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import either
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import shape_text
from torchscope.losses.arguments import pair
from torchscope.losses.weighting import Reduction, checked_weights, collected, divided, finished


def _floats(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    """Both in float32, in which TF1 computes these losses."""
    labels, predictions = pair("labels", labels, "predictions", predictions)
    return labels.to(torch.float32), predictions.to(torch.float32)


def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The absolute differences (tf.losses.absolute_difference).

    >>> absolute_difference([1.0, 2.0], [3.0, 2.0])
    tensor(1.)

    Args:
        labels: a tensor of any shape and real dtype.
        predictions: one of the same shape.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss, float32: a scalar; with Reduction.NONE, in the shape of the labels.

    Raises:
        ValueError: labels or predictions are None, the shapes differ, the weights do not broadcast,
            or there is no such reduction.
    """
    labels, predictions = _floats(labels, predictions)
    losses = (predictions - labels).abs()
    return finished(losses, weights, scope, "absolute_difference", loss_collection, reduction)


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The squares of the differences (tf.losses.mean_squared_error).

    >>> mean_squared_error([1.0, 2.0], [3.0, 2.0])
    tensor(2.)

    Args:
        labels: a tensor of any shape and real dtype.
        predictions: one of the same shape.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss, float32: a scalar; with Reduction.NONE, in the shape of the labels.

    Raises:
        ValueError: labels or predictions are None, the shapes differ, the weights do not broadcast,
            or there is no such reduction.
    """
    labels, predictions = _floats(labels, predictions)
    losses = (predictions - labels).square()
    return finished(losses, weights, scope, "mean_squared_error", loss_collection, reduction)


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Half the squares of differences up to `delta`, and linear beyond (tf.losses.huber_loss).

    >>> huber_loss([0.0, 0.0], [1.0, 3.0], reduction=Reduction.NONE)
    tensor([0.5000, 2.5000])

    Args:
        labels: a tensor of any shape and real dtype.
        predictions: one of the same shape.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        delta: where the square ends.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        The loss, float32: a scalar; with Reduction.NONE, in the shape of the labels.

    Raises:
        ValueError: labels or predictions are None, the shapes differ, the weights do not broadcast,
            or there is no such reduction.
    """
    labels, predictions = _floats(labels, predictions)
    error = (predictions - labels).abs()
    quadratic = error.clamp(max=delta)
    losses = 0.5 * quadratic * quadratic + delta * (error - quadratic)
    return finished(losses, weights, scope, "huber_loss", loss_collection, reduction)


def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
    dim: int | None = None,
) -> Tensor:
    """One less the cosine of vectors whose norms are 1 already (tf.losses.cosine_distance).

    >>> cosine_distance([[0.6, 0.8]], [[0.8, 0.6]], axis=1)
    tensor(0.0400)

    Args:
        labels: a tensor of any shape and real dtype.
        predictions: one of the same shape.
        axis: along which the vectors lie. It stays, with length 1.
        weights: as `compute_weighted_loss` takes them, and so the rest.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.
        dim: another name of `axis`.

    Returns:
        The loss, float32: a scalar; with Reduction.NONE, in the shape of the labels but for `axis`.

    Raises:
        ValueError: there is no axis, or it has both names; labels or predictions are None, the
            shapes differ, the weights do not broadcast, or there is no such reduction.
    """
    axis = either("dim", dim, "axis", axis)
    if axis is None:
        raise ValueError("You must specify argument `axis`: along it the vectors lie.")
    labels, predictions = _floats(labels, predictions)
    if not -labels.ndim <= axis < labels.ndim:
        raise ValueError(
            f"Invalid reduction dimension {axis} for input with {labels.ndim} dimensions. The "
            f"labels have shape {shape_text(labels.shape)}."
        )
    losses = 1 - (predictions * labels).sum(axis, keepdim=True)
    return finished(losses, weights, scope, "cosine_distance_loss", loss_collection, reduction)


def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
) -> Tensor:
    """How far differences between the numbers of one example are from those of its labels.

    The mean over all pairs of numbers of an example, added up over the examples. Answers to
    tf.losses.mean_pairwise_squared_error.

    >>> mean_pairwise_squared_error([[0.0, 1.0]], [[0.0, 3.0]])
    tensor(4.)

    Args:
        labels: a tensor of any shape and real dtype, the examples first.
        predictions: one of the same shape.
        weights: a number, or a tensor of the rank of the labels that broadcasts to them.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.

    Returns:
        The loss, a scalar, float32.

    Raises:
        ValueError: labels or predictions are None, the shapes differ, or the weights do not
            broadcast.
    """
    labels, predictions = _floats(labels, predictions)
    weights = checked_weights(weights, labels)
    differences = predictions - labels
    present = (weights != 0).to(torch.float32).expand_as(differences)
    count = _of_each(present)
    squares = divided(_of_each(differences.square()), (count - 1).clamp(min=0))
    square = divided(_of_each(differences).square(), (count * (count - 1)).clamp(min=0))
    loss = (2 * (squares - square) * weights).sum()
    loss = torch.where(count.sum() > 0, loss, 0)
    return collected(loss, scope, "mean_pairwise_squared_error", loss_collection)


def _of_each(values: Tensor) -> Tensor:
    """The sum over each example, with all axes."""
    axes = tuple(range(1, values.ndim))
    return values.sum(axes, keepdim=True) if axes else values
