"""Distances of sequences, as TensorFlow counts them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.tensorflow1 import evaluate, tf

sequences = st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=1, max_size=4)


def sparse(tf, rows, axes=2):
    """Sequences as a sparse tensor; with more axes the first are of one."""
    indices = [[0] * (axes - 2) + [y, x] for y, row in enumerate(rows) for x in range(len(row))]
    values = np.array([value for row in rows for value in row], "int64")
    shape = [1] * (axes - 2) + [len(rows), max(map(len, rows))]
    return tf.SparseTensor(np.array(indices, "int64").reshape(-1, axes), values, shape)


@settings(max_examples=20)
@given(sequences, sequences, st.booleans(), st.integers(2, 3))
def test_distances_are_tensorflows(hypothesis, truth, normalize, axes):
    def run(tf):
        pair = sparse(tf, hypothesis, axes), sparse(tf, truth, axes)
        return tf.edit_distance(*pair, normalize=normalize)

    expected, found = evaluate(run), run(ours)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected)


@given(st.lists(st.integers(0, 3), max_size=6), st.lists(st.integers(0, 3), max_size=6))
def test_it_is_a_distance(one, other):
    def steps(a, b):
        return ours.edit_distance(sparse(ours, [a]), sparse(ours, [b]), normalize=False).item()

    assert steps(one, other) == steps(other, one)
    assert (steps(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= steps(one, other) <= max(len(one), len(other))


@pytest.mark.parametrize("axes", [(1, 1), (2, 3)])
@pytest.mark.parametrize("tf", [tf, ours], ids=["theirs", "ours"])
def test_sequences_that_do_not_go_together_are_refused(tf, axes):
    says = r"must have rank at least 2" if axes[0] == 1 else "does not match truth_shape: 2 vs. 3"
    pair = [tf.SparseTensor([[0] * each], np.int64([1]), [1] * each) for each in axes]
    with pytest.raises(ValueError, match=says):
        tf.edit_distance(*pair)


def test_what_is_not_sparse_is_refused():
    pair = [[1], [2]]
    with pytest.raises(TypeError, match="must be a SparseTensor"):
        ours.edit_distance(*pair)
    with pytest.raises(TypeError, match="does not match type"):
        ours.edit_distance(
            sparse(ours, [[1]]), ours.SparseTensor([[0, 0]], np.float32([1]), [1, 1])
        )
