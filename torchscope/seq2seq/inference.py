"""Helpers that write: what was sampled of a step's outputs is the next step's input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.drawing import multinomial
from torchscope._core.ops.extremes import argmax
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.static_shapes import TensorShape
from torchscope._core.values.structures import map_structure
from torchscope.nn.embedding import embedding_lookup
from torchscope.seq2seq.helpers import Helper, OfClasses


def embedding_function(embedding: Any) -> Callable[..., Any]:
    """What embeds classes: the function itself, or look-ups in a table."""
    if callable(embedding):
        return embedding  # type: ignore[no-any-return]
    return lambda ids: embedding_lookup(embedding, ids)


def start_and_end(start_tokens: Any, end_token: Any) -> tuple[Tensor, Tensor]:
    """The first classes, (B,), and the one that ends a sequence, as int32.

    Raises:
        ValueError: the first are no vector, or the last is no number.
    """
    starts = as_tensor(start_tokens, dtype=torch.int32)
    end = as_tensor(end_token, starts, dtype=torch.int32)
    if starts.ndim != 1:
        raise ValueError(
            f"start_tokens must be a vector. Its shape is {shape_text(starts.shape)}: give one for "
            "each sequence, tf.fill([batch_size], token)."
        )
    if end.ndim:
        raise ValueError(f"end_token must be a scalar. Its shape is {shape_text(end.shape)}.")
    return starts.to(torch.int32), end.to(torch.int32)


def one_tensor(outputs: Any) -> Tensor:
    """The outputs of a step, which have to be one tensor of logits.

    Raises:
        TypeError: they are several.
    """
    if not isinstance(outputs, Tensor):
        raise TypeError(
            f"Expected outputs to be a single Tensor, got: {type(outputs)}. Classes are sampled of "
            "logits: give the BasicDecoder an output_layer, or write a Helper of your own."
        )
    return outputs


class GreedyEmbeddingHelper(OfClasses):
    """The likeliest class of each output is the next input (tf.contrib.seq2seq.GreedyEmbeddingHelper).

    >>> helper = GreedyEmbeddingHelper(torch.eye(3), start_tokens=[0, 0], end_token=2)
    >>> ids = helper.sample(0, torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), None)
    >>> ids.tolist(), helper.next_inputs(0, None, None, ids)[0].tolist()
    ([1, 2], [False, True])

    Args:
        embedding: a table (V, D), or a function that embeds classes, (B,).
        start_tokens: the classes that are the first inputs, (B,).
        end_token: the class that ends a sequence.

    Raises:
        ValueError: `start_tokens` is no vector, or `end_token` no number.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding_fn = embedding_function(embedding)
        self._start_tokens, self._end_token = start_and_end(start_tokens, end_token)
        self._batch_size = self._start_tokens.shape[0]
        self._start_inputs = self._embedding_fn(self._start_tokens)

    def initialize(self, name: str | None = None) -> tuple[Tensor, Any]:
        """What there is before the first step."""
        return torch.zeros_like(self._start_tokens, dtype=torch.bool), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Tensor:
        """The likeliest class of each output.

        Raises:
            TypeError: the outputs are several tensors.
        """
        return argmax(one_tensor(outputs), axis=-1, output_type=torch.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What the samples are embedded as; the first inputs once all sequences ended at this step."""
        finished = sample_ids == self._end_token
        ended = finished.all()
        inputs = map_structure(
            lambda start, new: torch.where(ended, start, new),
            self._start_inputs,
            self._embedding_fn(sample_ids),
        )
        return finished, inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """A class that is drawn by the output's logits is the next input.

    TF1 has it as tf.contrib.seq2seq.SampleEmbeddingHelper.

    >>> helper = SampleEmbeddingHelper(torch.eye(3), start_tokens=[0], end_token=2)
    >>> helper.sample(0, torch.tensor([[0.0, 100.0, 0.0]]), None)
    tensor([1], dtype=torch.int32)

    Args:
        embedding: as in `GreedyEmbeddingHelper`.
        start_tokens: the same.
        end_token: the same.
        softmax_temperature: what the logits are divided by: the higher, the more even the draws.
        seed: accepted for TF1 code; it has no effect: the same draw in each step would do harm, and
            `torch.manual_seed` makes all draws repeatable.
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: Any = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature = softmax_temperature
        self._seed = seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Tensor:
        """A class that is drawn of each output.

        Raises:
            TypeError: the outputs are several tensors.
        """
        logits = one_tensor(outputs)
        if self._softmax_temperature is not None:
            logits = logits / self._softmax_temperature
        return drawn_class(logits)


def drawn_class(logits: Tensor) -> Tensor:
    """A class that is drawn by each row of logits, (..., C), as int32."""
    rows = logits.detach().reshape(-1, logits.shape[-1])
    return multinomial(rows, 1, output_dtype=torch.int32).reshape(logits.shape[:-1])


class InferenceHelper(Helper):
    """What a function samples of each output is the next input (tf.contrib.seq2seq.InferenceHelper).

    >>> helper = InferenceHelper(
    ...     lambda outputs: outputs, [3], torch.float32, torch.zeros(2, 3), lambda ids: ids.sum(-1) > 9
    ... )
    >>> helper.next_inputs(0, None, None, torch.tensor([[1.0, 2, 3], [4, 5, 6]]))[0].tolist()
    [False, True]

    Args:
        sample_fn: gives the samples of the outputs.
        sample_shape: the shape of a sample, without the batch.
        sample_dtype: the dtype of samples.
        start_inputs: the first inputs, (B, ...).
        end_fn: tells of samples whether each ends its sequence, (B,).
        next_inputs_fn: gives the next inputs of samples; the samples themselves by default.
    """

    def __init__(
        self,
        sample_fn: Callable[..., Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._start_inputs = as_tensor(start_inputs)
        self._batch_size = self._start_inputs.shape[0]

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences there are."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """The shape of a sample, without the batch."""
        return self._sample_shape

    @property
    # Any: as it was given.
    def sample_ids_dtype(self) -> Any:
        """The dtype of samples."""
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """What there is before the first step."""
        start = self._start_inputs
        return torch.zeros(self._batch_size, dtype=torch.bool, device=start.device), start

    # Any: what the function gives.
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the first function gives."""
        return self._sample_fn(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What the functions make of the samples."""
        inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state
