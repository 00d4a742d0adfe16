"""Loops: values, gradients and names are TensorFlow's, and variables are made once."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_alike, numbers
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

F = np.float32


def v(tf, name="v"):
    return tf.Variable(lambda: 0.5, name=name) + 0.0


def body(tf, x):
    """Variables of all kinds of names, times `x`."""
    with tf.variable_scope("s"):
        w = tf.get_variable("w", [], initializer=tf.ones_initializer())
    with tf.variable_scope(None, default_name="d"):
        u = tf.get_variable("w", [], initializer=tf.ones_initializer())
    return x * w * u * v(tf)


def condition(tf, i, most):
    tf.get_variable("in_condition", [])
    v(tf, "c")
    return i < most


def while_(tf, x, turns, **kwargs):
    loop = tf.while_loop(
        lambda i, _: condition(tf, i, turns), lambda i, x: (i + 1, body(tf, x)), [0, x], **kwargs
    )
    return loop[1]


def nested(tf, x):
    def step(i, x):
        return i + 1, tf.foldl(lambda a, e: a + body(tf, e), x * x[0]) + x

    return tf.while_loop(lambda i, _: i < 2, step, (0, x))[1]


LOOPS = [
    lambda tf, x: while_(tf, x, 3),
    lambda tf, x: while_(tf, x, 0, name="loop"),
    lambda tf, x: [while_(tf, x, 1), v(tf), tf.foldl(lambda a, e: a * v(tf), x)],
    lambda tf, x: tf.map_fn(lambda e: body(tf, e), x),
    lambda tf, x: tf.map_fn(lambda e: body(tf, e), x[:0]),
    lambda tf, x: [tf.map_fn(lambda e: e * v(tf), x), tf.map_fn(lambda e: e * v(tf), x)],
    lambda tf, x: tf.scan(lambda a, e: a + body(tf, e), x),
    lambda tf, x: tf.scan(lambda a, e: a + body(tf, e), x[:1]),
    lambda tf, x: tf.scan(lambda a, e: a * body(tf, e), x, initializer=2.0, reverse=True),
    lambda tf, x: tf.foldl(lambda a, e: a + body(tf, e), x),
    lambda tf, x: tf.foldr(lambda a, e: a + body(tf, e), x, name="fold"),
    nested,
    lambda tf, x: tf.cond(
        tf.reduce_mean(x) > 99, lambda: while_(tf, x, 2), lambda: tf.map_fn(lambda e: v(tf) * e, x)
    ),
]


@pytest.mark.parametrize("call", LOOPS, ids=range(len(LOOPS)))
def test_values_and_names_are_tensorflows_on_every_pass(call):
    x = numbers(3)

    def model(tf, x):
        with tf.variable_scope("m"):
            found = call(tf, x)
        return found, [variable.op.name for variable in tf.global_variables()]

    with tf.Graph().as_default(), tf.Session() as session:
        found, names = model(tf, tf.constant(x))
        session.run(tf.global_variables_initializer())
        expected = session.run(found)
    net = ts.ScopedModule(lambda x: model(ours, x))
    for _ in range(2):
        mine, its = net(torch.tensor(x))
        assert its == names
        for one, other in zip(
            *(e if isinstance(e, list) else [e] for e in (mine, expected)), strict=True
        ):
            np.testing.assert_allclose(one.detach().numpy(), other, rtol=1e-5)
    assert list(net.registry.variables) == names
    built = ts.build(ts.ScopedModule(lambda x: model(ours, x)), torch.empty(3))
    assert list(built.registry.variables) == names


@settings(max_examples=10)
@given(
    turns=st.integers(0, 4),
    most=st.none() | st.integers(-1, 5),
    same=st.booleans(),
    kind=st.sampled_from(["int", "tensor"]),
)
def test_while_loop_turns_as_often_as_tensorflows(turns, most, same, kind):
    def call(tf):
        start = 0 if kind == "int" else tf.constant(0)
        return tf.while_loop(
            lambda i: i < turns,
            lambda i: [i + 1] if same else i + 1,
            [start],
            maximum_iterations=most,
            return_same_structure=same,
        )

    expected, found = evaluate(call), call(ours)
    assert isinstance(found, list) == isinstance(expected, list)
    one, other = (found[0], expected[0]) if same else (found, expected)
    assert (one.item(), one.dtype) == (other, torch.int32)


def two(tf, x, **kwargs):
    def step(i, parts):
        return i + 1, {"b": parts["b"] * parts["a"], "a": parts["a"] + x}

    start = (tf.constant(0), {"a": x, "b": x * x})
    found = tf.while_loop(lambda i, _: i < 3, step, start, **kwargs)
    return [found[1]["a"], found[1]["b"]]


GRADIENTS = [
    two,
    lambda tf, x: two(tf, x, back_prop=False),
    lambda tf, x: tf.map_fn(lambda e: (e * e, tf.tanh(e)), x, dtype=(tf.float32, tf.float32)),
    lambda tf, x: tf.map_fn(lambda e: e[0] * e[1], (x, x * x), dtype=tf.float32),
    lambda tf, x: tf.map_fn(lambda e: e * e, x, back_prop=False),
    lambda tf, x: tf.scan(lambda a, e: (a[0] * e, a[1] + 1), x, initializer=(x[0], 0)),
    lambda tf, x: tf.scan(lambda a, e: [a[0] + e[1], a[1] * e[0]], [x, x * x], reverse=True),
    lambda tf, x: tf.foldr(lambda a, e: (a[0] - e[0], a[1] * e[1]), (x, x)),
]


@pytest.mark.parametrize("call", GRADIENTS, ids=range(len(GRADIENTS)))
def test_values_and_gradients_are_tensorflows(call):
    assert_alike(call, lambda x: call(ours, x), [numbers(3)])


EMPTY = [
    lambda tf, x: tf.map_fn(lambda e: [e, tf.shape(e)], x, dtype=[tf.float32, tf.int32]),
    lambda tf, x: tf.scan(lambda a, e: a * e, x, initializer=np.ones(2, F)),
    lambda tf, x: tf.foldr(lambda a, e: a * e, x, initializer=np.ones(2, F)),
]


@pytest.mark.parametrize("call", EMPTY, ids=range(len(EMPTY)))
def test_there_may_be_no_elements(call):
    none = np.zeros((0, 2), F)
    assert_alike(call, lambda x: call(ours, x), [none], gradients=False)


class Shape:
    """A shape, as TensorFlow takes it and as code for it writes it."""

    def __init__(self, tf, *sizes):
        self.made = tf.TensorShape(sizes) if hasattr(tf, "compat") else list(sizes)


def grown(tf, *sizes):
    invariants = [Shape(tf).made, Shape(tf, *sizes).made]
    return tf.while_loop(
        lambda i, x: i < 2,
        lambda i, x: (i + 1, tf.concat([x, x], 0)),
        [0, tf.constant([1.0])],
        shape_invariants=invariants,
    )[1]


def test_shape_invariants_are_kept():
    np.testing.assert_array_equal(grown(ours, None).numpy(), evaluate(lambda tf: grown(tf, None)))
    message = (
        "The shape invariant specified for a loop variable is not compatible with its shape. It "
    )
    with pytest.raises(ValueError, match=message + r"enters the loop with shape \(1,\)"):
        grown(ours, 2)
    with pytest.raises(ValueError, match=message + r"has after a turn shape \(2,\)"):
        grown(ours, 1)
    with pytest.raises(ValueError, match="The two structures don't have the same nested structure"):
        ours.while_loop(lambda i: i < 2, lambda i: i + 1, [0], shape_invariants=[[], []])


W = lambda tf, *args, **kwargs: tf.while_loop(*args, **kwargs)
ONES = np.ones(3, F)
REFUSED = [
    lambda tf: W(tf, lambda i: i < 3, lambda i: i + 1, 0),
    lambda tf: W(tf, lambda: True, lambda: 3, []),
    lambda tf: W(tf, 3, lambda i: i, [0]),
    lambda tf: W(tf, lambda i: True, 3, [0]),
    lambda tf: W(tf, lambda i: i < 3, lambda i: i + 1, [0], parallel_iterations=0),
    lambda tf: W(tf, lambda i: tf.constant([True]), lambda i: i + 1, [0]),
    lambda tf: W(tf, lambda i: i, lambda i: i + 1, [0]),
    lambda tf: W(tf, lambda i: i < 3, lambda i: None, [0]),
    lambda tf: W(tf, lambda i, x: i < 3, lambda i, x: (i + 1, None), [0, None]),
    lambda tf: W(tf, lambda i, x: i < 3, lambda i, x: i + 1, [0, 1.0]),
    lambda tf: W(tf, lambda i, x: i < 3, lambda i, x: (i + 1, [x[0]]), [0, (1.0,)]),
    lambda tf: W(tf, lambda i: i < 3, lambda i: i + 1, [0], maximum_iterations=tf.constant([1])),
    lambda tf: tf.map_fn(lambda x: (x, x), tf.constant(ONES)),
    lambda tf: tf.map_fn(lambda x: [x, x], tf.constant(ONES), dtype=(tf.float32, tf.float32)),
    lambda tf: tf.map_fn(lambda x: x[0] + x[1], (ONES, ONES)),
    lambda tf: tf.map_fn(lambda x: x, (ONES, np.ones(4, F))),
    lambda tf: tf.map_fn(lambda x: x, 1.0),
    lambda tf: tf.map_fn(lambda x: x, [1.0, 2.0]),
    lambda tf: tf.map_fn(lambda x: x, []),
    lambda tf: tf.scan(lambda a, x: (a, x), ONES),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused_as_tensorflow_does(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


def test_more_is_refused():
    message = (
        "A loop variable enters a turn with dtype float32, and comes out of it with dtype int64"
    )
    with pytest.raises(TypeError, match=message):
        W(ours, lambda x: True, lambda x: x.long(), [1.0])
    with pytest.raises(TypeError, match=message):
        ours.foldl(lambda a, x: a.long(), ONES)
    with pytest.raises(TypeError, match="has dtype int64, but expected dtype float32"):
        ours.map_fn(lambda x: x.long(), ONES)
    for function in (ours.scan, ours.foldl, ours.foldr):
        with pytest.raises(ours.errors.InvalidArgumentError, match="There is no element to begin"):
            function(lambda a, x: a, ONES[:0])
        with pytest.raises(TypeError, match="fn must be callable"):
            function(3, ONES)
    with pytest.raises(ValueError, match=r"Inconsistent shapes: saw \(2,\) but expected \(1,\)"):
        ours.map_fn(lambda n: torch.ones(int(n)), np.array([1, 2]), dtype=torch.float32)


def test_a_later_turn_makes_nothing_new():
    def step(i):
        ts.get_variable(f"w{i}", [])
        return i + 1

    net = ts.ScopedModule(lambda: W(ours, lambda i: i < 2, step, [0]))
    with pytest.raises(
        RuntimeError, match="Variable w1 does not exist, and is asked for in a later"
    ):
        net()


def test_what_turns_do_to_variables_they_do_each_time():
    def model(x):
        def step(i, x):
            count = ts.get_variable(
                "count", [], initializer=ts.zeros_initializer(), trainable=False
            )
            w = ts.get_variable("w", [2], initializer=ts.ones_initializer())
            ts.add_to_collection("seen", x)
            with ours.control_dependencies([ours.group(lambda: count.assign_add(1.0))]):
                return i + 1, ts.recompute(lambda x: torch.sin(x * w), x)

        return W(ours, lambda i, _: i < 3, step, (0, x))[1], ts.get_collection("seen")

    net, x = ts.ScopedModule(model), torch.randn(2)
    for number in (1, 2):
        net.zero_grad()
        result, seen = net(x)
        assert net.count.item() == 3 * number
        assert seen == [x]
        result.sum().backward()
    expected = torch.ones(2, requires_grad=True)
    torch.sin(torch.sin(torch.sin(x * expected) * expected) * expected).sum().backward()
    torch.testing.assert_close(net.w.grad, expected.grad)


def test_a_loop_may_be_recomputed():
    def model(x):
        def region(x):
            y = W(
                ours, lambda i, _: i < 3, lambda i, y: (i + 1, body(ours, torch.tanh(y))), (0, x)
            )[1]
            return torch.nn.functional.dropout(y, 0.5)

        return region(x), ts.recompute(region, x)

    def shared(x):
        with ts.variable_scope("", reuse=ts.AUTO_REUSE):
            return model(x)

    net, x = ts.ScopedModule(shared), torch.randn(8)
    for _ in range(2):
        net.zero_grad()
        torch.manual_seed(0)
        result = net(x)[1]
        after = torch.get_rng_state()
        result.sum().backward()
        assert torch.equal(after, torch.get_rng_state())
    assert "while_1/v" in net.registry.variables
    assert net.registry.variables["while_1/v"].grad.abs() > 0


def test_loops_that_count_with_integers_are_part_of_graphs():
    def model(x, steps):
        y = W(ours, lambda i, _: i < steps, lambda i, x: (i + 1, body(ours, x) + i), (0, x))[1]
        z = ours.map_fn(lambda row: row * v(ours), y)
        return ours.scan(lambda a, row: a + row, z), ours.foldl(lambda a, row: a - row, z)

    net, x = ts.ScopedModule(model), torch.randn(3, 2)
    ts.build(net, x, 3)
    torch._dynamo.reset()
    for run in (ts.graph(net, x, 3), torch.compile(net, fullgraph=True, backend="aot_eager")):
        for steps in (3, 0):
            torch.testing.assert_close(run(x, steps), net(x, steps))


def test_a_loop_that_asks_tensors_is_no_graph():
    def model(x):
        return W(ours, lambda x: x.sum() < 3, lambda x: body(ours, x) + 1, [x])

    net, x = ts.build(ts.ScopedModule(model), torch.randn(2)), torch.randn(2)
    with pytest.raises(RuntimeError, match=r"tf.while_loop decides by a tensor, and a graph"):
        ts.graph(net, x)
    assert net(x).sum() >= 3
    meta = ts.ScopedModule(model).to("meta")(x.to("meta"))
    assert meta.is_meta
