"""Losses over many classes, of which only some are looked at (tf.nn.sampled_softmax_loss, nce_loss)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope.nn.candidates import (
    LOWEST,
    Candidates,
    is_last,
    log_uniform_candidate_sampler,
)
from torchscope.nn.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
)
from torchscope.nn.embedding import embedding_lookup


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str | None = "sampled_softmax_loss",
    seed: Any = None,
) -> Tensor:
    """The cross entropy of a softmax over the true class and drawn ones (tf.nn.sampled_softmax_loss).

    It is for training. To evaluate, compute all logits.

    >>> weights, biases = torch.zeros(10, 3), torch.zeros(10)
    >>> sampled_softmax_loss(weights, biases, [[2]], torch.ones(1, 3), 4, 10).shape
    torch.Size([1])

    Args:
        weights: a row for each class, (num_classes, D), a list of pieces, or a variable in pieces.
        biases: (num_classes,).
        labels: the true classes of each input, (N, num_true).
        inputs: (N, D).
        num_sampled: how many classes are drawn for the whole batch.
        num_classes: how many there are.
        num_true: how many of them are true.
        sampled_values: what a sampler gave; by default `log_uniform_candidate_sampler` is asked, which
            draws each class once.
        remove_accidental_hits: whether a true class among the drawn ones does not count as drawn.
        partition_strategy: as in `embedding_lookup`.
        name: accepted for TF1 code; it has no effect.
        seed: an int for the same draw each time, or a torch.Generator.

    Returns:
        The losses, (N,).

    Raises:
        ValueError, InvalidArgumentError, TypeError: as the sampler and `embedding_lookup`.
    """
    logits, targets = _logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        partition_strategy,
        seed,
    )
    return softmax_cross_entropy_with_logits_v2(labels=targets, logits=logits)


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str | None = "nce_loss",
) -> Tensor:
    """The sum of logistic losses of the true class and drawn ones (tf.nn.nce_loss).

    >>> weights, biases = torch.zeros(10, 3), torch.zeros(10)
    >>> nce_loss(weights, biases, [[2]], torch.ones(1, 3), 4, 10).shape
    torch.Size([1])

    Arguments, what it gives, and errors are those of `sampled_softmax_loss`, without a seed.
    """
    logits, targets = _logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        partition_strategy,
        None,
    )
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return losses.sum(1)


def _logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    remove_accidental_hits: bool,
    partition_strategy: str,
    seed: Any,
) -> tuple[Tensor, Tensor]:
    """The logits of the true classes and then of the drawn ones, and what they are to be."""
    inputs = as_tensor(inputs)
    true = as_tensor(labels, inputs).to(torch.int64)
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            true, num_true, num_sampled, True, num_classes, seed
        )
    drawn = Candidates(*[as_tensor(each, inputs).detach() for each in sampled_values])
    flat, candidates = true.reshape(-1), drawn.sampled_candidates.to(torch.int64)
    classes = torch.cat([flat, candidates])
    rows = embedding_lookup(weights, classes, partition_strategy).to(inputs.dtype)
    shifts = embedding_lookup(biases, classes, partition_strategy).to(inputs.dtype)
    of_true = rows[: len(flat)].reshape(-1, num_true, inputs.shape[-1])
    true_logits = (inputs[:, None] * of_true).sum(2) + shifts[: len(flat)].reshape(-1, num_true)
    sampled_logits = inputs @ rows[len(flat) :].t() + shifts[len(flat) :]
    if remove_accidental_hits:
        hit = (true[:, :, None] == candidates).any(1) & is_last(candidates)
        sampled_logits = sampled_logits + hit.to(inputs.dtype) * LOWEST
    true_logits = true_logits - drawn.true_expected_count.log()
    sampled_logits = sampled_logits - drawn.sampled_expected_count.log()
    targets = torch.cat(
        [torch.full_like(true_logits, 1 / num_true), torch.zeros_like(sampled_logits)], 1
    )
    return torch.cat([true_logits, sampled_logits], 1), targets
