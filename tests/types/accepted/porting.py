"""A file as the port writes it, whose author has added types."""

from __future__ import annotations

from torch import Tensor

import torchscope as ts
import torchscope.tf1 as tf


def conv(x: Tensor, filters: int, name: str) -> Tensor:
    """A convolution by hand."""
    with tf.variable_scope(name, reuse=tf.AUTO_REUSE):
        kernel = tf.get_variable(
            "kernel",
            [3, 3, x.get_shape().as_list()[-1] if isinstance(x, ts.Variable) else 3, filters],
            initializer=tf.truncated_normal_initializer(stddev=0.02),
        )
        outputs = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
        return tf.nn.relu(tf.nn.bias_add(outputs, tf.get_variable("bias", [filters])))


def averages(x: Tensor) -> Tensor:
    """Averages of variables, and assignments."""
    average = tf.train.ExponentialMovingAverage(0.99)
    weight = tf.Variable(tf.zeros([2]), name="weight")
    with tf.control_dependencies([average.apply([weight])]):
        found = average.average(weight)
    tf.assign_add(weight, [1.0, 1.0])
    return x * (weight if found is None else found)


def model(x: Tensor, is_training: bool) -> Tensor:
    """The model of the file."""
    hidden = conv(x, 4, "conv")
    hidden = tf.layers.dropout(hidden, 0.5, training=is_training)
    hidden = tf.layers.flatten(hidden)
    hidden = tf.cond(tf.constant(is_training), lambda: hidden, lambda: hidden * 0.5)
    return averages(tf.layers.dense(hidden, 2, activation=tf.nn.tanh))
