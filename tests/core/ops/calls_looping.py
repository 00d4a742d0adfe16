"""Calls of what runs a function again and again."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([[1.0, -2.0], [0.5, 3.0]], "float32")

CALLS = [
    Call(
        ("while_loop",),
        lambda tf, x: tf.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, x * x), [0, x]),
        (X,),
    ),
    Call(
        ("while_loop",),
        lambda tf, x: tf.while_loop(
            lambda x: tf.reduce_mean(x) < 9, lambda x: [x + x * x], [x], return_same_structure=True
        ),
        (X,),
        unrecorded="how often it turns depends on values",
    ),
    Call(("map_fn",), lambda tf, x: tf.map_fn(lambda row: row * row, tf.identity(x)), (X,)),
    Call(
        ("scan",), lambda tf, x: tf.scan(lambda a, row: a * row, tf.identity(x), reverse=True), (X,)
    ),
    Call(("foldl",), lambda tf, x: tf.foldl(lambda a, row: a * row, tf.identity(x)), (X,)),
    Call(("foldr",), lambda tf, x: tf.foldr(lambda a, row: a - row, tf.identity(x), X[0]), (X,)),
    Call(
        ("TensorArray",),
        lambda tf, x: tf.TensorArray(tf.float32, 3).unstack(x).write(2, x[0] * x[1]).stack(),
        (X,),
    ),
]
