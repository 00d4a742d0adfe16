"""Reductions over axes, what is found along them, and sums that run on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import numbers_of
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.operations.table import op

_OF_NONE = {"Sum": 0, "Prod": 1}


def _reduction(kind: str, reduce: Callable[..., Any]) -> Callable[..., Any]:
    def function(x: Any, axes: Any, *, keep_dims: bool = False) -> Any:
        where = numbers_of(axes, "axis")
        if type(x) is Sizes and x.dtype == torch.int32 and where in (0, -1, [0], [-1]):
            # One number, which stays known.
            found = reduce(x, 0) if x or kind not in _OF_NONE else _OF_NONE[kind]
            return Sizes([found]) if keep_dims and type(found) is int else found
        return reduce(x, where, keepdims=keep_dims)

    return function


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "Sum": tf.reduce_sum,
    "Mean": tf.reduce_mean,
    "Prod": tf.reduce_prod,
    "Max": tf.reduce_max,
    "Min": tf.reduce_min,
    "All": tf.reduce_all,
    "Any": tf.reduce_any,
    "EuclideanNorm": tf.math.reduce_euclidean_norm,
}
for _type, _function in _REDUCTIONS.items():
    op(_type)(_reduction(_type, _function))


@op("ArgMax")
def _arg_max(x: Any, axis: Any, *, output_type: Any = torch.int64) -> Any:
    return tf.argmax(x, axis, output_type=output_type)


@op("ArgMin")
def _arg_min(x: Any, axis: Any, *, output_type: Any = torch.int64) -> Any:
    return tf.argmin(x, axis, output_type=output_type)


@op("Cumsum")
def _cumsum(x: Any, axis: Any, *, exclusive: bool = False, reverse: bool = False) -> Any:
    return tf.cumsum(x, axis, exclusive=exclusive, reverse=reverse)


@op("Cumprod")
def _cumprod(x: Any, axis: Any, *, exclusive: bool = False, reverse: bool = False) -> Any:
    return tf.cumprod(x, axis, exclusive=exclusive, reverse=reverse)


@op("CumulativeLogsumexp")
def _cumulative_logsumexp(
    x: Any, axis: Any, *, exclusive: bool = False, reverse: bool = False
) -> Any:
    return tf.math.cumulative_logsumexp(x, axis, exclusive=exclusive, reverse=reverse)


@op("L2Loss")
def _l2_loss(t: Any) -> Any:
    return tf.nn.l2_loss(t)
