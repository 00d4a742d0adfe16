"""top_k and in_top_k, beside TensorFlow's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import evaluate

# Few different numbers, so that many are equal.
SCORES = st.sampled_from([-1.0, 0.0, 0.5, 2.0, float("nan"), float("inf")])


@settings(max_examples=25)
@given(st.data())
def test_the_largest_numbers_and_their_places_are_tensorflows(data):
    shape = data.draw(st.sampled_from([(5,), (2, 4), (2, 3, 6), (2, 0)]))
    dtype = data.draw(st.sampled_from(["float32", "float64", "int32"]))
    values = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-2, 3, shape)
    k = data.draw(st.integers(0, shape[-1]))
    values = values.astype(dtype)
    expected = evaluate(lambda tf: tuple(tf.nn.top_k(values, k)))
    actual = ts.nn.top_k(torch.tensor(values), k)
    for ours, theirs in zip((actual.values, actual.indices), expected, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)
        assert ours.numpy().dtype == theirs.dtype


@settings(max_examples=40)
@given(st.data())
def test_a_target_is_among_the_likeliest_as_tensorflow_says(data):
    count = data.draw(st.integers(1, 5))
    rows = data.draw(st.lists(st.lists(SCORES, min_size=count, max_size=count), max_size=6))
    scores = np.array(rows, "float32").reshape(len(rows), count)
    targets = np.array(
        [data.draw(st.integers(-1, count)) for _ in rows],
        data.draw(st.sampled_from(["int32", "int64"])),
    )
    k = data.draw(st.integers(0, 6))
    expected = evaluate(lambda tf: tf.nn.in_top_k(scores, targets, k))
    actual = ts.nn.in_top_k(torch.tensor(scores), torch.tensor(targets), k)
    np.testing.assert_array_equal(actual.numpy(), expected)


def test_the_gradient_goes_to_the_largest():
    x = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
    ts.nn.top_k(x, 2).values.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"last dimension >= k = 4 but has shape \(2, 3\)"):
        ts.nn.top_k(torch.ones(2, 3), 4)
    with pytest.raises(ValueError, match="Need k >= 0, got -1"):
        ts.nn.top_k(torch.ones(3), -1)
    with pytest.raises(ValueError, match="must match length of targets 3"):
        ts.nn.in_top_k(torch.ones(2, 3), torch.tensor([0, 1, 2]), 1)
    with pytest.raises(ValueError, match="must be rank 2 but is rank 1"):
        ts.nn.in_top_k(torch.ones(3), torch.tensor([0]), 1)
