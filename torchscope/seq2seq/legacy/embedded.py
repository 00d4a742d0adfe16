"""Models whose steps are classes: they are embedded, and what is written may be fed back."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope.nn.embedding import embedding_lookup
from torchscope.rnn.cell import RNNCell
from torchscope.rnn.projections import EmbeddingWrapper, OutputProjectionWrapper
from torchscope.rnn.running import static_rnn
from torchscope.seq2seq.legacy.decoders import rnn_decoder, tied_rnn_seq2seq
from torchscope.seq2seq.legacy.feeding import as_said, check_projection, likeliest


def embedding_rnn_decoder(
    decoder_inputs: Sequence[Any],
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Tensor], Any]:
    """`rnn_decoder` for steps that are classes (tf.contrib.legacy_seq2seq.embedding_rnn_decoder).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUCell(5)
    >>> steps, start = [torch.tensor([1, 2])] * 3, cell.zero_state(2, torch.float32)
    >>> outputs, _ = embedding_rnn_decoder(steps, start, cell, 5, 4, feed_previous=True)
    >>> len(outputs), ts.global_variables()[0].name
    (3, 'embedding_rnn_decoder/embedding:0')

    Args:
        decoder_inputs: classes, (B,), for each step.
        initial_state: the cell's state at first.
        cell: the cell.
        num_symbols: how many classes there are.
        embedding_size: as how many numbers each is embedded.
        output_projection: weights (N, num_symbols) and biases (num_symbols,) that make logits of the
            cell's outputs, for what is fed back. Without them the outputs are logits.
        feed_previous: whether the likeliest class of each output is the next input, and
            `decoder_inputs` counts for its first step alone.
        update_embedding_for_previous: whether the table gets gradients by what was fed back.
        scope: the name of the scope, or a VariableScope; 'embedding_rnn_decoder' by default.

    Returns:
        The list of the cell's outputs, and the last state.

    Raises:
        ValueError: `output_projection` is for another number of classes.
    """
    with variable_scope(scope or "embedding_rnn_decoder") as entered:
        check_projection(output_projection, num_symbols, entered.dtype)
        table = get_variable("embedding", [num_symbols, embedding_size])
        feed = None
        if feed_previous:
            feed = likeliest(table, output_projection, trains=update_embedding_for_previous)
        steps = (embedding_lookup(table, each) for each in decoder_inputs)
        return rnn_decoder(steps, initial_state, cell, feed)


def embedding_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Tensor], Any]:
    """`basic_rnn_seq2seq` for steps that are classes (tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq).

    >>> import torch, torchscope as ts
    >>> steps = [torch.tensor([1, 2])] * 3
    >>> outputs, _ = embedding_rnn_seq2seq(steps, steps, ts.rnn.GRUCell(5), 7, 6, 4)
    >>> outputs[0].shape
    torch.Size([2, 6])

    Args:
        encoder_inputs: classes, (B,), for each step.
        decoder_inputs: the same.
        cell: a cell for the decoder; the encoder's is a copy of it.
        num_encoder_symbols: how many classes there are in the inputs.
        num_decoder_symbols: how many there are in the outputs.
        embedding_size: as how many numbers each class is embedded.
        output_projection: as in `embedding_rnn_decoder`. Without it a linear map makes logits.
        feed_previous: as in `embedding_rnn_decoder`; or a tensor of a bool, which decides in each call.
        dtype: the dtype of states and variables; by default the scope's.
        scope: the name of the scope, or a VariableScope; 'embedding_rnn_seq2seq' by default.

    Returns:
        The list of logits, or of the cell's outputs if there is an `output_projection`; and the last
        state.

    Raises:
        ValueError: as in `embedding_rnn_decoder`.
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as entered:
        if dtype is not None:
            entered.set_dtype(dtype)
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=entered.dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(fed: bool, *, trains: bool) -> Any:
            return embedding_rnn_decoder(
                decoder_inputs,
                state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection,
                fed,
                trains,
            )

        return tuple(as_said(feed_previous, decode))


def embedding_tied_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs: Sequence[Any],
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Tensor], Any]:
    """`tied_rnn_seq2seq` for classes, of which inputs and outputs have the same.

    TF1 has it as tf.contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq.

    >>> import torch, torchscope as ts
    >>> steps = [torch.tensor([1, 2])] * 3
    >>> outputs, _ = embedding_tied_rnn_seq2seq(steps, steps, ts.rnn.GRUCell(5), 7, 4)
    >>> outputs[0].shape
    torch.Size([2, 7])

    Args:
        encoder_inputs: classes, (B,), for each step.
        decoder_inputs: the same.
        cell: the cell of both.
        num_symbols: how many classes there are.
        embedding_size: as how many numbers each is embedded.
        num_decoder_symbols: how many logits there are, if not as many.
        output_projection: as in `embedding_rnn_seq2seq`.
        feed_previous: the same.
        dtype: the dtype of states and variables; by default the scope's.
        scope: the name of the scope, or a VariableScope; 'embedding_tied_rnn_seq2seq' by default.

    Returns:
        As `embedding_rnn_seq2seq`.

    Raises:
        ValueError: as in `embedding_rnn_decoder`.
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as entered:
        check_projection(output_projection, num_symbols, entered.dtype)
        table = get_variable("embedding", [num_symbols, embedding_size], dtype=entered.dtype)
        inputs = [embedding_lookup(table, each) for each in encoder_inputs]
        steps = [embedding_lookup(table, each) for each in decoder_inputs]
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)

        def decode(fed: bool, *, trains: bool) -> Any:
            feed = likeliest(table, output_projection, trains=trains) if fed else None
            return tied_rnn_seq2seq(inputs, steps, cell, feed, entered.dtype)

        return tuple(as_said(feed_previous, decode))


def one2many_rnn_seq2seq(
    encoder_inputs: Sequence[Any],
    decoder_inputs_dict: Mapping[Any, Sequence[Any]],
    enc_cell: Any,
    dec_cells_dict: Mapping[Any, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: Mapping[Any, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """One encoder and several decoders (tf.contrib.legacy_seq2seq.one2many_rnn_seq2seq).

    >>> import torch, torchscope as ts
    >>> steps, cells = [torch.tensor([1, 2])] * 3, [ts.rnn.GRUCell(5) for _ in range(3)]
    >>> outputs, _ = one2many_rnn_seq2seq(
    ...     steps, {"a": steps, "b": steps}, cells[0], {"a": cells[1], "b": cells[2]}, 7,
    ...     {"a": 3, "b": 4}, 6
    ... )
    >>> outputs["b"][0].shape
    torch.Size([2, 4])

    Args:
        encoder_inputs: classes, (B,), for each step.
        decoder_inputs_dict: the same for each decoder, by name.
        enc_cell: the encoder's cell.
        dec_cells_dict: the decoders' cells, by name.
        num_encoder_symbols: how many classes there are in the inputs.
        num_decoder_symbols_dict: how many there are in each decoder's outputs, by name.
        embedding_size: as how many numbers each class is embedded.
        feed_previous: as in `embedding_rnn_seq2seq`.
        dtype: the dtype of states and variables; by default the scope's.
        scope: the name of the scope, or a VariableScope; 'one2many_rnn_seq2seq' by default.

    Returns:
        The lists of logits, and the last states, by name.

    Raises:
        TypeError: a cell is no RNNCell.
        ValueError: there are not the same names in both.
    """
    if not isinstance(enc_cell, RNNCell):
        raise TypeError(f"enc_cell is not an RNNCell: {type(enc_cell)}. Derive it from RNNCell.")
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        # TF1 writes it so.
        raise ValueError(
            "keys of dec_cells_dict != keys of decodre_inputs_dict. There is a cell for each decoder: "
            f"{sorted(map(str, dec_cells_dict))} are not {sorted(map(str, decoder_inputs_dict))}."
        )
    for each in dec_cells_dict.values():
        if not isinstance(each, RNNCell):
            raise TypeError(f"dec_cell is not an RNNCell: {type(each)}. Derive it from RNNCell.")
    outputs, states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as entered:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=entered.dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], symbols)

                def decode(fed: bool, *, trains: bool, of: Any = (inputs, cell, symbols)) -> Any:
                    steps, cell, symbols = of
                    # TF1 trains the table here in any case.
                    return embedding_rnn_decoder(
                        steps, state, cell, symbols, embedding_size, feed_previous=fed
                    )

                outputs[name], states[name] = as_said(feed_previous, decode)
    return outputs, states
