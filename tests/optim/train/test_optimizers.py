"""tf.train's optimizers in a model function, beside TensorFlow's: names, slots and numbers."""

import copy
import pickle

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.optim.train.both import assert_trained_alike
from torchscope import tf1

STEPS = 12
# TensorFlow may move a variable before all gradients are computed that its value is in, unless it is told.
GATED = {"gate_gradients": 2}


def batches(steps=STEPS, dtype="float64"):
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
    "Adagrad": lambda tf: tf.train.AdagradOptimizer(0.1, 0.3),
    "AdagradDA": lambda tf: tf.train.AdagradDAOptimizer(
        0.1, tf.train.get_or_create_global_step(), 0.2, 1e-3, 1e-2
    ),
    "Adadelta": lambda tf: tf.train.AdadeltaOptimizer(1.0, 0.8, 1e-4),
    "Ftrl": lambda tf: tf.train.FtrlOptimizer(
        0.1, -0.6, 0.2, 1e-3, 1e-2, accum_name="sum", l2_shrinkage_regularization_strength=1e-3
    ),
    "ProximalGradientDescent": lambda tf: tf.train.ProximalGradientDescentOptimizer(
        0.1, 1e-2, 1e-2
    ),
    "ProximalAdagrad": lambda tf: tf.train.ProximalAdagradOptimizer(0.1, 0.2, 1e-2, 1e-2),
    "a tensor as rate": lambda tf: tf.train.AdamOptimizer(tf.constant(0.05)),
    "a function as rate": lambda tf: tf.train.AdamOptimizer(lambda: 0.05),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_as_in_tensorflow(name, dtype):
    if name.startswith("Proximal"):
        # TensorFlow takes float64 there only of variables of float32.
        dtype = "float32"

    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        step = tf.train.get_or_create_global_step()
        return loss, OPTIMIZERS[name](tf).minimize(loss, global_step=step, **GATED)

    assert_trained_alike(model, batches(dtype=dtype))


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
            d_op = tf.train.AdamOptimizer(0.1).minimize(d_loss, var_list=of[0], **GATED)
            with tf.control_dependencies([d_op]):
                g_op = tf.train.AdamOptimizer(0.1, name="G").minimize(
                    g_loss * 1.0, var_list=of[1], **GATED
                )
        # What the second is computed of is from before the first.
        return d_loss, g_loss, tf.group(d_op) if tf is tf1 else d_op, g_op

    def only_first(tf, x, y):
        d_loss, g_loss, d_op, _ = model(tf, x, y)
        return d_loss, g_loss, d_op

    assert_trained_alike(only_first, batches())


# Rows that are gathered


def words(steps=STEPS, dtype="float64"):
    random = np.random.default_rng(1)
    return [
        (
            random.integers(0, 7, (4, 3)).astype("int32"),
            random.normal(size=(4, 2)).astype(dtype),
        )
        for _ in range(steps)
    ]


def looked_up(tf, ids, y):
    table = tf.get_variable(
        "table", [9, 2], y.dtype, initializer=tf.random_normal_initializer(seed=1, dtype=y.dtype)
    )
    return table, tf.reduce_mean(tf.nn.embedding_lookup(table, ids), axis=1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_without_gradients_stay_as_they_do_in_tensorflow(name):
    def model(tf, ids, y):
        _, means = looked_up(tf, ids, y)
        loss = tf.reduce_mean(tf.square(means - y))
        step = tf.train.get_or_create_global_step()
        return loss, OPTIMIZERS[name](tf).minimize(loss, global_step=step, **GATED)

    # TensorFlow takes Python's numbers there only for variables of float32.
    dtype = "float32" if name.startswith("Proximal") else "float64"
    assert_trained_alike(model, words(dtype=dtype))


def test_a_table_that_is_used_otherwise_too_has_a_whole_gradient():
    def model(tf, ids, y):
        table, means = looked_up(tf, ids, y)
        loss = tf.reduce_mean(tf.square(tf.matmul(means, table, transpose_b=True)))
        return loss, tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, **GATED)

    assert_trained_alike(model, words())


def test_rows_that_are_gathered_twice_weigh_twice_in_a_norm():
    def model(tf, ids, y):
        table, means = looked_up(tf, ids, y)
        more = tf.gather(table, ids[:, 0]) * tf.get_variable("scale", [], y.dtype)
        loss = tf.reduce_sum(tf.square(means - y)) + tf.reduce_sum(more * y)
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, variables)
        assert isinstance(gradients[0], tf.IndexedSlices)
        clipped, norm = tf.clip_by_global_norm(gradients, 0.5)
        optimizer = tf.train.AdamOptimizer(0.1)
        return norm, optimizer.apply_gradients(zip(clipped, variables, strict=False))

    assert_trained_alike(model, words())


# What a model function does with gradients before they are applied


def test_gradients_that_are_computed_clipped_and_applied():
    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        optimizer = tf.train.RMSPropOptimizer(0.05, momentum=0.5)
        pairs = optimizer.compute_gradients(loss)
        assert [v.op.name for g, v in pairs if g is None] == ["unused"]
        clipped = [(tf.clip_by_norm(g, 0.3), v) for g, v in pairs if g is not None]
        return loss, optimizer.apply_gradients(clipped, global_step=tf.train.create_global_step())

    assert_trained_alike(model, batches())


def test_a_constraint_is_applied_after_each_step():
    def model(tf, x, y):
        w = tf.get_variable(
            "w", [3, 1], constraint=lambda v: tf.clip_by_value(v, -0.1, 0.1), dtype=x.dtype
        )
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
        return loss, tf.train.GradientDescentOptimizer(0.5).minimize(loss, **GATED)

    ours = assert_trained_alike(model, batches())
    assert np.abs(ours.variables["w"]).max() <= np.float32(0.1)


def test_a_weighted_loss_of_several_elements_is_summed_as_in_tensorflow():
    def model(tf, x, y):
        loss = tf.square(tf.matmul(x, tf.get_variable("w", [3, 1], x.dtype)) - y)
        op = tf.train.GradientDescentOptimizer(0.02).minimize(
            loss, grad_loss=tf.constant([[1.0], [2.0], [0.0], [3.0]], y.dtype), **GATED
        )
        return loss, op

    assert_trained_alike(model, batches())


# Operations in order


def test_what_waits_for_a_train_op_moves_nothing_before_it_runs():
    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        step = tf.train.create_global_step()
        apply = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=step, **GATED)
        with tf.control_dependencies([apply]):
            return loss, tf.no_op(name="train")

    ours = assert_trained_alike(model, batches())
    before = {name: v.clone() for name, v in ours.net.registry.variables.items()}
    _, train_op = ours.net(*map(torch.from_numpy, batches()[0]))
    assert train_op.name == "train"
    assert all(torch.equal(v, before[name]) for name, v in ours.net.registry.variables.items())
    train_op.run()
    assert ours.net.registry.variables["global_step"].item() == STEPS + 1


def test_averages_that_a_block_makes_begin_where_variables_were_before_it():
    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        update = tf.train.AdamOptimizer(0.1).minimize(loss)
        with tf.control_dependencies([update]):
            average = tf.train.ExponentialMovingAverage(0.9)
            return loss, average.apply(tf.trainable_variables())

    assert_trained_alike(model, batches())
    net = ts.ScopedModule(lambda x, y: model(tf1, x, y))
    net(*map(torch.from_numpy, batches()[0]))
    variables = net.registry.variables
    assert torch.equal(
        variables["hidden/kernel/ExponentialMovingAverage"], variables["hidden/kernel"]
    )


def test_a_block_that_reads_what_moves_reads_it_moved():
    def model(tf, x, y):
        w = tf.get_variable("w", [3, 1], x.dtype)
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
        apply = tf.train.GradientDescentOptimizer(0.5).minimize(loss, **GATED)
        with tf.control_dependencies([apply]):
            moved = tf.reduce_sum(tf.abs(w + 0.0 if tf is tf1 else w.read_value()))
        return loss, moved, tf.no_op() if tf is tf1 else tf.group(moved.op)

    assert_trained_alike(model, batches())


def test_a_block_that_builds_tensors_alone_runs_what_it_waits_for():
    def model(x):
        w = ts.get_variable("w", initializer=1.0)
        loss = w * x
        with tf1.control_dependencies(
            [tf1.train.GradientDescentOptimizer(0.5).minimize(loss, **GATED)]
        ):
            return tf1.identity(loss)

    net = ts.ScopedModule(model)
    net(torch.tensor(1.0))
    assert net.registry.variables["w"].item() == 0.5


def test_operations_of_a_chain_run_in_their_order():
    def model(tf, x, y):
        with tf.variable_scope("a"):
            first = loss_of(tf, x, y)
        with tf.variable_scope("b"):
            second = loss_of(tf, x, y)
        of = [tf.trainable_variables(scope) for scope in "ab"]
        one = tf.train.AdamOptimizer(0.1).minimize(first, var_list=of[0], **GATED)
        with tf.control_dependencies([one]):
            two = tf.train.AdamOptimizer(0.2).minimize(second, var_list=of[1], **GATED)
        return first, second, two

    assert_trained_alike(model, batches())


# Optimizers of people's own


def test_an_optimizer_of_ones_own_runs_as_in_tensorflow():
    def made(tf):
        class Own(tf.train.Optimizer):
            def __init__(self, rate, decay=0.9, name="Own"):
                super().__init__(False, name)
                self._rate, self._decay = rate, decay

            def _create_slots(self, var_list):
                for v in var_list:
                    self._zeros_slot(v, "m", self._name)
                    self._get_or_make_slot(
                        v,
                        tf.ones_like(v) * 2.0 if tf is not tf1 else torch.full_like(v, 2.0),
                        "s",
                        "second",
                    )
                self._create_non_slot_variable(0.5, "power", var_list[0])

            def _prepare(self):
                self._rate_t = tf.convert_to_tensor(self._rate)

            def _apply_dense(self, grad, var):
                m, s = self.get_slot(var, "m"), self.get_slot(var, "s")
                m_t = tf.assign(m, self._decay * m + (1 - self._decay) * grad)
                s_t = tf.assign(s, self._decay * s + tf.square(grad))
                power = self._get_non_slot_variable("power", getattr(var, "graph", None))
                moved = tf.assign_sub(var, self._rate_t * power * m_t / tf.sqrt(s_t))
                return tf.group(moved, m_t, s_t)

            def _finish(self, update_ops, name_scope):
                with tf.control_dependencies(update_ops):
                    power = self._get_non_slot_variable("power", tf.get_default_graph())
                    return tf.group(*update_ops, power.assign(power * 0.9), name=name_scope)

        return Own(0.5)

    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        optimizer = made(tf)
        op = optimizer.minimize(loss, **GATED)
        assert optimizer.get_slot_names() == ["m", "s"]
        assert next(v.op.name for v in optimizer.variables()) == "hidden/bias/Own"
        return loss, op

    assert_trained_alike(model, batches(dtype="float32"))


def test_a_subclass_that_changes_a_gradient_of_ours():
    def made(tf):
        class Decayed(tf.train.AdamOptimizer):
            def _apply_dense(self, grad, var):
                return super()._apply_dense(grad + 0.1 * var, var)

        return Decayed(0.05)

    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        return loss, made(tf).minimize(loss, **GATED)

    assert_trained_alike(model, batches())


def test_an_apply_gradients_of_ones_own_waits_until_it_is_run():
    def made(tf):
        class Own(tf.train.Optimizer):
            def __init__(self):
                super().__init__(False, "Own")

            def apply_gradients(self, grads_and_vars, global_step=None, name=None):
                assignments = []
                for grad, v in grads_and_vars:
                    if grad is None:
                        continue
                    m = tf.get_variable(
                        v.op.name + "/m", v.shape.as_list() if tf is not tf1 else list(v.shape), trainable=False,
                        initializer=tf.zeros_initializer(),
                    )  # fmt: skip
                    next_m = 0.9 * m + grad
                    assignments += [v.assign(v - 0.1 * next_m), m.assign(next_m)]
                return tf.group(*assignments, name=name)

        return Own()

    def model(tf, x, y):
        loss = loss_of(tf, x, y)
        return loss, made(tf).minimize(loss, **GATED)

    ours = assert_trained_alike(model, batches(dtype="float32"))
    before = {name: v.clone() for name, v in ours.net.registry.variables.items()}
    ours.net(*map(torch.from_numpy, batches(dtype="float32")[0]))
    assert all(torch.equal(v, before[name]) for name, v in ours.net.registry.variables.items())


@pytest.mark.parametrize("how", ["a group", "one waits for the other"])
def test_operations_that_run_together_take_gradients_of_the_same_weights(how):
    def losses(tf, x, y):
        with tf.variable_scope("generator"):
            made = tf.layers.dense(y, 3, name="g")
        with tf.variable_scope("discriminator"):
            real, fake = (
                tf.layers.dense(each, 1, name="d", reuse=tf.AUTO_REUSE) for each in (x, made)
            )
        return tf.reduce_mean(tf.square(real - 1) + tf.square(fake)), tf.reduce_mean(
            tf.square(fake - 1)
        )

    def model(tf, x, y):
        d_loss, g_loss = losses(tf, x, y)
        of = [tf.trainable_variables(scope) for scope in ("discriminator", "generator")]
        optimizers = [tf.train.GradientDescentOptimizer(0.1) for _ in of]
        if tf is not tf1:
            # Gradients of the same forward, before anything moves.
            pairs = [
                [(tf.identity(g), v) for g, v in o.compute_gradients(loss, var_list=variables)]
                for o, loss, variables in zip(optimizers, (d_loss, g_loss), of, strict=True)
            ]
            with tf.control_dependencies([g for each in pairs for g, _ in each]):
                return (
                    d_loss,
                    g_loss,
                    tf.group(
                        *[o.apply_gradients(p) for o, p in zip(optimizers, pairs, strict=True)]
                    ),
                )
        d_op = optimizers[0].minimize(d_loss, var_list=of[0])
        with tf.control_dependencies([d_op] if how != "a group" else []):
            g_op = optimizers[1].minimize(g_loss, var_list=of[1])
        return d_loss, g_loss, tf.group(d_op, tf.group(g_op)) if how == "a group" else g_op

    assert_trained_alike(model, batches())


def halving(x):
    class Halving(tf1.train.Optimizer):
        def apply_gradients(self, grads_and_vars, global_step=None, name=None):
            seen = tf1.get_variable(
                "seen", [], initializer=tf1.zeros_initializer(), trainable=False
            )
            return tf1.group(*(v.assign(v * 0.5) for _, v in grads_and_vars), seen.assign_add(1.0))

    return Halving(False, "Halving").minimize(x * ts.get_variable("w", initializer=8.0))


def test_a_net_that_makes_the_class_of_its_optimizer_can_be_copied_and_pickled():
    net = ts.ScopedModule(halving)
    for _ in range(2):
        net(torch.tensor(1.0)).run()
    # What was learned in the first pass serves the others.
    assert len(net.registry.experience.asked) == 1
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        twin(torch.tensor(1.0)).run()
        values = {name: v.item() for name, v in twin.registry.variables.items()}
        assert values == {"w": 1.0, "seen": 3.0}
