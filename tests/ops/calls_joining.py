"""Calls of what puts tensors together and takes them apart."""

import numpy as np

from tests.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 3)

CALLS = [
    Call(("concat",), lambda tf, x: tf.concat([x, x], 1), (X,)),
]
