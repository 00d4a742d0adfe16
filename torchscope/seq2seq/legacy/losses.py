"""Losses of lists of steps, and a model for each of several lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.combining import add_n
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits

LossFunction = Callable[..., Any] | None


def sequence_loss_by_example(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    softmax_loss_function: LossFunction = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of each sequence (tf.contrib.legacy_seq2seq.sequence_loss_by_example).

    >>> import torch
    >>> steps, weights = [torch.zeros(2, 4)] * 3, [torch.tensor([1.0, 0.5])] * 3
    >>> sequence_loss_by_example(steps, [torch.tensor([0, 1])] * 3, weights)
    tensor([1.3863, 1.3863])

    Args:
        logits: of each step, (B, C).
        targets: classes, of each step, (B,), of integers.
        weights: of each step, (B,), of the dtype of the logits.
        average_across_timesteps: whether to divide by the sum of the weights.
        softmax_loss_function: ``f(labels=targets, logits=logits)`` takes the place of the cross
            entropy, of each step.
        name: the name of the name scope; 'sequence_loss_by_example' by default.

    Returns:
        (B,)

    Raises:
        ValueError: the lists are not of one length.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            f"Lengths of logits, weights, and targets must be the same {len(logits)}, {len(weights)}, "
            f"{len(targets)}. Each list has one element for each step."
        )
    with name_scope(name, "sequence_loss_by_example"):
        costs, steps = [], []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            cost = _cost(as_tensor(logit), as_tensor(target), softmax_loss_function)
            steps.append(as_tensor(weight, cost, preferred=cost.dtype))
            costs.append(cost * steps[-1])
        total = add_n(costs)
        # The sum may be 0, for a sequence that has ended.
        return total / (add_n(steps) + 1e-12) if average_across_timesteps else total


def _cost(logit: Tensor, target: Tensor, function: LossFunction) -> Tensor:
    if function is not None:
        return as_tensor(function(labels=target, logits=logit))
    return sparse_softmax_cross_entropy_with_logits(labels=target.reshape(-1), logits=logit)


def sequence_loss(
    logits: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: LossFunction = None,
    name: str | None = None,
) -> Tensor:
    """The weighted cross entropy of all sequences (tf.contrib.legacy_seq2seq.sequence_loss).

    >>> import torch
    >>> sequence_loss([torch.zeros(2, 4)] * 3, [torch.tensor([0, 1])] * 3, [torch.ones(2)] * 3)
    tensor(1.3863)

    Args:
        logits: as in `sequence_loss_by_example`.
        targets: the same.
        weights: the same.
        average_across_timesteps: the same.
        average_across_batch: whether to divide by the number of sequences.
        softmax_loss_function: as in `sequence_loss_by_example`.
        name: the name of the name scope; 'sequence_loss' by default.

    Raises:
        ValueError: the lists are not of one length.
    """
    with name_scope(name, "sequence_loss"):
        cost = sequence_loss_by_example(
            logits,
            targets,
            weights,
            average_across_timesteps=average_across_timesteps,
            softmax_loss_function=softmax_loss_function,
        ).sum()
        return cost / as_tensor(targets[0]).shape[0] if average_across_batch else cost


def model_with_buckets(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    targets: Sequence[Any],
    weights: Sequence[Any],
    buckets: Sequence[tuple[int, int]],
    seq2seq: Callable[[Any, Any], Any],
    softmax_loss_function: LossFunction = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Tensor]]:
    """A model of several lengths, which share their variables (tf.contrib.legacy_seq2seq.model_with_buckets).

    >>> import torch
    >>> def model(inputs, outputs):
    ...     return [each + sum(inputs) for each in outputs], None
    >>> steps = [torch.zeros(2, 4)] * 3
    >>> outputs, losses = model_with_buckets(
    ...     steps, steps, [torch.tensor([0, 1])] * 3, [torch.ones(2)] * 3, [(1, 2), (3, 3)], model
    ... )
    >>> [len(each) for each in outputs], len(losses)
    ([2, 3], 2)

    Args:
        encoder_inputs: the steps of the inputs.
        decoder_inputs: the steps of the decoder.
        targets: as in `sequence_loss_by_example`.
        weights: the same.
        buckets: pairs of lengths, of inputs and outputs, the longest last.
        seq2seq: ``f(encoder_inputs, decoder_inputs)`` gives a list of logits, and something else. It
            makes its variables for the first pair, and finds them for the others.
        softmax_loss_function: as in `sequence_loss_by_example`.
        per_example_loss: whether the losses are those of each sequence.
        name: the name of the name scope; 'model_with_buckets' by default.

    Returns:
        The outputs for each pair, and the losses.

    Raises:
        ValueError: a list is shorter than the last pair says.
    """
    most_in, most_out = buckets[-1]
    for what, given, most in (
        ("Length of encoder_inputs", encoder_inputs, most_in),
        ("Length of targets", targets, most_out),
        ("Length of weights", weights, most_out),
    ):
        if len(given) < most:
            raise ValueError(
                f"{what} ({len(given)}) must be at least that of last bucket ({most}). Pad the "
                "sequences, or leave that bucket out."
            )
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    with name_scope(name, "model_with_buckets"):
        for number, (inner, outer) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if number else None):
                written, _ = seq2seq(encoder_inputs[:inner], decoder_inputs[:outer])
                outputs.append(written)
                losses.append(
                    loss(
                        written,
                        targets[:outer],
                        weights[:outer],
                        softmax_loss_function=softmax_loss_function,
                    )
                )
    return outputs, losses
