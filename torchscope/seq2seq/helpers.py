"""Helpers: they tell a decoder what to sample of its outputs, and what its next inputs are."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.ops.extremes import argmax
from torchscope._core.pytorch import fakes
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.static_shapes import TensorShape
from torchscope._core.values.structures import flatten, map_structure
from torchscope.seq2seq.decoding import Turns


class Helper(abc.ABC):
    """What a `BasicDecoder` asks for samples and inputs (tf.contrib.seq2seq.Helper).

    One of one's own says its `batch_size`, and the shape and dtype of its samples:

    >>> class Always(Helper):
    ...     batch_size, sample_ids_shape, sample_ids_dtype = 2, TensorShape([]), torch.int32
    ...     def initialize(self, name=None):
    ...         return torch.tensor([False, False]), torch.ones(2, 3)
    ...     def sample(self, time, outputs, state, name=None):
    ...         return torch.zeros(2, dtype=torch.int32)
    ...     def next_inputs(self, time, outputs, state, sample_ids, name=None):
    ...         return torch.tensor([time >= 3, time >= 1]), torch.ones(2, 3), state
    >>> import torchscope as ts
    >>> cell = ts.rnn.GRUCell(4)
    >>> decoder = ts.seq2seq.BasicDecoder(cell, Always(), cell.zero_state(2, torch.float32))
    >>> ts.seq2seq.dynamic_decode(decoder)[2].tolist()
    [4, 2]
    """

    @property
    @abc.abstractmethod
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences there are."""
        raise NotImplementedError("batch_size has not been implemented")

    @property
    @abc.abstractmethod
    # Any: a shape in any way that it can be written.
    def sample_ids_shape(self) -> Any:
        """The shape of a sample, without the batch."""
        raise NotImplementedError("sample_ids_shape has not been implemented")

    @property
    @abc.abstractmethod
    # Any: a dtype in any way that it can be written.
    def sample_ids_dtype(self) -> Any:
        """The dtype of samples."""
        raise NotImplementedError("sample_ids_dtype has not been implemented")

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """Whether each sequence is finished before the first step, (B,), and the first inputs."""

    @abc.abstractmethod
    # Any: what a helper samples is its own.
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What is sampled of the outputs of a step."""

    @abc.abstractmethod
    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """Whether each sequence is finished, (B,); the next inputs; the next state."""

    def _turns(self) -> Turns:
        return Turns(None, exactly=False)


class CustomHelper(Helper):
    """A helper of three functions (tf.contrib.seq2seq.CustomHelper).

    >>> helper = CustomHelper(
    ...     lambda: (torch.tensor([False]), torch.ones(1, 3)),
    ...     lambda time, outputs, state: outputs.argmax(-1).int(),
    ...     lambda time, outputs, state, sample_ids: (sample_ids == 0, torch.ones(1, 3), state),
    ... )
    >>> _ = helper.initialize()
    >>> helper.batch_size
    1

    Args:
        initialize_fn: gives what `Helper.initialize` gives.
        sample_fn: ``f(time=, outputs=, state=)`` gives the samples.
        next_inputs_fn: ``f(time=, outputs=, state=, sample_ids=)`` gives what
            `Helper.next_inputs` gives.
        sample_ids_shape: the shape of a sample without the batch; a number by default.
        sample_ids_dtype: the dtype of samples; torch.int32 by default.
    """

    def __init__(
        self,
        initialize_fn: Callable[..., Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size: Any = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or torch.int32

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences there are.

        Raises:
            ValueError: it is asked for before `initialize` was called.
        """
        if self._batch_size is None:
            raise ValueError(
                "batch_size accessed before initialize was called: it is that of `finished`, which "
                "initialize_fn gives."
            )
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """The shape of a sample, without the batch."""
        return self._sample_ids_shape

    @property
    # Any: as it was given.
    def sample_ids_dtype(self) -> Any:
        """The dtype of samples."""
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any]:
        """What the first function gives."""
        with name_scope(name, f"{type(self).__name__}Initialize"):
            finished, inputs = self._initialize_fn()
            finished = as_tensor(finished)
            if self._batch_size is None:
                self._batch_size = finished.numel()
        return finished, inputs

    # Any: what the function gives.
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the second function gives."""
        with name_scope(name, f"{type(self).__name__}Sample"):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> tuple[Any, Any, Any]:
        """What the third function gives."""
        with name_scope(name, f"{type(self).__name__}NextInputs"):
            result: tuple[Any, Any, Any] = self._next_inputs_fn(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids
            )
            return result


class OfClasses(Helper):
    """A helper whose samples are classes, one int32 for each sequence."""

    _batch_size: Any

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences there are."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> TensorShape:
        """The shape of a sample, without the batch: it is a number."""
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> torch.dtype:
        """The dtype of samples."""
        return torch.int32


class TrainingHelper(OfClasses):
    """Inputs that are given, whatever the outputs are (tf.contrib.seq2seq.TrainingHelper).

    >>> helper = TrainingHelper(torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]]), [2, 1])
    >>> finished, inputs = helper.initialize()
    >>> finished.tolist(), inputs.tolist()
    ([False, False], [[1.0], [3.0]])
    >>> finished, inputs, _ = helper.next_inputs(0, None, None)
    >>> finished.tolist(), inputs.tolist()
    ([False, True], [[2.0], [4.0]])

    Args:
        inputs: (B, T, ...), or (T, B, ...) with time_major; or a structure of such.
        sequence_length: the number of steps of each sequence, (B,), integers.
        time_major: whether the steps are the first axis.
        name: the name of the name scope; 'TrainingHelper' by default.

    Raises:
        ValueError: the lengths are no vector.
        InvalidArgumentError: (where the lengths are known) one is longer than the inputs.
    """

    # Whether `initialize` and `next_inputs` are those that end at the lengths.
    _ends_at_lengths: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls).keys()
        if {"initialize", "next_inputs"} & own and "_ends_at_lengths" not in own:
            cls._ends_at_lengths = False

    def __init__(
        self, inputs: Any, sequence_length: Any, time_major: bool = False, name: str | None = None
    ) -> None:
        with name_scope(name, "TrainingHelper"):
            self._inputs = map_structure(as_tensor, inputs)
            self._steps = map_structure(
                lambda each: each if time_major else each.transpose(0, 1), self._inputs
            )
            first = flatten(self._steps)[0]
            self._sequence_length = as_tensor(sequence_length, first)
            if self._sequence_length.ndim != 1:
                raise ValueError(
                    "Expected sequence_length to be a vector, but received shape: "
                    f"{shape_text(self._sequence_length.shape)}. Give one length for each sequence."
                )
            self._zero_inputs = map_structure(lambda each: torch.zeros_like(each[0]), self._steps)
            self._batch_size = self._sequence_length.shape[0]
        self._time = first.shape[0]
        self._known = _integers(sequence_length)

    @property
    # Any: a structure of tensors, as it was given.
    def inputs(self) -> Any:
        """The inputs, as they were given."""
        return self._inputs

    @property
    def sequence_length(self) -> Tensor:
        """The number of steps of each sequence."""
        return self._sequence_length

    def initialize(self, name: str | None = None) -> tuple[Tensor, Any]:
        """What there is before the first step."""
        with name_scope(name, "TrainingHelperInitialize"):
            return self._sequence_length == 0, self._at(0)

    def sample(  # type: ignore[override]
        self, time: Any, outputs: Any, name: str | None = None, **unused_kwargs: Any
    ) -> Tensor:
        """The likeliest class of each output."""
        with name_scope(name, "TrainingHelperSample"):
            return argmax(outputs, axis=-1, output_type=torch.int32)

    def next_inputs(  # type: ignore[override]
        self, time: Any, outputs: Any, state: Any, name: str | None = None, **unused_kwargs: Any
    ) -> tuple[Tensor, Any, Any]:
        """The inputs of the next step; zeros once all sequences are finished."""
        with name_scope(name, "TrainingHelperNextInputs"):
            return time + 1 >= self._sequence_length, self._at(time + 1), state

    def _at(self, time: Any) -> Any:
        """The inputs of a step, or zeros where there is none any more."""
        return self._picked(time, self._steps, self._zero_inputs)

    def _picked(self, time: Any, steps: Any, zeros: Any) -> Any:
        if isinstance(time, int):
            if time >= self._time:
                return zeros
            if self._known is not None:
                past = time >= max(self._known, default=0)
                return zeros if past else map_structure(lambda each: each[time], steps)
            found = map_structure(lambda each: each[time], steps)
        else:
            at = as_tensor(time, self._sequence_length).clamp(max=self._time - 1).reshape(1)
            found = map_structure(lambda each: each.index_select(0, at).squeeze(0), steps)
        ended = (self._sequence_length <= time).all()
        return map_structure(lambda each, zero: torch.where(ended, zero, each), found, zeros)

    def _turns(self) -> Turns:
        if not self._ends_at_lengths:
            return Turns(None, exactly=False)
        lengths = self._known
        if lengths is None:
            if not fakes.has_values(self._sequence_length):
                return Turns(self._time, exactly=False)
            # All are read at once, and not one step after the other.
            lengths = [int(self._sequence_length.max())] if self._batch_size else []
        longest = max(lengths, default=0)
        if longest > self._time:
            raise InvalidArgumentError(
                None,
                None,
                f"Tried to read from index {self._time} but array size is: {self._time}. The longest "
                f"sequence_length of the {type(self).__name__} is {longest}: cut the lengths, "
                f"tf.minimum(lengths, {self._time}), or pad the inputs.",
            )
        return Turns(longest, exactly=True)


def _integers(lengths: Any) -> list[int] | None:
    """The lengths where nobody has to read them from a device."""
    if hasattr(lengths, "tolist") and not isinstance(lengths, Tensor):
        lengths = lengths.tolist()
    found = known.of(lengths)
    return found if isinstance(found, list) else None
