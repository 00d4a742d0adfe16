"""tf.metrics of the first k: TensorFlow's numbers from batch to batch, in variables of its names."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from tests.tf1.metrics.test_metrics import compare, in_torchscope

MEASURES = {
    "precision_at_k": {"k": 2},
    "recall_at_k": {"k": 2},
    "average_precision_at_k": {"k": 2},
    "sparse_precision_at_k": {"k": 2},
    "sparse_average_precision_at_k": {"k": 3},
    "precision_at_top_k": {"k": 3},
    "recall_at_top_k": {},
}


def batches(name):
    """Labels, of which some are no class or there twice, and what is ranked: numbers that differ, or ids."""
    draw = np.random.default_rng(1)
    found = []
    for _ in range(3):
        ranked = draw.permuted(np.arange(24, dtype="float32")).reshape(4, 6)
        if name.endswith("top_k"):
            ranked = draw.integers(0, 6, (4, 3))
        labels = draw.integers(-1, 7, (4, 2))
        # In a row without a label TensorFlow's average is NaN, and stays so.
        labels[:, 0] = draw.integers(0, 6, 4)
        found.append([labels, ranked])
    return found


@pytest.mark.parametrize("more", [{}, {"weights": np.float32([1, 0, 2, 0.5])}], ids=["", "weights"])
@pytest.mark.parametrize("name", MEASURES)
def test_a_ranking_is_measured_as_tensorflow_does(name, more):
    compare(name, batches(name), {**MEASURES[name], **more, "name": "m"})
    compare(name, batches(name), {**MEASURES[name], **more})


@pytest.mark.parametrize("name", [name for name in MEASURES if "average" not in name])
def test_one_class_is_counted_alone(name):
    compare(name, batches(name), {**MEASURES[name], "class_id": 1})


def sparse_labels(tf):
    return tf.SparseTensor(
        np.int64([[0, 0], [0, 1], [2, 0], [2, 2], [3, 0]]), np.int64([1, 1, 3, 9, 0]), [4, 3]
    )


@pytest.mark.parametrize("name", MEASURES)
def test_sparse_labels_are_rows_of_any_length(name):
    (_, ranked), *_ = batches(name)
    keywords = MEASURES[name]
    # A row without labels is NaN in TensorFlow too.
    expected = evaluate(
        lambda tf: getattr(tf.metrics, name)(sparse_labels(tf), ranked, **keywords)[1]
    )
    _, update = getattr(ours.metrics, name)(sparse_labels(ours), torch.tensor(ranked), **keywords)
    np.testing.assert_allclose(update.run().numpy(), expected)


@pytest.mark.parametrize("name", MEASURES)
def test_one_label_needs_no_dimension(name):
    compare(name, [[labels[:, 0], ranked] for labels, ranked in batches(name)], MEASURES[name])


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(0, 99))
def test_what_is_named_in_full_is_found_in_full(k, seed):
    labels = np.random.default_rng(seed).integers(0, 9, (3, k))
    for name in ("precision_at_top_k", "recall_at_top_k"):
        (pairs,), _ = in_torchscope(getattr(ours.metrics, name), [[labels, labels]], {})
        assert [pair.item() for pair in pairs] == [1.0, 1.0]


REFUSED = [
    lambda tf: tf.metrics.average_precision_at_k(np.int64([[1]]), np.float32([[1, 2]]), 0),
    lambda tf: tf.metrics.precision_at_k(np.int64([[[1]]]), np.float32([[1, 2]]), 1),
    lambda tf: tf.metrics.recall_at_top_k(tf.constant(1), tf.constant([[1, 2]])),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))
