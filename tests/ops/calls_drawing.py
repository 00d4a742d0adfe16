"""Calls of what draws numbers."""

from tests.ops.call import Call

CALLS = [
    Call(("random_normal",), lambda tf: tf.random_normal([2, 3]), drawn=True),
]
