"""Layers of cuDNN, which TensorFlow has no kernels of for a CPU, beside Keras's layers of the same numbers."""

import warnings

import numpy as np
import pytest
import torch

from tests.graphs.kit import FEW
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.graphs.operations.table import TABLE

RANDOM = np.random.RandomState(7)
UNITS = 4
X = RANDOM.randn(2, 5, 3).astype(np.float32)


def built(make):
    """A graph with a layer, its outputs' names, and random weights by the reading nodes."""
    with tf.Graph().as_default() as graph, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = tf.placeholder(tf.float32, X.shape, name="x")
        layer = make()
        outputs = layer(x)
        total = tf.reduce_sum(outputs[0] * outputs[0])
        slope = tf.gradients(total, x)[0]
        given = {each.op.name: RANDOM.randn(*each.shape) for each in layer.weights}
        reads = {
            operation.outputs[0].name: given[operation.inputs[0].op.name].astype(np.float32)
            for operation in graph.get_operations()
            if operation.type == "ReadVariableOp" and operation.inputs[0].op.name in given
        }
        names = [each.name for each in outputs]
        return graph.as_graph_def().SerializeToString(), names, slope.name, reads, given


def by_keras(make, weights):
    with tf.Graph().as_default(), plain_session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = tf.constant(X)
        layer = make()
        outputs = layer(x)
        total = tf.reduce_sum(outputs[0] * outputs[0])
        for variable, value in zip(layer.weights, weights, strict=True):
            session.run(variable.assign(value))
        return session.run([outputs, tf.gradients(total, x)[0]])


def of_plain_layers(kernels):
    """Kernels of Keras's layers over cuDNN: each gate's has the order of memory that cuDNN wants."""
    gates = np.split(kernels, kernels.shape[1] // UNITS, 1)
    return np.concatenate([each.reshape(UNITS, -1).T for each in gates], 1)


def cudnn_lstm(weights):
    kernel, recurrent, bias = weights
    return of_plain_layers(kernel), of_plain_layers(recurrent), bias.reshape(2, -1).sum(0)


def cudnn_gru(weights):
    kernel, recurrent, bias = weights
    return of_plain_layers(kernel), of_plain_layers(recurrent), bias.reshape(2, -1)


@pytest.mark.parametrize(
    ("of_cudnn", "other", "turned"),
    [
        ("CuDNNLSTM", lambda **said: tf.keras.layers.LSTM(UNITS, **said), cudnn_lstm),
        (
            "CuDNNGRU",
            lambda **said: tf.keras.layers.GRU(UNITS, reset_after=True, **said),
            cudnn_gru,
        ),
    ],
)
def test_a_layer_of_keras_gives_what_its_other_layer_gives_in_tensorflow(of_cudnn, other, turned):
    said = {"return_sequences": True, "return_state": True}
    definition, names, slope, reads, weights = built(
        lambda: getattr(tf.keras.layers, of_cudnn)(UNITS, recurrent_initializer="zeros", **said)
    )
    expected, of_x = by_keras(
        lambda: other(recurrent_activation="sigmoid", **said), turned(list(weights.values()))
    )
    net = graphs.import_graph_def(definition)
    x = torch.from_numpy(X).requires_grad_()
    given = {"x:0": x, **reads}
    found = net(feeds=given, fetches=names)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), theirs, FEW, FEW)
    mine = torch.autograd.grad((found[0] * found[0]).sum(), x)[0]
    np.testing.assert_allclose(mine.numpy(), of_x, 1e-4, 1e-4)
    np.testing.assert_allclose(net(feeds=given, fetches=slope).detach().numpy(), of_x, 1e-4, 1e-4)


@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_relu", "rnn_tanh"])
@pytest.mark.parametrize("direction", ["unidirectional", "bidirectional"])
def test_parameters_are_those_of_pytorchs_layers_in_a_row(mode, direction):
    two = direction == "bidirectional"
    said = {"num_layers": 2, "bidirectional": two}
    net = {
        "lstm": lambda: torch.nn.LSTM(3, UNITS, **said),
        "gru": lambda: torch.nn.GRU(3, UNITS, **said),
        "rnn_relu": lambda: torch.nn.RNN(3, UNITS, nonlinearity="relu", **said),
        "rnn_tanh": lambda: torch.nn.RNN(3, UNITS, **said),
    }[mode]()
    gates = {"lstm": 4, "gru": 3}.get(mode, 1)
    weights = [
        part
        for name, each in net.named_parameters()
        if "weight" in name
        for part in each.chunk(gates)
    ]
    biases = [
        part
        for name, each in net.named_parameters()
        if "bias" in name
        for part in each.chunk(gates)
    ]
    how = {"rnn_mode": mode, "direction": direction}
    params = TABLE["CudnnRNNCanonicalToParams"].function(2, UNITS, 3, *weights, *biases, **how)
    size = TABLE["CudnnRNNParamsSize"].function(2, UNITS, 3, S=torch.int64, **how)
    assert size.tolist() == [len(params)]
    back = TABLE["CudnnRNNParamsToCanonicalV2"].function(2, UNITS, 3, params, **how)
    for mine, theirs in zip(back, [*weights, *biases], strict=True):
        assert torch.equal(mine, theirs)
    x, state = torch.randn(6, 2, 3), torch.randn(4 if two else 2, 2, UNITS)
    expected, last = net(x, (state, state) if mode == "lstm" else state)
    for kind in ("CudnnRNN", "CudnnRNNV2"):
        found = TABLE[kind].function(x, state, state, params, is_training=False, **how)
        assert torch.equal(found[0], expected)
        assert torch.equal(found[1], last[0] if mode == "lstm" else last)


@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_sequences_end_where_their_lengths_say(mode):
    x, state, lengths = torch.randn(6, 2, 3), torch.randn(2, 2, UNITS), torch.tensor([4, 6])
    how = {"rnn_mode": mode, "direction": "bidirectional", "is_training": False}
    size = TABLE["CudnnRNNParamsSize"].function(
        1, UNITS, 3, S=torch.int64, rnn_mode=mode, direction="bidirectional"
    )
    params = torch.randn(int(size))
    found = TABLE["CudnnRNNV3"].function(x, state, state, params, lengths, **how)
    for row, length in enumerate(lengths.tolist()):
        own = slice(row, row + 1)
        alone = TABLE["CudnnRNN"].function(
            x[:length, own], state[:, own], state[:, own], params, **how
        )
        torch.testing.assert_close(found[0][:length, own], alone[0])
        torch.testing.assert_close(found[1][:, own], alone[1])
        assert not found[0][length:, own].any()
    turned = [each.transpose(0, 1) for each in (x, state, state)]
    by_batch = TABLE["CudnnRNNV3"].function(*turned, params, lengths, time_major=False, **how)
    torch.testing.assert_close(by_batch[0].transpose(0, 1), found[0])
    torch.testing.assert_close(by_batch[1].transpose(0, 1), found[1])
