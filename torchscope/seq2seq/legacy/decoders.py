"""Decoders of lists of steps: a cell that goes on from the state of an encoder."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope.rnn.running import static_rnn
from torchscope.seq2seq.legacy.feeding import LoopFunction


def rnn_decoder(
    decoder_inputs: Iterable[Any],
    initial_state: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    scope: Any = None,
) -> tuple[list[Tensor], Any]:
    """Runs a cell over a list of steps, or over what it wrote (tf.contrib.legacy_seq2seq.rnn_decoder).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUCell(3)
    >>> start = cell.zero_state(2, torch.float32)
    >>> outputs, state = rnn_decoder([torch.ones(2, 3)] * 4, start, cell)
    >>> len(outputs), torch.equal(outputs[-1], state)
    (4, True)

    Args:
        decoder_inputs: a tensor (B, D) for each step.
        initial_state: the cell's state at first.
        cell: the cell.
        loop_function: ``f(output, number)`` gives the input of a step in the place of the one that is
            given, of the last output; not of the first step.
        scope: the name of the scope, or a VariableScope; 'rnn_decoder' by default.

    Returns:
        The list of outputs, and the last state.
    """
    with variable_scope(scope or "rnn_decoder"):
        state = initial_state
        outputs: list[Any] = []
        for number, step in enumerate(decoder_inputs):
            given = step
            if loop_function is not None and number:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(outputs[-1], number)
            if number:
                get_variable_scope().reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
        return outputs, state


def basic_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    dtype: Any = torch.float32,
    scope: Any = None,
) -> tuple[list[Tensor], Any]:
    """An encoder, and a decoder that goes on from its state (tf.contrib.legacy_seq2seq.basic_rnn_seq2seq).

    >>> import torch, torchscope as ts
    >>> steps = [torch.ones(2, 3)] * 4
    >>> outputs, state = basic_rnn_seq2seq(steps, steps[:2], ts.rnn.GRUCell(5))
    >>> len(outputs), len(ts.global_variables())
    (2, 8)

    Args:
        encoder_inputs: a tensor (B, D) for each step.
        decoder_inputs: the same.
        cell: a cell for the decoder; the encoder's is a copy of it.
        dtype: the dtype of the encoder's state.
        scope: the name of the scope, or a VariableScope; 'basic_rnn_seq2seq' by default.

    Returns:
        The list of the decoder's outputs, and its last state.
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    loop_function: LoopFunction | None = None,
    dtype: Any = torch.float32,
    scope: Any = None,
) -> tuple[list[Tensor], Any]:
    """The same with one cell for both (tf.contrib.legacy_seq2seq.tied_rnn_seq2seq).

    >>> import torch, torchscope as ts
    >>> steps = [torch.ones(2, 3)] * 4
    >>> outputs, state = tied_rnn_seq2seq(steps, steps[:2], ts.rnn.GRUCell(5))
    >>> len(outputs), len(ts.global_variables())
    (2, 4)

    Args:
        encoder_inputs: as in `basic_rnn_seq2seq`.
        decoder_inputs: the same.
        cell: the cell of both.
        loop_function: as in `rnn_decoder`.
        dtype: as in `basic_rnn_seq2seq`.
        scope: the name of the scope, inside of 'combined_tied_rnn_seq2seq'; 'tied_rnn_seq2seq' by
            default.

    Returns:
        The list of the decoder's outputs, and its last state.
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope)
