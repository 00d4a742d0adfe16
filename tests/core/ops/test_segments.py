"""Rows reduced by segments, beside TensorFlow."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_alike
from tests.core.ops.refusing import assert_dtype_refused_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

KINDS = ("sum", "mean", "max", "min", "prod")
DTYPES = st.sampled_from(["float32", "float64", "int32", "int64"])


@st.composite
def rows_of(draw, shape, dtypes=DTYPES):
    """Small whole numbers, with ties and zeros."""
    array = np.random.default_rng(draw(st.integers(0, 100))).integers(-2, 4, shape)
    return array.astype(draw(dtypes))


def compare(name, arrays, rest, count):
    def theirs(tf, *tensors):
        found = getattr(tf, name)(*tensors, **rest)
        found.set_shape([count, *found.shape[1:].as_list()])
        return found

    assert_alike(theirs, lambda *tensors: getattr(ours, name)(*tensors, **rest), arrays)


@settings(max_examples=15)
@given(st.data())
def test_segments_in_order(data):
    size = data.draw(st.integers(1, 5))
    ids = sorted(data.draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)))
    rows = data.draw(rows_of((size, *data.draw(st.lists(st.integers(1, 2), max_size=2)))))
    ids = np.array(ids, data.draw(st.sampled_from(["int32", "int64"])))
    compare(f"segment_{data.draw(st.sampled_from(KINDS))}", [rows, ids], {}, ids.max() + 1)


@settings(max_examples=20)
@given(st.data())
def test_segments_in_any_order(data):
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    count = data.draw(st.integers(1, 4))
    size = int(np.prod(shape))
    ids = data.draw(st.lists(st.integers(-2, count - 1), min_size=size, max_size=size))
    rows = data.draw(rows_of((*shape, *data.draw(st.lists(st.integers(1, 2), max_size=1)))))
    kind = data.draw(st.sampled_from((*KINDS, "sqrt_n")))
    if kind == "sqrt_n":
        rows = rows.astype("float32")
    ids = np.array(ids, "int32").reshape(shape)
    compare(f"unsorted_segment_{kind}", [rows, ids], {"num_segments": count}, count)


@settings(max_examples=15)
@given(st.data())
def test_segments_of_picked_rows(data):
    size, height = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    ids = np.array(sorted(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))))
    places = np.array(
        data.draw(st.lists(st.integers(0, height - 1), min_size=size, max_size=size)), "int32"
    )
    rows = data.draw(rows_of((height, 2), st.sampled_from(["float32", "float64"])))
    count = data.draw(st.sampled_from([None, 4, 6]))
    rest = {} if count is None else {"num_segments": count}
    name = f"sparse_segment_{data.draw(st.sampled_from(['sum', 'mean', 'sqrt_n']))}"
    compare(name, [rows, places, ids.astype("int32")], rest, count or ids.max() + 1)


REFUSED = [
    lambda tf: tf.segment_sum([1.0, 2.0], [[0, 1]]),
    lambda tf: tf.segment_sum(1.0, [0]),
    lambda tf: tf.segment_mean([1.0, 2.0], 0),
    lambda tf: tf.unsorted_segment_sum([[1.0, 2.0], [3.0, 4.0]], [0, 1, 2], 2),
    lambda tf: tf.unsorted_segment_sum([1.0], [0], -2),
    lambda tf: tf.unsorted_segment_max([1.0], [0], [2]),
    lambda tf: tf.unsorted_segment_sum([1.0], [0], 2.5),
    lambda tf: tf.unsorted_segment_sum(1.0, [0], 2),
    lambda tf: tf.sparse_segment_sum([1.0, 2.0], [0, 1], [0, 0, 2]),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


OF_DTYPES = [
    lambda tf: tf.segment_prod([True], [0]),
    lambda tf: tf.segment_max(np.array([1j]), [0]),
    lambda tf: tf.sparse_segment_mean([1, 2], [0, 1], [0, 0]),
    lambda tf: tf.segment_sum([1.0], [0.0]),
]


@pytest.mark.parametrize("call", OF_DTYPES, ids=range(len(OF_DTYPES)))
def test_dtypes_that_tensorflow_refuses_are_refused(call):
    assert_dtype_refused_alike(call, ours)


AT_RUN = [
    (lambda tf: tf.segment_sum([1.0, 2.0, 3.0], [0, 2, 1]), "segment ids are not increasing"),
    (lambda tf: tf.segment_mean([1.0, 2.0], [-1, 0]), "segment ids must be >= 0"),
    (lambda tf: tf.segment_sum([1.0, 2.0], [0]), "should be the same size as dimension 0 of input"),
    (lambda tf: tf.unsorted_segment_sum([1.0, 2.0], [0, 5], 4), r"= 5 is out of range \[0, 4\)"),
    (lambda tf: tf.unsorted_segment_max([1.0, 2.0], [0, 4], 4), r"= 4 is out of range \[0, 4\)"),
    (lambda tf: tf.sparse_segment_sum([1.0], [7], [0]), r"= 7 .*out of range \[0, 1\)"),
    (lambda tf: tf.sparse_segment_sum([1.0], [-1], [0]), r"= -1 .*out of range \[0, 1\)"),
    (lambda tf: tf.sparse_segment_sum([1.0], [0, 0], [1, 0]), "segment ids are not increasing"),
    (
        lambda tf: tf.sparse_segment_mean([1.0], [0], [2], num_segments=1),
        r"out of range \[0, 1\)",
    ),
]


@pytest.mark.parametrize(("call", "sentence"), AT_RUN, ids=range(len(AT_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_refused(call, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Detected at node"):
        evaluate(call)
    with pytest.raises(ValueError, match=sentence):
        call(ours)


def test_no_rows_are_no_segments():
    empty = ours.segment_sum(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int32))
    assert tuple(empty.shape) == (0, 2)
