"""What an error advises works: with graphs that are imported."""

import tempfile
from pathlib import Path

import pytest
import torch
from google.protobuf import text_format

from remedies import follow, tried
from torchscope.checkpoint import save_checkpoint
from torchscope.checkpoint.formats import protos
from torchscope.graphs import GraphError, describe, import_graph_def, import_meta_graph

CASES = []
remedy = tried(CASES)


@pytest.mark.parametrize(("kind", "says", "function"), CASES)
def test_what_is_advised_works(kind, says, function):
    follow(kind, says, function)


def a_graph():
    """A placeholder, and its exponential."""
    graph = protos.GraphDef()
    graph.node.add(name="x", op="Placeholder").attr.add(key="dtype").value.type = 1
    graph.node.add(name="y", op="Exp", input=["x"])
    return graph


@remedy(
    GraphError,
    "Write it with tf.io.write_graph(..., as_text=False)",
    "parse it with google.protobuf.text_format and give the message to torchscope.graphs.import_graph_def.",
)
def a_graph_as_text():
    path = Path(tempfile.mkdtemp(), "graph.pbtxt")
    path.write_text(text_format.MessageToString(a_graph()))
    yield lambda: describe(path)
    net = import_graph_def(text_format.Parse(path.read_text(), protos.GraphDef()))
    assert net(torch.zeros(2), fetches="y").tolist() == [1, 1]


@remedy(GraphError, "Give the folder of a SavedModel, a .meta file or a frozen .pb.")
def a_folder_without_a_model():
    folder = Path(tempfile.mkdtemp())
    yield lambda: describe(folder)
    (folder / "frozen.pb").write_bytes(a_graph().SerializeToString())
    assert describe(folder / "frozen.pb").inference.runs


@remedy(GraphError, "Say what to fetch: fetches=['node:0']. What nobody takes in this graph: ")
def a_call_that_says_nothing():
    net = import_graph_def(a_graph())
    yield lambda: net(torch.zeros(2))
    assert net(torch.zeros(2), fetches=["y:0"])[0].tolist() == [1, 1]


@remedy(GraphError, "Take an expression that is found in some of these: ")
def an_expression_that_is_no_weights():
    graph = a_graph()
    graph.node.add(name="kernel", op="Const").attr.add(key="dtype").value.type = 1
    value = graph.node[-1].attr.add(key="value").value.tensor
    value.dtype = 1
    value.tensor_shape.dim.add(size=2)
    value.float_val.extend([2, 3])
    graph.node.add(name="z", op="Mul", input=["y", "kernel"])
    yield lambda: import_graph_def(graph, trainable="weights")
    net = import_graph_def(graph, trainable="kernel")
    assert [name for name, _ in net.named_parameters()] == ["kernel"]


@remedy(GraphError, "call it, and then look at what ran.")
def a_graph_that_has_not_run():
    net = import_graph_def(a_graph())
    yield lambda: net.graph
    net(torch.zeros(2), fetches="y")
    assert len(list(net.graph.nodes)) == 3


@remedy(GraphError, "the graph has no initializer for it. Give a checkpoint.")
def a_variable_without_a_value():
    folder = Path(tempfile.mkdtemp())
    graph = a_graph()
    node = graph.node.add(name="w", op="VariableV2")
    node.attr.add(key="dtype").value.type = 1
    node.attr.add(key="shape").value.shape.dim.add(size=2)
    data = graph.SerializeToString()
    assert len(data) < 128
    (folder / "m.meta").write_bytes(b"\x0a\x00\x12" + bytes([len(data)]) + data)
    yield lambda: import_meta_graph(folder / "m.meta")
    save_checkpoint({"w": torch.ones(2)}, folder / "other")
    net = import_meta_graph(folder / "m.meta", folder / "other")
    assert net.registry.variables["w"].tolist() == [1, 1]
