"""Calls of arithmetic of two tensors, and of several."""

import numpy as np

from tests.core.ops.call import Call, named

X = np.array([[-2.5, -1.0, 0.0], [0.3, 1.5, 3.0]], "float32")
Y = np.array([0.5, -1.0, 3.0], "float32")
POSITIVE = np.abs(X) + np.float32(0.1)
WHOLE = np.array([[-7, 7, 3], [0, 5, -2]])
BY = np.array([2, -3, 4])


def of(name, *pairs, older=(), **more):
    """Calls of a function of two tensors, at the root and under tf.math."""
    names = (name, f"math.{name}") if "." not in name else (name,)
    return [Call((*names, *older), named(name), pair, **more) for pair in pairs]


FLOATS, INTEGERS = (X, Y), (WHOLE, BY)
WITH_ZEROS = (X, np.array([0.0, -1.0, 3.0], "float32"))

CALLS = [
    *of("add", FLOATS, INTEGERS),
    *of("subtract", FLOATS, INTEGERS),
    *of("multiply", FLOATS, INTEGERS),
    Call(("mul",), lambda tf, x, y: getattr(tf, "mul", tf.multiply)(x, y), FLOATS),
    Call(("sub",), lambda tf, x, y: getattr(tf, "sub", tf.subtract)(x, y), FLOATS),
    *of("divide", FLOATS, INTEGERS),
    *of("truediv", FLOATS, INTEGERS),
    *of("floordiv", FLOATS, INTEGERS, older=("floor_div",)),
    *of("mod", FLOATS, INTEGERS, older=("floormod", "math.floormod")),
    *of("maximum", FLOATS, INTEGERS),
    *of("minimum", FLOATS, INTEGERS),
    *of("squared_difference", FLOATS, INTEGERS),
    *of("atan2", FLOATS),
    *of("pow", (POSITIVE, Y), (X, np.full(3, 2.0, "float32")), (WHOLE, np.abs(BY))),
    *of("pow", WITH_ZEROS, gradients=False),
    Call(("div",), lambda tf, x, y: tf.div(x, y), FLOATS),
    Call(("div",), lambda tf, x, y: tf.div(x, y), INTEGERS),
    Call(("realdiv",), lambda tf, x, y: tf.realdiv(x, y), FLOATS),
    Call(("truncatediv",), lambda tf, x, y: tf.truncatediv(x, y), FLOATS),
    Call(("truncatediv",), lambda tf, x, y: tf.truncatediv(x, y), INTEGERS),
    Call(("truncatemod",), lambda tf, x, y: tf.truncatemod(x, y), FLOATS, gradients=False),
    Call(("truncatemod",), lambda tf, x, y: tf.truncatemod(x, y), INTEGERS),
    Call(("div_no_nan", "math.divide_no_nan"), lambda tf, x, y: tf.div_no_nan(x, y), WITH_ZEROS),
    Call(("div_no_nan",), lambda tf, x, y: tf.div_no_nan(x, y), (WHOLE, BY - 2)),
    *of("math.multiply_no_nan", WITH_ZEROS),
    *of("math.nextafter", (POSITIVE, Y * 9)),
    Call(("add",), lambda tf, x: tf.add(tf.multiply(x, 0.5), 1), (X,)),
    Call(("subtract",), lambda tf, x: tf.subtract(1.0, tf.divide(1, x)), (POSITIVE,)),
    Call(
        ("maximum",),
        lambda tf, x: tf.maximum(x, 0.0) + tf.minimum(0.0, x) + tf.maximum(0.0, x),
        (X,),
    ),
    Call(
        ("floordiv",),
        lambda tf, x: [
            tf.add(tf.shape(x)[0], 3),
            tf.floordiv(tf.shape(x), 2),
            tf.maximum(tf.shape(x)[1:], [1]),
            tf.minimum(5, tf.multiply(tf.shape(x)[1], 2)),
            tf.div(tf.subtract(1, tf.shape(x)), 2),
            tf.mod(tf.shape(x)[0], 2),
        ],
        (X,),
    ),
    Call(("add_n", "math.add_n"), lambda tf, x, y: tf.add_n([x, x * 2, x]), FLOATS),
    Call(("accumulate_n", "math.accumulate_n"), lambda tf, y: tf.accumulate_n([y, y], [3]), (Y,)),
    Call(("scalar_mul", "math.scalar_mul"), lambda tf, x: tf.scalar_mul(0.5, tf.identity(x)), (X,)),
    Call(
        ("math.polyval",),
        lambda tf, x, y: tf.math.polyval([1.0, tf.constant(2.0), y], tf.identity(x)),
        FLOATS,
    ),
]
