"""Cells whose units see their own past alone: a vector where others have a recurrent matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope.initializers import Constant, RandomUniform
from torchscope.rnn.cell import LSTMStateTuple, activation_of, whole
from torchscope.rnn.steps import BuiltCell

_ZEROS, _ONES = Constant(0.0), Constant(1.0)
_EVEN = RandomUniform(-1.0, 1.0)


class _Independent(BuiltCell):
    """A cell of independent units."""

    _kernel_initializer: Any = None
    _bias_initializer: Any = None

    def __init__(
        self, num_units: int, activation: Callable[..., Any] | str | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._num_units = num_units
        self._activation = activation_of(activation)

    @property
    # Any: a subclass may have a structure.
    def state_size(self) -> Any:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _made(
        self, kernel: str, recurrent: str, bias: str, depth: int, columns: int, first: Constant
    ) -> tuple[Any, Any, Any]:
        """A kernel (D, K), what a unit's own past is multiplied by (1, K), and a bias (K,)."""
        given = first if self._bias_initializer is None else self._bias_initializer
        return (
            self.add_weight(kernel, [depth, columns], initializer=self._kernel_initializer),
            self.add_weight(recurrent, [1, columns], initializer=_EVEN),
            self.add_weight(bias, [columns], initializer=given),
        )


class IndRNNCell(_Independent):
    """``activation(inputs @ W + state * u + b)`` (tf.contrib.rnn.IndRNNCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.IndRNNCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    ind_rnn_cell/kernel_w:0 (3, 4)
    ind_rnn_cell/kernel_u:0 (1, 4)
    ind_rnn_cell/bias:0 (4,)

    Args:
        num_units: the number of units, N.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, _reuse=reuse, name=name, dtype=dtype)

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel_w', (D, N), 'kernel_u', (1, N), and 'bias', (N,)."""
        depth = self._depth_at_first(input_shape)
        self._kernel_w, self._kernel_u, self._bias = self._made(
            "kernel_w", "kernel_u", "bias", depth, self._num_units, _ZEROS
        )
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        return inputs @ whole(self._kernel_w) + whole(self._bias)

    def _step(self, given: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        output = self._activation(given + state * whole(self._kernel_u))
        return output, output


class IndyGRUCell(_Independent):
    """A gated recurrent unit of independent units (tf.contrib.rnn.IndyGRUCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.IndyGRUCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    indy_gru_cell/gates/kernel_w:0 (3, 8)
    indy_gru_cell/gates/kernel_u:0 (1, 8)
    indy_gru_cell/gates/bias:0 (8,)
    indy_gru_cell/candidate/kernel:0 (3, 4)
    indy_gru_cell/candidate/kernel_u:0 (1, 4)
    indy_gru_cell/candidate/bias:0 (4,)

    Args:
        num_units: the number of units, N.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        kernel_initializer: an initializer for both kernels.
        bias_initializer: an initializer for both biases.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, _reuse=reuse, name=name, dtype=dtype)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        """Makes the variables of the gates, of 2 N columns, and of the candidate, of N."""
        depth, units = self._depth_at_first(input_shape), self._num_units
        self._gates = self._made(
            *("gates/kernel_w", "gates/kernel_u", "gates/bias"), depth, 2 * units, _ONES
        )
        self._candidate = self._made(
            *("candidate/kernel", "candidate/kernel_u", "candidate/bias"), depth, units, _ZEROS
        )
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        both = [inputs @ whole(w) + whole(b) for w, _, b in (self._gates, self._candidate)]
        return torch.cat(both, -1)

    def _step(self, given: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        gates, candidate = torch.split(given, [2 * self._num_units, self._num_units], 1)
        gates = (gates + state.repeat(1, 2) * whole(self._gates[1])).sigmoid()
        reset, update = gates.chunk(2, 1)
        new = self._activation(candidate + reset * state * whole(self._candidate[1]))
        state = update * state + (1 - update) * new
        return state, state


class IndyLSTMCell(_Independent):
    """An LSTM of independent units (tf.contrib.rnn.IndyLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.IndyLSTMCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    indy_lstm_cell/kernel_w:0 (3, 16)
    indy_lstm_cell/kernel_u:0 (1, 16)
    indy_lstm_cell/bias:0 (16,)

    Args:
        num_units: the number of units, N.
        forget_bias: what is added to the forget gate, beside its bias.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        kernel_initializer: an initializer for the kernel.
        bias_initializer: an initializer for the bias.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, _reuse=reuse, name=name, dtype=dtype)
        self._forget_bias = forget_bias
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of c and h."""
        return LSTMStateTuple(self._num_units, self._num_units)

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel_w', (D, 4 N), 'kernel_u', (1, 4 N), and 'bias', (4 N,)."""
        depth = self._depth_at_first(input_shape)
        self._kernel_w, self._kernel_u, self._bias = self._made(
            "kernel_w", "kernel_u", "bias", depth, 4 * self._num_units, _ZEROS
        )
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        return inputs @ whole(self._kernel_w) + whole(self._bias)

    def _step(self, given: Tensor, state: Any) -> tuple[Tensor, Any]:
        c, h = state
        i, j, f, o = (given + h.repeat(1, 4) * whole(self._kernel_u)).chunk(4, 1)
        c = c * (f + self._forget_bias).sigmoid() + i.sigmoid() * self._activation(j)
        h = self._activation(c) * o.sigmoid()
        return h, LSTMStateTuple(c, h)
