"""Layers over whole sequences: what TF1 calls fused cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.conversion import as_dtype, convert_to_tensor
from torchscope.layers.base import Layer
from torchscope.layers.input_spec import InputSpec
from torchscope.rnn.block import LSTMBlockCell
from torchscope.rnn.cell import LSTMStateTuple
from torchscope.rnn.running import dynamic_rnn, reversed_steps, reversible, static_rnn, zero_where


class FusedRNNCell(ABC):
    """What runs over a whole sequence, as one (tf.contrib.rnn.FusedRNNCell).

    >>> import torch, torchscope as ts
    >>> class Sums(ts.rnn.FusedRNNCell):
    ...     def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    ...         sums = inputs.cumsum(0)
    ...         return sums, sums[-1]
    >>> Sums()(torch.ones(3, 1, 1))[1]
    tensor([[3.]])
    """

    @abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Runs over all steps.

        Args:
            inputs: (T, B, D), or a list of T tensors (B, D).
            initial_state: the state at first.
            dtype: the dtype of a state of zeros, where none is given.
            sequence_length: the number of steps of each sequence, (B,).
            scope: the name of the scope, or a VariableScope.

        Returns:
            The outputs, as the inputs are given, and the last state.
        """


class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell, as what runs over a whole sequence (tf.contrib.rnn.FusedRNNCellAdaptor).

    >>> import torch, torchscope as ts
    >>> run = ts.rnn.FusedRNNCellAdaptor(ts.rnn.GRUCell(4), use_dynamic_rnn=True)
    >>> run(torch.ones(5, 2, 3), dtype=torch.float32)[0].shape
    torch.Size([5, 2, 4])

    Args:
        cell: the cell.
        use_dynamic_rnn: whether dynamic_rnn runs it, or static_rnn.
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Runs the cell over all steps: see `FusedRNNCell`."""
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            inputs = (
                torch.stack([convert_to_tensor(each) for each in inputs]) if is_list else inputs
            )
            outputs, state = dynamic_rnn(
                self._cell,
                inputs,
                sequence_length,
                initial_state,
                dtype,
                time_major=True,
                scope=scope,
            )
            return (list(outputs.unbind()) if is_list else outputs), state
        steps = inputs if is_list else list(convert_to_tensor(inputs).unbind())
        outputs, state = static_rnn(self._cell, steps, initial_state, dtype, sequence_length, scope)
        return (outputs if is_list else torch.stack(outputs)), state


class TimeReversedFusedRNN(FusedRNNCell):
    """What runs over a whole sequence, from its end (tf.contrib.rnn.TimeReversedFusedRNN).

    >>> import torch, torchscope as ts
    >>> run = ts.rnn.TimeReversedFusedRNN(ts.rnn.LSTMBlockFusedCell(4))
    >>> outputs, state = run(torch.ones(5, 2, 3), dtype=torch.float32)
    >>> torch.equal(outputs[0], state.h)
    True

    Args:
        cell: a FusedRNNCell, or what is called as one.
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> tuple[Any, Any]:
        """Runs over all steps, the last one first: see `FusedRNNCell`.

        A list is reversed as a whole, whatever the lengths say.
        """
        outputs, state = self._cell(
            _reversed(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return _reversed(outputs, sequence_length), state


def _reversed(given: Any, lengths: Any) -> Any:
    if isinstance(given, list):
        return list(reversed(given))
    tensor = convert_to_tensor(given)
    found = reversible(lengths, tensor.shape[0], "TimeReversedFusedRNN")
    return reversed_steps(tensor, found, 0)


class LSTMBlockWrapper(Layer):
    """What LSTMs over whole sequences derive from (tf.contrib.rnn.LSTMBlockWrapper).

    One of your own says its `num_units`, and gives in `_call_cell` the memories and the outputs of all
    steps, as `LSTMBlockFusedCell` does.

    Args:
        trainable: whether its variables may be trained.
        name: the name of its scope, made unique where it is first called.
        dtype: the dtype of its variables; by default that of its first input.
    """

    @property
    def num_units(self) -> int:
        """The number of units, N."""
        raise NotImplementedError("Abstract method")

    def _call_cell(
        self,
        inputs: Tensor,
        initial_cell_state: Tensor,
        initial_output: Tensor,
        dtype: torch.dtype,
        sequence_length: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """The memories and the outputs of all steps, both (T, B, N); what is behind an end is not used."""
        raise NotImplementedError("Abstract method")

    def call(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
    ) -> tuple[Any, LSTMStateTuple]:
        """Runs over all steps.

        Args:
            inputs: (T, B, D), or a list of T tensors (B, D).
            initial_state: c and h at first, both (B, N); zeros by default.
            dtype: the dtype of these zeros. It is needed where there is no initial_state.
            sequence_length: the number of steps of each sequence, (B,).

        Returns:
            The outputs, as the inputs are given, zeros behind a sequence's end; and an LSTMStateTuple
            of the state after each sequence's last step.

        Raises:
            ValueError: there is neither dtype nor initial_state, or shapes do not fit.
        """
        is_list = isinstance(inputs, list)
        if is_list:
            inputs = torch.stack([convert_to_tensor(each) for each in inputs])
        if inputs.ndim != 3:
            raise ValueError(
                f"Shape {tuple(inputs.shape)} must have rank 3. It is what "
                f"'{self._scope_so_far}' was given: steps, batch and depth."
            )
        if initial_state is None:
            if dtype is None:
                raise ValueError(
                    "Either initial_state or dtype needs to be specified: "
                    "dtype=torch.float32 for a state of zeros."
                )
            zeros = inputs.new_zeros(inputs.shape[1], self.num_units, dtype=as_dtype(dtype))
            initial_state = zeros, zeros
        elif len(initial_state) != 2:
            raise ValueError(
                "Expecting initial_state to be a tuple with length 2 or None. There are "
                f"{len(initial_state)}."
            )
        c, h = map(convert_to_tensor, initial_state)
        lengths = None
        if sequence_length is not None:
            lengths = convert_to_tensor(sequence_length).to(inputs.device)
        outputs, c, h = self._over_steps(inputs, c, h, lengths)
        return (list(outputs.unbind()) if is_list else outputs), LSTMStateTuple(c, h)

    def _over_steps(
        self, inputs: Tensor, c: Tensor, h: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        memories, outputs = self._call_cell(inputs, c, h, c.dtype, lengths)
        if lengths is None:
            return outputs, memories[-1], outputs[-1]
        outputs = zero_where(_past(inputs, lengths), outputs)
        last = lengths.long().reshape(1, -1, 1).expand(1, -1, self.num_units)
        # The state at first is that of no step.
        c, h = (
            torch.cat([first.unsqueeze(0), all_]).gather(0, last).squeeze(0)
            for first, all_ in ((c, memories), (h, outputs))
        )
        return outputs, c, h


class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM over a whole sequence (tf.contrib.rnn.LSTMBlockFusedCell).

    Without peepholes and clipping all steps run at once, by PyTorch's own kernels.

    >>> import torch, torchscope as ts
    >>> lstm = ts.rnn.LSTMBlockFusedCell(4)
    >>> outputs, state = lstm(torch.ones(5, 2, 3), dtype=torch.float32)
    >>> outputs.shape, state.h.shape, ts.global_variables()[0].name
    (torch.Size([5, 2, 4]), torch.Size([2, 4]), 'lstm_fused_cell/kernel:0')

    Its gradient knows nothing of `cell_clip`, as in TF1: it is that of the number before it is cut.

    Args:
        num_units: the number of units, N.
        forget_bias: what is added to the forget gate, beside its bias.
        cell_clip: the largest absolute value of c; none where it is None, 0 or less.
        use_peephole: whether the gates see c.
        reuse: as in a variable_scope: with True it finds its variables.
        dtype: the dtype of its variables; by default that of its first input.
        name: the name of its scope.

    Raises:
        ValueError: when called: there is neither dtype nor initial_state, or shapes do not fit.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: Any = None,
        dtype: Any = None,
        name: str | None = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec: Any = InputSpec(ndim=3)
        self._step = _Step(self, num_units, forget_bias, cell_clip, use_peephole)

    @property
    def num_units(self) -> int:
        """The number of units, N."""
        return self._step.output_size

    def build(self, input_shape: Any) -> None:
        """Makes 'kernel', (D + N, 4 N), 'bias', (4 N,), and the peepholes, (N,)."""
        self._step.build(input_shape)
        self.built = True

    def _call_cell(
        self,
        inputs: Tensor,
        initial_cell_state: Tensor,
        initial_output: Tensor,
        dtype: torch.dtype,
        sequence_length: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        state = LSTMStateTuple(initial_cell_state, initial_output)
        memories, outputs = [], []
        for given in inputs.unbind():
            output, state = self._step.call(given, state)
            memories.append(state.c)
            outputs.append(output)
        return torch.stack(memories), torch.stack(outputs)

    def _over_steps(
        self, inputs: Tensor, c: Tensor, h: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        past = None if lengths is None else _past(inputs, lengths)
        outputs, state = self._step._unroll(inputs, past, inputs[0], LSTMStateTuple(c, h))
        if past is not None:
            outputs = zero_where(past, outputs)
        return outputs, state.c, state.h


def _past(inputs: Tensor, lengths: Tensor) -> Tensor:
    """(T, B), True where a sequence has ended."""
    return torch.arange(inputs.shape[0], device=inputs.device).unsqueeze(1) >= lengths


class _Step(LSTMBlockCell):
    """The cell of an LSTM over a whole sequence, whose variables are the layer's."""

    def __init__(self, layer: LSTMBlockFusedCell, *args: Any) -> None:
        super().__init__(*args)
        self._layer = layer

    @property
    def _scope_so_far(self) -> str:
        return self._layer._scope_so_far

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        return self._layer.add_weight(*args, **kwargs)
