"""An LSTM whose units are open at times of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.values.structures import is_nested
from torchscope.initializers import Constant, Initializer, RandomUniform
from torchscope.layers.arguments import dtype_for
from torchscope.rnn.cell import LSTMStateTuple, whole
from torchscope.rnn.linear import Affine
from torchscope.rnn.steps import AskingCell, checked_state


class _Exponential(Initializer):
    """Draws numbers whose logarithms are even between two."""

    def __init__(self, minval: float, maxval: float) -> None:
        self.minval, self.maxval = minval, maxval

    def _fill(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return RandomUniform(math.log(self.minval), math.log(self.maxval))(shape, dtype).exp()


class PhasedLSTMCell(AskingCell):
    """An LSTM for events at any time (tf.contrib.rnn.PhasedLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.PhasedLSTMCell(4)
    >>> times, x = torch.rand(2, 5, 1).cumsum(1), torch.ones(2, 5, 3)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, (times, x), dtype=torch.float32)
    >>> outputs.shape, [v.name for v in ts.global_variables()][-3:]
    (torch.Size([2, 5, 4]), ['rnn/phased_lstm_cell/period:0', 'rnn/phased_lstm_cell/phase:0', 'rnn/phased_lstm_cell/ratio_on:0'])

    An input is a pair: the time, (B, 1), and (B, D).

    Args:
        num_units: the number of units, N.
        use_peepholes: whether the gates see c.
        leak: how far a unit is open in the rest of its period.
        ratio_on: the share of its period in which a unit is open.
        trainable_ratio_on: whether that is trained.
        period_init_min: the shortest period at first.
        period_init_max: the longest.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        leak: float = 0.001,
        ratio_on: float = 0.1,
        trainable_ratio_on: bool = True,
        period_init_min: float = 1.0,
        period_init_max: float = 1000.0,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._leak = leak
        self._ratio_on, self._trainable_ratio_on = ratio_on, trainable_ratio_on
        self._of_period = _Exponential(period_init_min, period_init_max)

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of c and h."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _checked(self, inputs: Any, state: Any) -> Any:
        if not is_nested(inputs) or len(inputs) != 2:
            raise ValueError(
                "not enough values to unpack (expected 2, got 1). An input of the PhasedLSTMCell in "
                f"the scope '{self._scope_so_far}' is a pair: the time, (B, 1), and (B, D)."
            )
        return checked_state(self, inputs[1], state)

    def _variables(self, inputs: Any, state: Any) -> dict[str, Any]:
        units, dtype = self._num_units, dtype_for(inputs[1])
        depth = inputs[1].shape[1] + units
        seen = depth + units if self._use_peepholes else depth
        found: dict[str, Any] = {}
        for name, rows, columns in (
            ("mask_gates", seen, 2 * units),
            ("new_input", depth, units),
            ("output_gate", seen, units),
        ):
            with variable_scope(name):
                found[name] = Affine(rows, columns, dtype)
        period = get_variable("period", [units], dtype, initializer=self._of_period)

        def of_phase(shape: Sequence[int], dtype: Any = None, partition_info: Any = None) -> Tensor:
            # Each phase begins within its period.
            return RandomUniform(0.0, 1.0)(shape, dtype) * whole(period).detach()

        found["period"] = whole(period)
        found["phase"] = whole(get_variable("phase", [units], dtype, initializer=of_phase))
        found["ratio_on"] = whole(
            get_variable(
                "ratio_on",
                [units],
                dtype,
                initializer=Constant(self._ratio_on),
                trainable=self._trainable_ratio_on,
            )
        )
        return found

    def _step(self, variables: dict[str, Any], inputs: Any, state: Any) -> tuple[Tensor, Any]:
        old_c, old_h = state
        time, x = inputs
        seen = [x, old_h, old_c] if self._use_peepholes else [x, old_h]
        i, f = variables["mask_gates"](*seen).sigmoid().chunk(2, 1)
        c = old_c * f + i * torch.tanh(variables["new_input"](x, old_h))
        seen = [x, old_h, c] if self._use_peepholes else [x, old_h]
        h = torch.tanh(c) * variables["output_gate"](*seen).sigmoid()
        k = self._openness(variables, time, x.dtype)
        c, h = k * c + (1 - k) * old_c, k * h + (1 - k) * old_h
        return h, LSTMStateTuple(c, h)

    def _openness(self, variables: dict[str, Any], time: Tensor, dtype: torch.dtype) -> Tensor:
        """How far each unit is open, (B, N)."""
        period = variables["period"].to(time.dtype)
        shifted = time - variables["phase"].to(time.dtype)
        # As in TF1 the gradient is that of the number before it is folded into the period.
        folded = (torch.remainder(shifted, period) - shifted).detach() + shifted
        ratio, ratio_on = (folded / period).to(dtype), variables["ratio_on"]
        rising = 2 * ratio / ratio_on
        k = torch.where(ratio < ratio_on, 2 - rising, self._leak * ratio)
        return torch.where(ratio < 0.5 * ratio_on, rising, k)
