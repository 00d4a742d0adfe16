"""Calls of what takes matrices apart and solves systems of equations.

Factors whose signs are free are multiplied with themselves.
"""

import numpy as np

from tests.arrays import numbers
from tests.core.ops.call import Call

A = numbers(2, 3, 3)
POSITIVE = A @ A.swapaxes(-1, -2) + np.eye(3, dtype="float32")
TALL = numbers(3, 2)
RIGHT = numbers(2, 3, 1, seed=1)
LU = np.array([[8, 9], [0.5, -3.5]], "float32")
CLOSE = 1e-4


def linear(top, name):
    """A top-level name, and that in tf.linalg."""
    return (top, f"linalg.{name}")


CALLS = [
    Call(linear("matrix_determinant", "det"), lambda tf, a: tf.matrix_determinant(a), (A,), CLOSE),
    Call(("linalg.slogdet",), lambda tf, a: tf.linalg.slogdet(a), (A,), CLOSE),
    Call(("linalg.logdet",), lambda tf, a: tf.linalg.logdet(a), (POSITIVE,), CLOSE),
    Call(
        linear("matrix_inverse", "inv"),
        lambda tf, a: tf.matrix_inverse(a, adjoint=True),
        (POSITIVE,),
        CLOSE,
    ),
    Call(
        linear("matrix_solve", "solve"),
        lambda tf, a, b: tf.matrix_solve(a, b),
        (POSITIVE, RIGHT),
        CLOSE,
    ),
    Call(
        linear("matrix_triangular_solve", "triangular_solve"),
        lambda tf, a, b: tf.matrix_triangular_solve(a, b, lower=False),
        (POSITIVE, RIGHT),
        CLOSE,
    ),
    Call(linear("cholesky", "cholesky"), lambda tf, a: tf.cholesky(a), (POSITIVE,), CLOSE),
    Call(
        linear("cholesky_solve", "cholesky_solve"),
        lambda tf, a, b: tf.cholesky_solve(tf.cholesky(a), b),
        (POSITIVE, RIGHT),
        CLOSE,
    ),
    Call(linear("qr", "qr"), lambda tf, a: tf.matmul(*tf.qr(a)), (TALL,), CLOSE),
    Call(linear("svd", "svd"), lambda tf, a: tf.svd(a, compute_uv=False), (TALL,), CLOSE),
    Call(
        linear("self_adjoint_eig", "eigh"),
        lambda tf, a: tf.self_adjoint_eig(a)[0],
        (POSITIVE,),
        CLOSE,
    ),
    Call(
        linear("self_adjoint_eigvals", "eigvalsh"),
        lambda tf, a: tf.self_adjoint_eigvals(a),
        (POSITIVE,),
        CLOSE,
    ),
    Call(
        linear("matrix_solve_ls", "lstsq"),
        lambda tf, a: tf.matrix_solve_ls(a, a, l2_regularizer=0.5),
        (TALL,),
        CLOSE,
    ),
    Call(("linalg.expm",), lambda tf, a: tf.linalg.expm(a), (A,), CLOSE),
    Call(("linalg.pinv",), lambda tf, a: tf.linalg.pinv(a), (TALL,), CLOSE),
    Call(("linalg.matrix_rank",), lambda tf, a: tf.linalg.matrix_rank(a), (TALL,)),
    Call(("linalg.lu",), lambda tf, a: tf.linalg.lu(a), (POSITIVE,), CLOSE, gradients=False),
    Call(
        ("linalg.lu_reconstruct",), lambda tf, a: tf.linalg.lu_reconstruct(a, [1, 0]), (LU,), CLOSE
    ),
    Call(
        ("linalg.lu_solve",),
        lambda tf, a: tf.linalg.lu_solve(a, [1, 0], [[1.0], [2.0]]),
        (LU,),
        CLOSE,
    ),
    Call(
        ("linalg.lu_matrix_inverse",),
        lambda tf, a: tf.linalg.lu_matrix_inverse(a, [1, 0]),
        (LU,),
        CLOSE,
    ),
]
