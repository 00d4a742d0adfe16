"""The value of tf.summary.histogram: how many numbers fall into each of TF1's buckets."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.summaries.protocol import message


@functools.cache
def _limits() -> list[float]:
    """Where TF1's buckets end: each is a tenth wider than the one before, on both sides of 0."""
    positive, limit = [], 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    positive.append(sys.float_info.max)
    return [*(-each for each in reversed(positive)), 0.0, *positive]


@functools.cache
def _limits_on(device: torch.device) -> Tensor:
    """The same as a tensor."""
    return torch.tensor(_limits(), dtype=torch.float64, device=device)


def histogram_values(name: str, tag: str, tensor: Tensor) -> list[Any]:
    """A histogram of all numbers of a tensor.

    Args:
        name: the name of the operation.
        tag: under which it is shown.
        tensor: the numbers, of any shape and real dtype.

    Raises:
        InvalidArgumentError: one of them is no number, or infinite.
    """
    numbers = tensor.reshape(-1).to(torch.float64)
    if not torch.isfinite(numbers).all():
        odd = numbers[~numbers.isfinite()][0].item()
        said = "Nan in summary histogram" if odd != odd else "Infinity in Histogram"  # noqa: PLR0124
        raise InvalidArgumentError(
            None,
            None,
            f"{said} for: {name}. To see the rest, note tf.boolean_mask(x, tf.is_finite(x)).",
        )
    made = message("HistogramProto")()
    # What TF1 says of no numbers.
    made.min, made.max = sys.float_info.max, -sys.float_info.max
    if len(numbers):
        told = (numbers.min(), numbers.max(), numbers.sum(), (numbers * numbers).sum())
        made.min, made.max, made.sum, made.sum_squares = torch.stack(told).tolist()
        made.num = len(numbers)
    for bucket, count in _with_empty_ones(counted(numbers)):
        made.bucket_limit.append(_limits()[bucket])
        made.bucket.append(count)
    return [message("Summary").Value(tag=tag, histo=made)]


def counted(numbers: Tensor) -> dict[int, int]:
    """How many of some float64 numbers are in each bucket that has any, counted where they are."""
    found = torch.bincount(torch.bucketize(numbers, _limits_on(numbers.device), right=True))
    filled = found.nonzero()[:, 0]
    return dict(zip(filled.tolist(), found[filled].tolist(), strict=True))


def _with_empty_ones(counts: dict[int, int]) -> Iterator[tuple[int, int]]:
    """The buckets and their counts, and the last one of each row of empty ones."""
    next_bucket = 0
    for bucket, count in counts.items():
        if bucket > next_bucket:
            yield bucket - 1, 0
        yield bucket, count
        next_bucket = bucket + 1
    last = len(_limits()) - 1
    if next_bucket <= last:
        yield last, 0
