"""Long short-term memory, in TF1's variants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.partitioners import fixed_size_partitioner
from torchscope.initializers import Constant
from torchscope.nn import lstm_variants, recurrence
from torchscope.rnn import fused
from torchscope.rnn.cell import (
    LayerRNNCell,
    LSTMStateTuple,
    activation_of,
    is_tanh,
    one_tensor,
    two_tensors,
    whole,
)

_ZEROS = Constant(0.0)


class LSTM(LayerRNNCell):
    """The formula that the plain LSTM cells share; what only some of them have is None here."""

    _cell_clip: float | None = None
    _proj_clip: float | None = None
    _num_proj: int | None = None
    _initializer: Any = None
    _num_unit_shards: int | None = None
    _num_proj_shards: int | None = None
    _use_peepholes = False
    # Whether the gradient of c knows nothing of `cell_clip`.
    _through_clip = False

    def __init__(
        self,
        num_units: int,
        forget_bias: float,
        state_is_tuple: bool,
        activation: Callable[..., Any] | str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_of(activation)

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

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D + N, 4 N), 'bias', (4 N,), and what the options need."""
        depth = self._depth_at_first(input_shape)
        units, initializer = self._num_units, self._initializer
        self._kernel = self.add_weight(
            "kernel",
            [depth + self.output_size, 4 * units],
            initializer=initializer,
            partitioner=_into(self._num_unit_shards),
        )
        self._bias = self.add_weight("bias", [4 * units], initializer=_ZEROS)
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_weight(name, [units], initializer=initializer)
                for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_weight(
                "projection/kernel",
                [units, self._num_proj],
                initializer=initializer,
                partitioner=_into(self._num_proj_shards),
            )
        super().build(input_shape)

    def call(self, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Computes one step."""
        c, h, kernel, bias = self._given(inputs, state)
        gates = torch.addmm(bias, torch.cat([inputs, h], 1), kernel)
        c, h = self._options().step(gates, c, self._activation)
        return h, self._put_together(c, h)

    def _unroll(self, inputs: Tensor, past: Tensor | None, first: Tensor, state: Any) -> Any:
        c, h, kernel, bias = self._given(first, state)
        options = self._options()
        fits = is_tanh(self._activation) and recurrence.fits(
            inputs, c, h, kernel, bias, options.peepholes, options.projection
        )
        if not fits:
            _, outputs, c, h = lstm_variants.step_by_step(
                inputs, c, h, kernel, bias, options, self._activation, past
            )
        elif all(each is None for each in options[:2]) and options.cell_clip is None:
            outputs, c, h = fused.lstm(inputs, kernel, bias, options.forget_bias, c, h, past)
        else:
            memories, outputs, _ = lstm_variants.over_time(inputs, c, h, kernel, bias, *options)
            c, h = recurrence.lasts(past, [(c, memories), (h, outputs)])
        return outputs, self._put_together(c, h)

    def _given(self, inputs: Tensor, state: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The state, the kernel and the bias, which fit the inputs of a step."""
        c, h = self._taken_apart(state)
        kernel = whole(self._kernel)
        self._check(inputs, h, kernel)
        self._check_memory(inputs, c)
        return c, h, kernel, whole(self._bias)

    def _options(self) -> lstm_variants.Options:
        peepholes = projection = None
        if self._use_peepholes:
            diagonals = self._w_i_diag, self._w_f_diag, self._w_o_diag
            peepholes = torch.stack([whole(each) for each in diagonals])
        if self._num_proj is not None:
            projection = whole(self._proj_kernel)
        clips = self._cell_clip, self._proj_clip, self._through_clip
        return lstm_variants.Options(peepholes, projection, self._forget_bias, *clips)

    def _taken_apart(self, state: Any) -> tuple[Tensor, Tensor]:
        if self._state_is_tuple:
            return two_tensors(self, state)
        state = one_tensor(self, state)
        c, h = state.split([self._num_units, state.shape[1] - self._num_units], 1)
        return c, h

    def _put_together(self, c: Tensor, h: Tensor) -> Any:
        return LSTMStateTuple(c, h) if self._state_is_tuple else torch.cat([c, h], 1)

    def _check_memory(self, inputs: Tensor, c: Tensor) -> None:
        if tuple(c.shape) != (inputs.shape[0], self._num_units):
            raise ValueError(
                f"Dimensions must be equal, but are {c.shape[-1]} and {self._num_units}. The cell "
                f"in the scope '{self._scope_so_far}' was given a memory c of shape "
                f"{tuple(c.shape)}, for {self._num_units} units and {inputs.shape[0]} rows."
            )


def _into(shards: int | None) -> Any:
    return None if shards is None else fixed_size_partitioner(shards)


class BasicLSTMCell(LSTM):
    """An LSTM without options (tf.nn.rnn_cell.BasicLSTMCell).

    In `dynamic_rnn` all steps run at once, by PyTorch's own kernels.

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.BasicLSTMCell(4)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(2, 5, 3), dtype=torch.float32)
    >>> outputs.shape, state.c.shape, state.h.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 4]), torch.Size([2, 4]))
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('rnn/basic_lstm_cell/kernel:0', (7, 16)), ('rnn/basic_lstm_cell/bias:0', (16,))]

    The kernel's rows are those of the inputs, then those of h. Its columns are the input gate i,
    the new input j, the forget gate f and the output gate o.

    Args:
        num_units: the number of units, N.
        forget_bias: what is added to the forget gate, beside its bias.
        state_is_tuple: whether the state is an LSTMStateTuple, or c and h in one tensor (B, 2 N).
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
        **kwargs: `trainable`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_units,
            forget_bias,
            state_is_tuple,
            activation,
            _reuse=reuse,
            name=name,
            dtype=dtype,
            **kwargs,
        )


class LSTMCell(LSTM):
    """An LSTM with TF1's options (tf.nn.rnn_cell.LSTMCell).

    Without peepholes, projection and clipping it runs as BasicLSTMCell does; with them all steps
    are one operation in `dynamic_rnn`.

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.LSTMCell(4, use_peepholes=True, num_proj=2)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(2, 5, 3), dtype=torch.float32)
    >>> outputs.shape, state.c.shape, state.h.shape
    (torch.Size([2, 5, 2]), torch.Size([2, 4]), torch.Size([2, 2]))
    >>> for v in ts.global_variables(): print(v.name, tuple(v.shape))
    rnn/lstm_cell/kernel:0 (5, 16)
    rnn/lstm_cell/bias:0 (16,)
    rnn/lstm_cell/w_f_diag:0 (4,)
    rnn/lstm_cell/w_i_diag:0 (4,)
    rnn/lstm_cell/w_o_diag:0 (4,)
    rnn/lstm_cell/projection/kernel:0 (4, 2)

    Args:
        num_units: the number of units, N.
        use_peepholes: whether the gates see c.
        cell_clip: the largest absolute value of c.
        initializer: an initializer for the kernels and the peepholes.
        num_proj: the number of outputs that the units are projected to.
        proj_clip: the largest absolute value of a projected output.
        num_unit_shards: in how many pieces the kernel is made.
        num_proj_shards: in how many pieces the projection's kernel is made.
        forget_bias: what is added to the forget gate, beside its bias.
        state_is_tuple: whether the state is an LSTMStateTuple, or c and h in one tensor.
        activation: a function, or its name; tanh by default.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
        **kwargs: `trainable`.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
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
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[..., Any] | str | None = None,
        reuse: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_units,
            forget_bias,
            state_is_tuple,
            activation,
            _reuse=reuse,
            name=name,
            dtype=dtype,
            **kwargs,
        )
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
