"""Regularizers, against those of tf_slim."""

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, import_slim, tf
from torchscope import tf1

slim = import_slim()
WEIGHTS = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)
MAKERS = {
    "l1_regularizer": (0.3,),
    "l2_regularizer": (0.3,),
    "l1_l2_regularizer": (0.3, 0.7),
}


@pytest.mark.parametrize(("name", "scales"), MAKERS.items())
def test_losses_and_gradients_are_tensorflows(name, scales):
    def build(tf):
        weights = tf.constant(WEIGHTS)
        loss = getattr(slim, name)(*scales)(weights)
        return loss, tf.gradients(loss, weights)[0]

    weights = torch.tensor(WEIGHTS, requires_grad=True)
    loss = getattr(ts, name)(*scales)(weights)
    (grad,) = torch.autograd.grad(loss, weights)
    expected_loss, expected_grad = evaluate(build)
    np.testing.assert_allclose(loss.item(), expected_loss, rtol=1e-6)
    np.testing.assert_allclose(grad.numpy(), expected_grad, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("l1", (0.3,)),
        ("l2", (0.3,)),
        ("l2", ()),
        ("l2", (0.0,)),
        ("l1_l2", (0.3, 0.7)),
        ("l1_l2", ()),
    ],
)
def test_those_of_keras_are_tensorflows(name, factors):
    def build(tf):
        return getattr(tf.keras.regularizers, name)(*factors)(tf.constant(WEIGHTS))

    loss = getattr(tf1.keras.regularizers, name)(*factors)(torch.tensor(WEIGHTS))
    np.testing.assert_allclose(loss.item(), evaluate(build), rtol=1e-6)


@pytest.mark.parametrize("none", [{}, [], False, 0])
def test_what_is_false_is_no_regularizer_as_in_tf1(none):
    def losses(tf):
        with tf.variable_scope("a", regularizer=tf.reduce_sum):
            tf.get_variable("w", [2], regularizer=none)
            tf.get_variable("v", [2])
            tf.get_variable("n", [2], tf.int32, tf.zeros_initializer(), regularizer=none)
        return [each.name for each in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)]

    with tf.Graph().as_default():
        assert len(losses(tf)) == 1
    with tf1.Graph().as_default():
        tf1.get_variable("w", [2], regularizer=none)
        with tf1.variable_scope("a", regularizer=lambda w: w.sum()):
            tf1.get_variable("w", [2], regularizer=none)
            tf1.get_variable("v", [2])
            tf1.get_variable("n", [2], tf1.int32, tf1.zeros_initializer(), regularizer=none)
        assert len(tf1.get_collection(tf1.GraphKeys.REGULARIZATION_LOSSES)) == 1


def test_the_sum_of_regularizers():
    loss = ts.sum_regularizer([ts.l1_regularizer(0.3), None, ts.l2_regularizer(0.7)])
    theirs = evaluate(
        lambda tf: slim.sum_regularizer([slim.l1_regularizer(0.3), slim.l2_regularizer(0.7)])(
            tf.constant(WEIGHTS)
        )
    )
    np.testing.assert_allclose(loss(torch.tensor(WEIGHTS)).item(), theirs, rtol=1e-6)
    assert ts.sum_regularizer([]) is None
    assert ts.sum_regularizer([None]) is None


def test_a_scale_of_zero_gives_no_loss():
    weights = torch.tensor(WEIGHTS)
    assert ts.l1_regularizer(0.0)(weights) is None
    assert ts.l2_regularizer(0.0)(weights) is None
    assert ts.l1_l2_regularizer(0.0, 0.0)(weights) is None


@pytest.mark.parametrize("scale", [1, -0.5])
@pytest.mark.parametrize("name", ["l1_regularizer", "l2_regularizer"])
def test_what_tensorflow_refuses_is_refused_alike(name, scale):
    assert_refused_alike(lambda: getattr(slim, name)(scale), lambda: getattr(ts, name)(scale))
