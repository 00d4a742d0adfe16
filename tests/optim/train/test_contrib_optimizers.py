"""Optimizers of tf.contrib.opt in a model function, beside contrib's own source."""

import pytest

from tests.optim.train.both import assert_trained_alike
from tests.optim.train.test_optimizers import GATED, batches, looked_up, loss_of, words
from tests.tensorflow1 import tf
from tests.tensorflow1_contrib import import_contrib
from torchscope import tf1

contrib = import_contrib()

# These decay weights without waiting for the gradients: what TensorFlow computes those of is left to chance. So theirs
# are of a loss whose gradients do not depend on the weights.
DECAYING = {
    "AdamW": lambda opt: opt.AdamWOptimizer(0.01, 0.05),
    "MomentumW": lambda opt: opt.MomentumWOptimizer(0.01, 0.1, 0.8),
}
MADE = {
    "AdaMax": lambda opt: opt.AdaMaxOptimizer(0.05, 0.8, 0.9),
    "LazyAdam": lambda opt: opt.LazyAdamOptimizer(0.05),
    "Nadam": lambda opt: opt.NadamOptimizer(0.05),
}


def opt_of(library):
    return contrib.opt if library is tf else tf1.contrib.opt


@pytest.mark.parametrize("name", MADE)
def test_training_goes_as_in_contrib(name):
    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        return loss, MADE[name](opt_of(tf)).minimize(loss, **GATED)

    assert_trained_alike(model, batches())


@pytest.mark.parametrize("name", MADE)
def test_gathered_rows_move_as_in_contrib(name):
    def model(tf, ids, y):
        _, means = looked_up(tf, ids, y)
        loss = tf.reduce_mean(tf.square(means - y))
        return loss, MADE[name](opt_of(tf)).minimize(loss, **GATED)

    assert_trained_alike(model, words())


@pytest.mark.parametrize("some", [False, True])
@pytest.mark.parametrize("name", DECAYING)
def test_weights_decay_as_in_contrib(name, some):
    def model(tf, x, y):
        w, v = (tf.get_variable(n, [4, size], x.dtype) for n, size in (("w", 3), ("v", 1)))
        loss = tf.reduce_sum(w * x) + tf.reduce_sum(v * y)
        optimizer = DECAYING[name](opt_of(tf))
        pairs = optimizer.compute_gradients(loss)
        return (optimizer.apply_gradients(pairs, decay_var_list=[v] if some else None),)

    assert_trained_alike(model, batches())


@pytest.mark.parametrize("name", DECAYING)
def test_gathered_rows_decay_as_in_contrib(name):
    def model(tf, ids, y):
        _, means = looked_up(tf, ids, y)
        return (DECAYING[name](opt_of(tf)).minimize(tf.reduce_sum(means * y)),)

    assert_trained_alike(model, words())


def test_all_variables_decay_in_minimize_as_in_contrib():
    def model(tf, x, y):
        w, v = (tf.get_variable(n, [4, size], x.dtype) for n, size in (("w", 3), ("v", 1)))
        loss = tf.reduce_sum(w * x) + tf.reduce_sum(v * y)
        return (DECAYING["AdamW"](opt_of(tf)).minimize(loss, decay_var_list=[v]),)

    with pytest.warns(UserWarning, match="has no effect in TF1, nor here: all variables decay"):
        assert_trained_alike(model, batches())
