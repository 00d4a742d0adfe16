"""weighted_moving_average beside TensorFlow's, and averages in variables of doubles."""

import numpy as np
import pytest
import torch
from tensorflow.python.training import moving_averages as theirs

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import plain_session, tf


def averages(of, kit, value, weight):
    """Values that count by weights, with every argument."""
    with of.variable_scope("scope"):
        found = [
            kit.weighted_moving_average(value, 0.9, weight),
            kit.weighted_moving_average(value, of.constant(0.5), weight, truediv=False),
            kit.weighted_moving_average(value, 0.75, weight[0], collections=["mine"], name="named"),
        ]
    names = [v.op.name for v in (*of.global_variables(), *of.get_collection("mine"))]
    return found, names, [v.op.name for v in of.trainable_variables()]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weighted_averages_are_tensorflows(dtype):
    rng = np.random.default_rng(0)
    steps = [(rng.normal(size=(2, 3)), rng.uniform(0.1, 2.0, (2, 1))) for _ in range(5)]
    steps = [(value.astype(dtype), weight.astype(dtype)) for value, weight in steps]
    expected = []
    with tf.Graph().as_default(), plain_session() as session:
        x, w = tf.placeholder(dtype, [2, 3]), tf.placeholder(dtype, [2, 1])
        found, *names = averages(tf, theirs, x, w)
        session.run(tf.initialize_variables([*tf.global_variables(), *tf.get_collection("mine")]))
        for value, weight in steps:
            expected.append(session.run(found, {x: value, w: weight}))
    net = ts.ScopedModule(lambda x, w: averages(ours, ours.train, x, w))
    for (value, weight), wanted in zip(steps, expected, strict=True):
        found, *ours_named = net(torch.from_numpy(value), torch.from_numpy(weight))
        assert ours_named == names
        for mine, numbers in zip(found, wanted, strict=True):
            assert not mine.requires_grad
            np.testing.assert_allclose(mine.numpy(), numbers, rtol=1e-5)


def test_an_average_of_doubles_counts_its_updates_in_doubles():
    def average(of, kit):
        mean = of.get_variable(
            "mean", [2], of.float64, initializer=of.zeros_initializer(), trainable=False
        )
        update = kit.assign_moving_average(mean, of.constant([1.0, 2.0], of.float64), 0.9)
        return update, mean, of.global_variables()

    with tf.Graph().as_default(), plain_session() as session:
        update, mean, variables = average(tf, theirs)
        dtypes = [v.dtype.base_dtype.name for v in variables]
        session.run(tf.global_variables_initializer())
        session.run(update)
        expected = session.run(mean)
    update, mean, variables = average(ours, ours.train)
    assert [str(v.dtype).removeprefix("torch.") for v in variables] == dtypes
    update.run()
    np.testing.assert_allclose(mean.numpy(), expected, rtol=1e-12)
