"""Calls of what makes fewer numbers of many."""

import numpy as np

from tests.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 3)

CALLS = [
    Call(("reduce_mean",), lambda tf, x: tf.reduce_mean(x, 1), (X,)),
]
