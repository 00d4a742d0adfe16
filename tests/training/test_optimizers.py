"""tf.train's optimizers in a model function, beside TensorFlow's: names, slots and numbers."""

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.training.both import assert_trained_alike
from torchscope import tf1

STEPS = 12


def batches(steps=STEPS, dtype="float32"):
    random = np.random.default_rng(0)
    return [
        (random.normal(size=(4, 3)).astype(dtype), random.normal(size=(4, 1)).astype(dtype))
        for _ in range(steps)
    ]


def loss_of(tf, x, y):
    hidden = tf.layers.dense(x, 5, tf.nn.tanh, name="hidden")
    tf.get_variable("unused", [2], dtype=x.dtype)
    return tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1, name="out") - y))


OPTIMIZERS = {
    "GradientDescent": lambda tf: tf.train.GradientDescentOptimizer(0.1),
    "Momentum": lambda tf: tf.train.MomentumOptimizer(0.1, 0.9),
    "Nesterov": lambda tf: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True, name="N"),
    "Adam": lambda tf: tf.train.AdamOptimizer(0.01, 0.8, 0.99, 1e-3),
    "RMSProp": lambda tf: tf.train.RMSPropOptimizer(0.01, 0.8, 0.5),
    "centered": lambda tf: tf.train.RMSPropOptimizer(0.01, centered=True, epsilon=1e-3),
    "a tensor as rate": lambda tf: tf.train.AdamOptimizer(tf.constant(0.05)),
    "a function as rate": lambda tf: tf.train.AdamOptimizer(lambda: 0.05),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_as_in_tensorflow(name, dtype):
    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        return loss, OPTIMIZERS[name](tf).minimize(loss, global_step=tf.train.create_global_step())

    assert_trained_alike(model, batches(dtype=dtype), 2e-5 if dtype == "float32" else 1e-10)


def test_two_optimizers_of_a_pass_train_their_own_scopes():
    def model(tf, x, y):
        with tf.variable_scope("generator"):
            made = tf.layers.dense(y, 3, name="g")
        with tf.variable_scope("discriminator"):
            real = tf.layers.dense(x, 1, name="d")
            fake = tf.layers.dense(made, 1, name="d", reuse=True)
        d_loss = tf.reduce_mean(tf.square(real - 1) + tf.square(fake))
        g_loss = tf.reduce_mean(tf.square(fake - 1))
        of = [tf.trainable_variables(scope) for scope in ("discriminator", "generator")]
        with tf.variable_scope("train"):
            d_op = tf.train.AdamOptimizer(0.1).minimize(d_loss, var_list=of[0])
            with tf.control_dependencies([d_op]):
                g_op = tf.train.AdamOptimizer(0.1, name="G").minimize(g_loss * 1.0, var_list=of[1])
        # What the second is computed of is from before the first.
        return d_loss, g_loss, tf.group(d_op) if tf is tf1 else d_op, g_op

    def only_first(tf, x, y):
        d_loss, g_loss, d_op, _ = model(tf, x, y)
        return d_loss, g_loss, d_op

    assert_trained_alike(only_first, batches())


# Rows that are gathered


def words(steps=STEPS):
    random = np.random.default_rng(1)
    return [
        (random.integers(0, 7, (4, 3)).astype("int32"), random.normal(size=(4, 2)).astype("float32"))
        for _ in range(steps)
    ]


def looked_up(tf, ids):
    table = tf.get_variable("table", [9, 2], initializer=tf.random_normal_initializer(seed=1))
    return table, tf.reduce_mean(tf.nn.embedding_lookup(table, ids), axis=1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_without_gradients_stay_as_they_do_in_tensorflow(name):
    def model(tf, ids, y):
        _, means = looked_up(tf, ids)
        loss = tf.reduce_mean(tf.square(means - y))
        return loss, OPTIMIZERS[name](tf).minimize(loss)

    assert_trained_alike(model, words())


def test_a_table_that_is_used_otherwise_too_has_a_whole_gradient():
    def model(tf, ids, y):
        table, means = looked_up(tf, ids)
        loss = tf.reduce_mean(tf.square(tf.matmul(means, table, transpose_b=True)))
        return loss, tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)

    assert_trained_alike(model, words())


def test_rows_that_are_gathered_twice_weigh_twice_in_a_norm():
    def model(tf, ids, y):
        table, means = looked_up(tf, ids)
        more = tf.gather(table, ids[:, 0]) * tf.get_variable("scale", initializer=2.0)
        loss = tf.reduce_sum(tf.square(means - y)) + tf.reduce_sum(more * y)
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, variables)
        assert isinstance(gradients[0], tf.IndexedSlices)
        clipped, norm = tf.clip_by_global_norm(gradients, 0.5)
        optimizer = tf.train.AdamOptimizer(0.1)
        return norm, optimizer.apply_gradients(zip(clipped, variables))

    assert_trained_alike(model, words())
