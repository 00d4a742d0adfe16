"""Recurrent layers of cuDNN: their parameters, which are one vector, and what they compute.

The vector has the kernels of each layer, forward and then backward, those of the inputs before those of the state; after all
kernels come the biases, in the same order. The gates are in PyTorch's order, which is cuDNN's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import check_rank
from torchscope._core.values.conversion import shape_text
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.table import op

_GATES = {"lstm": 4, "gru": 3, "rnn_relu": 1, "rnn_tanh": 1}


class _Layers(NamedTuple):
    """What a vector of parameters is of.

    Args:
        mode: "lstm", "gru", "rnn_relu" or "rnn_tanh".
        layers: how many layers there are.
        units: how many units each has.
        depth: of the first layer's inputs.
        directions: 1 or 2.
    """

    mode: str
    layers: int
    units: int
    depth: int
    directions: int

    @property
    def gates(self) -> int:
        return _GATES[self.mode]

    def kernels(self) -> list[tuple[int, int]]:
        """The shapes of the kernels, all gates in one: of the inputs and of the state, in turn."""
        found = []
        for layer in range(self.layers):
            depth = self.depth if layer == 0 else self.units * self.directions
            for _ in range(self.directions):
                found += [(self.gates * self.units, width) for width in (depth, self.units)]
        return found

    def sizes(self) -> list[int]:
        """How many numbers each kernel has, and then each bias."""
        kernels = self.kernels()
        return [rows * columns for rows, columns in kernels] + [rows for rows, _ in kernels]

    def parts(self, params: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The kernels and the biases that a vector has."""
        pieces = torch.split(params.flatten(), self.sizes())
        kernels = self.kernels()
        count = len(kernels)
        shaped = [each.view(shape) for each, shape in zip(pieces, kernels, strict=False)]
        return shaped, list(pieces[count:])


def _layers(
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    rnn_mode: str,
    direction: str,
    input_mode: str,
    num_proj: int = 0,
) -> _Layers:
    depth, units = int(input_size), int(num_units)
    if input_mode == "skip_input" or (input_mode == "auto_select" and depth == units):
        raise GraphError("A layer of cuDNN skips its input's kernel, which torchscope's do not.")
    if num_proj:
        raise GraphError(
            "A layer of cuDNN has a projection, of which torchscope does not know where it lies."
        )
    return _Layers(
        rnn_mode, int(num_layers), units, depth, 2 if direction == "bidirectional" else 1
    )


@op("CudnnRNNParamsSize")
def _params_size(
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    *,
    S: Any,  # noqa: N803 - TensorFlow's name
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    num_proj: int = 0,
) -> Any:
    layers = _layers(num_layers, num_units, input_size, rnn_mode, direction, input_mode, num_proj)
    return tf.constant([sum(layers.sizes())], S)


@op("CudnnRNNParamsToCanonical", outputs=("weights*", "biases*"))
def _to_canonical(
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    params: Any,
    *,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    num_proj: int = 0,
) -> Any:
    layers = _layers(num_layers, num_units, input_size, rnn_mode, direction, input_mode, num_proj)
    kernels, biases = layers.parts(params)
    return [part for each in (*kernels, *biases) for part in each.chunk(layers.gates)]


op("CudnnRNNParamsToCanonicalV2", outputs=("weights*", "biases*"))(_to_canonical)


@op("CudnnRNNCanonicalToParams", "CudnnRNNCanonicalToParamsV2")
def _to_params(
    num_layers: Any,
    num_units: Any,
    input_size: Any,
    *weights_and_biases: Any,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    num_proj: int = 0,
) -> Any:
    _layers(num_layers, num_units, input_size, rnn_mode, direction, input_mode, num_proj)
    return torch.cat([each.flatten() for each in weights_and_biases])


def _run(
    input: Tensor,
    state: Sequence[Tensor],
    params: Tensor,
    layers: _Layers,
    dropout: float,
    is_training: bool,
    lengths: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """The outputs, (T, B, N * directions), and the last states."""
    kernels, biases = layers.parts(params)
    weights = []
    for first in range(0, len(kernels), 2):
        weights += [*kernels[first : first + 2], *biases[first : first + 2]]
    function = getattr(torch, layers.mode)
    hx: Any = [each.contiguous() for each in state]
    if layers.mode != "lstm":
        (hx,) = hx
    how = weights, True, layers.layers, dropout if is_training else 0.0, is_training
    two = layers.directions == 2
    if lengths is None:
        found: tuple[Tensor, ...] = function(input, hx, *how, two, False)
        return found
    packed = pack_padded_sequence(input, lengths.cpu(), enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    assert order is not None
    assert back is not None
    hx = hx[:, order] if isinstance(hx, Tensor) else [each[:, order] for each in hx]
    data, *last = function(packed.data, packed.batch_sizes, hx, *how, two)
    outputs, _ = pad_packed_sequence(packed._replace(data=data), total_length=len(input))
    return outputs, *(each[:, back] for each in last)


def _check_state(
    input: Tensor, state: Sequence[Tensor], shape: tuple[int, ...], lengths: Tensor | None
) -> None:
    """PyTorch's kernel does not ask whether all are of one batch, and would read beyond the last number."""
    check_rank("the input", input, 3)
    for name, each in zip(("input_h", "input_c"), state, strict=False):
        if each.shape != shape:
            raise ValueError(f"Invalid {name} shape: {shape_text(each.shape)} {shape_text(shape)}.")
    if lengths is not None and lengths.shape != shape[1:2]:
        raise ValueError(
            f"Invalid sequence_lengths shape: {shape_text(lengths.shape)} {shape_text(shape[1:2])}."
        )


def _computed(
    input: Tensor,
    input_h: Tensor,
    input_c: Tensor,
    params: Tensor,
    said: Any,
    lengths: Tensor | None = None,
    *,
    time_major: bool = True,
) -> tuple[Tensor, ...]:
    rnn_mode, input_mode, direction, dropout, num_proj, is_training = said
    turned = [input, input_h, *([input_c] if rnn_mode == "lstm" else [])]
    if not time_major:
        turned = [each.transpose(0, 1) for each in turned]
    input, *state = turned
    directions = 2 if direction == "bidirectional" else 1
    count = state[0].shape[0] // directions
    units, depth = state[0].shape[2], input.shape[2]
    layers = _layers(count, units, depth, rnn_mode, direction, input_mode, num_proj)
    _check_state(input, state, (count * directions, input.shape[1], units), lengths)
    found = _run(input, state, params, layers, dropout, is_training, lengths)
    if not time_major:
        found = tuple(each.transpose(0, 1) for each in found)
    return found if rnn_mode == "lstm" else (*found, input.new_zeros(()))


_OUTPUTS = ("output", "output_h", "output_c", "reserve_space")


@op("CudnnRNN", outputs=_OUTPUTS, stateful=True)
def _cudnn_rnn(
    input: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    *,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    is_training: bool = True,
) -> Any:
    said = rnn_mode, input_mode, direction, dropout, 0, is_training
    return *_computed(input, input_h, input_c, params, said), input.new_zeros(0)


@op("CudnnRNNV2", outputs=(*_OUTPUTS, "host_reserved"), stateful=True)
def _cudnn_rnn_v2(
    input: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    *,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    is_training: bool = True,
) -> Any:
    said = rnn_mode, input_mode, direction, dropout, 0, is_training
    kept = input.new_zeros(0)
    return *_computed(input, input_h, input_c, params, said), kept, kept.to(torch.int8)


@op("CudnnRNNV3", outputs=(*_OUTPUTS, "host_reserved"), stateful=True)
def _cudnn_rnn_v3(
    input: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    sequence_lengths: Any,
    *,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    num_proj: int = 0,
    is_training: bool = True,
    time_major: bool = True,
) -> Any:
    said = rnn_mode, input_mode, direction, dropout, num_proj, is_training
    lengths = tf.convert_to_tensor(sequence_lengths).to(torch.int64)
    found = _computed(input, input_h, input_c, params, said, lengths, time_major=time_major)
    kept = input.new_zeros(0)
    return *found, kept, kept.to(torch.int8)


# Gradients, for which all is computed once more: what cuDNN would have kept of it is not there.


def _back(
    input: Tensor,
    input_h: Tensor,
    input_c: Tensor,
    params: Tensor,
    slopes: Sequence[Tensor],
    said: Any,
    lengths: Tensor | None = None,
    *,
    time_major: bool = True,
) -> tuple[Tensor, ...]:
    if said[3]:
        raise GraphError(
            "The gradient of a layer of cuDNN that drops out asks for what was dropped, which only cuDNN keeps:"
            " fetch the loss, and have autograd find its gradient."
        )
    with torch.enable_grad():
        inputs = [each.detach().requires_grad_() for each in (input, input_h, input_c, params)]
        x, h, c, weights = inputs
        outputs = _computed(x, h, c, weights, said, lengths, time_major=time_major)
        known = 3 if said[0] == "lstm" else 2
        found = torch.autograd.grad(
            outputs[:known], inputs, slopes[:known], allow_unused=True, materialize_grads=True
        )
    return tuple(found)


_SLOPES = ("input_backprop", "input_h_backprop", "input_c_backprop", "params_backprop")


@op("CudnnRNNBackprop", "CudnnRNNBackpropV2", outputs=_SLOPES)
def _cudnn_rnn_backprop(
    input: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    output: Any,
    output_h: Any,
    output_c: Any,
    output_backprop: Any,
    output_h_backprop: Any,
    output_c_backprop: Any,
    *_: Any,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
) -> Any:
    said = rnn_mode, input_mode, direction, dropout, 0, True
    slopes = output_backprop, output_h_backprop, output_c_backprop
    return _back(input, input_h, input_c, params, slopes, said)


@op("CudnnRNNBackpropV3", outputs=_SLOPES)
def _cudnn_rnn_backprop_v3(
    input: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    sequence_lengths: Any,
    output: Any,
    output_h: Any,
    output_c: Any,
    output_backprop: Any,
    output_h_backprop: Any,
    output_c_backprop: Any,
    *_: Any,
    rnn_mode: str = "lstm",
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0,
    num_proj: int = 0,
    time_major: bool = True,
) -> Any:
    said = rnn_mode, input_mode, direction, dropout, num_proj, True
    slopes = output_backprop, output_h_backprop, output_c_backprop
    lengths = tf.convert_to_tensor(sequence_lengths).to(torch.int64)
    return _back(input, input_h, input_c, params, slopes, said, lengths, time_major=time_major)
