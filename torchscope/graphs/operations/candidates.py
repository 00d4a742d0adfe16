"""Classes that are drawn to stand for all others.

What is drawn is other than in TensorFlow, whatever the seeds. Those that learn how frequent a class is are not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

_CANDIDATES = ("sampled_candidates", "true_expected_count", "sampled_expected_count")


@op("UniformCandidateSampler", outputs=_CANDIDATES, stateful=True)
def _uniform(
    true_classes: Any, *, num_true: int, num_sampled: int, unique: bool, range_max: int
) -> Any:
    return tf.nn.uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max)


@op("LogUniformCandidateSampler", outputs=_CANDIDATES, stateful=True)
def _log_uniform(
    true_classes: Any, *, num_true: int, num_sampled: int, unique: bool, range_max: int
) -> Any:
    return tf.nn.log_uniform_candidate_sampler(
        true_classes, num_true, num_sampled, unique, range_max
    )


@op("FixedUnigramCandidateSampler", outputs=_CANDIDATES, stateful=True)
def _fixed_unigram(
    true_classes: Any,
    *,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Sequence[float] = (),
) -> Any:
    return tf.nn.fixed_unigram_candidate_sampler(
        true_classes,
        num_true,
        num_sampled,
        unique,
        range_max,
        vocab_file,
        distortion,
        num_reserved_ids,
        num_shards,
        shard,
        unigrams,
    )


@op("AllCandidateSampler", outputs=_CANDIDATES, stateful=True)
def _all(true_classes: Any, *, num_true: int, num_sampled: int, unique: bool) -> Any:
    return tf.nn.all_candidate_sampler(true_classes, num_true, num_sampled, unique)


@op("ComputeAccidentalHits", outputs=("indices", "ids", "weights"))
def _accidental_hits(true_classes: Any, sampled_candidates: Any, *, num_true: int) -> Any:
    return tf.nn.compute_accidental_hits(true_classes, sampled_candidates, num_true)
