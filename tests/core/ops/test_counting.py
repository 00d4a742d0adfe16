"""Counts, histograms and differences, beside TensorFlow."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import as_list, assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

WHOLE = st.lists(st.integers(0, 5), min_size=1, max_size=6)
DTYPES = st.sampled_from(["int32", "int64", "float32"])


def compare(call, *arrays):
    expected = as_list(evaluate(lambda tf: call(tf, *map(tf.constant, arrays))))
    found = as_list(call(ours, *map(torch.tensor, arrays)))
    for mine, its in zip(found, expected, strict=True):
        assert_close(mine, its)


@settings(max_examples=15)
@given(st.data())
def test_integers_are_counted_as_tensorflow_does(data):
    array = np.array(data.draw(WHOLE), "int32")
    keywords = {
        name: data.draw(st.integers(0, 7))
        for name in ("minlength", "maxlength")
        if data.draw(st.booleans())
    }
    dtype = data.draw(DTYPES)
    if data.draw(st.booleans()):
        weights = np.arange(len(array)).astype(dtype)
        compare(lambda tf, x, w: tf.bincount(x, w, **keywords), array, weights)
    else:
        compare(lambda tf, x: tf.bincount(x, dtype=dtype, **keywords), array)


@settings(max_examples=15)
@given(
    st.lists(st.floats(-3, 8, width=32), min_size=1, max_size=6),
    st.integers(1, 6),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from(["int32", "int64"]),
)
def test_bins_are_tensorflows(numbers, bins, dtype, counted):
    array, bounds = np.array(numbers, dtype), np.array([-1, 4], dtype)
    compare(lambda tf, x: tf.histogram_fixed_width(x, bounds, bins, counted), array)
    compare(lambda tf, x: tf.histogram_fixed_width_bins(x, bounds, bins, counted), array)


@settings(max_examples=15)
@given(WHOLE, WHOLE, DTYPES, st.sampled_from(["int32", "int64"]))
def test_numbers_keep_the_order_of_their_first_places(numbers, others, dtype, index):
    array, other = np.array(numbers, dtype), np.array(others, dtype)
    compare(lambda tf, x: tf.unique(x, index), array)
    compare(lambda tf, x: tf.unique_with_counts(x, out_idx=index), array)
    compare(lambda tf, x, y: tf.setdiff1d(x, y, index), array, other)


@settings(max_examples=15)
@given(st.data())
def test_a_confusion_matrix_is_tensorflows(data):
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5)
    )
    labels, predictions = np.array(pairs, "int32").T
    keywords = {"dtype": data.draw(st.sampled_from(["int32", "float32", "float64"]))}
    if data.draw(st.booleans()):
        keywords["num_classes"] = 4
    if data.draw(st.booleans()):
        keywords["weights"] = np.arange(len(pairs)) + 0.5
    if data.draw(st.booleans()):
        labels = labels[:, None]
    compare(lambda tf, x, y: tf.confusion_matrix(x, y, **keywords), labels, predictions)


REFUSED = [
    lambda tf: tf.histogram_fixed_width([1.0], [0.0, 1.0], nbins=0),
    lambda tf: tf.histogram_fixed_width([1.0], [0.0, 1.0, 2.0]),
    lambda tf: tf.histogram_fixed_width([1.0], [0.0, 1.0], dtype=tf.float32),
    lambda tf: tf.unique([[1, 2]]),
    lambda tf: tf.setdiff1d([1, 2], [1.0]),
    lambda tf: tf.setdiff1d(tf.constant([1, 2]), tf.constant([1.0])),
    lambda tf: tf.setdiff1d([[1]], [1]),
    lambda tf: tf.confusion_matrix([1, 2], [2, 2, 4]),
    lambda tf: tf.confusion_matrix([1, 2], [2, 2], weights=[1, 2, 3]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


AT_RUN = [
    (lambda tf: tf.bincount([1, -1]), "must be non-negative"),
    (lambda tf: tf.bincount([1, 1], weights=[1.0]), "must be the same shape as `arr`"),
    (
        lambda tf: tf.histogram_fixed_width([1.0], [5.0, 0.0]),
        r"value_range\[0\] < value_range\[1\]",
    ),
    (lambda tf: tf.histogram_fixed_width([np.nan], [0.0, 1.0]), "NaN"),
    (lambda tf: tf.confusion_matrix([1, 4], [1, 1], 3), "`labels` out of bound"),
    (lambda tf: tf.confusion_matrix([1, 1], [1, -4]), "contains negative values"),
    (lambda tf: tf.confusion_matrix([], []), ""),
]


@pytest.mark.parametrize(("call", "sentence"), AT_RUN, ids=range(len(AT_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_refused(call, sentence):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"Detected at node|out of bound|negative"
    ):
        evaluate(call)
    with pytest.raises(ValueError, match=sentence or "no labels"):
        call(ours)
