"""Layers that are built by hand, before they are called or again, have the variables that TensorFlow gives."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests.comparing import dtype_text
from tests.layers.beside import OF_OLD
from tests.tensorflow1 import assert_refused_alike, tf

pytestmark = [OF_OLD, pytest.mark.filterwarnings("ignore:`tf.nn.rnn_cell")]
LAYERS = {
    "Dense": (lambda api, **how: api.layers.Dense(4, **how), (2, 3)),
    "Conv1D": (lambda api, **how: api.layers.Conv1D(4, 2, **how), (2, 5, 3)),
    "Conv2D": (lambda api, **how: api.layers.Conv2D(4, 2, **how), (2, 5, 5, 3)),
    "Conv3D": (lambda api, **how: api.layers.Conv3D(4, 2, **how), (2, 5, 5, 5, 3)),
    "Conv2DTranspose": (lambda api, **how: api.layers.Conv2DTranspose(4, 2, **how), (2, 5, 5, 3)),
    "Conv3DTranspose": (
        lambda api, **how: api.layers.Conv3DTranspose(4, 2, **how),
        (2, 5, 5, 5, 3),
    ),
    "SeparableConv1D": (lambda api, **how: api.layers.SeparableConv1D(4, 2, **how), (2, 5, 3)),
    "SeparableConv2D": (lambda api, **how: api.layers.SeparableConv2D(4, 2, **how), (2, 5, 5, 3)),
    "BatchNormalization": (lambda api, **how: api.layers.BatchNormalization(**how), (2, 5, 5, 3)),
    "MaxPooling2D": (lambda api, **how: api.layers.MaxPooling2D(2, 2, **how), (2, 5, 5, 3)),
    "Dropout": (lambda api, **how: api.layers.Dropout(**how), (2, 3)),
    "Flatten": (lambda api, **how: api.layers.Flatten(**how), (2, 5, 3)),
    "BasicRNNCell": (lambda api, **how: api.nn.rnn_cell.BasicRNNCell(4, **how), (2, 3)),
    "GRUCell": (lambda api, **how: api.nn.rnn_cell.GRUCell(4, **how), (2, 3)),
    "BasicLSTMCell": (lambda api, **how: api.nn.rnn_cell.BasicLSTMCell(4, **how), (2, 3)),
    "LSTMCell": (lambda api, **how: api.nn.rnn_cell.LSTMCell(4, num_proj=2, **how), (2, 3)),
}


def told(api, layer):
    weights = [(v.name, tuple(int(d) for d in v.shape), dtype_text(v.dtype)) for v in layer.weights]
    return layer.built, weights, [v.name for v in api.trainable_variables()]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [2, None])
def test_a_layer_that_is_built_by_hand_is_called_without_building(name, dtype, batch):
    make, shape = LAYERS[name]

    def program(api, ones):
        with api.variable_scope("net"):
            # A cell has to know its dtype before it is called.
            given = {"dtype": dtype} if dtype == "float64" or name.endswith("Cell") else {}
            layer = make(api, **given)
            answers = [layer.built]
            for _ in range(2):
                layer.build([batch, *shape[1:]])
                answers.append(told(api, layer))
        x = ones(shape, dtype)
        if name.endswith("Cell"):
            layer(x, layer.zero_state(2, getattr(api, dtype)))
        else:
            layer(x)
        return [*answers, told(api, layer)]

    with tf.Graph().as_default():
        expected = program(tf, tf.ones)
    net = ts.ScopedModule(
        lambda: program(
            torchscope.tf1, lambda shape, name: torch.ones(shape, dtype=getattr(torch, name))
        )
    )
    for _ in range(2):
        assert net() == expected


def test_a_layer_that_is_built_after_its_call_keeps_its_variables():
    layer = ts.layers.Dense(4)
    layer(torch.ones(2, 3))
    before = list(layer.weights)
    layer.build([2, 3])
    assert len(layer.weights) == len(before) == 2
    assert all(one is other for one, other in zip(layer.weights, before, strict=True))
    with pytest.raises(
        ValueError, match=r"share variable dense/kernel, but specified shape \(5, 4\)"
    ):
        layer.build([2, 5])


@pytest.mark.parametrize("name", ["Dense", "BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell"])
def test_one_number_is_a_shape_to_build_for_and_an_unknown_depth_is_refused(name):
    make, _ = LAYERS[name]

    def built(api, shape):
        layer = make(api, name="layer", dtype="float32")
        layer.build(shape)
        return told(api, layer)

    with tf.Graph().as_default():
        assert built(torchscope.tf1, 3) == built(tf, 3)
    assert_refused_alike(
        lambda: built(tf, [2, None]), lambda: ts.ScopedModule(built)(torchscope.tf1, [2, None])
    )
