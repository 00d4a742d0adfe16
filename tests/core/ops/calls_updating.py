"""Calls of what changes some elements of a variable."""

import numpy as np

from tests.core.ops.call import Call

ROWS = np.array([[2, 0], [1, 3]], "int32")
BY_ROWS = ("update", "add", "sub", "mul", "div", "min", "max")


def variable(tf):
    """(4, 2)"""
    first = np.arange(8, dtype="float32").reshape(4, 2) + 1
    made = tf.get_variable("v", initializer=first, use_resource=True)
    # Whatever an earlier call has made of it.
    return tf.assign(made, first)


def updates():
    """Some greater, some less than what is there."""
    return (np.arange(8, dtype="float32").reshape(2, 2, 2) * 7) % 5 + 1


def read(tf, changed):
    """The value after the change."""
    return tf.identity(changed)


CALLS = [
    *(
        Call(
            (f"scatter_{which}",),
            lambda tf, i, w=which: read(
                tf, getattr(tf, f"scatter_{w}")(variable(tf), i, updates())
            ),
            (ROWS,),
        )
        for which in BY_ROWS
    ),
    *(
        Call(
            (f"scatter_nd_{which}",),
            lambda tf, i, w=which: read(
                tf, getattr(tf, f"scatter_nd_{w}")(variable(tf), i[1:, :1], updates()[0, :1])
            ),
            (ROWS,),
        )
        for which in ("update", "add", "sub")
    ),
    Call(
        ("batch_scatter_update",),
        lambda tf, i: read(
            tf,
            tf.batch_scatter_update(
                variable(tf), [[0], [1], [1], [0]], updates()[0, :, :1].repeat(2, 0)
            ),
        ),
        (ROWS,),
    ),
]
