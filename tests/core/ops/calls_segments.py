"""Calls of what reduces by segments."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([[1, 2], [3, -4], [5, 0.5], [1, 2]], "float32")
SORTED = np.array([0, 0, 2, 2], "int32")
ANY = np.array([2, 0, -1, 2], "int32")
VALUES = "how many segments there are is read from the ids"

CALLS = [
    *(
        Call(
            (f"segment_{kind}", f"math.segment_{kind}"),
            lambda tf, x, ids, kind=kind: getattr(tf, f"segment_{kind}")(x, ids),
            (X, SORTED),
            # TensorFlow does not know the shape of which the gradient is asked.
            gradients=False,
            unrecorded=VALUES,
        )
        for kind in ("sum", "mean", "max", "min", "prod")
    ),
    *(
        Call(
            (f"unsorted_segment_{kind}", f"math.unsorted_segment_{kind}"),
            lambda tf, x, ids, kind=kind: getattr(tf, f"unsorted_segment_{kind}")(x, ids, 4),
            (X, ANY),
        )
        for kind in ("sum", "mean", "max", "min", "prod", "sqrt_n")
    ),
    *(
        Call(
            (f"sparse_segment_{kind}", f"sparse.segment_{kind}"),
            lambda tf, x, ids, kind=kind, count=count: getattr(tf, f"sparse_segment_{kind}")(
                x, tf.constant([1, 1, 3, 0]), ids, num_segments=count
            ),
            (X, SORTED),
            gradients=count is not None,
            unrecorded="" if count else VALUES,
        )
        for kind in ("sum", "mean", "sqrt_n")
        for count in (None, 4)
    ),
]
