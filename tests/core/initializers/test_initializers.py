"""Initializers by their numbers, against TensorFlow's."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope._core.values.partitioners import PartitionInfo
from torchscope.initializers import compute_fans
from torchscope.tf1.contrib import framework

KERNELS = ["delta_orthogonal", "orthogonal_1d", "orthogonal_2d", "orthogonal_3d"]
DRAWS = [1000, 100, 10]
PIECE = PartitionInfo([4000, 100, 10], [1000, 0, 0])

RANDOM = {
    "random_normal": {"mean": 0.5, "stddev": 2.0},
    "truncated_normal": {"mean": 0.5, "stddev": 2.0},
    "random_uniform": {"minval": -1.0, "maxval": 3.0},
    "glorot_normal": {},
    "glorot_uniform": {},
    "he_normal": {},
    "he_uniform": {},
    "lecun_normal": {},
    "lecun_uniform": {},
    "uniform_unit_scaling": {"factor": 1.5},
}
SCALING = [
    {"scale": 2.0, "mode": mode, "distribution": distribution}
    for mode in ("fan_in", "fan_out", "fan_avg")
    for distribution in ("normal", "truncated_normal", "untruncated_normal", "uniform")
]
CASES = [*RANDOM.items(), *(("variance_scaling", arguments) for arguments in SCALING)]
# The largest distance between two samples of a million each; p = 0.001 lies at 0.00276. TensorFlow
# draws half precisions on a coarse grid (bfloat16 uniform: 128 values), where ours are rounded.
LIMITS = {"float32": 0.00276, "float64": 0.00276, "float16": 0.006, "bfloat16": 0.012}


def theirs(name, arguments, shape, dtype, **more):
    """A million draws of TensorFlow's, as float64."""
    make = getattr(tf.initializers, name)

    def build(tf):
        tf.set_random_seed(1)
        return tf.cast(make(**arguments)(shape, dtype=getattr(tf, dtype), **more), tf.float64)

    return evaluate(build).ravel()


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_draws_are_distributed_as_tensorflows(name, arguments, dtype):
    draw = getattr(ts.initializers, name)(**arguments, seed=7)(DRAWS, getattr(torch, dtype))
    assert draw.dtype == getattr(torch, dtype)
    expected = theirs(name, {**arguments, "seed": 3}, DRAWS, dtype)
    found = stats.ks_2samp(draw.double().flatten().numpy(), expected, method="asymp")
    assert found.statistic < LIMITS[dtype], found


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_are_drawn_evenly(dtype):
    draw = ts.initializers.random_uniform(-3, 4, seed=7)([10**6], getattr(torch, dtype))
    expected = theirs("random_uniform", {"minval": -3, "maxval": 4, "seed": 3}, [10**6], dtype)
    assert draw.unique().tolist() == sorted(set(expected)) == list(range(-3, 4))
    counts = [np.bincount(values.astype(int) + 3) for values in (draw.numpy(), expected)]
    assert stats.chi2_contingency(counts).pvalue > 1e-3


@pytest.mark.parametrize("name", ["variance_scaling", "uniform_unit_scaling"])
def test_a_piece_is_scaled_by_the_whole(name):
    draw = getattr(ts.initializers, name)(seed=7)(DRAWS, partition_info=PIECE)
    expected = theirs(name, {"seed": 3}, DRAWS, "float32", partition_info=PIECE)
    assert stats.ks_2samp(draw.flatten().numpy(), expected).statistic < 0.003


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_truncation_is_at_two_standard_deviations(dtype):
    draw = ts.initializers.truncated_normal(1.0, 0.5, seed=1)([10**6], getattr(torch, dtype))
    assert 0.0 <= draw.min().item() < 0.001
    assert 1.999 < draw.max().item() <= 2.0


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
def test_truncated_draws_are_widened_to_keep_their_variance(mode):
    draw = ts.initializers.variance_scaling(2.0, mode, seed=1)([1000, 500])
    fan = {"fan_in": 1000, "fan_out": 500, "fan_avg": 750}[mode]
    assert math.isclose(draw.std().item(), math.sqrt(2.0 / fan), rel_tol=0.01)


@pytest.mark.parametrize("shape", [[], [7], [3, 4], [2, 3, 4], [5, 5, 3, 8], [2, 3, 4, 5, 6]])
def test_fans(shape):
    from tensorflow.python.ops import init_ops  # noqa: PLC0415

    assert compute_fans(shape) == tuple(init_ops._compute_fans(shape))


DETERMINED = [
    ("zeros", {}, [2, 3]),
    ("ones", {}, []),
    ("constant", {"value": 2.5}, [2, 2]),
    ("constant", {"value": [1, 2, 3]}, [2, 3]),
    ("constant", {"value": [1, 2, 3, 4, 5, 6]}, [2, 3]),
    ("constant", {"value": [[1.0, 2.0], [3.0, 4.0]]}, [4]),
    ("constant", {"value": np.arange(6.0).reshape(2, 3)}, [3, 2]),
    ("constant", {"value": [1, 2], "verify_shape": True}, [2]),
    ("identity", {"gain": 2.0}, [3, 3]),
    ("identity", {}, [2, 4]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize(("name", "arguments", "shape"), DETERMINED)
def test_what_is_determined_is_equal(name, arguments, shape, dtype):
    draw = getattr(ts.initializers, name)(**arguments)(shape, getattr(torch, dtype))
    make = getattr(tf.initializers, name)
    expected = evaluate(lambda tf: make(**arguments)(shape, dtype=getattr(tf, dtype)))
    np.testing.assert_array_equal(draw.numpy(), expected)
    assert draw.numpy().dtype == expected.dtype


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
@pytest.mark.parametrize("name", ["zeros", "ones", "constant"])
def test_integers_are_equal(name, dtype):
    draw = getattr(ts.initializers, name)()([2], getattr(torch, dtype))
    expected = evaluate(lambda tf: getattr(tf.initializers, name)()([2], getattr(tf, dtype)))
    np.testing.assert_array_equal(draw.numpy(), expected)


def test_a_piece_of_the_identity():
    piece = PartitionInfo([4, 3], [2, 0])
    draw = ts.initializers.identity(3.0)([2, 3], partition_info=piece)
    expected = evaluate(lambda tf: tf.initializers.identity(3.0)([2, 3], partition_info=piece))
    np.testing.assert_array_equal(draw.numpy(), expected)


@pytest.mark.parametrize("shape", [[4, 4], [6, 3], [3, 6], [2, 3, 4], [2, 2, 2, 5]])
def test_orthogonal_matrices_are_orthogonal(shape):
    draw = ts.initializers.orthogonal(2.0, seed=1)(shape, torch.float64).reshape(-1, shape[-1])
    small = draw.T @ draw if draw.shape[0] >= draw.shape[1] else draw @ draw.T
    torch.testing.assert_close(small, 4.0 * torch.eye(len(small), dtype=torch.float64))
    make = tf.initializers.orthogonal(2.0, seed=1)
    expected = evaluate(lambda tf: make(shape, tf.float64)).reshape(-1, shape[-1])
    assert expected.shape == tuple(draw.shape)


CONVOLUTIONS = [
    ("convolutional_delta_orthogonal", [3, 4, 5, 2, 4]),
    ("convolutional_delta_orthogonal", [4, 3, 3]),
    ("convolutional_orthogonal_1d", [1, 2, 5]),
    ("convolutional_orthogonal_1d", [4, 3, 6]),
    ("convolutional_orthogonal_2d", [3, 3, 4, 4]),
    ("convolutional_orthogonal_2d", [2, 2, 3, 5]),
    ("convolutional_orthogonal_3d", [3, 3, 3, 2, 3]),
    ("convolutional_orthogonal_3d", [1, 1, 1, 2, 4]),
]


def convolved_on_a_circle(x, kernel):
    """What a convolution gives of [..., channels] where each axis goes on where it began."""
    axes = tuple(range(x.ndim - 1))
    result = x.new_zeros([*x.shape[:-1], kernel.shape[-1]])
    for place in np.ndindex(*kernel.shape[:-2]):
        result += x.roll(place, axes) @ kernel[place]
    return result


@pytest.mark.parametrize(("name", "shape"), CONVOLUTIONS)
def test_orthogonal_convolutions_keep_norms(name, shape):
    ours = getattr(framework, name)(3.0, seed=1)(shape, torch.float64)
    from tensorflow.python.ops import init_ops  # noqa: PLC0415

    theirs = getattr(init_ops, name)(3.0, seed=1, dtype=tf.float64)
    theirs = torch.from_numpy(evaluate(lambda tf: theirs(shape, tf.float64)))
    assert ours.shape == theirs.shape
    x = torch.randn([5] * (len(shape) - 2) + [shape[-2]], dtype=torch.float64)
    for kernel in (ours, theirs):
        torch.testing.assert_close(convolved_on_a_circle(x, kernel).norm(), 3 * x.norm())
    if "delta" in name:
        assert torch.equal(ours != 0, theirs != 0)
    else:
        # A projection may be nothing, or all; it is not for each seed.
        draws = [getattr(framework, name)(seed=seed)(shape) for seed in range(9)]
        assert (sum(draw.square().sum((-1, -2)) for draw in draws) > 1e-3).all()


SEEDED_CONVOLUTIONS = [(name, shape) for name, shape in CONVOLUTIONS if shape[0] > 1]


@pytest.mark.parametrize(("name", "shape"), SEEDED_CONVOLUTIONS)
def test_a_seed_gives_the_same_convolution(name, shape):
    make = getattr(ts.initializers, name)
    first = make(seed=5)(shape)
    before = torch.get_rng_state()
    again = make(seed=5)
    assert torch.equal(again(shape), first) and torch.equal(again(shape), first)
    assert torch.equal(make(seed=torch.Generator().manual_seed(5))(shape), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(make(seed=6)(shape), first)
    assert not torch.equal(make()(shape), make()(shape))
    assert make()(shape, torch.bfloat16).dtype == torch.bfloat16
    with torch.device("meta"):
        assert list(make(seed=5)(shape).shape) == shape


SEEDED = ["random_normal", "truncated_normal", "random_uniform", "glorot_uniform", "orthogonal"]


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_gives_the_same_draw_whatever_was_drawn_before(name):
    make = getattr(ts.initializers, name)
    first = make(seed=5)([3, 4])
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert torch.equal(make(seed=5)([3, 4]), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(make(seed=6)([3, 4]), first)
    assert not torch.equal(make()([3, 4]), make()([3, 4]))


@pytest.mark.parametrize("name", SEEDED)
def test_a_generator_is_drawn_from(name):
    generator = torch.Generator().manual_seed(5)
    make = getattr(ts.initializers, name)(seed=generator)
    first, second = make([3, 4]), make([3, 4])
    assert not torch.equal(first, second)
    assert torch.equal(getattr(ts.initializers, name)(seed=5)([3, 4]), first)


@pytest.mark.parametrize("seed", [None, 5])
def test_draws_are_made_for_the_default_device(seed):
    with torch.device("meta"):
        assert ts.initializers.random_normal(seed=seed)([2]).device.type == "meta"


@pytest.mark.parametrize("shape", [[], [0, 3]])
def test_scalars_and_empty_shapes(shape):
    for name, arguments in RANDOM.items():
        assert list(getattr(ts.initializers, name)(**arguments)(shape).shape) == shape


def test_both_spellings_are_one():
    for name in ("zeros", "ones", "constant", "random_normal", "glorot_uniform", "orthogonal"):
        assert getattr(ts, f"{name}_initializer") is getattr(ts.initializers, name)
    assert repr(ts.initializers.random_normal(seed=1)).startswith(
        "RandomNormal(mean=0.0, stddev=1.0"
    )


def asked_of(tf, name, arguments, shape, dtype):
    from tensorflow.python.ops import init_ops  # noqa: PLC0415

    make = getattr(init_ops if name.startswith("conv") else tf.initializers, name)
    return lambda: make(**arguments)(shape, dtype=dtype and getattr(tf, dtype))


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "dtype"),
    [
        *[(name, {}, [4, 4], "int32") for name in ("random_normal", "truncated_normal")],
        *[(name, {}, [4, 4], "complex64") for name in ("random_normal", "orthogonal")],
        ("random_uniform", {}, [2], "int32"),
        ("random_uniform", {}, [2], "int64"),
        ("identity", {}, [2, 2], "int32"),
        ("variance_scaling", {"scale": 0.0}, [2], None),
        ("variance_scaling", {"scale": -1.0}, [2], None),
        ("variance_scaling", {"mode": "fan"}, [2], None),
        ("variance_scaling", {"distribution": "cauchy"}, [2], None),
        ("orthogonal", {}, [3], None),
        ("orthogonal", {}, [], None),
        ("identity", {}, [2, 2, 2], None),
        *[(f"convolutional_{kind}", {}, [3, 4], None) for kind in KERNELS],
        ("convolutional_delta_orthogonal", {}, [3] * 6, None),
        ("convolutional_delta_orthogonal", {}, [3, 4, 3], None),
        ("convolutional_delta_orthogonal", {}, [3, 4, 4], "int32"),
        ("convolutional_delta_orthogonal", {"dtype": "int32"}, [3, 4, 4], None),
        ("convolutional_orthogonal_1d", {}, [3, 4, 3], None),
        ("convolutional_orthogonal_2d", {}, [3, 2, 3, 4], None),
        ("convolutional_orthogonal_3d", {}, [3, 3, 2, 3, 4], None),
        ("constant", {"value": [1, 2, 3]}, [2], None),
        ("constant", {"value": [1, 2, 3], "verify_shape": True}, [2, 3], None),
    ],
)
def test_what_tensorflow_refuses_is_refused_alike(name, arguments, shape, dtype):
    ours = getattr(ts.initializers, name)
    assert_refused_alike(
        asked_of(tf, name, arguments, shape, dtype),
        lambda: ours(**arguments)(shape, dtype=dtype and getattr(torch, dtype)),
    )


def test_a_constant_must_be_a_number():
    with pytest.raises(TypeError, match=r"Invalid type for initial value=.* of type: object"):
        ts.initializers.constant(object())
    with pytest.raises(TypeError, match="Expected bool, but got 0 of type 'int'"):
        ts.initializers.constant()([2], torch.bool)
    with pytest.raises(ValueError, match="invalid value <dtype: 'bool'>"):
        ts.initializers.random_uniform()([2], torch.bool)


def test_initializers_of_one_kind_and_settings_are_equal():
    make = ts.initializers.RandomNormal
    assert make(0.0, 0.1) == make(0.0, 0.1)
    assert hash(make(0.0, 0.1)) == hash(make(0.0, 0.1))
    assert make(0.0, 0.1) != make(0.0, 0.2)
    assert make(0.0, 0.1) != ts.initializers.TruncatedNormal(0.0, 0.1)
    assert ts.initializers.Constant([1, 2]) == ts.initializers.Constant([1, 2])


@pytest.mark.parametrize("value", [torch.ones(2), np.ones(2)])
def test_initializers_of_arrays_are_told_apart_as_objects(value):
    one = ts.initializers.Constant(value)
    assert one == ts.initializers.Constant(value)
    assert one != ts.initializers.Constant(value + 0)
    assert one != ts.initializers.Constant(value[:1])
