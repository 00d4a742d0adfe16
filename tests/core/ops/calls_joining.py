"""Calls of what puts tensors together and takes them apart."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 3)
PLACES = np.array([0, 3], "int32")
DEPENDS = "its shape depends on numbers"

CALLS = [
    Call(("concat",), lambda tf, x: tf.concat([x, x], 1), (X,)),
    Call(("concat",), lambda tf, x: tf.concat([tf.shape(x)[1:], [5]], 0), (X,)),
    Call(("concat",), lambda tf, x, n: tf.concat([n, tf.shape(x), [5]], 0), (X, PLACES)),
    Call(("stack", "pack"), lambda tf, x: tf.stack([x, x], 1), (X,)),
    Call(("stack",), lambda tf, x: tf.stack([tf.shape(x)[0], 4, -1]), (X,)),
    Call(("stack",), lambda tf, x: tf.stack([tf.shape(x), [7, 8]]), (X,)),
    Call(("parallel_stack",), lambda tf, x: tf.parallel_stack([x, x]), (X,), gradients=False),
    Call(("unstack", "unpack"), lambda tf, x: tf.unstack(x, axis=1), (X,)),
    Call(("unstack",), lambda tf, x: tf.unstack(tf.shape(x)), (X,)),
    Call(("split",), lambda tf, x: tf.split(x, 3, 1), (X,)),
    Call(("split", "split_v"), lambda tf, x: tf.split(x, [1, -1], 1), (X,)),
    Call(("split",), lambda tf, x: tf.split(tf.shape(x), 2), (X,)),
    Call(("meshgrid",), lambda tf, x: tf.meshgrid(x[0], x[:, 0]), (X,)),
    Call(
        ("dynamic_stitch",),
        lambda tf, x, n: tf.reshape(tf.dynamic_stitch([n, [1, 0]], [x, x * 2]), [4, 3]),
        (X, PLACES),
        unrecorded=DEPENDS,
    ),
    Call(
        ("dynamic_partition",),
        lambda tf, x, n: tf.reshape(tf.concat(tf.dynamic_partition(x, n, 4)[::-1], 0), [2, 3]),
        (X, PLACES),
        unrecorded=DEPENDS,
    ),
]
