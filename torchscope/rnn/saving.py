"""A cell whose state is kept elsewhere from batch to batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchscope._core.operations.control_dependencies import control_dependencies
from torchscope._core.values.structures import flatten, is_nested, pack
from torchscope.rnn.cell import Cell, Output
from torchscope.rnn.running import static_rnn


def static_state_saving_rnn(
    cell: Cell[Output, Any],
    inputs: Sequence[Any],
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Output], Any]:
    """`static_rnn` that asks an object for the state at first, and gives it the last (tf.nn.static_state_saving_rnn).

    >>> import torch, torchscope as ts
    >>> class Saver:
    ...     kept = torch.zeros(2, 4)
    ...     def state(self, name):
    ...         return self.kept
    ...     def save_state(self, name, value):
    ...         self.kept = value.detach()
    >>> saver, steps = Saver(), [torch.ones(2, 3)] * 5
    >>> outputs, state = ts.rnn.static_state_saving_rnn(ts.rnn.GRUCell(4), steps, saver, "state")
    >>> torch.equal(saver.kept, outputs[-1])
    True

    Args:
        cell: the cell.
        inputs: as in `static_rnn`.
        state_saver: has `state(name)`, which gives a tensor, and `save_state(name, value)`, which may
            give an operation that saves. That is run.
        state_name: the name of the state; a structure of names where the cell's state is one.
        sequence_length: as in `static_rnn`.
        scope: as in `static_rnn`.

    Returns:
        The list of outputs, and the last state.

    Raises:
        ValueError: there is not a name for each part of the state; or what `static_rnn` refuses.
        TypeError: what `static_rnn` refuses.
    """
    size = cell.state_size
    if is_nested(size) != is_nested(state_name):
        raise ValueError(
            "Argument `state_name` should be the same type as `cell.state_size`. Received: "
            f"state_name={state_name!s}, cell.state_size={size!s}."
        )
    names, sizes = flatten(state_name), flatten(size)
    if len(names) != len(sizes):
        raise ValueError(
            "Number of elements in argument `state_name` and `cell.state_size` are mismatched. Received "
            f"state_name={state_name} with {len(names)} elements and cell.state_size={size} with "
            f"{len(sizes)} elements."
        )
    first = pack(size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(cell, inputs, first, sequence_length=sequence_length, scope=scope)
    pairs = zip(names, flatten(state), strict=True)
    with control_dependencies([state_saver.save_state(name, part) for name, part in pairs]):
        return outputs, state
