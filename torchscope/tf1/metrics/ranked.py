"""Measures of rankings: how many of the first k that are named are right, and how many right ones are named."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.sparse.densifying import sparse_tensor_to_dense
from torchscope._core.ops.sparse.tensor import SparseTensor, SparseTensorValue
from torchscope._core.values.conversion import shape_text
from torchscope.losses.weighting import checked_weights
from torchscope.nn import top_k
from torchscope.tf1.metrics.streaming import UpdateOp, measured, ratio, total

# What stands in the rows of a sparse tensor where they have no value.
_NOTHING = -(2**63)


class _Ids(NamedTuple):
    """The ids of each row, and which of them count: each once, however often a row has it."""

    ids: Tensor
    counted: Tensor

    @classmethod
    def of(cls, ids: Tensor, class_id: int | None) -> _Ids:
        again = (ids.unsqueeze(-1) == ids.unsqueeze(-2)).tril(-1).any(-1)
        counted = ~again & (ids != _NOTHING)
        return cls(ids, counted if class_id is None else counted & (ids == class_id))

    def shared(self, others: _Ids) -> Tensor:
        """How many of each row the others have too."""
        return (self.counted & self._are_in(others)).sum(-1)

    def alone(self, others: _Ids) -> Tensor:
        """How many of each row the others have not."""
        return (self.counted & ~self._are_in(others)).sum(-1)

    def _are_in(self, others: _Ids) -> Tensor:
        same = self.ids.unsqueeze(-1) == others.ids.unsqueeze(-2)
        return (same & others.counted.unsqueeze(-2)).any(-1)


def _labels_for(given: Any, predictions: Tensor) -> Tensor:
    """Labels as rows of ids, one dimension being added where there is one label for each row."""
    if isinstance(given, SparseTensor | SparseTensorValue):
        given = sparse_tensor_to_dense(given, default_value=_NOTHING, validate_indices=False)
    labels: Tensor = as_tensor(given, beside=predictions)
    if predictions.ndim == labels.ndim + 1:
        return labels.unsqueeze(-1).long()
    if predictions.ndim != labels.ndim:
        raise ValueError(
            f"Unexpected labels shape {shape_text(labels.shape)} for predictions shape "
            f"{shape_text(predictions.shape)}. Predictions rank should be the same rank as labels rank "
            "or labels rank plus one ."
        )
    return labels.long()


def _at_k(name: str, k: int | None, class_id: int | None = None) -> str:
    """The name of a measure, as TF1 makes it."""
    return f"{name}_at_{'k' if k is None else k}" + (
        "" if class_id is None else f"_class{class_id}"
    )


def _weighted(counts: Tensor, weights: Any) -> Tensor:
    counts = counts.double()
    if weights is None:
        return counts
    checked: Tensor = checked_weights(as_tensor(weights, beside=counts), counts)
    return counts * checked.double()


def _of_top_k(
    found: str,
    missed: str,
    labels: Any,
    predictions_idx: Any,
    k: int | None,
    class_id: int | None,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    name: str | None,
) -> tuple[Tensor, UpdateOp]:
    """True positives by their sum with what is missed."""
    with name_scope(name, _at_k(found, k, class_id)):
        predictions_idx = as_tensor(predictions_idx).long()
        labels = _labels_for(labels, predictions_idx)
        predicted, true = _Ids.of(predictions_idx, class_id), _Ids.of(labels, class_id)
        others = (predicted, true) if missed == "false_positive" else (true, predicted)

        def added() -> list[Tensor]:
            counts = (predicted.shared(true), others[0].alone(others[1]))
            return [_weighted(count, weights).sum() for count in counts]

        names = [_at_k(counted, k, class_id) for counted in ("true_positive", missed)]
        return measured(
            [total(each, (), torch.float64) for each in names],
            added,
            lambda right, wrong: right / (right + wrong),
            metrics_collections,
            updates_collections,
        )


def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How many of the ids that are named are labels (tf.metrics.precision_at_top_k).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.precision_at_top_k([[0], [3]], [[0, 1], [1, 2]])
    >>> update.run()
    tensor(0.2500, dtype=torch.float64)

    Args:
        labels: ids of shape [..., n], or of shape [...]; or a tf.SparseTensor of them.
        predictions_idx: ids of shape [..., k].
        k: their number, for the names alone.
        class_id: the one id that is counted; all by default.
        weights: what each row counts for; a shape that broadcasts to [...].
        metrics_collections: the collections to put the value into.
        updates_collections: the collections to put the update into.
        name: the name scope of the totals; 'precision_at_k' by default, made unique.

    Returns:
        The value, float64 (NaN where nothing was named yet), and the update.

    Raises:
        ValueError: the labels have another number of dimensions, or the weights do not broadcast.
    """
    return _of_top_k(
        *("precision", "false_positive", labels, predictions_idx, k, class_id, weights),
        *(metrics_collections, updates_collections, name),
    )


def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How many of the labels are named (tf.metrics.recall_at_top_k).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.recall_at_top_k([[0], [3]], [[0, 1], [1, 2]])
    >>> update.run()
    tensor(0.5000, dtype=torch.float64)

    The arguments are those of `precision_at_top_k`.
    """
    return _of_top_k(
        *("recall", "false_negative", labels, predictions_idx, k, class_id, weights),
        *(metrics_collections, updates_collections, name),
    )


def precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How many of the k classes of the largest numbers are labels (tf.metrics.precision_at_k).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.precision_at_k([[0], [2]], [[0.9, 0.1, 0.5], [0.3, 0.2, 0.1]], 2)
    >>> update.run()
    tensor(0.2500, dtype=torch.float64)

    Args:
        labels: classes, as in `precision_at_top_k`.
        predictions: a number for each class, of shape [..., classes].
        k: how many of them are taken.
        class_id: see `precision_at_top_k`, as all else.
        weights: the same.
        metrics_collections: the same.
        updates_collections: the same.
        name: the same.
    """
    with name_scope(name, _at_k("precision", k, class_id)) as scope:
        return precision_at_top_k(
            *(labels, top_k(as_tensor(predictions), k).indices, k, class_id, weights),
            *(metrics_collections, updates_collections, scope),
        )


def recall_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How many labels are among the k classes of the largest numbers (tf.metrics.recall_at_k).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.recall_at_k([[0], [2]], [[0.9, 0.1, 0.5], [0.3, 0.2, 0.1]], 2)
    >>> update.run()
    tensor(0.5000, dtype=torch.float64)

    The arguments are those of `precision_at_k`.
    """
    with name_scope(name, _at_k("recall", k, class_id)) as scope:
        return recall_at_top_k(
            *(labels, top_k(as_tensor(predictions), k).indices, k, class_id, weights),
            *(metrics_collections, updates_collections, scope),
        )


def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The mean of the precisions at those of the first k that are right (tf.metrics.average_precision_at_k).

    >>> import torchscope.tf1 as tf
    >>> value, update = tf.metrics.average_precision_at_k([[2]], [[0.9, 0.1, 0.5]], 2)
    >>> update.run()
    tensor(0.5000, dtype=torch.float64)

    A row without labels gives NaN, as in TF1. The arguments are those of `precision_at_k`.

    Raises:
        ValueError: k is less than 1.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}. `k` should be >= 1.")
    with name_scope(name, _at_k("average_precision", k)):
        predictions = as_tensor(predictions)
        first = top_k(predictions, k).indices.long()
        sparse = isinstance(labels, SparseTensor | SparseTensorValue)
        labels = _labels_for(labels, first)
        labels = labels.masked_fill(labels >= predictions.shape[-1], -1)
        averages = _averages(labels, first, sparse)

        def added() -> list[Tensor]:
            if weights is None:
                return [torch.ones_like(averages).sum(), averages.sum()]
            rows = _weighted(torch.ones_like(averages), weights)
            return [rows.sum(), (averages * rows).sum()]

        # TF1's has this number: an operation of its own was called Max.
        totals = [total(each, (), torch.float64) for each in ("max_1", "total")]
        return measured(
            *(totals, added, lambda most, sum_: ratio(sum_, most)),
            *(metrics_collections, updates_collections),
        )


def _averages(labels: Tensor, first: Tensor, sparse: bool) -> Tensor:
    """The average precision of each row."""
    k = first.shape[-1]
    right = (first.unsqueeze(-1) == labels.unsqueeze(-2)).any(-1).double()
    precisions = right.cumsum(-1) / torch.arange(1, k + 1, device=right.device)
    # TF1 counts a label twice that a dense row has twice.
    relevant = _Ids.of(labels, None).counted if sparse else labels >= 0
    return (precisions * right).sum(-1) / relevant.sum(-1).clamp(max=k)


sparse_average_precision_at_k = average_precision_at_k
sparse_precision_at_k = precision_at_k
