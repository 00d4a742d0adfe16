"""What draws numbers: their distributions by moments and ranges, seeds, and bad input."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

MANY = 20000
SEEDS = [None, 7, "generator"]
# The standard deviation of a standard normal cut at two standard deviations.
OF_CUT = 0.8796

NORMAL = [
    (lambda **k: ours.random_normal([MANY], 3.0, 2.0, **k), 3.0, 2.0),
    (lambda **k: ours.random_normal([MANY], torch.tensor(3.0), 2.0, **k), 3.0, 2.0),
    (lambda **k: ours.truncated_normal([MANY], 3.0, 2.0, **k), 3.0, 2.0 * OF_CUT),
    (lambda **k: ours.random_uniform([MANY], -1.0, 5.0, **k), 2.0, 6.0 / math.sqrt(12)),
    (lambda **k: ours.random_uniform([MANY], 5.0, torch.tensor(-1.0), **k), 2.0, 6 / math.sqrt(12)),
    (lambda **k: ours.random_gamma([MANY], 4.0, 2.0, **k), 2.0, 1.0),
    (lambda **k: ours.random_poisson(4.0, [MANY], **k), 4.0, 2.0),
]
WHOLE = [
    (lambda **k: ours.random_uniform([MANY], 2, 12, torch.int32, **k), 6.5, math.sqrt(99 / 12)),
    (
        lambda **k: ours.random_uniform([MANY], torch.tensor(2), torch.tensor(12), "int64", **k),
        6.5,
        math.sqrt(99 / 12),
    ),
    (lambda **k: ours.multinomial([[0.0, math.log(3.0)]], MANY, **k), 0.75, math.sqrt(0.1875)),
    (lambda **k: ours.random_poisson([4.0], [MANY], torch.int32, **k), 4.0, 2.0),
]


def generator(seed):
    return torch.Generator().manual_seed(3) if seed == "generator" else seed


def check_moments(draw, mean, deviation):
    """Within five standard deviations of what they must be."""
    draw = draw.double().flatten()
    assert abs(draw.mean().item() - mean) < 5 * deviation / math.sqrt(len(draw))
    assert abs(draw.std().item() / deviation - 1) < 0.06


@pytest.mark.parametrize("seed", SEEDS, ids=str)
@pytest.mark.parametrize(("draw", "mean", "deviation"), NORMAL + WHOLE)
def test_a_draw_is_of_its_distribution(draw, mean, deviation, seed):
    torch.manual_seed(0)
    check_moments(draw(seed=generator(seed)), mean, deviation)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize(("draw", "mean", "deviation"), NORMAL)
def test_in_each_dtype(draw, mean, deviation, dtype):
    torch.manual_seed(0)
    try:
        found = draw(dtype=dtype)
    except (TypeError, ValueError):
        # A mean that is a tensor is of its dtype; TensorFlow has no Poisson draw of bfloat16.
        assert draw in (NORMAL[1][0], NORMAL[4][0], NORMAL[6][0])
        return
    assert found.dtype == getattr(torch, dtype)
    check_moments(found, mean, deviation)


@pytest.mark.parametrize("draw", [each[0] for each in NORMAL + WHOLE])
def test_a_seed_gives_the_same_draw(draw):
    assert torch.equal(draw(seed=5), draw(seed=5))
    assert not torch.equal(draw(seed=5), draw(seed=6))
    assert not torch.equal(draw(), draw())
    ours.set_random_seed(1)
    first = draw()
    ours.set_random_seed(1)
    assert torch.equal(first, draw())
    ours.set_random_seed(None)
    assert not torch.equal(first, draw())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("seed", [None, 1])
def test_no_draw_reaches_the_end(dtype, seed):
    draw = ours.random_uniform([MANY], 2.0, 3.0, dtype, seed)
    assert draw.min() >= 2
    assert draw.max() < 3
    whole = ours.random_uniform([MANY], -2, 3, "int32", seed)
    assert whole.unique().tolist() == [-2, -1, 0, 1, 2]
    assert ours.truncated_normal([MANY], 0.0, 1.0, dtype, seed).abs().max() <= 2


STATELESS = [
    (lambda seed: ours.random.stateless_normal([MANY], seed, 3.0, 2.0), 3.0, 2.0),
    (lambda seed: ours.random.stateless_normal([MANY], seed, 3.0, 2.0, "float64"), 3.0, 2.0),
    (lambda seed: ours.random.stateless_truncated_normal([MANY], seed, 3.0), 3.0, OF_CUT),
    (lambda seed: ours.random.stateless_uniform([MANY], seed), 0.5, math.sqrt(1 / 12)),
    (lambda seed: ours.random.stateless_uniform([MANY], seed, 0, 2, "int32"), 0.5, 0.5),
    (lambda seed: ours.random.stateless_categorical([[0.0, 0.0]], MANY, seed), 0.5, 0.5),
    (
        lambda seed: ours.random.stateless_uniform([MANY], seed, None, None, "int32"),
        -0.5,
        2**32 / math.sqrt(12),
    ),
    (
        # Far in a tail, where float32 would have no digits left: nearly an exponential.
        lambda seed: ours.random.stateless_parameterized_truncated_normal(
            [MANY], seed, np.float64(0), 1.0, 6.0, 100.0
        ),
        6.158,
        0.154,
    ),
    (
        lambda seed: ours.random.stateless_parameterized_truncated_normal(
            [MANY], seed, 1.0, 2.0, -3, 5
        ),
        1.0,
        2.0 * OF_CUT,
    ),
]


@pytest.mark.parametrize(("draw", "mean", "deviation"), STATELESS)
def test_a_draw_without_a_state(draw, mean, deviation):
    check_moments(draw([1, 2]), mean, deviation)
    first = draw([1, 2])
    ours.random_normal([3])
    assert torch.equal(first, draw(torch.tensor([1, 2])))
    for other in ([1, 3], [2, 1], [2, 2]):
        assert (draw(other) == first).double().mean() < 0.6


def test_what_seeds_tell_is_independent():
    bits = torch.stack(
        [
            ours.random.stateless_uniform([4096], [one, other])
            for one in range(4)
            for other in range(4)
        ]
    )
    correlations = torch.corrcoef(bits).fill_diagonal_(0)
    assert correlations.abs().max() < 0.08
    assert torch.corrcoef(torch.stack([bits[0][1:], bits[0][:-1]]))[0, 1].abs() < 0.08


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=3), st.integers(0, 2**70), st.booleans())
def test_shapes_and_large_seeds(shape, seed, as_tensor):
    given_ = torch.tensor(shape, dtype=torch.int32) if as_tensor else shape
    for draw in (ours.random_normal, ours.random_uniform, ours.truncated_normal):
        assert list(draw(given_, seed=seed).shape) == shape


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=3), st.data(), st.sampled_from([None, 3]))
def test_a_crop_is_a_part(shape, data, seed):
    sizes = [data.draw(st.integers(0, size)) for size in shape]
    value = torch.arange(math.prod(shape)).reshape(shape)
    crop = ours.random_crop(value, sizes, seed)
    assert list(crop.shape) == sizes
    if crop.numel():
        first = torch.nonzero(value == crop.flatten()[0])[0]
        where = tuple(slice(at, at + size) for at, size in zip(first, sizes, strict=True))
        assert torch.equal(value[where], crop)


def test_a_crop_is_anywhere():
    found = {ours.random_crop(torch.arange(4), [2])[0].item() for _ in range(100)}
    assert found == {0, 1, 2}


@pytest.mark.parametrize("seed", [None, 4, "generator"])
def test_rows_are_shuffled(seed):
    value = torch.arange(60).reshape(30, 2)
    shuffled = ours.random_shuffle(value, generator(seed))
    assert not torch.equal(shuffled, value)
    assert torch.equal(shuffled[shuffled[:, 0].argsort()], value)


def test_gradients_reach_the_parameters():
    low = torch.tensor([0.0, 1.0], requires_grad=True)
    alpha = torch.tensor([2.0, 3.0], requires_grad=True)
    ours.random_uniform([3, 2], low, 5.0).sum().backward()
    ours.random_gamma([3], alpha).sum().backward()
    assert (low.grad > 0).all()
    assert (alpha.grad > 0).all()


def test_a_seeded_draw_is_recorded():
    def build(x):
        shape = ours.shape(x)
        return ours.random_normal(shape, seed=1), ours.random_uniform(shape, 0, 5, "int32", seed=2)

    net = ts.ScopedModule(build)
    compiled = torch.compile(net, fullgraph=True, backend="eager", dynamic=True)
    for size in (3, 4):
        for one, other in zip(compiled(torch.ones(size)), net(torch.ones(size)), strict=True):
            assert torch.equal(one, other)


def test_a_net_draws_anew():
    compiled = torch.compile(
        ts.ScopedModule(lambda: ours.random_uniform([3])), fullgraph=True, backend="eager"
    )
    assert not torch.equal(compiled(), compiled())


def test_sizes_of_distributions_go_together():
    for call in (
        lambda tf: tf.random_gamma([2], 1.0, [[1.0], [2.0]]),
        lambda tf: tf.random_gamma([2, 3], [1.0, 2.0]),
        lambda tf: tf.random_poisson([[1.0]], [3]),
        lambda tf: tf.random_poisson(1.0, []),
        lambda tf: tf.random_uniform([3], [[0.0], [1.0]], 5.0),
        lambda tf: tf.multinomial(np.zeros((0, 2)), 3),
        lambda tf: tf.multinomial([[1.0, 2.0]], 0),
    ):
        assert tuple(call(ours).shape) == evaluate(call).shape


X = np.ones((3, 4), "float32")
REFUSED = [
    lambda tf: tf.random_uniform([2], dtype=tf.int32),
    lambda tf: tf.random_uniform([2], 0.5, 5, tf.int32),
    lambda tf: tf.random_uniform([2], dtype=tf.uint8),
    lambda tf: tf.random_uniform([2], [0, 1], [5, 6], tf.int32),
    lambda tf: tf.random_uniform([2], None, 1),
    lambda tf: tf.random_uniform(None),
    lambda tf: tf.random_uniform(3),
    lambda tf: tf.random_uniform([2.0]),
    lambda tf: tf.random_uniform([2], [0.0, 1.0, 3.0], [5.0, 6.0, 3.0]),
    lambda tf: tf.random_uniform([2], tf.constant(1.0, tf.float64)),
    lambda tf: tf.random_uniform([2], 0, tf.constant(5), tf.int64),
    lambda tf: tf.random_uniform([2], "a"),
    lambda tf: tf.random_uniform([2], dtype=tf.complex64),
    lambda tf: tf.truncated_normal(3),
    lambda tf: tf.truncated_normal([2], dtype=tf.int32),
    lambda tf: tf.truncated_normal([2], [0.0, 1.0, 2.0]),
    lambda tf: tf.truncated_normal([2], stddev=tf.constant(1.0, tf.float64)),
    lambda tf: tf.truncated_normal([2], dtype=tf.complex64),
    lambda tf: tf.random_shuffle(None),
    lambda tf: tf.random_crop(X, [2]),
    lambda tf: tf.random_crop(X, 2),
    lambda tf: tf.random_crop(X, [2.0, 2]),
    lambda tf: tf.random_crop(X, None),
    lambda tf: tf.multinomial([1.0, 2.0], 3),
    lambda tf: tf.multinomial([[1.0, 2.0]], [3]),
    lambda tf: tf.multinomial([[1.0, 2.0]], -1),
    lambda tf: tf.multinomial([[1.0, 2.0]], 3, output_dtype=tf.float32),
    lambda tf: tf.multinomial([[1.0, 2.0]], 3.0),
    lambda tf: tf.multinomial([[1.0, 2.0]], None),
    lambda tf: tf.random_gamma(2, 1.0),
    lambda tf: tf.random_gamma([2], 1.0, dtype=tf.int32),
    lambda tf: tf.random_gamma([2], tf.constant(1.0, tf.float64)),
    lambda tf: tf.random_gamma([], [1.0, 2.0], [1.0, 2.0, 3.0]),
    lambda tf: tf.random_gamma([2], None),
    lambda tf: tf.random_poisson(1.0, 3),
    lambda tf: tf.random_poisson(1.0, [3], tf.uint8),
    lambda tf: tf.random_poisson(None, [3]),
    lambda tf: tf.random.stateless_uniform([2], 1),
    lambda tf: tf.random.stateless_uniform([2], [1, 2, 3]),
    lambda tf: tf.random.stateless_uniform([2], [1.0, 2.0]),
    lambda tf: tf.random.stateless_uniform([2], [1, 2], dtype=tf.int32),
    lambda tf: tf.random.stateless_normal([2], [1, 2], dtype=tf.int32),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_tensorflow_refuses_is_refused_alike(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_what_it_refuses_when_it_runs():
    with pytest.raises(
        TypeError, match="'logits' has DataType int32 not in list of allowed values"
    ):
        ours.multinomial([[1, 2]], 2)
    with pytest.raises(ValueError, match="Need minval < maxval, got 5 >= 5"):
        ours.random_uniform([2], 5, 5, torch.int32)
    with pytest.raises(ValueError, match=r"Need value.shape >= size, got \(3, 4\) and \(4, 2\)"):
        ours.random_crop(X, [4, 2])
    with pytest.raises(ValueError, match=r"Need value.shape >= size, got \(3, 4\) and \(-1, 2\)"):
        ours.random_crop(X, [-1, 2])
