"""Measures that are means over all that was seen: of values, of errors, of what is right."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_same_dtype, wanted
from torchscope._core.requests.variable_scope import variable_scope
from torchscope.tf1.metrics.streaming import UpdateOp, measured, pair, ratio, total, weights_for


def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean of all values that were seen (tf.metrics.mean).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.mean([1.0, 2.0])
    >>> value, update.run(), [v.op.name for v in tf.local_variables()]
    (tensor(0.), tensor(1.5000), ['mean/total', 'mean/count'])

    As in TF1 the totals are variables, so that in a net's forward they go on from call to call. What
    is returned is the value so far, and an update that adds this batch when it is run.

    Args:
        values: a tensor of any shape.
        weights: the weight of each value; a shape that broadcasts to that of the values.
        metrics_collections: the collections to put the value into.
        updates_collections: the collections to put the update into.
        name: the variable scope of the totals; 'mean' by default, made unique.

    Raises:
        ValueError: the weights do not broadcast to the values.
    """
    with variable_scope(name, "mean"):
        values = as_tensor(wanted("values", values))
        totals = total("total"), total("count")
        weights = weights_for(values, weights)
        return measured(
            totals,
            lambda: ((values.to(torch.float32) * weights).sum(), weights.sum()),
            ratio,
            metrics_collections,
            updates_collections,
        )


def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean of all tensors that were seen, element by element (tf.metrics.mean_tensor).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.mean_tensor([1.0, 2.0])[1].run()
    tensor([1., 2.])

    The arguments are those of `mean`.
    """
    with variable_scope(name, "mean"):
        values = as_tensor(wanted("values", values))
        totals = [total(each, values.shape) for each in ("total_tensor", "count_tensor")]
        weights = weights_for(values, weights)
        return measured(
            totals,
            lambda: (values.to(torch.float32) * weights, weights),
            ratio,
            metrics_collections,
            updates_collections,
        )


def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The part of all values that is below a threshold (tf.metrics.percentage_below).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.percentage_below([1.0, 2.0, 3.0, 4.0], 2.0)[1].run()
    tensor(0.2500)

    The other arguments are those of `mean`.
    """
    below = as_tensor(wanted("values", values)) < threshold
    collections = metrics_collections, updates_collections
    return mean(below, weights, *collections, name or "percentage_below_threshold")


def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How often a prediction is the label (tf.metrics.accuracy).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.accuracy([1, 2, 3, 4], [1, 2, 0, 4])
    >>> update.run(), tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)[0].op.name
    (tensor(0.7500), 'accuracy/total')

    Args:
        labels: a tensor of any shape.
        predictions: one of the same shape; they are converted to the labels' dtype.
        weights: as in `mean`.
        metrics_collections: as in `mean`.
        updates_collections: as in `mean`.
        name: as in `mean`; 'accuracy' by default.

    Raises:
        ValueError: the shapes differ, or the weights do not broadcast to them.
    """
    labels, predictions = pair(labels, predictions)
    right = predictions.to(labels.dtype) == labels
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean of how far predictions are off (tf.metrics.mean_absolute_error).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.mean_absolute_error([1.0, 2.0], [1.0, 4.0])[1].run()
    tensor(1.)

    The arguments are those of `accuracy`, of one dtype.
    """
    labels, predictions = pair(labels, predictions)
    check_same_dtype("Sub", "x", predictions, "y", labels)
    off = (predictions - labels).abs()
    return mean(
        off, weights, metrics_collections, updates_collections, name or "mean_absolute_error"
    )


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean of the squares of how far predictions are off (tf.metrics.mean_squared_error).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.mean_squared_error([1.0, 2.0], [1.0, 4.0])[1].run()
    tensor(2.)

    The arguments are those of `accuracy`, of one dtype.
    """
    collections = metrics_collections, updates_collections
    squares = _squares(labels, predictions)
    return mean(squares, weights, *collections, name or "mean_squared_error")


def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The root of the mean of those squares (tf.metrics.root_mean_squared_error).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.root_mean_squared_error([1.0, 2.0], [1.0, 4.0])[1].run()
    tensor(1.4142)

    The arguments are those of `accuracy`, of one dtype.
    """
    squares = _squares(labels, predictions)
    weights = weights_for(squares, weights)
    with variable_scope(name or "root_mean_squared_error"):
        return measured(
            (total("total"), total("count")),
            lambda: ((squares.to(torch.float32) * weights).sum(), weights.sum()),
            lambda part, whole: ratio(part, whole).sqrt(),
            metrics_collections,
            updates_collections,
        )


def _squares(labels: Any, predictions: Any) -> Tensor:
    labels, predictions = pair(labels, predictions)
    check_same_dtype("SquaredDifference", "x", labels, "y", predictions)
    off: Tensor = labels - predictions
    return off.square()


def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean of how far predictions are off, each by its normalizer (tf.metrics.mean_relative_error).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.mean_relative_error([1.0, 2.0], [1.0, 4.0], [1.0, 2.0])[1].run()
    tensor(0.5000)

    Where the normalizer is 0, so is the error. The other arguments are those of `accuracy`.
    """
    labels, predictions = pair(labels, predictions)
    predictions, normalizer = pair(predictions, normalizer)
    check_same_dtype("Sub", "x", labels, "y", predictions)
    off = (labels - predictions).abs()
    relative = torch.where(normalizer == 0, torch.zeros_like(off), off / normalizer)
    collections = metrics_collections, updates_collections
    return mean(relative, weights, *collections, name or "mean_relative_error")


def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """1 less the mean of the products of unit vectors along `dim` (tf.metrics.mean_cosine_distance).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.mean_cosine_distance([[1.0, 0.0]], [[0.6, 0.8]], dim=1)[1].run()
    tensor(0.4000)

    The other arguments are those of `accuracy`, of one dtype.
    """
    labels, predictions = pair(labels, predictions)
    check_same_dtype("Mul", "x", predictions, "y", labels)
    products = (predictions * labels).sum(dim, keepdim=True)
    weights = weights_for(products, weights)
    with variable_scope(name or "mean_cosine_distance"):
        return measured(
            (total("total"), total("count")),
            lambda: ((products.to(torch.float32) * weights).sum(), weights.sum()),
            lambda part, whole: 1 - ratio(part, whole),
            metrics_collections,
            updates_collections,
        )
