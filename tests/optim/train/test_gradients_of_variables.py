"""Gradients of a loss for what is in TRAINABLE_VARIABLES: which of them autograd may be asked for."""

import torch
from nets import Scoped

import torchscope as ts
import torchscope.tf1 as tf
from tests import tensorflow1

X = [[1.0, 2.0]]


def model(tf, x):
    """A loss; among the trainable variables are one that it does not read, and two averages."""
    ones = tf.ones_initializer()
    w = tf.get_variable("w", [2, 3], initializer=ones)
    tf.get_variable("unread", [2], initializer=ones)
    y = x @ w
    averages = [
        tf.get_variable("average", [3], initializer=ones, trainable=False),
        tf.get_variable("apart", [3], initializer=ones, trainable=False),
    ]
    for average in averages:
        tf.add_to_collection(tf.GraphKeys.TRAINABLE_VARIABLES, average)
    b = tf.get_variable("b", [3], initializer=ones)
    return tf.nn.l2_loss(y * averages[0] + b)


NAMES = ["w", "unread", "average", "apart", "b"]


def test_each_of_the_trainable_variables_says_whether_it_has_a_gradient():
    def build(tf):
        loss = model(tf, tf.constant(X))
        variables = tf.trainable_variables()
        assert [v.op.name for v in variables] == NAMES
        gradients = tf.gradients(loss, variables)
        return [tf.zeros([0]) if gradient is None else gradient for gradient in gradients]

    expected = dict(zip(NAMES, tensorflow1.evaluate(build), strict=True))
    net = Scoped(lambda x: model(tf, x))
    for _ in range(2):
        loss = net(torch.tensor(X))
        # After the pass as in it: what was put there by hand, and what was made to be trained.
        variables = net.scopes.trainable_variables()
        assert [v.op.name for v in variables] == NAMES
        assert list(net.scopes.variables) == NAMES
        # An average has the name and the place, and requires no gradient: it is told by that.
        asked = [v for v in variables if v.requires_grad]
        assert [v.op.name for v in asked] == ["w", "unread", "b"]
        assert [v.op.name for v in variables if v.trainable] == ["w", "unread", "b"]
        gradients = torch.autograd.grad(loss, asked, allow_unused=True)
        for variable, gradient in zip(asked, gradients, strict=True):
            theirs = expected[variable.op.name]
            if gradient is None:
                assert theirs.size == 0
            else:
                torch.testing.assert_close(gradient, torch.from_numpy(theirs))
    assert {v.op.name for v in net.scopes.variables.values() if not v.requires_grad} == {
        "average",
        "apart",
    }
    assert all(v.is_leaf for v in variables)


def test_a_gradient_for_a_variable_that_is_not_trained_is_taken_from_what_requires_one():
    # TensorFlow gives a gradient for any variable that a loss reads.
    def build(tf):
        return tf.gradients(model(tf, tf.constant(X)), tf.trainable_variables("average"))

    (expected,) = tensorflow1.evaluate(build)
    net = Scoped(lambda x: model(tf, x))
    ts.build(net, torch.tensor(X))
    net.scopes.variables["average"].requires_grad_()
    loss = net(torch.tensor(X))
    (found,) = torch.autograd.grad(loss, net.scopes.trainable_variables("average"))
    torch.testing.assert_close(found, torch.from_numpy(expected))
