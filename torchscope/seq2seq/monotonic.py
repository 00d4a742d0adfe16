"""Monotonic attention: it goes through the memory from its first step to its last, and never back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.clipping import clip_by_value
from torchscope._core.ops.cumulating import cumprod, cumsum
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.conversion import as_dtype
from torchscope.seq2seq.attention import (
    _Additive,
    _BaseAttentionMechanism,
    _luong_score,
    int_of,
    layer_of,
    scale_of,
)


def safe_cumprod(x: Any, *args: Any, **kwargs: Any) -> Tensor:
    """The products of all numbers so far, by their logarithms (tf.contrib.seq2seq.safe_cumprod).

    >>> safe_cumprod([0.5, 0.5], exclusive=True)
    tensor([1.0000, 0.5000])

    Args:
        x: numbers from 0 to 1.
        *args: as those of `tf.cumsum`.
        **kwargs: the same: axis, exclusive, reverse.
    """
    with name_scope(None, "SafeCumprod"):
        x = as_tensor(x)
        tiny = torch.finfo(x.dtype).tiny
        return cumsum(clip_by_value(x, tiny, 1.0).log(), *args, **kwargs).exp()


def monotonic_attention(p_choose_i: Any, previous_attention: Any, mode: str) -> Tensor:
    """Where attention is next, by the chances to stop at each step (tf.contrib.seq2seq.monotonic_attention).

    >>> monotonic_attention([[0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0]], "hard")
    tensor([[0., 1., 0.]])

    Args:
        p_choose_i: the chance to stop at each step of the memory, (B, T).
        previous_attention: where attention was, (B, T); at first all of it at step 0.
        mode: 'recursive', which takes one step of the memory after the other; 'parallel', which is
            fast, and inexact for chances near 1; or 'hard', for chances and attention of 0 and 1.

    Returns:
        (B, T).

    Raises:
        ValueError: there is no such mode.
    """
    chances, previous = as_tensor(p_choose_i), as_tensor(previous_attention)
    if mode == "recursive":
        passed = torch.cat([torch.ones_like(chances[:, :1]), 1 - chances[:, :-1]], 1)
        preloaded, steps = torch.zeros_like(chances[:, 0]), []
        for go_on, before in zip(passed.unbind(1), previous.unbind(1), strict=True):
            preloaded = go_on * preloaded + before
            steps.append(preloaded)
        return chances * torch.stack(steps, 1)
    if mode == "parallel":
        passed = safe_cumprod(1 - chances, axis=1, exclusive=True)
        return chances * passed * cumsum(previous / clip_by_value(passed, 1e-10, 1.0), axis=1)
    if mode == "hard":
        chances = chances * cumsum(previous, axis=1)
        return chances * cumprod(1 - chances, axis=1, exclusive=True)
    raise ValueError(
        f"mode must be 'recursive', 'parallel', or 'hard'. It is {mode!r}: train with 'parallel', and "
        "write with 'hard'."
    )


def _monotonic_probability_fn(
    score: Tensor, previous_alignments: Tensor, sigmoid_noise: float, mode: str, seed: Any = None
) -> Tensor:
    """Alignments of scores, to which noise is added before they become chances.

    Args:
        score: (B, T).
        previous_alignments: (B, T).
        sigmoid_noise: how large the noise is.
        mode: as in `monotonic_attention`.
        seed: accepted for TF1 code; it has no effect.
    """
    if sigmoid_noise > 0:
        score = score + sigmoid_noise * torch.randn_like(score)
    chances = (score > 0).to(score.dtype) if mode == "hard" else score.sigmoid()
    return monotonic_attention(chances, previous_alignments, mode)


class _BaseMonotonicAttentionMechanism(_BaseAttentionMechanism):
    """A mechanism whose attention begins at the first step of the memory."""

    _score_bias_init: Any

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Tensor:
        """The alignments before the first step: all of it at the memory's first."""
        size, device = self._alignments_size, self._keys.device
        row = (torch.arange(size, device=device) == 0).to(as_dtype(dtype))
        return row.expand(int_of(batch_size), size).clone()

    def _bias(self, dtype: torch.dtype) -> Any:
        """What is added to all scores: a variable in the current scope."""
        start = self._score_bias_init
        return get_variable("attention_score_bias", dtype=dtype, initializer=start)


class BahdanauMonotonicAttention(_BaseMonotonicAttentionMechanism, _Additive):
    """Monotonic attention by a sum of query and keys (tf.contrib.seq2seq.BahdanauMonotonicAttention).

    >>> attend = BahdanauMonotonicAttention(3, torch.ones(2, 4, 5), score_bias_init=100.0)
    >>> attend(torch.ones(2, 6), attend.initial_state(2, torch.float32))[0][0].round().tolist()
    [1.0, 0.0, 0.0, 0.0]

    Args:
        num_units: the depth to which queries and the memory are brought.
        memory: what is attended to, (B, T, ...).
        memory_sequence_length: how many steps of each memory count, (B,).
        normalize: as in `BahdanauAttention`.
        score_mask_value: the score of steps that do not count; -inf by default.
        sigmoid_noise: how large the noise is that is added to scores: it makes them learn to be
            far from 0. Give 0 to evaluate.
        sigmoid_noise_seed: accepted for TF1 code; it has no effect: the same noise in each step would
            do harm, and `torch.manual_seed` makes all draws repeatable.
        score_bias_init: the first value of what is added to all scores, 'attention_score_bias'; less
            than 0 for a long memory.
        mode: as in `monotonic_attention`.
        dtype: the dtype of the layers; torch.float32 by default.
        name: the name of the name scope.

    Raises:
        ValueError: when called: there is no such mode.
        InvalidArgumentError: (where its value is known) a length is not greater than zero.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: Any = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str | None = "BahdanauMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=layer_of("query_layer", num_units, dtype),
            memory_layer=layer_of("memory_layer", num_units, dtype),
            memory=memory,
            probability_fn=_chances_by(sigmoid_noise, mode),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._name = name
        self._score_bias_init = score_bias_init

    def __call__(self, query: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The alignments of a query, (B, T), which are the next state."""
        with variable_scope(None, "bahdanau_monotonic_attention", [query]):
            score, processed = self._score(query)
            score = score + self._bias(processed.dtype)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


def _chances_by(noise: float, mode: str) -> Any:
    return lambda score, previous: _monotonic_probability_fn(score, previous, noise, mode)


class LuongMonotonicAttention(_BaseMonotonicAttentionMechanism):
    """Monotonic attention by products of query and keys (tf.contrib.seq2seq.LuongMonotonicAttention).

    >>> attend = LuongMonotonicAttention(3, torch.ones(2, 4, 5), score_bias_init=-100.0)
    >>> attend(torch.zeros(2, 3), attend.initial_state(2, torch.float32))[0][0].round().tolist()
    [0.0, 0.0, 0.0, 0.0]

    Args:
        num_units: the depth of the keys, which is to be the query's.
        memory: what is attended to, (B, T, ...).
        memory_sequence_length: how many steps of each memory count, (B,).
        scale: as in `LuongAttention`.
        score_mask_value: the score of steps that do not count; -inf by default.
        sigmoid_noise: as in `BahdanauMonotonicAttention`.
        sigmoid_noise_seed: the same.
        score_bias_init: the same.
        mode: as in `monotonic_attention`.
        dtype: the dtype of the memory's layer; torch.float32 by default.
        name: the name of the name scope.

    Raises:
        ValueError: when called: the depths of query and keys differ, or there is no such mode.
        InvalidArgumentError: (where its value is known) a length is not greater than zero.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        score_mask_value: Any = None,
        sigmoid_noise: float = 0.0,
        sigmoid_noise_seed: Any = None,
        score_bias_init: Any = 0.0,
        mode: str = "parallel",
        dtype: Any = None,
        name: str | None = "LuongMonotonicAttention",
    ) -> None:
        super().__init__(
            query_layer=None,
            memory_layer=layer_of("memory_layer", num_units, dtype),
            memory=memory,
            probability_fn=_chances_by(sigmoid_noise, mode),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale
        self._score_bias_init = score_bias_init
        self._name = name

    def __call__(self, query: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The alignments of a query, (B, T), which are the next state."""
        with variable_scope(None, "luong_monotonic_attention", [query]):
            score = _luong_score(query, self._keys, scale_of(self._scale, query.dtype))
            score = score + self._bias(query.dtype)
        alignments = self._probability_fn(score, state)
        return alignments, alignments
