"""The value of tf.summary.histogram: how many numbers fall into each of TF1's buckets."""

from __future__ import annotations

import functools
import sys
from typing import Any

import torch
from torch import Tensor

from torchscope.ops.errors import InvalidArgumentError
from torchscope.summaries.protocol import message


@functools.cache
def _limits() -> list[float]:
    """Where TF1's buckets end: each is a tenth wider than the one before, on both sides of 0."""
    positive, limit = [], 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    positive.append(sys.float_info.max)
    return [*(-each for each in reversed(positive)), 0.0, *positive]


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
    histogram = message("HistogramProto")()
    # What TF1 says of no numbers.
    histogram.min, histogram.max = sys.float_info.max, -sys.float_info.max
    counts: list[int] = [0] * len(_limits())
    if len(numbers):
        limits = torch.tensor(_limits(), dtype=torch.float64, device=numbers.device)
        found = torch.bincount(torch.bucketize(numbers, limits, right=True), minlength=len(limits))
        counts = found.tolist()
        told = (numbers.min(), numbers.max(), numbers.sum(), (numbers * numbers).sum())
        smallest, largest, total, squares = torch.stack(told).tolist()
        histogram.min, histogram.max, histogram.num = smallest, largest, len(numbers)
        histogram.sum, histogram.sum_squares = total, squares
    for limit, count in _told(counts):
        histogram.bucket_limit.append(limit)
        histogram.bucket.append(count)
    return [message("Summary").Value(tag=tag, histo=histogram)]


def _told(counts: list[int]) -> list[tuple[float, int]]:
    """The buckets' ends and counts, with one for each row of empty ones."""
    told: list[tuple[float, int]] = []
    for limit, count in zip(_limits(), counts, strict=True):
        if not count and told and not told[-1][1]:
            told[-1] = (limit, 0)
        else:
            told.append((limit, count))
    return told
