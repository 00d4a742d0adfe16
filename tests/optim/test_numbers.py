"""Each optimizer with each of its arguments over 50 steps beside TensorFlow: numbers, slots and their names."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optim.beside import (
    Pair,
    assert_equal_runs,
    by_tensorflow,
    by_torchscope,
    gradients,
    joined,
    start,
)
from tests.tensorflow1 import tf
from tests.tensorflow1_contrib import import_contrib
from torchscope import optim

contrib = import_contrib().opt
train = tf.train

RATE = st.floats(1e-4, 0.5)
SHARE = st.floats(0.0, 0.99)
SMALL = st.sampled_from([1e-10, 1e-8, 1e-4, 0.1])
STRENGTH = st.sampled_from([0.0, 1e-3, 0.1])
FIRST = st.floats(0.01, 1.0)
NAME = st.sampled_from([None, "Own"])


def plain(optimizer):
    return lambda step, **arguments: optimizer(**arguments)


def lars(step, scaled, **arguments):
    return contrib.LARSOptimizer(skip_list=None if scaled else ["float"], **arguments)


ADAM = {"lr": RATE, "beta1": SHARE, "beta2": SHARE, "epsilon": SMALL, "name": NAME}
MOMENTUM = {"lr": RATE, "momentum": SHARE, "use_nesterov": st.booleans(), "name": NAME}
L1_L2 = {"l1_regularization_strength": STRENGTH, "l2_regularization_strength": STRENGTH}

APART = (("float32",), ("float64",))

PAIRS = [
    Pair(optim.GradientDescent, plain(train.GradientDescentOptimizer), {"lr": RATE}),
    Pair(optim.Momentum, plain(train.MomentumOptimizer), MOMENTUM),
    Pair(
        optim.MomentumW,
        plain(contrib.MomentumWOptimizer),
        {**MOMENTUM, "weight_decay": STRENGTH},
    ),
    Pair(optim.Adam, plain(train.AdamOptimizer), ADAM),
    Pair(optim.AdamW, plain(contrib.AdamWOptimizer), {**ADAM, "weight_decay": STRENGTH}),
    Pair(optim.LazyAdam, plain(contrib.LazyAdamOptimizer), ADAM),
    Pair(optim.AdaMax, plain(contrib.AdaMaxOptimizer), ADAM),
    Pair(optim.Nadam, plain(contrib.NadamOptimizer), ADAM),
    Pair(
        optim.RMSProp,
        plain(train.RMSPropOptimizer),
        {
            "lr": RATE,
            "decay": SHARE,
            "momentum": SHARE,
            # What is under the root is a difference, where it is centered.
            "epsilon": st.sampled_from([1e-2, 0.1]),
            "centered": st.booleans(),
            "name": NAME,
        },
    ),
    Pair(
        optim.Adagrad,
        plain(train.AdagradOptimizer),
        {"lr": RATE, "initial_accumulator_value": FIRST, "name": NAME},
    ),
    Pair(
        optim.AdagradDA,
        lambda step, **arguments: train.AdagradDAOptimizer(global_step=step, **arguments),
        {
            "lr": RATE,
            "initial_gradient_squared_accumulator_value": FIRST,
            **L1_L2,
            "name": NAME,
        },
    ),
    Pair(
        optim.Adadelta,
        plain(train.AdadeltaOptimizer),
        {"lr": RATE, "rho": SHARE, "epsilon": SMALL, "name": NAME},
    ),
    Pair(
        optim.Ftrl,
        plain(train.FtrlOptimizer),
        {
            "lr": RATE,
            "learning_rate_power": st.sampled_from([-0.5, -0.8, -0.3, 0.0]),
            "initial_accumulator_value": FIRST,
            **L1_L2,
            "l2_shrinkage_regularization_strength": STRENGTH,
            "accum_name": NAME,
            "linear_name": st.sampled_from([None, "Linear"]),
            "name": NAME,
        },
    ),
    Pair(
        optim.ProximalGradientDescent,
        plain(train.ProximalGradientDescentOptimizer),
        {"lr": RATE, **L1_L2},
        APART,
    ),
    Pair(
        optim.ProximalAdagrad,
        plain(train.ProximalAdagradOptimizer),
        {"lr": RATE, "initial_accumulator_value": FIRST, **L1_L2, "name": NAME},
        APART,
    ),
    Pair(
        optim.LARS,
        lars,
        {
            **MOMENTUM,
            "weight_decay": STRENGTH,
            "eeta": st.sampled_from([1e-3, 0.1]),
            "epsilon": st.sampled_from([0.0, 0.1]),
            "scaled": st.booleans(),
        },
    ),
]


def of_pairs(test):
    return pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.ours.__name__)(test)


@of_pairs
@settings(max_examples=4, phases=[Phase.generate])
@given(data=st.data())
def test_fifty_steps_are_those_of_tensorflow(pair, data):
    arguments = data.draw(st.fixed_dictionaries(pair.arguments))
    seed = data.draw(st.integers(0, 1000))
    scale = data.draw(st.sampled_from([0.01, 1.0, 10.0]))
    first, moves = start(seed), gradients(seed, 50, scale)
    given_ = {name: value for name, value in arguments.items() if value is not None}
    ours = (
        by_torchscope(lambda params: pair.ours(params, **given_), first, moves, dtypes)
        for dtypes in pair.dtypes
    )
    theirs = (
        by_tensorflow(
            lambda step, d=dtypes: pair.make_theirs(arguments, step, d), first, moves, dtypes
        )
        for dtypes in pair.dtypes
    )
    assert_equal_runs(joined(*ours), joined(*theirs))


def test_ftrl_gives_zero_where_all_is_zero():
    first, moves = start(3), gradients(3, 5, 1.0)
    for values, _ in moves:
        values["matrix"][0] = 0.0
    after, *_ = ours = by_torchscope(
        lambda params: optim.Ftrl(params, 0.1, initial_accumulator_value=0.0), first, moves
    )
    assert not after[-1]["matrix_float32"][0].any()
    assert_equal_runs(
        ours,
        by_tensorflow(
            lambda _: train.FtrlOptimizer(0.1, initial_accumulator_value=0.0), first, moves
        ),
    )
