"""Calls of what makes fewer numbers of many."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 3)
Y = np.array([[1, 3, 3], [-2, 4, 0.5]], "float32")
WHOLE = np.array([[1, 3, 3], [-2, 4, 0]], "int32")
BOOLS = np.array([[True, False], [True, True]])


def both(name):
    """A name that is there twice."""
    return (name, f"math.{name}")


CALLS = [
    Call(both("reduce_mean"), lambda tf, x: tf.reduce_mean(x, 1), (X,)),
    Call(both("reduce_sum"), lambda tf, x: tf.reduce_sum(x, 1), (Y,)),
    Call(both("reduce_sum"), lambda tf, x: tf.reduce_sum(x), (WHOLE,)),
    Call(both("reduce_max"), lambda tf, x: tf.reduce_max(x, [1], keep_dims=True), (Y,)),
    Call(both("reduce_min"), lambda tf, x: tf.reduce_min(x, reduction_indices=0), (Y,)),
    Call(both("reduce_prod"), lambda tf, x: tf.reduce_prod(x, [0, 1], True), (Y,)),
    Call(both("reduce_prod"), lambda tf, x: tf.reduce_prod(tf.shape(x)[1:]), (X,)),
    Call(both("reduce_all"), lambda tf, x: tf.reduce_all(x, 1), (BOOLS,)),
    Call(both("reduce_any"), lambda tf, x: tf.reduce_any(x), (BOOLS,)),
    Call(both("reduce_logsumexp"), lambda tf, x: tf.reduce_logsumexp(x, -1), (Y,)),
    Call(("math.reduce_variance",), lambda tf, x: tf.math.reduce_variance(x, 1), (Y,)),
    Call(("math.reduce_std",), lambda tf, x: tf.math.reduce_std(x), (Y,)),
    Call(("math.reduce_euclidean_norm",), lambda tf, x: tf.math.reduce_euclidean_norm(x, 1), (Y,)),
    Call(("norm", "linalg.norm"), lambda tf, x: tf.norm(x, axis=1), (Y,)),
    Call(("norm", "linalg.norm"), lambda tf, x: tf.norm(x, 1, [0, 1]), (Y,)),
    Call(("linalg.normalize",), lambda tf, x: tf.linalg.normalize(x, axis=0), (Y,)),
    Call(both("argmax"), lambda tf, x: tf.argmax(x, 1), (Y,)),
    Call(both("argmin"), lambda tf, x: tf.argmin(x, dimension=1, output_type=tf.int32), (Y,)),
    Call(("arg_max",), lambda tf, x: tf.arg_max(x, 0), (WHOLE,)),
    Call(("arg_min",), lambda tf, x: tf.arg_min(x, 0), (WHOLE,)),
    Call(both("cumsum"), lambda tf, x: tf.cumsum(x, 1, reverse=True), (Y,)),
    Call(both("cumprod"), lambda tf, x: tf.cumprod(x, axis=1, exclusive=True), (Y,)),
    Call(
        ("math.cumulative_logsumexp",), lambda tf, x: tf.math.cumulative_logsumexp(x, axis=1), (Y,)
    ),
]
