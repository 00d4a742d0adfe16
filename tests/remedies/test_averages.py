"""What an error advises works: in averages of variables."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from remedies import follow, tried
from torchscope.optim import averaged

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def enter(net):
    """Enters the averages of a net, and leaves them."""
    with averaged(net):
        return net.w.tolist()


@remedy(TypeError, "which no average can follow", "Keep the average in a variable of floats.")
def an_average_in_a_variable_of_integers():
    value = torch.tensor([2.0])
    integers = tf.get_variable("i", [1], tf.int32, trainable=False)
    yield lambda: tf.train.assign_moving_average(integers, value, 0.5)
    floats = tf.get_variable("f", [1], initializer=tf.zeros_initializer(), trainable=False)
    tf.train.assign_moving_average(floats, value, 0.5, zero_debias=False).run()
    assert floats.item() == 1


@remedy(AttributeError, "t is in pieces: average each of them, [*v].")
def an_average_of_a_variable_in_pieces():
    v = tf.get_variable("t", [4, 2], partitioner=tf.fixed_size_partitioner(2))
    ema = tf.train.ExponentialMovingAverage(0.5)
    yield lambda: ema.apply([v])
    ema.apply([*v]).run()


@remedy(TypeError, "Average what tf.cast(x, tf.float32) gives.")
def an_average_of_integers():
    x = torch.tensor([2])
    ema = tf.train.ExponentialMovingAverage(0.5)
    yield lambda: ema.apply([x])
    floats = tf.cast(x, tf.float32)
    ema.apply([floats]).run()
    assert ema.average(floats).tolist() == [1.0]


@remedy(ValueError, "call the net, or ts.build(net, *inputs), before averaged(net)")
def averages_that_are_not_made_yet():
    def model(x):
        w = tf.get_variable("w", initializer=[2.0])
        tf.train.ExponentialMovingAverage(0.5).apply([w])
        return x * w

    net = ts.ScopedModule(model)
    yield lambda: enter(net)
    ts.build(net, torch.ones(1))
    assert enter(net) == [2.0]


@remedy(ValueError, "Give one ExponentialMovingAverage another name.")
def two_averages_of_one_name():
    def model(*names):
        w = tf.get_variable("w", initializer=[2.0])
        for scope, name in zip(("", "inner"), names, strict=True):
            with tf.variable_scope(scope):
                tf.train.ExponentialMovingAverage(0.5, name=name).apply([w])

    net = ts.ScopedModule(model)
    net("ExponentialMovingAverage", "ExponentialMovingAverage")
    yield lambda: enter(net)
    net = ts.ScopedModule(model)
    net("ExponentialMovingAverage", "other")
    assert enter(net) == [2.0]
