"""Calls of what differentiates within a model function."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([1.0, -2.0], "float32")


def clipped(tf, x):
    return tf.custom_gradient(lambda x: (x * x, lambda dy: dy * 7))(tf.identity(x))


INSIDE = "a graph holds no backward"

CALLS = [
    Call(("stop_gradient",), lambda tf, x: tf.stop_gradient(x) * tf.identity(x), (X,)),
    Call(("custom_gradient",), clipped, (X,), unrecorded=INSIDE),
]
