"""What these models put around a cell, and between its steps: a table, and linear maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope.getters import get_variable
from torchscope.initializers import Constant, RandomUniform
from torchscope.nn.embedding import embedding_lookup
from torchscope.rnn.cell import RNNCell, whole
from torchscope.rnn.wrappers import assert_like_rnncell
from torchscope.scopes import get_variable_scope, variable_scope
from torchscope.structures import flatten


def linear(inputs: Sequence[Tensor], size: int) -> Tensor:
    """A linear map of inputs side by side, by 'kernel' and 'bias' of the current scope."""
    joined = inputs[0] if len(inputs) == 1 else torch.cat(list(inputs), 1)
    with variable_scope(get_variable_scope()) as scope:
        kernel = get_variable("kernel", [joined.shape[1], size], dtype=joined.dtype)
        # A bias is not cut, whatever the scope says.
        with variable_scope(scope) as uncut:
            uncut.set_partitioner(None)
            bias = get_variable("bias", [size], dtype=joined.dtype, initializer=Constant(0.0))
    return torch.addmm(whole(bias), joined, whole(kernel))


class _Around(RNNCell):
    """A cell around a cell, with a scope and variables of its own."""

    def __init__(self, cell: Any, name: str) -> None:
        super().__init__(name=name)
        assert_like_rnncell("cell", cell)
        self._cell = cell

    @property
    def state_size(self) -> Any:
        """The size of the cell's state."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """The size of the cell's output."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The cell's zero state."""
        return self._cell.zero_state(batch_size, dtype)


class Embedded(_Around):
    """A cell whose inputs are classes, (B,) or (B, 1), each of which is a row of a table."""

    def __init__(self, cell: Any, classes: int, size: int) -> None:
        super().__init__(cell, "embedding_wrapper")
        if classes <= 0 or size <= 0:
            raise ValueError(
                f"Both embedding_classes and embedding_size must be > 0: {classes}, {size}."
            )
        self._shape = [classes, size]

    def call(self, inputs: Any, state: Any) -> Any:
        """Looks up the rows, and runs the cell."""
        edge = math.sqrt(3)
        initializer = get_variable_scope().initializer or RandomUniform(-edge, edge)
        dtype = flatten(state)[0].dtype
        table = get_variable("embedding", self._shape, dtype=dtype, initializer=initializer)
        return self._cell(embedding_lookup(table, inputs.reshape(-1)), state)


class Projected(_Around):
    """A cell with a linear map of its outputs."""

    def __init__(self, cell: Any, size: int) -> None:
        super().__init__(cell, "output_projection_wrapper")
        if size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {size}.")
        self._size = size

    @property
    def output_size(self) -> int:
        """How many numbers an output has."""
        return self._size

    def call(self, inputs: Any, state: Any) -> Any:
        """Runs the cell, and maps its output."""
        output, new_state = self._cell(inputs, state)
        return linear([output], self._size), new_state
