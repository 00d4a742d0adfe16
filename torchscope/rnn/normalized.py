"""Long short-term memory whose gates, or weights, are normalized."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for
from torchscope.nn import layer_norm_lstm, recurrence
from torchscope.nn.normalization import l2_normalize
from torchscope.rnn.cell import LSTMStateTuple, activation_of, is_tanh, whole
from torchscope.rnn.linear import Affine
from torchscope.rnn.steps import AskingCell


def scale_and_shift(name: str, units: int, dtype: torch.dtype, gain: float, shift: float) -> Any:
    """Gamma and beta of what is normalized, in a scope of this name.

    >>> import torch, torchscope as ts
    >>> _ = scale_and_shift("input", 3, torch.float32, 1.0, 0.0)
    >>> [v.name for v in ts.global_variables()]
    ['input/gamma:0', 'input/beta:0']
    """
    with variable_scope(name):
        return tuple(
            whole(get_variable(each, [units], dtype, initializer=Constant(first)))
            for each, first in (("gamma", gain), ("beta", shift))
        )


def normalized(given: Tensor, by: Any) -> Tensor:
    """The last axis with mean 0 and variance 1, scaled and shifted; as it is where `by` is None."""
    if by is None:
        return given
    gamma, beta = by
    return F.layer_norm(given, given.shape[-1:], gamma, beta, _epsilon(given.dtype))


def _epsilon(dtype: torch.dtype) -> float:
    """What TF1's layer_norm adds to the variance."""
    return 1e-3 if dtype is torch.float16 else 1e-12


# What is normalized: the gates in their order, and then the new memory.
_NORMALIZED = ("input", "transform", "forget", "output", "state")


class LayerNormBasicLSTMCell(AskingCell):
    """An LSTM with layer normalization and recurrent dropout (tf.contrib.rnn's cell of that name).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.LayerNormBasicLSTMCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> [v.op.name.removeprefix("layer_norm_basic_lstm_cell/") for v in ts.global_variables()][:4]
    ['kernel', 'input/gamma', 'input/beta', 'transform/gamma']

    The gates and the new c are normalized over the units. Then there is no bias.

    Args:
        num_units: the number of units, N.
        forget_bias: what is added to the forget gate.
        input_size: accepted for TF1 code; it has no effect.
        activation: a function; tanh by default.
        layer_norm: whether anything is normalized; where it is not, there is a bias.
        norm_gain: the first value of each 'gamma'.
        norm_shift: the first value of each 'beta'.
        dropout_keep_prob: the share of the new inputs that is kept, a number or a tensor.
        dropout_prob_seed: accepted for TF1 code; it has no effect.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: shapes do not fit.
        TypeError: when called: the state has another structure.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Callable[..., Any] | str | None = None,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: float | Tensor = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._activation = activation_of(activation)
        self._layer_norm = layer_norm
        self._begin_with = norm_gain, norm_shift
        self._keep_prob = dropout_keep_prob

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of c and h."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _variables(self, inputs: Tensor, state: Any) -> dict[str, Any]:
        """The kernel, the bias if there is one, and gamma and beta of what is normalized."""
        units, dtype = self._num_units, dtype_for(inputs)
        kernel = get_variable("kernel", [inputs.shape[1] + units, 4 * units], dtype)
        found: dict[str, Any] = {"kernel": whole(kernel)}
        if not self._layer_norm:
            found["bias"] = whole(get_variable("bias", [4 * units], dtype))
        for name in _NORMALIZED if self._layer_norm else ():
            found[name] = scale_and_shift(name, units, dtype, *self._begin_with)
        return found

    @property
    def _drops(self) -> bool:
        return not isinstance(self._keep_prob, float) or self._keep_prob < 1

    def _all_steps(
        self, variables: dict[str, Any], inputs: Tensor, past: Tensor | None, state: Any
    ) -> Any:
        kernel, (c, h) = variables["kernel"], state
        pairs = zip(*(variables[name] for name in _NORMALIZED if self._layer_norm), strict=True)
        scaling = [torch.stack(each) for each in pairs]
        fits = (
            self._layer_norm
            and is_tanh(self._activation)
            and not isinstance(self._keep_prob, Tensor)
            # Of half precision the kernels keep statistics in another dtype.
            and c.dtype in (torch.float32, torch.float64)
            and recurrence.fits(inputs, c, h, kernel, *scaling)
        )
        if not fits:
            return super()._all_steps(variables, inputs, past, state)
        masks = None
        if self._drops:
            drawn = torch.rand((*inputs.shape[:2], self._num_units), dtype=c.dtype, device=c.device)
            masks = (drawn < self._keep_prob).to(c.dtype) / self._keep_prob
        memories, outputs, *_ = layer_norm_lstm.over_time(
            inputs, c, h, kernel, *scaling, masks, self._forget_bias, _epsilon(c.dtype)
        )
        last = recurrence.lasts(past, [(c, memories), (h, outputs)])
        return outputs, LSTMStateTuple(*last)

    def _step(self, variables: dict[str, Any], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        c, h = state
        gates = torch.cat([inputs, h], 1) @ variables["kernel"]
        if not self._layer_norm:
            gates = gates + variables["bias"]
        i, j, f, o = (
            normalized(gate, variables.get(name))
            for gate, name in zip(gates.chunk(4, 1), _NORMALIZED, strict=False)
        )
        new = self._activation(j)
        keep = self._keep_prob
        if self._drops:
            new = new * (torch.rand_like(new) < keep) / keep
        c = c * (f + self._forget_bias).sigmoid() + i.sigmoid() * new
        c = normalized(c, variables.get("state"))
        h = self._activation(c) * o.sigmoid()
        return h, LSTMStateTuple(c, h)


class _ManyOptions(AskingCell):
    """What the LSTMs with TF1's options share."""

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool,
        cell_clip: float | None,
        initializer: Any,
        num_proj: int | None,
        proj_clip: float | None,
        forget_bias: float,
        activation: Callable[..., Any] | str | None,
        reuse: Any,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip, self._proj_clip = cell_clip, proj_clip
        self._initializer = initializer
        self._num_proj = num_proj
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

    def _peepholes(self, dtype: torch.dtype) -> dict[str, Any]:
        names = ("w_f_diag", "w_i_diag", "w_o_diag") if self._use_peepholes else ()
        return {name: whole(get_variable(name, [self._num_units], dtype)) for name in names}

    def _next(self, gates: Tensor, variables: dict[str, Any], c: Tensor) -> Any:
        """The next c, and the output before it is projected."""
        i, j, f, o = (
            normalized(gate, variables.get(name))
            for gate, name in zip(gates.chunk(4, 1), _NORMALIZED, strict=False)
        )
        f = f + self._forget_bias
        if self._use_peepholes:
            i, f = i + variables["w_i_diag"] * c, f + variables["w_f_diag"] * c
        c = f.sigmoid() * c + i.sigmoid() * self._activation(j)
        c = normalized(c, variables.get("state"))
        if self._cell_clip is not None:
            c = c.clamp(-self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            o = o + variables["w_o_diag"] * c
        return c, o.sigmoid() * self._activation(c)

    def _proj_clipped(self, h: Tensor) -> Tensor:
        return h if self._proj_clip is None else h.clamp(-self._proj_clip, self._proj_clip)


class LayerNormLSTMCell(_ManyOptions):
    """An LSTM with TF1's options and layer normalization (tf.contrib.rnn.LayerNormLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.LayerNormLSTMCell(4, num_proj=2, layer_norm=True)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> output.shape, [v.op.name for v in ts.global_variables()][:3]
    (torch.Size([2, 2]), ['layer_norm_lstm_cell/kernel', 'layer_norm_lstm_cell/bias', 'layer_norm_lstm_cell/input/gamma'])

    With layer_norm the bias is made, and has no effect, as in TF1.

    Args:
        num_units: the number of units, N.
        use_peepholes: whether the gates see c.
        cell_clip: the largest absolute value of c.
        initializer: an initializer for the kernels and the peepholes.
        num_proj: the number of outputs that the units are projected to.
        proj_clip: the largest absolute value of a projected output.
        forget_bias: what is added to the forget gate.
        activation: a function, or its name; tanh by default.
        layer_norm: whether the gates and the new c are normalized over the units.
        norm_gain: the first value of each 'gamma'.
        norm_shift: the first value of each 'beta'.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1.0,
        activation: Callable[..., Any] | str | None = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        reuse: Any = None,
    ) -> None:
        super().__init__(
            *(num_units, use_peepholes, cell_clip, initializer, num_proj, proj_clip),
            *(forget_bias, activation, reuse),
        )
        self._layer_norm = layer_norm
        self._begin_with = norm_gain, norm_shift

    def _variables(self, inputs: Tensor, state: Any) -> dict[str, Any]:
        units, dtype = self._num_units, dtype_for(inputs)
        depth = inputs.shape[1] + self.output_size
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            found: dict[str, Any] = {"gates": Affine(depth, 4 * units, dtype)}
            for name in _NORMALIZED[:4] if self._layer_norm else ():
                found[name] = scale_and_shift(name, units, dtype, *self._begin_with)
            found |= self._peepholes(dtype)
            if self._layer_norm:
                found["state"] = scale_and_shift("state", units, dtype, *self._begin_with)
            if self._num_proj is not None:
                with variable_scope("projection"):
                    found["projection"] = Affine(units, self._num_proj, dtype, bias=False)
        return found

    def _step(self, variables: dict[str, Any], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        c, h = state
        affine = variables["gates"]
        gates = torch.cat([inputs, h], 1) @ affine.kernel
        if not self._layer_norm:
            gates = gates + affine.bias
        c, h = self._next(gates, variables, c)
        if self._num_proj is not None:
            h = self._proj_clipped(variables["projection"](h))
        return h, LSTMStateTuple(c, h)


class WeightNormLSTMCell(_ManyOptions):
    """An LSTM whose kernel has columns of learned lengths (tf.contrib.rnn.WeightNormLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.WeightNormLSTMCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.op.name.removeprefix("wn_lstm_cell/"))
    wn_lstm_cell/kernel
    wn_lstm_cell/norm_0
    wn_lstm_cell/norm_1
    wn_lstm_cell/bias

    The rows of the inputs and those of h have lengths each.

    Args:
        num_units: the number of units, N.
        norm: whether the kernels are normalized.
        use_peepholes: whether the gates see c.
        cell_clip: the largest absolute value of c.
        initializer: an initializer for all but the bias.
        num_proj: the number of outputs that the units are projected to.
        proj_clip: the largest absolute value of a projected output.
        forget_bias: what is added to the forget gate.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.

    Raises:
        ValueError: when called: shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        norm: bool = True,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(
            *(num_units, use_peepholes, cell_clip, initializer, num_proj, proj_clip),
            *(forget_bias, activation, reuse),
        )
        self._norm = norm
        self._base_name = "wn_lstm_cell"

    def _opening(self, state: Any, scope: Any = None) -> variable_scope:
        if state.scope is None and scope is None:
            # As in TF1 its scope is not made unique.
            return variable_scope(self._base_name, reuse=self._reuse)
        return super()._opening(state, scope)

    def _variables(self, inputs: Tensor, state: Any) -> dict[str, Any]:
        units, dtype = self._num_units, dtype_for(inputs)
        found: dict[str, Any] = {}
        with variable_scope("wn_lstm_cell", initializer=self._initializer):
            rows = [inputs.shape[1], self.output_size]
            found["kernel"], found["bias"] = self._kernel(rows, 4 * units, dtype, bias=True)
            found |= self._peepholes(dtype)
            if self._num_proj is not None:
                with variable_scope("projection"):
                    found["projection"], _ = self._kernel([units], self._num_proj, dtype)
        return found

    def _kernel(
        self, rows: list[int], columns: int, dtype: torch.dtype, bias: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        kernel = whole(get_variable("kernel", [sum(rows), columns], dtype))
        if self._norm:
            parts = []
            for number, part in enumerate(torch.split(kernel, rows)):
                length = get_variable(f"norm_{number}", [columns], dtype)
                parts.append(l2_normalize(part, axis=0) * whole(length))
            kernel = torch.cat(parts)
        if not bias:
            return kernel, None
        with variable_scope(get_variable_scope()) as scope:
            # A bias is not cut, whatever the scope says.
            scope.set_partitioner(None)
            return kernel, get_variable("bias", [columns], dtype, initializer=Constant(0.0))

    def _step(self, variables: dict[str, Any], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        c, h = state
        gates = torch.cat([inputs, h], 1) @ variables["kernel"] + variables["bias"]
        c, h = self._next(gates, variables, c)
        if self._num_proj is not None:
            h = self._proj_clipped(h @ variables["projection"])
        return h, LSTMStateTuple(c, h)
