"""Scheduled sampling: helpers that now and then feed back what was sampled, in the place of what is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.choosing import where
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.structures import map_structure
from torchscope.seq2seq.helpers import TrainingHelper
from torchscope.seq2seq.inference import drawn_class, embedding_function


def _probability(given: Any) -> Tensor:
    """The share of the steps that are sampled.

    Raises:
        ValueError: it is a matrix, or more.
    """
    probability = as_tensor(given)
    if probability.ndim > 1:
        raise ValueError(
            "sampling_probability must be either a scalar or a vector. saw shape: "
            f"{shape_text(probability.shape)}. Give one share for all sequences."
        )
    return probability


def _chances(probability: Tensor, count: Any) -> Tensor:
    """So many draws of whether something is, with this probability."""
    shape = (count, *probability.shape)
    return torch.rand(shape, dtype=probability.dtype, device=probability.device) < probability


def _rows(chosen: Tensor, one: Any, other: Any) -> Any:
    """The rows of one where they are chosen, (B,), else those of the other."""
    return map_structure(lambda a, b: where(chosen, a, b), one, other)


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Inputs that are given, and now and then a class that was drawn by the last output's logits.

    TF1 has it as tf.contrib.seq2seq.ScheduledEmbeddingTrainingHelper.

    >>> helper = ScheduledEmbeddingTrainingHelper(torch.ones(2, 5, 3), [5, 5], torch.eye(3), 0.0)
    >>> helper.sample(0, torch.zeros(2, 3), None)
    tensor([-1, -1], dtype=torch.int32)

    Args:
        inputs: as in `TrainingHelper`.
        sequence_length: the same.
        embedding: a table (V, D), or a function that embeds classes, (B,). It embeds all rows, also
            those whose inputs then are the given ones.
        sampling_probability: with which an input is a class that was drawn.
        time_major: as in `TrainingHelper`.
        seed: accepted for TF1 code; it has no effect: the same draw in each step would do harm.
        scheduling_seed: the same.
        name: the name of the name scope; 'ScheduledEmbeddingSamplingWrapper' by default.

    Raises:
        ValueError: `sampling_probability` is a matrix; or as in `TrainingHelper`.
    """

    _ends_at_lengths = True

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: Any = None,
        scheduling_seed: Any = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "ScheduledEmbeddingSamplingWrapper"):
            self._embedding_fn = embedding_function(embedding)
            self._sampling_probability = _probability(sampling_probability)
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Tensor:
        """A class that is drawn of each output, or -1 where the next input is the given one."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperSample"):
            chosen = _chances(self._sampling_probability, self.batch_size)
            drawn = drawn_class(outputs)
            return where(chosen, drawn, torch.full_like(drawn, -1))

    def next_inputs(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Tensor, Any, Any]:
        """The inputs of the next step, or what the samples are embedded as."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(time, outputs, state, name)
            embedded = self._embedding_fn(sample_ids.clamp(min=0))
            chosen = (sample_ids > -1) & ~finished.all()
            return finished, _rows(chosen, embedded, given), state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """Inputs that are given, and now and then the last output (tf.contrib.seq2seq.ScheduledOutputTrainingHelper).

    >>> helper = ScheduledOutputTrainingHelper(torch.ones(2, 5, 3), [5, 5], 1.0)
    >>> ids = helper.sample(0, torch.zeros(2, 3), None)
    >>> helper.next_inputs(0, torch.zeros(2, 3), None, ids)[1].tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]

    Args:
        inputs: as in `TrainingHelper`.
        sequence_length: the same.
        sampling_probability: with which an input is the last output.
        time_major: as in `TrainingHelper`.
        seed: accepted for TF1 code; it has no effect: the same draw in each step would do harm.
        next_inputs_fn: what is made of an output before it is an input. It is given all rows.
        auxiliary_inputs: what is joined to each input, and to each output that is one: (B, T, A).
        name: the name of the name scope; 'ScheduledOutputTrainingHelper' by default.

    Raises:
        ValueError: `sampling_probability` is a matrix; or as in `TrainingHelper`.
    """

    _ends_at_lengths = True

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: Any = None,
        next_inputs_fn: Callable[..., Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "ScheduledOutputTrainingHelper"):
            self._sampling_probability = _probability(sampling_probability)
            self._next_inputs_fn = next_inputs_fn
            self._auxiliary: Any = None
            if auxiliary_inputs is not None:
                auxiliary = map_structure(as_tensor, auxiliary_inputs)
                inputs = map_structure(_joined, map_structure(as_tensor, inputs), auxiliary)
                self._auxiliary = map_structure(
                    lambda each: each if time_major else each.transpose(0, 1), auxiliary
                )
                self._no_auxiliary = map_structure(
                    lambda each: torch.zeros_like(each[0]), self._auxiliary
                )
            super().__init__(inputs, sequence_length, time_major, name)

    def sample(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, name: str | None = None
    ) -> Tensor:
        """1 where the next input is the output, else 0."""
        with name_scope(name, "ScheduledOutputTrainingHelperSample"):
            return _chances(self._sampling_probability, self.batch_size).to(torch.int32)

    def next_inputs(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Tensor, Any, Any]:
        """The inputs of the next step, or what is made of the outputs."""
        with name_scope(name, "ScheduledOutputTrainingHelperNextInputs"):
            finished, given, state = super().next_inputs(time, outputs, state, name)
            fed = outputs if self._next_inputs_fn is None else self._next_inputs_fn(outputs)
            if self._auxiliary is not None:
                beside = self._picked(time + 1, self._auxiliary, self._no_auxiliary)
                fed = map_structure(_joined, fed, beside)
            chosen = sample_ids.to(torch.bool) & ~finished.all()
            return finished, _rows(chosen, fed, given), state


def _joined(one: Tensor, other: Tensor) -> Tensor:
    return torch.cat([one, other], -1)
