"""Losses, each with its gradient, and texts that are read out of logits."""

from __future__ import annotations

from typing import Any

import torch

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op
from torchscope.nn import ctc

_BOTH = ("loss", "backprop")


@op("SparseSoftmaxCrossEntropyWithLogits", outputs=_BOTH)
def _sparse_cross_entropy(features: Any, labels: Any) -> Any:
    labels = tf.convert_to_tensor(labels)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=features)
    classes = torch.arange(features.shape[-1], device=features.device)
    likely = tf.nn.softmax(features)
    return loss, likely - (classes == labels[..., None]).to(likely.dtype)


@op("SoftmaxCrossEntropyWithLogits", outputs=_BOTH)
def _cross_entropy(features: Any, labels: Any) -> Any:
    shape = torch.broadcast_shapes(features.shape, labels.shape)  # type: ignore[no-untyped-call]
    logits, wanted = features.expand(shape), labels.expand(shape)
    loss = tf.nn.softmax_cross_entropy_with_logits_v2(labels=wanted, logits=logits)
    # TensorFlow passes no gradient of this to the labels.
    return loss, tf.nn.softmax(logits) - wanted.detach()


@op("BiasAddGrad")
def _bias_add_grad(out_backprop: Any, *, data_format: str = "NHWC") -> Any:
    axis = 1 if data_format.startswith("NC") and out_backprop.ndim > 2 else out_backprop.ndim - 1
    return out_backprop.sum([each for each in range(out_backprop.ndim) if each != axis])


# Connectionist temporal classification


@op("CTCLoss", outputs=("loss", "gradient"))
def _ctc_loss(
    inputs: Any,
    labels_indices: Any,
    labels_values: Any,
    sequence_length: Any,
    *,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
) -> Any:
    return _ctc(
        inputs,
        labels_indices,
        labels_values,
        sequence_length,
        collapse=preprocess_collapse_repeated,
        merge=ctc_merge_repeated,
        ignore=ignore_longer_outputs_than_inputs,
    )


@op("CTCLossV2", outputs=("loss", "gradient"))
def _ctc_loss_v2(
    inputs: Any,
    labels_indices: Any,
    labels_values: Any,
    sequence_length: Any,
    *,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
) -> Any:
    """The first class is the blank."""
    loss, gradient = _ctc(
        inputs.roll(-1, 2),
        labels_indices,
        tf.convert_to_tensor(labels_values) - 1,
        sequence_length,
        collapse=preprocess_collapse_repeated,
        merge=ctc_merge_repeated,
        ignore=ignore_longer_outputs_than_inputs,
    )
    return loss, gradient.roll(1, 2)


def _ctc(
    inputs: Any,
    indices: Any,
    values: Any,
    lengths: Any,
    *,
    collapse: bool,
    merge: bool,
    ignore: bool,
) -> Any:
    # No text is longer than all together, which is known without a look at the places.
    labels = tf.SparseTensor(indices, values, [inputs.shape[1], len(indices)])
    return ctc.loss_and_gradient(labels, inputs, lengths, collapse, merge, ignore)


@op(
    "CTCGreedyDecoder",
    outputs=("decoded_indices", "decoded_values", "decoded_shape", "log_probability"),
)
def _ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, *, merge_repeated: bool = False, blank_index: int = -1
) -> Any:
    (text,), score = tf.nn.ctc_greedy_decoder(inputs, sequence_length, merge_repeated, blank_index)
    return text.indices, text.values, tf.convert_to_tensor(text.dense_shape), score


@op(
    "CTCBeamSearchDecoder",
    outputs=("decoded_indices*", "decoded_values*", "decoded_shape*", "log_probability"),
)
def _ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    *,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool = True,
) -> Any:
    texts, score = tf.nn.ctc_beam_search_decoder(
        inputs, sequence_length, beam_width, top_paths, merge_repeated
    )
    return (
        *(each.indices for each in texts),
        *(each.values for each in texts),
        *(tf.convert_to_tensor(each.dense_shape) for each in texts),
        score,
    )
