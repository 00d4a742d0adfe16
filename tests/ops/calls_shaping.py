"""Calls of what gives the same numbers in another shape."""

import numpy as np

from tests.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 1, 3)

CALLS = [
    Call(("identity",), lambda tf, x: tf.identity(x), (X,)),
    Call(("pad",), lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 1]]), (X,)),
    Call(("squeeze",), lambda tf, x: tf.squeeze(x, [1]), (X,)),
]
