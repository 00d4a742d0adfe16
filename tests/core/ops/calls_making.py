"""Calls of what makes tensors of values."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 3)
ENDS = (np.array([0.0, 1.0], "float32"), np.array([1.0, 3.0], "float32"))

CALLS = [
    Call(("constant",), lambda tf: tf.constant([23, 42], shape=[3])),
    Call(("convert_to_tensor",), lambda tf: tf.convert_to_tensor([[1.0, 2.0]])),
    Call(
        ("convert_to_tensor_or_indexed_slices",),
        lambda tf: tf.convert_to_tensor_or_indexed_slices([1, 2], tf.int64),
    ),
    Call(("zeros",), lambda tf: tf.zeros([2, 3])),
    Call(("zeros",), lambda tf, x: tf.zeros(tf.shape(x)[:1] * 2, tf.int32), (X,)),
    Call(("ones",), lambda tf: tf.ones(2, tf.float64)),
    Call(("ones",), lambda tf, x: tf.ones([tf.shape(x)[0], 1], tf.int64), (X,)),
    Call(("fill",), lambda tf: tf.fill([2, 2], 5)),
    Call(("fill",), lambda tf, x: tf.fill(tf.shape(x), tf.reduce_mean(x)), (X,)),
    Call(("zeros_like",), lambda tf, x: tf.zeros_like(x), (X,)),
    Call(("ones_like",), lambda tf, x: tf.ones_like(x, tf.int32), (X,)),
    Call(("eye", "linalg.eye"), lambda tf: tf.eye(2, 3)),
    Call(("eye",), lambda tf, x: tf.eye(tf.shape(x)[1], batch_shape=tf.shape(x)[:1]), (X,)),
    Call(("range",), lambda tf: tf.range(5)),
    Call(("range",), lambda tf, x: tf.range(1, tf.shape(x)[1] * 3, 2, dtype=tf.float32), (X,)),
    Call(("range",), lambda tf: tf.range(1.0, 0.0, -0.1)),
    Call(("linspace", "lin_space"), lambda tf: tf.linspace(0.0, 1.0, 5)),
    Call(("linspace",), lambda tf, *ends: tf.linspace(*ends, 3, axis=-1), ENDS),
    Call(("is_tensor",), lambda tf, x: tf.constant(tf.is_tensor(x)), (X,), gradients=False),
]
