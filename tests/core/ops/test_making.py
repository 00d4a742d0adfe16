"""What makes tensors, beside TensorFlow's: shapes, dtypes, rows of numbers, and bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_close
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope._core.ops import known

DTYPES = ["float32", "float64", "float16", "int32", "int64", "uint8", "bool", "complex64"]
SHAPES = st.lists(st.integers(0, 3), max_size=3)


def alike(call, tolerance=None):
    """Numbers, dtype and shape of `call(tf)` are TensorFlow's."""
    assert_close(call(ours), evaluate(call), tolerance)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["zeros", "ones"]),
    SHAPES,
    st.sampled_from(DTYPES),
    st.sampled_from([list, tuple, np.array, "tensor", "sizes", "shape"]),
)
def test_a_shape_is_filled(name, shape, dtype, form):
    def call(tf):
        forms = {
            "tensor": lambda: tf.constant(shape, tf.int32),
            "sizes": lambda: tf.shape(np.ones(shape, "float32")),
            "shape": lambda: tf.TensorShape(shape),
        }
        dims = forms[form]() if isinstance(form, str) else form(shape or np.zeros(0, int))
        return getattr(tf, name)(dims, dtype)

    alike(call)


@settings(max_examples=15, deadline=None)
@given(SHAPES, st.sampled_from(DTYPES), st.sampled_from([None, *DTYPES]))
def test_like_another_tensor(shape, dtype, other):
    array = np.ones(shape, dtype)
    for name in ("zeros_like", "ones_like"):
        alike(lambda tf, name=name: getattr(tf, name)(array, other))


@settings(max_examples=15, deadline=None)
@given(SHAPES, st.sampled_from([5, 2.5, True, 1j, np.float64(3), np.int8(7)]))
def test_one_number_everywhere(shape, value):
    alike(lambda tf: tf.fill(tf.constant(shape, tf.int32), value))


NUMBERS = st.one_of(
    st.integers(-9, 9),
    st.integers(-90, 90).map(lambda n: n / 10),
    st.integers(-9, 9).map(np.int64),
    st.integers(-90, 90).map(lambda n: np.float64(n / 10)),
)


@settings(max_examples=50, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS, st.booleans(), st.sampled_from([None, None, "float32", "int64"]))
def test_numbers_in_a_row(start, limit, delta, as_tensors, dtype):
    if delta and (limit - start) * delta < 0:
        delta = -delta

    def call(tf):
        parts = [start, limit, delta]
        return tf.range(*(map(tf.constant, parts) if as_tensors else parts), dtype=dtype)

    try:
        expected = evaluate(call)
    except (TypeError, ValueError):
        assert_refused_alike(lambda: call(tf), lambda: call(ours))
    else:
        assert_close(call(ours), expected, 3e-6)


def test_the_numbers_of_a_row_are_known():
    assert known.of(ours.range(2, 8, 3)) == [2, 5]
    assert known.of(ours.range(ours.constant(3))) == [0, 1, 2]
    assert known.of(ours.range(3.0)) is None
    assert known.of(ours.constant([[1, 2]])) == [[1, 2]]
    assert known.of(ours.convert_to_tensor(np.array([4, 5]))) == [4, 5]
    assert known.of(ours.convert_to_tensor(range(2))) == [0, 1]
    assert known.of(ours.zeros([2, 1], "int32")) == [[0], [0]]
    assert known.of(ours.fill([2], 7)) == [7, 7]
    assert known.of(ours.constant(3, shape=(2,))) == [3, 3]
    assert known.of(ours.constant(3.0, shape=(2,))) is None
    assert known.of(ours.ones_like((4, 5))) == [1, 1]
    assert known.of(ours.ones([], "int64")) == 1
    assert known.of(ours.ones([1000], "int64")) is None


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 5),
    st.sampled_from(
        [(0.0, 1.0), (0, 7), (3.0, -2), (1.5, 1.5), (np.float64(0), 1.0), (True, True)]
    ),
)
def test_numbers_at_equal_distances(count, ends):
    try:
        alike(lambda tf: tf.linspace(*ends, count))
    except TypeError:
        assert ends[0] is True


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_ends_may_be_tensors(axis):
    alike(lambda tf: tf.linspace([[0.0], [1.0]], [5.0, 6.0, 8.0], 4, axis=axis))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 3),
    st.none() | st.integers(0, 3),
    st.none() | st.lists(st.integers(0, 2), max_size=2),
    st.sampled_from(DTYPES),
)
def test_identity_matrices(rows, columns, batch, dtype):
    alike(lambda tf: tf.eye(rows, columns, batch, dtype))


def test_what_fills_a_shape_gets_the_gradients_of_all():
    value = torch.tensor(2.0, requires_grad=True)
    ours.fill([2, 3], value).sum().backward()
    assert value.grad == 6


REFUSED = [
    lambda tf: tf.zeros([-1]),
    lambda tf: tf.zeros(None),
    lambda tf: tf.zeros([[2]]),
    lambda tf: tf.zeros(tf.constant([2.0])),
    lambda tf: tf.ones([2, -1]),
    lambda tf: tf.fill([2], [1]),
    lambda tf: tf.fill(3, 1),
    lambda tf: tf.fill([-1], 1),
    lambda tf: tf.fill([2], None),
    lambda tf: tf.fill(None, 1),
    lambda tf: tf.fill([2.0], 1),
    lambda tf: tf.zeros_like(None),
    lambda tf: tf.ones_like(None),
    lambda tf: tf.eye(-1),
    lambda tf: tf.eye(2.5),
    lambda tf: tf.eye([2]),
    lambda tf: tf.eye(None),
    lambda tf: tf.range(5, 0),
    lambda tf: tf.range(0, 5, -1),
    lambda tf: tf.range(0, 5, 0),
    lambda tf: tf.range(0.0, 5.0, 0.0),
    lambda tf: tf.range(0, 2.5, dtype=tf.int32),
    lambda tf: tf.range([5]),
    lambda tf: tf.range(None),
    lambda tf: tf.range(0, None, None),
    lambda tf: tf.linspace(0.0, 1.0, [3]),
    lambda tf: tf.linspace(0.0, 1.0, -1),
    lambda tf: tf.linspace(0, 1.5, 3),
    lambda tf: tf.linspace(tf.constant(0), tf.constant(1.0), 3),
    lambda tf: tf.linspace(None, 1.0, 2),
    lambda tf: tf.linspace(0.0, 1.0, None),
    lambda tf: tf.convert_to_tensor_or_indexed_slices(None),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_what_has_no_dtype_of_a_range_is_refused():
    # To TensorFlow an AssertionError without a word.
    with pytest.raises(TypeError, match="A range of bool is none to TF1"):
        ours.range(True)


def test_a_symbol_makes_rows_and_shapes():
    def build(x):
        count = ours.shape(x)[0]
        return (
            ours.range(count),
            ours.range(0.0, count, 0.5),
            ours.zeros([count, 2]),
            ours.eye(count),
        )

    compiled = torch.compile(ts.ScopedModule(build), fullgraph=True, backend="eager", dynamic=True)
    for size in (3, 5):
        rows, halves, zeros, matrix = compiled(torch.ones(size))
        assert rows.tolist() == list(range(size))
        assert halves.shape == (2 * size,)
        assert zeros.shape == (size, 2)
        assert matrix.trace() == size
