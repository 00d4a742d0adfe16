"""What is not unique of matrices is compared by what it has to be; old types of nodes are what took their place."""

import numpy as np
import pytest
import scipy.linalg
import torch

from tests.graphs.registry import REGISTRY
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.graphs.operations.table import TABLE

RANDOM = np.random.RandomState(0)
TALL = RANDOM.randn(2, 4, 3).astype(np.float32)
SQUARE = (RANDOM.randn(2, 3, 3) + 3 * np.eye(3)).astype(np.float32)
DEFINITE = (SQUARE @ SQUARE.transpose(0, 2, 1)).astype(np.float32)

# What took their place, of the same arguments, in TensorFlow's own words.
OLD = {
    "BatchCholesky": "Cholesky",
    "BatchCholeskyGrad": "CholeskyGrad",
    "BatchFFT": "FFT",
    "BatchFFT2D": "FFT2D",
    "BatchFFT3D": "FFT3D",
    "BatchIFFT": "IFFT",
    "BatchIFFT2D": "IFFT2D",
    "BatchIFFT3D": "IFFT3D",
    "BatchMatrixBandPart": "MatrixBandPart",
    "BatchMatrixDeterminant": "MatrixDeterminant",
    "BatchMatrixDiag": "MatrixDiag",
    "BatchMatrixDiagPart": "MatrixDiagPart",
    "BatchMatrixInverse": "MatrixInverse",
    "BatchMatrixSetDiag": "MatrixSetDiag",
    "BatchMatrixSolve": "MatrixSolve",
    "BatchMatrixSolveLs": "MatrixSolveLs",
    "BatchMatrixTriangularSolve": "MatrixTriangularSolve",
    "BatchSelfAdjointEig": "SelfAdjointEig",
    "BatchSelfAdjointEigV2": "SelfAdjointEigV2",
    "BatchSvd": "Svd",
}


@pytest.mark.parametrize("old", sorted(OLD))
def test_a_type_of_old_files_is_what_took_its_place(old):
    new = OLD[old]
    assert TABLE[old] == TABLE[new]
    for told in ("input_arg", "output_arg"):
        names = [[each.name for each in getattr(REGISTRY[kind], told)] for kind in (old, new)]
        assert names[0] == names[1]


def _compared(build, value, near=1e-3):
    """What `build` makes of a placeholder, and the gradients of it: TensorFlow's, autograd's, and by its nodes."""
    with tf.Graph().as_default() as graph, plain_session() as session:
        x = tf.placeholder(value.dtype, value.shape, name="x")
        made = build(x)
        slope = tf.gradients(tf.reduce_sum(made * tf.reshape(tf.range(9.0), [3, 3])), x)[0]
        expected = session.run([made, slope], {x: value})
        definition = graph.as_graph_def().SerializeToString()
    net = graphs.import_graph_def(definition)
    given = torch.tensor(value, requires_grad=True)
    found, by_nodes = net(feeds={"x:0": given}, fetches=[made.name, slope.name])
    np.testing.assert_allclose(found.detach().numpy(), expected[0], near, near)
    np.testing.assert_allclose(by_nodes.detach().numpy(), expected[1], near, near)
    (found * torch.arange(9.0).reshape(3, 3)).sum().backward()
    np.testing.assert_allclose(given.grad.numpy(), expected[1], near, near)


def test_singular_vectors_make_the_matrix_of_which_they_are():
    def squared(x):
        values, _, vectors = tf.raw_ops.Svd(input=x)
        return tf.matmul(vectors * values[:, None] ** 2, vectors, transpose_b=True)

    _compared(squared, TALL)


def test_singular_values_alone_are_tensorflows():
    def values(x):
        return tf.raw_ops.Svd(input=x, compute_uv=False).s[:, None, :] * tf.ones([3, 1])

    _compared(values, TALL)


def test_eigenvectors_make_the_matrix_of_which_they_are():
    def root(x):
        values, vectors = tf.raw_ops.SelfAdjointEigV2(input=x)
        return tf.matmul(vectors * tf.sqrt(values)[:, None], vectors, transpose_b=True)

    _compared(root, DEFINITE)


def test_eigenvalues_alone_are_tensorflows():
    def values(x):
        return tf.raw_ops.SelfAdjointEigV2(input=x, compute_v=False).e[:, None, :] * tf.ones([3, 1])

    _compared(values, DEFINITE)


def test_any_matrixs_eigenvalues_are_tensorflows_in_some_order():
    with tf.Graph().as_default() as graph, plain_session() as session:
        both = tf.raw_ops.Eig(input=tf.constant(SQUARE), Tout=tf.complex64, name="both")
        alone = tf.raw_ops.Eig(
            input=tf.constant(SQUARE), Tout=tf.complex64, compute_v=False, name="alone"
        )
        expected = session.run(both.e)
        names = [both.e.name, both.v.name, alone.e.name]
        definition = graph.as_graph_def().SerializeToString()
    values, vectors, again = graphs.import_graph_def(definition)(fetches=names)
    assert values.dtype == torch.complex64
    np.testing.assert_allclose(_ordered(values.numpy()), _ordered(expected), 1e-4)
    np.testing.assert_allclose(_ordered(again.numpy()), _ordered(expected), 1e-4)
    product = torch.tensor(SQUARE).to(torch.complex64) @ vectors
    torch.testing.assert_close(product, vectors * values[:, None])


def _ordered(values):
    return np.sort_complex(np.round(values, 3))


def test_the_old_eigenvalues_are_the_first_row_above_the_vectors():
    values, vectors = np.linalg.eigh(DEFINITE)
    found = TABLE["SelfAdjointEig"].function(torch.tensor(DEFINITE)).numpy()
    np.testing.assert_allclose(found[:, 0], values, 1e-4)
    np.testing.assert_allclose(np.abs(found[:, 1:]), np.abs(vectors), 1e-3, 1e-4)


def test_the_exponential_of_a_matrix_is_scipys():
    found = TABLE["MatrixExponential"].function(torch.tensor(SQUARE[0] / 4)).numpy()
    np.testing.assert_allclose(found, scipy.linalg.expm(SQUARE[0] / 4), 1e-4)
