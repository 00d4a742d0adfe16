"""A cell whose inputs go past it, as far as gates let them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.values.structures import check_same_structure, map_structure
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for
from torchscope.rnn.cell import whole
from torchscope.rnn.wrappers import Wrapper


class HighwayWrapper(Wrapper):
    """Adds a share of a cell's inputs to a share of its outputs (tf.contrib.rnn.HighwayWrapper).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.HighwayWrapper(ts.rnn.GRUCell(3))
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(1, 5, 3), dtype=torch.float32)
    >>> [v.name for v in ts.global_variables()][-2:]
    ['rnn/carry_w:0', 'rnn/carry_b:0']

    It has no scope: its variables are in the current one.

    Args:
        cell: the cell.
        couple_carry_transform_gates: whether both shares make 1, or have gates of their own.
        carry_bias_init: the first value of the carry gate's bias; the other's is the negative of it.

    Raises:
        TypeError: `cell` is no cell; or (when called) inputs and outputs differ in structure.
        ValueError: when called: inputs and outputs differ in shape.
    """

    def __init__(
        self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0
    ) -> None:
        super().__init__(cell)
        self._couple = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        outputs, new_state = run(inputs, state)
        check_same_structure(inputs, outputs)
        return map_structure(self._highway, inputs, outputs), new_state

    def _highway(self, given: Tensor, output: Tensor) -> Tensor:
        if given.shape != output.shape:
            raise ValueError(
                f"Shapes {tuple(given.shape)} and {tuple(output.shape)} are incompatible. They are the "
                f"inputs and the outputs of the {type(self.cell).__name__} in a HighwayWrapper: give it "
                "as many units as it has inputs."
            )
        carry = self._gate("carry", given, self._carry_bias_init)
        if self._couple:
            return given * carry + output * (1 - carry)
        return given * carry + output * self._gate("transform", given, -self._carry_bias_init)

    def _gate(self, name: str, given: Tensor, bias_init: float) -> Tensor:
        depth, dtype = given.shape[-1], dtype_for(given)
        kernel = get_variable(f"{name}_w", [depth, depth], dtype)
        bias = get_variable(f"{name}_b", [depth], dtype, initializer=Constant(bias_init))
        return torch.sigmoid(given @ whole(kernel) + whole(bias))
