"""Pooling with places, dilation and erosion, statistics and transposes over one axis: TensorFlow's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.comparing import assert_alike
from tests.tensorflow1 import assert_refused_alike, tf

PADDINGS = st.sampled_from(["SAME", "VALID"])
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def both(call):
    """`call` with TensorFlow's tf.nn, and with ours."""
    return lambda tf, *tensors: call(tf.nn, *tensors), lambda *tensors: call(ts.nn, *tensors)


@settings(max_examples=30)
@given(
    st.integers(0, 99), PAIRS, PAIRS, PADDINGS, st.booleans(), st.sampled_from(["int32", "int64"])
)
def test_places_of_maxima_are_those_of_tensorflow(seed, window, strides, padding, batch, dtype):
    def pooled(nn, x):
        api = tf if nn is tf.nn else torch
        return nn.max_pool_with_argmax(
            x,
            [1, *window, 1],
            [1, *strides, 1],
            padding,
            output_dtype=getattr(api, dtype),
            include_batch_in_index=batch,
        )

    # A session gives the gradient of the numbers alone.
    x = numbers(seed, 2, 5, 4, 3)
    theirs, mine = both(pooled)
    assert_alike(theirs, mine, [x], gradients=False)
    # It has a kernel for the gradient of places in int64.
    how = {"gradients": dtype == "int64"}
    assert_alike(lambda tf, x: theirs(tf, x)[0], lambda x: mine(x)[0], [x], **how)


@settings(max_examples=30)
@given(
    st.integers(0, 99), PAIRS, PAIRS, PAIRS, PADDINGS, st.sampled_from(["dilation2d", "erosion2d"])
)
def test_dilations_are_those_of_tensorflow(seed, window, strides, rates, padding, name):
    def dilated(nn, x, kernel):
        return getattr(nn, name)(x, kernel, [1, *strides, 1], [1, *rates, 1], padding)

    reach = [(size - 1) * rate + 1 for size, rate in zip(window, rates, strict=True)]
    shape = [max(size, least) for size, least in zip((5, 4), reach, strict=True)]
    assert_alike(*both(dilated), [numbers(seed, 2, *shape, 3), numbers(seed + 1, *window, 3)])


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(1, 3), st.integers(1, 3), PADDINGS, st.booleans())
def test_transposes_over_one_axis_are_those_of_tensorflow(seed, window, stride, padding, general):
    length = 4 * stride if padding == "SAME" else 3 * stride + window

    def transposed(nn, x, kernel):
        function = nn.conv_transpose if general else nn.conv1d_transpose
        return function(x, kernel, [2, length, 3], stride, padding)

    assert_alike(*both(transposed), [numbers(seed, 2, 4, 5), numbers(seed, window, 3, 5)])


@pytest.mark.parametrize("spatial", [2, 3])
def test_transposes_over_more_axes_are_those_of_tensorflow(spatial):
    def transposed(nn, x, kernel):
        return nn.conv_transpose(x, kernel, [1, *[4] * spatial, 3], 2)

    arrays = [numbers(1, 1, *[2] * spatial, 5), numbers(2, *[3] * spatial, 3, 5)]
    assert_alike(*both(transposed), arrays)


def test_channels_may_be_second_over_one_axis():
    x, kernel = torch.tensor(numbers(0, 2, 4, 5)), torch.tensor(numbers(1, 3, 3, 5))
    expected = ts.nn.conv1d_transpose(x, kernel, [2, 8, 3], 2)
    mine = ts.nn.conv1d_transpose(x.movedim(2, 1), kernel, [2, 3, 8], 2, data_format="NCW")
    torch.testing.assert_close(mine.movedim(1, 2), expected)


@settings(max_examples=25)
@given(
    st.integers(0, 99),
    st.lists(st.integers(-3, 2), max_size=3, unique_by=lambda axis: axis % 3),
    st.booleans(),
    st.booleans(),
)
def test_sums_and_their_moments_are_those_of_tensorflow(seed, axes, keep, shifted):
    def statistics(nn, x, shift):
        count, *sums, moved = nn.sufficient_statistics(x, axes, shift if shifted else None, keep)
        assert (moved is None) is not shifted
        given = moved if keep or not shifted else None
        return [count, *sums, *nn.normalize_moments(count, *sums, given)]

    arrays = [numbers(seed, 2, 3, 4), numbers(seed + 1, 1, 1, 1)]
    assert_alike(*both(statistics), arrays, tolerance=1e-4)


def test_integers_are_summed_as_they_are():
    x = np.arange(6, dtype="int32").reshape(2, 3)
    assert_alike(*both(lambda nn, x: nn.sufficient_statistics(x, [0])[:3]), [x])


X = np.zeros((1, 3, 3, 2), "float32")
REFUSED = {
    "a format": lambda nn: nn.max_pool_with_argmax(X, [1] * 4, [1] * 4, "SAME", "NCHW"),
    "a format of one axis": lambda nn: nn.conv1d_transpose(X[0], X[0], [1], 1, "SAME", "NHWC"),
    "a rank": lambda nn: nn.conv_transpose(X[0], X[0], [1, 2], 1),
    "channels": lambda nn: nn.dilation2d(X, X[0, :, :, :1], [1] * 4, [1] * 4, "SAME"),
    "a padding": lambda nn: nn.dilation2d(X, X[0], [1] * 4, [1] * 4, "CAUSAL"),
    "places of floats": lambda nn: nn.max_pool_with_argmax(
        X, [1] * 4, [1] * 4, "SAME", Targmax=tf.float32 if nn is tf.nn else torch.float32
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_as_tensorflow_refuses_it(case):
    assert_refused_alike(lambda: REFUSED[case](tf.nn), lambda: REFUSED[case](ts.nn))
