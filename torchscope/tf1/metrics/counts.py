"""Measures that count what was said to be true and what is: precision, recall, areas under curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.pytorch import fakes
from torchscope._core.requests.variable_scope import variable_scope
from torchscope.tf1.metrics.streaming import UpdateOp, measured, pair, ratio, total, weights_for

# Of each kind: whether the label is true, and whether the prediction is.
_KINDS = {
    "true_positives": (True, True),
    "false_negatives": (True, False),
    "true_negatives": (False, False),
    "false_positives": (False, True),
}
_LITTLE = 1e-7


def _counter(kind: str, what: str) -> Callable[..., tuple[Tensor, UpdateOp]]:
    """The function that counts one kind."""

    def count(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Tensor, UpdateOp]:
        with variable_scope(name, kind):
            pairs = _Pairs(labels, predictions, weights)
            return measured(
                [total("count")],
                lambda: [pairs.count(kind)],
                lambda count: count,
                metrics_collections,
                updates_collections,
            )

    return _named(count, kind, what, "[1, 0, 1, 0], [1, 1, 0, 0]")


def _counter_at(kind: str, what: str) -> Callable[..., tuple[Tensor, UpdateOp]]:
    """The function that counts one kind for each of several thresholds."""

    def count(
        labels: Any,
        predictions: Any,
        thresholds: Sequence[float],
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Tensor, UpdateOp]:
        with variable_scope(name, kind):
            return _at_thresholds(
                _Pairs(labels, predictions, weights, thresholds),
                [kind],
                lambda count: count,
                metrics_collections,
                updates_collections,
            )

    what = f"{what}, where a prediction above a threshold is true"
    return _named(count, f"{kind}_at_thresholds", what, "[1, 0], [0.4, 0.6], [0.5]")


def _named(
    function: Callable[..., tuple[Tensor, UpdateOp]], name: str, what: str, example: str
) -> Callable[..., tuple[Tensor, UpdateOp]]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{what} (tf.metrics.{name}).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.{name}({example})[1].run().shape
    torch.Size([{"1" if "thresholds" in name else ""}])

    The arguments are those of `precision`{" and of `auc`" if "thresholds" in name else ""}.
    """
    return function


class _Pairs:
    """Labels and predictions of a batch, one beside the other, with their weights.

    Args:
        labels: what is.
        predictions: what was said: truth, or a number from 0 to 1 where there are thresholds.
        weights: what each counts for.
        thresholds: above which number a prediction is true.
    """

    def __init__(self, labels: Any, predictions: Any, weights: Any, thresholds: Any = None) -> None:
        self.labels, self.predictions = pair(labels, predictions)
        self.weights = weights_for(self.predictions, weights)
        self.thresholds = thresholds
        if thresholds is not None and not fakes.are_used():
            outside = (self.predictions < 0) | (self.predictions > 1)
            if bool(outside.any()):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"predictions must be in [0, 1]: they are from {self.predictions.min()} to "
                    f"{self.predictions.max()}. tf.sigmoid makes such numbers of logits.",
                )

    def count(self, kind: str) -> Tensor:
        """How many are of a kind: by threshold, if there are any."""
        of_label, of_prediction = _KINDS[kind]
        labels = (self.labels != 0).flatten() == of_label
        if self.thresholds is None:
            said = (self.predictions != 0).flatten() == of_prediction
        else:
            thresholds = torch.tensor(self.thresholds, device=labels.device).unsqueeze(-1)
            numbers = self.predictions.flatten().to(torch.float32)
            said = (numbers > thresholds) == of_prediction
        return ((labels & said) * self.weights.flatten()).sum(-1)


def _at_thresholds(
    pairs: _Pairs,
    kinds: Sequence[str],
    result: Callable[..., Tensor],
    metrics_collections: Any,
    updates_collections: Any,
) -> tuple[Tensor, UpdateOp]:
    return measured(
        [total(kind, [len(pairs.thresholds)]) for kind in kinds],
        lambda: [pairs.count(kind) for kind in kinds],
        result,
        metrics_collections,
        updates_collections,
    )


true_positives: Callable[..., tuple[Tensor, UpdateOp]] = _counter(
    "true_positives", "How many are true and said to be"
)
true_negatives: Callable[..., tuple[Tensor, UpdateOp]] = _counter(
    "true_negatives", "How many are false and said to be"
)
false_positives: Callable[..., tuple[Tensor, UpdateOp]] = _counter(
    "false_positives", "How many are false and said to be true"
)
false_negatives: Callable[..., tuple[Tensor, UpdateOp]] = _counter(
    "false_negatives", "How many are true and said to be false"
)
true_positives_at_thresholds: Callable[..., tuple[Tensor, UpdateOp]] = _counter_at(
    "true_positives", "How many are true and said to be"
)
true_negatives_at_thresholds: Callable[..., tuple[Tensor, UpdateOp]] = _counter_at(
    "true_negatives", "How many are false and said to be"
)
false_positives_at_thresholds: Callable[..., tuple[Tensor, UpdateOp]] = _counter_at(
    "false_positives", "How many are false and said to be true"
)
false_negatives_at_thresholds: Callable[..., tuple[Tensor, UpdateOp]] = _counter_at(
    "false_negatives", "How many are true and said to be false"
)


def _part(
    scope: str | None, default: str, other: str, pairs: _Pairs, *collections: Any
) -> tuple[Tensor, UpdateOp]:
    """The true positives as a part of them and of another kind."""
    with variable_scope(scope, default):
        totals = []
        for kind in ("true_positives", other):
            with variable_scope(None, kind):
                totals.append(total("count"))
        return measured(
            totals,
            lambda: [pairs.count("true_positives"), pairs.count(other)],
            lambda right, wrong: ratio(right, right + wrong),
            *collections,
        )


def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How much of what was said to be true is (tf.metrics.precision).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.precision([1, 0, 1, 0], [1, 1, 0, 0])
    >>> update.run(), [v.op.name for v in tf.local_variables()]
    (tensor(0.5000), ['precision/true_positives/count', 'precision/false_positives/count'])

    Args:
        labels: a tensor of any shape; what is not 0 is true.
        predictions: one of the same shape.
        weights: what each counts for; a shape that broadcasts to theirs.
        metrics_collections: the collections to put the value into.
        updates_collections: the collections to put the update into.
        name: the variable scope of the totals; 'precision' by default, made unique.

    Raises:
        ValueError: the shapes differ, or the weights do not broadcast to them.
    """
    pairs = _Pairs(labels, predictions, weights)
    collections = metrics_collections, updates_collections
    return _part(name, "precision", "false_positives", pairs, *collections)


def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How much of what is true was said to be (tf.metrics.recall).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.recall([1, 0, 1, 1], [1, 1, 0, 1])[1].run()
    tensor(0.6667)

    The arguments are those of `precision`.
    """
    pairs = _Pairs(labels, predictions, weights)
    collections = metrics_collections, updates_collections
    return _part(name, "recall", "false_negatives", pairs, *collections)


def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The precision, where a prediction above a threshold is true (tf.metrics.precision_at_thresholds).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.precision_at_thresholds([1, 0], [0.9, 0.6], [0.5, 0.7])[1].run()
    tensor([0.5000, 1.0000])

    The arguments are those of `precision` and of `auc`.
    """
    with variable_scope(name, "precision_at_thresholds"):
        return _at_thresholds(
            _Pairs(labels, predictions, weights, thresholds),
            ["true_positives", "false_positives"],
            lambda right, wrong: right / (_LITTLE + right + wrong),
            metrics_collections,
            updates_collections,
        )


def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The recall, where a prediction above a threshold is true (tf.metrics.recall_at_thresholds).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.recall_at_thresholds([1, 1], [0.9, 0.6], [0.5, 0.7])[1].run()
    tensor([1.0000, 0.5000])

    The arguments are those of `precision` and of `auc`.
    """
    with variable_scope(name, "recall_at_thresholds"):
        return _at_thresholds(
            _Pairs(labels, predictions, weights, thresholds),
            ["true_positives", "false_negatives"],
            lambda right, wrong: right / (_LITTLE + right + wrong),
            metrics_collections,
            updates_collections,
        )
