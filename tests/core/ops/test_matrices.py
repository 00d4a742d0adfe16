"""Products and diagonals, beside TensorFlow."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close, numbers
from tests.core.ops.refusing import assert_dtype_refused_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

DTYPES = st.sampled_from(["float32", "float64", "int32", "int64", "complex64"])


def arrays(dtype, *shapes):
    return [
        (numbers(*shape, dtype="float64", seed=n) * 3).astype(dtype)
        for n, shape in enumerate(shapes)
    ]


@settings(max_examples=20)
@given(st.data())
def test_a_product_of_matrices_is_tensorflows(data):
    rows, inner, columns = (data.draw(st.integers(0, 3)) for _ in range(3))
    batch = data.draw(st.lists(st.integers(1, 2), max_size=2))
    turns = [data.draw(st.sampled_from(["", "transpose", "adjoint"])) for _ in range(2)]
    shapes = [[rows, inner], [inner, columns]]
    keywords = {}
    for place, (turn, letter) in enumerate(zip(turns, "ab", strict=True)):
        if turn:
            shapes[place].reverse()
            keywords[f"{turn}_{letter}"] = True
        own = [data.draw(st.sampled_from([1, size])) for size in batch]
        shapes[place] = own[data.draw(st.integers(0, len(own))) :] + shapes[place]
    assert_alike(
        lambda tf, a, b: tf.matmul(a, b, **keywords),
        lambda a, b: ours.matmul(a, b, **keywords),
        arrays(data.draw(DTYPES), *shapes),
    )


EQUATIONS = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "ba": [(2, 3)],
    "ii->i": [(3, 3)],
    "ii": [(3, 3)],
    "ijij->ij": [(2, 3, 2, 3)],
    "ij->": [(2, 3)],
    " i j , j k -> i k ": [(2, 3), (3, 4)],
    "...ij,...jk->...ik": [(2, 1, 3), (2, 3, 2)],
    "...ij,jk": [(2, 1, 3), (3, 2)],
    "b...,b->...": [(2, 3, 4), (2,)],
    "ij,kl->il": [(2, 3), (2, 3)],
    "ij,jk,kl->il": [(2, 3), (3, 2), (2, 2)],
    "Ab,bC->AC": [(2, 3), (3, 4)],
    ",ij->ji": [(), (2, 3)],
}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_an_equation_means_what_it_means_in_tensorflow(equation):
    assert_alike(
        lambda tf, *tensors: tf.einsum(equation, *tensors, name="x"),
        lambda *tensors: ours.einsum(equation, *tensors, name="x"),
        arrays("float64", *EQUATIONS[equation]),
    )


@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        ([(2, 3), (3, 4)], 1),
        ([(2, 3), (3, 4)], 0),
        ([(2, 3), (2, 3)], 2),
        ([(2, 3), (3, 4)], [1, 0]),
        ([(2, 3, 4), (4, 3)], [[1, 2], [1, 0]]),
        ([(2, 3, 4), (4, 3)], np.array([[-1], [0]])),
    ],
)
def test_a_sum_over_axes_is_tensorflows(shapes, axes):
    assert_alike(
        lambda tf, a, b: tf.tensordot(a, b, axes),
        lambda a, b: ours.tensordot(a, b, axes),
        arrays("float32", *shapes),
    )


ALIGNMENTS = ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT")


@settings(max_examples=20)
@given(st.data())
def test_diagonals_are_tensorflows(data):
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    ks = sorted(data.draw(st.integers(1 - rows, columns - 1)) for _ in range(2))
    align = data.draw(st.sampled_from(ALIGNMENTS))
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    (matrix,) = arrays(dtype, [*data.draw(st.sampled_from([[], [2]])), rows, columns])
    part = lambda tf, x: tf.matrix_diag_part(x, k=ks, align=align, padding_value=7)
    assert_alike(part, lambda x: part(ours, x), [matrix])
    (taken,) = arrays(dtype, evaluate(lambda tf: part(tf, matrix)).shape)
    assert_alike(
        lambda tf, x, y: tf.matrix_set_diag(x, y, k=ks, align=align),
        lambda x, y: ours.matrix_set_diag(x, y, k=ks, align=align),
        [matrix, taken],
    )
    assert_alike(
        lambda tf, y: tf.matrix_diag(
            y, k=ks, num_rows=rows, num_cols=columns, padding_value=7, align=align
        ),
        lambda y: ours.matrix_diag(
            y, k=ks, num_rows=rows, num_cols=columns, padding_value=7, align=align
        ),
        [taken],
    )


@settings(max_examples=15)
@given(st.data())
def test_a_band_is_tensorflows(data):
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    lower, upper = data.draw(st.integers(-2, rows)), data.draw(st.integers(-2, columns))
    assert_alike(
        lambda tf, x: tf.matrix_band_part(x, lower, upper),
        lambda x: ours.matrix_band_part(x, torch.tensor(lower), upper),
        arrays(data.draw(DTYPES), [rows, columns]),
    )


ONES = np.ones([2, 3, 4], "float32")

OF_VALUES = [
    lambda tf: tf.matmul([[1.0, 2.0]], np.array([[1], [2]], "float64")),
    lambda tf: tf.matmul([[1.0, 2.0]], [[1], [2]]),
    lambda tf: tf.matmul([[1, 2]], [[1], [2]]),
    lambda tf: tf.matmul(np.array([[100]], "int8"), np.array([[9]], "int8"), output_type=tf.int32),
    lambda tf: tf.matmul([[1.0]], [[1.0]], a_is_sparse=True),
    lambda tf: tf.linalg.matvec([[1.0, 2.0]], [3.0], transpose_a=True),
    lambda tf: tf.diag([[1, 2], [3, 4]]),
    lambda tf: tf.diag_part(np.arange(36).reshape(2, 3, 2, 3)),
    lambda tf: tf.matrix_diag([1.0, 2.0], k=-1, padding_value=9),
    lambda tf: tf.matrix_diag([1.0], k=[0, 0]),
    lambda tf: tf.matrix_band_part([[True, True]], 0, 0),
    lambda tf: tf.linalg.matrix_transpose(np.array([[1j, 2]]), conjugate=True),
    lambda tf: tf.trace(np.array([[100, 1], [1, 100]], "int8")),
    lambda tf: tf.cross([1, 2, 3], [3, 2, 1]),
    lambda tf: tf.tensordot([[1, 2]], [[1], [2]], tf.constant([[1], [0]])),
    lambda tf: tf.einsum("ij,jk->ik", tf.constant([[1.0]]), np.array([[2.0]])),
    lambda tf: tf.einsum("i,i->", tf.constant([1, 2]), tf.constant([1, 2])),
]


@pytest.mark.parametrize("call", OF_VALUES, ids=range(len(OF_VALUES)))
def test_numbers_and_dtypes_are_tensorflows(call):
    assert_close(call(ours), evaluate(call))


REFUSED = [
    lambda tf: tf.matmul(tf.constant([[1.0]]), tf.constant([[1]])),
    lambda tf: tf.matmul(tf.constant(ONES), tf.constant(ONES.astype("float64"))),
    lambda tf: tf.matmul([1.0, 2.0], [[1.0], [2.0]]),
    lambda tf: tf.matmul([[1.0, 2.0]], [1.0, 2.0]),
    lambda tf: tf.matmul(1.0, [[1.0]]),
    lambda tf: tf.matmul([[1.0, 2.0]], [[1.0, 2.0]]),
    lambda tf: tf.matmul([[1, 2]], [[1, 2]]),
    lambda tf: tf.matmul([[1.0]], [[1.0]], transpose_b=True, adjoint_b=True),
    lambda tf: tf.matmul([[1.0]], [[1.0]], True, adjoint_a=True),
    lambda tf: tf.matmul(ONES, np.ones([3, 4, 5], "float32")),
    lambda tf: tf.matmul(ONES, np.ones([2, 5, 4], "float32")),
    lambda tf: tf.matmul([4.0], ONES),
    lambda tf: tf.matmul(None, [[1.0]]),
    lambda tf: tf.matmul([[1.0]], None),
    lambda tf: tf.linalg.matvec([[1.0, 2.0]], [1.0]),
    lambda tf: tf.linalg.matvec([[1.0, 2.0]], 3.0),
    lambda tf: tf.tensordot(ONES, ONES, [[0], [1, 0]]),
    lambda tf: tf.tensordot(ONES, ONES, [[0], [1]]),
    lambda tf: tf.tensordot(np.ones([2, 1]), np.ones([2, 1]), [[1], [0]]),
    lambda tf: tf.tensordot(ONES, ONES, -1),
    lambda tf: tf.tensordot(ONES, ONES, [[5], [0]]),
    lambda tf: tf.tensordot(ONES, ONES, [[0], [1], [2]]),
    lambda tf: tf.tensordot([[1.0]], [[1]], 1),
    lambda tf: tf.einsum("ij,jk->ik", ONES[0], ONES[0]),
    lambda tf: tf.einsum("ij,jk->ik", ONES[0]),
    lambda tf: tf.einsum("ij->iq", ONES[0]),
    lambda tf: tf.einsum("ijk->i", ONES[0]),
    lambda tf: tf.einsum("ij,ij->ij", np.ones([1, 2]), np.ones([1, 1])),
    lambda tf: tf.einsum("...i->i", ONES),
    lambda tf: tf.einsum("i->ii", ONES[0, 0]),
    lambda tf: tf.einsum("i1->i", ONES[0]),
    lambda tf: tf.einsum("i->i->i", ONES[0]),
    lambda tf: tf.einsum("i->i", ONES[0, 0], foo=1),
    lambda tf: tf.einsum("i,i->i", tf.constant([1.0]), tf.constant([1])),
    lambda tf: tf.matrix_transpose([1.0]),
    lambda tf: tf.trace([1.0]),
    lambda tf: tf.diag(1.0),
    lambda tf: tf.diag_part([[1.0, 2.0]]),
    lambda tf: tf.diag_part([1.0, 2.0]),
    lambda tf: tf.matrix_diag([1.0, 2.0], k=-1, num_rows=4, num_cols=3),
    lambda tf: tf.matrix_diag([1.0, 2.0], num_rows=1),
    lambda tf: tf.matrix_diag(ONES[0], k=(1, 0)),
    lambda tf: tf.matrix_diag(1.0),
    lambda tf: tf.matrix_diag([True]),
    lambda tf: tf.matrix_diag_part(ONES, k=5),
    lambda tf: tf.matrix_diag_part([1.0]),
    lambda tf: tf.matrix_set_diag([1.0], [1.0]),
    lambda tf: tf.matrix_set_diag(ONES[0], ONES[0]),
    lambda tf: tf.cross([1.0, 2.0], [3.0, 2.0]),
    lambda tf: tf.cross([[1.0, 2.0, 3.0]], [3.0, 2.0, 1.0]),
    lambda tf: tf.cross(1.0, 1.0),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


OF_DTYPES = [
    lambda tf: tf.matmul(np.array([[1]], "int8"), np.array([[1]], "int8")),
    lambda tf: tf.matmul([[True]], [[True]]),
    lambda tf: tf.diag([True]),
    lambda tf: tf.matrix_band_part([[1.0]], 0.5, 0),
    lambda tf: tf.cross(np.array([1j, 2, 3]), np.array([1j, 2, 3])),
]


@pytest.mark.parametrize("call", OF_DTYPES, ids=range(len(OF_DTYPES)))
def test_dtypes_that_tensorflow_refuses_are_refused(call):
    assert_dtype_refused_alike(call, ours)


AT_RUN = [
    (lambda tf: tf.matrix_band_part([[1.0]], 3, 0), "num_lower must be negative or less or equal"),
    (lambda tf: tf.matrix_band_part([1.0], 0, 0), "is no matrix"),
    (lambda tf: tf.matrix_band_part([[1.0]], [0], 0), "must be scalar"),
    (lambda tf: tf.matrix_set_diag(ONES[0], ONES[0, 0, :1]), "the matrices have shape"),
    (lambda tf: tf.matmul([[1.0]], [[1.0]], output_type=tf.float64), "output_type float64"),
]


@pytest.mark.parametrize(("call", "sentence"), AT_RUN, ids=range(len(AT_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_refused(call, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Detected at node"):
        evaluate(call)
    with pytest.raises(ValueError, match=sentence):
        call(ours)
