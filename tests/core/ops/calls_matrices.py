"""Calls of what multiplies tensors and knows of diagonals."""

import numpy as np

from tests.arrays import numbers
from tests.core.ops.call import Call

A = numbers(2, 3, 4)
B = numbers(4, 2, seed=1)
SQUARE = numbers(3, 3)
WHOLE = np.arange(6, dtype="int32").reshape(2, 3)
BANDS = numbers(2, 2, 3)


def linear(*names):
    """Top-level names, and those in tf.linalg."""
    return (names[0], *(f"linalg.{name}" for name in names[1:] or names))


CALLS = [
    Call(linear("matmul"), lambda tf, a, b: tf.matmul(a, b), (A, B)),
    Call(linear("matmul"), lambda tf, a: tf.matmul(a, a, transpose_b=True), (WHOLE,)),
    Call(
        ("batch_matmul",),
        lambda tf, a: (
            tf.batch_matmul(a, a, adj_y=True)
            if hasattr(tf, "batch_matmul")
            else tf.matmul(a, a, adjoint_b=True)
        ),
        (A,),
    ),
    Call(("linalg.matvec",), lambda tf, a, b: tf.linalg.matvec(a, b), (SQUARE, BANDS[0])),
    Call(linear("tensordot"), lambda tf, a, b: tf.tensordot(a, b, [[2], [0]]), (A, B)),
    Call(
        linear("einsum"),
        # TensorFlow 2.21 takes no lists.
        lambda tf, a, b: tf.einsum("bij,jk->bk", tf.convert_to_tensor(a), tf.convert_to_tensor(b)),
        (A, B),
    ),
    Call(linear("cross"), lambda tf, a, b: tf.cross(a, b), (SQUARE, numbers(3, 3, seed=1))),
    Call(
        linear("matrix_transpose", "matrix_transpose", "transpose"),
        lambda tf, a: tf.matrix_transpose(a),
        (A,),
    ),
    Call(("linalg.adjoint",), lambda tf, a: tf.linalg.adjoint(a), (A,)),
    Call(linear("trace"), lambda tf, a: tf.trace(a), (A,)),
    Call(linear("matrix_band_part", "band_part"), lambda tf, a: tf.matrix_band_part(a, 1, 0), (A,)),
    Call(linear("diag", "tensor_diag"), lambda tf, a: tf.diag(a), (WHOLE,)),
    Call(linear("diag_part", "tensor_diag_part"), lambda tf, a: tf.diag_part(a), (SQUARE,)),
    Call(linear("matrix_diag", "diag"), lambda tf, a: tf.matrix_diag(a), (B,)),
    Call(
        linear("matrix_diag", "diag"),
        lambda tf, a: tf.matrix_diag(a, k=(-1, 0), padding_value=9.0),
        (BANDS,),
    ),
    Call(
        linear("matrix_diag_part", "diag_part"),
        lambda tf, a: tf.matrix_diag_part(a, k=(-1, 2), align="LEFT_RIGHT"),
        (A,),
    ),
    Call(
        linear("matrix_set_diag", "set_diag"),
        lambda tf, a, b: tf.matrix_set_diag(a, b, k=(0, 1)),
        (A, BANDS),
    ),
]
