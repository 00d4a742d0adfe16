"""What all losses end with: weights, one number of many, and a place in a collection."""

from __future__ import annotations

import numbers
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import shape_text
from torchscope.losses.collected import add_loss


class Reduction:
    """How many losses become one (tf.losses.Reduction).

    >>> Reduction.SUM
    'weighted_sum'

    Attributes:
        NONE: they do not: each is given with its weight.
        SUM: their sum, each with its weight.
        MEAN: that sum, by the sum of the weights.
        SUM_OVER_BATCH_SIZE: that sum, by the number of losses.
        SUM_BY_NONZERO_WEIGHTS: that sum, by the number of losses whose weight is not 0.
        SUM_OVER_NONZERO_WEIGHTS: another name of the same.
    """

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: str) -> None:
        """Refuses what is none of them.

        Raises:
            ValueError: it is none.
        """
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}. Key should be one of {cls.all()}.")


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Losses with weights, reduced to one, and put into a collection.

    Answers to tf.losses.compute_weighted_loss.

    >>> compute_weighted_loss([1.0, 2.0, 6.0], [0.0, 1.0, 1.0])
    tensor(4.)

    Args:
        losses: a tensor of any shape. It is computed in float32 and given in its own dtype.
        weights: a number, or a tensor of the rank of the losses that broadcasts to them.
        scope: the name scope under which the loss is found in its collection.
        loss_collection: the name of the collection; None puts it into none.
        reduction: one of `Reduction`.

    Returns:
        A scalar in the dtype of the losses; with Reduction.NONE, in their shape.

    Raises:
        ValueError: the weights do not broadcast, or are None, or there is no such reduction.
    """
    return finished(losses, weights, scope, "weighted_loss", loss_collection, reduction)


def finished(
    losses: Any,
    weights: Any,
    scope: str | None,
    default_scope: str,
    loss_collection: Any,
    reduction: str,
) -> Tensor:
    """`compute_weighted_loss` for a function whose name scope has another name."""
    Reduction.validate(reduction)
    losses = as_tensor(losses)
    weights = checked_weights(weights, losses)
    loss = _reduced(losses.to(torch.float32), weights, reduction).to(losses.dtype)
    return collected(loss, scope, default_scope, loss_collection)


def collected(loss: Tensor, scope: str | None, default_scope: str, loss_collection: Any) -> Tensor:
    """The loss, after it was put into its collection under its name scope."""
    with name_scope(scope, default_scope):
        add_loss(loss, loss_collection)
    return loss


def checked_weights(weights: Any, losses: Tensor) -> Tensor:
    """Weights as float32, one number or as many dimensions as the losses have.

    Raises:
        ValueError: they do not broadcast to the losses.
    """
    if isinstance(weights, numbers.Real):
        return torch.full((), float(weights), device=losses.device)
    tensor = as_tensor(weights).to(losses.device, torch.float32)
    if tensor.ndim == 0:
        return tensor
    if tensor.ndim != losses.ndim:
        raise ValueError(
            f"weights can not be broadcast to values. values.rank={losses.ndim}. "
            f"weights.rank={tensor.ndim}. values.shape={shape_text(losses.shape)}. "
            f"weights.shape={shape_text(tensor.shape)}. Give one number, or as many dimensions."
        )
    for axis, (own, size) in enumerate(zip(tensor.shape, losses.shape, strict=True)):
        if own not in (1, size):
            raise ValueError(
                f"weights can not be broadcast to values. Mismatch at dim {axis}. "
                f"values.shape={shape_text(losses.shape)}, "
                f"weights.shape={shape_text(tensor.shape)}. A dimension is 1 or that of the losses."
            )
    return tensor


def _reduced(losses: Tensor, weights: Tensor, reduction: str) -> Tensor:
    weighted = losses * weights
    if reduction == Reduction.NONE:
        return weighted
    total = weighted.sum()
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return total / losses.numel() if losses.numel() else torch.zeros_like(total)
    # Each weight counts for as many losses as it is broadcast to.
    times = losses.numel() // max(weights.numel(), 1)
    if reduction == Reduction.MEAN:
        return divided(total, weights.sum() * times)
    return divided(total, (weights != 0).sum() * times)


def divided(total: Tensor, count: Tensor) -> Tensor:
    """``total / count``, and 0 where the count is 0, with no NaN in the gradients either."""
    some = count != 0
    return torch.where(some, total, 0) / torch.where(some, count, 1)
