"""LSTMs with fewer numbers: one gate for what is forgotten and what is new, or units in groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for
from torchscope.rnn.cell import LSTMStateTuple, activation_of, whole
from torchscope.rnn.linear import Affine
from torchscope.rnn.normalized import normalized, scale_and_shift
from torchscope.rnn.pieces import in_pieces
from torchscope.rnn.steps import AskingCell

_ZEROS = Constant(0.0)


class CoupledInputForgetGateLSTMCell(AskingCell):
    """An LSTM that takes in as much as it forgets (tf.contrib.rnn's cell of that name).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.CoupledInputForgetGateLSTMCell(4, use_peepholes=True, num_proj=2)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.name.partition("/")[2], tuple(v.shape))
    W_0:0 (5, 12)
    B:0 (12,)
    W_F_diag:0 (4,)
    W_O_diag:0 (4,)
    W_P_0:0 (4, 2)

    Args:
        num_units: the number of units, N.
        use_peepholes: whether the gates see c.
        initializer: accepted for TF1 code; as there it has no effect.
        num_proj: the number of outputs that the units are projected to.
        proj_clip: the largest absolute value of a projected output.
        num_unit_shards: in how many pieces the kernel is made.
        num_proj_shards: in how many pieces the projection's kernel is made.
        forget_bias: what is added to the gate.
        state_is_tuple: whether the state is an LSTMStateTuple, or c and h in one tensor.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        layer_norm: whether the gates and the new c are normalized over the units. Then the bias is made,
            and has no effect, as in TF1.
        norm_gain: the first value of each 'gamma'.
        norm_shift: the first value of each 'beta'.

    Raises:
        ValueError: when called: shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[..., Any] | str | None = torch.tanh,
        reuse: Any = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._num_proj, self._proj_clip = num_proj, proj_clip
        self._shards = num_unit_shards, num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_of(activation)
        self._layer_norm = layer_norm
        self._begin_with = norm_gain, norm_shift

    @property
    # Any: two numbers, or their sum without state_is_tuple.
    def state_size(self) -> Any:
        """The sizes of c and h, as an LSTMStateTuple; or their sum, without state_is_tuple."""
        sizes = self._num_units, self.output_size
        return LSTMStateTuple(*sizes) if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        """The number of units; or of what they are projected to."""
        return self._num_proj or self._num_units

    def _variables(self, inputs: Tensor, state: Any) -> dict[str, Any]:
        units, dtype = self._num_units, dtype_for(inputs)
        depth = inputs.shape[1] + self.output_size
        found: dict[str, Any] = {"W": in_pieces("W", [depth, 3 * units], dtype, self._shards[0])}
        found["B"] = whole(get_variable("B", [3 * units], dtype, initializer=_ZEROS))
        for name in ("transform", "forget", "output") if self._layer_norm else ():
            found[name] = scale_and_shift(name, units, dtype, *self._begin_with)
        for name in ("W_F_diag", "W_O_diag") if self._use_peepholes else ():
            found[name] = whole(get_variable(name, [units], dtype))
        if self._layer_norm:
            found["state"] = scale_and_shift("state", units, dtype, *self._begin_with)
        if self._num_proj is not None:
            found["W_P"] = in_pieces("W_P", [units, self._num_proj], dtype, self._shards[1])
        return found

    def _step(self, variables: dict[str, Any], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        if not self._state_is_tuple:
            state = torch.split(state, [self._num_units, self.output_size], 1)
        c, h = state
        gates = torch.cat([inputs, h], 1) @ variables["W"]
        if not self._layer_norm:
            gates = gates + variables["B"]
        j, f, o = (
            normalized(gate, variables.get(name))
            for gate, name in zip(gates.chunk(3, 1), ("transform", "forget", "output"), strict=True)
        )
        f = f + self._forget_bias
        if self._use_peepholes:
            f = f + variables["W_F_diag"] * c
        f = f.sigmoid()
        c = normalized(f * c + (1 - f) * self._activation(j), variables.get("state"))
        if self._use_peepholes:
            o = o + variables["W_O_diag"] * c
        h = o.sigmoid() * self._activation(c)
        if self._num_proj is not None:
            h = h @ variables["W_P"]
            if self._proj_clip is not None:
                h = h.clamp(-self._proj_clip, self._proj_clip)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else torch.cat([c, h], 1)


class GLSTMCell(AskingCell):
    """An LSTM whose units are in groups, each of which sees a part of the inputs (tf.contrib.rnn.GLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GLSTMCell(4, number_of_groups=2)
    >>> output, state = cell(torch.ones(2, 6), cell.zero_state(2, torch.float32))
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()][:2]
    [('glstm_cell/group0/kernel:0', (5, 8)), ('glstm_cell/group1/kernel:0', (5, 8))]

    Args:
        num_units: the number of units, N.
        initializer: an initializer for the kernels.
        num_proj: the number of outputs that the units are projected to.
        number_of_groups: the number of groups.
        forget_bias: what is added to the forget gate, beside its bias.
        activation: a function of the memory, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: the units, or what they are projected to, are not as many in each group; or (when
            called) the inputs are not, or shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        num_proj: int | None = None,
        number_of_groups: int = 1,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] | str | None = torch.tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if num_units % number_of_groups:
            raise ValueError("num_units must be divisible by number_of_groups")
        if num_proj and num_proj % number_of_groups:
            raise ValueError("num_proj must be divisible by number_of_groups")
        self._num_units, self._num_proj = num_units, num_proj
        self._initializer = initializer
        self._groups = number_of_groups
        self._forget_bias = forget_bias
        self._activation = activation_of(activation)

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of c and h."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The number of units; or of what they are projected to."""
        return self._num_proj or self._num_units

    def _checked(self, inputs: Any, state: Any) -> Any:
        if inputs.ndim == 2 and inputs.shape[1] % self._groups:
            raise ValueError(
                f"input size ({inputs.shape[1]}) must be divisible by number_of_groups "
                f"({self._groups})"
            )
        return super()._checked(inputs, state)

    def _variables(self, inputs: Tensor, state: Any) -> dict[str, Any]:
        units, dtype = self._num_units, dtype_for(inputs)
        depth = (inputs.shape[1] + self.output_size) // self._groups
        found: dict[str, Any] = {"groups": []}
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            for number in range(self._groups):
                with variable_scope(f"group{number}"):
                    made = Affine(depth, 4 * units // self._groups, dtype, bias=False)
                    found["groups"].append(made)
            found["biases"] = [
                whole(get_variable(f"bias_{gate}", [units], dtype, initializer=_ZEROS))
                for gate in "ijfo"
            ]
        if self._num_proj is not None:
            with variable_scope("projection"):
                found["projection"] = Affine(units, self._num_proj, dtype, bias=False)
        return found

    def _step(self, variables: dict[str, Any], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        c, h = state
        parts = zip(inputs.chunk(self._groups, 1), h.chunk(self._groups, 1), strict=True)
        gates = [
            affine(x, past).chunk(4, 1)
            for affine, (x, past) in zip(variables["groups"], parts, strict=True)
        ]
        i, j, f, o = (
            torch.cat(of_groups, 1) + bias
            for of_groups, bias in zip(zip(*gates, strict=True), variables["biases"], strict=True)
        )
        c = (f + self._forget_bias).sigmoid() * c + i.sigmoid() * torch.tanh(j)
        h = o.sigmoid() * self._activation(c)
        if self._num_proj is not None:
            h = variables["projection"](h)
        return h, LSTMStateTuple(c, h)
