"""Classes that are drawn to stand for all others (tf.nn.log_uniform_candidate_sampler and its like).

In TF1 a sampler that draws each class once draws again where it met one for the second time, and counts how
often. Here all classes arrive in a race, each at its own rate, and the first ones are taken. The draws that
TF1 would have made in vain are the later arrivals of those: a Poisson number. So nothing waits for a value.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import as_tensor, check_rank
from torchscope._core.ops.drawing import random_poisson, random_uniform
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.sparse.tensor import readable
from torchscope._core.values.conversion import shape_text

Seed = int | torch.Generator | None
LOWEST = torch.finfo(torch.float32).min


class Candidates(NamedTuple):
    """What a sampler gives.

    Attributes:
        sampled_candidates: the classes that were drawn, (num_sampled,), int64.
        true_expected_count: how often each of the true classes is expected in such a draw, (N, num_true).
        sampled_expected_count: the same for those that were drawn.
    """

    sampled_candidates: Tensor
    true_expected_count: Tensor
    sampled_expected_count: Tensor


def _true(
    true_classes: Any, num_true: int, num_sampled: int, range_max: int, unique: bool
) -> Tensor:
    """The true classes, once all arguments were looked at."""
    if num_sampled < 1:
        raise ValueError(
            f"Attr 'num_sampled' of a candidate sampler passed {num_sampled} less than minimum 1."
        )
    classes = as_tensor(true_classes).to(torch.int64)
    check_rank("true_classes", classes, 2)
    if classes.shape[1] != num_true:
        raise InvalidArgumentError(
            None,
            None,
            f"true_classes must have num_true columns, expected: {classes.shape[1]} was: {num_true}. "
            f"They have shape {shape_text(classes.shape)}.",
        )
    if unique and num_sampled > range_max:
        raise InvalidArgumentError(
            None,
            None,
            f"Sampler's range is too small. There are {range_max} classes, and num_sampled={num_sampled} "
            "different ones are asked for.",
        )
    if readable(classes):
        outside = classes[(classes < 0) | (classes >= range_max)]
        if len(outside):
            raise InvalidArgumentError(
                None,
                None,
                f"`true_candidate` out of range [0, {range_max}), received {int(outside[0])}",
            )
    return classes


def _drawn(weights: Tensor, true: Tensor, count: int, unique: bool, seed: Seed) -> Candidates:
    """A draw of classes by how probable they are; the weights add up to 1, in float64."""
    units = random_uniform([len(weights) if unique else count], dtype=torch.float64, seed=seed)
    if not unique:
        ends = weights.cumsum(0)
        chosen = torch.searchsorted(ends, units * ends[-1], right=True).clamp_max(len(weights) - 1)
        tries = None
    else:
        arrivals = -torch.log1p(-units) / weights
        times, chosen = torch.sort(arrivals)
        times, chosen = times[:count], chosen[:count]
        later = (weights[chosen] * (times[-1] - times)).sum()
        again = random_poisson(later, [], torch.float64, _another(seed))
        tries = count + again
    return _counted(chosen, weights[chosen], weights[true], count, tries)


def _another(seed: Seed) -> Seed:
    return seed + 1 if isinstance(seed, int) else seed


def _counted(
    chosen: Tensor, of_chosen: Tensor, of_true: Tensor, count: int, tries: Tensor | None
) -> Candidates:
    """The classes, and how often they are expected in so many tries."""

    def expected(probability: Tensor) -> Tensor:
        if tries is None:
            return (probability * count).float()
        at_all = -torch.expm1(tries * torch.log1p(-probability))
        # Where nothing was drawn in vain TF1 takes the draws for independent.
        return torch.where(tries == count, probability * count, at_all).float()

    return Candidates(chosen, expected(of_true), expected(of_chosen))


def _classes(range_max: int) -> Tensor:
    return torch.arange(range_max, dtype=torch.float64, device=device_of_the_net())


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Seed = None,
    name: str | None = None,
) -> Candidates:
    """Classes of which each is as probable as another (tf.nn.uniform_candidate_sampler).

    >>> uniform_candidate_sampler([[1]], 1, 3, False, 10).true_expected_count
    tensor([[0.3000]])

    Args:
        true_classes: the true classes of each row, (N, num_true).
        num_true: how many there are.
        num_sampled: how many to draw.
        unique: whether to draw each only once.
        range_max: how many classes there are.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        See `Candidates`.

    Raises:
        ValueError: `num_sampled` is below 1, or the classes are of another rank.
        InvalidArgumentError: their number is another, there are fewer classes than are to be drawn, or,
            on the CPU, a class is out of range.
    """
    true = _true(true_classes, num_true, num_sampled, range_max, unique)
    weights = torch.full_like(_classes(range_max), 1 / range_max)
    return _drawn(weights, true, num_sampled, unique, seed)


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Seed = None,
    name: str | None = None,
) -> Candidates:
    """Classes of which the first are the most probable (tf.nn.log_uniform_candidate_sampler).

    Class k is drawn with probability ``(log(k + 2) - log(k + 1)) / log(range_max + 1)``, as words that are
    sorted by how frequent they are.

    >>> log_uniform_candidate_sampler([[0]], 1, 4, True, 10).sampled_candidates.shape
    torch.Size([4])

    Arguments, what it gives, and errors are those of `uniform_candidate_sampler`.
    """
    true = _true(true_classes, num_true, num_sampled, range_max, unique)
    classes = _classes(range_max)
    weights = torch.log1p(1 / (classes + 1)) / math.log(range_max + 1)
    return _drawn(weights, true, num_sampled, unique, seed)


def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Sequence[float] = (),
    seed: Seed = None,
    name: str | None = None,
) -> Candidates:
    """Classes by how frequent each is (tf.nn.fixed_unigram_candidate_sampler).

    >>> found = fixed_unigram_candidate_sampler([[1]], 1, 4, False, 3, unigrams=[1, 2, 1])
    >>> found.true_expected_count
    tensor([[2.]])

    Args:
        true_classes: as in `uniform_candidate_sampler`, as for what is not said here.
        num_true: how many there are.
        num_sampled: how many to draw.
        unique: whether to draw each only once.
        range_max: how many classes there are.
        vocab_file: a CSV file whose last column says how frequent each class is.
        distortion: the power that this is raised to first.
        num_reserved_ids: how many classes come before those, and are never drawn.
        num_shards: only 1.
        shard: only 0.
        unigrams: a list instead of a file.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `uniform_candidate_sampler`.
        InvalidArgumentError: the same; or there is neither a file nor a list, or both, or of another
            length.
        NotImplementedError: there are shards.
    """
    if num_shards != 1:
        raise NotImplementedError(
            "fixed_unigram_candidate_sampler has no shards. Leave num_shards and shard out: one process "
            "draws of all classes."
        )
    if bool(vocab_file) == bool(len(unigrams)):
        raise InvalidArgumentError(
            None,
            None,
            "Must provide either vocab_file or unigrams. A list says how frequent each class is.",
        )
    if vocab_file:
        with Path(vocab_file).open(newline="") as file:
            unigrams = [float(row[-1]) for row in csv.reader(file) if row]
    if len(unigrams) + num_reserved_ids != range_max:
        raise InvalidArgumentError(
            None,
            None,
            f"range is {range_max} must be equal to weights size  {len(unigrams) + num_reserved_ids}: "
            f"{num_reserved_ids} are reserved.",
        )
    true = _true(true_classes, num_true, num_sampled, range_max, unique)
    powers = [0.0] * num_reserved_ids + [float(each) ** distortion for each in unigrams]
    weights = as_tensor(powers, dtype=torch.float64)
    return _drawn(weights / weights.sum(), true, num_sampled, unique, seed)


def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: Seed = None,
    name: str | None = None,
) -> Candidates:
    """All classes, for what a sampled loss is compared with (tf.nn.all_candidate_sampler).

    >>> all_candidate_sampler([[1]], 1, 3, True).sampled_candidates
    tensor([0, 1, 2])

    Args:
        true_classes: as in `uniform_candidate_sampler`.
        num_true: how many there are.
        num_sampled: how many classes there are.
        unique: accepted for TF1 code; it has no effect.
        seed: the same.
        name: the same.

    Raises:
        ValueError, InvalidArgumentError: as in `uniform_candidate_sampler`.
    """
    true = _true(true_classes, num_true, num_sampled, num_sampled, True)
    chosen = _classes(num_sampled).to(torch.int64)
    return Candidates(
        chosen, torch.ones_like(true, dtype=torch.float32), torch.ones_like(chosen).float()
    )


class AccidentalHits(NamedTuple):
    """What `compute_accidental_hits` gives: rows, places among the candidates, and weights."""

    indices: Tensor
    ids: Tensor
    weights: Tensor


def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: Seed = None,
    name: str | None = None,
) -> AccidentalHits:
    """Where a candidate is one of the true classes (tf.nn.compute_accidental_hits).

    >>> compute_accidental_hits([[1], [3]], [5, 3], 1).ids
    tensor([1])

    Args:
        true_classes: (N, num_true).
        sampled_candidates: what a sampler drew, (S,).
        num_true: how many true classes a row has.
        seed: accepted for TF1 code; it has no effect.
        name: the same.

    Returns:
        The rows, int32; the places among the candidates, int64; and for each the lowest float32, which is
        to be added to the candidate's logit. Of equal candidates the last one is hit.

    Raises:
        ValueError: a row has another number of classes, or they are of another rank.
    """
    candidates = as_tensor(sampled_candidates).to(torch.int64)
    true = as_tensor(true_classes, candidates).to(torch.int64)
    check_rank("true_classes", true, 2)
    if true.shape[1] != num_true:
        raise ValueError(
            f"Dimension must be {num_true} but is {true.shape[1]}: true_classes has shape "
            f"{shape_text(true.shape)}, and num_true is {num_true}."
        )
    hits = (true[:, :, None] == candidates) & is_last(candidates)
    rows, _, places = hits.nonzero(as_tuple=True)
    return AccidentalHits(
        rows.int(), places, torch.full_like(rows, 0.0, dtype=torch.float32) + LOWEST
    )


def is_last(candidates: Tensor) -> Tensor:
    """Whether each candidate is the last of those that are equal to it.

    >>> is_last(torch.tensor([1, 2, 1]))
    tensor([False,  True,  True])
    """
    ordered, order = torch.sort(candidates, stable=True)
    differs = torch.nn.functional.pad(ordered[1:] != ordered[:-1], (0, 1), value=True)
    return torch.zeros_like(differs).scatter(0, order, differs)
