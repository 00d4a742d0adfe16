"""Cross entropies between labels and what logits say, one number for each example."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    COMPLEX_TOO,
    as_tensor,
    check_same_dtype,
    checked_axis,
    either,
    of_dtype,
)
from torchscope._core.values.conversion import shape_text
from torchscope.nn.activations import relu


def _cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    """Of labels and logits of one shape, along the last axis, with TF1's gradients."""
    cost = -(labels * F.log_softmax(logits, -1)).sum(-1)
    # TF1's gradient is softmax - labels, whatever the labels sum to. That of the formula has softmax
    # so many times. What is missing is the gradient of the zero that is added here.
    missing = 1 - labels.detach().sum(-1)
    normalizer = logits.logsumexp(-1)
    return cost + missing * (normalizer - normalizer.detach())


def softmax_cross_entropy_with_logits_v2(
    labels: Tensor,
    logits: Tensor,
    axis: int | None = None,
    name: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """The cross entropy of labels and ``softmax(logits)``, with gradients for both.

    Answers to tf.nn.softmax_cross_entropy_with_logits_v2.

    >>> logits = torch.tensor([[2.0, 1.0], [0.0, 0.0]])
    >>> softmax_cross_entropy_with_logits_v2([[1.0, 0.0], [0.5, 0.5]], logits)
    tensor([0.3133, 0.6931])

    Args:
        labels: probabilities, (..., C); they are converted to the dtype of the logits, and
            broadcast to their shape.
        logits: (..., C), of floats. float16 and bfloat16 are computed in float32.
        axis: the axis of the classes; the last by default.
        name: accepted for TF1 code; it has no effect.
        dim: another name of `axis`.

    Returns:
        The shape of the logits without the axis of the classes, in their dtype.

    Raises:
        ValueError: the shapes do not fit, or there is no such axis.
        TypeError: the logits are not of floats.
    """
    axis = either("dim", dim, "axis", axis)
    labels = as_tensor(labels, beside=logits)
    logits = of_dtype(logits, "features")
    axis = checked_axis(-1 if axis is None else axis, logits)
    precise = _precise(logits)
    labels = labels.to(precise.dtype)
    if axis not in (-1, logits.ndim - 1):
        precise = precise.movedim(axis, -1)
        labels = labels.movedim(checked_axis(axis, labels), -1)
    if labels.shape == precise.shape:
        cost = _cross_entropy(labels, precise)
    else:
        cost = _of_other_shapes(labels, precise)
    return cost.to(logits.dtype)


def _precise(logits: Tensor) -> Tensor:
    """Short floats as float32, as TF1 computes them."""
    return logits.to(torch.float32) if logits.dtype.itemsize < 4 else logits


def _of_other_shapes(labels: Tensor, logits: Tensor) -> Tensor:
    """TF1 makes matrices of both, (examples, classes), and broadcasts them to each other."""
    shapes = (
        f"the labels have shape {shape_text(labels.shape)}, the logits {shape_text(logits.shape)}, "
        "with the classes last."
    )
    if labels.ndim == 0:
        raise ValueError(f"Shape must be at least rank 1 but is rank 0: {shapes}")
    tables = [each.reshape(each.shape[:-1].numel(), each.shape[-1]) for each in (logits, labels)]
    for one, other in zip(tables[0].shape, tables[1].shape, strict=True):
        if one != other and 1 not in (one, other):
            raise ValueError(f"Dimensions must be equal, but are {one} and {other}: {shapes}")
    shape = [
        other if one == 1 else one
        for one, other in zip(tables[0].shape, tables[1].shape, strict=True)
    ]
    cost = _cross_entropy(tables[1].expand(shape), tables[0].expand(shape))
    outer = logits.shape[:-1]
    if cost.numel() != outer.numel():
        raise ValueError(
            f"Cannot reshape a tensor with {cost.numel()} elements to shape "
            f"{list(outer)} ({outer.numel()} elements): {shapes}"
        )
    return cost.reshape(outer)


def softmax_cross_entropy_with_logits(
    _sentinel: None = None,
    labels: Any = None,
    logits: Any = None,
    dim: int | None = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Tensor:
    """The cross entropy of labels and ``softmax(logits)``; labels get no gradient.

    Answers to tf.nn.softmax_cross_entropy_with_logits.

    >>> softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=torch.tensor([[2.0, 1.0]]))
    tensor([0.3133])

    Args:
        _sentinel: nothing. Labels and logits are given by name, as in TF1, lest they be swapped.
        labels: probabilities, (..., C); they are converted to the dtype of the logits, and
            broadcast to their shape.
        logits: (..., C), of floats. float16 and bfloat16 are computed in float32.
        dim: the axis of the classes.
        name: accepted for TF1 code; it has no effect.
        axis: another name of `dim`, which takes dim=None beside it.

    Returns:
        The shape of the logits without the axis of the classes, in their dtype.

    Raises:
        ValueError: labels or logits are missing or not given by name, the shapes do not fit, or
            there is no such axis.
        TypeError: the logits are not of floats.
    """
    labels, logits = _by_name("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    axis = either("dim", dim, "axis", axis)
    return softmax_cross_entropy_with_logits_v2(
        as_tensor(labels, beside=logits).detach(), logits, axis
    )


def _by_name(function: str, sentinel: Any, labels: Any, logits: Any) -> tuple[Any, Any]:
    """Labels and logits, if they were given and given by name."""
    if sentinel is not None:
        raise ValueError(
            f"Only call `{function}` with named arguments (labels=..., logits=..., ...). "
            "Without their names nobody would notice that they are swapped."
        )
    if labels is None or logits is None:
        # TF1 leaves out the space as well.
        raise ValueError(
            f"Both `labels` and `logits` must be provided for {function}"
            f"Received: labels={labels} and logits={logits}"
        )
    return labels, logits


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: None = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross entropy of classes, given by number, and ``softmax(logits)``.

    Answers to tf.nn.sparse_softmax_cross_entropy_with_logits.

    >>> logits = torch.tensor([[2.0, 1.0]])
    >>> sparse_softmax_cross_entropy_with_logits(labels=[0], logits=logits)
    tensor([0.3133])

    Args:
        _sentinel: nothing. Labels and logits are given by name, as in TF1, lest they be swapped.
        labels: classes in [0, C), (...), int32 or int64.
        logits: (..., C), of floats. float16 and bfloat16 are computed in float32.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The shape of the labels, in the dtype of the logits.

    Raises:
        ValueError: labels or logits are missing or not given by name, the shapes do not fit, or,
            on the CPU, a label is out of range.
        TypeError: the labels are no integers, or the logits are not of floats.
    """
    labels, logits = _by_name("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    labels, logits = as_tensor(labels, beside=logits), as_tensor(logits, beside=labels)
    if logits.ndim == 0:
        raise ValueError(
            f"`logits` cannot be a scalar. Received logits={logits}`: give (..., classes)."
        )
    if labels.ndim != logits.ndim - 1:
        raise ValueError(
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
            f"labels.shape={shape_text(labels.shape)} of rank {labels.ndim} and "
            f"logits.shape={shape_text(logits.shape)} of rank {logits.ndim}. Labels are the "
            "numbers of the classes, without an axis for them."
        )
    if labels.shape != logits.shape[:-1]:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
            f"labels.shape={shape_text(labels.shape)} and logits.shape={shape_text(logits.shape)}"
        )
    of_dtype(logits, "features")
    of_dtype(labels, "labels", (torch.int32, torch.int64))
    log_probabilities = F.log_softmax(_precise(logits), -1)
    try:
        chosen = log_probabilities.gather(-1, labels.to(torch.int64).unsqueeze(-1))
    except RuntimeError:
        classes = logits.shape[-1]
        outside = labels[(labels < 0) | (labels >= classes)]
        if not outside.numel():
            raise
        raise ValueError(
            f"Received a label value of {outside[0].item()} which is outside the valid range of "
            f"[0, {classes}): the labels have shape {shape_text(labels.shape)}, the logits "
            f"{shape_text(logits.shape)}."
        ) from None
    return -chosen.squeeze(-1).to(logits.dtype)


def _alike(labels_name: str, labels: Any, logits_name: str, logits: Any) -> tuple[Tensor, Tensor]:
    """Two tensors, if they have one shape."""
    labels, logits = as_tensor(labels, beside=logits), as_tensor(logits, beside=labels)
    if labels.shape != logits.shape:
        raise ValueError(
            f"`{logits_name}` and `{labels_name}` must have the same shape, received "
            f"({shape_text(logits.shape)} vs {shape_text(labels.shape)})."
        )
    return labels, logits


def sigmoid_cross_entropy_with_logits(
    _sentinel: None = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross entropy of labels and ``sigmoid(logits)``, for each element.

    Answers to tf.nn.sigmoid_cross_entropy_with_logits.

    >>> logits = torch.tensor([2.0, 0.0])
    >>> sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=logits)
    tensor([0.1269, 0.6931])

    Args:
        _sentinel: nothing. Labels and logits are given by name, as in TF1, lest they be swapped.
        labels: probabilities, of any shape.
        logits: of the same shape and dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The shape and the dtype of the logits.

    Raises:
        ValueError: labels or logits are missing or not given by name, or the shapes differ.
        TypeError: the dtypes differ, or they are not of floats.
    """
    labels, logits = _by_name("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    labels, logits = _alike("labels", labels, "logits", logits)
    check_same_dtype("Mul", "x", logits, "y", labels)
    of_dtype(logits, "x", COMPLEX_TOO)
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="none")


def weighted_cross_entropy_with_logits(
    labels: Tensor | None = None,
    logits: Tensor | None = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """A sigmoid cross entropy in which positive labels count `pos_weight` times.

    Answers to tf.nn.weighted_cross_entropy_with_logits.

    >>> logits = torch.tensor([2.0, 0.0])
    >>> weighted_cross_entropy_with_logits([1.0, 0.0], logits, pos_weight=3.0)
    tensor([0.3808, 0.6931])

    Args:
        labels: probabilities, of any shape.
        logits: of the same shape and dtype.
        pos_weight: a number, or a tensor that broadcasts to the logits.
        name: accepted for TF1 code; it has no effect.
        targets: another name of `labels`.

    Returns:
        The shape and the dtype of the logits. Where a logit is exactly 0 its gradient is that of
        TF1's formula, ``1 - labels``.

    Raises:
        ValueError: labels or logits are missing, or the shapes differ.
        TypeError: the dtypes differ, they are not of floats, or there is no pos_weight.
    """
    labels = either("targets", targets, "labels", labels)
    labels, logits = _alike("labels", labels, "logits", logits)
    if pos_weight is None:
        raise TypeError(
            "unsupported operand type(s) for -: 'NoneType' and 'int': there is no pos_weight."
        )
    check_same_dtype("Mul", "x", logits, "y", labels)
    if hasattr(pos_weight, "astype") or isinstance(pos_weight, list | tuple):
        pos_weight = as_tensor(pos_weight, logits, labels.dtype)
    if isinstance(pos_weight, Tensor):
        check_same_dtype("Mul", "x", pos_weight, "y", labels)
    of_dtype(logits, "x", COMPLEX_TOO)
    weights: Tensor = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weights * ((-logits.abs()).exp().log1p() + relu(-logits))


def log_poisson_loss(
    targets: Tensor, log_input: Tensor, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """Minus the log-likelihood of counts under Poisson distributions (tf.nn.log_poisson_loss).

    >>> log_poisson_loss([2.0], torch.tensor([0.0]))
    tensor([1.])

    Args:
        targets: the counts, of any shape.
        log_input: the logarithms of the means, of the same shape and dtype.
        compute_full_loss: adds Stirling's approximation of the term of the targets alone, where
            they are above 1.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The shape and the dtype of `log_input`.

    Raises:
        ValueError: the shapes differ.
        TypeError: the dtypes differ, or the numbers are integers.
    """
    targets, log_input = _alike("targets", targets, "log_input", log_input)
    of_dtype(log_input, "x", COMPLEX_TOO)
    check_same_dtype("Mul", "x", log_input, "y", targets)
    loss = log_input.exp() - log_input * targets
    if not compute_full_loss:
        return loss
    stirling = targets * targets.log() - targets + 0.5 * (2 * math.pi * targets).log()
    return loss + torch.where((targets >= 0) & (targets <= 1), 0.0, stirling)
