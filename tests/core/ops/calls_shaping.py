"""Calls of what gives the same numbers in another shape or order, or several times."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(6, dtype="float32").reshape(2, 1, 3)
Y = np.arange(24, dtype="float32").reshape(2, 3, 4)
N = np.array([1, 3], "int32")


def broadcast(tf, x, y):
    """tf.broadcast_static_shape, of whose library shapes are of a class of its own."""
    shape = getattr(tf, "TensorShape", tuple)
    return list(tf.broadcast_static_shape(shape(x), shape(y)))


CALLS = [
    Call(("reshape", "manip.reshape"), lambda tf, x: tf.reshape(x, [-1, 2]), (X,)),
    Call(("reshape",), lambda tf, x: tf.reshape(x, tf.shape(x)[:2]), (X[:, :, 0],)),
    Call(("reshape",), lambda tf, x: tf.reshape(x, [tf.shape(x)[0], -1]), (Y,)),
    Call(("reshape",), lambda tf, x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [-1]], 0)), (Y,)),
    Call(("reshape",), lambda tf, x: tf.reshape(tf.shape(x)[0], [1]), (Y,)),
    Call(("expand_dims",), lambda tf, x: tf.expand_dims(x, -1), (X,)),
    Call(("expand_dims",), lambda tf, x: tf.expand_dims(tf.shape(x)[0], 0), (X,)),
    Call(("squeeze",), lambda tf, x: tf.squeeze(x, [1]), (X,)),
    Call(("squeeze",), lambda tf, x: tf.squeeze(tf.shape(x)[:1]), (X,)),
    Call(("ensure_shape",), lambda tf, x: tf.ensure_shape(x, [2, None, 3]), (X,)),
    Call(("identity",), lambda tf, x: tf.identity(x), (X,)),
    Call(("identity_n",), lambda tf, x: tf.identity_n([x, x]), (X,)),
    Call(("guarantee_const",), lambda tf, x: tf.guarantee_const(x), (X,), gradients=False),
    Call(("pad",), lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 1]]), (X,)),
    Call(("transpose",), lambda tf, x: tf.transpose(x, [2, 0, 1]), (Y,)),
    Call(("transpose",), lambda tf, x: tf.transpose(x), (Y,)),
    Call(
        ("transpose",),
        lambda tf, x: tf.transpose(x, tf.concat([[1, 0], [tf.rank(x) - 1]], 0)),
        (Y,),
    ),
    Call(("reverse", "manip.reverse", "reverse_v2"), lambda tf, x: tf.reverse(x, [0, -1]), (Y,)),
    Call(("reverse",), lambda tf, x: tf.reverse(tf.shape(x), [0]), (Y,)),
    Call(("reverse_sequence",), lambda tf, x, n: tf.reverse_sequence(x, n, 1, 0), (Y, N)),
    Call(("roll", "manip.roll"), lambda tf, x: tf.roll(x, [1, -2], [0, 2]), (Y,)),
    Call(("roll",), lambda tf, x, n: tf.roll(x, n[0], 1), (Y, N)),
    Call(
        ("invert_permutation", "math.invert_permutation"),
        lambda tf, n: tf.invert_permutation(n),
        (np.array([2, 0, 1], "int32"),),
    ),
    Call(("tile", "manip.tile"), lambda tf, x: tf.tile(x, [1, 2, 3]), (X,)),
    Call(("tile",), lambda tf, x: tf.tile(x, [tf.shape(x)[0], 1, 1]), (X,)),
    Call(("tile",), lambda tf, x: tf.tile(tf.shape(x), [2]), (X,)),
    Call(("repeat",), lambda tf, x: tf.repeat(x, 2, 1), (Y,)),
    Call(("repeat",), lambda tf, x: tf.repeat(x, [2, 0, 1], 1), (Y,)),
    Call(
        ("repeat",),
        lambda tf, x, n: tf.reshape(tf.repeat(x, n, 0), [4, 3, 4]),
        (Y, N),
        unrecorded="repeats are values",
    ),
    Call(("broadcast_to",), lambda tf, x: tf.broadcast_to(x, [2, 4, 3]), (X,)),
    Call(
        ("broadcast_dynamic_shape",),
        lambda tf, x: tf.broadcast_dynamic_shape(tf.shape(x), [4, 1]),
        (X,),
    ),
    Call(
        ("required_space_to_batch_paddings",),
        lambda tf, x: tf.required_space_to_batch_paddings(tf.shape(x)[1:], [2, 3]),
        (Y,),
    ),
    Call(("broadcast_static_shape",), lambda tf, x: tf.reshape(x, broadcast(tf, [6, 1], [])), (X,)),
]
