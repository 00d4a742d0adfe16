"""The cross entropy of sequences, in which each step has a weight of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.no_nan import div_no_nan
from torchscope._core.values.conversion import shape_text
from torchscope.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits


def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of sequences of logits (tf.contrib.seq2seq.sequence_loss).

    >>> logits, targets = torch.zeros(2, 3, 4), torch.tensor([[0, 1, 2], [3, 0, 0]])
    >>> weights = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    >>> sequence_loss(logits, targets, weights)
    tensor(1.3863)
    >>> sequence_loss(logits, targets, weights, average_across_timesteps=False).shape
    torch.Size([3])

    Args:
        logits: (B, T, C), of floats.
        targets: classes, (B, T), of integers.
        weights: of each step, (B, T), of the dtype of the logits.
        average_across_timesteps: whether to divide the sum over the steps by that of their weights.
        average_across_batch: the same for the examples.
        sum_over_timesteps: whether to divide it by the number of weights that are not 0.
        sum_over_batch: the same for the examples.
        softmax_loss_function: ``f(labels=targets, logits=logits)``, of (B * T,) and (B * T, C),
            that takes the place of the cross entropy.
        name: the name of the name scope; 'sequence_loss' by default.

    Returns:
        A number; (T,) or (B,) where one of the two axes alone is averaged or summed; (B, T) where
        none is.

    Raises:
        ValueError: a shape is of another rank, or one axis is to be both averaged and summed.
    """
    logits = as_tensor(logits)
    targets, weights = as_tensor(targets, logits), as_tensor(weights, logits)
    for tensor, rank, said in (
        (logits, 3, "Logits must be a [batch_size x sequence_length x logits] tensor"),
        (targets, 2, "Targets must be a [batch_size x sequence_length] tensor"),
        (weights, 2, "Weights must be a [batch_size x sequence_length] tensor"),
    ):
        if tensor.ndim != rank:
            raise ValueError(f"{said}. It has shape {shape_text(tensor.shape)}.")
    for what, averaged, summed in (
        ("timesteps", average_across_timesteps, sum_over_timesteps),
        ("batch", average_across_batch, sum_over_batch),
    ):
        if averaged and summed:
            raise ValueError(
                f"average_across_{what} and sum_over_{what} cannot be set to True at same time. Say "
                f"average_across_{what}=False to sum."
            )
    with name_scope(name, "sequence_loss"):
        loss = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
        flat = logits.reshape(-1, logits.shape[2])
        flat_costs = as_tensor(loss(labels=targets.reshape(-1), logits=flat)) * weights.reshape(-1)
        axes, counted = _reduced(
            average_across_timesteps, average_across_batch, sum_over_timesteps, sum_over_batch
        )
        if len(axes) == 2:
            total = weights.count_nonzero().to(flat_costs.dtype) if counted else weights.sum()
            return div_no_nan(flat_costs.sum(), total)
        costs: Tensor = flat_costs.reshape(logits.shape[:2])
        if not axes:
            return costs
        total = weights.count_nonzero(axes[0]).to(costs.dtype) if counted else weights.sum(axes)
        return div_no_nan(costs.sum(axes), total)


def _reduced(
    over_time: bool, over_batch: bool, sum_time: bool, sum_batch: bool
) -> tuple[list[int], bool]:
    """The axes to reduce, and whether by the number of weights, as TF1 reads its four switches."""
    if over_time and over_batch:
        return [0, 1], False
    if sum_time and sum_batch:
        return [0, 1], True
    # Where one axis is averaged and the other summed, TF1 averages, and leaves the sum out.
    if over_time or over_batch:
        return [0 if over_batch else 1], False
    if sum_time or sum_batch:
        return [0 if sum_batch else 1], True
    return [], False
