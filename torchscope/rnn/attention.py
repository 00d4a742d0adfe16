"""A cell that looks back at its last outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.structures import flatten, is_nested
from torchscope.layers.arguments import dtype_for
from torchscope.rnn.cell import one_tensor, whole
from torchscope.rnn.linear import Affine
from torchscope.rnn.steps import AroundCell


class AttentionCellWrapper(AroundCell):
    """A cell with attention over its last outputs (tf.contrib.rnn.AttentionCellWrapper).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.AttentionCellWrapper(ts.rnn.GRUCell(4), attn_length=3)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(1, 5, 2), dtype=torch.float32)
    >>> outputs.shape, [tuple(each.shape) for each in state]
    (torch.Size([1, 5, 4]), [(1, 4), (1, 4), (1, 12)])

    The state is that of the cell, what was attended to, and the last outputs in one row.

    Args:
        cell: the cell.
        attn_length: how many outputs are looked at.
        attn_size: the size of each; the cell's output size by default.
        attn_vec_size: the size of what they are compared by; `attn_size` by default.
        input_size: how many inputs the cell gets; as many as there are by default.
        state_is_tuple: whether the state is a tuple of the three, or one tensor.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        TypeError: `cell` is no cell.
        ValueError: nothing is looked at; or the cell's state is a tuple, and state_is_tuple is not set.
    """

    _of_steps = True

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        if is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: "
                f"{cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        self._size = cell.output_size if attn_size is None else attn_size
        self._vec_size = self._size if attn_vec_size is None else attn_vec_size
        self._length, self._input_size = attn_length, input_size
        self._state_is_tuple = state_is_tuple

    @property
    # Any: a number, a shape, or a structure of them.
    def state_size(self) -> Any:
        """The sizes of the three parts of the state; or their sum, without state_is_tuple."""
        sizes = self._cell.state_size, self._size, self._size * self._length
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    # Any: a number or a shape.
    def output_size(self) -> Any:
        """The size of an output that is looked at."""
        return self._size

    # That of a cell, and not the wrapped one's.
    # Any: a structure as `state_size` is.
    def zero_state(self, batch_size: int, dtype: Any) -> Any:
        """A state of zeros."""
        return super(AroundCell, self).zero_state(batch_size, dtype)

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        if self._state_is_tuple:
            state, attended, last = state
        else:
            sizes = [self._cell.state_size, self._size, self._size * self._length]
            state, attended, last = torch.split(one_tensor(self, state), sizes, 1)
        last = last.reshape(-1, self._length, self._size)
        dtype = dtype_for(inputs)
        depth = inputs.shape[1] if self._input_size is None else self._input_size
        mixed = Affine(inputs.shape[1] + attended.shape[1], depth, dtype)(inputs, attended)
        output, new_state = run(mixed, state)
        query = torch.cat(flatten(new_state), 1)
        attended = self._attended(query, last, dtype)
        with variable_scope("attn_output_projection"):
            output = Affine(output.shape[1] + self._size, self._size, dtype)(output, attended)
        last = torch.cat([last[:, 1:], output.unsqueeze(1)], 1)
        parts = new_state, attended, last.reshape(-1, self._length * self._size)
        return output, parts if self._state_is_tuple else torch.cat(parts, 1)

    def _attended(self, query: Tensor, last: Tensor, dtype: torch.dtype) -> Tensor:
        """The mean of the last outputs, (B, L, N), each weighed by how it goes with the query."""
        with variable_scope("attention"):
            kernel = get_variable("attn_w", [1, 1, self._size, self._vec_size], dtype)
            weights = get_variable("attn_v", [self._vec_size], dtype)
            of_query = Affine(query.shape[1], self._vec_size, dtype)(query).unsqueeze(1)
        features = last @ whole(kernel)[0, 0]
        scores = (torch.tanh(features + of_query) @ whole(weights)).softmax(1)
        return (scores.unsqueeze(2) * last).sum(1)
