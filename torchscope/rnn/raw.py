"""A cell whose inputs, states and end are told by a function, step after step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.choosing import where
from torchscope._core.ops.tensor_array import TensorArray
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.running.looping import while_loop
from torchscope._core.values.conversion import as_shape, convert_to_tensor
from torchscope._core.values.structures import check_same_structure, flatten, map_structure, pack
from torchscope.rnn.wrappers import assert_like_rnncell


class _Ended:
    """Which sequences have ended, (B,): what a loop hands on as it is. A bool of Python's stays one."""

    __slots__ = ("_of",)

    def __init__(self, given: Any) -> None:
        self._of = given if isinstance(given, bool | torch.SymBool) else convert_to_tensor(given)

    def some_go_on(self) -> Any:
        """Whether there is a next step."""
        return ~self._of.all() if isinstance(self._of, Tensor) else not self._of

    def with_more(self, given: Any) -> _Ended:
        """The same, with more that have ended."""
        more = _Ended(given)._of
        if isinstance(more, Tensor) and isinstance(self._of, Tensor):
            return _Ended(self._of | more.to(self._of.device))
        # There is a step, and so what is no tensor is False.
        return _Ended(more if isinstance(more, Tensor) or more else self._of)

    def held(self, old: Any, new: Any) -> Any:
        """The new values, or the old ones where a sequence had ended before; numbers go on."""
        if isinstance(new, TensorArray):
            return new
        new = convert_to_tensor(new)
        if not new.ndim or not isinstance(self._of, Tensor):
            return new
        return where(self._of.to(new.device), old, new)


def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Runs a cell for as long as a function tells it what comes next (tf.nn.raw_rnn).

    >>> import torch, torchscope as ts
    >>> cell, x = ts.rnn.GRUCell(4), torch.ones(2, 5, 3)
    >>> def loop_fn(time, output, state, loop_state):
    ...     state = cell.zero_state(2, torch.float32) if output is None else state
    ...     return time >= 5, x[:, min(time, 4)], state, output, None
    >>> outputs, state, _ = ts.rnn.raw_rnn(cell, loop_fn)
    >>> outputs.stack().shape, torch.equal(outputs.read(4), state)
    (torch.Size([5, 2, 4]), True)

    Args:
        cell: the cell.
        loop_fn: gives, of the step's number, the cell's last output and state, and the loop's own
            state: which sequences have ended, a bool or (B,); the next input; the next state; what is
            kept of the step; and the loop's next state. First it is called with 0, None, None and
            None: then the fourth is a structure of tensors without a batch, like what will be kept,
            or None for the cell's output.
        parallel_iterations: accepted for TF1 code; it has no effect.
        swap_memory: accepted for TF1 code; it has no effect.
        scope: the name of the scope, or a VariableScope; 'rnn' by default.

    Returns:
        What was kept, a tf.TensorArray with one element for each step, or a structure of them; zeros
        where a sequence had ended. The last state; and the last state of the loop, or None.

    The step's number is an integer of Python's. Where `loop_fn` tells the end by it alone, the loop
    takes part in a graph.

    Raises:
        TypeError: `cell` is no cell, `loop_fn` no function; or a structure changes from step to step.
        ValueError: the batches of two inputs differ; or a structure changes from step to step.
    """
    assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError(f"Argument `loop_fn` must be a callable. Received: {loop_fn}.")
    with variable_scope(scope or "rnn"):
        ended, given, state, kept, first_loop_state = loop_fn(0, None, None, None)
        given = map_structure(convert_to_tensor, given)
        batch = _batch_of(flatten(given))
        check_same_structure(state, cell.state_size)
        state = map_structure(convert_to_tensor, state)
        nothing = _nothing(kept, cell.output_size, flatten(state)[0], batch)
        arrays = map_structure(_array_of, nothing)

        def body(time: Any, ended: _Ended, given: Any, arrays: Any, state: Any, own: Any) -> Any:
            output, new_state = cell(given, state)
            check_same_structure(state, new_state)
            check_same_structure(cell.output_size, output)
            more, next_given, next_state, kept, next_own = loop_fn(time + 1, output, new_state, own)
            check_same_structure(state, next_state)
            check_same_structure(given, next_given)
            check_same_structure(arrays, kept)
            kept = map_structure(ended.held, nothing, kept)
            next_state = map_structure(ended.held, state, next_state)
            arrays = map_structure(lambda array, each: array.write(time, each), arrays, kept)
            own = own if next_own is None else next_own
            return time + 1, ended.with_more(more), next_given, arrays, next_state, own

        own = 0 if first_loop_state is None else first_loop_state
        *_, arrays, state, own = while_loop(
            lambda _, ended, *__: ended.some_go_on(),
            body,
            (0, _Ended(ended), given, arrays, state, own),
        )
        return arrays, state, None if first_loop_state is None else own


def _batch_of(leaves: list[Tensor]) -> int:
    batch: int = leaves[0].shape[0]
    for each in leaves:
        if each.shape[0] != batch:
            raise ValueError(
                f"Dimensions {batch} and {each.shape[0]} are not compatible. They are the batches of "
                "two inputs of raw_rnn."
            )
    return batch


def _nothing(kept: Any, output_size: Any, state: Tensor, batch: int) -> Any:
    """Zeros, of the shapes and dtypes of what is kept of a step."""
    if kept is None:
        return map_structure(lambda size: _zeros(state, batch, as_shape(size)), output_size)
    like = [convert_to_tensor(each) for each in flatten(kept)]
    made = [each.new_zeros(batch, *each.shape).to(state.device) for each in like]
    return pack(kept, made)


def _zeros(beside: Tensor, batch: int, shape: Any) -> Tensor:
    return beside.new_zeros([batch, *shape])


def _array_of(zeros: Tensor) -> TensorArray:
    return TensorArray(zeros.dtype, 0, dynamic_size=True, element_shape=zeros.shape)
