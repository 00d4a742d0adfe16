"""torchscope.initializers against TensorFlow's: exact numbers, or the same distribution."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tensorflow1 import assert_refused_alike, evaluate, tf
from tensorflow.python.ops import init_ops

import torchscope as ts

# tf.initializers has a few functions beside its initializers.
NAMES = sorted(
    {name for name in dir(tf.initializers) if not name.startswith("_")}
    - {"variables", "global_variables", "local_variables", "tables_initializer"}
)
# The first two dimensions of a kernel count in both fans, and the last two tell them apart.
MILLION = [100, 2500, 4]


def numbers(tensor):
    """A tensor as a numpy array; numpy has no bfloat16."""
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def plain(array):
    """TensorFlow's array, with bfloat16 as float32."""
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def assert_alike(make, *, equal=True):
    """`make(tf or ts, dtypes)` gives the same tensor, or is refused alike.

    Without `equal` only dtypes and shapes are compared.
    """
    try:
        expected = evaluate(lambda tf: make(tf, tf))
    except (TypeError, ValueError):
        assert_refused_alike(lambda: make(tf, tf), lambda: make(ts, torch))
        return
    actual = make(ts, torch)
    assert str(actual.dtype) == f"torch.{expected.dtype.name}"
    assert tuple(actual.shape) == expected.shape
    if equal:
        np.testing.assert_array_equal(numbers(actual), plain(expected))


# Names


@pytest.mark.parametrize("name", NAMES)
def test_every_initializer_of_tensorflow_is_there_under_both_spellings(name):
    initializer = getattr(ts.initializers, name)
    assert getattr(ts, f"{name}_initializer") is initializer
    assert getattr(ts.initializers, f"{name}_initializer") is initializer


@pytest.mark.parametrize("name", ["zeros", "ones", "constant"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("instance", [True, False])
def test_get_variable_takes_an_initializer_or_its_class(name, dtype, instance):
    def make(framework, dtypes):
        initializer = getattr(framework.initializers, name)
        return framework.get_variable(
            "v", [2, 3], getattr(dtypes, dtype), initializer() if instance else initializer
        )

    expected = evaluate(lambda tf: make(tf, tf))
    actual = make(ts, torch).detach()
    assert actual.numpy().dtype == expected.dtype
    np.testing.assert_array_equal(actual.numpy(), expected)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "constant"])
@pytest.mark.parametrize("instance", [True, False])
def test_get_variable_calls_each_initializer_or_its_class(name, instance):
    initializer = getattr(ts.initializers, name)
    variable = ts.get_variable(
        "v", [3, 3], torch.float64, initializer() if instance else initializer
    )
    assert variable.dtype == torch.float64
    assert variable.shape == (3, 3)
    assert len(variable.unique()) == {"zeros": 1, "ones": 1, "identity": 2}.get(name, 9)


# Shapes and dtypes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "shape", [[], [0], [3], [0, 3], [3, 0], (2, 3), [2, 3, 4], [1] * 5], ids=str
)
def test_a_shape_is_taken_or_refused_as_by_tensorflow(name, shape):
    assert_alike(lambda framework, _: getattr(framework.initializers, name)()(shape), equal=False)


DTYPES = ["int8", "uint8", "int32", "int64", "bool", "complex64", "complex128"]
FLOATING = ["float16", "bfloat16", "float32", "float64"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [*FLOATING, *DTYPES])
def test_a_dtype_is_taken_or_refused_as_by_tensorflow(name, dtype):
    if (name, dtype) == ("orthogonal", "bfloat16"):
        # TensorFlow has no QR decomposition of it; here the matrix is made in float32.
        assert ts.initializers.orthogonal()([3, 3], torch.bfloat16).dtype == torch.bfloat16
        return
    assert_alike(
        lambda framework, dtypes: getattr(framework.initializers, name)()(
            [3, 3], dtype=getattr(dtypes, dtype)
        ),
        equal=name in {"zeros", "ones", "constant", "identity"},
    )


# TensorFlow's lecun and he have no dtype, and its glorot forget theirs: ours keep it.
WITH_DTYPE = [name for name in NAMES if name.split("_")[0] not in {"glorot", "he", "lecun"}]


@pytest.mark.parametrize("name", WITH_DTYPE)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", *DTYPES])
def test_a_dtype_of_the_initializer_is_taken_or_refused_as_by_tensorflow(name, dtype):
    assert_alike(
        lambda framework, dtypes: getattr(framework.initializers, name)(
            dtype=getattr(dtypes, dtype)
        )([3, 3]),
        equal=name in {"zeros", "ones", "constant", "identity"},
    )


@pytest.mark.parametrize("name", [name for name in WITH_DTYPE if name not in {"zeros", "ones"}])
def test_a_dtype_that_is_not_floating_is_refused_before_any_shape_is_known(name):
    if name in {"constant", "random_uniform"}:
        assert getattr(ts.initializers, name)(dtype=torch.int32).dtype == torch.int32
        return
    assert_refused_alike(
        lambda: getattr(tf.initializers, name)(dtype=tf.int32),
        lambda: getattr(ts.initializers, name)(dtype=torch.int32),
    )


# Constants


CONSTANTS = [
    *(0, 1.5, True, -3, 2**40, 1e300, math.inf, 1 + 2j, np.float64(2.5), np.int64(3), np.True_),
    *([1], [1, 2], (1, 2, 3), [1.5, 2.5], [True, 2], [1, 2.5], [True, False], [np.float32(1.5), 2]),
    *([[1, 2], [3, 4]], [[[1]]], [1, 2, 3, 4, 5]),
    *(np.arange(3), np.arange(4.0).reshape(2, 2), np.array(7), np.zeros(0), np.array([1, 2], "i1")),
    np.array([True, False]),
    *([], None, {1: 2}, {1, 2}, range(3), object),
]


@pytest.mark.parametrize("shape", [[], [2], [2, 2], [4], [0], [0, 3]], ids=str)
@pytest.mark.parametrize("value", CONSTANTS, ids=repr)
def test_constant_fills_a_shape_as_tensorflow_does(value, shape):
    """Row by row, the last number again and again; too many are refused."""
    assert_alike(lambda framework, _: framework.initializers.constant(value)(shape))


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int32", "int64", "bool", "float16", "float64", "complex64"]
)
@pytest.mark.parametrize(
    "value",
    [
        *(0, 1.5, 3.7, True, -3, 2**40, 0.1, 1 + 2j, np.float64(2.5), np.int64(3)),
        *(
            [1, 2],
            [1.5, 2.5],
            [True, 2],
            [1, 2.5],
            [True, False],
            np.array([1.5, -2]),
            np.arange(3),
        ),
    ],
    ids=repr,
)
def test_constant_converts_to_a_dtype_as_tensorflow_does(value, dtype):
    """What the dtype cannot hold is refused rather than cut off, unless it is a numpy array."""
    assert_alike(
        lambda framework, dtypes: framework.initializers.constant(value)(
            [2, 2], getattr(dtypes, dtype)
        )
    )


def test_constant_keeps_all_digits_in_float64():
    assert_alike(
        lambda framework, dtypes: framework.initializers.constant(0.1)([1], dtypes.float64)
    )


@pytest.mark.parametrize("shape", [[2, 2], [], [4], [0], [1, 4]], ids=str)
@pytest.mark.parametrize(
    "value",
    [1, 1.0, [1, 2], [1, 2, 3, 4], [[1, 2], [3, 4]], [[1], [2]], np.ones((2, 2)), np.ones(4)],
    ids=repr,
)
def test_verify_shape_takes_only_values_of_the_shape(value, shape):
    assert_alike(
        lambda framework, _: framework.initializers.constant(value, verify_shape=True)(shape)
    )


def test_constant_gives_a_tensor_of_its_own_each_time():
    array = np.zeros(3, "float32")
    initializer = ts.initializers.constant(array)
    initializer([3]).fill_(1)
    assert initializer([3]).tolist() == array.tolist() == [0, 0, 0]


# Identity and orthogonal matrices


@pytest.mark.parametrize("gain", [1.0, 2, -0.5, 0.0])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [[3, 3], [2, 4], [4, 2], [1, 1], [2], [2, 2, 2], []], ids=str)
def test_identity_is_tensorflows(gain, dtype, shape):
    assert_alike(
        lambda framework, dtypes: framework.initializers.identity(gain)(
            shape, getattr(dtypes, dtype)
        )
    )


def gram(matrix):
    """The products of the shorter side of a matrix, all dimensions but the last being one."""
    flat = matrix.reshape(-1, matrix.shape[-1]).astype("float64")
    return flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T


@pytest.mark.parametrize("gain", [1.0, 2, -0.5, 0.0])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
@pytest.mark.parametrize(
    "shape",
    [[5, 5], [7, 3], [3, 7], [2, 3, 4], [2, 3, 9], [3, 3, 2, 5], [2, 2, 3, 20], [1, 4]],
    ids=str,
)
def test_orthogonal_is_orthogonal_where_tensorflows_is(gain, dtype, tolerance, shape):
    """Tall matrices by their columns, wide ones by their rows."""
    theirs = evaluate(lambda tf: tf.initializers.orthogonal(gain)(shape, getattr(tf, dtype)))
    ours = ts.initializers.orthogonal(gain)(shape, getattr(torch, dtype)).numpy()
    expected = gain**2 * np.eye(min(math.prod(shape[:-1]), shape[-1]))
    np.testing.assert_allclose(gram(theirs), expected, atol=tolerance)
    np.testing.assert_allclose(gram(ours), expected, atol=tolerance)


def test_orthogonal_prefers_no_direction():
    """The sign of what a QR decomposition gives would depend on the library."""

    def build(tf):
        return [tf.initializers.orthogonal(seed=seed)([3, 3])[0, 0] for seed in range(300)]

    draws = [ts.initializers.orthogonal(seed=seed)([3, 3])[0, 0].item() for seed in range(300)]
    assert stats.ks_2samp(evaluate(build), draws).pvalue > 1e-4


@pytest.mark.parametrize("shape", [[], [3]], ids=str)
def test_orthogonal_refuses_fewer_than_two_dimensions(shape):
    assert_refused_alike(
        lambda: tf.initializers.orthogonal()(shape), lambda: ts.initializers.orthogonal()(shape)
    )


@pytest.mark.parametrize("shape", [[], [3], [2, 2, 2]], ids=str)
def test_identity_refuses_all_but_two_dimensions(shape):
    assert_refused_alike(
        lambda: tf.initializers.identity()(shape), lambda: ts.initializers.identity()(shape)
    )


# Distributions


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.integers(0, 50), max_size=5))
def test_fans_are_tensorflows(shape):
    assert ts.initializers.compute_fans(shape) == init_ops._compute_fans(shape)


def assert_same_distribution(make, dtype, shape=MILLION):
    """A million draws of each: a Kolmogorov-Smirnov test sees no difference."""
    # It is told a distance, so that a failure says how far apart they are.
    theirs = evaluate(lambda tf: make(tf.initializers)(shape, getattr(tf, dtype)))
    ours = make(ts.initializers)(shape, getattr(torch, dtype))
    assert str(ours.dtype) == f"torch.{theirs.dtype.name}"
    found = stats.ks_2samp(
        numbers(ours).ravel(), plain(theirs).ravel().astype(numbers(ours).dtype), method="asymp"
    )
    assert found.pvalue > 1e-4, found


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 1.0), (1.0, 0.05), (-1.0, -2.0)])
@pytest.mark.parametrize("name", ["random_normal", "truncated_normal"])
def test_normal_draws_have_tensorflows_distribution(name, mean, stddev, dtype):
    if dtype in {"float16", "bfloat16"} and stddev == 0.05:
        pytest.xfail("not drawn: at 1.0 these dtypes have too few numbers to tell")
    assert_same_distribution(
        lambda initializers: getattr(initializers, name)(mean, stddev, seed=3), dtype
    )


# TensorFlow's bfloat16 has 128 numbers from 0 to 1, evenly; ours has all that bfloat16 has.
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bounds", [(), (-0.5,), (-1.0, 3.0), (3.0, -1.0), (2, 5)], ids=str)
def test_uniform_draws_have_tensorflows_distribution(bounds, dtype):
    assert_same_distribution(
        lambda initializers: initializers.random_uniform(*bounds, seed=3), dtype
    )


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize(
    "bounds", [(0, 2), (-3, 4), (0, 2**31 - 1), (-(2**31), 2**31 - 1)], ids=str
)
def test_uniform_integers_have_tensorflows_distribution(bounds, dtype):
    assert_same_distribution(
        lambda initializers: initializers.random_uniform(*bounds, seed=3), dtype
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "distribution", ["normal", "truncated_normal", "untruncated_normal", "uniform"]
)
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
def test_variance_scaling_has_tensorflows_distribution(mode, distribution, dtype):
    assert_same_distribution(
        lambda initializers: initializers.variance_scaling(2.5, mode, distribution, seed=3), dtype
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "name", [f"{who}_{kind}" for who in ("glorot", "he", "lecun") for kind in ("normal", "uniform")]
)
def test_named_scalings_have_tensorflows_distribution(name, dtype):
    assert_same_distribution(lambda initializers: getattr(initializers, name)(seed=3), dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("factor", [1.0, 1.43, -1.0])
def test_uniform_unit_scaling_has_tensorflows_distribution(factor, dtype):
    assert_same_distribution(
        lambda initializers: initializers.uniform_unit_scaling(factor, seed=3), dtype
    )


@pytest.mark.parametrize("shape", [[10**6], [10**6, 1], [1, 10**6], [10, 10, 10, 1000]], ids=str)
def test_scaling_reads_the_fans_of_any_rank(shape):
    for name in ("glorot_uniform", "uniform_unit_scaling"):
        assert_same_distribution(
            lambda initializers, name=name: getattr(initializers, name)(seed=3), "float32", shape
        )


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 1.0), (1.0, 0.5), (0.0, -2.0)])
def test_truncated_draws_end_at_two_standard_deviations(mean, stddev, dtype):
    def make(initializers, dtypes):
        return initializers.truncated_normal(mean, stddev, seed=3)(MILLION, getattr(dtypes, dtype))

    theirs = np.abs(plain(evaluate(lambda tf: make(tf.initializers, tf))) - mean).max()
    ours = np.abs(numbers(make(ts.initializers, torch)) - mean).max()
    assert ours <= 2 * abs(stddev)
    assert ours == pytest.approx(theirs, rel=1e-2)


@pytest.mark.parametrize("stddev", [0.0, 0])
@pytest.mark.parametrize("name", ["random_normal", "truncated_normal"])
def test_no_deviation_is_the_mean(name, stddev):
    assert_alike(lambda framework, _: getattr(framework.initializers, name)(2.5, stddev)([2, 3]))


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-1.0, 0.0), (1.0, 3.0)], ids=str)
def test_uniform_draws_include_the_lower_bound_and_not_the_upper(bounds, dtype):
    draw = ts.initializers.random_uniform(*bounds, seed=3)(MILLION, getattr(torch, dtype))
    low, high = bounds
    assert low <= draw.min().item() < low + 0.01
    assert high - 0.02 < draw.max().item() < high


@pytest.mark.parametrize("scale", [0.1, 1.0, 2.0])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling_keeps_the_variance_that_it_names(scale, mode, distribution):
    fan_in, fan_out = ts.initializers.compute_fans(MILLION)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    draw = ts.initializers.variance_scaling(scale, mode, distribution, seed=3)(MILLION)
    assert draw.std().item() == pytest.approx(math.sqrt(scale / n), rel=0.01)


# Seeds


RANDOM = [name for name in NAMES if name not in {"zeros", "ones", "constant", "identity"}]


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_gives_the_same_draw_whatever_was_drawn_before(name):
    initializer = getattr(ts.initializers, name)
    torch.manual_seed(1)
    first = initializer(seed=7)([4, 5])
    torch.manual_seed(2)
    torch.randn(3)
    state = torch.get_rng_state()
    again = initializer(seed=7)
    assert torch.equal(again([4, 5]), first)
    assert torch.equal(again([4, 5]), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(initializer(seed=8)([4, 5]), first)


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_seed_pytorchs_own_is_the_seed(name):
    initializer = getattr(ts.initializers, name)()
    torch.manual_seed(1)
    first, second = initializer([4, 5]), initializer([4, 5])
    torch.manual_seed(1)
    assert torch.equal(initializer([4, 5]), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("name", RANDOM)
def test_a_generator_is_drawn_from(name):
    generator = torch.Generator().manual_seed(7)
    initializer = getattr(ts.initializers, name)(seed=generator)
    state = torch.get_rng_state()
    first, second = initializer([4, 5]), initializer([4, 5])
    assert not torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)
    generator.manual_seed(7)
    assert torch.equal(initializer([4, 5]), first)


def test_integers_are_drawn_by_seed_and_generator_too():
    draw = ts.initializers.random_uniform(0, 1000, seed=7, dtype=torch.int32)
    assert torch.equal(draw([9]), draw([9]))
    generator = torch.Generator().manual_seed(7)
    draw = ts.initializers.random_uniform(0, 1000, seed=generator, dtype=torch.int64)
    assert not torch.equal(draw([9]), draw([9]))


@pytest.mark.parametrize("seed", [0, -1, 2**40, 2**70, np.int64(7), np.uint8(7), True], ids=repr)
def test_any_integer_that_tensorflow_takes_is_a_seed(seed):
    evaluate(lambda tf: tf.initializers.random_normal(seed=seed)([2]))
    draw = ts.initializers.random_normal(seed=seed)
    assert torch.equal(draw([3]), draw([3]))
    assert torch.equal(draw([3]), ts.initializers.random_normal(seed=int(seed))([3]))


@pytest.mark.parametrize("seed", ["a", (1, 2)], ids=repr)
def test_what_tensorflow_refuses_is_no_seed(seed):
    with pytest.raises(TypeError):
        evaluate(lambda tf: tf.initializers.random_normal(seed=seed)([2]))
    with pytest.raises(TypeError):
        ts.initializers.random_normal(seed=seed)([2])


# Arguments that are refused


@pytest.mark.parametrize(
    "keywords",
    [
        *({"scale": scale} for scale in (0.0, -1.0, 0)),
        *({"mode": mode} for mode in ("fan", None, "FAN_IN")),
        *({"distribution": distribution} for distribution in ("x", None)),
        {"mode": "x", "distribution": "y"},
        {"scale": 0, "mode": "x"},
    ],
    ids=str,
)
def test_variance_scaling_refuses_what_tensorflow_refuses(keywords):
    assert_refused_alike(
        lambda: tf.initializers.variance_scaling(**keywords),
        lambda: ts.initializers.variance_scaling(**keywords),
    )


@pytest.mark.parametrize("distribution", ["UNIFORM", "Normal"])
def test_a_distribution_may_be_written_in_capitals(distribution):
    draw = ts.initializers.variance_scaling(distribution=distribution, seed=3)([4])
    lower = ts.initializers.variance_scaling(distribution=distribution.lower(), seed=3)([4])
    assert torch.equal(draw, lower)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize(
    "bounds",
    [{}, {"minval": 0}, {"maxval": 5}, {"minval": 0.0, "maxval": 5}, {"minval": 0, "maxval": 2.5}],
    ids=str,
)
def test_uniform_integers_want_integers_as_bounds(bounds, dtype):
    assert_refused_alike(
        lambda: tf.initializers.random_uniform(**bounds)([2], getattr(tf, dtype)),
        lambda: ts.initializers.random_uniform(**bounds)([2], getattr(torch, dtype)),
    )
