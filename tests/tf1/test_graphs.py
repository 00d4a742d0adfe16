"""tf.Graph: a registry of its own for a block, and what a graph answers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import tf


def test_a_graph_is_a_fresh_default_registry_for_a_block():
    first = ours.Variable(0.0, name="v")
    graph = ours.Graph()
    with graph.as_default() as entered:
        assert entered is graph
        second = ours.Variable(0.0, name="v")
        assert ts.get_default_registry() is graph.registry
        with ours.Graph().as_default():
            assert ours.get_variable("w", []).name == "w:0"
        assert ours.get_variable("w", []).name == "w:0"
    assert first.name == second.name == "v:0"
    assert first is not second
    assert list(graph.registry.variables) == ["v", "w"]
    assert list(ts.get_default_registry().variables) == ["v"]


def test_a_block_that_fails_puts_the_graph_before_back():
    with pytest.raises(KeyError, match="x"), ours.Graph().as_default():
        raise KeyError("x")
    assert ours.get_default_graph().registry is ts.get_default_registry()


def test_the_same_graph_goes_on_where_it_was_left():
    graph = ours.Graph()
    names = []
    for _ in range(2):
        with graph.as_default(), ours.variable_scope(None, default_name="layer") as scope:
            names += [scope.name, ours.Variable(0.0, name="v").name]
    with tf.Graph().as_default() as theirs:
        pass
    expected = []
    for _ in range(2):
        with theirs.as_default(), tf.variable_scope(None, default_name="layer") as scope:
            expected += [scope.name, tf.Variable(0.0, name="v").name]
    assert names == expected


def test_threads_have_graphs_of_their_own():
    graph, barrier = ours.Graph(), threading.Barrier(2)

    def run(_):
        barrier.wait()
        with graph.as_default(), ours.variable_scope("a"):
            barrier.wait()
            name = ours.Variable(0.0, name="v").name
            barrier.wait()
        return name, ours.get_default_graph() == graph

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, range(2)))
    names, left = zip(*found, strict=True)
    assert set(names) == {"a/v:0", "a_1/v:0"}
    assert left == (False, False)


def answers(tf, graph):
    with tf.name_scope("a"):
        names = [graph.get_name_scope(), graph.unique_name("b"), graph.unique_name("b", False)]
        names += [graph.unique_name("b"), tf.Variable(0.0, name="b").op.name]
    tf.get_variable("v", [1], regularizer=lambda v: v * 2)
    tf.add_to_collection("x", 1)
    graph.add_to_collections(["x", "y"], 2)
    tf.get_collection("nothing")
    keys = sorted(graph.get_all_collection_keys())
    graph.clear_collection("y")
    read = [graph.get_collection(key) for key in ("x", "y")]
    scoped = [v.op.name for v in graph.get_collection("variables", "a")]
    return names, keys, read, scoped, sorted(graph.get_all_collection_keys()), graph.finalized


def test_a_graph_answers_as_tensorflows():
    with tf.Graph().as_default() as graph:
        expected = answers(tf, graph)
    with ours.Graph().as_default() as graph:
        found = answers(ours, ours.get_default_graph())
    assert found == expected


def test_in_a_pass_the_graph_is_the_pass():
    def model(x):
        graph = ours.get_default_graph()
        with ours.name_scope("s"):
            ours.add_to_collection("losses", x * ours.get_variable("w", []))
            names = graph.get_name_scope(), graph.unique_name("n")
        return names, graph.get_all_collection_keys(), graph

    net = ts.ScopedModule(model)
    for _ in range(2):
        names, keys, graph = net(torch.ones(1))
        assert names == ("s", "s/n")
        assert keys == ["variables", "trainable_variables", "losses"]
        assert graph.registry is net.registry


def test_a_graph_that_is_finalized_makes_no_variables():
    with ours.Graph().as_default() as graph:
        graph.finalize()
        assert graph.finalized
        with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified"):
            ours.get_variable("w", [])


def test_no_graph_is_entered_in_a_pass():
    def model():
        with ours.Graph().as_default():
            return ours.get_variable("w", [])

    with pytest.raises(RuntimeError, match="A pass is a graph of its own"):
        ts.ScopedModule(model)()


def test_nested_graphs_are_not_reset():
    with tf.Graph().as_default(), pytest.raises(AssertionError, match="nested") as theirs:
        tf.reset_default_graph()
    with ours.Graph().as_default(), pytest.raises(AssertionError, match="nested") as error:
        ours.reset_default_graph()
    assert str(error.value) == str(theirs.value)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("get_tensor_by_name", r"found by its name in `registry.variables`"),
        ("as_graph_def", r"ts.graph\(net, \*inputs\)"),
        ("nonsense", "has no attribute 'nonsense'"),
    ],
)
def test_of_the_rest_it_is_said_what_to_write(name, match):
    with pytest.raises(AttributeError, match=match):
        getattr(ours.get_default_graph(), name)


def test_what_tensorflows_graph_has_is_there_or_explained():
    graph = ours.Graph()
    left = {
        "Dismantle",
        "building_function",
        "get",
        "is_feedable",
        "is_fetchable",
        "new_operations",
    }
    left |= {
        "num_operations",
        "op_def_for_type",
        "operations",
        "prevent_feeding",
        "prevent_fetching",
    }
    left |= {"switch_to_thread_local", "graph_def_versions", "control_dependencies"}
    for name in (n for n in dir(tf.Graph) if not n.startswith("_") and n not in left):
        if not hasattr(graph, name):
            with pytest.raises(AttributeError, match=rf"no attribute '{name}' in torchscope\. .*"):
                getattr(graph, name)


@pytest.mark.parametrize("of", [ours, ours.get_default_graph()])
def test_where_something_is_put_is_accepted(of):
    with of.device("/gpu:0") as device, of.colocate_with(None, True) as op:
        assert (device, op) == (None, None)
    with of.container("x") as name:
        assert name == "x"
    with ours.device(lambda op: "/cpu:0"):
        assert ours.constant(1.0).device.type == "cpu"
