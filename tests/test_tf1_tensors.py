"""tf1's functions on tensors, beside TensorFlow's."""

import numpy as np
import pytest
import torch

import torchscope.tf1
from tests.comparing import assert_alike
from tests.tensorflow1 import assert_refused_alike, tf

OURS = torchscope.tf1
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
PADDINGS = [[1, 0], [0, 2], [3, 1]]

CALLS = [
    lambda tf, x: tf.concat([x, x * 2], 1),
    lambda tf, x: tf.concat([x, x * 2], axis=-1),
    lambda tf, x: tf.concat([x], 0),
    lambda tf, x: tf.squeeze(tf.pad(x, [[0, 0]] * 3)),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, [0, 2], keepdims=True), [0]),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, -1, keep_dims=True), -1),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, 1, True), squeeze_dims=[1]),
    lambda tf, x: tf.squeeze(tf.reduce_mean(x, keepdims=True), []),
    lambda tf, x: tf.reduce_mean(x),
    lambda tf, x: tf.reduce_mean(x, []),
    lambda tf, x: tf.reduce_mean(x, reduction_indices=[0, 1]),
    lambda tf, x: tf.pad(x, PADDINGS),
    lambda tf, x: tf.pad(x, PADDINGS, constant_values=1.5),
    lambda tf, x: tf.pad(x, PADDINGS, "reflect"),
    lambda tf, x: tf.pad(x, PADDINGS, mode="SYMMETRIC"),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_a_function_gives_what_tensorflow_gives(call):
    assert_alike(call, lambda x: call(OURS, x), [X])


REFUSED = [
    lambda tf, x: tf.pad(x, PADDINGS, mode="MIRROR"),
    lambda tf, x: tf.squeeze(x, axis=[0], squeeze_dims=[0]),
    lambda tf, x: tf.squeeze(x, [1]),
    lambda tf, x: tf.pad(x, [[0, 0]] * 2),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf, tf.constant(X)), lambda: call(OURS, torch.tensor(X)))


def test_no_mirror_image_is_longer_than_what_is_mirrored():
    with pytest.raises(ValueError, match="paddings must be no greater than the dimension size"):
        OURS.pad(torch.tensor(X), [[0, 3], [0, 0], [0, 0]], "SYMMETRIC")
