"""Calls of what refuses values, prints them, or hands them to functions of arrays."""

import numpy as np

from tests.core.ops.call import Call

X = np.array([1.0, 2.0], "float32")
TOLD = "a function of arrays waits for values"


def asserted(name, *arguments):
    """An assertion of `x` and these, after which `x` is given."""

    def function(tf, x):
        with tf.control_dependencies([getattr(tf, name)(x, *arguments)]):
            return tf.identity(x)

    return Call((name, f"debugging.{name}"), function, (X,))


def shaped(tensor):
    """A tensor of which TensorFlow does not know the shape until it is told."""
    if hasattr(tensor, "set_shape"):
        tensor.set_shape([2])
    return tensor


CALLS = [
    asserted("assert_equal", X),
    asserted("assert_none_equal", -X),
    asserted("assert_less", 3.0),
    asserted("assert_less_equal", X),
    asserted("assert_greater", 0.5),
    asserted("assert_greater_equal", X),
    asserted("assert_near", X),
    asserted("assert_positive"),
    asserted("assert_negative")._replace(
        function=lambda tf, x: [tf.assert_negative(-tf.identity(x)), tf.identity(x)][1]
    ),
    asserted("assert_non_negative"),
    asserted("assert_non_positive")._replace(
        function=lambda tf, x: [tf.assert_non_positive(-tf.identity(x)), tf.identity(x)][1]
    ),
    asserted("assert_rank", 1),
    asserted("assert_rank_at_least", 1),
    asserted("assert_rank_in", (0, 1)),
    Call(
        ("Assert", "debugging.Assert"),
        lambda tf, x: [tf.Assert(tf.reduce_mean(x) > 0, [x]), tf.identity(x)][1],
        (X,),
    ),
    Call(
        ("assert_scalar", "debugging.assert_scalar"),
        lambda tf, x: tf.assert_scalar(tf.reduce_mean(x)),
        (X,),
    ),
    Call(
        ("assert_type", "debugging.assert_type"),
        lambda tf, x: [tf.assert_type(tf.constant(1), tf.int32), tf.identity(x)][1],
        (X,),
    ),
    Call(
        ("assert_integer", "debugging.assert_integer"),
        lambda tf, x: [tf.assert_integer(tf.constant(1)), tf.identity(x)][1],
        (X,),
    ),
    Call(
        ("assert_proper_iterable", "debugging.assert_proper_iterable"),
        lambda tf, x: [tf.assert_proper_iterable([x]), tf.identity(x)][1],
        (X,),
    ),
    Call(
        ("debugging.assert_shapes",),
        lambda tf, x: [tf.debugging.assert_shapes([(x, ("N",)), (-x, ("N",))]), tf.identity(x)][1],
        (X,),
    ),
    Call(
        ("assert_same_float_dtype", "debugging.assert_same_float_dtype"),
        lambda tf, x: tf.cast([3], tf.assert_same_float_dtype([tf.identity(x), None])),
        (X,),
        gradients=False,
    ),
    Call(
        ("check_numerics", "debugging.check_numerics"),
        lambda tf, x: tf.check_numerics(x, "x"),
        (X,),
    ),
    Call(
        ("verify_tensor_all_finite", "debugging.assert_all_finite"),
        lambda tf, x: tf.verify_tensor_all_finite(x, "x"),
        (X,),
    ),
    Call(("Print",), lambda tf, x: tf.Print(x, [x], "x: "), (X,)),
    Call(("print",), lambda tf, x: [tf.print(x), tf.identity(x)][1], (X,)),
    *(
        Call(
            (name,),
            lambda tf, x, name=name: shaped(getattr(tf, name)(lambda a: a + a, [x], tf.float32)),
            (X,),
            unrecorded=TOLD,
            gradients=False,
        )
        for name in ("py_func", "numpy_function", "py_function")
    ),
]
