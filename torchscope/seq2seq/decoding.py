"""Decoding: a decoder steps until all sequences are finished."""

from __future__ import annotations

import abc
from contextlib import suppress
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.choosing import where
from torchscope._core.ops.tensor_array import TensorArray, zeros_since
from torchscope._core.ops.truth import number, truth
from torchscope._core.pytorch import fakes
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.running.dry_run import uncomputed
from torchscope._core.running.looping import UNRUN, carried
from torchscope._core.running.repetition import Repetition
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.structures import check_same_structure, map_structure

# For messages.
_ASKED_BY = "tf.contrib.seq2seq.dynamic_decode"


class Turns(NamedTuple):
    """How many steps a decoder takes: this many `most`, or exactly so many; None where it does not know."""

    most: Any
    exactly: bool


class Decoder(abc.ABC):
    """What `dynamic_decode` steps through (tf.contrib.seq2seq.Decoder).

    >>> class Countdown(Decoder):
    ...     batch_size, output_size, output_dtype = 2, (), torch.int32
    ...     def initialize(self, name=None):
    ...         start = torch.tensor([3, 1])
    ...         return start == 0, start, start
    ...     def step(self, time, inputs, state, name=None):
    ...         return inputs, state - 1, inputs - 1, inputs <= 1
    >>> outputs, state, lengths = dynamic_decode(Countdown())
    >>> outputs.tolist(), lengths.tolist()
    ([[3, 2, 1], [1, 0, -1]], [3, 1])
    """

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences there are."""
        raise NotImplementedError

    @property
    # Any: a structure as the outputs are.
    def output_size(self) -> Any:
        """The size of an output without the batch: integers or shapes, in the output's structure."""
        raise NotImplementedError

    @property
    # Any: a structure as the outputs are.
    def output_dtype(self) -> Any:
        """The dtypes of an output, in its structure."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """What there is before the first step.

        Returns:
            Whether each sequence is finished, (B,) of bools; the first inputs; the first state.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[Any, Any, Any, Any]:
        """One step.

        Args:
            time: its number, from 0 on, an integer.
            inputs: a structure of tensors.
            state: a structure of tensors.
            name: the name of the name scope.

        Returns:
            The outputs; the next state; the next inputs; whether each sequence is finished.
        """
        raise NotImplementedError

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Tensor) -> tuple[Any, Any]:
        """What is made of the outputs of all steps, (T, B, ...), and of the last state: here nothing."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether `step` tells which sequences are finished so far, and not which end now."""
        return False

    def _turns(self) -> Turns:
        """How many steps there are, as far as that is known without looking at tensors."""
        return Turns(None, exactly=False)


def dynamic_decode(
    decoder: Decoder,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Tensor]:
    """Steps through a decoder until all sequences are finished (tf.contrib.seq2seq.dynamic_decode).

    >>> import torch, torchscope as ts
    >>> helper = ts.seq2seq.TrainingHelper(torch.ones(2, 5, 3), [4, 2])
    >>> cell = ts.rnn.GRUCell(6)
    >>> decoder = ts.seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, torch.float32))
    >>> outputs, state, lengths = ts.seq2seq.dynamic_decode(decoder)
    >>> outputs.rnn_output.shape, outputs.sample_id.shape, lengths.tolist()
    (torch.Size([2, 4, 6]), torch.Size([2, 4]), [4, 2])
    >>> ts.global_variables()[0].name
    'decoder/gru_cell/gates/kernel:0'

    Whether all are finished is asked of the values, before each step: on a GPU that waits for them. It
    is not asked where a `TrainingHelper` was given its lengths as Python's integers, and asked once
    where they are a tensor.

    A graph (torch.compile, ts.graph) cannot ask. There all steps are taken that may be: as many as the
    inputs of a `TrainingHelper` have, and `maximum_iterations` at most. The outputs then are so long,
    with zeros (a beam search's predicted_ids: end tokens) where nothing would have been; states and
    lengths are the same.

    Args:
        decoder: the decoder.
        output_time_major: whether the outputs are (T, B, ...), and not (B, T, ...).
        impute_finished: whether a sequence that is finished keeps its state, and has outputs of zeros.
        maximum_iterations: the most steps there are, an integer, or a tensor of one.
        parallel_iterations: accepted for TF1 code; it has no effect.
        swap_memory: accepted for TF1 code; it has no effect.
        scope: the name of the scope, or a VariableScope; 'decoder' by default.

    Returns:
        The outputs of all steps, in the structure of one; the last state; the number of steps of each
        sequence, of int32, in the shape of `finished`.

    Raises:
        TypeError: `decoder` is no Decoder, or a dtype changes from step to step.
        ValueError: `maximum_iterations` is several numbers, or a shape or structure changes from step
            to step.
        RuntimeError: in a call that is recorded for a graph: nobody knows how many steps there are.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(
            f"Expected decoder to be type Decoder, but saw: {type(decoder)}. Derive it from "
            "tf.contrib.seq2seq.Decoder."
        )
    with variable_scope(scope, "decoder"):
        most = _maximum(maximum_iterations)
        finished, inputs, state = decoder.initialize()
        loop = _Loop(decoder, as_tensor(finished), inputs, state, impute=impute_finished)
        loop.run(most)
        outputs = loop.outputs()
        final_state, lengths = loop.state, loop.lengths
        with suppress(NotImplementedError):
            outputs, final_state = decoder.finalize(outputs, final_state, lengths)
        if not output_time_major:
            outputs = map_structure(_batch_first, outputs)
    return outputs, final_state, lengths


def _batch_first(values: Any) -> Any:
    return values.transpose(0, 1) if isinstance(values, Tensor) and values.ndim >= 2 else values


def _maximum(maximum_iterations: Any) -> int | None:
    """The most steps there are, as Python's integer."""
    if maximum_iterations is None:
        return None
    found = known.of(maximum_iterations)
    if found is None:
        value = as_tensor(maximum_iterations, dtype=torch.int32)
        if not value.ndim:
            return number(value, f"maximum_iterations of {_ASKED_BY}")
        found = list(value.shape)
    if isinstance(found, list):
        raise ValueError(
            "maximum_iterations must be a scalar. It is several numbers: "
            f"{maximum_iterations!r:.100}. tf.reduce_max makes one of them."
        )
    return found  # type: ignore[no-any-return]


class _Loop:
    """The steps of a decoder, and what comes of them."""

    def __init__(
        self, decoder: Decoder, finished: Tensor, inputs: Any, state: Any, *, impute: bool
    ) -> None:
        self.decoder = decoder
        self.finished = finished
        self.inputs = map_structure(_tensor, inputs)
        self.state = map_structure(_tensor, state)
        self.lengths = torch.zeros_like(finished, dtype=torch.int32)
        self._impute = impute
        self._emitted: list[Any] = []
        self._nothing: Any = None

    def outputs(self) -> Any:
        """The outputs of all steps, the steps first."""
        if not self._emitted:
            return map_structure(lambda each: each.unsqueeze(0)[:0], self._nothing)
        return map_structure(
            lambda *steps: torch.stack(steps), self._emitted[0], *self._emitted[1:]
        )

    def run(self, maximum: int | None) -> None:
        """Takes all steps: until all sequences are finished, `maximum` at most."""
        most, exactly = self.decoder._turns()
        if maximum is not None:
            most = maximum if most is None else min(most, maximum)
        repetition, time = Repetition(), 0
        while True:
            held = False
            goes_on: bool | None = most is None or time < most
            if goes_on and not exactly:
                if fakes.has_values(self.finished):
                    goes_on = not bool(self.finished.all())
                elif most is None:
                    goes_on = truth(~self.finished.all(), "LoopCond", "input", _ASKED_BY)
                else:
                    held = True
            # Where nothing is computed one step stands for all.
            goes_on = time == 0 if goes_on is None else goes_on
            if not goes_on and time:
                return
            with repetition.turn(), name_scope("while"):
                if not goes_on:
                    with uncomputed(UNRUN):
                        emitted = self._step(time)[0]
                    self._nothing = map_structure(self._zeros, emitted)
                    return
                self._take(time, held=held)
            time += 1

    def _zeros(self, output: Tensor) -> Tensor:
        return torch.zeros(output.shape, dtype=output.dtype, device=self.finished.device)

    def _step(self, time: int) -> Any:
        outputs, state, inputs, finished = self.decoder.step(time, self.inputs, self.state)
        check_same_structure(self.state, state)
        check_same_structure(self.inputs, inputs)
        return outputs, state, inputs, as_tensor(finished)

    def _take(self, time: int, *, held: bool) -> None:
        """Takes one step; `held`: it may be too late, and changes nothing then."""
        outputs, state, inputs, ended = self._step(time)
        finished = ended if self.decoder.tracks_own_finished else ended | self.finished
        outputs = map_structure(as_tensor, outputs)
        state = map_structure(_next, self.state, state)
        inputs = map_structure(_next, self.inputs, inputs)
        if self._impute:
            outputs = map_structure(
                lambda out: where(self.finished, torch.zeros_like(out), out), outputs
            )
            state = map_structure(self._imputed, self.state, state)
        self.lengths = torch.where(self.finished, self.lengths, time + 1)
        if held:
            done = self.finished.all()
            outputs = map_structure(lambda out: out.masked_fill(done, 0), outputs)
            state = map_structure(lambda old, new: _held(done, old, new), self.state, state)
            finished = torch.where(done, self.finished, finished)
        self.state, self.inputs, self.finished = state, inputs, finished
        self._emitted.append(outputs)

    def _imputed(self, old: Any, new: Any) -> Any:
        if isinstance(new, TensorArray) or not new.ndim:
            return new
        return where(self.finished, old, new)


def _tensor(leaf: Any) -> Any:
    return leaf if isinstance(leaf, TensorArray) else as_tensor(leaf)


def _held(done: Tensor, old: Any, new: Any) -> Any:
    if isinstance(new, TensorArray):
        return zeros_since(old, new, done)
    return torch.where(done, old, new)


def _next(old: Any, new: Any) -> Any:
    """The next state or input in the place of the last one, whose dtype and shape it has."""
    if isinstance(new, TensorArray):
        return new
    new = carried(old, new)
    if isinstance(old, Tensor) and old.shape != new.shape:
        raise ValueError(
            f"Input tensor enters the loop with shape {shape_text(old.shape)}, but has shape "
            f"{shape_text(new.shape)} after one iteration. It is a state or an input of the "
            "decoder: begin with what has the shape of those after it, as "
            "cell.zero_state(batch_size, dtype) has."
        )
    return new
