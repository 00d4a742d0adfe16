"""The cells whose state is their output: the basic one, and the gated recurrent unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope.initializers import Constant
from torchscope.nn import basic_rnn, gru, recurrence
from torchscope.rnn.cell import LayerRNNCell, activation_of, is_tanh, one_tensor, whole

_ZEROS, _ONES = Constant(0.0), Constant(1.0)


class _OutputIsState(LayerRNNCell):
    """A cell whose state is its output."""

    def __init__(
        self, num_units: int, activation: Callable[..., Any] | str | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._num_units = num_units
        self._activation = activation_of(activation)

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units


class BasicRNNCell(_OutputIsState):
    """``activation(inputs @ W + state @ U + b)`` (tf.nn.rnn_cell.BasicRNNCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.BasicRNNCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('basic_rnn_cell/kernel:0', (7, 4)), ('basic_rnn_cell/bias:0', (4,))]

    Args:
        num_units: the number of units, N.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
        **kwargs: `trainable`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, _reuse=reuse, name=name, dtype=dtype, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D + N, N), and 'bias', (N,)."""
        depth, units = self._depth_at_first(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth + units, units])
        self._bias = self.add_weight("bias", [units], initializer=_ZEROS)
        super().build(input_shape)

    def call(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Computes one step."""
        state, kernel, bias = self._given(inputs, state)
        joined = torch.cat([inputs, state], 1)
        output = self._activation(torch.addmm(bias, joined, kernel))
        return output, output

    def _unroll(
        self, inputs: Tensor, past: Tensor | None, first: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        state, kernel, bias = self._given(first, state)
        given = inputs, state, kernel, bias
        if not (is_tanh(self._activation) and recurrence.fits(*given)):
            return basic_rnn.step_by_step(*given, self._activation, past)
        outputs = basic_rnn.over_time(*given)
        (last,) = recurrence.lasts(past, [(state, outputs)])
        return outputs, last

    def _given(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The state, the kernel and the bias, which fit the inputs of a step."""
        state, kernel = one_tensor(self, state), whole(self._kernel)
        self._check(inputs, state, kernel)
        return state, kernel, whole(self._bias)


class GRUCell(_OutputIsState):
    """A gated recurrent unit, which resets the state before the product (tf.nn.rnn_cell.GRUCell).

    PyTorch's nn.GRU, and cuDNN, reset after it: their weights cannot be used for each other.

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    gru_cell/gates/kernel:0 (7, 8)
    gru_cell/gates/bias:0 (8,)
    gru_cell/candidate/kernel:0 (7, 4)
    gru_cell/candidate/bias:0 (4,)

    The gates are in the order reset, update. Their bias starts at 1, the candidate's at 0.

    Args:
        num_units: the number of units, N.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        kernel_initializer: an initializer for both kernels.
        bias_initializer: an initializer for both biases.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
        **kwargs: `trainable`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
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
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, _reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def build(self, input_shape: Any) -> None:
        """Makes 'gates/kernel', (D + N, 2 N), 'candidate/kernel', (D + N, N), and their biases."""
        depth = self._depth_at_first(input_shape)
        units, of_kernel, of_bias = (
            self._num_units,
            self._kernel_initializer,
            self._bias_initializer,
        )
        rows = depth + units
        self._gate_kernel = self.add_weight(
            "gates/kernel", [rows, 2 * units], initializer=of_kernel
        )
        self._gate_bias = self.add_weight(
            "gates/bias", [2 * units], initializer=_ONES if of_bias is None else of_bias
        )
        self._candidate_kernel = self.add_weight(
            "candidate/kernel", [rows, units], initializer=of_kernel
        )
        self._candidate_bias = self.add_weight(
            "candidate/bias", [units], initializer=_ZEROS if of_bias is None else of_bias
        )
        super().build(input_shape)

    def call(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Computes one step."""
        output = gru.step(inputs, *self._given(inputs, state), self._activation)
        return output, output

    def _unroll(
        self, inputs: Tensor, past: Tensor | None, first: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        given = inputs, *self._given(first, state)
        if not (is_tanh(self._activation) and recurrence.fits(*given)):
            return gru.step_by_step(*given, self._activation, past)
        outputs = gru.over_time(*given)[0]
        (last,) = recurrence.lasts(past, [(given[1], outputs)])
        return outputs, last

    def _given(self, inputs: Tensor, state: Tensor) -> gru.Given:
        """The state, and both kernels with their biases, which fit the inputs of a step."""
        state, kernel = one_tensor(self, state), whole(self._gate_kernel)
        self._check(inputs, state, kernel)
        bias, of_candidate = whole(self._gate_bias), whole(self._candidate_kernel)
        return state, kernel, bias, of_candidate, whole(self._candidate_bias)
