"""Schedules give TensorFlow's learning rates, dtypes, names and errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from remedies import follow
from remedies.of_schedules import CASES as REMEDIES

import torchscope as ts
import torchscope.tf1 as ours
from tests.public.test_signatures import parameters_of
from tests.tensorflow1 import assert_refused_alike, evaluate, plain_session, tf

STEPS = 1000
# What TF1 makes of 0.001.
BETA = float(np.float32(0.001))
TOLERANCES = {"float32": 1e-6, "float64": 1e-12}
# Each schedule, and with what it is called beside the step; the learning rate comes first.
CALLS = {
    "exponential_decay": [
        {"decay_steps": 100, "decay_rate": 0.5},
        {"decay_steps": 7, "decay_rate": 0.96, "staircase": True},
        {"decay_steps": 0.1, "decay_rate": 0.999, "staircase": True},
        {"decay_steps": 250.5, "decay_rate": 2},
    ],
    "natural_exp_decay": [
        {"decay_steps": 100, "decay_rate": 0.5},
        {"decay_steps": 30, "decay_rate": 0.1, "staircase": True},
    ],
    "inverse_time_decay": [
        {"decay_steps": 100, "decay_rate": 0.5},
        {"decay_steps": 49, "decay_rate": 3, "staircase": True},
    ],
    "polynomial_decay": [
        {"decay_steps": 300},
        {"decay_steps": 300, "end_learning_rate": 0.01, "power": 2.0},
        {"decay_steps": 300, "power": 0.5, "cycle": True},
        {"decay_steps": 1500, "end_learning_rate": 0, "power": 3},
    ],
    "cosine_decay": [
        {"decay_steps": 600},
        {"decay_steps": 600, "alpha": 0.1},
    ],
    "cosine_decay_restarts": [
        {"first_decay_steps": 100},
        {"first_decay_steps": 90, "t_mul": 1, "m_mul": 0.9},
        {"first_decay_steps": 77.0, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1},
        {"first_decay_steps": 600, "t_mul": 0.5},
    ],
    "linear_cosine_decay": [
        {"decay_steps": 600},
        {"decay_steps": 600, "num_periods": 3, "alpha": 0.2, "beta": 0.01},
    ],
    "noisy_linear_cosine_decay": [
        {"decay_steps": 600, "initial_variance": 0},
        {"decay_steps": 600, "initial_variance": 0.0, "variance_decay": 0.3, "num_periods": 2},
        {"decay_steps": 600, "initial_variance": 0.0, "alpha": 0.2, "beta": 0.01},
    ],
}
EACH = [(name, arguments) for name, calls in CALLS.items() for arguments in calls]
# TensorFlow multiplies them by a float32, and takes no others; nor does it where a polynomial cycles.
OF_FLOAT32 = {name for name in CALLS if "cosine" in name}


def theirs_at(name, rate, steps, arguments):
    """TensorFlow's rates at these steps, each of a run of its own."""
    with tf.Graph().as_default(), plain_session() as session:
        step = tf.placeholder(tf.int64, [])
        value = getattr(tf.train, name)(tf.constant(rate), step, **arguments)
        return np.array([session.run(value, {step: each}) for each in steps])


def ours_at(name, rate, steps, arguments):
    schedule = getattr(ours.train, name)
    rate = torch.from_numpy(np.asarray(rate))
    return torch.stack([schedule(rate, torch.tensor(each), **arguments) for each in steps])


def assert_near(actual, expected, dtype, scale):
    """Equal but for rounding, relative to the learning rate."""
    assert str(actual.dtype) == f"torch.{dtype}"
    assert expected.dtype == dtype
    np.testing.assert_allclose(actual.numpy(), expected, rtol=0, atol=TOLERANCES[dtype] * scale)


@pytest.mark.parametrize(("name", "arguments"), EACH)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_schedule_gives_tensorflows_rates(name, arguments, dtype):
    rate, steps = np.array(0.3, dtype), range(STEPS)
    actual = ours_at(name, rate, steps, arguments)
    if dtype == "float64" and (name in OF_FLOAT32 or arguments.get("cycle")):
        expected = by_formula(name, rate, np.arange(STEPS, dtype=dtype), **arguments)
    else:
        expected = theirs_at(name, rate, steps, arguments)
    assert_near(actual, expected, dtype, scale=max(1.0, np.nanmax(expected)))


def by_formula(name, rate, step, **arguments):
    """What TensorFlow's documentation says, in float64, which TensorFlow refuses."""
    numbers = {key: np.float64(np.float32(value)) for key, value in arguments.items()}
    return rate * globals()[f"part_of_{name}"](step, **numbers)


def part_of_polynomial_decay(step, decay_steps, power, cycle):
    end = float(np.float32(0.0001)) / 0.3
    length = decay_steps * np.maximum(np.ceil(step / decay_steps), 1)
    return (1 - end) * (1 - step / length) ** power + end


def part_of_cosine_decay(step, decay_steps, alpha=0.0):
    wave = (1 + np.cos(np.pi * np.minimum(step, decay_steps) / decay_steps)) / 2
    return (1 - alpha) * wave + alpha


def part_of_cosine_decay_restarts(step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    parts = []
    for each in step:
        length, height, left = first_decay_steps, 1.0, each
        while left >= length > 1e-6:
            left, length, height = left - length, length * t_mul, height * m_mul
        wave = height * (1 + np.cos(np.pi * left / length)) / 2
        parts.append((1 - alpha) * wave + alpha if length > 1e-6 else np.nan)
    return np.array(parts)


def part_of_linear_cosine_decay(step, decay_steps, num_periods=0.5, alpha=0.0, beta=BETA):
    fraction = np.minimum(step, decay_steps) / decay_steps
    wave = (1 + np.cos(2 * np.pi * num_periods * fraction)) / 2
    return (alpha + 1 - fraction) * wave + beta


def part_of_noisy_linear_cosine_decay(
    step, decay_steps, initial_variance=0.0, variance_decay=0.0, **arguments
):
    assert not initial_variance
    return part_of_linear_cosine_decay(step, decay_steps, **arguments)


@pytest.mark.parametrize(
    ("boundaries", "values"),
    [
        ([100], [1.0, 0.5]),
        ((100, 200, 201, 900), (0.1, 0.2, 0.05, 0.5, 0.01)),
        ([5, 5, [10]], [1.0, 2.0, 3.0, 4.0]),
        ([50], [3, 4]),
    ],
)
def test_pieces_are_tensorflows(boundaries, values):
    with tf.Graph().as_default(), plain_session() as session:
        step = tf.placeholder(tf.int64, [])
        rate = tf.train.piecewise_constant(step, boundaries, values)
        expected = np.array([session.run(rate, {step: each}) for each in range(STEPS)])
    for schedule in (ours.train.piecewise_constant, ours.train.piecewise_constant_decay):
        rates = [schedule(torch.tensor(each), boundaries, values) for each in range(STEPS)]
        actual = torch.stack(rates)
        assert str(actual.dtype) == f"torch.{expected.dtype}"
        assert np.array_equal(actual.numpy(), expected)


def of_floats(tf):
    """Pieces of another kind of number, of which NaN is in the first."""
    float64 = [tf.constant(each, tf.float64) for each in (1.0, 0.5, 0.1)]
    return [
        tf.train.piecewise_constant(x, [0.5, 2.5], float64) for x in (0.5, 0.6, 9.0, float("nan"))
    ]


def test_pieces_of_floats_are_tensorflows():
    expected, actual = evaluate(of_floats), of_floats(ours)
    assert [each.item() for each in actual] == [each.item() for each in expected]
    assert {each.dtype for each in actual} == {torch.float64}


NUMBERS = st.floats(0.015625, 4.0, width=32)
# Others are rounded in a logarithm, by which a fall may begin one step later.
LONGER = st.sampled_from([1.0, 2.0, 4.0])
DRAWN = {
    "exponential_decay": {"decay_rate": NUMBERS, "staircase": st.booleans()},
    "natural_exp_decay": {"decay_rate": NUMBERS, "staircase": st.booleans()},
    "inverse_time_decay": {"decay_rate": NUMBERS, "staircase": st.booleans()},
    "polynomial_decay": {"end_learning_rate": NUMBERS, "power": NUMBERS, "cycle": st.booleans()},
    "cosine_decay": {"alpha": NUMBERS},
    "linear_cosine_decay": {"num_periods": NUMBERS, "alpha": NUMBERS, "beta": NUMBERS},
    "cosine_decay_restarts": {"t_mul": LONGER, "m_mul": NUMBERS, "alpha": NUMBERS},
}


@pytest.mark.parametrize("name", DRAWN)
@settings(max_examples=25, deadline=None)
@given(
    data=st.data(),
    rate=st.floats(0.0009765625, 8.0, width=32),
    length=st.integers(1, 500),
    tensors=st.booleans(),
)
def test_any_arguments_give_tensorflows_rates(name, data, rate, length, tensors):
    first = "first_decay_steps" if "restarts" in name else "decay_steps"
    arguments = {key: data.draw(value, key) for key, value in DRAWN[name].items()}
    steps = np.array([0, 1, length, 2 * length, *data.draw(st.lists(st.integers(0, 3000)))])

    def rates(tf):
        given_ = {**arguments, first: length}
        if tensors:
            given_ = {
                key: value if type(value) is bool else tf.constant(value)
                for key, value in given_.items()
            }
        if given_.get("cycle"):
            # TensorFlow divides the step by what was given.
            given_[first] = length
        return getattr(tf.train, name)(tf.constant(rate), tf.constant(steps), **given_)

    expected = evaluate(rates)
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, np.max(finite), 4 * rate)
    # A large exponent makes more of what is rounded in the step.
    np.testing.assert_allclose(rates(ours).numpy(), expected, rtol=2e-5, atol=1e-6 * scale)


FORMS = {
    "an integer": lambda tf: 30,
    "a float": lambda tf: 30.5,
    "a bool": lambda tf: True,
    "an array": lambda tf: np.int64(30),
    "a list": lambda tf: [30, 40],
    "int32": lambda tf: tf.constant(30),
    "int64": lambda tf: tf.constant(30, tf.int64),
    "float64": lambda tf: tf.constant(30.5, tf.float64),
    "the global step": lambda tf: tf.train.get_or_create_global_step() + 30,
    "a large integer": lambda tf: 2**40,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "rate",
    [
        lambda tf: 0.5,
        lambda tf: np.float64(0.5),
        lambda tf: tf.constant(0.5, tf.float64),
        lambda tf: tf.constant(0.5, tf.float16),
        lambda tf: tf.constant([0.5, 0.25]),
    ],
)
def test_a_step_and_a_rate_have_many_forms(form, rate):
    def scheduled(tf):
        return tf.train.inverse_time_decay(rate(tf), FORMS[form](tf), 7, 0.25, staircase=True)

    expected, actual = evaluate(scheduled), scheduled(ours)
    assert str(actual.dtype) == f"torch.{expected.dtype}"
    np.testing.assert_array_equal(actual.numpy(), expected)


REFUSED = {
    **{
        f"{name} without a {what}": lambda tf, name=name, call=call: getattr(tf.train, name)(*call)
        for name, further in {**dict.fromkeys(CALLS, ()), "exponential_decay": (0.5,)}.items()
        if not (name.endswith("exp_decay") or name.startswith("inverse"))
        for what, call in {
            "step": (0.1, None, 10, *further),
            "rate": (None, 3, 10, *further),
            "length": (0.1, 3, None, *further),
        }.items()
    },
    "a decay rate of None": lambda tf: tf.train.exponential_decay(0.1, 3, 10, None),
    "a natural step of None": lambda tf: tf.train.natural_exp_decay(0.1, None, 10, 0.5),
    "an inverse step of None": lambda tf: tf.train.inverse_time_decay(0.1, None, 10, 0.5),
    "x of None": lambda tf: tf.train.piecewise_constant(None, [1], [1.0, 2.0]),
    "a boundary of None": lambda tf: tf.train.piecewise_constant(3, [None], [1.0, 2.0]),
    "a value of None": lambda tf: tf.train.piecewise_constant(3, [1], [1.0, None]),
    "too few values": lambda tf: tf.train.piecewise_constant(3, [1, 2], [1.0, 2.0]),
    "too many values": lambda tf: tf.train.piecewise_constant(3, [1], [1.0, 2.0, 3.0]),
    "no boundaries": lambda tf: tf.train.piecewise_constant(3, [], [1.0]),
    "values of two kinds": lambda tf: tf.train.piecewise_constant(3, [1], [1.0, 2]),
    "a vector": lambda tf: tf.train.piecewise_constant(tf.constant([3]), [1], [1.0, 2.0]),
    "an integer and float boundaries": lambda tf: tf.train.piecewise_constant(3, [1.0], [1.0, 2.0]),
    "a float and integers": lambda tf: tf.train.piecewise_constant(3.0, [1], [1.0, 2.0]),
    "int32 and int64": lambda tf: tf.train.piecewise_constant(
        3, [tf.constant(1, tf.int64)], [1.0, 2.0]
    ),
    "a bad name": lambda tf: tf.train.exponential_decay(0.1, 3, 10, 0.5, name="a b"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_as_by_tensorflow(case):
    assert_refused_alike(lambda: REFUSED[case](tf), lambda: REFUSED[case](ours))


@pytest.mark.parametrize("name", ["exponential_decay", "natural_exp_decay", "polynomial_decay"])
def test_a_rate_of_an_integer_is_refused(name):
    further = [10] if name == "polynomial_decay" else [10, 0.5]
    with pytest.raises(TypeError, match=r"type float64|type int32"), tf.Graph().as_default():
        getattr(tf.train, name)(1, 3, *further)
    with pytest.raises(TypeError, match=f"{name} wants floats for `learning_rate`"):
        getattr(ours.train, name)(1, 3, *further)


@pytest.mark.parametrize("switch", ["staircase", "cycle"])
def test_a_switch_that_is_a_tensor_is_refused(switch):
    def call(tf):
        if switch == "cycle":
            return tf.train.polynomial_decay(0.1, 3, 10, cycle=tf.constant(True))
        return tf.train.exponential_decay(0.1, 3, 10, 0.5, staircase=tf.constant(True))

    for library in (tf, ours):
        with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
            call(library)


def test_boundaries_that_fall_are_refused():
    with tf.Graph().as_default(), tf.Session() as session:
        rate = tf.train.piecewise_constant(15, [20, 10], [1.0, 2.0, 3.0])
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            session.run(rate)
    with pytest.raises(ours.errors.InvalidArgumentError, match="The boundaries fall from 20 to 10"):
        ours.train.piecewise_constant(15, [20, 10], [1.0, 2.0, 3.0])


def scopes_after(tf):
    """Which names are free after each schedule, twice, also within another scope."""
    found = []
    for outer in ("a", "b"):
        with tf.name_scope(outer):
            for name, arguments in (*EACH, *EACH):
                getattr(tf.train, name)(0.1, 3, **arguments)
            tf.train.piecewise_constant(3, [1], [1.0, 2.0])
            tf.train.exponential_decay(0.1, 3, 10, 0.5, name="mine")
            for scope in (
                *("ExponentialDecay", "InverseTimeDecay", "PolynomialDecay", "CosineDecay"),
                *("SGDRDecay", "LinearCosineDecay", "NoisyLinearCosineDecay"),
                *("PiecewiseConstant", "mine"),
            ):
                with tf.name_scope(scope) as opened:
                    found.append(opened)
    return found


def test_names_are_used_up_as_in_tensorflow():
    with tf.Graph().as_default():
        expected = scopes_after(tf)
    assert scopes_after(ours) == expected


@pytest.mark.parametrize("name", [*CALLS, "piecewise_constant"])
def test_arguments_are_tensorflows(name):
    assert parameters_of(getattr(ours.train, name)) == parameters_of(getattr(tf.train, name))


@pytest.mark.parametrize("step", [0, 10, 100, 900])
def test_noise_is_normal_with_the_variance_that_is_said(step):
    torch.manual_seed(step)
    arguments = {"decay_steps": 400, "initial_variance": 0.5, "variance_decay": 0.7, "alpha": 0.1}
    draws = ours.train.noisy_linear_cosine_decay(2.0, torch.full((40000,), step), **arguments)
    plain = {"decay_steps": 400, "alpha": 0.1}
    mean = ours.train.linear_cosine_decay(2.0, step, **plain).item()
    # At the end the wave is 0, and so is what it multiplies.
    wave = (1 + np.cos(np.pi * min(step, 400) / 400)) / 2
    deviation = 2.0 * wave * np.sqrt(0.5 / (1 + min(step, 400)) ** 0.7)
    assert abs(draws.mean().item() - mean) <= 4 * deviation / 200 + 1e-7
    assert abs(draws.std().item() - deviation) <= 0.02 * deviation
    theirs = evaluate(
        lambda tf: tf.train.noisy_linear_cosine_decay(2.0, tf.fill([40000], step), **arguments)
    )
    assert abs(draws.std().item() - theirs.std()) <= 0.03 * deviation


def test_noise_is_drawn_anew_on_each_call_and_repeats_with_the_seed():
    def draw():
        return ours.train.noisy_linear_cosine_decay(1.0, 3, 10).item()

    torch.manual_seed(0)
    first, second = draw(), draw()
    torch.manual_seed(0)
    assert draw() == first != second


def test_a_gradient_reaches_the_learning_rate():
    def slope(tf):
        rate = tf.constant(0.5)
        if tf is ours:
            rate.requires_grad_()
        value = tf.train.exponential_decay(rate, 3, 10, 0.5)
        return tf.gradients(value, rate)[0]

    assert slope(ours).item() == pytest.approx(evaluate(slope), rel=1e-6)


@pytest.mark.parametrize(("kind", "says", "function"), REMEDIES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def test_a_pass_reads_the_step_of_its_own_run():
    def model():
        step = ts.get_or_create_global_step()
        rate = ours.train.exponential_decay(0.5, step, 1, 0.5)
        step.assign_add(1)
        return rate

    net = ts.ScopedModule(model)
    assert [net().item() for _ in range(3)] == [0.5, 0.25, 0.125]
