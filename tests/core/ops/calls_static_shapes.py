"""Calls of what holds shapes."""

import numpy as np

from tests.core.ops.call import Call

X = np.ones((2, 3, 4), "float32")

CALLS = [
    Call(
        ("TensorShape",),
        lambda tf, x: tf.reduce_mean(x, tf.TensorShape([0, 2])),
        (X,),
    ),
    Call(("TensorShape",), lambda tf: tf.zeros(tf.TensorShape([2]).concatenate(3))),
    Call(("Dimension",), lambda tf: tf.zeros([tf.Dimension(2), 3])),
    Call(("Dimension",), lambda tf: tf.convert_to_tensor(tf.Dimension(2) * 3)),
    Call(("dimension_value",), lambda tf: tf.ones(tf.dimension_value(tf.Dimension(2)))),
    Call(
        ("dimension_at_index",),
        lambda tf: tf.ones([tf.dimension_at_index(tf.TensorShape([2, 3]), 1)]),
    ),
]
