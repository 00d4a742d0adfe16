"""Conditions: values, names and variables are TensorFlow's, and only what is taken does something."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import assert_alike
from tests.tensorflow1 import assert_refused_alike, evaluate, tf
from torchscope._core.operations.operation import Operation
from torchscope._core.values import structures


def made(tf, name="v"):
    """A function that makes a variable and gives its value."""
    return lambda: tf.Variable(lambda: 1.0, name=name) + 0.0


def got(tf, name, value=1.0):
    def function():
        return tf.get_variable(name, [], initializer=tf.constant_initializer(value)) * 2.0

    return function


def scoped(tf, name, inner):
    def function():
        with tf.variable_scope(name), tf.variable_scope(None, default_name="inner"):
            return inner()

    return function


NAMING = [
    lambda tf, p: tf.cond(p(True), made(tf), made(tf)),
    lambda tf, p: tf.cond(p(False), made(tf), made(tf), name="choice"),
    lambda tf, p: [tf.cond(p(False), got(tf, "a"), got(tf, "b")), made(tf)()],
    lambda tf, p: tf.cond(
        p(True), lambda: tf.cond(p(False), made(tf), made(tf)), scoped(tf, "s", made(tf))
    ),
    lambda tf, p: [
        tf.cond(p(False), scoped(tf, "s", got(tf, "a")), scoped(tf, "s", got(tf, "b"))),
        scoped(tf, "s", made(tf))(),
        tf.cond(p(True), made(tf), made(tf)),
    ],
    lambda tf, p: tf.case([(p(False), made(tf)), (p(True), got(tf, "a"))], default=made(tf)),
    lambda tf, p: tf.case([(p(True), made(tf)), (p(True), made(tf)), (p(False), made(tf))]),
    lambda tf, p: tf.switch_case(p(1), [made(tf), got(tf, "a"), made(tf)]),
    lambda tf, p: tf.switch_case(p(9), {1: got(tf, "a"), 0: got(tf, "b")}, default=got(tf, "c")),
]


def names_of(variables):
    return [variable.op.name for variable in variables]


@pytest.mark.parametrize("call", NAMING, ids=range(len(NAMING)))
def test_all_branches_make_their_variables_under_tensorflows_names(call):
    with tf.Graph().as_default():
        call(tf, tf.constant)
        expected = names_of(tf.global_variables())

    def model(predicate):
        call(ours, predicate)
        return names_of(ours.global_variables())

    for predicate in (lambda value: value, torch.tensor, np.asarray):
        net = ts.ScopedModule(model)
        assert net(predicate) == expected
        assert net(predicate) == expected
        assert list(net.registry.variables) == expected
    net = ts.ScopedModule(lambda: model(torch.as_tensor))
    ts.build(net)
    assert list(net.registry.variables) == expected
    meta = ts.ScopedModule(lambda: model(lambda value: torch.tensor(value, device="meta")))
    assert meta.to("meta")() == expected


@settings(max_examples=10)
@given(
    preds=st.lists(st.booleans(), min_size=1, max_size=4),
    default=st.booleans(),
    exclusive=st.booleans(),
)
# Without a default TensorFlow forgets to look whether only one is true.
@example(preds=[True, True], default=True, exclusive=True)
def test_case_takes_the_first_that_is_true(preds, default, exclusive):
    exclusive = exclusive and default

    def call(tf, wrap):
        pairs = [(wrap(p), lambda n=n: tf.constant([n, 7])) for n, p in enumerate(preds)]
        further = (lambda: tf.constant([9, 7])) if default else None
        return tf.case(pairs, further, exclusive)

    try:
        expected = evaluate(lambda tf: call(tf, tf.constant))
    except tf.errors.InvalidArgumentError:
        for wrap in (torch.tensor, bool):
            with pytest.raises(
                ours.errors.InvalidArgumentError, match=r"Input error: (exclusive=True|None of)"
            ):
                call(ours, wrap)
        return
    for wrap in (torch.tensor, bool):
        assert call(ours, wrap).tolist() == expected.tolist()


@settings(max_examples=10)
@given(st.integers(-3, 5), st.integers(1, 3), st.booleans())
def test_switch_case_takes_the_last_where_there_is_no_such_number(number, count, default):
    def call(tf, wrap):
        functions = [lambda n=n: [n] for n in range(count)]
        return tf.switch_case(wrap(number), functions, (lambda: [9]) if default else None)

    expected = evaluate(lambda tf: call(tf, tf.constant))
    for wrap in (torch.tensor, int):
        np.testing.assert_array_equal(np.asarray(call(ours, wrap)), expected)


STRUCTURES = [
    lambda tf: 1.0,
    lambda tf: [2],
    lambda tf: (2.5,),
    lambda tf: [[1.0]],
    lambda tf: {"b": 1.0, "a": [1, np.float64(2.0)]},
    lambda tf: (np.ones(2), [tf.constant([1.0]), True]),
    lambda tf: tf.shape(tf.constant([[1.0]])),
]


@pytest.mark.parametrize("number", range(len(STRUCTURES)))
@pytest.mark.parametrize("strict", [False, True])
def test_results_have_tensorflows_structure(number, strict):
    def call(tf, predicate):
        function = STRUCTURES[number]
        return tf.cond(predicate, lambda: function(tf), lambda: function(tf), strict=strict)

    expected = evaluate(lambda tf: call(tf, tf.constant(True)))
    found = call(ours, True)
    structures.check_same_structure(found, expected)
    for one, other in zip(structures.flatten(found), structures.flatten(expected), strict=True):
        assert isinstance(one, torch.Tensor)
        np.testing.assert_array_equal(one.numpy(), other)
        assert one.numpy().dtype == other.dtype


@pytest.mark.parametrize("least", [0, -9])
def test_gradients_flow_through_what_is_taken(least):
    x = np.array([0.5, -2.0], "float32")

    def call(tf, x):
        return tf.cond(tf.reduce_mean(x) > least, lambda: x * x, lambda: tf.tanh(x))

    assert_alike(call, lambda x: call(ours, x), [x])


REFUSED = [
    lambda tf, c: tf.cond(1, lambda: 1, lambda: 2),
    lambda tf, c: tf.cond(c(1.5), lambda: 1, lambda: 2),
    lambda tf, c: tf.cond(c([True]), lambda: 1, lambda: 2),
    lambda tf, c: tf.cond(c(True)),
    lambda tf, c: tf.cond(c(True), lambda: 1),
    lambda tf, c: tf.cond(c(True), lambda: 1, lambda: 2, fn1=lambda: 1),
    lambda tf, c: tf.cond(c(True), 1, lambda: 2),
    lambda tf, c: tf.cond(c(True), lambda: 1, 2),
    lambda tf, c: tf.cond(c(True), lambda: None, lambda: 1),
    lambda tf, c: tf.cond(c(True), lambda: 1, lambda: None),
    lambda tf, c: tf.cond(c(True), lambda: [1, None], lambda: [1, None]),
    lambda tf, c: tf.cond(c(True), lambda: 1.0, lambda: 1),
    lambda tf, c: tf.cond(c(False), lambda: (1.0, 1), lambda: (1.0, 2.0)),
    lambda tf, c: tf.cond(c(True), lambda: [1.0, 1.0], lambda: [1.0]),
    lambda tf, c: tf.cond(c(True), lambda: [1.0, 1.0], lambda: (1.0, 1.0)),
    lambda tf, c: tf.cond(c(True), lambda: {"a": 1, "b": 1}, lambda: {"a": 1, "c": 1}),
    lambda tf, c: tf.cond(c(True), tf.no_op, lambda: 1.0),
    lambda tf, c: tf.case(5),
    lambda tf, c: tf.case([c(True), lambda: 1]),
    lambda tf, c: tf.case([(c(True), lambda: 1)], default=3),
    lambda tf, c: tf.case([]),
    lambda tf, c: tf.switch_case(c(1.0), [lambda: 1]),
    lambda tf, c: tf.switch_case(c(1), [1]),
    lambda tf, c: tf.switch_case(c(1), []),
    lambda tf, c: tf.switch_case(c(1), 5),
    lambda tf, c: tf.switch_case(c(1), {1: lambda: 1, 3: lambda: 2}),
    lambda tf, c: tf.switch_case(c(1), {0: 1}),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused_as_tensorflow_does(call):
    assert_refused_alike(lambda: call(tf, tf.constant), lambda: call(ours, torch.tensor))


def test_what_is_not_taken_does_nothing():
    norm = torch.nn.BatchNorm1d(2)

    def branch(name, x):
        def function():
            v = ts.get_variable(name, [], initializer=ts.zeros_initializer(), trainable=False)
            v.assign_add(1.0)
            ts.add_to_collection("values", v * 2)
            ts.add_to_collection("variables too", v)
            with ts.variable_scope(name):
                ts.layers.batch_normalization(x, training=True)
            norm(x)
            return torch.nn.functional.dropout(x, 0.5) + v

        return function

    def model(x, taken):
        ts.add_to_collection("values", x.sum())
        ts.get_collection_ref("values")
        result = ours.cond(taken, branch("a", x), branch("b", x))
        return result, ts.get_collection("values"), ts.get_collection("variables too")

    net, x = ts.ScopedModule(model), torch.randn(4, 2)
    for count, taken in enumerate((False, False, True), start=1):
        state = torch.get_rng_state()
        result, values, variables = net(x, taken)
        after = torch.get_rng_state()
        if count > 1:
            torch.set_rng_state(state)
            torch.nn.functional.dropout(x, 0.5)
            assert torch.equal(after, torch.get_rng_state())
        assert len(values) == 2
        assert type(values[1]) is torch.Tensor
        assert names_of(variables) == ["a", "b"]
        assert type(result) is torch.Tensor
    assert (net.a.item(), net.b.item()) == (1.0, 2.0) if hasattr(net.a, "item") else True
    variables = net.registry.variables
    assert (variables["a"].item(), variables["b"].item()) == (1.0, 2.0)
    moved = (
        variables["a/batch_normalization/moving_mean"],
        variables["b/batch_normalization/moving_mean"],
    )
    torch.testing.assert_close(moved[0] * 1.99, moved[1])
    assert norm.num_batches_tracked.item() == 3


def test_the_operation_of_what_is_taken_is_given():
    done = []

    def of(name):
        return lambda: ours.group(Operation(name, lambda: done.append(name)))

    step = ours.cond(torch.tensor(False), of("a"), of("b"))
    assert done == []
    with ours.control_dependencies([step]):
        assert done == ["b"]
    assert isinstance(ours.cond(True, ours.no_op, lambda: True), Operation)


def test_a_variable_that_is_given_is_what_it_was():
    v = ts.get_variable("v", initializer=[1.0])
    found = ours.cond(True, lambda: v, lambda: v)
    v.assign([2.0])
    assert found.item() == 1.0
    found.backward()
    assert v.grad.item() == 1.0


def test_what_is_not_taken_must_do_without_values():
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match=r"What tf.cond does not take, 'false_fn', runs without"):
        ours.cond(True, lambda: x, lambda: x * x.sum().item())
    assert ours.cond(False, lambda: x, lambda: x * x.sum().item()).tolist() == [2.0, 2.0]
    with pytest.raises(ZeroDivisionError, match="by zero"):
        ours.cond(True, lambda: x, lambda: x / (1 // 0))


def branching(x, training):
    with ts.variable_scope("net"):
        a = lambda: x * ts.get_variable("a", [2])
        b = lambda: x + ts.get_variable("b", [2]).assign_add(torch.ones(2))
        return ours.cond(training, a, b)


def test_a_bool_of_pythons_is_compiled():
    net, x = ts.ScopedModule(branching), torch.randn(2)
    ts.build(net, x, True)
    graph = ts.graph(net, x, True)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    for run in (graph, compiled):
        assert torch.equal(run(x, True), x * net.net.a)
        before = net.net.b.detach().clone()
        assert torch.equal(run(x, False), x + net.net.b)
        torch.testing.assert_close(net.net.b, before + 1)
        assert torch.equal(run(x, True), x * net.net.a)
        torch.testing.assert_close(net.net.b, before + 1)
    run = torch.export.export(net, (x, True)).module()
    assert torch.equal(run(x, True), x * net.net.a)


def test_a_tensor_is_no_decision_for_a_graph():
    net, x = ts.ScopedModule(branching), torch.randn(2)
    net(x, torch.tensor(True))
    message = "tf.cond decides by a tensor, and a graph"
    with pytest.raises(RuntimeError, match=message):
        ts.graph(net, x, torch.tensor(True))
    torch._dynamo.reset()
    with pytest.raises(torch._dynamo.exc.Unsupported, match=message):
        torch.compile(net, fullgraph=True, backend="eager")(x, torch.tensor(True))
    torch._dynamo.reset()
    compiled = torch.compile(net, backend="eager")
    assert torch.equal(compiled(x, torch.tensor(True)), net(x, torch.tensor(True)))


def test_variables_that_were_handed_in_stay_what_they_are():
    net, x = ts.ScopedModule(branching), torch.randn(2)
    net(x, True)
    given = {name: torch.ones(2) for name in ("net.a", "net.b")}
    for training in (True, False):
        found = torch.func.functional_call(net, given, (x, training))
        torch.testing.assert_close(found, x if training else x + 2)
    gradient = torch.func.grad(lambda g: torch.func.functional_call(net, g, (x, True)).sum())(given)
    torch.testing.assert_close(gradient["net.a"], x)


def test_a_branch_may_be_recomputed_and_assigned_to():
    def model(x, taken):
        w = ts.get_variable("w", [2], initializer=ts.ones_initializer())
        y = x * w
        ours.cond(taken, lambda: w.assign_add([1.0, 1.0]), lambda: w)
        return y.sum() + ts.recompute(lambda y: branching(y, True), y).sum()

    net, x = ts.ScopedModule(model), torch.randn(2)
    for taken in (False, True, False):
        net(x, taken).backward()
        expected = x + x * net.net.a
        torch.testing.assert_close(net.w.grad, expected)
        net.zero_grad()
    assert net.w.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("wrap", [bool, int, np.bool_])
def test_smart_cond_calls_one_function_where_python_knows_which(wrap):
    smart = ours.contrib.framework
    assert smart.smart_cond(wrap(1), lambda: "a", lambda: 1 / 0) == "a"
    assert smart.smart_cond(wrap(0), fn1=lambda: 1 / 0, fn2=lambda: "b") == "b"
    assert smart.smart_constant_value(wrap(1)) is True


def test_smart_cond_of_a_tensor_is_cond():
    smart = ours.contrib.framework
    net = ts.ScopedModule(lambda p: smart.smart_cond(p, got(ours, "a"), got(ours, "b")))
    net(torch.tensor(True))
    assert list(net.registry.variables) == ["a", "b"]
    assert smart.smart_constant_value(torch.tensor(True)) is None
    with pytest.raises(TypeError, match="`pred` must be a Tensor, or a Python bool, or 1 or 0"):
        smart.smart_cond("yes", lambda: 1, lambda: 2)
