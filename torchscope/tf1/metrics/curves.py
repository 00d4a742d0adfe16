"""Measures of all thresholds at once: the area under a curve, and one rate where another is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.variable_scope import variable_scope
from torchscope.tf1.metrics.counts import _KINDS, _LITTLE, _at_thresholds, _Pairs
from torchscope.tf1.metrics.streaming import UpdateOp, ratio

# What keeps the rates of a curve from being 0 / 0.
_OF_RATES = 1e-6


def _evenly(number: int) -> list[float]:
    """So many thresholds over [0, 1], of which the first is below all numbers and the last above."""
    between = [(i + 1) * 1.0 / (number - 1) for i in range(number - 2)]
    return [-_LITTLE, *between, 1.0 + _LITTLE]


def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Sequence[float] | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The area under a curve, of counts at thresholds (tf.metrics.auc).

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[1].run()
    tensor(0.7500)

    Args:
        labels: a tensor of any shape; what is not 0 is true.
        predictions: one of the same shape, of numbers from 0 to 1.
        weights: what each counts for; a shape that broadcasts to theirs.
        num_thresholds: how many thresholds there are.
        metrics_collections: the collections to put the value into.
        updates_collections: the collections to put the update into.
        curve: 'ROC', or 'PR' for precision over recall.
        name: the variable scope of the totals; 'auc' by default, made unique.
        summation_method: 'trapezoidal'; 'careful_interpolation', better for 'PR'; 'minoring' or
            'majoring', which give a bound from below or above.
        thresholds: thresholds between 0 and 1, in the place of evenly spaced ones.

    Raises:
        ValueError: the shapes differ, or there is no such curve or method.
        InvalidArgumentError: a prediction is not from 0 to 1.
    """
    with variable_scope(name, "auc"):
        if curve not in {"ROC", "PR"}:
            raise ValueError(f"Curve must be either ROC or PR. Curve {curve} is unknown.")
        if summation_method not in _HEIGHTS:
            *methods, last = map(repr, _HEIGHTS)
            raise ValueError(
                f"Invalid summation_method: {summation_method} summation_method should be "
                f"{', '.join(methods)}, or {last}."
            )
        found = _evenly(num_thresholds)
        if thresholds is not None:
            found = [found[0], *sorted(thresholds), found[-1]]
        return _at_thresholds(
            _Pairs(labels, predictions, weights, found),
            list(_KINDS),
            partial(_area, curve, summation_method),
            metrics_collections,
            updates_collections,
        )


# The height of a stripe whose sides are that high.
_HEIGHTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "trapezoidal": lambda a, b: (a + b) / 2.0,
    "careful_interpolation": lambda a, b: (a + b) / 2.0,
    "minoring": torch.minimum,
    "majoring": torch.maximum,
}


def _area(curve: str, method: str, tp: Tensor, fn: Tensor, tn: Tensor, fp: Tensor) -> Tensor:
    """The area under a curve that goes through a point for each threshold."""
    if curve == "PR" and method == "careful_interpolation":
        return _area_between_counts(tp, fn, fp)
    recall = (tp + _OF_RATES) / (tp + fn + _OF_RATES)
    if curve == "ROC":
        x, y = fp / (fp + tn + _OF_RATES), recall
    else:
        x, y = recall, (tp + _OF_RATES) / (tp + fp + _OF_RATES)
    return ((x[:-1] - x[1:]) * _HEIGHTS[method](y[:-1], y[1:])).sum()


def _area_between_counts(tp: Tensor, fn: Tensor, fp: Tensor) -> Tensor:
    """The area under precision over recall, if the true positives among the positives grow evenly."""
    said = tp + fp
    more = tp[:-1] - tp[1:]
    slope = ratio(more, said[:-1] - said[1:])
    begin = tp[1:] - slope * said[1:]
    both = (said[:-1] > 0) & (said[1:] > 0)
    times = torch.where(both, ratio(said[:-1], said[1:]), 1.0)
    return ratio(slope * (more + begin * times.log()), tp[1:] + fn[1:]).sum()


def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """The recall at the threshold that finds so much of what is false.

    Answers to tf.metrics.sensitivity_at_specificity.

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.sensitivity_at_specificity([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.5)[1].run()
    tensor(1.)

    Args:
        labels: as in `auc`.
        predictions: as in `auc`.
        specificity: how much of what is false is to be said to be.
        weights: as in `auc`.
        num_thresholds: as in `auc`.
        metrics_collections: as in `auc`.
        updates_collections: as in `auc`.
        name: as in `auc`; 'sensitivity_at_specificity' by default.

    Raises:
        ValueError: the specificity is not from 0 to 1.
    """
    _check_rate("specificity", specificity)

    def result(tp: Tensor, fn: Tensor, tn: Tensor, fp: Tensor) -> Tensor:
        at = (tn / (tn + fp + _LITTLE) - specificity).abs().argmin()
        return (tp / (tp + fn + _LITTLE))[at]

    with variable_scope(name, "sensitivity_at_specificity"):
        pairs = _Pairs(labels, predictions, weights, _evenly(num_thresholds))
        collections = metrics_collections, updates_collections
        return _at_thresholds(pairs, list(_KINDS), result, *collections)


def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Tensor, UpdateOp]:
    """How much of what is false is said to be, at the threshold that has such a recall.

    Answers to tf.metrics.specificity_at_sensitivity.

    >>> import torchscope.tf1 as tf
    >>> tf.metrics.specificity_at_sensitivity([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 1.0)[1].run()
    tensor(0.5000)

    The arguments are those of `sensitivity_at_specificity`.

    Raises:
        ValueError: the sensitivity is not from 0 to 1.
    """
    _check_rate("sensitivity", sensitivity)

    def result(tp: Tensor, fn: Tensor, tn: Tensor, fp: Tensor) -> Tensor:
        off = (tp / (tp + fn + _LITTLE) - sensitivity).abs()
        # Of several that are as near, the highest.
        at = len(off) - 1 - off.flip(0).argmin()
        return (tn / (tn + fp + _LITTLE))[at]

    with variable_scope(name, "specificity_at_sensitivity"):
        pairs = _Pairs(labels, predictions, weights, _evenly(num_thresholds))
        collections = metrics_collections, updates_collections
        return _at_thresholds(pairs, list(_KINDS), result, *collections)


def _check_rate(name: str, rate: float) -> None:
    if rate < 0 or rate > 1:
        raise ValueError(f"`{name}` must be in the range [0, 1]. Currently, `{name}` is {rate}.")
