"""torchscope.nn.dropout: what it keeps, how it scales, how often, and what it refuses."""

import numpy as np
import pytest
import torch
from comparing import as_array
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

DTYPES = ["float16", "bfloat16", "float32", "float64"]


def scaled(x, keep_prob, noise_shape=None):
    """What TensorFlow makes of each element that it keeps: the largest of many draws."""
    values = as_array(x.float().numpy(), str(x.dtype).removeprefix("torch."))
    noise_shape = None if noise_shape is None else [None, *noise_shape]
    draws = evaluate(
        lambda tf: tf.nn.dropout(tf.constant(np.stack([values] * 64)), keep_prob, noise_shape)
    )
    return torch.tensor(draws.astype("float64").max(0))


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=8)
@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    keep_prob=st.sampled_from([0.5, 0.75, 0.9, 1.0, 1]),
    data=st.data(),
)
def test_what_is_kept_is_what_tensorflow_keeps(dtype, shape, keep_prob, data):
    """Each element is 0 or x / keep_prob, alike wherever the noise has length 1."""
    noise_shape = [data.draw(st.sampled_from([1, None])) for _ in shape]
    noise_shape = data.draw(st.sampled_from([None, noise_shape]))
    x = torch.rand(shape).add(0.5).to(getattr(torch, dtype))
    expected = scaled(x, keep_prob, noise_shape)
    for given_as in ({"keep_prob": keep_prob}, {"rate": 1 - keep_prob}):
        output = ts.nn.dropout(x, noise_shape=noise_shape, **given_as)
        assert (output.dtype, output.shape) == (x.dtype, x.shape)
        kept = output != 0
        tolerance = torch.finfo(x.dtype).eps * 2
        torch.testing.assert_close(output[kept].double(), expected[kept], rtol=tolerance, atol=0.0)
        for axis, size in enumerate(noise_shape or []):
            if size == 1:
                assert torch.equal(kept, kept.narrow(axis, 0, 1).expand_as(kept))


@pytest.mark.parametrize("keep_prob", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["number", "tensor", "noise_shape", "generator"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_it_keeps_as_many_as_it_says(keep_prob, kind, dtype):
    """Six standard deviations either way."""
    dtype = getattr(torch, dtype)
    x, count = torch.ones(200, 200, dtype=dtype), 40_000
    keywords = {}
    if kind == "noise_shape":
        keywords["noise_shape"], count = [None, 1], 200
    if kind == "generator":
        keywords["seed"] = torch.Generator().manual_seed(1)
    given_as = torch.tensor(keep_prob, dtype=dtype) if kind == "tensor" else keep_prob
    share = (ts.nn.dropout(x, given_as, **keywords) != 0).double().mean().item()
    assert abs(share - keep_prob) < 6 * (keep_prob * (1 - keep_prob) / count) ** 0.5 + 0.004


def test_it_drops_in_evaluation_too():
    net = ts.ScopedModule(lambda x: ts.nn.dropout(x, 0.5)).eval()
    assert (net(torch.ones(1000)) == 0).any()


def test_a_keep_prob_of_one_gives_the_very_tensor():
    x = torch.ones(3)
    assert ts.nn.dropout(x, 1.0) is x
    assert torch.equal(ts.nn.dropout(x, torch.tensor(1.0)), x)


def test_gradients_reach_what_was_kept_and_a_keep_prob_that_is_a_tensor():
    x = torch.ones(100, dtype=torch.float64, requires_grad=True)
    keep_prob = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    for probability in (0.5, keep_prob):
        output = ts.nn.dropout(x, probability)
        (gradient,) = torch.autograd.grad(output.sum(), x, retain_graph=True)
        assert torch.equal(gradient, output)
    (gradient,) = torch.autograd.grad(output.sum(), keep_prob)
    # That of x / keep_prob.
    torch.testing.assert_close(gradient, -output.sum() / 0.5)


def test_what_is_dropped_is_zero_even_if_it_was_infinite():
    x = torch.full((100,), torch.inf)
    assert (ts.nn.dropout(x, 0.5, noise_shape=[100]) == 0).any()


def test_a_generator_repeats_its_draws_and_the_global_one_is_left_alone():
    state = torch.get_rng_state()
    draws = [
        ts.nn.dropout(torch.ones(50), 0.5, seed=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert torch.equal(torch.get_rng_state(), state)


def test_a_number_as_seed_does_not_freeze_the_draws_and_manual_seed_repeats_them():
    x = torch.ones(50)
    torch.manual_seed(3)
    first, second = ts.nn.dropout(x, 0.5, seed=1), ts.nn.dropout(x, 0.5, seed=1)
    torch.manual_seed(3)
    assert not torch.equal(first, second)
    assert torch.equal(ts.nn.dropout(x, 0.5, seed=1), first)


def test_it_works_on_the_meta_device_and_on_empty_batches():
    for noise_shape in (None, [None, 1]):
        assert ts.nn.dropout(torch.ones(2, 3, device="meta"), 0.5, noise_shape).shape == (2, 3)
        assert ts.nn.dropout(torch.ones(0, 3), 0.5, noise_shape).shape == (0, 3)


# What is refused


@pytest.mark.parametrize("keep_prob", [0, 0.0, 1.5, -0.5, "a", None, [0.5], 2], ids=repr)
def test_a_keep_prob_outside_of_0_to_1_is_refused_in_tensorflows_words(keep_prob):
    assert_refused_alike(
        lambda: tf.nn.dropout(tf.ones([2, 3]), keep_prob),
        lambda: ts.nn.dropout(torch.ones(2, 3), keep_prob),
    )


@pytest.mark.parametrize("rate", [1, 1.0, -0.5, 1.5, "a", [0.5]], ids=repr)
def test_a_rate_outside_of_0_to_1_is_refused_in_tensorflows_words(rate):
    assert_refused_alike(
        lambda: tf.nn.dropout(tf.ones([2, 3]), rate=rate),
        lambda: ts.nn.dropout(torch.ones(2, 3), rate=rate),
    )


@pytest.mark.parametrize("noise_shape", [[4, 1], [2, 2], [2, 3, 1], [1, 2, 3], [0, 3]], ids=str)
def test_noise_that_does_not_broadcast_is_refused(noise_shape):
    with tf.Graph().as_default(), pytest.raises(ValueError, match="must be equal"):
        tf.nn.dropout(tf.ones([2, 3]), 0.5, noise_shape)
    with pytest.raises(ValueError, match=r"noise_shape .*\(2, 3\)"):
        ts.nn.dropout(torch.ones(2, 3), 0.5, noise_shape)


@pytest.mark.parametrize("noise_shape", [[2.5, 1], "a"], ids=repr)
def test_noise_of_other_things_than_integers_is_a_type_error(noise_shape):
    with (
        tf.Graph().as_default(),
        pytest.raises(TypeError, match="list of allowed values: int32, int64"),
    ):
        tf.nn.dropout(tf.ones([2, 3]), 0.5, noise_shape)
    with pytest.raises(TypeError, match=r"Dimension value must be integer .* got value"):
        ts.nn.dropout(torch.ones(2, 3), 0.5, noise_shape)


def test_other_bad_arguments_are_refused_in_tensorflows_words():
    def both(*arrays, **keywords):
        assert_refused_alike(
            lambda: tf.nn.dropout(*map(tf.constant, arrays), **keywords),
            lambda: ts.nn.dropout(*map(torch.tensor, arrays), **keywords),
        )

    x = np.ones([2, 3], "float32")
    both(x, np.array(0.5, "float32"), rate=0.5)
    both(x.astype("int32"), np.array(0.5, "float32"))
    both(x, np.array([0.5, 0.5], "float32"))
    both(x, np.array(0.5, "float64"))
