"""Cells made of other cells: stacks, and what is wrapped around one cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.structures import (
    children,
    flatten,
    is_nested,
    like,
    map_structure,
    pack,
    same_structure,
)
from torchscope.rnn.cell import LSTMStateTuple, RNNCell, check_next, first_of, one_tensor, over_time


def assert_like_rnncell(argument: str, cell: Any) -> None:
    """Refuses what is no cell.

    Raises:
        TypeError: it lacks something that a cell has.
    """
    lacking = [
        complaint
        for complaint, there in (
            ("'output_size' property is missing", hasattr(cell, "output_size")),
            ("'state_size' property is missing", hasattr(cell, "state_size")),
            (
                "either 'zero_state' or 'get_initial_state' method is required",
                hasattr(cell, "zero_state") or hasattr(cell, "get_initial_state"),
            ),
            ("is not callable", callable(cell)),
        )
        if not there
    ]
    if lacking:
        raise TypeError(
            f"The argument {argument!r} ({cell}) is not an RNNCell: {', '.join(lacking)}."
        )


class MultiRNNCell(RNNCell):
    """A stack of cells, each of which gets the output of the one before (tf.nn.rnn_cell.MultiRNNCell).

    >>> import torch, torchscope as ts
    >>> stack = ts.rnn.MultiRNNCell([ts.rnn.BasicLSTMCell(4), ts.rnn.GRUCell(2)])
    >>> outputs, state = ts.rnn.dynamic_rnn(stack, torch.ones(1, 5, 3), dtype=torch.float32)
    >>> outputs.shape, state[0].h.shape, state[1].shape
    (torch.Size([1, 5, 2]), torch.Size([1, 4]), torch.Size([1, 2]))
    >>> ts.global_variables()[0].name
    'rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel:0'

    Args:
        cells: the cells, lowest first. One object that is in the list twice shares its variables.
        state_is_tuple: whether the state is a tuple of the cells' states, or all in one tensor.

    Raises:
        ValueError: there are no cells; or a cell has a tuple as its state, without state_is_tuple.
        TypeError: `cells` is no list.
    """

    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True) -> None:
        super().__init__()
        if not isinstance(cells, int) and not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not is_nested(cells):
            raise TypeError(f"cells must be a list or tuple, but received: {cells}.")
        for number, cell in enumerate(cells):
            assert_like_rnncell(f"cells[{number}]", cell)
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        if not state_is_tuple and any(is_nested(cell.state_size) for cell in cells):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set. "
                f"State sizes are: {[cell.state_size for cell in cells]}"
            )

    @property
    # Any: those of any cells, or their sum without state_is_tuple.
    def state_size(self) -> Any:
        """The sizes of the cells' states; or their sum, without state_is_tuple."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    # Any: that of any cell.
    def output_size(self) -> Any:
        """The size of the last cell's output."""
        return self._cells[-1].output_size

    # Any: a structure as `state_size` is.
    def zero_state(self, batch_size: int, dtype: Any) -> Any:
        """The zero states of the cells."""
        if not self._state_is_tuple:
            return super().zero_state(batch_size, dtype)
        return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables of all cells that are trained, in this pass."""
        return self._of_cells("trainable_weights") if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Their other variables."""
        frozen = self._of_cells("non_trainable_weights")
        return frozen if self.trainable else self._of_cells("trainable_weights") + frozen

    def _keeping(self, state: Any, outer: Any) -> None:
        """Nothing is kept: the cells have their variables themselves."""

    def _of_cells(self, what: str) -> list[Any]:
        return [each for cell in self._cells for each in getattr(cell, what, ())]

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """Computes one step of each cell."""
        return self._through(inputs, state, lambda cell, inputs, state: cell(inputs, state))

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        # Cell by cell, each over all steps: no cell looks at what those above it do.
        def run(first: Any, state: Any) -> Any:
            outputs, new_state = self._through(
                inputs, state, lambda cell, inputs, state: over_time(cell, inputs, state, past)
            )
            check_next(self, state, new_state)
            return outputs, new_state

        return self._run(run, first_of(inputs), (state,), {})

    def _through(self, inputs: Any, state: Any, run: Callable[..., Any]) -> tuple[Any, Any]:
        states = self._taken_apart(state)
        new_states = []
        for number, (cell, of_cell) in enumerate(zip(self._cells, states, strict=True)):
            with variable_scope(f"cell_{number}"):
                inputs, new = run(cell, inputs, of_cell)
            new_states.append(new)
        return inputs, tuple(new_states) if self._state_is_tuple else torch.cat(new_states, 1)

    def _taken_apart(self, state: Any) -> Sequence[Any]:
        if not self._state_is_tuple:
            sizes = [cell.state_size for cell in self._cells]
            return torch.split(one_tensor(self, state), sizes, 1)
        if not is_nested(state):
            raise ValueError(
                f"Expected state to be a tuple of length {len(self._cells)}, but received: "
                f"{tuple(state.shape) if hasattr(state, 'shape') else state}, by the MultiRNNCell "
                f"in the scope '{self._scope_so_far}'."
            )
        if len(state) < len(self._cells):
            raise IndexError(
                f"tuple index out of range. The MultiRNNCell in the scope '{self._scope_so_far}' has "
                f"{len(self._cells)} cells, and was given the states of {len(state)}."
            )
        return [state[number] for number in range(len(self._cells))]


class Wrapper(RNNCell):
    """A cell around a cell. It has no scope of its own, and adds nothing to the cell's names."""

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self.cell = cell

    @property
    # Any: what is called as a cell need not be of a class of ours.
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    @property
    # Any: that of any cell.
    def state_size(self) -> Any:
        """The size of the cell's state."""
        return self.cell.state_size

    @property
    # Any: that of any cell.
    def output_size(self) -> Any:
        """The size of the cell's output."""
        return self.cell.output_size

    @property
    def trainable_weights(self) -> list[Any]:
        """The cell's variables that are trained, in this pass."""
        return list(getattr(self.cell, "trainable_weights", ()))

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The cell's other variables."""
        return list(getattr(self.cell, "non_trainable_weights", ()))

    # Any: a structure as `state_size` is.
    def zero_state(self, batch_size: int, dtype: Any) -> Any:
        """The cell's zero state."""
        return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """Computes one step of the cell, and what is around it."""
        # A cell of the user's own may know no scope.
        given = {} if scope is None else {"scope": scope}
        return self._around(inputs, state, lambda inputs, state: self.cell(inputs, state, **given))

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        return self._around(
            inputs, state, lambda inputs, state: over_time(self.cell, inputs, state, past)
        )

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        """Runs the cell, for one step or for all of them."""
        return run(inputs, state)


def _keep_h(state: Any) -> Any:
    """Which parts of a state are dropped out: all but the memory of an LSTM."""
    return LSTMStateTuple(c=False, h=True) if isinstance(state, LSTMStateTuple) else True


class DropoutWrapper(Wrapper):
    """Dropout of a cell's inputs, outputs and state (tf.nn.rnn_cell.DropoutWrapper).

    It drops in every pass, whatever the module's mode: give 1.0 to evaluate, as TF1 code does.

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.DropoutWrapper(ts.rnn.GRUCell(4), output_keep_prob=0.5)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(8, 5, 3), dtype=torch.float32)
    >>> bool((outputs == 0).any()), bool((state == 0).any())
    (True, False)

    Args:
        cell: the cell.
        input_keep_prob: the share of the inputs that is kept, a number or a tensor.
        output_keep_prob: the same for outputs.
        state_keep_prob: the same for the state that goes to the next step; not for an LSTM's c.
        variational_recurrent: whether all steps, and all rows, of a pass have the same mask.
        input_size: the size of the inputs, where their masks are to be the same.
        dtype: the dtype of such masks.
        seed: accepted for TF1 code; it has no effect. One that gave the same masks in every step
            would do harm, and `torch.manual_seed` makes all draws repeatable.
        dropout_state_filter_visitor: tells of a state, or of a part of it, whether it is dropped
            out: a bool, or a structure of bools.
        **kwargs: `name`, `trainable`.

    Raises:
        TypeError: `cell` is no cell, or the visitor cannot be called.
        ValueError: a share is not between 0 and 1; or variational_recurrent lacks dtype or
            input_size.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: float | Tensor = 1.0,
        output_keep_prob: float | Tensor = 1.0,
        state_keep_prob: float | Tensor = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError(
                "dropout_state_filter_visitor must be callable. "
                f"Received: {dropout_state_filter_visitor}"
            )
        keeps = {"input": input_keep_prob, "state": state_keep_prob, "output": output_keep_prob}
        for what, keep in keeps.items():
            if not isinstance(keep, Tensor) and not 0 <= keep <= 1:
                raise ValueError(
                    f"Parameter {what}_keep_prob must be between 0 and 1. Received {keep}"
                )
        if variational_recurrent and dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        if variational_recurrent and _drops(input_keep_prob) and input_size is None:
            raise ValueError(
                "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                "input_size must be provided"
            )
        self._keeps = keeps
        self._variational = variational_recurrent
        self._input_size = input_size
        self._filter = dropout_state_filter_visitor or _keep_h

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        if _drops(self._keeps["state"]):
            # What is dropped of a state is for the next step to know.
            return RNNCell._over_time(self, inputs, state, past)
        return super()._over_time(inputs, state, past)

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        if _drops(self._keeps["input"]):
            inputs = self._dropped("input", inputs, True, self._input_size)
        output, new_state = run(inputs, state)
        if _drops(self._keeps["state"]):
            chosen = _chosen(self._filter, new_state)
            new_state = self._dropped("state", new_state, chosen, self.cell.state_size)
        if _drops(self._keeps["output"]):
            output = self._dropped("output", output, True, self.cell.output_size)
        return output, new_state

    def _dropped(self, what: str, values: Any, chosen: Any, size: Any) -> Any:
        """The values with some of those that are chosen set to zero, the others scaled up."""
        noise = self._noise(what, size) if self._variational else [None] * len(flatten(values))
        numbers = pack(values, range(len(noise)))

        def drop(value: Any, chosen: Any, number: Any) -> Any:
            if chosen is False:
                return value
            if is_nested(value):
                parts = children(value)
                which = children(chosen) if is_nested(chosen) else [chosen] * len(parts)
                return like(value, map(drop, parts, which, children(number)))
            return self._one_dropped(what, value, noise[number])

        return drop(values, chosen, numbers)

    def _one_dropped(self, what: str, value: Tensor, noise: Tensor | None) -> Tensor:
        keep = self._keeps[what]
        if noise is None and not isinstance(keep, Tensor):
            return F.dropout(value, 1.0 - keep)
        noise = torch.rand_like(value) if noise is None else noise
        return value / keep * torch.floor(keep + noise)

    def _noise(self, what: str, size: Any) -> list[Tensor]:
        """The numbers, from 0 to 1, from which this pass makes its masks."""
        state = self._state.__dict__
        kept: dict[str, list[Tensor]] = state.get("noise", {})
        if what not in kept:
            shapes = [(leaf,) if isinstance(leaf, int) else tuple(leaf) for leaf in flatten(size)]
            first = flatten(self.zero_state(1, self.dtype))[0]
            drawn = [
                torch.rand((1, *shape), dtype=first.dtype, device=first.device) for shape in shapes
            ]
            # A copy of the state, for what is computed again, must not notice.
            kept = state["noise"] = {**kept, what: drawn}
        return kept[what]


def _drops(keep: float | Tensor) -> bool:
    return isinstance(keep, Tensor) or keep < 1


def _chosen(visitor: Callable[[Any], Any], state: Any) -> Any:
    """What the visitor says of a state and its parts: True, False, or a structure of them."""
    says = visitor(state)
    if not is_nested(state) or says is False:
        return says
    if says is True:
        return like(state, [_chosen(visitor, part) for part in children(state)])
    return like(
        state,
        [
            _chosen(visitor, part) if wanted else False
            for wanted, part in zip(children(says), children(state), strict=True)
        ],
    )


class ResidualWrapper(Wrapper):
    """Adds a cell's inputs to its outputs (tf.nn.rnn_cell.ResidualWrapper).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.ResidualWrapper(ts.rnn.GRUCell(3))
    >>> output, state = cell(torch.ones(1, 3), cell.zero_state(1, torch.float32))
    >>> torch.equal(output, state + 1)
    True

    Args:
        cell: the cell.
        residual_fn: a function of inputs and outputs that takes the place of the sum.
        **kwargs: `name`, `trainable`, `dtype`.

    Raises:
        TypeError: `cell` is no cell, or (when called) inputs and outputs differ in structure.
        ValueError: when called: inputs and outputs differ in shape.
    """

    def __init__(
        self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _over_time(self, inputs: Any, state: Any, past: Tensor | None) -> Any:
        if self._residual_fn is not None:
            # It is a function of one step.
            return RNNCell._over_time(self, inputs, state, past)
        return super()._over_time(inputs, state, past)

    def _around(
        self, inputs: Any, state: Any, run: Callable[[Any, Any], tuple[Any, Any]]
    ) -> tuple[Any, Any]:
        outputs, new_state = run(inputs, state)
        if self._residual_fn is not None:
            return self._residual_fn(inputs, outputs), new_state
        if not same_structure(inputs, outputs):
            raise TypeError(
                "The two structures don't have the same nested structure: the inputs and the "
                f"outputs of the {type(self.cell).__name__} in a ResidualWrapper."
            )
        return map_structure(self._sum, inputs, outputs), new_state

    def _sum(self, given: Tensor, output: Tensor) -> Tensor:
        if given.shape[-1] != output.shape[-1]:
            cell = self.cell
            raise ValueError(
                f"Shapes {tuple(given.shape)} and {tuple(output.shape)} are incompatible. They are "
                f"the inputs and the outputs of the {type(cell).__name__} "
                f"'{getattr(cell, '_scope_so_far', '')}' in a ResidualWrapper: give it as many "
                "units as it has inputs, or a residual_fn."
            )
        return given + output


class DeviceWrapper(Wrapper):
    """A cell that TF1 puts on a device (tf.nn.rnn_cell.DeviceWrapper): here it stays with its module.

    >>> import torchscope as ts
    >>> ts.rnn.DeviceWrapper(ts.rnn.GRUCell(3), "/gpu:0").output_size
    3

    Args:
        cell: the cell.
        device: accepted for TF1 code; it has no effect.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device


class CompiledWrapper(Wrapper):
    """A cell that TF1 compiles (tf.contrib.rnn.CompiledWrapper): here torch.compile compiles a net.

    >>> import torchscope as ts
    >>> ts.rnn.CompiledWrapper(ts.rnn.GRUCell(3)).output_size
    3

    Args:
        cell: the cell.
        compile_stateful: accepted for TF1 code; it has no effect.
    """

    def __init__(self, cell: Any, compile_stateful: bool = False) -> None:
        super().__init__(cell)
