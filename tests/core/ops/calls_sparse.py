"""Calls of what makes and takes sparse tensors."""

import numpy as np

from tests.core.ops.call import Call

INDICES = np.array([[0, 1], [1, 0], [1, 2]])
OTHERS = np.array([[0, 0], [1, 0], [1, 1]])
VALUES = np.array([1.5, -2.0, 3.0], "float32")
DENSE = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, -3.0]], "float32")
SHAPE = [2, 3]
BY_VALUES = "how many values there are depends on them"


def sparse(tf, values, indices=INDICES, shape=SHAPE):
    return tf.SparseTensor(indices, values, shape)


def parts(sparse_tensor):
    return [sparse_tensor.indices, sparse_tensor.values, sparse_tensor.dense_shape]


def of(names, function, *others, unrecorded="", gradients=True):
    """A call of a function of one sparse tensor, whose result is sparse or dense, or several."""

    def run(tf, values, *dense):
        given = function(tf, sparse(tf, values), *dense)
        given = list(given) if isinstance(given, list | tuple) else [given]
        kind = tf.SparseTensor
        return [p for g in given for p in (parts(g) if isinstance(g, kind) else [g])]

    # TensorFlow does not know how many values there are before it runs: nothing to weigh them by.
    gradients = gradients and not unrecorded
    return Call(names, run, (VALUES, *others), unrecorded=unrecorded, gradients=gradients)


def both(*names):
    """A function's two names."""
    return tuple(each for name in names for each in (f"sparse_{name}", f"sparse.{name}"))


CALLS = [
    of(("SparseTensor", "sparse.SparseTensor"), lambda tf, x: x),
    of(
        ("SparseTensorValue",),
        lambda tf, x: tf.sparse_reorder(tf.SparseTensorValue(INDICES[::-1].copy(), VALUES, SHAPE)),
    ),
    of(("SparseTensor",), lambda tf, x, y: [x * y, y * x, x / (y + 1)], DENSE[0]),
    of(
        ("sparse_tensor_dense_matmul", "sparse.matmul", "sparse.sparse_dense_matmul"),
        lambda tf, x, y: tf.sparse_tensor_dense_matmul(x, y),
        DENSE.T.copy(),
    ),
    of(
        ("sparse_tensor_dense_matmul",),
        lambda tf, x, y: tf.sparse.sparse_dense_matmul(x, y, adjoint_a=True, adjoint_b=True),
        DENSE.T.copy(),
    ),
    of(
        ("sparse_tensor_to_dense", "sparse.to_dense"),
        lambda tf, x: tf.sparse_tensor_to_dense(x, default_value=4.0),
    ),
    Call(
        ("sparse_to_dense",),
        lambda tf, values: tf.sparse_to_dense(INDICES, SHAPE, values, -1.0),
        (VALUES,),
    ),
    Call(("sparse_to_dense",), lambda tf: tf.sparse_to_dense([1, 3], [5], 2)),
    Call(("sparse_matmul",), lambda tf, x: tf.sparse_matmul(x, x, transpose_b=True), (DENSE,)),
    of(both("reduce_sum"), lambda tf, x: tf.sparse_reduce_sum(x, 1, keepdims=True)),
    of(both("reduce_max"), lambda tf, x: tf.sparse_reduce_max(x, 0), gradients=False),
    of(
        both("reduce_sum_sparse"),
        lambda tf, x: tf.sparse_reduce_sum_sparse(x, 1),
        unrecorded=BY_VALUES,
        gradients=False,
    ),
    of(
        both("reduce_max_sparse"),
        lambda tf, x: tf.sparse_reduce_max_sparse(x, 1, True),
        unrecorded=BY_VALUES,
        gradients=False,
    ),
    of(both("softmax"), lambda tf, x: tf.sparse_softmax(x)),
    of(
        both("add"),
        lambda tf, x: tf.sparse_add(x, sparse(tf, x.values, OTHERS)),
        unrecorded=BY_VALUES,
    ),
    of(both("add"), lambda tf, x, y: tf.sparse_add(y, x), DENSE),
    of(
        both("maximum"),
        lambda tf, x: tf.sparse_maximum(x, sparse(tf, x.values * 2, OTHERS)),
        unrecorded=BY_VALUES,
        gradients=False,
    ),
    of(
        both("minimum"),
        lambda tf, x: tf.sparse_minimum(x, sparse(tf, x.values * 2, OTHERS)),
        unrecorded=BY_VALUES,
        gradients=False,
    ),
    of(
        both("reorder"),
        lambda tf, x: tf.sparse_reorder(sparse(tf, x.values, INDICES[::-1].copy())),
    ),
    of(
        both("retain"),
        lambda tf, x: tf.sparse_retain(x, [True, False, True]),
        unrecorded=BY_VALUES,
    ),
    of(both("slice"), lambda tf, x: tf.sparse_slice(x, [0, 1], [2, 5]), unrecorded=BY_VALUES),
    of(
        both("split"),
        lambda tf, x: tf.sparse_split(sp_input=x, num_split=2, axis=1),
        unrecorded=BY_VALUES,
        gradients=False,
    ),
    of(both("concat"), lambda tf, x: tf.sparse_concat(1, [x, x]), gradients=False),
    of(both("reshape"), lambda tf, x: tf.sparse_reshape(x, [3, -1])),
    of(both("transpose"), lambda tf, x: tf.sparse_transpose(x)),
    of(("sparse.expand_dims",), lambda tf, x: tf.sparse.expand_dims(x, 1)),
    of(both("reset_shape"), lambda tf, x: tf.sparse_reset_shape(x, [4, 3])),
    of(
        both("fill_empty_rows"),
        lambda tf, x: tf.sparse_fill_empty_rows(sparse(tf, x.values, INDICES, [4, 3]), 9.0),
        unrecorded=BY_VALUES,
    ),
    Call(
        ("edit_distance",),
        lambda tf, x: tf.edit_distance(sparse(tf, x), sparse(tf, tf.identity(x), OTHERS)),
        (VALUES,),
        unrecorded="steps are counted of values",
        gradients=False,
    ),
    Call(("sparse.eye",), lambda tf: parts(tf.sparse.eye(2, 3))),
    Call(
        ("sparse.from_dense",),
        lambda tf, x: parts(tf.sparse.from_dense(x)),
        (DENSE,),
        unrecorded=BY_VALUES,
        gradients=False,
    ),
]
