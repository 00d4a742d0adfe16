"""LSTMs that go over the frequencies of a spectrum as well as over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.structures import is_nested
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for
from torchscope.rnn.cell import one_tensor, whole
from torchscope.rnn.pieces import in_pieces
from torchscope.rnn.steps import AskingCell

_ZEROS = Constant(0.0)


def _windows(inputs: Tensor, size: int, skip: int, begin: int = 0, count: int | None = None) -> Any:
    """Parts of the inputs, (B, size), each `skip` further on than the one before."""
    if count is None:
        count = (inputs.shape[1] - size) // skip + 1
    return [inputs[:, begin + n * skip : begin + n * skip + size] for n in range(count)]


def _clipped(c: Tensor, clip: float | None) -> Tensor:
    return c if clip is None else c.clamp(-clip, clip)


class TimeFreqLSTMCell(AskingCell):
    """An LSTM over windows of its inputs, each of which sees the output of the one before.

    TF1 has it as tf.contrib.rnn.TimeFreqLSTMCell.

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.TimeFreqLSTMCell(4, feature_size=3, frequency_skip=2)
    >>> output, state = cell(torch.ones(1, 7), torch.zeros(1, 3 * 2 * 4))
    >>> output.shape, [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    (torch.Size([1, 12]), [('time_freq_lstm_cell/W_0:0', (11, 16)), ('time_freq_lstm_cell/B:0', (16,))])

    The state has c and m of each window, one after the other. `state_size` is that of one window, as in
    TF1: for several the state at first is given, and not made by zero_state.

    Args:
        num_units: the number of units, N.
        use_peepholes: whether the gates see c.
        cell_clip: the largest absolute value of c.
        initializer: accepted for TF1 code; as there it has no effect.
        num_unit_shards: in how many pieces the kernel is made.
        forget_bias: what is added to the forget gate.
        feature_size: the size of a window.
        frequency_skip: how much further on than the last each window is.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: the state is too small, or shapes do not fit.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int = 1,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size, self._skip = feature_size, frequency_skip

    @property
    def state_size(self) -> int:
        """The size of c and m of one window."""
        return 2 * self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _checked(self, inputs: Any, state: Any) -> Any:
        state = one_tensor(self, state)
        count = len(self._features(inputs))
        if state.shape[1] < 2 * self._num_units * count:
            raise ValueError(
                f"Expected size[1] to be {self._num_units}, but the state of the TimeFreqLSTMCell in the "
                f"scope '{self._scope_so_far}' has shape {tuple(state.shape)}: its inputs of shape "
                f"{tuple(inputs.shape)} have {count} windows, and each has c and m of "
                f"{self._num_units} units. Give an initial_state."
            )
        return state

    def _features(self, inputs: Tensor) -> list[Tensor]:
        size = inputs.shape[1] if self._feature_size is None else self._feature_size
        found: list[Tensor] = _windows(inputs, size, self._skip)
        return found

    def _variables(self, inputs: Tensor, state: Tensor) -> dict[str, Any]:
        units, dtype = self._num_units, dtype_for(inputs)
        depth = self._features(inputs)[0].shape[1] + 2 * units
        found = {"W": in_pieces("W", [depth, 4 * units], dtype, self._shards)}
        found["B"] = whole(get_variable("B", [4 * units], dtype, initializer=_ZEROS))
        for name in ("W_F_diag", "W_I_diag", "W_O_diag") if self._use_peepholes else ():
            found[name] = whole(get_variable(name, [units], dtype))
        return found

    def _step(self, variables: dict[str, Any], inputs: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        units, peepholes = self._num_units, self._use_peepholes
        below = inputs.new_zeros(inputs.shape[0], units)
        outputs, states = [], []
        for number, x in enumerate(self._features(inputs)):
            c, m = state[:, 2 * number * units : 2 * (number + 1) * units].chunk(2, 1)
            gates = torch.cat([x, m, below], 1) @ variables["W"] + variables["B"]
            i, j, f, o = gates.chunk(4, 1)
            f = f + self._forget_bias
            if peepholes:
                i, f = i + variables["W_I_diag"] * c, f + variables["W_F_diag"] * c
            c = _clipped(f.sigmoid() * c + i.sigmoid() * torch.tanh(j), self._cell_clip)
            if peepholes:
                o = o + variables["W_O_diag"] * c
            below = o.sigmoid() * torch.tanh(c)
            outputs.append(below)
            states += [c, below]
        return torch.cat(outputs, 1), torch.cat(states, 1)


class GridLSTMCell(AskingCell):
    """An LSTM in two directions, time and frequency, over windows of its inputs (tf.contrib.rnn.GridLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GridLSTMCell(4, feature_size=3, frequency_skip=2, num_frequency_blocks=[3])
    >>> output, state = cell(torch.ones(1, 7), cell.zero_state(1, torch.float32))
    >>> output.shape, state._fields[:2], [v.name for v in ts.global_variables()][0]
    (torch.Size([1, 24]), ('state_f00_b00_c', 'state_f00_b00_m'), 'grid_lstm_cell/W_f_0_0:0')

    Args:
        num_units: the number of units, N.
        use_peepholes: whether the gates see c of both directions.
        share_time_frequency_weights: whether both directions have the same weights.
        cell_clip: the largest absolute value of c.
        initializer: accepted for TF1 code; as there it has no effect.
        num_unit_shards: in how many pieces the kernels are made.
        forget_bias: what is added to the forget gates.
        feature_size: the size of a window.
        frequency_skip: how much further on than the last each window is.
        num_frequency_blocks: the number of windows in each block: a list.
        start_freqindex_list: where each block begins; at 0, for one block, by default.
        end_freqindex_list: where each ends.
        couple_input_forget_gates: whether as much is taken in as is forgotten.
        state_is_tuple: whether the state is a named tuple of c and m of each window, or one tensor.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: there are no num_frequency_blocks; or (when called) the inputs do not give as many
            windows as they say, or shapes do not fit.
    """

    _prefixes: tuple[str, ...] = ("state",)
    _tuple_name = "GridLSTMStateTuple"

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Sequence[int] | None = None,
        start_freqindex_list: Sequence[int] | None = None,
        end_freqindex_list: Sequence[int] | None = None,
        couple_input_forget_gates: bool = False,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if num_frequency_blocks is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._shared = share_time_frequency_weights
        self._cell_clip = cell_clip
        self._shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size, self._skip = feature_size, frequency_skip
        self._blocks = list(num_frequency_blocks)
        self._starts, self._ends = start_freqindex_list, end_freqindex_list
        self._coupled = couple_input_forget_gates
        self._state_is_tuple = state_is_tuple
        self._tuple_type = self._made_type()

    # A type that is made as it is needed cannot be pickled.
    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_tuple_type": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._tuple_type = self._made_type()

    def _made_type(self) -> Any:
        names = [
            f"{prefix}_f{number:02d}_b{block:02d}_{part}"
            for prefix in self._prefixes
            for block, count in enumerate(self._blocks)
            for number in range(count)
            for part in "cm"
        ]
        return NamedTuple(self._tuple_name, [(name, Any) for name in names])

    @property
    # Any: a class that is made of the cell's settings, or None.
    def state_tuple_type(self) -> Any:
        """The named tuple of a state; None without state_is_tuple."""
        return self._tuple_type if self._state_is_tuple else None

    @property
    # Any: a named tuple of numbers, or their sum without state_is_tuple.
    def state_size(self) -> Any:
        """The sizes of c and m of each window; or their sum, without state_is_tuple."""
        count = 2 * sum(self._blocks) * len(self._prefixes)
        if not self._state_is_tuple:
            return self._num_units * count
        return self.state_tuple_type(*[self._num_units] * count)

    @property
    def output_size(self) -> int:
        """The number of units of all windows, in both directions."""
        return 2 * self._num_units * sum(self._blocks) * len(self._prefixes)

    def _checked(self, inputs: Any, state: Any) -> Any:
        if self._state_is_tuple:
            if not is_nested(state) or len(state) != len(self.state_size):
                raise TypeError(
                    "The two structures don't have the same nested structure. The state of the "
                    f"{type(self).__name__} in the scope '{self._scope_so_far}' is a "
                    f"{self._tuple_name} of {len(self.state_size)} tensors. Begin with "
                    "cell.zero_state(batch_size, dtype)."
                )
            return self.state_tuple_type(*state)
        return one_tensor(self, state)

    def _variables(self, inputs: Tensor, state: Any) -> list[dict[str, Any]]:
        return [self._of_block(block, *self._sizes(inputs)) for block in range(len(self._blocks))]

    def _sizes(self, inputs: Tensor) -> tuple[int, torch.dtype]:
        return self._features(inputs)[0][0].shape[1], dtype_for(inputs)

    def _of_block(self, block: int, depth: int, dtype: torch.dtype) -> dict[str, Any]:
        units, columns = self._num_units, (3 if self._coupled else 4) * self._num_units
        found: dict[str, Any] = {}
        for name in "f" if self._shared else "ft":
            shape = [depth + 2 * units, columns]
            found[f"W_{name}"] = in_pieces(f"W_{name}_{block}", shape, dtype, self._shards)
            found[f"B_{name}"] = whole(
                get_variable(f"B_{name}_{block}", [columns], dtype, initializer=_ZEROS)
            )
        if self._use_peepholes:
            for direction in ["freq"] if self._shared else ["freq", "time"]:
                for gate in "IO" if self._coupled else "FIO":
                    for of in "ft":
                        name = f"W_{gate}_diag_{direction}{of}"
                        found[name] = whole(get_variable(f"{name}_{block}", [units], dtype))
        return found

    def _step(
        self, variables: list[dict[str, Any]], inputs: Tensor, state: Any
    ) -> tuple[Tensor, Any]:
        outputs, states = self._all_blocks(variables, self._features(inputs), state, "state")
        joined = self.state_tuple_type(*states) if self._state_is_tuple else torch.cat(states, 1)
        return torch.cat(outputs, 1), joined

    def _all_blocks(
        self, variables: list[dict[str, Any]], features: Any, state: Any, prefix: str
    ) -> tuple[list[Tensor], list[Tensor]]:
        outputs, states = [], []
        for block, (of_block, windows) in enumerate(zip(variables, features, strict=True)):
            c_freq = m_freq = windows[0].new_zeros(windows[0].shape[0], self._num_units)
            for number, x in enumerate(windows):
                c, m = self._past(state, f"{prefix}_f{number:02d}_b{block:02d}", number)
                c, m, c_freq, m_freq = self._window(of_block, x, c, m, c_freq, m_freq)
                states += [c, m]
                outputs += [m, m_freq]
        return outputs, states

    def _past(self, state: Any, name: str, number: int) -> tuple[Tensor, Tensor]:
        """C and m of a window. In one tensor TF1 looks for them at the window's number in its block."""
        if self._state_is_tuple:
            return getattr(state, f"{name}_c"), getattr(state, f"{name}_m")
        units = self._num_units
        c, m = state[:, 2 * number * units : 2 * (number + 1) * units].chunk(2, 1)
        return c, m

    def _window(
        self, v: dict[str, Any], x: Tensor, c: Tensor, m: Tensor, c_freq: Tensor, m_freq: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        joined = torch.cat([x, m, m_freq], 1)
        past, new = (c_freq, c), []
        outs = []
        of_time = ("f", "freq") if self._shared else ("t", "time")
        for (name, direction), own in ((("f", "freq"), c_freq), (of_time, c)):
            gates = (joined @ v[f"W_{name}"] + v[f"B_{name}"]).chunk(3 if self._coupled else 4, 1)
            i = (gates[0] + self._seen(v, "I", direction, past)).sigmoid()
            if self._coupled:
                f = 1 - i
            else:
                f = gates[2] + self._forget_bias + self._seen(v, "F", direction, past)
                f = f.sigmoid()
            new.append(_clipped(f * own + i * torch.tanh(gates[1]), self._cell_clip))
            outs.append((gates[-1], direction))
        (o_freq, of_freq), (o_time, by_time) = outs
        both = (new[0], new[1])
        m_freq = (o_freq + self._seen(v, "O", of_freq, both)).sigmoid() * torch.tanh(new[0])
        m = (o_time + self._seen(v, "O", by_time, both)).sigmoid() * torch.tanh(new[1])
        return new[1], m, new[0], m_freq

    def _seen(self, v: dict[str, Any], gate: str, direction: str, cs: tuple[Tensor, Tensor]) -> Any:
        """What a gate sees of c in frequency and in time."""
        if not self._use_peepholes:
            return 0
        name = f"W_{gate}_diag_{direction}"
        return v[f"{name}f"] * cs[0] + v[f"{name}t"] * cs[1]

    def _features(self, inputs: Tensor, offset: int = 0) -> list[list[Tensor]]:
        """The windows of each block."""
        size = inputs.shape[1]
        if offset > 0:
            inputs = F.pad(inputs, (0, offset))
        elif offset < 0:
            inputs, offset = F.pad(inputs, (-offset, 0)), 0
        blocks, told = self._blocks, f"The cell's scope is '{self._scope_so_far}'."
        starts, ends = self._starts, self._ends
        if not starts:
            if len(blocks) != 1:
                raise ValueError(
                    f"Length of num_frequency_blocks is not 1, but instead is {len(blocks)}. {told}"
                )
            starts, ends = [0], [size]
        if ends is None or len(starts) != len(ends):
            raise ValueError(
                "Length of start and end freqindex_list does not match "
                f"{len(starts)} {0 if ends is None else len(ends)}. {told}"
            )
        if len(blocks) != len(starts):
            raise ValueError(
                "Length of num_frequency_blocks is not equal to start_freqindex_list "
                f"{len(blocks)} {len(starts)}. {told}"
            )
        width, skip = self._feature_size or 0, self._skip or 1
        found = []
        for wanted, start, end in zip(blocks, starts, ends, strict=True):
            count = int((end - start - width) / skip) + 1
            if count != wanted:
                raise ValueError(
                    f"Invalid num_frequency_blocks, requires {wanted} but gets {count}, please check "
                    f"the input size and filter config are correct. {told}"
                )
            found.append(_windows(inputs, width, skip, start + offset, count))
        return found


class BidirectionalGridLSTMCell(GridLSTMCell):
    """`GridLSTMCell` over the frequencies in both directions (tf.contrib.rnn.BidirectionalGridLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.BidirectionalGridLSTMCell(
    ...     4, feature_size=3, frequency_skip=2, num_frequency_blocks=[3]
    ... )
    >>> output, state = cell(torch.ones(1, 7), cell.zero_state(1, torch.float32))
    >>> output.shape, [v.name for v in ts.global_variables()][0]
    (torch.Size([1, 48]), 'bidirectional_grid_lstm_cell/fwd/W_f_0_0:0')

    Args:
        num_units: the number of units, N.
        use_peepholes: as in `GridLSTMCell`.
        share_time_frequency_weights: as in `GridLSTMCell`.
        cell_clip: as in `GridLSTMCell`.
        initializer: as in `GridLSTMCell`.
        num_unit_shards: as in `GridLSTMCell`.
        forget_bias: as in `GridLSTMCell`.
        feature_size: as in `GridLSTMCell`.
        frequency_skip: as in `GridLSTMCell`.
        num_frequency_blocks: as in `GridLSTMCell`.
        start_freqindex_list: as in `GridLSTMCell`.
        end_freqindex_list: as in `GridLSTMCell`.
        couple_input_forget_gates: as in `GridLSTMCell`.
        backward_slice_offset: how much further on the windows of the other direction are.
        reuse: as in `GridLSTMCell`.

    Raises:
        ValueError: as in `GridLSTMCell`.
    """

    _prefixes = ("fwd_state", "bwd_state")
    _tuple_name = "BidirectionalGridLSTMStateTuple"

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Sequence[int] | None = None,
        start_freqindex_list: Sequence[int] | None = None,
        end_freqindex_list: Sequence[int] | None = None,
        couple_input_forget_gates: bool = False,
        backward_slice_offset: int = 0,
        reuse: Any = None,
    ) -> None:
        super().__init__(
            *(num_units, use_peepholes, share_time_frequency_weights, cell_clip, initializer),
            *(num_unit_shards, forget_bias, feature_size, frequency_skip, num_frequency_blocks),
            *(start_freqindex_list, end_freqindex_list, couple_input_forget_gates, True, reuse),
        )
        self._offset = int(backward_slice_offset)

    def _variables(self, inputs: Tensor, state: Any) -> Any:
        found = []
        for name in ("fwd", "bwd"):
            with variable_scope(name):
                found.append(super()._variables(inputs, state))
        return found

    def _step(self, variables: Any, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        backward = [windows[::-1] for windows in self._features(inputs, self._offset)]
        outputs, states = self._all_blocks(variables[0], self._features(inputs), state, "fwd_state")
        more, more_states = self._all_blocks(variables[1], backward, state, "bwd_state")
        return torch.cat(outputs + more, 1), self.state_tuple_type(*states, *more_states)
