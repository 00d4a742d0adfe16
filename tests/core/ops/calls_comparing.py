"""Calls of comparisons, and of the logic of bools and bits."""

import numpy as np

from tests.core.ops.call import Call, named

X = np.array([[-2.5, -1.0, 0.0], [0.5, np.nan, 3.0]], "float32")
Y = np.array([0.5, -1.0, 3.0], "float32")
WHOLE = np.array([[-7, 7, 3], [0, 5, -2]])
BY = np.array([2, 3, 40])
A, B = np.array([[True], [False]]), np.array([True, False])


def of(name, *pairs, where=("", "math.")):
    """Calls of a function of two tensors."""
    names = tuple(prefix + name for prefix in where)
    return [Call(names, named(names[-1]), pair, gradients=False) for pair in pairs]


CALLS = [
    *[
        call
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
        for call in of(name, (X, Y), (WHOLE, BY))
    ],
    *of("equal", (A, B)),
    *of("not_equal", (A, B)),
    Call(("less",), lambda tf, i: [tf.less(i, 3), tf.less(3.0, tf.cast(i, "float32"))], (WHOLE,)),
    *[call for name in ("logical_and", "logical_or", "logical_xor") for call in of(name, (A, B))],
    Call(("logical_not", "math.logical_not"), lambda tf, a: tf.logical_not(a), (A,)),
    *[
        call
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")
        for call in of(
            name, (WHOLE, BY), (WHOLE.astype("int8"), BY.astype("int8")), where=("bitwise.",)
        )
    ],
    Call(("bitwise.invert",), lambda tf, i: tf.bitwise.invert(i), (WHOLE,)),
    *[
        Call(
            tuple(f"{where}{name}" for where in ("", "math.", "debugging.")),
            lambda tf, x, name=name: getattr(tf, name)(x),
            (array,),
            gradients=False,
        )
        for name in ("is_non_decreasing", "is_strictly_increasing")
        for array in (np.array([[1, 1], [2, 3]]), np.array([1.0, 2.0], "float32"), np.array([2, 1]))
    ],
    Call(
        ("is_numeric_tensor", "debugging.is_numeric_tensor"),
        lambda tf, a: tf.constant(
            [tf.is_numeric_tensor(tf.constant(1.0)), tf.is_numeric_tensor(5)]
        ),
        (A,),
    ),
]
