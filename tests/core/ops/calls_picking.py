"""Calls of what picks elements, puts them elsewhere, or sorts them."""

import numpy as np

from tests.core.ops.call import Call

X = np.arange(24, dtype="float32").reshape(2, 3, 4)
V = np.array([3.0, 1.0, 2.0, 1.0], "float32")
I = np.array([[1, 0], [1, 2]], "int32")  # noqa: E741 - indices
B = np.array([[True, False, True], [False, True, True]])
DEPENDS = "its shape depends on values"

CALLS = [
    Call(("gather",), lambda tf, x, i: tf.gather(x, i, axis=1), (X, I)),
    Call(("gather",), lambda tf, x, i: tf.gather(x * 1.0, i[0]), (X[0], I)),
    Call(("gather",), lambda tf, x: tf.gather(x, 1, axis=2), (X,)),
    Call(("gather",), lambda tf, x: tf.gather(tf.shape(x), [2, 0]), (X,)),
    Call(("gather",), lambda tf, x: tf.gather(tf.shape(x), 2), (X,)),
    Call(("gather",), lambda tf, x, i: tf.gather(x, i, axis=2, batch_dims=1), (X, I)),
    Call(("batch_gather",), lambda tf, x, i: tf.batch_gather(x, i), (X, I)),
    Call(("gather_nd", "manip.gather_nd"), lambda tf, x, i: tf.gather_nd(x, i), (X, I)),
    Call(("gather_nd",), lambda tf, x, i: tf.gather_nd(x, i, batch_dims=1), (X, I)),
    Call(("slice",), lambda tf, x: tf.slice(x, [0, 1, 0], [-1, 2, 3]), (X,)),
    Call(("slice",), lambda tf, x, i: tf.slice(x, [0, i[0, 0], 0], [2, 2, 3]), (X, I)),
    Call(("slice",), lambda tf, x: tf.slice(tf.shape(x), [1], [-1]), (X,)),
    Call(
        ("strided_slice",),
        lambda tf, x: tf.strided_slice(x, [1, 0, 3], [2, 3, 0], [1, 1, -2], shrink_axis_mask=1),
        (X,),
    ),
    Call(
        ("strided_slice",),
        lambda tf, x: tf.strided_slice(tf.shape(x), [1], [2], shrink_axis_mask=1),
        (X,),
    ),
    Call(
        ("boolean_mask",),
        lambda tf, x, b: tf.reshape(tf.boolean_mask(x, b), [4, 4]),
        (X, B),
        unrecorded=DEPENDS,
    ),
    Call(("where",), lambda tf, b: tf.reshape(tf.where(b), [4, 2]), (B,), unrecorded=DEPENDS),
    Call(("where", "select"), lambda tf, x, b: tf.where(b[:, 0], x, x * 2), (X, B)),
    Call(("where",), lambda tf, x: tf.where(x > 5, x, -x), (X,)),
    Call(("where_v2",), lambda tf, x, b: tf.where_v2(b[0], x, 0.0), (X[:, :, :3], B)),
    Call(("one_hot",), lambda tf, i: tf.one_hot(i, 3), (I,)),
    Call(("one_hot",), lambda tf, i: tf.one_hot(i, 2, 5, -1, axis=0), (I,)),
    Call(("sequence_mask",), lambda tf, i: tf.sequence_mask(i, 3, tf.float32), (I,)),
    Call(("sequence_mask",), lambda tf, i: tf.sequence_mask(i), (I,), unrecorded=DEPENDS),
    Call(("unravel_index",), lambda tf, i: tf.unravel_index(i[1], [2, 3]), (I,)),
    Call(("sort",), lambda tf, v: tf.sort(v, direction="DESCENDING"), (V,)),
    Call(("argsort",), lambda tf, v: tf.argsort(v), (V,), gradients=False),
    Call(("searchsorted",), lambda tf, v: tf.searchsorted([1.0, 2.0], v), (V,)),
    Call(
        ("scatter_nd", "manip.scatter_nd"),
        lambda tf, i, v: tf.scatter_nd(i, v, [2, 3]),
        (I, V[:2]),
    ),
    *(
        Call(
            (f"tensor_scatter_nd_{which}", *((f"tensor_scatter_{which}",) if which in old else ())),
            lambda tf, x, i, v, w=which: getattr(tf, f"tensor_scatter_nd_{w}")(x, i, x[0, :2] + v),
            (X, I, V),
        )
        for old in [("update", "add", "sub")]
        for which in ("update", "add", "sub", "min", "max")
    ),
]
