"""Cells with a linear map, or a table, before or behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope
from torchscope._core.values.structures import flatten
from torchscope.initializers import RandomUniform
from torchscope.layers.arguments import dtype_for
from torchscope.nn.embedding import embedding_lookup
from torchscope.rnn.cell import whole
from torchscope.rnn.linear import Affine
from torchscope.rnn.steps import AroundCell


class _Projected(AroundCell):
    """A cell with a linear map."""

    def __init__(self, cell: Any, activation: Callable[..., Any] | None, reuse: Any) -> None:
        super().__init__(cell, _reuse=reuse)
        self._activation = activation
        # An activation may be a function of one step.
        self._of_steps = activation is not None

    def _project(self, values: Tensor, size: int) -> Tensor:
        projected = Affine(values.shape[-1], size, dtype_for(values))(values)
        return self._activation(projected) if self._activation else projected


class InputProjectionWrapper(_Projected):
    """A linear map of a cell's inputs (tf.contrib.rnn.InputProjectionWrapper).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.InputProjectionWrapper(ts.rnn.BasicRNNCell(4), 2)
    >>> output, state = cell(torch.ones(1, 3), cell.zero_state(1, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    input_projection_wrapper/kernel:0 (3, 2)
    input_projection_wrapper/bias:0 (2,)
    input_projection_wrapper/basic_rnn_cell/kernel:0 (6, 4)
    input_projection_wrapper/basic_rnn_cell/bias:0 (4,)

    Args:
        cell: the cell.
        num_proj: the number of inputs that it gets.
        activation: a function of them; none by default.
        input_size: accepted for TF1 code; it has no effect.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        TypeError: `cell` is no cell.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Callable[..., Any] | None = None,
        input_size: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, activation, reuse)
        self._num_proj = num_proj

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        return run(self._project(inputs, self._num_proj), state)


class OutputProjectionWrapper(_Projected):
    """A linear map of a cell's outputs (tf.contrib.rnn.OutputProjectionWrapper).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.OutputProjectionWrapper(ts.rnn.GRUCell(4), 2)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(1, 5, 3), dtype=torch.float32)
    >>> outputs.shape, state.shape, ts.global_variables()[-1].name
    (torch.Size([1, 5, 2]), torch.Size([1, 4]), 'rnn/output_projection_wrapper/bias:0')

    Args:
        cell: the cell.
        output_size: the number of outputs.
        activation: a function of them; none by default.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        TypeError: `cell` is no cell.
        ValueError: there are no outputs.
    """

    def __init__(
        self,
        cell: Any,
        output_size: int,
        activation: Callable[..., Any] | None = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, activation, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size

    @property
    def output_size(self) -> int:
        """The number of outputs."""
        return self._output_size

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        output, new_state = run(inputs, state)
        return self._project(output, self._output_size), new_state


class EmbeddingWrapper(AroundCell):
    """A table in whose rows a cell's inputs are (tf.contrib.rnn.EmbeddingWrapper).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.EmbeddingWrapper(ts.rnn.GRUCell(4), embedding_classes=9, embedding_size=3)
    >>> output, state = cell(torch.tensor([[5], [1]]), cell.zero_state(2, torch.float32))
    >>> output.shape, ts.global_variables()[0].name
    (torch.Size([2, 4]), 'embedding_wrapper/embedding:0')

    The inputs are integers, (B,) or (B, 1).

    Args:
        cell: the cell.
        embedding_classes: the number of rows.
        embedding_size: the number of columns.
        initializer: the table's initializer; the scope's, or even numbers of variance 1, by default.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        TypeError: `cell` is no cell.
        ValueError: there are no rows, or no columns.
    """

    def __init__(
        self,
        cell: Any,
        embedding_classes: int,
        embedding_size: int,
        initializer: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "Both embedding_classes and embedding_size must be > 0: "
                f"{embedding_classes}, {embedding_size}."
            )
        self._classes, self._size = embedding_classes, embedding_size
        self._initializer = initializer

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        initializer = self._initializer or get_variable_scope().initializer
        if not initializer:
            initializer = RandomUniform(-math.sqrt(3), math.sqrt(3))
        first = flatten(state)[0]
        shape = [self._classes, self._size]
        table = get_variable("embedding", shape, first.dtype, initializer=initializer)
        # One number for each row, of one step or of all.
        rows = inputs.reshape(-1) if run is self._cell else inputs.reshape(inputs.shape[0], -1)
        return run(embedding_lookup(whole(table), rows), state)
