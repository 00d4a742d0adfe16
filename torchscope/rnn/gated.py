"""Cells with gates of other kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.store.variables import Variable
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for, initializer_of
from torchscope.rnn.cell import LSTMStateTuple, activation_of, whole
from torchscope.rnn.linear import Affine
from torchscope.rnn.steps import AskingCell, BuiltCell

_ZEROS = Constant(0.0)


class NASCell(BuiltCell):
    """The cell that neural architecture search found (tf.contrib.rnn.NASCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.NASCell(4, num_proj=2, use_bias=True)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(2, 5, 3), dtype=torch.float32)
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    rnn/nas_cell/recurrent_kernel:0 (2, 32)
    rnn/nas_cell/kernel:0 (3, 32)
    rnn/nas_cell/bias:0 (32,)
    rnn/nas_cell/projection_weights:0 (4, 2)

    Args:
        num_units: the number of units, N.
        num_proj: the number of outputs that the units are projected to.
        use_bias: whether there is a bias.
        reuse: as in a variable_scope: with True it finds its variables.
        **kwargs: `name`, `trainable`, `dtype`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        num_proj: int | None = None,
        use_bias: bool = False,
        reuse: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of c and h."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The number of units; or of what they are projected to."""
        return self._num_units if self._num_proj is None else self._num_proj

    def build(self, input_shape: Any) -> None:
        """Makes 'recurrent_kernel', (N, 8 N), 'kernel', (D, 8 N), and what the options need."""
        depth, columns = self._depth_at_first(input_shape), 8 * self._num_units
        self.recurrent_kernel: Variable = self.add_weight(
            "recurrent_kernel", [self.output_size, columns]
        )
        self.kernel: Variable = self.add_weight("kernel", [depth, columns])
        if self._use_bias:
            self.bias: Variable = self.add_weight("bias", [columns], initializer=_ZEROS)
        if self._num_proj is not None:
            self.projection_weights: Variable = self.add_weight(
                "projection_weights", [self._num_units, self._num_proj]
            )
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        return inputs @ whole(self.kernel)

    def _step(self, given: Tensor, state: Any) -> tuple[Tensor, Any]:
        c, h = state
        recurrent = h @ whole(self.recurrent_kernel)
        if self._use_bias:
            recurrent = recurrent + whole(self.bias)
        x, m = given.chunk(8, 1), recurrent.chunk(8, 1)
        first = torch.tanh((x[0] + m[0]).sigmoid() * F.relu(x[1] + m[1]))
        # Of this pair alone the product is taken.
        second = torch.tanh((x[2] + m[2]).sigmoid() + F.relu(x[3] * m[3]))
        third = torch.tanh(torch.tanh(x[4] + m[4]) * (x[5] + m[5]).sigmoid())
        fourth = torch.sigmoid(torch.tanh(x[6] + m[6]) + (x[7] + m[7]).sigmoid())
        c = torch.tanh(first + c) * second
        h = torch.tanh(c * torch.tanh(third + fourth))
        if self._num_proj is not None:
            h = h @ whole(self.projection_weights)
        return h, LSTMStateTuple(c, h)


class _Units(AskingCell):
    """A cell whose state, and whose output, are its units."""

    def __init__(self, num_units: int, initializer: Any, forget_bias: float, reuse: Any) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units


class UGRNNCell(_Units):
    """A unit with one gate, between the state and what is new (tf.contrib.rnn.UGRNNCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.UGRNNCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('ugrnn_cell/kernel:0', (7, 8)), ('ugrnn_cell/bias:0', (8,))]

    Args:
        num_units: the number of units, N.
        initializer: an initializer for the kernel.
        forget_bias: what is added to the gate.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: shapes do not fit.
        TypeError: when called: the state has another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] | str | None = torch.tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(num_units, initializer, forget_bias, reuse)
        self._activation = activation_of(activation)

    def _variables(self, inputs: Tensor, state: Tensor) -> Affine:
        depth = inputs.shape[1] + self._num_units
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            return Affine(depth, 2 * self._num_units, dtype_for(inputs))

    def _step(self, variables: Affine, inputs: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        gate, new = variables(inputs, state).chunk(2, 1)
        gate = (gate + self._forget_bias).sigmoid()
        state = gate * state + (1 - gate) * self._activation(new)
        return state, state


class IntersectionRNNCell(_Units):
    """A cell with gates in depth as well as in time (tf.contrib.rnn.IntersectionRNNCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.IntersectionRNNCell(4, num_in_proj=4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    intersection_rnn_cell/in_projection/kernel:0 (3, 4)
    intersection_rnn_cell/in_projection/bias:0 (4,)
    intersection_rnn_cell/kernel:0 (8, 16)
    intersection_rnn_cell/bias:0 (16,)

    Args:
        num_units: the number of units, N.
        num_in_proj: whether inputs of another number are projected to N.
        initializer: an initializer for the kernels.
        forget_bias: what is added to both gates.
        y_activation: a function of what is new of the output; relu by default.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: there are not N inputs, and no num_in_proj; or shapes do not fit.
        TypeError: when called: the state has another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Callable[..., Any] | str | None = F.relu,
        reuse: Any = None,
    ) -> None:
        super().__init__(num_units, initializer, forget_bias, reuse)
        self._num_in_proj = num_in_proj
        self._y_activation = activation_of(y_activation)

    def _variables(self, inputs: Tensor, state: Tensor) -> tuple[Affine | None, Affine]:
        units, dtype, projection = self._num_units, dtype_for(inputs), None
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            if inputs.shape[1] != units:
                if not self._num_in_proj:
                    raise ValueError(
                        "Must have input size == output size for Intersection RNN. To fix, num_in_proj "
                        f"should be set to num_units at cell init. The cell in the scope "
                        f"'{self._scope_so_far}' has {units} units, and inputs of shape "
                        f"{tuple(inputs.shape)}."
                    )
                with variable_scope("in_projection"):
                    projection = Affine(inputs.shape[1], units, dtype)
            return projection, Affine(2 * units, 4 * units, dtype)

    def _step(
        self, variables: tuple[Affine | None, Affine], inputs: Tensor, state: Tensor
    ) -> tuple[Tensor, Any]:
        projection, affine = variables
        if projection is not None:
            inputs = projection(inputs)
        gate_h, h, gate_y, y = affine(inputs, state).chunk(4, 1)
        gate_h, gate_y = ((each + self._forget_bias).sigmoid() for each in (gate_h, gate_y))
        state = gate_h * state + (1 - gate_h) * torch.tanh(h)
        return gate_y * inputs + (1 - gate_y) * self._y_activation(y), state


class SRUCell(BuiltCell):
    """A simple recurrent unit, whose gates see the inputs alone (tf.contrib.rnn.SRUCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.SRUCell(4)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(2, 5, 3), dtype=torch.float32)
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('rnn/sru_cell/kernel:0', (3, 16)), ('rnn/sru_cell/bias:0', (8,))]

    Args:
        num_units: the number of units, N.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope, made unique where it is first called.
        **kwargs: `trainable`, `dtype`.

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
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, **kwargs)
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

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D, 4 N), and 'bias', (2 N,)."""
        depth, units = self._depth_at_first(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth, 4 * units])
        self._bias = self.add_weight("bias", [2 * units], initializer=_ZEROS)
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        units = self._num_units
        new, gates, past = torch.split(inputs @ whole(self._kernel), [units, 2 * units, units], -1)
        return torch.cat([new, (gates + whole(self._bias)).sigmoid(), past], -1)

    def _step(self, given: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        new, forget, reset, past = given.chunk(4, 1)
        state = forget * state + (1 - forget) * new
        return reset * self._activation(state) + (1 - reset) * past, state


class _NamedInitializers(BuiltCell):
    """A cell whose activation and initializers are named, as in Keras."""

    def __init__(
        self,
        units: int,
        activation: Callable[..., Any] | str | None = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "ones",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.units = units
        self.activation: Callable[..., Any] = activation_of(activation or "linear")
        self.kernel_initializer: Any = initializer_of(kernel_initializer)
        self.bias_initializer: Any = initializer_of(bias_initializer)

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self.units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self.units


class MinimalRNNCell(_NamedInitializers):
    """A unit with one gate, on a map of the inputs (tf.contrib.rnn.MinimalRNNCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.MinimalRNNCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('minimal_rnn_cell/kernel:0', (11, 4)), ('minimal_rnn_cell/bias:0', (4,))]

    Args:
        units: the number of units, N.
        activation: a function, or its name; none where it is None.
        kernel_initializer: an initializer for the kernel, or its name.
        bias_initializer: an initializer for the bias, or its name.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
        **kwargs: `trainable`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another dtype than the inputs.
    """

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D + 2 N, N), and 'bias', (N,)."""
        depth = self._depth_at_first(input_shape)
        self.kernel: Variable = self.add_weight(
            "kernel", [depth + 2 * self.units, self.units], initializer=self.kernel_initializer
        )
        self.bias: Variable = self.add_weight(
            "bias", [self.units], initializer=self.bias_initializer
        )
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        mapped, gate, _ = self._kernels()
        new = self.activation(inputs @ mapped)
        return torch.cat([new, new @ gate + whole(self.bias)], -1)

    def _step(self, given: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        new, gate = given.chunk(2, 1)
        gate = (gate + state @ self._kernels()[2]).sigmoid()
        state = gate * state + (1 - gate) * new
        return state, state

    def _kernels(self) -> tuple[Tensor, Tensor, Tensor]:
        kernel = whole(self.kernel)
        mapped, gate, of_state = kernel.tensor_split([-2 * self.units, -self.units])
        return mapped, gate, of_state


class CFNCell(_NamedInitializers):
    """A unit that has no chaos: left alone it goes to zero (tf.contrib.rnn.CFNCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.CFNCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    cfn_cell/kernel:0 (3, 12)
    cfn_cell/recurrent_kernel:0 (4, 8)
    cfn_cell/bias:0 (8,)

    Args:
        units: the number of units, N.
        activation: a function, or its name; none where it is None.
        kernel_initializer: an initializer for both kernels, or its name.
        bias_initializer: an initializer for the bias, or its name.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
        **kwargs: `trainable`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another dtype than the inputs.
    """

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D, 3 N), 'recurrent_kernel', (N, 2 N), and 'bias', (2 N,)."""
        depth, units = self._depth_at_first(input_shape), self.units
        of_kernel = self.kernel_initializer
        self.kernel: Variable = self.add_weight("kernel", [depth, 3 * units], initializer=of_kernel)
        self.recurrent_kernel: Variable = self.add_weight(
            "recurrent_kernel", [units, 2 * units], initializer=of_kernel
        )
        self.bias: Variable = self.add_weight(
            "bias", [2 * units], initializer=self.bias_initializer
        )
        self.built = True

    def _given(self, inputs: Tensor) -> Tensor:
        gates, new = torch.split(inputs @ whole(self.kernel), [2 * self.units, self.units], -1)
        return torch.cat([gates + whole(self.bias), self.activation(new)], -1)

    def _step(self, given: Tensor, state: Tensor) -> tuple[Tensor, Any]:
        gates, new = torch.split(given, [2 * self.units, self.units], 1)
        theta, eta = (gates + state @ whole(self.recurrent_kernel)).sigmoid().chunk(2, 1)
        state = theta * self.activation(state) + (1 - eta) * new
        return state, state
