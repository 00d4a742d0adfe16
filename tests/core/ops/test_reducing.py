"""What makes one number of many, beside TensorFlow."""

import functools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope.tf1 as ours
from tests.comparing import assert_alike, assert_close
from tests.core.ops.refusing import assert_dtype_refused_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

FLOATS = ("float32", "float64")
NUMBERS = (*FLOATS, "int32", "int8", "int64")
# Each with the dtypes that it is tried with, and whether it knows both generations of names.
REDUCTIONS = {
    "reduce_sum": (NUMBERS, True),
    "reduce_mean": (NUMBERS, True),
    "reduce_max": (NUMBERS, True),
    "reduce_min": (NUMBERS, True),
    "reduce_prod": (NUMBERS, True),
    "reduce_logsumexp": (FLOATS, True),
    "reduce_all": (("bool",), True),
    "reduce_any": (("bool",), True),
    "count_nonzero": ((*NUMBERS, "bool"), True),
    "math.reduce_variance": (FLOATS, False),
    "math.reduce_euclidean_norm": (NUMBERS, False),
}


def named(module, name):
    return functools.reduce(getattr, name.split("."), module)


def numbers(draw, dtype, shape):
    """Small whole numbers, so that there are ties, but never 0: there roots have no gradient."""
    seed = draw(st.integers(0, 100))
    found = np.random.default_rng(seed).integers(1, 4, shape)
    return (found > 1) if dtype == "bool" else found.astype(dtype)


@st.composite
def reductions(draw, table):
    name = draw(st.sampled_from(sorted(table)))
    dtypes, both = table[name]
    shape = draw(st.lists(st.integers(1, 3), max_size=3))
    array = numbers(draw, draw(st.sampled_from(dtypes)), shape)
    rank = len(shape)
    axes = st.none()
    if rank:
        one = st.integers(-rank, rank - 1)
        axes = st.none() | one | st.lists(one, max_size=2, unique_by=lambda n: n % rank)
    keywords = {}
    for names, value in (
        (("axis", "reduction_indices"), draw(axes)),
        (("keepdims", "keep_dims"), draw(st.sampled_from([None, True, False]))),
    ):
        if value is not None:
            keywords[draw(st.sampled_from(names)) if both else names[0]] = value
    return name, array, keywords


@settings(max_examples=30)
@given(reductions(REDUCTIONS))
def test_a_reduction_gives_what_tensorflow_gives(drawn):
    name, array, keywords = drawn

    def call(module, x):
        return named(module, name)(x, **keywords)

    assert_alike(call, lambda x: call(ours, x), [array])


NORMS = [
    {"ord": order, "axis": axis, **keep}
    for order in ("euclidean", 1, 2, 2.5, np.inf)
    for axis, keep in ((None, {}), (-1, {"keepdims": True}), (0, {"keep_dims": True}))
]
NORMS += [
    {"ord": order, "axis": axis, **keep}
    for order in ("euclidean", "fro", 1, 2, np.inf)
    for axis, keep in (((0, 1), {}), ([-1, 0], {"keepdims": True}))
]


@pytest.mark.parametrize("keywords", NORMS, ids=str)
def test_a_norm_is_tensorflows(keywords):
    array = np.random.default_rng(0).normal(size=(2, 3, 2)).astype("float32")
    # TensorFlow does not know the shape of the gradient of singular values whose axes were moved.
    singular = keywords["ord"] == 2 and isinstance(keywords["axis"], tuple | list)
    assert_alike(
        lambda tf, x: tf.norm(x, **keywords),
        lambda x: ours.norm(x, **keywords),
        [array],
        gradients=not singular,
    )


@pytest.mark.parametrize("order", ["euclidean", 1, 3, np.inf])
@pytest.mark.parametrize("axis", [None, 1])
def test_vectors_are_normalized_as_tensorflow_does(order, axis):
    array = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    assert_alike(
        lambda tf, x: tf.linalg.normalize(x, order, axis),
        lambda x: ours.linalg.normalize(x, order, axis),
        [array],
    )


@st.composite
def places(draw):
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    array = numbers(draw, draw(st.sampled_from((*NUMBERS, "bool"))), shape)
    name = draw(st.sampled_from(["argmax", "argmin"]))
    keywords = {
        draw(st.sampled_from(["axis", "dimension"])): draw(st.integers(-len(shape), len(shape) - 1))
    }
    if draw(st.booleans()):
        keywords["output_type"] = draw(st.sampled_from(["int32", "int64"]))
    return name, array, keywords


@settings(max_examples=15)
@given(places())
def test_the_first_of_equal_numbers_is_meant(drawn):
    name, array, keywords = drawn
    expected = evaluate(lambda tf: getattr(tf, name)(array, **keywords))
    assert_close(getattr(ours, name)(torch.tensor(array), **keywords), expected)


@settings(max_examples=20)
@given(st.data())
def test_a_running_sum_is_tensorflows(data):
    name = data.draw(st.sampled_from(["cumsum", "cumprod", "math.cumulative_logsumexp"]))
    dtypes = FLOATS if "log" in name else NUMBERS
    shape = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    array = numbers(data.draw, data.draw(st.sampled_from(dtypes)), shape)
    keywords = {
        "axis": data.draw(st.integers(-len(shape), len(shape) - 1)),
        "exclusive": data.draw(st.booleans()),
        "reverse": data.draw(st.booleans()),
    }

    def call(module, x):
        return named(module, name)(x, **keywords)

    # TensorFlow gives NaN as the gradient of what is -inf.
    gradients = "log" not in name or not keywords["exclusive"]
    assert_alike(call, lambda x: call(ours, x), [array], gradients=gradients)


ARRAY = np.array([[1, 2.5], [-3, 0]], "float32")
WHOLE = np.array([[100, 100], [-3, 0]], "int8")

OF_VALUES = [
    lambda tf: tf.reduce_sum(WHOLE, 1),
    lambda tf: tf.reduce_prod(WHOLE, 1),
    lambda tf: tf.reduce_sum(np.array([2**31 - 1, 1], "int32")),
    lambda tf: tf.cumsum(WHOLE, 1),
    lambda tf: tf.reduce_max(np.zeros([0, 2], "float32"), 0),
    lambda tf: tf.reduce_max(np.zeros([0, 2], "int32"), 0),
    lambda tf: tf.reduce_min(np.zeros([2, 0], "uint8"), 1, keepdims=True),
    lambda tf: tf.reduce_min(np.zeros([0, 2], "float64"), 0),
    lambda tf: tf.reduce_prod(np.zeros([0, 2], "int32"), 0),
    lambda tf: tf.reduce_prod(np.zeros([0, 2], "float32"), [0, 1]),
    lambda tf: tf.reduce_logsumexp(np.zeros([0, 2], "float32"), 0),
    lambda tf: tf.reduce_logsumexp(np.full(2, -np.inf, "float32")),
    lambda tf: tf.reduce_logsumexp(np.array([np.inf, -np.inf])),
    lambda tf: tf.reduce_max(np.array([1, np.nan, 2])),
    lambda tf: tf.reduce_sum(ARRAY * 1j),
    lambda tf: tf.reduce_any(ARRAY, 1),
    lambda tf: tf.reduce_all([True, False]),
    lambda tf: tf.reduce_max(5),
    lambda tf: tf.reduce_sum([1, 2]),
    lambda tf: tf.reduce_sum([[1, 2], [3, 4]], 1),
    lambda tf: tf.reduce_max([1, 5, 2], 0),
    lambda tf: tf.reduce_min([1, 5, 2], keepdims=True),
    lambda tf: tf.math.reduce_variance(np.array([1, 2 + 1j])),
    lambda tf: tf.math.reduce_std(np.array([1, 2 + 1j])),
    lambda tf: tf.math.reduce_euclidean_norm(np.array([3, 5], "int32")),
    lambda tf: tf.math.reduce_euclidean_norm(np.array([3, 5j])),
    lambda tf: tf.norm(np.array([3 + 4j])),
    lambda tf: tf.norm(np.array([3, 4]), 1),
    lambda tf: tf.count_nonzero(np.array([1j, 0])),
    lambda tf: tf.count_nonzero([1, 0, 2], dtype="int32"),
    lambda tf: tf.count_nonzero(input=[True, False]),
    lambda tf: tf.argmax(np.zeros([2, 0], "float32"), 0),
    lambda tf: tf.argmax([[1.0, 2.0]], True),
    lambda tf: tf.arg_min([[1.0, 2.0]], dimension=1, output_type="int32"),
    lambda tf: tf.reduce_sum(ARRAY, tf.constant([0, 1])),
]


@pytest.mark.parametrize("call", OF_VALUES, ids=range(len(OF_VALUES)))
def test_numbers_and_dtypes_are_tensorflows(call):
    found = call(ours)
    assert_close(ours.convert_to_tensor(found), evaluate(call))


REFUSED = [
    lambda tf: tf.reduce_all([1]),
    lambda tf: tf.reduce_any(tf.constant([1.0])),
    lambda tf: tf.math.reduce_std([1, 2]),
    lambda tf: tf.reduce_sum([3.0], 5),
    lambda tf: tf.reduce_sum([3, 1], 5),
    lambda tf: tf.reduce_all([True], -2),
    lambda tf: tf.reduce_max([3.0], 1.5),
    lambda tf: tf.reduce_max([3.0], axis=0, reduction_indices=0),
    lambda tf: tf.reduce_max([3.0], keepdims=True, keep_dims=False),
    lambda tf: tf.count_nonzero([1, 2], 5),
    lambda tf: tf.count_nonzero(input_tensor=[1], input=[1]),
    lambda tf: tf.argmax([[1.0]], 1, dimension=1),
    lambda tf: tf.argmax([1.0], 1.5),
    lambda tf: tf.argmax([1.0], [0]),
    lambda tf: tf.norm([3.0], ord="fro"),
    lambda tf: tf.norm([3.0], ord=-1),
    lambda tf: tf.norm([[3.0]], ord=3, axis=[0, 1]),
    lambda tf: tf.norm([[3.0]], axis=(1, 1)),
    lambda tf: tf.norm([[3.0]], axis=[1]),
    lambda tf: tf.norm([[3.0]], axis=5),
    lambda tf: tf.cumsum([1.0], axis=0.5),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


OF_DTYPES = [
    lambda tf: tf.reduce_sum([True]),
    lambda tf: tf.reduce_max([True]),
    lambda tf: tf.reduce_min(np.array([1j])),
    lambda tf: tf.reduce_prod([True]),
    lambda tf: tf.reduce_logsumexp([1, 2]),
    lambda tf: tf.argmin(np.array([1j])),
    lambda tf: tf.cumsum([True]),
    lambda tf: tf.math.cumulative_logsumexp([1]),
    lambda tf: tf.norm([3, 4]),
    lambda tf: tf.argmax([1.0], output_type=tf.float32),
    lambda tf: tf.argmin([1.0], output_type=tf.int16),
]


@pytest.mark.parametrize("call", OF_DTYPES, ids=range(len(OF_DTYPES)))
def test_dtypes_that_tensorflow_refuses_are_refused(call):
    assert_dtype_refused_alike(call, ours)


# TensorFlow says so only when its graph runs.
AT_RUN = [
    (lambda tf: tf.argmax([1.0], 3), "Expected dimension in the range"),
    (lambda tf: tf.argmin(5.0), "Expected dimension in the range"),
    (lambda tf: tf.argmax(np.zeros([0, 3]), 0), "Reduction axis 0 is empty"),
    (lambda tf: tf.cumsum([1.0], 1), "Expected scan axis in the range"),
    (lambda tf: tf.cumprod([1.0], [0]), "axis must be a scalar"),
    (lambda tf: tf.reduce_sum([1.0, 2.0], [0, 0]), "Axes contains duplicate dimension"),
]


@pytest.mark.parametrize(("call", "sentence"), AT_RUN, ids=range(len(AT_RUN)))
def test_what_tensorflow_refuses_when_it_runs_is_refused(call, sentence):
    with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
        evaluate(call)
    with pytest.raises(ValueError, match=sentence):
        call(ours)


def test_sizes_are_reduced_to_integers():
    sizes = ours.shape(torch.ones(2, 3, 4))
    assert type(ours.reduce_prod(sizes[1:])) is int
    assert ours.reduce_prod(sizes[1:]) == 12
    assert ours.reduce_sum([2, 3], axis=0) == 5
    assert (ours.reduce_max(sizes), ours.reduce_min(sizes)) == (4, 2)
    assert ours.reduce_sum(sizes, keepdims=True).tolist() == [9]


def test_zeros_in_a_product_have_gradients():
    for array, axis in (([[0, 2, 3]], 1), ([[0, 2], [3, 0]], [0, 1]), ([[0, 2], [3, 4]], None)):
        assert_alike(
            lambda tf, x, axis=axis: tf.reduce_prod(x, axis),
            lambda x, axis=axis: ours.reduce_prod(x, axis),
            [np.array(array, "float32")],
        )
