"""Losses as slim had them: predictions before labels, and weights of fewer dimensions.

`torchscope.losses` has the newer ones of tf.losses. Both put what they compute into one collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope import losses as core
from torchscope import nn
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor, axes_of, either
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import shape_text
from torchscope.losses.arguments import pair
from torchscope.losses.weighting import divided
from torchscope.slim.arg_scope import add_arg_scope

__all__ = [
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]

get_losses: Callable[..., list[Any]] = core.get_losses
get_regularization_losses: Callable[..., list[Any]] = core.get_regularization_losses


@add_arg_scope
def add_loss(loss: Tensor, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Puts a loss into the collection of losses (slim.losses.add_loss).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.losses.add_loss(torch.tensor(0.5))
    >>> slim.losses.get_losses()
    [tensor(0.5000)]

    Args:
        loss: the loss.
        loss_collection: the name of the collection; None puts it into none.
    """
    core.add_loss(loss, loss_collection)


def get_total_loss(
    add_regularization_losses: bool = True, name: str | None = "total_loss"
) -> Tensor:
    """The sum of all losses of this pass (slim.losses.get_total_loss).

    Args:
        add_regularization_losses: takes those of the variables as well.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are no losses.
    """
    return core.get_total_loss(add_regularization_losses, name)


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None) -> Tensor:
    """The mean of losses, of which some count differently (slim.losses.compute_weighted_loss).

    >>> compute_weighted_loss([[1.0, 3.0], [5.0, 5.0]], [2.0, 0.0])
    tensor(4.)

    Args:
        losses: a tensor of any shape.
        weights: a number, or a tensor that has the first dimensions of the losses: one weight is
            for all that is in them. A last dimension of 1 is dropped.
        scope: the name scope under which the loss is found in its collection.

    Returns:
        The weighted sum by the number of losses whose weight is not 0; a scalar in the dtype of
        the losses.

    Raises:
        ValueError: the weights do not fit.
    """
    with name_scope(scope, "weighted_loss"):
        losses = as_tensor(losses)
        values = losses.to(torch.float32)
        weights = _weights(weights, values)
        spread = weights.reshape((*weights.shape, *(1,) * (values.ndim - weights.ndim)))
        count = (spread != 0).expand_as(values).sum()
        loss = divided((values * spread).sum(), count).to(losses.dtype)
        add_loss(loss)
        return loss


def _weights(weights: Any, losses: Tensor) -> Tensor:
    """Weights as float32, of the first dimensions of the losses."""
    if weights is None:
        raise ValueError("`weights` cannot be None")
    tensor = as_tensor(weights).to(losses.device, torch.float32)
    if tensor.ndim > 1 and tensor.shape[-1] == 1:
        tensor = tensor.squeeze(-1)
    fits = tensor.ndim <= losses.ndim and all(
        own in (1, size) for own, size in zip(tensor.shape, losses.shape, strict=False)
    )
    if not fits:
        raise ValueError(
            f"weights of shape {shape_text(tensor.shape)} do not fit losses of shape "
            f"{shape_text(losses.shape)}: they have the first dimensions of the losses, or 1 there."
        )
    return tensor


def _floats(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    labels, predictions = pair("labels", labels, "predictions", predictions)
    return predictions.to(torch.float32), labels.to(torch.float32)


def absolute_difference(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """How far predictions are from labels (slim.losses.absolute_difference).

    >>> absolute_difference([3.0, 2.0], [1.0, 2.0])
    tensor(1.)

    Args:
        predictions: a tensor of any shape.
        labels: one of the same shape.
        weights: as `compute_weighted_loss` takes them.
        scope: the name scope under which the loss is found in its collection.

    Raises:
        ValueError: the shapes differ, or the weights do not fit.
    """
    with name_scope(scope, "absolute_difference") as sc:
        predictions, labels = _floats(predictions, labels)
        return compute_weighted_loss((predictions - labels).abs(), weights, sc)


def mean_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """The squares of differences (slim.losses.mean_squared_error).

    >>> mean_squared_error([3.0, 2.0], [1.0, 2.0])
    tensor(2.)

    Args and errors are those of `absolute_difference`.
    """
    with name_scope(scope, "mean_squared_error") as sc:
        predictions, labels = _floats(predictions, labels)
        return compute_weighted_loss((predictions - labels).square(), weights, sc)


def log_loss(
    predictions: Any,
    labels: Any = None,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
) -> Tensor:
    """The cross entropy of labels and probabilities (slim.losses.log_loss).

    >>> log_loss([0.5, 0.5], [1.0, 0.0])
    tensor(0.6931)

    Args and errors are those of `absolute_difference`; `epsilon` is added to what the logarithm is
    taken of.
    """
    with name_scope(scope, "log_loss") as sc:
        predictions, labels = _floats(predictions, labels)
        losses = -labels * (predictions + epsilon).log()
        losses = losses - (1 - labels) * (1 - predictions + epsilon).log()
        return compute_weighted_loss(losses, weights, sc)


def hinge_loss(logits: Any, labels: Any = None, scope: str | None = None) -> Tensor:
    """How much logits are short of 1 on the right side of 0 (slim.losses.hinge_loss).

    Unlike the others it is given for each element, and put into no collection.

    >>> hinge_loss([0.5, -3.0], [1.0, 0.0])
    tensor([0.5000, 0.0000])

    Args:
        logits: numbers; above 0 they say 1.
        labels: 0 or 1, of the same shape.
        scope: the name of a name scope.

    Raises:
        ValueError: the shapes differ.
    """
    with name_scope(scope, "hinge_loss"):
        labels, logits = pair("labels", labels, "logits", logits)
        return nn.relu(1 - (2 * labels.to(torch.float32) - 1) * logits)


def sigmoid_cross_entropy(
    logits: Any,
    multi_class_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Tensor:
    """The cross entropy of labels and ``sigmoid(logits)`` (slim.losses.sigmoid_cross_entropy).

    >>> sigmoid_cross_entropy([0.0], [1])
    tensor(0.6931)

    Args:
        logits: floats of any shape.
        multi_class_labels: probabilities, of the same shape.
        weights: as `compute_weighted_loss` takes them.
        label_smoothing: how far labels are moved towards 1/2, from 0 to 1.
        scope: the name scope under which the loss is found in its collection.

    Raises:
        ValueError: the shapes differ, or the weights do not fit.
    """
    with name_scope(scope, "sigmoid_cross_entropy_loss") as sc:
        labels, logits = pair("multi_class_labels", multi_class_labels, "logits", logits)
        labels = labels.to(logits.dtype)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return compute_weighted_loss(losses, weights, sc)


def softmax_cross_entropy(
    logits: Any,
    onehot_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Tensor:
    """The cross entropy of labels and ``softmax(logits)`` (slim.losses.softmax_cross_entropy).

    >>> softmax_cross_entropy([[2.0, 1.0]], [[1, 0]])
    tensor(0.3133)

    Args:
        logits: floats, (N, C).
        onehot_labels: probabilities, of the same shape.
        weights: as `compute_weighted_loss` takes them. The losses have no axis of classes.
        label_smoothing: how far labels are moved towards 1/C, from 0 to 1.
        scope: the name scope under which the loss is found in its collection.

    Raises:
        ValueError: the shapes differ, or the weights do not fit.
    """
    with name_scope(scope, "softmax_cross_entropy_loss") as sc:
        labels, logits = pair("onehot_labels", onehot_labels, "logits", logits)
        labels = labels.to(logits.dtype)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + label_smoothing / labels.shape[1]
        losses = nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        return compute_weighted_loss(losses, weights, sc)


def sparse_softmax_cross_entropy(
    logits: Any, labels: Any, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """The same, with the numbers of the classes (slim.losses.sparse_softmax_cross_entropy).

    >>> sparse_softmax_cross_entropy([[2.0, 1.0]], [0])
    tensor(0.3133)

    Args:
        logits: floats, (N, C).
        labels: integers from 0 to C - 1, (N,) or (N, 1).
        weights: as `compute_weighted_loss` takes them.
        scope: the name scope under which the loss is found in its collection.

    Raises:
        ValueError: the shapes do not fit.
    """
    with name_scope(scope, "sparse_softmax_cross_entropy_loss") as sc:
        labels, logits = as_tensor(labels), as_tensor(logits)
        if labels.ndim == 0 or labels.numel() != labels.shape[0]:
            raise ValueError(
                f"Cannot reshape labels of shape {shape_text(labels.shape)} to one dimension: there "
                f"is one label for each row of the logits, whose shape is {shape_text(logits.shape)}."
            )
        losses = nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels.reshape(-1), logits=logits
        )
        return compute_weighted_loss(losses, weights, sc)


def cosine_distance(
    predictions: Any,
    labels: Any = None,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """One less the cosine of vectors whose norms are 1 already (slim.losses.cosine_distance).

    >>> cosine_distance([[0.8, 0.6]], [[0.6, 0.8]], axis=1)
    tensor(0.0400)

    Args:
        predictions: a tensor of any shape.
        labels: one of the same shape.
        axis: along which the vectors lie.
        weights: as `compute_weighted_loss` takes them. The losses have no such axis.
        scope: the name scope under which the loss is found in its collection.
        dim: another name of `axis`.

    Raises:
        ValueError: there is no axis, the shapes differ, or the weights do not fit.
    """
    axis = either("dim", dim, "axis", axis)
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    with name_scope(scope, "cosine_distance_loss") as sc:
        predictions, labels = _floats(predictions, labels)
        (over,) = axes_of(axis, labels.ndim)
        return compute_weighted_loss(1 - (predictions * labels).sum(over), weights, sc)


def mean_pairwise_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Tensor:
    """How far differences between the numbers of one example are from those of its labels.

    Answers to slim.losses.mean_pairwise_squared_error.

    >>> mean_pairwise_squared_error([[0.0, 3.0]], [[0.0, 1.0]])
    tensor(2.)

    Args and errors are those of `absolute_difference`.
    """
    with name_scope(scope, "mean_pairwise_squared_error"):
        predictions, labels = _floats(predictions, labels)
        if labels.ndim == 0:
            raise ValueError("Shape must be at least rank 1 but is rank 0: the examples are first.")
        differences = predictions - labels
        weights = _weights(weights, differences)
        spread = weights.reshape((*weights.shape, *(1,) * (differences.ndim - weights.ndim)))
        rows = (len(differences), differences.shape[1:].numel())
        count = (spread != 0).expand_as(differences).reshape(rows).sum(1)
        differences = differences.reshape(rows)
        squares = 2 * divided(differences.square().sum(1), count)
        square = 2 * divided(differences.sum(1).square(), count.square())
        each = squares - square
        shape = (-1, *(1,) * (weights.ndim - 1))
        loss = torch.where(count.sum() > 0, (each.reshape(shape) * weights).sum(), 0)
        add_loss(loss)
        return loss


def __dir__() -> list[str]:
    return __all__
