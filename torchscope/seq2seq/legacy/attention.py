"""A decoder of a list of steps that attends to the states of an encoder."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.structures import flatten
from torchscope.nn.embedding import embedding_lookup
from torchscope.rnn.cell import whole
from torchscope.rnn.linear import linear
from torchscope.rnn.projections import EmbeddingWrapper, OutputProjectionWrapper
from torchscope.rnn.running import static_rnn
from torchscope.seq2seq.legacy.feeding import LoopFunction, as_said, check_projection, likeliest


def _attention_to(memory: Tensor, heads: int, dtype: torch.dtype) -> Callable[[Any], list[Tensor]]:
    """A function that tells what a state attends to, by each head, with variables of the current scope.

    Args:
        memory: (B, T, A).
        heads: how many heads there are.
        dtype: the dtype of the variables.
    """
    size = memory.shape[2]
    keys, vectors = [], []
    for head in range(heads):
        kernel = get_variable(f"AttnW_{head}", [1, 1, size, size], dtype=dtype)
        keys.append(memory @ whole(kernel)[0, 0])
        vectors.append(whole(get_variable(f"AttnV_{head}", [size], dtype=dtype)))

    def attend(state: Any) -> list[Tensor]:
        query = torch.cat(flatten(state), 1)
        found = []
        for head in range(heads):
            with variable_scope(f"Attention_{head}"):
                wanted = linear([query], size, True).to(dtype).unsqueeze(1)
                score = (vectors[head] * torch.tanh(keys[head] + wanted)).sum(2)
                # TF1 computes the shares in float32, whatever the dtype.
                shares = score.to(torch.float32).softmax(1).to(dtype)
                found.append((shares.unsqueeze(2) * memory).sum(1))
        return found

    return attend


def attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: LoopFunction | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Tensor], Any]:
    """`rnn_decoder` with attention (tf.contrib.legacy_seq2seq.attention_decoder).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUCell(5)
    >>> steps, start = [torch.ones(2, 3)] * 4, cell.zero_state(2, torch.float32)
    >>> outputs, _ = attention_decoder(steps, start, torch.ones(2, 6, 5), cell, output_size=7)
    >>> len(outputs), outputs[0].shape
    (4, torch.Size([2, 7]))

    Args:
        decoder_inputs: a tensor (B, D) for each step.
        initial_state: the cell's state at first.
        attention_states: what is attended to, (B, T, A).
        cell: the cell.
        output_size: how many numbers an output has; by default as the cell's.
        num_heads: how many times each step attends.
        loop_function: as in `rnn_decoder`.
        dtype: the dtype of variables; by default the scope's.
        scope: the name of the scope, or a VariableScope; 'attention_decoder' by default.
        initial_state_attention: whether the first step's input is joined by what the first state
            attends to, and not by zeros.

    Returns:
        The list of outputs, and the last state.

    Raises:
        ValueError: there are no steps, or no heads, or an input is of another rank.
    """
    if not decoder_inputs:
        raise ValueError(
            "Must provide at least 1 input to attention decoder. The list of decoder_inputs is empty."
        )
    if num_heads < 1:
        raise ValueError(
            f"With less than 1 heads, use a non-attention decoder. num_heads is {num_heads}: "
            "rnn_decoder has none."
        )
    memory = as_tensor(attention_states)
    size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as entered:
        dtype = entered.dtype
        attend = _attention_to(memory, num_heads, dtype)
        batch = as_tensor(decoder_inputs[0]).shape[0]
        attended = [memory.new_zeros((batch, memory.shape[2]), dtype=dtype)] * num_heads
        if initial_state_attention:
            attended = attend(initial_state)
        state = initial_state
        outputs: list[Any] = []
        for number, step in enumerate(decoder_inputs):
            if number:
                get_variable_scope().reuse_variables()
            if loop_function is None or not number:
                given = as_tensor(step)
            else:
                with variable_scope("loop_function", reuse=True):
                    given = as_tensor(loop_function(outputs[-1], number))
            if given.ndim != 2:
                raise ValueError(
                    f"Shape {shape_text(given.shape)} must have rank 2. It is that of an input of the "
                    f"attention decoder in the scope '{entered.name}': embed classes first."
                )
            joined = [each.to(dtype) for each in (given, *attended)]
            output, state = cell(linear(joined, given.shape[1], True), state)
            # The variables are there where the first state has attended.
            again = True if initial_state_attention and not number else None
            with variable_scope(get_variable_scope(), reuse=again):
                attended = attend(state)
            with variable_scope("AttnOutputProjection"):
                outputs.append(linear([output.to(dtype), *attended], size, True))
        return outputs, state


def embedding_attention_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Tensor], Any]:
    """`attention_decoder` for steps that are classes (tf.contrib.legacy_seq2seq.embedding_attention_decoder).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUCell(5)
    >>> steps, start = [torch.tensor([1, 2])] * 3, cell.zero_state(2, torch.float32)
    >>> outputs, _ = embedding_attention_decoder(steps, start, torch.ones(2, 6, 5), cell, 7, 4)
    >>> outputs[0].shape
    torch.Size([2, 5])

    Args:
        decoder_inputs: classes, (B,), for each step.
        initial_state: as in `attention_decoder`.
        attention_states: the same.
        cell: the same.
        num_symbols: how many classes there are.
        embedding_size: as how many numbers each is embedded.
        num_heads: as in `attention_decoder`.
        output_size: the same.
        output_projection: as in `embedding_rnn_decoder`.
        feed_previous: the same.
        update_embedding_for_previous: the same.
        dtype: the dtype of variables; by default the scope's.
        scope: the name of the scope, or a VariableScope; 'embedding_attention_decoder' by default.
        initial_state_attention: as in `attention_decoder`.

    Returns:
        The list of outputs, and the last state.

    Raises:
        ValueError: as in `attention_decoder` and `embedding_rnn_decoder`.
    """
    size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype) as entered:
        check_projection(output_projection, num_symbols, entered.dtype)
        table = get_variable("embedding", [num_symbols, embedding_size])
        feed = None
        if feed_previous:
            feed = likeliest(table, output_projection, trains=update_embedding_for_previous)
        return attention_decoder(
            [embedding_lookup(table, each) for each in decoder_inputs],
            initial_state,
            attention_states,
            cell,
            output_size=size,
            num_heads=num_heads,
            loop_function=feed,
            initial_state_attention=initial_state_attention,
        )


def embedding_attention_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Tensor], Any]:
    """An encoder of classes, and a decoder that attends to its outputs.

    TF1 has it as tf.contrib.legacy_seq2seq.embedding_attention_seq2seq.

    >>> import torch, torchscope as ts
    >>> steps = [torch.tensor([1, 2])] * 3
    >>> outputs, _ = embedding_attention_seq2seq(steps, steps, ts.rnn.GRUCell(5), 7, 6, 4)
    >>> outputs[0].shape
    torch.Size([2, 6])

    Args:
        encoder_inputs: classes, (B,), for each step.
        decoder_inputs: the same.
        cell: a cell for the decoder; the encoder's is a copy of it.
        num_encoder_symbols: how many classes there are in the inputs.
        num_decoder_symbols: how many there are in the outputs.
        embedding_size: as how many numbers each class is embedded.
        num_heads: as in `attention_decoder`.
        output_projection: as in `embedding_rnn_seq2seq`.
        feed_previous: the same.
        dtype: the dtype of states and variables; by default the scope's.
        scope: the name of the scope, or a VariableScope; 'embedding_attention_seq2seq' by default.
        initial_state_attention: as in `attention_decoder`.

    Returns:
        The list of logits, or of what `output_projection` makes logits of; and the last state.

    Raises:
        ValueError: as in `embedding_attention_decoder`.
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as entered:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        outputs, state = static_rnn(encoder, encoder_inputs, dtype=entered.dtype)
        memory = torch.stack(outputs, 1)
        size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            size = num_decoder_symbols

        def decode(fed: bool, *, trains: bool) -> Any:
            return embedding_attention_decoder(
                decoder_inputs,
                state,
                memory,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=size,
                output_projection=output_projection,
                feed_previous=fed,
                update_embedding_for_previous=trains,
                initial_state_attention=initial_state_attention,
            )

        return tuple(as_said(feed_previous, decode))
