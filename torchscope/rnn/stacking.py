"""Stacks of cells that go both ways, each over what both directions of the one before gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from torchscope._core.requests.variable_scope import variable_scope
from torchscope.rnn.running import bidirectional_dynamic_rnn, static_bidirectional_rnn


def stack_bidirectional_dynamic_rnn(
    cells_fw: Sequence[Any],
    cells_bw: Sequence[Any],
    inputs: Any,
    initial_states_fw: Sequence[Any] | None = None,
    initial_states_bw: Sequence[Any] | None = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Several `bidirectional_dynamic_rnn`, each over both outputs of the one before.

    TF1 has it as tf.contrib.rnn.stack_bidirectional_dynamic_rnn.

    >>> import torch, torchscope as ts
    >>> cells = [[ts.rnn.GRUCell(4) for _ in range(2)] for _ in range(2)]
    >>> outputs, states_fw, states_bw = ts.rnn.stack_bidirectional_dynamic_rnn(
    ...     *cells, torch.ones(2, 5, 3), dtype=torch.float32
    ... )
    >>> outputs.shape, len(states_fw)
    (torch.Size([2, 5, 8]), 2)
    >>> ts.global_variables()[-1].name
    'stack_bidirectional_rnn/cell_1/bidirectional_rnn/bw/gru_cell/candidate/bias:0'

    Args:
        cells_fw: the cells that go forward, lowest first.
        cells_bw: the cells that go backward.
        inputs: as in `dynamic_rnn`.
        initial_states_fw: their states at first, one for each cell.
        initial_states_bw: the same for the cells that go backward.
        dtype: as in `dynamic_rnn`.
        sequence_length: as in `bidirectional_dynamic_rnn`.
        parallel_iterations: accepted for TF1 code; it has no effect.
        time_major: as in `dynamic_rnn`.
        scope: the name of the scope, or a VariableScope; 'stack_bidirectional_rnn' by default.
        swap_memory: accepted for TF1 code; it has no effect.

    Returns:
        The last outputs, those of both directions side by side; and the states of both.

    Raises:
        TypeError: what `bidirectional_dynamic_rnn` refuses.
        ValueError: the same; or there are no cells, or not as many of both kinds, or of states.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (fw, bw, at_fw, at_bw) in enumerate(layers):
            with variable_scope(f"cell_{number}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    fw, bw, inputs, sequence_length, at_fw, at_bw, dtype, time_major=time_major
                )
            inputs = torch.cat(outputs, 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_rnn(
    cells_fw: Sequence[Any],
    cells_bw: Sequence[Any],
    inputs: Sequence[Any],
    initial_states_fw: Sequence[Any] | None = None,
    initial_states_bw: Sequence[Any] | None = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], tuple[Any, ...], tuple[Any, ...]]:
    """Several `static_bidirectional_rnn`, each over the outputs of the one before.

    TF1 has it as tf.contrib.rnn.stack_bidirectional_rnn.

    >>> import torch, torchscope as ts
    >>> cells = [[ts.rnn.GRUCell(4) for _ in range(2)] for _ in range(2)]
    >>> outputs, states_fw, states_bw = ts.rnn.stack_bidirectional_rnn(
    ...     *cells, [torch.ones(2, 3)] * 5, dtype=torch.float32
    ... )
    >>> len(outputs), outputs[0].shape, len(states_fw)
    (5, torch.Size([2, 8]), 2)
    >>> ts.global_variables()[-1].name
    'stack_bidirectional_rnn/cell_1/bw/gru_cell/candidate/bias:0'

    Args:
        cells_fw: the cells that go forward, lowest first.
        cells_bw: the cells that go backward.
        inputs: as in `static_rnn`.
        initial_states_fw: their states at first, one for each cell.
        initial_states_bw: the same for the cells that go backward.
        dtype: as in `dynamic_rnn`.
        sequence_length: as in `bidirectional_dynamic_rnn`.
        scope: the name of the scope, or a VariableScope; 'stack_bidirectional_rnn' by default.

    Returns:
        The list of the last outputs, those of both directions side by side; and the states of both.

    Raises:
        TypeError: what `static_bidirectional_rnn` refuses.
        ValueError: the same; or there are no cells, or not as many of both kinds, or of states.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    outputs, states_fw, states_bw = inputs, [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (fw, bw, at_fw, at_bw) in enumerate(layers):
            with variable_scope(f"cell_{number}") as entered:
                outputs, state_fw, state_bw = static_bidirectional_rnn(
                    fw, bw, outputs, at_fw, at_bw, dtype, sequence_length, entered
                )
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return list(outputs), tuple(states_fw), tuple(states_bw)


def _layers(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> list[tuple[Any, ...]]:
    """For each layer its two cells, and their states at first or None."""
    for what, cells in (("fw", cells_fw), ("bw", cells_bw)):
        if not cells:
            raise ValueError(f"Must specify at least one {what} cell for BidirectionalRNN.")
    for what, cells in (("fw", cells_fw), ("bw", cells_bw)):
        if not isinstance(cells, list):
            raise ValueError(
                f"cells_{what} must be a list of RNNCells (one per layer). Received: {cells!r:.200}"
            )
    if len(cells_fw) != len(cells_bw):
        raise ValueError(
            "Forward and Backward cells must have the same depth. "
            f"There are {len(cells_fw)} and {len(cells_bw)}."
        )
    given = []
    for what, states in (("fw", states_fw), ("bw", states_bw)):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells_fw)):
            told = f"There are {len(states)}" if isinstance(states, list) else "It is no list"
            raise ValueError(
                f"initial_states_{what} must be a list of state tensors (one per layer). {told}, for "
                f"{len(cells_fw)} layers."
            )
        given.append([None] * len(cells_fw) if states is None else states)
    return list(zip(cells_fw, cells_bw, *given, strict=True))
