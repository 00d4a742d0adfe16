"""Batch normalization whose averages move where a model runs its UPDATE_OPS, beside TensorFlow."""

from functools import partial

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.comparing import assert_close
from tests.layers.beside import OF_OLD
from tests.optim.train.both import assert_trained_alike
from tests.slim.kit import OURS, THEIRS
from tests.tensorflow1 import tf
from torchscope import tf1

pytestmark = OF_OLD
CLIPPING = {"rmax": 1.5, "rmin": 0.7, "dmax": 0.5}


def batches(*shape, count=10, dtype="float32"):
    random = np.random.default_rng(3)
    return [
        (random.normal(1.0, 2.0, shape).astype(dtype), random.normal(size=shape).astype(dtype))
        for _ in range(count)
    ]


class Model:
    """Two towers with a batch normalization each, and a training step that runs some updates.

    Args:
        normalize: gets TensorFlow or `tf1` and a tensor.
        scope: the scope whose updates the training step waits for; '' for all, None for none.
        collection: the collection that holds them.
    """

    def __init__(self, normalize, scope, collection=ts.GraphKeys.UPDATE_OPS):
        self.normalize, self.scope, self.collection = normalize, scope, collection
        self.described = {}

    def __call__(self, api, x, y):
        for tower in ("generator", "discriminator"):
            with api.variable_scope(tower):
                ones = api.ones_initializer()
                scale = api.get_variable("scale", [x.shape[-1]], x.dtype, ones)
                x = self.normalize(api, api.tanh(x * scale))
        loss = api.reduce_mean(api.square(x - y))
        updates = api.get_collection(self.collection)
        described = [
            (each.name.removesuffix(":0"), getattr(each, "op", each).type) for each in updates
        ]
        self.described.setdefault(api, described)
        wanted = [] if self.scope is None else api.get_collection(self.collection, self.scope)
        with api.control_dependencies(wanted):
            return loss, api.train.GradientDescentOptimizer(0.1).minimize(loss)


def by_layers(**keywords):
    def normalize(api, x):
        return api.layers.batch_normalization(x, training=True, momentum=0.8, **keywords)

    return normalize


def by_slim(**keywords):
    def normalize(api, x):
        slim = (THEIRS if api is tf else OURS).slim
        return slim.batch_norm(x, decay=0.8, scale=True, **keywords)

    return normalize


WAYS = [
    pytest.param(by_layers(), (8, 3, 2, 5), id="fused"),
    pytest.param(by_layers(axis=-1, fused=False), (8, 3, 2, 5), id="images, not fused"),
    pytest.param(by_layers(name="bn"), (24, 5), id="vectors"),
    pytest.param(by_layers(axis=[1, 2]), (16, 2, 3), id="several axes"),
    pytest.param(by_layers(renorm=True, renorm_clipping=CLIPPING), (24, 5), id="renorm"),
    pytest.param(by_layers(trainable=False), (8, 3, 2, 5), id="not trainable"),
    pytest.param(by_layers(trainable=False, renorm=True), (24, 5), id="renorm, not trainable"),
    pytest.param(by_slim(), (8, 3, 2, 5), id="slim, fused"),
    pytest.param(by_slim(), (24, 5), id="slim, vectors, fused"),
    pytest.param(by_slim(fused=False), (24, 5), id="slim, vectors"),
    pytest.param(by_slim(renorm=True, renorm_clipping=CLIPPING), (24, 5), id="slim, renorm"),
    pytest.param(by_slim(zero_debias_moving_mean=True), (24, 5), id="slim, from zero, fused"),
    pytest.param(
        by_slim(zero_debias_moving_mean=True, fused=False), (8, 3, 2, 5), id="slim, from zero"
    ),
    pytest.param(by_slim(trainable=False), (24, 5), id="slim, not trainable"),
    pytest.param(by_slim(updates_collections=None), (24, 5), id="slim, at once"),
]
SOME_WAYS = [
    way for way in WAYS if way.id in {"fused", "vectors", "renorm", "slim, vectors, fused"}
]


def assert_moved_alike(model, *shape):
    """Ten steps give TensorFlow's variables, and the updates have its names and types."""
    ours = assert_trained_alike(model, batches(*shape), collect_updates=True)
    theirs, mine = model.described.values()
    assert mine == theirs
    return ours


@pytest.mark.parametrize(("normalize", "shape"), WAYS)
def test_a_training_step_moves_the_averages_of_the_scope_whose_updates_it_waits_for(
    normalize, shape
):
    assert_moved_alike(Model(normalize, "discriminator"), *shape)


@pytest.mark.parametrize("scope", ["", None])
@pytest.mark.parametrize(("normalize", "shape"), SOME_WAYS)
def test_a_training_step_moves_all_averages_or_none(normalize, shape, scope):
    ours = assert_moved_alike(Model(normalize, scope), *shape)
    averages = [v for name, v in ours.variables.items() if name.endswith("moving_mean")]
    assert all(average.any() == (scope == "") for average in averages)


@pytest.mark.parametrize("collections", [["mine"], ["mine", ts.GraphKeys.UPDATE_OPS], []])
def test_slim_puts_updates_into_the_collections_that_it_is_told(collections):
    normalize = by_slim(updates_collections=collections)
    assert_moved_alike(Model(normalize, "discriminator", "mine"), 24, 5)


def test_a_net_may_run_its_updates_on_some_steps_only():
    def model(api, x, y):
        h = api.layers.batch_normalization(api.tanh(x), training=True, momentum=0.8)
        updates = api.group(api.get_collection(api.GraphKeys.UPDATE_OPS))
        return api.reduce_mean(api.square(h - y)), updates

    steps = batches(24, 5)
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = [tf.placeholder(tf.float32, [24, 5]) for _ in range(2)]
        loss, updates = model(tf, *feeds)
        session.run(tf.global_variables_initializer())
        for number, batch in enumerate(steps):
            asked = [loss, updates] if number % 3 == 0 else [loss]
            session.run(asked, dict(zip(feeds, batch, strict=True)))
        expected = {v.op.name: session.run(v) for v in tf.global_variables()}
    net = ts.ScopedModule(partial(model, tf1), collect_updates=True)
    for number, batch in enumerate(steps):
        loss, updates = net(*map(torch.from_numpy, batch))
        if number % 3 == 0:
            updates.run()
        loss.backward()
    assert list(net.registry.variables) == list(expected)
    for name, value in expected.items():
        assert_close(net.registry.variables[name], value, 1e-6)


def test_a_block_that_waits_for_updates_reads_averages_that_have_moved():
    def model(api, x, y):
        h = api.layers.batch_normalization(x, training=True, momentum=0.5, name="bn")
        with api.control_dependencies(api.get_collection(api.GraphKeys.UPDATE_OPS)):
            y = api.layers.batch_normalization(y, training=False, name="bn", reuse=True)
        loss = api.reduce_mean(api.square(h - y))
        return loss, api.train.GradientDescentOptimizer(0.1).minimize(loss)

    assert_trained_alike(model, batches(24, 5), collect_updates=True)


def test_a_layer_that_is_called_twice_has_updates_of_each_call():
    def model(api, x, y):
        layer = api.layers.BatchNormalization(momentum=0.5)
        x, y = layer(x, training=True), layer(y, training=True)
        layer(x)
        seen.append([update.name for update in layer.updates])
        seen.append([each.name for each in api.get_collection(api.GraphKeys.UPDATE_OPS)])
        loss = api.reduce_mean(api.square(x - y))
        with api.control_dependencies(layer.updates[:2]):
            return loss, api.train.GradientDescentOptimizer(0.1).minimize(loss)

    seen = []
    assert_trained_alike(model, batches(8, 3, 2, 5), collect_updates=True)
    assert len(seen[0]) == 4
    assert all(names == seen[0] for names in seen)
