"""create_train_op and optimize_loss, beside tf-slim's and tf.contrib's own source."""

import logging
import re

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.optim.train.both import assert_trained_alike
from tests.tensorflow1 import assert_refused_alike, import_slim, tf
from tests.tensorflow1_contrib import import_contrib
from torchscope import tf1
from torchscope._core.operations.operation import Operation

# TensorFlow warns of its layers.
pytestmark = pytest.mark.filterwarnings("ignore:.*tf.layers.* is deprecated")


def contrib(library):
    return tf1.contrib if library is tf1 else import_contrib()


def learning(library):
    return tf1.contrib.slim.learning if library is tf1 else import_slim().learning


def training(library):
    return tf1.contrib.training if library is tf1 else import_slim().training


def batches(steps=8):
    random = np.random.default_rng(0)
    return [
        (random.normal(size=(4, 3)).astype("float32"), random.normal(size=(4, 1)).astype("float32"))
        for _ in range(steps)
    ]


def loss_of(tf, x, y, *, unused=True):
    hidden = tf.layers.dense(x, 5, tf.nn.tanh, name="hidden")
    if unused:
        tf.get_variable("unused", [2])
    return tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1, name="out") - y))


def adam(tf):
    return tf.train.AdamOptimizer(0.05)


def doubled(pairs):
    return [
        (None if gradient is None else gradient * 2.0, variable) for gradient, variable in pairs
    ]


TRAIN_OPS = {
    "plain": lambda tf, loss: learning(tf).create_train_op(loss, adam(tf)),
    "no step": lambda tf, loss: learning(tf).create_train_op(loss, adam(tf), None),
    "clipped": lambda tf, loss: learning(tf).create_train_op(
        loss, tf.train.GradientDescentOptimizer(1.0), clip_gradient_norm=0.3
    ),
    "multiplied": lambda tf, loss: learning(tf).create_train_op(
        loss,
        tf.train.MomentumOptimizer(0.1, 0.9),
        gradient_multipliers={"hidden/kernel": 3.0, tf.trainable_variables()[-1]: 0},
    ),
    "noted": lambda tf, loss: learning(tf).create_train_op(
        loss, adam(tf), summarize_gradients=True
    ),
    "some variables": lambda tf, loss: learning(tf).create_train_op(
        loss, adam(tf), variables_to_train=tf.trainable_variables("out")
    ),
    "transformed": lambda tf, loss: training(tf).create_train_op(
        loss, adam(tf), transform_grads_fn=doubled, check_numerics=False
    ),
    "clipped by a function": lambda tf, loss: training(tf).create_train_op(
        loss, adam(tf), transform_grads_fn=training(tf).clip_gradient_norms_fn(0.1)
    ),
}


@pytest.mark.parametrize("name", TRAIN_OPS)
def test_a_train_op_trains_as_slims_own(name):
    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        return loss, TRAIN_OPS[name](tf, loss)

    assert_trained_alike(model, batches())


OPTIMIZED = {
    "by name": {},
    "SGD": {"optimizer": "SGD"},
    "Momentum": {"optimizer": "Momentum"},
    "RMSProp": {"optimizer": "RMSProp"},
    "Adagrad": {"optimizer": "Adagrad"},
    "Ftrl": {"optimizer": "Ftrl"},
    "by class": {"optimizer": lambda tf: tf.train.AdamOptimizer},
    "by instance": {"optimizer": adam, "learning_rate": None},
    "by function": {"optimizer": lambda tf: lambda rate: tf.train.MomentumOptimizer(rate, 0.5)},
    "by function of nothing": {"optimizer": lambda tf: lambda: adam(tf), "learning_rate": None},
    "a tensor as rate": {"learning_rate": lambda tf: tf.constant(0.05)},
    "clipped": {"clip_gradients": 0.1},
    "clipped by a function": {"clip_gradients": lambda tf: doubled},
    "multiplied": {"gradient_multipliers": lambda tf: {"hidden/kernel:0": 3.0, "unused:0": 2.0}},
    "decayed": {
        "learning_rate_decay_fn": lambda tf: (
            lambda rate, step: tf.train.exponential_decay(rate, step, 2, 0.5)
        )
    },
    "some variables": {"variables": lambda tf: tf.trainable_variables("out")},
    "named": {"name": "step"},
    "nothing noted": {"summaries": []},
    "all noted": {
        "summaries": [
            "learning_rate",
            "loss",
            "gradients",
            "gradient_norm",
            "global_gradient_norm",
        ],
        "clip_gradients": 0.1,
    },
    "the loss noted": {"summaries": ["loss"]},
    "not counted": {"increment_global_step": False},
}


def optimized(tf, loss, step, given):
    arguments = {"optimizer": "Adam", "learning_rate": 0.05, **given}
    asked = {name: value(tf) if callable(value) else value for name, value in arguments.items()}
    return contrib(tf).layers.optimize_loss(loss, step, **asked)


def noted(tf):
    return [re.sub(":0$", "", each.name) for each in tf.get_collection(tf.GraphKeys.SUMMARIES)]


@pytest.mark.parametrize("name", OPTIMIZED)
def test_optimize_loss_trains_and_notes_as_contribs_own(name):
    notes = {}

    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        made = optimized(tf, loss, tf.train.get_or_create_global_step(), OPTIMIZED[name])
        notes[tf] = noted(tf)
        return loss, made

    assert_trained_alike(model, batches())
    assert notes[tf1] == notes[tf]


def test_rows_of_a_table_are_clipped_and_multiplied_as_slices():
    def model(tf, x, y):
        table = tf.get_variable("table", [9, 2], initializer=tf.ones_initializer())
        rows = tf.gather(table, tf.cast(tf.abs(x) * 2, tf.int32))
        loss = tf.reduce_mean(tf.square(tf.reduce_sum(rows, [1, 2]) - y[:, 0]))
        return loss, learning(tf).create_train_op(
            loss, adam(tf), gradient_multipliers={"table": 3.0}, clip_gradient_norm=0.2
        )

    assert_trained_alike(model, batches())


def test_the_loss_comes_out_of_the_run_and_nothing_moves_before():
    def model(x, y):
        loss = loss_of(tf1, x, y)
        return loss, learning(tf1).create_train_op(loss, adam(tf1), clip_gradient_norm=1.0)

    net = ts.ScopedModule(model)
    loss, train_op = net(*map(torch.from_numpy, batches(1)[0]))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(train_op.run(), loss.detach())
    assert net.global_step.item() == 1
    assert not torch.equal(net.registry.variables["out/kernel"], before["out.kernel"])
    with pytest.raises(RuntimeError, match="was run already"):
        train_op.run()


@pytest.mark.parametrize("clip", [0, 1.0])
def test_a_step_is_built_where_gradients_are_off_and_refused_when_it_is_run(clip):
    def model(x, y):
        loss = loss_of(tf1, x, y, unused=False)
        return loss, learning(tf1).create_train_op(loss, adam(tf1), clip_gradient_norm=clip)

    net = ts.ScopedModule(model)
    inputs = [*map(torch.from_numpy, batches(1)[0])]
    net(*inputs)
    made = list(net.registry.variables)
    with torch.no_grad():
        _, train_op = net(*inputs)
    assert list(net.registry.variables) == made
    with pytest.raises(RuntimeError, match="where gradients are off"):
        train_op.run()
    assert net.global_step.item() == 0


def test_a_loss_that_is_not_finite_is_refused_and_nothing_moves():
    def model(x, check):
        loss = tf1.log(x * ts.get_variable("w", initializer=2.0))
        return learning(tf1).create_train_op(loss, adam(tf1), check_numerics=check)

    net = ts.ScopedModule(model)
    train_op = net(torch.tensor(-1.0), True)
    with pytest.raises(tf1.errors.InvalidArgumentError, match="LossTensor is inf or nan"):
        train_op.run()
    assert (net.w.item(), net.global_step.item()) == (2.0, 0)
    assert torch.isnan(net(torch.tensor(-1.0), False).run())


@pytest.mark.parametrize("how", ["collected", "given", "contrib"])
def test_updates_run_with_the_step_and_not_before(how):
    def model(tf, x, y):
        count = tf.get_variable("count", initializer=0, trainable=False)
        update = (
            tf.assign_add(count, 1).op
            if tf is not tf1
            else Operation("update", lambda: count.assign_add(1))
        )
        loss = loss_of(tf, x, y)
        if how != "given":
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
        if how == "contrib":
            return loss, contrib(tf).layers.optimize_loss(loss, None, 0.1, "SGD")
        updates = [update] if how == "given" else None
        return loss, learning(tf).create_train_op(loss, adam(tf), update_ops=updates)

    ours = assert_trained_alike(model, batches(3))
    assert ours.variables["count"] == 3


def test_updates_that_are_forgotten_are_told_of(caplog):
    def model(x):
        ts.add_to_collection(tf1.GraphKeys.UPDATE_OPS, tf1.no_op())
        loss = x * ts.get_variable("w", initializer=1.0)
        return learning(tf1).create_train_op(loss, adam(tf1), update_ops=[])

    with caplog.at_level(logging.WARNING, "tensorflow"):
        ts.ScopedModule(model)(torch.tensor(1.0))
    assert "update_ops in create_train_op does not contain all the update_ops" in caplog.text


def test_noise_is_drawn_as_it_is_asked_for():
    def model(x):
        w = ts.get_variable("w", [4000], initializer=tf1.zeros_initializer())
        ts.get_variable("unused", [1])
        loss = tf1.reduce_sum(w * x)
        return tf1.contrib.layers.optimize_loss(loss, None, 1.0, "SGD", gradient_noise_scale=0.5)

    torch.manual_seed(0)
    net = ts.ScopedModule(model)
    net(torch.tensor(2.0)).run()
    # A normal distribution that is cut off at 2 has a deviation of 0.88.
    assert net.w.mean().item() == pytest.approx(-2, abs=0.05)
    assert net.w.std().item() == pytest.approx(0.44, abs=0.03)
    assert (net.w + 2).abs().max() <= 1


REFUSED = {
    "a loss of two": lambda tf, w: contrib(tf).layers.optimize_loss(
        tf.stack([w, w]), None, 0.1, "SGD"
    ),
    "a rate that is an integer": lambda tf, w: contrib(tf).layers.optimize_loss(w, None, 1, "SGD"),
    "a decay without a step": lambda tf, w: contrib(tf).layers.optimize_loss(
        w, None, 0.1, "SGD", learning_rate_decay_fn=lambda rate, step: rate
    ),
    "an unknown summary": lambda tf, w: contrib(tf).layers.optimize_loss(
        w, None, 0.1, "SGD", summaries=["all"]
    ),
    "an unknown name": lambda tf, w: contrib(tf).layers.optimize_loss(w, None, 0.1, "sgd"),
    "a name without a rate": lambda tf, w: contrib(tf).layers.optimize_loss(w, None, None, "SGD"),
    "a class without a rate": lambda tf, w: contrib(tf).layers.optimize_loss(
        w, None, None, tf.train.AdamOptimizer
    ),
    "no optimizer": lambda tf, w: contrib(tf).layers.optimize_loss(w, None, 0.1, 3),
    "a function of nothing": lambda tf, w: contrib(tf).layers.optimize_loss(
        w, None, 0.1, lambda rate: None
    ),
    "a clip that is an integer": lambda tf, w: contrib(tf).layers.optimize_loss(
        w, None, 0.1, "SGD", clip_gradients=1
    ),
    "a multiple of None": lambda tf, w: learning(tf).multiply_gradients([(None, w)], {"w": 2.0}),
    "multipliers without entries": lambda tf, w: learning(tf).multiply_gradients([], {}),
    "multipliers that are a list": lambda tf, w: learning(tf).multiply_gradients([], [1]),
    "pairs that are a tuple": lambda tf, w: learning(tf).multiply_gradients((), {"w": 2.0}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_contrib_refuses_is_refused_alike(name):
    def call(tf):
        return REFUSED[name](tf, tf.get_variable("w", initializer=1.0))

    if name == "a loss of two":
        # TensorFlow has a name for it.
        with pytest.raises(ValueError, match=r"Expected scalar shape for .*, saw shape: \(2,\)"):
            call(tf1)
        return
    if name == "a class without a rate":
        # TensorFlow shows the class as itself.
        with pytest.raises(ValueError, match=r"Learning rate is None.* if optimizer is class"):
            call(tf1)
        return
    assert_refused_alike(lambda: call(tf), ts.ScopedModule(lambda: call(tf1)))


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match=r"Invalid learning_rate -0\.1"):
        tf1.contrib.layers.optimize_loss(tf1.get_variable("w", []), None, -0.1, "SGD")


@pytest.mark.parametrize("variables", [[], ["frozen"]])
def test_a_step_needs_variables_that_are_trained(variables):
    w = tf1.get_variable("w", initializer=1.0)
    frozen = tf1.get_variable("frozen", initializer=1.0, trainable=False)
    with pytest.raises(AssertionError, match="variables_to_train"):
        learning(tf1).create_train_op(
            w * frozen, adam(tf1), variables_to_train=[frozen for _ in variables]
        )
