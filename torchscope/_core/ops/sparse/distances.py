"""How far sequences are from one another: the fewest insertions, deletions and replacements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.sparse.tensor import SparseTensor, as_sparse, of_one_dtype


def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Tensor:
    """The Levenshtein distances of sequences from those that are right (tf.edit_distance).

    >>> hypothesis = SparseTensor([[0, 0], [0, 1]], [1, 2], [1, 2])
    >>> truth = SparseTensor([[0, 0], [0, 1], [0, 2], [0, 3]], [1, 3, 2, 4], [1, 4])
    >>> edit_distance(hypothesis, truth)
    tensor([0.5000])

    Args:
        hypothesis: a tf.SparseTensor of sequences, which lie along the last axis, of integers or floats.
        truth: one of the same dtype and number of axes.
        normalize: whether each distance is divided by the length of what is right: of an empty one it is
            infinite then, and 0 where both are empty.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The distances, float32, without the last axis; of two sizes the larger one. The values are read
        from their device, and there are no gradients.

    Raises:
        TypeError: it is no sparse tensor, or the dtypes differ.
        ValueError: there are less than two axes, or not as many of both.
    """
    first, second = as_sparse(hypothesis), as_sparse(truth)
    of_one_dtype("EditDistance", first, second)
    sizes = [list(each.sizes) for each in (first, second)]
    for kind, own in zip(("Hypothesis", "Truth"), sizes, strict=True):
        if len(own) < 2:
            raise ValueError(
                f"Input {kind} SparseTensors must have rank at least 2, but {kind.lower()}_shape rank is: "
                f"{len(own)}. The sequences lie along the last axis."
            )
    if len(sizes[0]) != len(sizes[1]):
        raise ValueError(
            "Num elements of hypothesis_shape does not match truth_shape: "
            f"{len(sizes[0])} vs. {len(sizes[1])}"
        )
    shape = [max(pair) for pair in zip(*sizes, strict=True)][:-1]
    distances = torch.zeros(shape)
    given, right = _sequences(first), _sequences(second)
    for place in {**given, **right}:
        wanted = right.get(place, [])
        distance: float = _steps(given.get(place, []), wanted)
        if normalize:
            distance = distance / len(wanted) if wanted else math.inf
        distances[place] = distance
    return distances.to(first.values.device)


def _sequences(sparse: SparseTensor) -> dict[tuple[int, ...], list[Any]]:
    """The values of each sequence, by its place."""
    found: dict[tuple[int, ...], list[Any]] = {}
    for index, value in zip(sparse.indices.tolist(), sparse.values.tolist(), strict=True):
        found.setdefault(tuple(index[:-1]), []).append(value)
    return found


def _steps(given: Sequence[Any], wanted: Sequence[Any]) -> int:
    """The fewest steps from one sequence to the other."""
    # Of all that was given so far, to each beginning of what is wanted.
    row = list(range(len(wanted) + 1))
    for number, one in enumerate(given, start=1):
        before, row = row, [number]
        for place, other in enumerate(wanted):
            row.append(min(before[place] + (one != other), before[place + 1] + 1, row[place] + 1))
    return row[-1]
