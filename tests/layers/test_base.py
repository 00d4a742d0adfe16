"""`layers.Layer`: names, sharing and scopes as tf.layers.Layer has them, on the first pass and later."""

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests.tensorflow1 import assert_refused_alike, tf
from torchscope.layers.base import to_snake_case

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def kit(api, layer):
    """The same layers over TensorFlow's base and over ours."""

    class Dense(layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.kernel = self.add_weight("kernel", [int(input_shape[-1]), self.units])
            self.bias = self.add_weight(
                "bias", [self.units], initializer=api.zeros_initializer(), trainable=True
            )
            super().build(input_shape)

        def call(self, inputs):
            return inputs @ self.kernel + self.bias

    class HTTPLayer2D(layer):
        def call(self, inputs):
            return inputs * api.get_variable("got", [1]) * api.Variable(1.0, name="made")

    class _Private(layer):
        def call(self, inputs, scope=None):
            seen.append(scope.name)
            return inputs * api.get_variable("got", [1])

    class Outer(layer):
        def build(self, input_shape):
            self.count = self.add_weight(
                "count", [], dtype=api.int32, trainable=False, initializer=api.zeros_initializer()
            )
            self.inner = Dense(2)
            self.built = True

        def call(self, inputs):
            scope = api.get_variable_scope()
            seen.append((scope.name, scope.reuse, scope.original_name_scope))
            return Dense(3)(self.inner(inputs))

    seen = []
    return SimpleNamespace(
        api=api,
        Dense=Dense,
        Http=HTTPLayer2D,
        Private=_Private,
        Outer=Outer,
        seen=seen,
        Layer=layer,
    )


@program
def default_names(k, x):
    a, b = k.Dense(3), k.Dense(4)
    named = k.Dense(2, name="k"), k.Dense(2, name="k")
    for layer in (b, a, *named, a):
        layer(x)
    return [(layer.name, layer.scope_name, layer.built) for layer in (a, b, *named)]


@program
def a_layer_keeps_the_scope_of_its_first_call(k, x):
    layer = k.Dense(3)
    with k.api.variable_scope("first"):
        layer(x)
    with k.api.variable_scope("second"):
        layer(x)
        k.Dense(3)(x)
    return layer.scope_name


@program
def names_of_classes(k, x):
    http, private = k.Http(), k.Private()
    for layer in (http, http, private, private, k.Http()):
        layer(x)
    return http.name, private.name, k.seen


@program
def layers_in_layers(k, x):
    outer = k.Outer()
    outer(x)
    outer(x)
    with k.api.variable_scope("o"):
        outer(x)
        k.Outer(name="mine")(x)
        k.Outer(_scope="yours")(x)
    return k.seen, [w.name for w in outer.weights], [w.name for w in outer.trainable_weights]


@program
def given_scopes(k, x):
    with k.api.variable_scope("a"):
        k.Dense(2, name="d", _scope="d")(x)
        k.Dense(2)(x)
    with k.api.variable_scope("a", reuse=True):
        k.Dense(2, name="d", _scope="d")(x)
    with k.api.variable_scope("b") as b:
        pass
    k.Dense(2, _scope=b)(x)
    k.Dense(2, name="d", _scope="d")(x)
    k.Dense(2, name="d", _scope="d", _reuse=True)(x)
    return k.api.get_variable_scope().name


@program
def reuse_in_scopes(k, x):
    for reuse in (None, True, k.api.AUTO_REUSE):
        with k.api.variable_scope("a", reuse=reuse):
            layer = k.Dense(2)
            layer(x)
            k.seen.append(layer.scope_name)
    k.Dense(2)(x)
    k.Dense(2, _reuse=True)(x)
    return k.seen


@program
def a_scope_as_the_name(k, x):
    with k.api.variable_scope("v") as scope:
        pass
    layer = k.Dense(2, name=scope)
    layer(x)
    return layer.name, layer.scope_name


@program
def built_before_it_is_called(k, x):
    layer = k.Dense(2)
    layer.build([None, 3])
    layer(x)
    return layer.scope_name, layer.built


@program
def layers_that_are_not_trained(k, x):
    frozen, late = k.Dense(2, trainable=False), k.Dense(2)
    frozen(x), late(x)
    late.trainable = False
    names = [[w.name for w in layer.trainable_weights] for layer in (frozen, late)]
    return names, [v.name for v in k.api.trainable_variables()], len(late.weights)


@program
def what_the_scope_hands_down(k, x):
    def doubled(getter, *args, **kwargs):
        k.seen.append(kwargs["name"])
        return getter(*args, **kwargs)

    with k.api.variable_scope("s", dtype=k.api.float64, custom_getter=doubled):
        layer = k.Dense(3)
        layer(x)
    return k.seen, str(layer.dtype)[-7:]


@program
def arrays(k, x):
    layer = k.Dense(3)
    layer(np.ones([2, 3]))
    return str(layer.dtype)[-7:]


@program
def name_scopes(k, x):
    layer = k.Http()
    with k.api.name_scope("tower"):
        layer(x)
        k.Http()(x)
    layer(x)
    return [v.name for v in k.api.global_variables()]


def names(api):
    return [(v.name, tuple(v.shape)) for v in api.global_variables()]


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_a_program_gives_tensorflows_names_on_every_pass(run):
    with tf.Graph().as_default():
        expected = run(kit(tf, tf.layers.Layer), tf.ones([2, 3])), names(tf)
    k = kit(torchscope.tf1, ts.layers.Layer)
    net = ts.ScopedModule(lambda x: (run(k, x), names(ts)))
    for _ in range(3):
        k.seen.clear()
        assert net(torch.ones(2, 3)) == expected


def layer_of(api, layer, spec, **kwargs):
    class Mine(layer):
        def __init__(self):
            super().__init__(**kwargs)
            self.input_spec = spec

        def call(self, inputs):
            return None

    return Mine()


@pytest.mark.parametrize(
    ("spec", "shape", "dtype"),
    [
        ({"ndim": 2}, [2, 3, 4], "float32"),
        ({"min_ndim": 3}, [2], "float32"),
        ({"max_ndim": 1}, [2, 2], "float32"),
        ({"axes": {-1: 3}}, [2, 2], "float32"),
        ({"shape": [2, 3]}, [2, 2], "float32"),
        ({"dtype": "float32"}, [2, 2], "float64"),
        ({}, [2, 2], "float64"),
    ],
)
def test_what_a_layer_does_not_expect_is_refused_as_in_tensorflow(spec, shape, dtype):
    def run(x):
        return layer_of(ts, ts.layers.Layer, ts.layers.InputSpec(**spec), name="mine")(x)

    net = ts.ScopedModule(run)
    assert_refused_alike(
        lambda: layer_of(tf, tf.layers.Layer, tf.layers.InputSpec(**spec), name="mine")(
            tf.ones(shape, dtype)
        ),
        lambda: net(torch.ones(shape, dtype=getattr(torch, dtype))),
    )
    assert net.registry.variables == {}


def test_a_refusal_names_the_scope():
    layer = layer_of(ts, ts.layers.Layer, ts.layers.InputSpec(ndim=2), name="mine")
    with ts.variable_scope("model"), pytest.raises(ValueError, match="scope is 'model/mine'"):
        layer(torch.ones(2))


def test_a_layer_that_was_not_called_has_no_scope_name():
    assert_refused_alike(
        lambda: tf.layers.Layer(name="a").scope_name, lambda: ts.layers.Layer(name="a").scope_name
    )


def test_two_layers_of_one_given_scope_are_refused_as_in_tensorflow():
    def twice(api, layer, x):
        k = kit(api, layer)
        for _ in range(2):
            k.Dense(2, _scope="d")(x)

    net = ts.ScopedModule(lambda x: twice(torchscope.tf1, ts.layers.Layer, x))
    for _ in range(2):
        assert_refused_alike(
            lambda: twice(tf, tf.layers.Layer, tf.ones([2, 3])), lambda: net(torch.ones(2, 3))
        )


def test_a_layer_that_is_kept_finds_its_variables_in_every_pass():
    k = kit(torchscope.tf1, ts.layers.Layer)
    layer, outer = k.Dense(2), k.Outer()

    def model(x):
        with ts.variable_scope("model"):
            return outer(layer(x)) + outer(layer(x)).sum()

    net = ts.ScopedModule(model)
    x = torch.ones(2, 3)
    first = net(x)
    before = list(net.registry.variables)
    assert before == [
        *("model/dense/kernel", "model/dense/bias", "model/outer/count"),
        *("model/outer/dense/kernel", "model/outer/dense/bias"),
        *("model/outer/dense_1/kernel", "model/outer/dense_1/bias"),
    ]
    assert torch.equal(net(x), first)
    assert list(net.registry.variables) == before
    other = ts.ScopedModule(model)
    other(x)
    assert list(other.registry.variables) == before
    assert other.registry.variables[before[0]] is not net.registry.variables[before[0]]


def test_a_kept_layer_makes_variables_in_another_net_and_refuses_other_channels_as_in_tensorflow():
    layer = ts.layers.Conv2D(4, 1, name="conv")
    one, other, wider = (ts.ScopedModule(layer) for _ in range(3))
    x, wide = torch.randn(1, 2, 2, 3), torch.randn(1, 2, 2, 5)
    first = one(x)
    other(x)
    assert list(other.registry.variables) == ["conv/kernel", "conv/bias"]
    assert other.registry.variables["conv/kernel"] is not one.registry.variables["conv/kernel"]

    def in_another_graph():
        its = tf.layers.Conv2D(4, 1, name="conv")
        with tf.Graph().as_default():
            its(tf.constant(x.numpy()))
        with tf.Graph().as_default():
            its(tf.constant(wide.numpy()))

    with pytest.raises(ValueError) as theirs:
        in_another_graph()
    with pytest.raises(ValueError) as ours:
        wider(wide)
    assert str(theirs.value) in str(ours.value)
    assert not wider.registry.variables
    assert torch.equal(one(x), first)


def test_a_weight_that_is_asked_for_elsewhere_is_the_layers_all_the_same():
    class Elsewhere(ts.layers.Layer):
        def build(self, input_shape):
            with ts.variable_scope("inner", regularizer=ts.l2_regularizer(1.0)), ts.name_scope("n"):
                self.scale = self.add_weight("scale", [3])
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.scale

    net = ts.ScopedModule(Elsewhere(name="layer"))
    for _ in range(2):
        net(torch.ones(2, 3))
        assert [v.name for v in net.registry.variables.values()] == ["layer/scale:0"]
        assert net.registry.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES) == []


def test_a_layers_regularizer_and_its_scopes_both_count():
    half = ts.l2_regularizer(1.0)

    class Weight(ts.layers.Layer):
        def build(self, input_shape):
            self.add_weight("w", [2], initializer=ts.ones_initializer(), regularizer=half)

    with ts.variable_scope("s", regularizer=half):
        Weight()(torch.ones(1))
    with ts.variable_scope("s", reuse=True):
        Weight()(torch.ones(1))
    Weight()(torch.ones(1))
    assert [v.item() for v in ts.get_collection(ts.GraphKeys.REGULARIZATION_LOSSES)] == [2.0, 1.0]


def test_pieces_are_weights_of_their_own():
    class Table(ts.layers.Layer):
        def build(self, input_shape):
            self.table = self.add_weight("t", [4, 2], partitioner=ts.fixed_size_partitioner(2))
            super().build(input_shape)

        def call(self, inputs):
            return inputs @ self.table

    table = Table()
    assert table(torch.ones(3, 4)).shape == (3, 2)
    assert [w.name for w in table.weights] == ["table/t/part_0:0", "table/t/part_1:0"]


class Kept(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)
        self.layer = Scale(name="scale")

    def forward(self, x):
        return self.layer(x)


class Scale(ts.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight("w", [input_shape[-1]])
        super().build(input_shape)

    def call(self, inputs):
        return inputs * self.w


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_net_that_keeps_a_layer_copies_and_pickles(again):
    net = Kept()
    x = torch.ones(2, 3)
    expected = net(x)
    # What functional_call puts in place has a graph, and must not stay behind in the layer.
    torch.func.functional_call(net, {"scale.w": 2 * net.scale.w}, (x,))
    twin = again(net)
    assert torch.equal(twin(x), expected)
    assert twin.layer.w is twin.scopes.variables["scale/w"] is not net.scopes.variables["scale/w"]


def test_a_layer_runs_again_in_backward():
    k = kit(torchscope.tf1, ts.layers.Layer)
    net = ts.ScopedModule(lambda x: ts.recompute(lambda x: k.Dense(2)(k.Dense(3)(x)), x))
    plain = ts.ScopedModule(lambda x: k.Dense(2)(k.Dense(3)(x)))
    net(torch.ones(2, 3)), plain(torch.ones(2, 3))
    plain.load_state_dict(net.state_dict())
    for each in (net, plain):
        each(torch.ones(2, 3)).square().sum().backward()
    for mine, its in zip(net.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, its.grad)


@pytest.mark.parametrize(
    "name", ["Dense", "Conv2DTranspose", "BasicLSTMCell", "_Mine", "HTTPLayer2D", "GRUCell", "A1b"]
)
def test_a_class_gives_the_name_that_tensorflow_gives(name):
    with tf.Graph().as_default():
        layer = type(name, (tf.layers.Layer,), {"call": lambda self, x: x})()
        layer(tf.ones([1]))
        assert to_snake_case(name) == layer.scope_name
