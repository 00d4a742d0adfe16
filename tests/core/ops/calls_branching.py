"""Calls of what decides which function computes."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([1.0, -2.0], "float32")
DECIDES = "which function computes depends on values"

CALLS = [
    # TensorFlow 2 has no contrib.
    Call(
        ("contrib.framework.smart_cond", "contrib.framework.smart_constant_value"),
        lambda tf, x: (
            tf.contrib.framework.smart_cond(True, lambda: tf.identity(x), lambda: x)
            if hasattr(tf, "contrib")
            else tf.identity(x)
        ),
        (X,),
    ),
    Call(
        ("cond",),
        lambda tf, x: tf.cond(tf.reduce_mean(x) > 0, lambda: x * 2, lambda: x * 3),
        (X,),
        unrecorded=DECIDES,
    ),
    Call(
        ("cond",),
        lambda tf, x: tf.cond(np.True_, lambda: [x, 2.0, x * x], lambda: [x, 3.0, x]),
        (X,),
    ),
    Call(
        ("case",),
        lambda tf, x: tf.case(
            [(tf.constant(False), lambda: x), (tf.constant(True), lambda: x * 2)], lambda: x * 3
        ),
        (X,),
        tensors_only=True,
    ),
    Call(
        ("switch_case",),
        lambda tf, x: tf.switch_case(tf.constant(1), [lambda: x, lambda: x * 2, lambda: x * 3]),
        (X,),
        tensors_only=True,
    ),
]
