"""The cells that TF1 computes by one operation each, and those that go with cuDNN's: plain ones here."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.lstm import gru_by_kernel
from torchscope.initializers import Constant
from torchscope.nn import gru, recurrence
from torchscope.rnn.basic import GRUCell
from torchscope.rnn.cell import one_tensor, whole
from torchscope.rnn.lstm import LSTM

_ZEROS, _ONES = Constant(0.0), Constant(1.0)


class LSTMBlockCell(LSTM):
    """An LSTM, with LSTMCell's numbers (tf.contrib.rnn.LSTMBlockCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.LSTMBlockCell(4, use_peephole=True)
    >>> outputs, state = ts.rnn.dynamic_rnn(cell, torch.ones(2, 5, 3), dtype=torch.float32)
    >>> [v.op.name for v in ts.global_variables()][:3]
    ['rnn/lstm_cell/kernel', 'rnn/lstm_cell/bias', 'rnn/lstm_cell/w_i_diag']

    Its gradient knows nothing of `cell_clip`, as in TF1: it is that of the number before it is cut.

    Args:
        num_units: the number of units, N.
        forget_bias: what is added to the forget gate, beside its bias.
        cell_clip: the largest absolute value of c; none where it is None, 0 or less.
        use_peephole: whether the gates see c.
        dtype: the dtype of its variables; by default that of its first input.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope.

    Raises:
        ValueError: the dtype is not a floating one, or (when called) shapes do not fit.
        TypeError: when called: the state has another structure, or another dtype than the inputs.
    """

    _through_clip = True

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: Any = None,
        name: str | None = "lstm_cell",
    ) -> None:
        super().__init__(num_units, forget_bias, True, None, _reuse=reuse, dtype=dtype, name=name)
        self._cell_clip = cell_clip if cell_clip is not None and cell_clip > 0 else None
        self._use_peepholes = use_peephole

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D + N, 4 N), 'bias', (4 N,), and the peepholes, (N,)."""
        depth, units = self._depth_at_first(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=_ZEROS)
        if self._use_peepholes:
            self._w_i_diag, self._w_f_diag, self._w_o_diag = (
                self.add_weight(name, [units]) for name in ("w_i_diag", "w_f_diag", "w_o_diag")
            )
        self.built = True

    def _taken_apart(self, state: Any) -> tuple[Tensor, Tensor]:
        if isinstance(state, tuple | list) and len(state) != 2:
            raise ValueError(
                f"Expecting state to be a tuple with length 2. There are {len(state)}: begin with "
                "cell.zero_state(batch_size, dtype)."
            )
        return super()._taken_apart(state)


class GRUBlockCell(GRUCell):
    """A gated recurrent unit, with GRUCell's numbers (tf.contrib.rnn.GRUBlockCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUBlockCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> [v.name for v in ts.global_variables()]
    ['gru_cell/w_ru:0', 'gru_cell/b_ru:0', 'gru_cell/w_c:0', 'gru_cell/b_c:0']

    Args:
        num_units: the number of units, N.
        cell_size: an older name of it.
        reuse: as in a variable_scope: with True it finds its variables.
        name: the name of its scope.

    Raises:
        ValueError: the number of units is missing, or there twice; or (when called) shapes do not fit.
    """

    _names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(
        self,
        num_units: int | None = None,
        cell_size: int | None = None,
        reuse: Any = None,
        name: str | None = "gru_cell",
    ) -> None:
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        units = cell_size if num_units is None else num_units
        super().__init__(units, reuse=reuse, name=name)  # type: ignore[arg-type]

    def build(self, input_shape: Any) -> None:
        """Makes the kernels, (D + N, 2 N) and (D + N, N), each with its bias."""
        units = self._num_units
        rows = self._depth_at_first(input_shape) + units
        gates, gates_bias, candidate, candidate_bias = self._names
        self._gate_kernel = self.add_weight(gates, [rows, 2 * units])
        self._gate_bias = self.add_weight(gates_bias, [2 * units], initializer=_ONES)
        self._candidate_kernel = self.add_weight(candidate, [rows, units])
        self._candidate_bias = self.add_weight(candidate_bias, [units], initializer=_ZEROS)
        self.built = True

    def _given(self, inputs: Tensor, state: Tensor) -> gru.Given:
        size = one_tensor(self, state).shape[-1]
        if size != self._num_units:
            raise ValueError(
                f"Shape of h_prev[1] incorrect: cell_size {self._num_units} vs {size}. Begin with "
                "cell.zero_state(batch_size, dtype)."
            )
        return super()._given(inputs, state)


class GRUBlockCellV2(GRUBlockCell):
    """`GRUBlockCell` with GRUCell's names of variables (tf.contrib.rnn.GRUBlockCellV2).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.GRUBlockCellV2(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> ts.global_variables()[0].name
    'gru_cell/gates/kernel:0'
    """

    _names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")


class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """An LSTM whose weights are cuDNN's (tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.CudnnCompatibleLSTMCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> ts.global_variables()[0].name
    'cudnn_compatible_lstm_cell/kernel:0'

    Nothing is added to its forget gate beside the bias.

    Args:
        num_units: the number of units, N.
        reuse: as in a variable_scope: with True it finds its variables.
    """

    def __init__(self, num_units: int, reuse: Any = None) -> None:
        super().__init__(num_units, 0.0, reuse=reuse, name="cudnn_compatible_lstm_cell")


class CudnnCompatibleGRUCell(GRUCell):
    """A gated recurrent unit that resets as cuDNN does (tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell).

    >>> import torch, torchscope as ts
    >>> cell = ts.rnn.CudnnCompatibleGRUCell(4)
    >>> output, state = cell(torch.ones(2, 3), cell.zero_state(2, torch.float32))
    >>> for v in ts.global_variables(): print(v.op.name.removeprefix("cudnn_compatible_gru_cell/"))
    gates/kernel
    gates/bias
    candidate/input_projection/kernel
    candidate/hidden_projection/kernel
    candidate/input_projection/bias
    candidate/hidden_projection/bias

    The state is reset behind its product, as in torch.nn.GRU, whose kernels run all steps at once.

    Args:
        num_units: the number of units, N.
        reuse: as in a variable_scope: with True it finds its variables.
        kernel_initializer: an initializer for the kernels.
    """

    def __init__(self, num_units: int, reuse: Any = None, kernel_initializer: Any = None) -> None:
        super().__init__(num_units, reuse=reuse, kernel_initializer=kernel_initializer)

    def build(self, input_shape: Any) -> None:
        """Makes the gates' kernel, (D + N, 2 N), the candidate's two, and their biases."""
        depth, units = self._depth_at_first(input_shape), self._num_units
        of_kernel = self._kernel_initializer
        self._gate_kernel = self.add_weight(
            "gates/kernel", [depth + units, 2 * units], initializer=of_kernel
        )
        self._gate_bias = self.add_weight("gates/bias", [2 * units], initializer=_ONES)
        self._input_kernel, self._hidden_kernel = (
            self.add_weight(f"candidate/{name}/kernel", [rows, units], initializer=of_kernel)
            for name, rows in (("input_projection", depth), ("hidden_projection", units))
        )
        self._input_bias, self._hidden_bias = (
            self.add_weight(f"candidate/{name}/bias", [units], initializer=_ZEROS)
            for name in ("input_projection", "hidden_projection")
        )
        self.built = True

    def call(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Computes one step."""
        output = self._loop(inputs.unsqueeze(0), state, None)[1]
        return output, output

    def _unroll(
        self, inputs: Tensor, past: Tensor | None, first: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        weights = self._weights(first, state)
        if not recurrence.fits(inputs, state, *weights):
            return self._loop(inputs, state, past)
        of_inputs, of_state, bias, hidden_bias = weights
        # PyTorch knows a bias of the state for the gates as well.
        hidden_bias = F.pad(hidden_bias, (2 * self._num_units, 0))
        outputs = gru_by_kernel(inputs, state, of_inputs.t(), of_state.t(), bias, hidden_bias)
        (last,) = recurrence.lasts(past, [(state, outputs)])
        return outputs, last

    def _weights(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        """The kernels of the inputs and of the state, and their biases; the last is the candidate's."""
        gate_kernel = whole(self._gate_kernel)
        self._check(inputs, one_tensor(self, state), gate_kernel)
        depth = inputs.shape[1]
        of_inputs = torch.cat([gate_kernel[:depth], whole(self._input_kernel)], 1)
        of_state = torch.cat([gate_kernel[depth:], whole(self._hidden_kernel)], 1)
        bias = torch.cat([whole(self._gate_bias), whole(self._input_bias)])
        return of_inputs, of_state, bias, whole(self._hidden_bias)

    def _loop(self, inputs: Tensor, state: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        units = self._num_units
        of_inputs, of_state, bias, hidden_bias = self._weights(inputs[0], state)
        outputs = []
        for time, given in enumerate((inputs @ of_inputs + bias).unbind()):
            gates, candidate = torch.split(given, [2 * units, units], 1)
            past_gates, hidden = torch.split(state @ of_state, [2 * units, units], 1)
            reset, update = (gates + past_gates).sigmoid().chunk(2, 1)
            new = self._activation(candidate + reset * (hidden + hidden_bias))
            output = update * state + (1 - update) * new
            state = recurrence.held(past, time, state, output)
            outputs.append(output)
        return torch.stack(outputs), state
