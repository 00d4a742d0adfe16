"""A cell that attends: what it attended to at one step is an input of the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.tensor_array import TensorArray
from torchscope._core.values.conversion import as_dtype, shape_text
from torchscope._core.values.static_shapes import TensorShape
from torchscope._core.values.structures import check_same_structure, flatten, map_structure
from torchscope.layers.dense import Dense
from torchscope.rnn.cell import RNNCell
from torchscope.rnn.wrappers import assert_like_rnncell
from torchscope.seq2seq.attention import AttentionMechanism, int_of


class _AttentionWrapperState(NamedTuple):
    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any


class AttentionWrapperState(_AttentionWrapperState):
    """The state of an `AttentionWrapper` (tf.contrib.seq2seq.AttentionWrapperState).

    - `cell_state`: that of the cell inside;
    - `attention`: what was attended to at the last step;
    - `time`: the number of the step, a tensor of one int32;
    - `alignments`: the last alignments, or a tuple of them if there are several mechanisms;
    - `alignment_history`: those of all steps, whose ``stack()`` is (steps, B, T); or ();
    - `attention_state`: the states of the mechanisms.
    """

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """The same state with other parts.

        >>> state = AttentionWrapperState(torch.zeros(2, 3), *[torch.zeros(2)] * 5)
        >>> state.clone(cell_state=torch.ones(2, 3)).cell_state.sum()
        tensor(6.)

        Args:
            **kwargs: the parts, by name, shaped as those before.

        Raises:
            ValueError: a part has another shape or structure, or there is none of that name.
            TypeError: a part has other types in its structure.
        """
        other = self._replace(**kwargs)
        check_same_structure(self, other)
        for old, new in zip(flatten(self), flatten(other), strict=True):
            if isinstance(old, Tensor) and isinstance(new, Tensor) and old.shape != new.shape:
                raise ValueError(
                    f"Shapes {shape_text(old.shape)} and {shape_text(new.shape)} are incompatible. "
                    "They are the shapes of a part of an AttentionWrapperState and of the one that is "
                    "to take its place: make the zero_state for as many sequences."
                )
        return other


def _compute_attention(
    attention_mechanism: Any, cell_output: Tensor, attention_state: Any, attention_layer: Any
) -> tuple[Tensor, Tensor, Any]:
    """The attention, the alignments and the next state of one mechanism."""
    alignments, next_state = attention_mechanism(cell_output, state=attention_state)
    context = torch.matmul(alignments.unsqueeze(1), attention_mechanism.values).squeeze(1)
    if attention_layer is None:
        return context, alignments, next_state
    return attention_layer(torch.cat([cell_output, context], 1)), alignments, next_state


def _mechanisms_of(given: Any) -> tuple[Any, ...]:
    many = isinstance(given, list | tuple)
    for each in given if many else [given]:
        if not isinstance(each, AttentionMechanism):
            kind = (
                "contain only instances of AttentionMechanism"
                if many
                else "be an AttentionMechanism or list of multiple AttentionMechanism instances"
            )
            raise TypeError(
                f"attention_mechanism must {kind}, saw type: {type(each).__name__}. "
                "tf.contrib.seq2seq.BahdanauAttention(num_units, memory) is one."
            )
    return tuple(given) if many else (given,)


def _as_many(what: str, kind: str, given: Any, mechanisms: Sequence[Any]) -> tuple[Any, ...]:
    """What is given, one for each mechanism."""
    found = tuple(given) if isinstance(given, list | tuple) else (given,)
    if len(found) != len(mechanisms):
        raise ValueError(
            f"If provided, {what} must contain exactly one {kind} per attention_mechanism, saw: "
            f"{len(found)} vs {len(mechanisms)}"
        )
    return found


class AttentionWrapper(RNNCell):
    """A cell with attention (tf.contrib.seq2seq.AttentionWrapper).

    >>> import torch, torchscope as ts
    >>> attend = ts.seq2seq.LuongAttention(6, torch.ones(2, 4, 5))
    >>> cell = AttentionWrapper(ts.rnn.GRUCell(6), attend, attention_layer_size=3)
    >>> output, state = cell(torch.ones(2, 7), cell.zero_state(2, torch.float32))
    >>> output.shape, state.alignments.shape
    (torch.Size([2, 3]), torch.Size([2, 4]))
    >>> for v in ts.global_variables()[-3:]:
    ...     print(v.name)
    attention_wrapper/gru_cell/candidate/kernel:0
    attention_wrapper/gru_cell/candidate/bias:0
    attention_wrapper/attention_layer/kernel:0

    Args:
        cell: the cell.
        attention_mechanism: a mechanism, or a list of them.
        attention_layer_size: the size of a layer over the cell's output and what was attended to,
            whose output then is the attention; or a list, one for each mechanism.
        alignment_history: whether the state remembers the alignments of all steps.
        cell_input_fn: ``f(inputs, attention)`` gives the cell's inputs; both side by side by default.
        output_attention: whether the output is the attention, and not the cell's output.
        initial_cell_state: the cell's state in `zero_state`.
        name: the name of its scope; 'attention_wrapper' by default.
        attention_layer: a layer, or a list of them, in the place of `attention_layer_size`.
        attention_fn: ``f(mechanism, cell_output, attention_state, attention_layer)`` gives the
            attention, the alignments and the next state of a mechanism.
        dtype: see `Layer`.

    Raises:
        TypeError: `cell` is no cell, `attention_mechanism` none, or a function cannot be called.
        ValueError: both layers and sizes are given, or not one for each mechanism.
        InvalidArgumentError: there are not as many memories as sequences.
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., Any] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, list | tuple)
        self._attention_mechanisms = _mechanisms_of(attention_mechanism)
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError(
                f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}. It is "
                "given the inputs and the attention."
            )
        self._cell = cell
        self._attention_layers = self._layers_of(attention_layer_size, attention_layer)
        self._attention_layer_size = self._size_of_attention()
        self._attention_fn = attention_fn or _compute_attention
        self._cell_input_fn = cell_input_fn or _side_by_side
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        self._initial_cell_state = None
        if initial_cell_state is not None:
            self._initial_cell_state = map_structure(as_tensor, initial_cell_state)
            self._check_batch(
                flatten(self._initial_cell_state)[-1].shape[0],
                "constructing",
                "initial_cell_state.  Are you using the BeamSearchDecoder?  You may need to tile your "
                "initial state via the tf.contrib.seq2seq.tile_batch function with argument "
                "multiple=beam_width.",
            )

    def _layers_of(self, sizes: Any, layers: Any) -> tuple[Any, ...] | None:
        """The layers over the cell's output and what was attended to, one for each mechanism."""
        mechanisms = self._attention_mechanisms
        if sizes is not None and layers is not None:
            raise ValueError(
                "Only one of attention_layer_size and attention_layer should be set. The layer says "
                "its size."
            )
        if layers is not None:
            return _as_many("attention_layer", "layer", layers, mechanisms)
        if sizes is None:
            return None
        sizes = _as_many("attention_layer_size", "integer", sizes, mechanisms)
        return tuple(
            Dense(size, name="attention_layer", use_bias=False, dtype=mechanism.dtype)
            for size, mechanism in zip(sizes, mechanisms, strict=True)
        )

    def _size_of_attention(self) -> int:
        depths = [each.values.shape[-1] for each in self._attention_mechanisms]
        if self._attention_layers is None:
            return sum(depths)
        size = self._cell.output_size
        shapes = [
            layer.compute_output_shape([None, size + depth])
            for layer, depth in zip(self._attention_layers, depths, strict=True)
        ]
        return sum(int(shape[-1]) for shape in shapes)

    def _check_batch(self, batch: Any, when: str, what: str) -> None:
        """Refuses a batch of another size than the memories."""
        for each in self._attention_mechanisms:
            if each.batch_size != batch:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"When {when} AttentionWrapper {self._base_name}: Non-matching batch sizes between "
                    f"the memory (encoder output) and {what} There are {each.batch_size} memories, and "
                    f"a batch of {batch}.",
                )

    def _item_or_tuple(self, parts: Any) -> Any:
        parts = tuple(parts)
        return parts if self._is_multi else parts[0]

    @property
    # Any: a number, or the cell's size, which may be a structure.
    def output_size(self) -> Any:
        """The size of the attention, or of the cell's output."""
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> AttentionWrapperState:
        """The sizes of the state's parts."""
        mechanisms = self._attention_mechanisms
        remembers = self._alignment_history
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._item_or_tuple(each.alignments_size for each in mechanisms),
            attention_state=self._item_or_tuple(each.state_size for each in mechanisms),
            alignment_history=self._item_or_tuple(
                each.alignments_size if remembers else () for each in mechanisms
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> AttentionWrapperState:
        """The state before the first step.

        Args:
            batch_size: as many sequences as there are memories.
            dtype: the dtype.

        Raises:
            InvalidArgumentError: there are not as many memories.
        """
        batch, dtype = int_of(batch_size), as_dtype(dtype)
        mechanisms = self._attention_mechanisms
        with name_scope(f"{type(self).__name__}ZeroState"):
            cell_state = self._initial_cell_state
            if cell_state is None and hasattr(self._cell, "get_initial_state"):
                cell_state = self._cell.get_initial_state(batch_size=batch, dtype=dtype)
            elif cell_state is None:
                cell_state = self._cell.zero_state(batch, dtype)
            self._check_batch(
                batch,
                "calling zero_state of",
                "the requested batch size.  Are you using the BeamSearchDecoder?  If so, make sure "
                "your encoder output has been tiled to beam_width via tf.contrib.seq2seq.tile_batch, "
                "and the batch_size= argument passed to zero_state is batch_size * beam_width.",
            )
            alignments = [each.initial_alignments(batch, dtype) for each in mechanisms]
            device = alignments[0].device
            size = self._attention_layer_size
            return AttentionWrapperState(
                cell_state=cell_state,
                time=torch.zeros((), dtype=torch.int32, device=device),
                attention=torch.zeros((batch, size), dtype=dtype, device=device),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(
                    each.initial_state(batch, dtype) for each in mechanisms
                ),
                alignment_history=self._item_or_tuple(
                    TensorArray(dtype, 0, dynamic_size=True, element_shape=each.shape)
                    if self._alignment_history
                    else ()
                    for each in alignments
                ),
            )

    def call(self, inputs: Any, state: Any) -> tuple[Any, AttentionWrapperState]:
        """Runs the cell on inputs and attention, and attends by its output.

        Raises:
            TypeError: the state is no AttentionWrapperState.
        """
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                f"Expected state to be instance of AttentionWrapperState. Received type {type(state)} "
                "instead. Begin with cell.zero_state(batch_size, dtype), and put the state of an "
                "encoder into it by .clone(cell_state=...)."
            )
        cell_inputs = self._cell_input_fn(inputs, state.attention)
        cell_output, cell_state = self._cell(cell_inputs, state.cell_state)
        self._check_batch(
            cell_output.shape[0],
            "applying",
            "the query (decoder output).  Are you using the BeamSearchDecoder?  You may need to tile "
            "your memory input via the tf.contrib.seq2seq.tile_batch function with argument "
            "multiple=beam_width.",
        )
        mechanisms = self._attention_mechanisms
        many = self._is_multi
        states = state.attention_state if many else [state.attention_state]
        histories = state.alignment_history if many else [state.alignment_history]
        layers = self._attention_layers or [None] * len(mechanisms)
        found = [
            self._attention_fn(mechanism, cell_output, before, layer)
            for mechanism, before, layer in zip(mechanisms, states, layers, strict=True)
        ]
        attention = torch.cat([each[0] for each in found], 1)
        next_state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            attention_state=self._item_or_tuple(each[2] for each in found),
            alignments=self._item_or_tuple(each[1] for each in found),
            alignment_history=self._item_or_tuple(
                # At its end: to read the time from the state would stop a GPU, and a recording.
                history.write(history.size(), each[1]) if self._alignment_history else ()
                for history, each in zip(histories, found, strict=True)
            ),
        )
        return (attention if self._output_attention else cell_output), next_state


def _side_by_side(inputs: Any, attention: Tensor) -> Tensor:
    return torch.cat([as_tensor(inputs, attention), attention], -1)
