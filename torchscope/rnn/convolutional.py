"""An LSTM whose products are convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope._core.values.static_shapes import TensorShape
from torchscope.initializers import Constant
from torchscope.layers.arguments import dtype_for
from torchscope.nn.convolution import convolution
from torchscope.rnn.cell import LSTMStateTuple, two_tensors, whole
from torchscope.rnn.steps import AskingCell


class ConvLSTMCell(AskingCell):
    """An LSTM over images, or over what has one axis or three (tf.contrib.rnn.ConvLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.ConvLSTMCell(2, [8, 8, 3], output_channels=4, kernel_shape=[3, 3])
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(1, 5, 8, 8, 3), dtype=torch.float32)
    >>> outputs.shape, state.c.shape
    (torch.Size([1, 5, 8, 8, 4]), torch.Size([1, 8, 8, 4]))
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('rnn/conv_lstm_cell/kernel:0', (3, 3, 7, 16)), ('rnn/conv_lstm_cell/biases:0', (16,))]

    With skip_connection the state h has the inputs in it, as in TF1: so a cell runs for one step, and a
    loop over it is refused.

    Args:
        conv_ndims: the number of axes that the convolution goes along: 1, 2 or 3.
        input_shape: the inputs' shape, without the batch, and with the channels last.
        output_channels: the number of channels of the outputs.
        kernel_shape: the sizes of the kernel.
        use_bias: whether there is a bias.
        skip_connection: whether the inputs are joined to the outputs.
        forget_bias: what is added to the forget gate, beside its bias.
        initializers: accepted for TF1 code; it has no effect.
        name: the name of its scope.

    Raises:
        ValueError: the shape has not one number more than there are axes.
        TypeError: when called: the state has another structure.
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Sequence[int],
        output_channels: int,
        kernel_shape: Sequence[int],
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str | None = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        self._input_shape, self._channels = list(input_shape), output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._forget_bias = forget_bias
        self._skip = skip_connection

    @property
    def state_size(self) -> LSTMStateTuple:
        """The shapes of c and h."""
        shape = TensorShape([*self._input_shape[:-1], self._channels])
        return LSTMStateTuple(shape, shape)

    @property
    def output_size(self) -> TensorShape:
        """The shape of the outputs."""
        joined = self._input_shape[-1] if self._skip else 0
        return TensorShape([*self._input_shape[:-1], self._channels + joined])

    def _checked(self, inputs: Any, state: Any) -> Any:
        state = two_tensors(self, state)
        told = f"The cell in the scope '{self._scope_so_far}' was given inputs of shape "
        if inputs.ndim not in (3, 4, 5):
            raise ValueError(
                f"Conv Linear expects 3D, 4D or 5D arguments: {list(inputs.shape)}. {told}"
                f"{tuple(inputs.shape)}."
            )
        if state.h.ndim != inputs.ndim:
            raise ValueError(
                "Conv Linear expects all args to be of same Dimension: "
                f"{[list(inputs.shape), list(state.h.shape)]}. {told}{tuple(inputs.shape)}, and a "
                f"state of shape {tuple(state.h.shape)}."
            )
        return state

    def _variables(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        depth, dtype = inputs.shape[-1] + state.h.shape[-1], dtype_for(inputs)
        shape = [*self._kernel_shape, depth, 4 * self._channels]
        kernel, bias = get_variable("kernel", shape, dtype), None
        if self._use_bias:
            bias = get_variable("biases", [4 * self._channels], dtype, initializer=Constant(0.0))
        return kernel, bias

    def _step(self, variables: tuple[Any, Any], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        kernel, bias = variables
        c, h = state
        gates = convolution(torch.cat([inputs, h], -1), whole(kernel), "SAME")
        if bias is not None:
            gates = gates + whole(bias)
        i, j, f, o = gates.chunk(4, -1)
        c = (f + self._forget_bias).sigmoid() * c + i.sigmoid() * torch.tanh(j)
        h = torch.tanh(c) * o.sigmoid()
        if self._skip:
            h = torch.cat([h, inputs], -1)
        return h, LSTMStateTuple(c, h)


class Conv1DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` along one axis (tf.contrib.rnn.Conv1DLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.Conv1DLSTMCell(input_shape=[8, 3], output_channels=4, kernel_shape=[3])
    >>> output, state = cell(torch.ones(1, 8, 3), cell.zero_state(1, torch.float32))
    >>> output.shape, ts.global_variables()[0].name
    (torch.Size([1, 8, 4]), 'conv_1d_lstm_cell/kernel:0')

    Args:
        name: the name of its scope.
        **kwargs: the arguments of `ConvLSTMCell`.
    """

    def __init__(self, name: str | None = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` along two axes (tf.contrib.rnn.Conv2DLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.Conv2DLSTMCell(input_shape=[8, 8, 3], output_channels=4, kernel_shape=[3, 3])
    >>> output, state = cell(torch.ones(1, 8, 8, 3), cell.zero_state(1, torch.float32))
    >>> output.shape, ts.global_variables()[0].name
    (torch.Size([1, 8, 8, 4]), 'conv_2d_lstm_cell/kernel:0')

    Args:
        name: the name of its scope.
        **kwargs: the arguments of `ConvLSTMCell`.
    """

    def __init__(self, name: str | None = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` along three axes (tf.contrib.rnn.Conv3DLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.Conv3DLSTMCell(input_shape=[4, 4, 4, 3], output_channels=2, kernel_shape=[3] * 3)
    >>> output, state = cell(torch.ones(1, 4, 4, 4, 3), cell.zero_state(1, torch.float32))
    >>> output.shape, ts.global_variables()[0].name
    (torch.Size([1, 4, 4, 4, 2]), 'conv_3d_lstm_cell/kernel:0')

    Args:
        name: the name of its scope.
        **kwargs: the arguments of `ConvLSTMCell`.
    """

    def __init__(self, name: str | None = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)
