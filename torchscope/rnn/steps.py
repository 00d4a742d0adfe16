"""Cells that say one step, and what is done once for all steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.conversion import chooses_dtypes, dtype_name
from torchscope._core.values.structures import flatten
from torchscope.rnn.cell import (
    LayerRNNCell,
    LSTMStateTuple,
    RNNCell,
    check_next,
    first_of,
    hold,
    one_tensor,
    over_time,
    steps_of,
    two_tensors,
)
from torchscope.rnn.wrappers import assert_like_rnncell


def checked_state(cell: Any, inputs: Tensor, state: Any) -> Any:
    """The state of a cell, which has to be as `state_size` says, for the batch of the inputs.

    Raises:
        TypeError: it has another structure, or another dtype than the inputs.
        ValueError: it has other shapes.
    """
    size = cell.state_size
    if isinstance(size, LSTMStateTuple):
        state = two_tensors(cell, state)
    elif isinstance(size, int):
        state = one_tensor(cell, state)
    scope = getattr(cell, "_scope_so_far", "")
    for leaf, units in zip(flatten(state), flatten(size), strict=True):
        if leaf.dtype != inputs.dtype and not chooses_dtypes(inputs.device):
            raise TypeError(
                "Tensors in list passed to 'values' of 'ConcatV2' Op have types "
                f"[{dtype_name(inputs.dtype)}, {dtype_name(leaf.dtype)}] that don't all match. They "
                f"are the inputs and the state of the cell in the scope '{scope}': give dynamic_rnn "
                "the dtype of its inputs, or convert one of them."
            )
        wanted = (inputs.shape[0], units)
        if tuple(leaf.shape) != wanted:
            wrong = next((a, b) for a, b in zip(leaf.shape, wanted, strict=False) if a != b)
            raise ValueError(
                f"Dimensions must be equal, but are {wrong[0]} and {wrong[1]}. The cell in the scope "
                f"'{scope}' was given a state of shape {tuple(leaf.shape)}, and inputs of shape "
                f"{tuple(inputs.shape)}: for them it is {wanted}. Begin with "
                "cell.zero_state(batch_size, dtype)."
            )
    return state


class BuiltCell(LayerRNNCell):
    """A cell that makes its variables in `build`, and computes a step in `_step`."""

    def call(self, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Computes one step."""
        state = checked_state(self, inputs, state)
        return self._step(self._given(inputs), state)

    def _unroll(self, inputs: Tensor, past: Tensor | None, first: Tensor, state: Any) -> Any:
        state = checked_state(self, first, state)
        outputs = []
        for time, given in enumerate(self._given(inputs).unbind()):
            output, new_state = self._step(given, state)
            state = new_state if past is None else hold(past[time], state, new_state)
            outputs.append(output)
        return torch.stack(outputs), state

    def _given(self, inputs: Tensor) -> Tensor:
        """What the inputs (..., D) give, without the state: one product for all steps."""
        return inputs

    def _step(self, given: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The output and the next state."""
        raise NotImplementedError


class AskingCell(RNNCell):
    """A cell that asks for its variables in `_variables`, and computes a step in `_step`."""

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:
        """Computes one step."""
        state = self._checked(inputs, state)
        return self._step(self._variables(inputs, state), inputs, state)

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        return self._run(partial(self._unroll, inputs, past), first_of(inputs), (state,), {})

    def _unroll(self, inputs: Any, past: Tensor | None, first: Any, state: Any) -> Any:
        checked = self._checked(first, state)
        # Asked for once: to trace the scopes of each step takes the compiler long.
        outputs, new_state = self._all_steps(self._variables(first, checked), inputs, past, checked)
        check_next(self, state, new_state)
        return outputs, new_state

    def _all_steps(self, variables: Any, inputs: Any, past: Tensor | None, state: Any) -> Any:
        """The outputs of all steps, and for each sequence the state after its last one."""
        outputs = []
        for time, at in enumerate(steps_of(inputs)):
            output, new_state = self._step(variables, at, state)
            state = new_state if past is None else hold(past[time], state, new_state)
            outputs.append(output)
        return torch.stack(outputs), state

    def _checked(self, inputs: Any, state: Any) -> Any:
        """The state, for these inputs; both are as they are to be."""
        if inputs.ndim != 2:
            raise ValueError(
                f"Shape {tuple(inputs.shape)} must have rank 2. It is what the cell in the scope "
                f"'{self._scope_so_far}' was given: a step of a batch, (B, D)."
            )
        return checked_state(self, inputs, state)

    def _variables(self, inputs: Any, state: Any) -> Any:
        """What is asked for, in TF1's order."""
        raise NotImplementedError

    def _step(self, variables: Any, inputs: Any, state: Any) -> tuple[Tensor, Any]:
        """The output and the next state."""
        raise NotImplementedError


class AroundCell(RNNCell):
    """A cell around a cell, which has a scope of its own with the cell's inside."""

    # Whether `_around` knows only single steps.
    _of_steps = False

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self._cell = cell

    @property
    # Any: that of any cell.
    def state_size(self) -> Any:
        """The size of the cell's state."""
        return self._cell.state_size

    @property
    # Any: that of any cell.
    def output_size(self) -> Any:
        """The size of the cell's output."""
        return self._cell.output_size

    # Any: a structure as `state_size` is.
    def zero_state(self, batch_size: int, dtype: Any) -> Any:
        """The cell's zero state."""
        return self._cell.zero_state(batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """Computes one step of the cell, and what is around it."""
        return self._around(inputs, state, self._cell)

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        if self._of_steps:
            return super()._over_time(inputs, state, past)

        def run(inputs: Any, state: Any) -> Any:
            return over_time(self._cell, inputs, state, past)

        return self._run(
            lambda _, state: self._around(inputs, state, run), first_of(inputs), (state,), {}
        )

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        """Runs the cell, for one step or for all of them: the last axis is that of units."""
        raise NotImplementedError
