"""Attention: for a query, how much of each step of a memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.asserting import assert_positive
from torchscope._core.ops.extremes import argmax
from torchscope._core.ops.marking import one_hot, sequence_mask
from torchscope._core.pytorch import fakes
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.conversion import as_dtype, shape_text
from torchscope._core.values.structures import flatten, map_structure
from torchscope.initializers import Constant, Ones, Zeros
from torchscope.layers.base import Layer
from torchscope.layers.dense import Dense
from torchscope.nn.activations import softmax

ProbabilityFn = Callable[[Tensor], Tensor]


class AttentionMechanism:
    """What an `AttentionWrapper` attends by (tf.contrib.seq2seq.AttentionMechanism).

    >>> isinstance(LuongAttention(3, torch.ones(2, 4, 5)), AttentionMechanism)
    True
    """

    @property
    # Any: an integer, or the symbol of a recording.
    def alignments_size(self) -> Any:
        """How many steps the memory has."""
        raise NotImplementedError

    @property
    # Any: a number, a shape, or a structure of them.
    def state_size(self) -> Any:
        """The size of the mechanism's state."""
        raise NotImplementedError


class _BaseAttentionMechanism(AttentionMechanism):
    """A mechanism with a memory, and layers for it and for queries: what others derive from.

    A subclass's ``__call__(query, state)`` gives alignments, (B, T), and the next state:
    ``self._probability_fn(score, state)`` makes alignments of scores.

    Args:
        query_layer: a layer for queries, or None.
        memory: what is attended to, (B, T, ...): a tensor, or a structure that `custom_key_value_fn`
            takes apart.
        probability_fn: ``f(score, state)`` gives alignments.
        memory_sequence_length: how many steps of each memory count, (B,): others are 0, and have no
            alignment.
        memory_layer: a layer that makes keys of the memory.
        check_inner_dims_defined: accepted for TF1 code; it has no effect: they are.
        score_mask_value: the score of steps that do not count; -inf by default.
        custom_key_value_fn: ``f(keys, values)`` gives others.
        name: the name of the name scope; 'BaseAttentionMechanismInit' by default.

    Raises:
        TypeError: a layer is no Layer, or `probability_fn` cannot be called.
        InvalidArgumentError: (where its value is known) a length is not greater than zero.
    """

    def __init__(
        self,
        query_layer: Any,
        memory: Any,
        probability_fn: Callable[[Tensor, Any], Tensor],
        memory_sequence_length: Any = None,
        memory_layer: Any = None,
        check_inner_dims_defined: bool = True,
        score_mask_value: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        for what, layer in (("query_layer", query_layer), ("memory_layer", memory_layer)):
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(
                    f"{what} is not a Layer: {type(layer).__name__}. tf.layers.Dense(units) is one."
                )
        if not callable(probability_fn):
            raise TypeError(
                f"probability_fn must be callable, saw type: {type(probability_fn).__name__}. "
                "tf.nn.softmax is one."
            )
        self._query_layer = query_layer
        self._memory_layer = memory_layer
        with name_scope(name, "BaseAttentionMechanismInit"):
            self._values = _prepare_memory(
                memory, memory_sequence_length, check_inner_dims_defined=check_inner_dims_defined
            )
            self._keys = self._values if memory_layer is None else memory_layer(self._values)
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            self._batch_size, self._alignments_size = self._keys.shape[:2]
        self.dtype: Any = (memory_layer and memory_layer.dtype) or self._keys.dtype
        masked = _Masking(memory_sequence_length, self._keys, score_mask_value)
        self._probability_fn: Callable[[Any, Any], Any] = lambda score, state: probability_fn(
            masked(score), state
        )

    @property
    # Any: a layer, or None where keys are the memory itself: who asks knows which.
    def memory_layer(self) -> Any:
        """The layer that makes keys of the memory."""
        return self._memory_layer

    @property
    # Any: a layer, or None where queries are compared as they are: who asks knows which.
    def query_layer(self) -> Any:
        """The layer for queries."""
        return self._query_layer

    @property
    def values(self) -> Tensor:
        """What is summed up by the alignments: the memory."""
        result: Tensor = self._values
        return result

    @property
    def keys(self) -> Tensor:
        """What queries are compared with."""
        result: Tensor = self._keys
        return result

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many memories there are."""
        return self._batch_size

    @property
    # Any: an integer, or the symbol of a recording.
    def alignments_size(self) -> Any:
        """How many steps the memory has."""
        return self._alignments_size

    @property
    # Any: a subclass may have a structure.
    def state_size(self) -> Any:
        """The size of the state: that of the alignments, which are the state."""
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Tensor:
        """The alignments before the first step: zeros."""
        shape = (int_of(batch_size), self._alignments_size)
        return torch.zeros(shape, dtype=as_dtype(dtype), device=self._keys.device)

    # Any: a structure as `state_size` is.
    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step: the alignments before it."""
        return self.initial_alignments(batch_size, dtype)


class _Masking:
    """What sets the scores of steps that do not count, for all steps of a decoder."""

    def __init__(self, lengths: Any, keys: Tensor, value: Any) -> None:
        self._value = value
        self._lengths = None
        if lengths is not None:
            self._lengths = as_tensor(lengths, keys)
            # Once, and not at each step: to look at them waits for their device.
            _check_positive(self._lengths)
            self._mask = sequence_mask(self._lengths, keys.shape[1])

    def __call__(self, score: Tensor) -> Tensor:
        if self._lengths is None:
            return score
        if score.shape[1] != self._mask.shape[1]:
            self._mask = sequence_mask(self._lengths, score.shape[1])
        return _masked(score, self._mask, self._value)


def _masked(score: Tensor, mask: Tensor, value: Any) -> Tensor:
    return torch.where(mask, score, -math.inf if value is None else value).to(score.dtype)


def _check_positive(lengths: Tensor) -> None:
    if fakes.has_values(lengths):
        assert_positive(
            lengths, message="All values in memory_sequence_length must be greater than zero."
        )


def int_of(size: Any) -> Any:
    """A size as an integer; the symbol of a recording stays one."""
    return size if isinstance(size, torch.SymInt) else int(size)


def _only_one(memory_sequence_length: Any, memory_mask: Any) -> None:
    if memory_sequence_length is not None and memory_mask is not None:
        raise ValueError(
            "memory_sequence_length and memory_mask can't be provided at same time. Both say which "
            "steps count: leave one of them out."
        )


def _prepare_memory(
    memory: Any,
    memory_sequence_length: Any = None,
    memory_mask: Any = None,
    check_inner_dims_defined: bool = True,
) -> Any:
    """A memory with zeros in the place of the steps that do not count.

    Args:
        memory: (B, T, ...), or a structure of such.
        memory_sequence_length: how many steps count, (B,).
        memory_mask: which steps count, (B, T).
        check_inner_dims_defined: accepted for TF1 code; it has no effect: they are.

    Raises:
        ValueError: both the lengths and the mask are given.
    """
    memory = map_structure(as_tensor, memory)
    _only_one(memory_sequence_length, memory_mask)
    first = flatten(memory)[0]
    if memory_sequence_length is not None:
        lengths = as_tensor(memory_sequence_length, first)
        mask = sequence_mask(lengths, first.shape[1], first.dtype)
    elif memory_mask is not None:
        mask = as_tensor(memory_mask, first).to(first.dtype)
    else:
        return memory
    return map_structure(lambda m: m * mask.reshape(*mask.shape, *(1,) * (m.ndim - 2)), memory)


def _maybe_mask_score(
    score: Tensor,
    memory_sequence_length: Any = None,
    memory_mask: Any = None,
    score_mask_value: Any = None,
) -> Tensor:
    """Scores, (B, T), with another in the place of those of steps that do not count.

    Args:
        score: the scores.
        memory_sequence_length: how many steps count, (B,).
        memory_mask: which steps count, (B, T).
        score_mask_value: the score of the others.

    Raises:
        ValueError: both the lengths and the mask are given.
        InvalidArgumentError: (where its value is known) a length is not greater than zero.
    """
    if memory_sequence_length is None and memory_mask is None:
        return score
    _only_one(memory_sequence_length, memory_mask)
    if memory_sequence_length is not None:
        lengths = as_tensor(memory_sequence_length, score)
        _check_positive(lengths)
        memory_mask = sequence_mask(lengths, score.shape[1])
    return _masked(score, as_tensor(memory_mask, score), score_mask_value)


def hardmax(logits: Any, name: str | None = None) -> Tensor:
    """1 for the largest of the last axis, 0 for all others (tf.contrib.seq2seq.hardmax).

    >>> hardmax([[1.0, 3.0, 3.0]])
    tensor([[0., 1., 0.]])

    Args:
        logits: numbers, (..., C).
        name: the name of the name scope; 'Hardmax' by default.
    """
    with name_scope(name, "Hardmax"):
        logits = as_tensor(logits)
        return one_hot(argmax(logits, -1), logits.shape[-1], dtype=logits.dtype)


def _luong_score(query: Tensor, keys: Tensor, scale: Any) -> Tensor:
    """The product of queries, (B, D), and keys, (B, T, D), times a number if there is one.

    Raises:
        ValueError: the depths differ.
    """
    depth, units = query.shape[-1], keys.shape[-1]
    if depth != units:
        raise ValueError(
            "Incompatible or unknown inner dimensions between query and keys.  Query "
            f"({shape_text(query.shape)}) has units: {depth}.  Keys ({shape_text(keys.shape)}) have "
            f"units: {units}.  Perhaps you need to set num_units to the keys' dimension ({units})? "
            f"LuongAttention({depth}, memory) makes keys of the query's depth."
        )
    score = torch.matmul(query.unsqueeze(1), keys.transpose(1, 2)).squeeze(1)
    return score if scale is None else scale * score


class LuongAttention(_BaseAttentionMechanism):
    """Attention by products of query and keys (tf.contrib.seq2seq.LuongAttention).

    >>> import torchscope as ts
    >>> attend = LuongAttention(3, torch.ones(2, 4, 5), [1, 4])
    >>> attend(torch.ones(2, 3), None)[0].tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
    >>> [v.name for v in ts.global_variables()]
    ['memory_layer/kernel:0']

    Args:
        num_units: the depth of the keys, which is to be the query's.
        memory: what is attended to, (B, T, ...).
        memory_sequence_length: how many steps of each memory count, (B,).
        scale: whether the products are multiplied by a variable, 'attention_g'.
        probability_fn: makes alignments of scores; softmax by default.
        score_mask_value: the score of steps that do not count; -inf by default.
        dtype: the dtype of the memory's layer; torch.float32 by default.
        custom_key_value_fn: ``f(keys, values)`` gives others.
        name: the name of the name scope.

    Raises:
        ValueError: when called: the depths of query and keys differ.
        InvalidArgumentError: (where its value is known) a length is not greater than zero.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        scale: bool = False,
        probability_fn: ProbabilityFn | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = "LuongAttention",
    ) -> None:
        probabilities = probability_fn or softmax
        super().__init__(
            query_layer=None,
            memory_layer=layer_of("memory_layer", num_units, dtype),
            memory=memory,
            probability_fn=lambda score, _: probabilities(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._scale = scale
        self._name = name

    def __call__(self, query: Any, state: Any) -> tuple[Tensor, Any]:
        """The alignments of a query, (B, T), which are the next state."""
        with variable_scope(None, "luong_attention", [query]):
            score = _luong_score(query, self._keys, scale_of(self._scale, query.dtype))
        alignments = self._probability_fn(score, state)
        return alignments, alignments


def layer_of(name: str, units: int, dtype: Any) -> Dense:
    """A layer for queries or the memory."""
    return Dense(units, name=name, use_bias=False, dtype=dtype or torch.float32)


def scale_of(scaled: bool, dtype: torch.dtype) -> Any:
    """The number that Luong's scores are multiplied by, if they are."""
    if not scaled:
        return None
    return get_variable("attention_g", dtype=dtype, initializer=Ones(), shape=())


def _bahdanau_score(
    processed_query: Tensor,
    keys: Tensor,
    attention_v: Any,
    attention_g: Any = None,
    attention_b: Any = None,
) -> Tensor:
    """``sum(v * tanh(keys + query + b))``, with v scaled to the length g if g and b are given.

    Args:
        processed_query: (B, D).
        keys: (B, T, D).
        attention_v: (D,).
        attention_g: a number, or None.
        attention_b: (D,), or None.

    Returns:
        (B, T).
    """
    summed = keys + processed_query.unsqueeze(1)
    if attention_g is not None and attention_b is not None:
        attention_v = attention_g * attention_v * attention_v.square().sum().rsqrt()
        summed = summed + attention_b
    score: Tensor = (attention_v * summed.tanh()).sum(2)
    return score


class _Additive(_BaseAttentionMechanism):
    """What scores by `_bahdanau_score`."""

    _num_units: int
    _normalize: bool

    def _score(self, query: Tensor) -> tuple[Tensor, Tensor]:
        """The scores, with the variables in the current scope; and what the query became."""
        dtype, units = query.dtype, self._num_units
        processed = query if self.query_layer is None else self.query_layer(query)
        v = get_variable("attention_v", [units], dtype=dtype)
        g = b = None
        if self._normalize:
            length = Constant(math.sqrt(1.0 / units))
            g = get_variable("attention_g", dtype=dtype, initializer=length, shape=())
            b = get_variable("attention_b", [units], dtype=dtype, initializer=Zeros())
        return _bahdanau_score(processed, self._keys, v, g, b), processed


class BahdanauAttention(_Additive):
    """Attention by a sum of query and keys (tf.contrib.seq2seq.BahdanauAttention).

    >>> import torchscope as ts
    >>> attend = BahdanauAttention(3, torch.ones(2, 4, 5))
    >>> attend(torch.ones(2, 6), None)[0].shape
    torch.Size([2, 4])
    >>> for v in ts.global_variables():
    ...     print(v.name)
    memory_layer/kernel:0
    bahdanau_attention/query_layer/kernel:0
    bahdanau_attention/attention_v:0

    Args:
        num_units: the depth to which queries and the memory are brought.
        memory: what is attended to, (B, T, ...).
        memory_sequence_length: how many steps of each memory count, (B,).
        normalize: whether the weights have a length of their own, 'attention_g', and the sum a bias,
            'attention_b'.
        probability_fn: makes alignments of scores; softmax by default.
        score_mask_value: the score of steps that do not count; -inf by default.
        dtype: the dtype of the layers; torch.float32 by default.
        custom_key_value_fn: ``f(keys, values)`` gives others.
        name: the name of the name scope.

    Raises:
        InvalidArgumentError: (where its value is known) a length is not greater than zero.
    """

    def __init__(
        self,
        num_units: int,
        memory: Any,
        memory_sequence_length: Any = None,
        normalize: bool = False,
        probability_fn: ProbabilityFn | None = None,
        score_mask_value: Any = None,
        dtype: Any = None,
        custom_key_value_fn: Callable[[Any, Any], Any] | None = None,
        name: str | None = "BahdanauAttention",
    ) -> None:
        probabilities = probability_fn or softmax
        super().__init__(
            query_layer=layer_of("query_layer", num_units, dtype),
            memory_layer=layer_of("memory_layer", num_units, dtype),
            memory=memory,
            probability_fn=lambda score, _: probabilities(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units = num_units
        self._normalize = normalize
        self._name = name

    def __call__(self, query: Any, state: Any) -> tuple[Tensor, Any]:
        """The alignments of a query, (B, T), which are the next state."""
        with variable_scope(None, "bahdanau_attention", [query]):
            score, _ = self._score(query)
        alignments = self._probability_fn(score, state)
        return alignments, alignments
