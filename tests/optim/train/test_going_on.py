"""Training that TensorFlow began goes on here, and then in TensorFlow: as if TensorFlow had done all of it."""

import functools
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.optim.train.test_optimizers import GATED
from tests.tensorflow1 import tf
from torchscope import optim, tf1
from torchscope.checkpoint import InScope, Saver, load_checkpoint, restore

PART = 20

# Each optimizer in TF1, and for parameters of a loop in PyTorch. A new one is a line here.
OPTIMIZERS = {
    "GradientDescent": (
        lambda tf: tf.train.GradientDescentOptimizer(0.1),
        lambda of: optim.GradientDescent(of, 0.1),
    ),
    "Momentum": (
        lambda tf: tf.train.MomentumOptimizer(0.05, 0.9),
        lambda of: optim.Momentum(of, 0.05, 0.9),
    ),
    "Nesterov": (
        lambda tf: tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True, name="N"),
        lambda of: optim.Momentum(of, 0.05, 0.9, use_nesterov=True, name="N"),
    ),
    "Adam": (
        lambda tf: tf.train.AdamOptimizer(0.01, 0.8, 0.99, 1e-3),
        lambda of: optim.Adam(of, 0.01, 0.8, 0.99, 1e-3),
    ),
    "RMSProp": (
        lambda tf: tf.train.RMSPropOptimizer(0.01, 0.8, 0.5),
        lambda of: optim.RMSProp(of, 0.01, 0.8, 0.5),
    ),
    "centered": (
        lambda tf: tf.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True, epsilon=1e-3),
        lambda of: optim.RMSProp(of, 0.01, momentum=0.5, centered=True, epsilon=1e-3),
    ),
    "Adagrad": (
        lambda tf: tf.train.AdagradOptimizer(0.1, initial_accumulator_value=0.2),
        lambda of: optim.Adagrad(of, 0.1, initial_accumulator_value=0.2),
    ),
    "AdagradDA": (
        lambda tf: tf.train.AdagradDAOptimizer(
            0.1, tf.train.get_global_step(), l1_regularization_strength=0.001
        ),
        lambda of: optim.AdagradDA(of, 0.1, l1_regularization_strength=0.001),
    ),
    "Adadelta": (
        lambda tf: tf.train.AdadeltaOptimizer(1.0, epsilon=1e-3),
        lambda of: optim.Adadelta(of, 1.0, epsilon=1e-3),
    ),
    "Ftrl": (
        lambda tf: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
        lambda of: optim.Ftrl(of, 0.1, l1_regularization_strength=0.01),
    ),
    "ProximalGradientDescent": (
        lambda tf: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01),
        lambda of: optim.ProximalGradientDescent(of, 0.1, l1_regularization_strength=0.01),
    ),
    "ProximalAdagrad": (
        lambda tf: tf.train.ProximalAdagradOptimizer(0.1, l1_regularization_strength=0.01),
        lambda of: optim.ProximalAdagrad(of, 0.1, l1_regularization_strength=0.01),
    ),
}


def dtype_of(name):
    """In which numbers it is compared; TensorFlow takes Python's numbers only in float32 in some."""
    return "float32" if name.startswith("Proximal") else "float64"


def batches(dtype="float64"):
    random = np.random.default_rng(0)
    return [
        (random.normal(size=(4, 3)).astype(dtype), random.normal(size=(4, 1)).astype(dtype))
        for _ in range(3 * PART)
    ]


def loss_of(tf, x, y):
    hidden = tf.layers.dense(x, 5, tf.nn.tanh, name="hidden")
    return tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1, name="out") - y))


def training(optimizer, opened=""):
    """A model function that trains; the optimizer is used inside of what is opened."""

    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        step = tf.train.create_global_step()
        return loss, opened_by(tf, opened, lambda: optimizer(tf).minimize(loss, step, **GATED))

    return model


def opened_by(tf, opened, function):
    """What a function gives in a scope of TF1."""
    if not opened:
        return function()
    scopes = {"variable_scope": tf.variable_scope, "name_scope": tf.name_scope}
    if opened == "a scope again":
        with tf.variable_scope("train"):
            pass
    with scopes[opened if opened in scopes else "variable_scope"]("train"):
        return function()


def in_tensorflow(model, part, folder, begin=None, seed=0):
    """Trains for some batches from a checkpoint, or from the beginning, and saves."""
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        # TensorFlow warns of every layer.
        warnings.simplefilter("ignore")
        tf.set_random_seed(seed)
        feeds = [tf.placeholder(each.dtype, each.shape) for each in part[0]]
        _, train_op = model(tf, *feeds)
        saver = tf.train.Saver()
        if begin is None:
            session.run(tf.global_variables_initializer())
        else:
            saver.restore(session, str(begin))
        for batch in part:
            session.run(train_op, dict(zip(feeds, batch, strict=True)))
        return saver.save(session, str(Path(folder) / "theirs"), write_meta_graph=False)


def assert_alike(ours, theirs):
    """Two checkpoints have the same names, shapes, dtypes and values."""
    ours, theirs = load_checkpoint(ours), load_checkpoint(theirs)
    assert list(ours) == list(theirs)
    exact = torch.float64 in theirs.dtypes.values()
    tolerance = 1e-9 if exact else 2e-5
    for name in theirs:
        assert ours[name].dtype == theirs[name].dtype, name
        assert ours[name].shape == theirs[name].shape, name
        scale = max(float(theirs[name].abs().max()), 1e-3)
        torch.testing.assert_close(
            ours[name],
            theirs[name],
            rtol=tolerance,
            atol=tolerance * scale,
            msg=lambda m, n=name: f"{n}: {m}",
        )


def all_of_it(model, tmp_path, dtype="float64"):
    """What TensorFlow alone has after each part."""
    paths, begin = [], None
    for number in range(3):
        folder = tmp_path / f"alone{number}"
        folder.mkdir()
        begin = in_tensorflow(model, part(number, dtype), folder, begin)
        paths.append(begin)
    return paths


def part(number, dtype="float64"):
    return batches(dtype)[number * PART : (number + 1) * PART]


def net_with(model, dtype="float64"):
    net = ts.ScopedModule(lambda x, y: model(tf1, x, y))
    return ts.build(net, *map(torch.from_numpy, batches(dtype)[0]))


def a_loop(net, optimizer, part):
    """The loop that people write in PyTorch."""
    for batch in part:
        optimizer.zero_grad()
        net(*map(torch.from_numpy, batch)).backward()
        optimizer.step()
        net.registry.variables["global_step"].assign_add(1)


def counted(tf, x, y):
    tf.train.get_or_create_global_step()
    return loss_of(tf, x, y)


@pytest.fixture(scope="module")
def of_tensorflow(tmp_path_factory):
    """What TensorFlow alone has after each part, by optimizer."""
    return functools.cache(
        lambda name: all_of_it(
            training(OPTIMIZERS[name][0]), tmp_path_factory.mktemp("alone"), dtype_of(name)
        )
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_of_tensorflow_goes_on_in_a_loop_of_pytorch_and_back(name, tmp_path, of_tensorflow):
    dtype = dtype_of(name)
    model, alone = training(OPTIMIZERS[name][0]), of_tensorflow(name)
    net = net_with(counted, dtype)
    optimizer = OPTIMIZERS[name][1](net.parameters())
    result = restore(net, alone[0], optimizer=optimizer)
    assert sorted(result.matched.values()) == list(load_checkpoint(alone[0]))
    a_loop(net, optimizer, part(1, dtype))
    ours = Saver().save(net, tmp_path / "ours", optimizer=optimizer)
    assert_alike(ours, alone[1])
    assert_alike(in_tensorflow(model, part(2, dtype), tmp_path, ours), alone[2])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_of_tensorflow_goes_on_in_a_model_function_and_back(name, tmp_path, of_tensorflow):
    dtype = dtype_of(name)
    model, alone = training(OPTIMIZERS[name][0]), of_tensorflow(name)
    net = net_with(model, dtype)
    Saver().restore(net, alone[0])
    for batch in part(1, dtype):
        net(*map(torch.from_numpy, batch))[1].run()
    ours = Saver().save(net, tmp_path / "ours")
    assert_alike(ours, alone[1])
    assert_alike(in_tensorflow(model, part(2, dtype), tmp_path, ours), alone[2])


@pytest.mark.parametrize(
    ("opened", "scopes"),
    [
        ("variable_scope", {"scope": "train"}),
        ("name_scope", {"scope": "", "name_scope": "train"}),
        ("a scope again", {"scope": "train", "name_scope": "train_1"}),
    ],
)
def test_what_tensorflow_made_in_a_scope_is_found_and_saved_there(opened, scopes, tmp_path):
    model = training(OPTIMIZERS["Adam"][0], opened)
    alone = all_of_it(model, tmp_path)
    net = net_with(counted)
    optimizer = OPTIMIZERS["Adam"][1](net.parameters())
    restore(net, alone[0], optimizer=optimizer)
    found = [{**state} for state in optimizer.state.values()]
    optimizer = OPTIMIZERS["Adam"][1](net.parameters())
    there = InScope(optimizer, **scopes)
    restore(net, alone[0], optimizer=there)
    torch.testing.assert_close(list(optimizer.state.values()), found, rtol=0, atol=0)
    a_loop(net, optimizer, part(1))
    ours = Saver().save(net, tmp_path / "ours", optimizer=there)
    assert_alike(ours, alone[1])
    assert_alike(in_tensorflow(model, part(2), tmp_path, ours), alone[2])


def test_two_optimizers_that_tensorflow_used_one_after_the_other_go_on(tmp_path):
    def both(tf, x, y):
        loss = loss_of(tf, x, y)
        tf.train.create_global_step()
        optimizers = [tf.train.AdamOptimizer(0.01, beta1=0.5), tf.train.AdamOptimizer(0.02)]
        pairs = [
            optimizer.compute_gradients(loss, tf.trainable_variables(scope))
            for optimizer, scope in zip(optimizers, ("hidden", "out"), strict=True)
        ]
        # None moves before all gradients are there.
        with tf.control_dependencies([gradient for of in pairs for gradient, _ in of]):
            return loss, tf.group(
                *(o.apply_gradients(of) for o, of in zip(optimizers, pairs, strict=True))
            )

    alone = all_of_it(both, tmp_path)
    net = net_with(counted)
    of = net.registry.trainable_variables
    optimizers = [
        optim.Adam(of("hidden"), 0.01, beta1=0.5),
        optim.Adam(of("out"), 0.02),
    ]
    restore(net, alone[0], optimizer=optimizers)
    for batch in part(1):
        loss = net(*map(torch.from_numpy, batch))
        net.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
    ours = Saver().save(net, tmp_path / "ours", optimizer=optimizers)
    assert "beta1_power_1" in load_checkpoint(ours)
    assert_alike(ours, alone[1])
    assert_alike(in_tensorflow(both, part(2), tmp_path, ours), alone[2])


def test_variables_in_pieces_have_slots_of_the_whole(tmp_path):
    def pieces(tf, x, y):
        with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(2)):
            first = tf.random_normal_initializer(seed=1, dtype=x.dtype)
            w = tf.get_variable("w", [3, 1], x.dtype, initializer=first)
        return tf.reduce_mean(tf.square(tf.matmul(x, tf.convert_to_tensor(w)) - y))

    def model(tf, x, y):
        loss = pieces(tf, x, y)
        step = tf.train.create_global_step()
        return loss, tf.train.AdamOptimizer(0.1).minimize(loss, step, **GATED)

    def ours_counted(tf, x, y):
        loss = pieces(tf, x, y)
        tf.train.create_global_step()
        return loss

    alone = all_of_it(model, tmp_path)
    net = net_with(ours_counted)
    optimizer = optim.Adam(net.parameters(), 0.1)
    restore(net, alone[0], optimizer=optimizer)
    a_loop(net, optimizer, part(1))
    ours = Saver().save(net, tmp_path / "ours", optimizer=optimizer)
    assert load_checkpoint(ours).shapes["p/w/Adam"] == (3, 1)
    assert_alike(ours, alone[1])
    assert_alike(in_tensorflow(model, part(2), tmp_path, ours), alone[2])
