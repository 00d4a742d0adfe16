"""What a graph computes from constants alone is computed once, and nothing else is."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.graphs.written import near, write
from tests.tensorflow1 import tf
from torchscope import graphs

X = np.random.RandomState(0).rand(2, 3).astype(np.float32)


def scaled():
    """An input, scaled by what is computed of constants and of a variable."""
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    table = tf.constant([1.0, 4.0, 9.0], name="table")
    scale = tf.identity(tf.sqrt(table * 4.0, name="root"), name="scale")
    w = tf.get_variable("w", [3], initializer=tf.ones_initializer())
    rows = tf.stack([-1, tf.constant(1) + 2])
    flat = tf.reshape(x * scale * tf.square(w, name="squared"), rows)
    return [tf.add(flat, scale, name="out"), scale, table]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write(scaled, {"x:0": X}, tmp_path_factory.mktemp("scaled"))


@pytest.fixture
def net(written):
    return graphs.import_meta_graph(written.meta)


def computed(net):
    """The nodes that the last call ran."""
    return {node.meta["name"] for node in net.graph.nodes if node.op == "call_function"}


def test_what_is_computed_of_constants_is_not_in_what_a_call_runs(written, net):
    near(net(feeds={"x:0": X}, fetches=written.fetches), written.given)
    net(feeds={"x:0": X}, fetches="out:0")
    assert "squared" in computed(net)
    assert not computed(net) & {"root", "mul", "scale", "add", "stack"}


def test_a_constant_that_is_fetched_is_the_callers_own(net):
    for _ in range(2):
        for name, first in (("table:0", 1), ("scale:0", 2)):
            found = net(fetches=name)
            assert found[0] == first
            found.zero_()


def test_what_is_fed_is_not_computed_of_constants(net):
    fed = net(feeds={"x:0": X, "root:0": np.zeros(3, np.float32)}, fetches="out:0")
    assert not fed.detach().any()
    fed = net(feeds={"x:0": X, "table:0": np.ones(3, np.float32)}, fetches="out:0")
    np.testing.assert_allclose(fed.detach(), X * 2 + 2, rtol=1e-6)
    assert not torch.equal(net(feeds={"x:0": X}, fetches="out:0"), fed)


@pytest.mark.parametrize("trainable", [True, "table"])
def test_a_constant_that_is_trained_is_none(written, trainable):
    net = graphs.import_graph_def(written.frozen, trainable=trainable)
    before = net(feeds={"x:0": X}, fetches="out:0")
    before.sum().backward()
    (table,) = net.parameters()
    with torch.no_grad():
        table -= 0.1 * table.grad
    assert not torch.equal(net(feeds={"x:0": X}, fetches="out:0"), before)


def test_one_of_several_values_can_be_fed(tmp_path):
    def build():
        x = tf.placeholder(tf.float32, [], name="x")
        first, second = tf.split(tf.constant([1.0, 2.0]), 2, name="halves")
        return x + first + second

    written = write(build, {"x:0": 1.0}, tmp_path)
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    near(net(1.0), written.given)
    assert net(feeds={"x:0": 1.0, "halves:1": torch.full([1], 5.0)})[0] == 7


def test_copies_other_dtypes_and_other_states_compute_the_same(written, net):
    expected = net(feeds={"x:0": X}, fetches="out:0")
    for each in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert torch.equal(each(feeds={"x:0": X}, fetches="out:0"), expected)
    found = net.double()(feeds={"x:0": torch.from_numpy(X).double()}, fetches="out:0")
    assert found.dtype == torch.float64
    near([found.float()], written.given[:1])


def test_the_first_call_may_be_one_of_inference(net):
    with torch.inference_mode():
        net(feeds={"x:0": X}, fetches="out:0")
    x = torch.from_numpy(X).requires_grad_()
    net(feeds={"x:0": x}, fetches="out:0").sum().backward()
    assert x.grad is not None


@pytest.mark.parametrize("way", ["compile", "vmap", "grad", "autocast", "meta"])
def test_the_first_call_may_be_of_another_kind(written, net, way):
    x = torch.from_numpy(X)

    def call(x):
        return net(feeds={"x:0": x}, fetches="out:0")

    if way == "compile":
        torch.compiler.reset()
        torch.compile(call, backend="aot_eager", fullgraph=True)(x)
    elif way == "vmap":
        torch.func.vmap(call)(x[:, None])
    elif way == "grad":
        torch.func.grad(lambda x: call(x).sum())(x)
    elif way == "autocast":
        with torch.autocast("cpu", torch.bfloat16):
            call(x)
    else:
        torch.export.export(net, (), {"feeds": {"x:0": x}, "fetches": "out:0"})
    near([call(x)], written.given[:1])


def test_what_a_branch_would_compute_is_computed_where_it_is_taken(tmp_path):
    def build():
        x = tf.placeholder(tf.int32, [], name="x")
        return tf.cond(x > 0, lambda: x, lambda: tf.floordiv(tf.constant(1), tf.constant(0)))

    written = write(build, {"x:0": 1}, tmp_path)
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    assert net(1)[0] == 1


def test_what_is_drawn_is_drawn_each_time(tmp_path):
    def build():
        x = tf.placeholder(tf.float32, [], name="x")
        return x + tf.random_uniform([tf.constant(4) * 2])

    written = write(build, {"x:0": 1.0}, tmp_path)
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    assert not torch.equal(net(1.0)[0], net(1.0)[0])


def test_a_users_own_operation_runs_each_time(written):
    calls = []

    def root(x):
        calls.append(x)
        return x.sqrt() + len(calls)

    net = graphs.import_meta_graph(written.meta, operations={"Sqrt": root})
    first = net(feeds={"x:0": X}, fetches="out:0")
    assert not torch.equal(net(feeds={"x:0": X}, fetches="out:0"), first)
    assert len(calls) == 2


def test_what_is_large_is_not_kept(tmp_path):
    def build():
        x = tf.placeholder(tf.float32, [], name="x")
        row = tf.fill([tf.constant(500) * 2], 2.0, name="row")
        return x + tf.tile(row[None], [1000, 1], name="large") + row

    written = write(build, {"x:0": 1.0}, tmp_path)
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    near(net(1.0), written.given)
    assert "large" in computed(net)
    assert "row" not in computed(net)
    assert sum(each.nbytes for each in net.buffers()) < 1e5


OPERATIONS = [tf.add, tf.multiply, tf.subtract, tf.maximum]
UNARY = [tf.identity, tf.negative, tf.transpose, tf.square, lambda x: tf.reshape(x, [2, 2])]


@given(
    st.lists(
        st.tuples(st.integers(0, len(OPERATIONS) + len(UNARY) - 1), *[st.integers(0, 99)] * 2),
        min_size=1,
        max_size=12,
    )
)
def test_a_graph_computes_the_same_where_its_constants_are_fed(steps):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 2], name="x")
        constants = [tf.constant([[1.0, 2.0], [3.0, value]]) for value in (4.0, 0.5)]
        made = [*constants, x]
        for operation, first, second in steps:
            inputs = [made[first % len(made)], made[second % len(made)]]
            if operation < len(OPERATIONS):
                made.append(OPERATIONS[operation](*inputs) * 0.5)
            else:
                made.append(UNARY[operation - len(OPERATIONS)](inputs[0]))
        fetches = [each.name for each in made]
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString(), name="")
    values = {
        each.name: np.float32([[1, 2], [3, last]])
        for each, last in zip(constants, (4, 0.5), strict=True)
    }
    feeds = {"x:0": np.float32([[0.1, 0.2], [0.3, 0.4]])}
    last = fetches[-1]
    near(
        [net(feeds=feeds, fetches=last), *net(feeds=feeds, fetches=fetches)],
        [
            each.numpy()
            for each in (
                net(feeds=feeds | values, fetches=last),
                *net(feeds=feeds | values, fetches=fetches),
            )
        ],
        0,
    )
