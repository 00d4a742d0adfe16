"""Gradients in a model function: TensorFlow's values, None where TensorFlow has none, and again."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import numbers
from tests.tensorflow1 import assert_refused_alike, tf

X, Y = numbers(3), numbers(3, seed=1)


def leaves(tf):
    if tf is ours:
        return [torch.tensor(each, requires_grad=True) for each in (X, Y)]
    return [tf.constant(each) for each in (X, Y)]


def on_leaves(function):
    return lambda tf: function(tf, *leaves(tf))


def through(tf, **kwargs):
    x, y = leaves(tf)
    middle = x * x
    stops = {name: middle if value == "middle" else value for name, value in kwargs.items()}
    return tf.gradients([middle * y, tf.tanh(middle)], [x, y, middle], **stops)


def twice(tf):
    x, y = leaves(tf)
    first = tf.gradients(x * x * y, [x, y])
    penalty = tf.gradients(first[0] * first[0], [x, y])
    return [*first, *penalty, *tf.gradients(first[1], [y, x])]


def custom(tf, second=False):
    @tf.custom_gradient
    def function(x, y):
        def gradient(da, db):
            return da * y * y, [None, db * 3.0][second]

        return [x * y, x + y], gradient

    x, y = leaves(tf)
    found = function(x * 2.0, y)
    first = tf.gradients(found, [x, y])
    return [*found, *first, *(tf.gradients(first[0], [x, y]) if second else [])]


def of_variables(tf):
    v = tf.get_variable("v", [], initializer=tf.constant_initializer(3.0), use_resource=True)

    @tf.custom_gradient
    def function(x):
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(2.0), use_resource=True)

        def gradient(dy, variables=None):
            assert sorted(each.name for each in variables) == ["v:0", "w:0"]
            return dy * 10.0, [
                tf.reduce_mean(dy) * (20.0 if each.name == "v:0" else 30.0) for each in variables
            ]

        return x * v * w, gradient

    x = leaves(tf)[0]
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        y = function(x * v)
        return [y, *tf.gradients(tf.reduce_mean(y), [x, v, tf.get_variable("w", [])])]


CALLS = [
    through,
    lambda tf: through(tf, stop_gradients="middle"),
    lambda tf: through(tf, grad_ys=[Y.tolist(), None]),
    lambda tf: through(tf, unconnected_gradients="zero", stop_gradients="middle"),
    lambda tf: through(tf, aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE),
    on_leaves(lambda tf, x, y: tf.gradients(x, [x, y])),
    on_leaves(lambda tf, x, y: tf.gradients((x * 2,), y, unconnected_gradients="zero")),
    on_leaves(lambda tf, x, y: tf.gradients([], (x, y))),
    on_leaves(lambda tf, x, y: tf.gradients(x * y, [])),
    on_leaves(lambda tf, x, y: tf.gradients(3.0, [x, y])),
    on_leaves(lambda tf, x, y: tf.gradients(tf.constant([1]), [x, tf.constant([1])])),
    on_leaves(lambda tf, x, y: tf.gradients(tf.stop_gradient(x) * y, [x, y])),
    twice,
    on_leaves(lambda tf, x, y: tf.hessians(tf.tanh(x) * x * y, [x])),
    custom,
    lambda tf: custom(tf, second=True),
    of_variables,
]


def assert_same(mine, expected):
    for one, other in zip(mine, expected, strict=True):
        if isinstance(other, str):
            assert one is None
        else:
            np.testing.assert_allclose(one.detach().numpy(), other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_gradients_are_tensorflows(call):
    with tf.Graph().as_default(), tf.Session() as session:
        found = call(tf)
        session.run(tf.global_variables_initializer())
        expected = ["none" if each is None else session.run(each) for each in found]
    net = ts.ScopedModule(lambda: call(ours))
    for _ in range(2):
        assert_same(net(), expected)


@settings(max_examples=10)
@given(st.lists(st.sampled_from(["x", "y", "xy", "stopped", "none"]), min_size=1, max_size=4))
def test_ys_are_added_up(kinds):
    def call(tf):
        x, y = leaves(tf)
        made = {
            "x": x * x,
            "y": y,
            "xy": x * y,
            "stopped": tf.stop_gradient(x),
            "none": tf.constant(X),
        }
        return tf.gradients([made[kind] for kind in kinds], [x, y])

    with tf.Graph().as_default(), tf.Session() as session:
        expected = ["none" if each is None else session.run(each) for each in call(tf)]
    assert_same(call(ours), expected)


REFUSED = [
    lambda tf, x, y: tf.gradients(x * 2, x, grad_ys=[1.0, 2.0]),
    lambda tf, x, y: tf.gradients(x * 2, x, aggregation_method=77),
    lambda tf, x, y: tf.gradients(x * 2, x, unconnected_gradients="foo"),
    lambda tf, x, y: tf.hessians(x * 2, y),
    lambda tf, x, y: tf.hessians(tf.reduce_mean(x), x),
    lambda tf, x, y: tf.stop_gradient(None),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused_as_tensorflow_does(call):
    assert_refused_alike(lambda: call(tf, *leaves(tf)), lambda: call(ours, *leaves(ours)))


def test_what_pytorch_cannot_know_is_refused():
    x = torch.tensor(X)
    with pytest.raises(ValueError, match=r"Number 0 of xs, of shape .*does not require a gradient"):
        ours.gradients(x * 2, x)
    x.requires_grad_()
    with torch.no_grad(), pytest.raises(RuntimeError, match="called where gradients are off"):
        ours.gradients(x * 2, x)
    with pytest.raises(TypeError, match="Number 0 of xs is a str"):
        ours.gradients(x * 2, "x")
    with pytest.raises(TypeError, match="has type float64 that does not match type float32"):
        ours.gradients(x * 2, x, grad_ys=x.double())
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        ours.gradients(x * 2, x, grad_ys=torch.ones(2))
    frozen = ts.get_variable("frozen", [3], trainable=False)
    assert ours.gradients(x * frozen, [frozen]) == [None]
    with pytest.raises(NotImplementedError, match=r"torch.autograd.Function"):
        ours.RegisterGradient("Guided")
    with pytest.raises(NotImplementedError, match="Leave out the `with`"):
        ours.GradientTape()


def test_a_gradient_that_does_not_fit_is_refused():
    x = torch.tensor(X, requires_grad=True)
    v = ts.get_variable("v", [3])
    with pytest.raises(TypeError, match=r"must accept keyword argument 'variables'.*v:0"):
        ours.custom_gradient(lambda x: (x * v, lambda dy: dy))(x)
    y = ours.custom_gradient(lambda a, b: (a * b, lambda dy: dy))(x, x)
    with pytest.raises(ValueError, match="Num gradients 1 generated"):
        ours.gradients(y, x)


def penalized(x):
    x = x.detach().requires_grad_()
    with ts.variable_scope("critic"):
        y = torch.tanh(ts.layers.dense(x, 2))
    (slope,) = ours.gradients(y, x)
    ts.get_variable("later", [slope.shape[-1]])
    return (slope.norm(dim=1) - 1).square().mean() + stopped(y)


def stopped(y):
    return ours.custom_gradient(lambda y: (y.mean(), lambda dy: torch.zeros_like(y)))(y)


def test_a_penalty_trains_builds_and_is_no_graph():
    net, x = ts.ScopedModule(penalized), torch.randn(4, 3)
    ts.build(net, x)
    assert list(net.registry.variables) == ["critic/dense/kernel", "critic/dense/bias", "later"]
    net(x).backward()
    assert net.registry.variables["critic/dense/kernel"].grad.abs().sum() > 0
    message = "tf.gradients was called in a call that is recorded for a graph"
    with pytest.raises(RuntimeError, match=message):
        ts.graph(net, x)
    torch._dynamo.reset()
    with pytest.raises(torch._dynamo.exc.Unsupported, match=message):
        torch.compile(net, fullgraph=True, backend="eager")(x)
    torch._dynamo.reset()
    torch.testing.assert_close(torch.compile(net, backend="eager")(x), net(x))
    custom_net = ts.ScopedModule(stopped)
    with pytest.raises(
        RuntimeError, match=r"A function of tf.custom_gradient was called in a call"
    ):
        ts.graph(custom_net, x.clone().requires_grad_())


def block(x):
    with ts.variable_scope("block"), ts.name_scope("named"):
        return torch.tanh(x * ts.get_variable("w", [3]))


def block_that_runs_again(x):
    scope = ts.get_variable_scope()

    @ours.custom_gradient
    def again(x):
        def gradient(dy, variables=None):
            with ts.variable_scope(scope, reuse=True):
                found = ours.gradients(block(x), [x, *variables], dy)
            return found[0], found[1:]

        return block(x), gradient

    return again(x)


def test_a_gradient_asks_for_the_variables_of_its_pass():
    x = torch.tensor(X, requires_grad=True)
    net, plain = ts.ScopedModule(block_that_runs_again), ts.ScopedModule(block)
    ts.build(plain, x)
    ts.build(net, x)
    net.load_state_dict(plain.state_dict())
    gradients = []
    for each in (net, plain, net):
        x.grad = each.registry.variables["block/w"].grad = None
        (each(x) * torch.arange(3.0)).sum().backward()
        gradients.append([x.grad, each.registry.variables["block/w"].grad])
    torch.testing.assert_close(gradients[0], gradients[1])
    torch.testing.assert_close(gradients[2], gradients[1])
    # It leaves no names and no graph behind.
    assert list(net.registry.variables) == ["block/w"]
    assert not gradients[0][1].requires_grad


@pytest.mark.unmeasured
def test_a_gradient_that_is_passed_on_is_recorded():
    passed = ours.custom_gradient(lambda x, y: ([x, y], lambda dx, dy: [dx, dy]))
    net = ts.ScopedModule(lambda x: sum(passed(x * 2, x * 3)))
    x = torch.tensor(X, requires_grad=True)
    for run in (net, ts.graph(net, x), torch.compile(net, fullgraph=True, backend="eager")):
        x.grad = None
        run(x).sum().backward()
        torch.testing.assert_close(x.grad, torch.full_like(x, 5.0))
