"""Calls of what says how large a tensor is."""

import numpy as np

from tests.core.ops.call import Call

X = np.ones((2, 3, 4), "float32")

CALLS = [
    Call(("shape",), lambda tf, x: tf.shape(x), (X,)),
    Call(("shape",), lambda tf, x: tf.shape(x, out_type=tf.int64)[1:] * 2, (X,)),
    Call(("shape_n",), lambda tf, x: tf.shape_n([x, x]), (X,)),
    Call(("rank",), lambda tf, x: tf.rank(x), (X,)),
    Call(("size",), lambda tf, x: tf.size(x), (X,)),
]
