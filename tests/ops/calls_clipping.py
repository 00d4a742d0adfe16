"""Calls of what keeps tensors within limits."""

import numpy as np

from tests.ops.call import Call

X = np.array([[-2.5, -1.0, 0.0], [0.3, 1.0, 3.0]], "float32")
NAMES = ("clip_by_global_norm", "global_norm")

CALLS = [
    Call(("clip_by_value",), lambda tf, x: tf.clip_by_value(x, -1.0, 1), (X,)),
    Call(("clip_by_value",), lambda tf, x: tf.clip_by_value(x, 1.0, -1.0), (X,)),
    Call(("clip_by_value",), lambda tf, x, y: tf.clip_by_value(x, y, 1.0), (X, X[1] - 1)),
    Call(("clip_by_value",), lambda tf, x: tf.clip_by_value(x, 2, 4), (np.array([1, 3, 5]),)),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, 2.0), (X,)),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, 2.0, axes=[1]), (X,)),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, 2.0), (X * 0,)),
    Call(("clip_by_norm",), lambda tf, x, y: tf.clip_by_norm(x, y, 1), (X, np.float32([[1], [9]]))),
    Call(("clip_by_average_norm",), lambda tf, x: tf.clip_by_average_norm(x, 0.2), (X,)),
    Call(("clip_by_average_norm",), lambda tf, x: tf.clip_by_average_norm(x, 9.0), (X,)),
    Call(
        ("global_norm", "linalg.global_norm"), lambda tf, x: tf.global_norm([x, None, x[0]]), (X,)
    ),
    Call(("global_norm",), lambda tf: tf.global_norm([None])),
    *[
        Call(
            NAMES,
            lambda tf, x, most=most: [
                each
                for each in tf.clip_by_global_norm((x, None, x[0]), most)[0]
                if each is not None
            ],
            (X,),
        )
        for most in (1.0, 10)
    ],
    Call(NAMES, lambda tf, x: tf.clip_by_global_norm([x, x], 1.0)[0], (np.float32([np.inf, 1]),)),
    Call(
        NAMES,
        lambda tf, x: tf.clip_by_global_norm([x], 1.0, tf.global_norm([x, x]))[0],
        (X,),
    ),
]
