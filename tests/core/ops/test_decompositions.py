"""Matrices taken apart and systems solved, beside TensorFlow."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close, numbers
from tests.core.ops.refusing import assert_dtype_refused_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf


@settings(max_examples=15)
@given(st.data())
def test_factors_multiply_to_the_matrix(data):
    shape = [data.draw(st.integers(1, 4)) for _ in range(2)]
    matrix = torch.tensor(numbers(2, *shape, dtype="float64", seed=data.draw(st.integers(0, 9))))
    full = data.draw(st.booleans())
    q, r = ours.qr(matrix, full)
    values, u, v = ours.svd(matrix, full_matrices=full)
    expected = evaluate(lambda tf: [*tf.qr(matrix.numpy(), full), *tf.svd(matrix.numpy(), full)])
    for mine, its in zip((q, r, values, u, v), expected, strict=True):
        assert tuple(mine.shape) == its.shape
    assert_close(values, expected[2])
    torch.testing.assert_close(q @ r, matrix)
    size = values.shape[-1]
    torch.testing.assert_close(u[..., :size] @ torch.diag_embed(values) @ v[..., :size].mT, matrix)


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(1, 2), st.booleans(), st.booleans(), st.sampled_from("di"))
def test_systems_are_solved_as_tensorflow_solves_them(size, columns, lower, adjoint, kind):
    dtype = {"d": "float64", "i": "complex128"}[kind]
    matrix = numbers(2, size, size, dtype="float64").astype(dtype) + 3 * np.eye(size)
    right = numbers(2, size, columns, dtype="float64").astype(dtype)
    for call in (
        lambda tf, a, b: tf.matrix_solve(a, b, adjoint=adjoint),
        lambda tf, a, b: tf.matrix_triangular_solve(a, b, lower, adjoint),
        lambda tf, a, b: tf.matrix_inverse(a, adjoint=adjoint),
    ):
        assert_alike(
            call, lambda a, b, call=call: call(ours, a, b).resolve_conj(), [matrix, right], 1e-8
        )


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (2, 2)])
@pytest.mark.parametrize("keywords", [{}, {"l2_regularizer": 0.5}, {"fast": False}])
def test_least_squares_are_tensorflows(shape, keywords):
    matrix, right = numbers(*shape, dtype="float64"), numbers(shape[0], 2, dtype="float64", seed=1)
    assert_alike(
        lambda tf, a, b: tf.matrix_solve_ls(a, b, **keywords),
        lambda a, b: ours.matrix_solve_ls(a, b, **keywords),
        [matrix, right],
        1e-7,
        gradients=False,
    )


SQUARE = np.array([[4.0, 1.0], [8.0, 9.0]])

OF_VALUES = [
    lambda tf: tf.cholesky([[2.0, 9.0], [1.0, 2.0]]),
    lambda tf: tf.linalg.logdet([[2.0, 1.0], [1.0, 2.0]]),
    lambda tf: tf.self_adjoint_eigvals([[2.0, 7.0], [1.0, 2.0]]),
    lambda tf: tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]),
    lambda tf: tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 5.0]], tol=10.0),
    lambda tf: tf.linalg.lu(SQUARE)[0],
    lambda tf: tf.linalg.lu(SQUARE, output_idx_type=tf.int64)[1],
    lambda tf: tf.linalg.lu(np.eye(3)[[2, 0, 1]])[1],
    lambda tf: tf.linalg.pinv(np.array([[4.0, 1.0], [0.0, 9.0], [1.0, 1.0]])),
    lambda tf: tf.linalg.slogdet(-SQUARE[::-1])[0],
    lambda tf: tf.matrix_triangular_solve(np.ones([2, 1, 1]), np.ones([1, 1])),
]


@pytest.mark.parametrize("call", OF_VALUES, ids=range(len(OF_VALUES)))
def test_numbers_and_dtypes_are_tensorflows(call):
    assert_close(call(ours), evaluate(call))


REFUSED = [
    lambda tf: tf.matrix_determinant([1.0]),
    lambda tf: tf.matrix_inverse([[1.0, 2.0]]),
    lambda tf: tf.matrix_solve(SQUARE, [1.0, 2.0]),
    lambda tf: tf.matrix_solve(SQUARE, [[1.0]]),
    lambda tf: tf.matrix_solve(np.ones([2, 1, 1]), np.ones([1, 1])),
    lambda tf: tf.cholesky(1.0),
    lambda tf: tf.cholesky([[1.0, 2.0]]),
    lambda tf: tf.qr([1.0]),
    lambda tf: tf.svd([1.0]),
    lambda tf: tf.self_adjoint_eigvals([1.0]),
    lambda tf: tf.linalg.pinv([[1, 2]]),
    lambda tf: tf.linalg.pinv([1.0]),
    lambda tf: tf.linalg.lu(np.ones([1, 3])),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


@pytest.mark.parametrize(
    "call", [lambda tf: tf.matrix_determinant([[1]]), lambda tf: tf.cholesky([[1]])]
)
def test_dtypes_that_tensorflow_refuses_are_refused(call):
    assert_dtype_refused_alike(call, ours)


@pytest.mark.parametrize(
    "call",
    [
        lambda tf: tf.matrix_inverse([[1.0, 2.0], [2.0, 4.0]]),
        lambda tf: tf.matrix_solve([[1.0, 2.0], [2.0, 4.0]], [[1.0], [2.0]]),
    ],
)
def test_what_has_no_inverse_is_refused(call):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not invertible"):
        evaluate(call)
    with pytest.raises(ValueError, match="not invertible"):
        call(ours)


def test_what_is_not_positive_definite_has_no_factor():
    for matrix in ([[1.0, 2.0], [2.0, 1.0]], [[-1.0]]):
        assert torch.tril(ours.cholesky(matrix)).isnan().any()
        assert np.isnan(evaluate(lambda tf, matrix=matrix: tf.cholesky(matrix))).any()
