"""The largest numbers, and whether a class is among the likeliest."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_rank
from torchscope._core.values.conversion import shape_text


class TopKV2(NamedTuple):
    """What `top_k` gives: the values, and where they are."""

    values: Tensor
    indices: Tensor


def top_k(
    input: Tensor,
    k: int = 1,
    sorted: bool = True,
    index_type: torch.dtype = torch.int32,
    name: str | None = None,
) -> TopKV2:
    """The `k` largest numbers along the last axis, and their places (tf.nn.top_k).

    Of equal numbers the one that comes first is the larger.

    >>> top_k(torch.tensor([1.0, 3.0, 3.0]), 2)
    TopKV2(values=tensor([3., 3.]), indices=tensor([1, 2], dtype=torch.int32))

    Args:
        input: numbers, (..., C).
        k: how many, at most C.
        sorted: accepted for TF1 code: the numbers are in order always.
        index_type: torch.int32 or torch.int64.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The values, (..., k), of the dtype of `input`, and their indices.

    Raises:
        ValueError: `input` is a single number, or has fewer than `k`, or `k` is negative.
    """
    numbers = as_tensor(input)
    if k < 0:
        raise ValueError(f"Need k >= 0, got {k}")
    if numbers.ndim < 1:
        raise ValueError("Shape must be at least rank 1 but is rank 0: the input is one number.")
    if numbers.shape[-1] < k:
        raise ValueError(
            f"input must have last dimension >= k = {k} but has shape {shape_text(numbers.shape)}."
        )
    # torch.topk says nothing of the order of equal numbers.
    values, indices = torch.sort(numbers, dim=-1, descending=True, stable=True)
    return TopKV2(values[..., :k], indices[..., :k].to(index_type))


def in_top_k(predictions: Tensor, targets: Tensor, k: int, name: str | None = None) -> Tensor:
    """Whether each target is among its example's `k` likeliest classes (tf.nn.in_top_k).

    A class that ties with the last of them is among them. Where a prediction is not finite the
    answer is False, and so it is for a target that is no class.

    >>> in_top_k(torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]), torch.tensor([2, 2]), 2)
    tensor([ True, False])

    Args:
        predictions: (N, classes), of floats.
        targets: classes, (N,), of integers.
        k: how many classes.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (N,), of bools.

    Raises:
        ValueError: the shapes do not fit.
    """
    scores, classes = as_tensor(predictions), as_tensor(targets).long()
    check_rank("predictions", scores, 2)
    check_rank("targets", classes, 1)
    if scores.shape[0] != classes.shape[0]:
        raise ValueError(
            f"First dimension of predictions {scores.shape[0]} must match length of targets "
            f"{classes.shape[0]}."
        )
    count = scores.shape[1]
    known = (classes >= 0) & (classes < count)
    if count == 0:
        return known
    own = scores.gather(1, classes.clamp(0, count - 1)[:, None])
    likelier = (scores > own).sum(1)
    return known & scores.isfinite().all(1) & (likelier < k)
