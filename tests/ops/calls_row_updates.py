"""Calls of what assigns to rows of a variable."""

from tests.ops.call import Call

NAMES = ["update", "add", "sub", "mul", "div", "min", "max"]


def updated(name):
    def call(tf):
        variable = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        return getattr(tf, name)(variable, [[0], [2]], [[[4.0, 0.5]], [[2.0, 8.0]]])

    return call


CALLS = [
    Call(
        (f"scatter_{name}",),
        updated(f"scatter_{name}"),
        gradients=False,
        unrecorded="each pass assigns to the variable once more",
    )
    for name in NAMES
]
