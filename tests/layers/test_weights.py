"""What a layer counts among its weights, and regularizes, follows what the scope's getter did."""

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.slim
import torchscope.tf1
from tests.layers.beside import OF_OLD
from tests.tensorflow1 import assert_refused_alike, import_slim, tf

tf_slim = import_slim()
pytestmark = OF_OLD


def frozen(getter, *args, **kwargs):
    return getter(*args, **{**kwargs, "trainable": False})


def doubled(getter, *args, **kwargs):
    return getter(*args, **kwargs) * 2


def unregularized(getter, *args, **kwargs):
    return getter(*args, **{**kwargs, "regularizer": None})


GETTERS = [None, frozen, doubled, unregularized]


class Theirs:
    api, slim, Layer = tf, tf_slim, tf.layers.Layer
    Variable, ones, l2 = tf.Variable, staticmethod(tf.ones), staticmethod(tf_slim.l2_regularizer)
    on_read = tf.VariableSynchronization.ON_READ


class Ours:
    api, slim, Layer = torchscope.tf1, ts.slim, ts.layers.Layer
    Variable, ones, l2 = ts.Variable, staticmethod(torch.ones), staticmethod(ts.l2_regularizer)
    on_read = ts.VariableSynchronization.ON_READ


def named(kit, weights):
    """The names of variables; what was computed has none."""
    return [w.name if isinstance(w, kit.Variable) else "computed" for w in weights]


def told(kit, layer):
    """All that a layer says of its weights."""
    return {
        what: named(kit, getattr(layer, what))
        for what in (
            "trainable_weights",
            "trainable_variables",
            "non_trainable_weights",
            "non_trainable_variables",
            "weights",
            "variables",
        )
    }


def assert_alike(program):
    """A program tells the same of its weights, and has the same losses, in every pass."""
    with tf.Graph().as_default(), tf.Session() as session:
        expected = program(Theirs)
        losses = tf.get_collection("regularization_losses")
        session.run(tf.global_variables_initializer())
        losses = session.run(losses)
    net = ts.ScopedModule(lambda: program(Ours))
    for _ in range(3):
        assert net() == expected
        ours = [each.item() for each in net.registry.get_collection("regularization_losses")]
        np.testing.assert_allclose(sum(ours), np.sum(losses), rtol=1e-6)
    return expected


def weighty(kit, **how):
    """A layer with one weight, made as `how` says."""

    class Weighty(kit.Layer):
        def build(self, input_shape):
            self.w = self.add_weight("w", [2], initializer=kit.api.ones_initializer(), **how)
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.w

    return Weighty


@pytest.mark.parametrize("getter", GETTERS)
@pytest.mark.parametrize("trainable", [True, False])
def test_weights_are_what_a_getter_left_trainable(getter, trainable):
    def program(kit):
        api, x = kit.api, kit.ones([2, 3])
        with api.variable_scope("net", custom_getter=getter):
            dense = api.layers.Dense(4, trainable=trainable)
            dense(x), dense(x)
            mixed = weighty(kit)(name="mixed"), weighty(kit, trainable=False)(name="fixed")
            for layer in mixed:
                layer(kit.ones([1, 2]))
        return [told(kit, layer) for layer in (dense, *mixed)]

    assert_alike(program)


def test_batch_normalization_under_a_getter_that_freezes_trains_nothing():
    def program(kit):
        with kit.api.variable_scope("net", custom_getter=frozen):
            layer = kit.api.layers.BatchNormalization()
            layer(kit.ones([2, 3]), training=True)
        return told(kit, layer)

    assert assert_alike(program)["trainable_weights"] == []


def test_a_variable_that_was_made_untrained_elsewhere_is_none_of_the_trained():
    def program(kit):
        with kit.api.variable_scope("net"):
            kit.api.get_variable("w", [2], trainable=False)
        layer = weighty(kit)(_scope="net", _reuse=True)
        layer(kit.ones([1, 2]))
        return told(kit, layer)

    assert assert_alike(program)["trainable_weights"] == []


@pytest.mark.parametrize("trainable", [None, False])
def test_what_is_synchronized_on_read_is_not_trained(trainable):
    def program(kit):
        layer = weighty(kit, trainable=trainable, synchronization=kit.on_read)()
        layer(kit.ones([1, 2]))
        return told(kit, layer), named(kit, kit.api.trainable_variables())

    assert assert_alike(program)[1] == []
    assert not list(ts.ScopedModule(lambda: program(Ours)).parameters())


def test_what_is_synchronized_on_read_cannot_be_trained():
    def refused(kit):
        layer = weighty(kit, trainable=True, synchronization=kit.on_read)()
        return lambda: layer(kit.ones([1, 2]))

    assert_refused_alike(refused(Theirs), refused(Ours))
    assert ts.global_variables() == []


@pytest.mark.parametrize("getter", GETTERS)
@pytest.mark.parametrize("of_scope", [False, True])
@pytest.mark.parametrize("slim", [False, True])
def test_a_regularizer_is_of_what_the_layer_computes_with(getter, of_scope, slim):
    def program(kit):
        api, x, l2 = kit.api, kit.ones([2, 3]), kit.l2(1.0)
        ones = api.ones_initializer()
        for reuse in (False, True):
            with api.variable_scope(
                "net",
                reuse=reuse,
                custom_getter=getter,
                regularizer=kit.l2(0.5) if of_scope else None,
            ):
                if slim:
                    kit.slim.fully_connected(
                        x, 4, weights_initializer=ones, weights_regularizer=l2, scope="layer"
                    )
                else:
                    api.layers.dense(
                        x, 4, kernel_initializer=ones, kernel_regularizer=l2, name="layer"
                    )

    assert_alike(program)


def test_the_loss_of_what_a_getter_computed_is_found_by_its_scope_and_may_be_none():
    def program(kit):
        with kit.api.variable_scope("net", custom_getter=doubled):
            layer = kit.api.layers.Dense(
                4,
                kernel_initializer=kit.api.ones_initializer(),
                kernel_regularizer=kit.l2(1.0),
                bias_regularizer=lambda _: None,
            )
            layer(kit.ones([2, 3]))
        return [
            len(kit.api.get_collection("regularization_losses", scope))
            for scope in (None, "net", "net/dense/kernel/Regularizer", "other")
        ]

    assert assert_alike(program) == [1, 1, 1, 0]


def test_a_loss_of_what_a_getter_computed_reaches_the_variable():
    def run():
        with ts.variable_scope("net", custom_getter=doubled):
            ts.layers.dense(torch.ones(2, 3), 4, kernel_regularizer=ts.l2_regularizer(1.0))

    net = ts.ScopedModule(run)
    net()
    (loss,) = net.registry.get_collection("regularization_losses")
    kernel = net.registry.variables["net/dense/kernel"]
    (gradient,) = torch.autograd.grad(loss, kernel)
    assert torch.equal(gradient, 4 * kernel)


def test_pieces_are_trained_unless_a_getter_froze_them():
    for getter in (None, frozen):
        with ts.variable_scope(
            "net",
            custom_getter=getter,
            partitioner=ts.fixed_size_partitioner(3),
            reuse=ts.AUTO_REUSE,
        ):
            layer = ts.layers.Dense(4, name=f"dense_{getter is None}")
            layer(torch.ones(2, 3))
        assert len(layer.trainable_weights) == (6 if getter is None else 0)
        assert len(layer.weights) == 6


def test_what_a_getter_computed_is_regularized_in_a_compiled_net_too():
    def run(x):
        with ts.variable_scope("net", custom_getter=doubled):
            y = ts.layers.dense(x, 4, kernel_regularizer=ts.l2_regularizer(1.0))
        return y, sum(ts.get_collection("regularization_losses"))

    net, x = ts.ScopedModule(run), torch.ones(2, 3)
    expected = net(x)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), expected)
