"""What an optimizer of a model function refuses: nothing has moved then."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.tensorflow1 import assert_refused_alike
from tests.tensorflow1 import tf as theirs
from torchscope import tf1 as tf

X = torch.ones(2, 3)


def loss_of(x):
    return (x @ tf.get_variable("w", [3, 1], initializer=tf.ones_initializer())).sum()


def trained(x):
    loss = loss_of(x)
    return loss, tf.train.AdamOptimizer(0.1).minimize(loss)


def values(net):
    return {name: v.clone() for name, v in net.registry.variables.items()}


def assert_unmoved(net, before):
    assert all(torch.equal(v, before[name]) for name, v in net.registry.variables.items())


def test_what_was_computed_without_gradients_cannot_be_trained():
    net = ts.build(ts.ScopedModule(trained), X)
    before = values(net)
    with torch.no_grad():
        _, train_op = net(X)
    with pytest.raises(RuntimeError, match="computed where gradients are off"):
        train_op.run()
    assert_unmoved(net, before)


def test_a_train_op_runs_once_for_a_call():
    net = ts.ScopedModule(trained)
    _, train_op = net(X)
    train_op.run()
    before = values(net)
    with pytest.raises(RuntimeError, match="Operation Adam was run already"):
        train_op.run()
    assert_unmoved(net, before)


def test_weights_that_have_moved_since_are_not_differentiated():
    def model(x):
        loss = torch.tanh(loss_of(x))
        return [tf.train.GradientDescentOptimizer(0.1).minimize(loss * each) for each in (1.0, 2.0)]

    def deep(x):
        w, v = (tf.get_variable(name, [3, 3], initializer=tf.ones_initializer()) for name in "wv")
        loss = torch.tanh(x @ w @ v).sum()
        return [tf.train.GradientDescentOptimizer(0.1).minimize(loss * each) for each in (1.0, 2.0)]

    first, second = ts.ScopedModule(model)(X)
    first.run()
    second.run()
    net = ts.ScopedModule(deep)
    first, second = net(X)
    # What its first pass has read is kept; the second pass notes nothing any more.
    first.run()
    first, second = net(X)
    first.run()
    before = values(net)
    with pytest.raises(RuntimeError, match=r"tf\.group\(first, second\)"):
        second.run()
    assert_unmoved(net, before)


def test_variables_are_wanted():
    assert_refused_alike(
        lambda: theirs.train.AdamOptimizer().minimize(theirs.constant(1.0)),
        ts.ScopedModule(lambda: tf.train.AdamOptimizer().minimize(tf.constant(1.0))),
    )


def refused(model, error, match):
    """Both libraries refuse the model function, each with its own words for a variable."""
    for library, run in ((theirs, lambda: model(theirs)), (tf, ts.ScopedModule(lambda: model(tf)))):
        graph = library.Graph().as_default() if library is theirs else nullcontext()
        with graph, pytest.raises(error, match=match):
            run()


def test_a_path_is_wanted():
    def model(tf):
        tf.get_variable("w", [2])
        return tf.train.AdamOptimizer().minimize(tf.constant(1.0))

    words = "^No gradients provided for any variable, check your graph for ops that do not support"
    refused(model, ValueError, words)


def test_gradients_are_wanted():
    def model(tf):
        return tf.train.AdamOptimizer().apply_gradients([(None, tf.get_variable("w", [2]))])

    refused(model, ValueError, r"^No gradients provided for any variable: \[.*w.*\]")


def test_pairs_are_wanted():
    def model(tf):
        return tf.train.AdamOptimizer().apply_gradients([])

    refused(model, ValueError, r"^No variables provided\.")


def test_a_gradient_of_another_shape_moves_nothing():
    def model(x):
        w, v = (tf.get_variable(name, [2]) for name in "wv")
        pairs = [(torch.ones(2), w), (torch.ones(3), v)]
        return tf.train.AdamOptimizer().apply_gradients(pairs)

    with pytest.raises(
        ValueError, match=r"gradient of variable v has shape \(3,\), and the variable \(2,\)"
    ):
        ts.ScopedModule(model)(X)


@pytest.mark.parametrize(
    "given",
    [torch.ones(2, requires_grad=True), np.ones(2), "w"],
    ids=["a tensor", "an array", "a name"],
)
def test_only_variables_are_moved(given):
    def model(x):
        return tf.train.AdamOptimizer().minimize(loss_of(x), var_list=[given])

    with pytest.raises(TypeError, match=r"Argument is not a tf\.Variable"):
        ts.ScopedModule(model)(X)


def test_variables_of_another_net_have_no_path():
    other = ts.build(ts.ScopedModule(loss_of), X)

    def model(x):
        loss = loss_of(x)
        return tf.train.AdamOptimizer().minimize(loss, var_list=[other.registry.variables["w"]])

    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        ts.ScopedModule(model)(X)


def test_integers_are_not_trained():
    def model(tf):
        w = tf.get_variable("w", [2], tf.int32, initializer=tf.zeros_initializer(), trainable=True)
        return tf.train.AdamOptimizer().minimize(tf.cast(w, tf.float32), var_list=[w])

    with pytest.raises(ValueError, match=r"Invalid type tf\.int32 for w:0"):
        ts.ScopedModule(lambda: model(tf))()


def test_a_gate_is_one_of_three():
    def model(tf):
        w = tf.get_variable("w", [2])
        return tf.train.AdamOptimizer().minimize(tf.reduce_sum(w), gate_gradients=7)

    assert_refused_alike(lambda: model(theirs), ts.ScopedModule(lambda: model(tf)))


def test_an_optimizer_has_a_name():
    assert_refused_alike(
        lambda: theirs.train.AdamOptimizer(name=""), lambda: tf.train.AdamOptimizer(name="")
    )


@pytest.mark.parametrize("name", ["Adagrad", "ProximalAdagrad"])
def test_sums_of_squares_begin_above_0(name):
    def made(tf):
        return getattr(tf.train, f"{name}Optimizer")(0.1, initial_accumulator_value=0.0)

    assert_refused_alike(lambda: made(theirs), lambda: made(tf))


@pytest.mark.parametrize(
    "options",
    [
        {"initial_accumulator_value": -1.0},
        {"learning_rate_power": 1.0},
        {"l1_regularization_strength": -1.0},
        {"l2_regularization_strength": -1.0},
        {"l2_shrinkage_regularization_strength": -1.0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_the_ranges_of_ftrl_are_those_of_tensorflow(options):
    assert_refused_alike(
        lambda: theirs.train.FtrlOptimizer(0.1, **options),
        lambda: tf.train.FtrlOptimizer(0.1, **options),
    )


def test_rows_of_a_constrained_variable_are_not_moved():
    def model(tf):
        w = tf.get_variable("w", [4, 2], constraint=lambda v: v * 0.5)
        return tf.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_sum(tf.gather(w, [1, 1])))

    def run():
        ts.ScopedModule(lambda: model(tf))().run()

    assert_refused_alike(lambda: model(theirs), run)


def test_an_optimizer_without_steps_says_what_is_missing():
    class Nothing(tf.train.Optimizer):
        def __init__(self):
            super().__init__(False, "Nothing")

    def model(x):
        return Nothing().minimize(loss_of(x))

    with pytest.raises(NotImplementedError, match="neither _apply_dense nor _resource_apply_dense"):
        ts.ScopedModule(model)(X).run()


def test_an_operation_of_a_recorded_call_is_refused():
    def model(x):
        loss = loss_of(x)
        with tf.control_dependencies([tf.train.AdamOptimizer(0.1).minimize(loss)]):
            return tf.identity(loss)

    with pytest.raises(RuntimeError, match="in a call that is recorded for a graph"):
        ts.graph(ts.ScopedModule(model), X)(X)


def test_an_evaluation_makes_no_slots_of_what_is_not_trained():
    def model(x):
        tf.get_variable("unused", [2])
        return trained(x)

    net = ts.ScopedModule(model)
    net(X)[1].run()
    names = list(net.registry.variables)
    with torch.no_grad():
        net(X)
    assert list(net.registry.variables) == names
    assert "unused/Adam" not in names
