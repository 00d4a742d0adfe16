"""A decoder of a cell, a helper that feeds it, and a layer for its outputs."""

from __future__ import annotations

from typing import Any, NamedTuple

from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.values.static_shapes import TensorShape
from torchscope._core.values.structures import flatten, map_structure
from torchscope.layers.base import Layer
from torchscope.rnn.wrappers import assert_like_rnncell
from torchscope.seq2seq.decoding import Decoder, Turns
from torchscope.seq2seq.helpers import Helper


class BasicDecoderOutput(NamedTuple):
    """What a `BasicDecoder` gives of a step, or of all (tf.contrib.seq2seq.BasicDecoderOutput).

    >>> BasicDecoderOutput(rnn_output=1, sample_id=2).sample_id
    2
    """

    rnn_output: Any
    sample_id: Any


def checked_layer(output_layer: Any) -> Layer | None:
    """The layer for outputs, if there is one.

    Raises:
        TypeError: it is none.
    """
    if output_layer is not None and not isinstance(output_layer, Layer):
        raise TypeError(
            f"output_layer must be a Layer, received: {type(output_layer)}. tf.layers.Dense(units) is "
            "one."
        )
    return output_layer


def size_of_outputs(cell: Any, output_layer: Layer | None) -> Any:
    """The size of a cell's outputs, after the layer for them."""
    size = cell.output_size
    if output_layer is None:
        return size
    shapes = map_structure(lambda each: TensorShape([None]).concatenate(each), size)
    return map_structure(lambda each: each[1:], output_layer.compute_output_shape(shapes))


class BasicDecoder(Decoder):
    """Decodes by a cell, whose inputs a helper gives (tf.contrib.seq2seq.BasicDecoder).

    >>> import torch, torchscope as ts
    >>> cell, layer = ts.rnn.GRUCell(6), ts.layers.Dense(4)
    >>> helper = ts.seq2seq.GreedyEmbeddingHelper(torch.eye(4), start_tokens=[1, 1], end_token=0)
    >>> decoder = BasicDecoder(cell, helper, cell.zero_state(2, torch.float32), layer)
    >>> outputs, _, _ = ts.seq2seq.dynamic_decode(decoder, maximum_iterations=3)
    >>> outputs.rnn_output.shape[2], outputs.sample_id.dtype
    (4, torch.int32)

    Args:
        cell: the cell.
        helper: what samples, and gives inputs.
        initial_state: the cell's state at first.
        output_layer: a layer for the cell's outputs, such as one that makes logits of them.

    Raises:
        TypeError: `cell` is no cell, `helper` no Helper or `output_layer` no Layer.
    """

    def __init__(
        self, cell: Any, helper: Helper, initial_state: Any, output_layer: Any = None
    ) -> None:
        assert_like_rnncell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(
                f"helper must be a Helper, received: {type(helper)}. Derive it from "
                "tf.contrib.seq2seq.Helper."
            )
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = checked_layer(output_layer)

    @property
    # Any: an integer, or the symbol of a recording.
    def batch_size(self) -> Any:
        """How many sequences there are."""
        return self._helper.batch_size

    def _rnn_output_size(self) -> Any:
        return size_of_outputs(self._cell, self._output_layer)

    @property
    def output_size(self) -> BasicDecoderOutput:
        """The size of an output, and of a sample."""
        return BasicDecoderOutput(self._rnn_output_size(), self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> BasicDecoderOutput:
        """The dtypes of outputs, those of the state, and of samples."""
        dtype = flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            map_structure(lambda _: dtype, self._rnn_output_size()), self._helper.sample_ids_dtype
        )

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """What there is before the first step."""
        return (*self._helper.initialize(), self._initial_state)

    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[BasicDecoderOutput, Any, Any, Any]:
        """Runs the cell, samples, and asks for the next inputs."""
        with name_scope(name, "BasicDecoderStep"):
            outputs, cell_state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            sample_ids = self._helper.sample(time=time, outputs=outputs, state=cell_state)
            finished, next_inputs, next_state = self._helper.next_inputs(
                time=time, outputs=outputs, state=cell_state, sample_ids=sample_ids
            )
        return BasicDecoderOutput(outputs, sample_ids), next_state, next_inputs, finished

    def _turns(self) -> Turns:
        # A subclass may end otherwise than the helper says.
        own = (
            type(self).step is BasicDecoder.step
            and type(self).initialize is BasicDecoder.initialize
        )
        return self._helper._turns() if own else Turns(None, exactly=False)
