"""Calls of what keeps tensors within limits."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([[-2.5, -1.0, 0.0], [0.3, 1.0, 3.0]], "float32")
NAMES = ("clip_by_global_norm", "global_norm")


def rows(tf, values):
    """Slices with these values, two of them for one row."""
    return tf.IndexedSlices(values, tf.constant([1, 1]), tf.constant([3, 3]))


def both(clipped, norm):
    return [*clipped, norm]


CALLS = [
    Call(("clip_by_value",), lambda tf, x: tf.clip_by_value(x, -1.0, 1), (X,)),
    Call(("clip_by_value",), lambda tf, x: tf.clip_by_value(x, 1.0, -1.0), (X,)),
    Call(("clip_by_value",), lambda tf, x, y: tf.clip_by_value(x, y, 1.0), (X, X[1] - 1)),
    Call(("clip_by_value",), lambda tf, x: tf.clip_by_value(x, 2, 4), (np.array([1, 3, 5]),)),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, 2.0), (X,)),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, 2.0, axes=[1]), (X,)),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, 2.0), (X * 0,)),
    Call(("clip_by_norm",), lambda tf, x, y: tf.clip_by_norm(x, y, 1), (X, np.float32([[1], [9]]))),
    Call(("clip_by_norm",), lambda tf, x, y: tf.clip_by_norm(x, y), (X, np.array(2))),
    Call(("clip_by_norm",), lambda tf, x: tf.clip_by_norm(x, -1.0), (X,)),
    *[
        Call((name, "IndexedSlices"), lambda tf, x, clip=clip: clip(tf, rows(tf, x)).values, (X,))
        for name, clip in (
            ("clip_by_value", lambda tf, x: tf.clip_by_value(x, -1.0, 1.0)),
            ("clip_by_norm", lambda tf, x: tf.clip_by_norm(x, 2.0)),
            ("clip_by_norm", lambda tf, x: tf.clip_by_norm(x, 2.0, axes=[1])),
            ("clip_by_global_norm", lambda tf, x: tf.clip_by_global_norm([None, x], 1.0)[0][1]),
        )
    ],
    Call(("clip_by_average_norm",), lambda tf, x: tf.clip_by_average_norm(rows(tf, x), 0.2), (X,)),
    Call(("global_norm",), lambda tf, x: tf.global_norm([x, rows(tf, x), None]), (X,)),
    *[
        Call(
            NAMES,
            lambda tf, x: both(*tf.clip_by_global_norm([x, x + 1.0], 1.0)),
            (np.float32([n, 1]),),
        )
        for n in (np.nan, np.inf, -np.inf, 1e30, 0.0)
    ],
    Call(
        NAMES,
        lambda tf, x: tf.clip_by_global_norm(
            [x, tf.cast(x, tf.float64)], 1.0, tf.constant(5.0, tf.float64)
        )[0],
        (X,),
    ),
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
