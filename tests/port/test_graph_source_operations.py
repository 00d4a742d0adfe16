"""The source of a graph of a single node gives what the graph's module gives, which other tests hold to TensorFlow."""

import runpy

import pytest
import torch

import torchscope as ts
from tests.graphs.cases import CASES
from tests.graphs.kit import make
from tests.tensorflow1 import tf
from torchscope import graphs, tf1
from torchscope.port.graph_source.file import source_of

# What TF1's functions say, and in the library do, otherwise than a type of node; and how it is seen.
DIFFERENT = {
    "Size": "torch.int32 != torch.int64",  # tf.size gives a number of Python's, which has no dtype
    "SoftmaxCrossEntropyWithLogits": "Cannot reshape",  # TF1's function does not broadcast
}


def compare(folder, feeds, outputs):
    """Writes the source of what gives these tensors, and runs it and the graph."""
    made = source_of(folder / "graph.pb", folder / "model.py", inputs=list(feeds), outputs=outputs)
    made.save(folder / "model.py")
    inputs = list(map(torch.as_tensor, feeds.values()))
    net = ts.ScopedModule(runpy.run_path(str(folder / "model.py"))["model"])
    graph = graphs.import_graph_def(folder / "graph.pb")
    with torch.no_grad():
        net(*inputs)
        values = graph.state_dict()
        net.load_state_dict({key: values[key] for key in net.state_dict()})
        expected = graph(feeds=dict(zip(feeds, inputs, strict=True)), fetches=outputs)
        given = net(*inputs)
    several = given if len(outputs) > 1 else [given]
    given = list(map(tf1.convert_to_tensor, several))
    torch.testing.assert_close(given, expected, rtol=1e-5, atol=1e-5, equal_nan=True)


def compare_all(op, folder):
    """All cases of a type, whose small integers are constants; of several outputs, all and the first alone."""
    for case in CASES:
        if case.op != op:
            continue
        with tf.Graph().as_default() as graph:
            feeds, _, outputs = make(case, fed=False)
            (folder / "graph.pb").write_bytes(graph.as_graph_def().SerializeToString())
        names = [each.name for each in outputs]
        compare(folder, feeds, names)
        if len(names) > 1:
            compare(folder, feeds, names[:1])


@pytest.mark.parametrize("op", sorted({case.op for case in CASES}))
def test_the_source_of_a_node_gives_what_its_graph_gives(op, tmp_path):
    if op in DIFFERENT:
        with pytest.raises((AssertionError, ValueError), match=DIFFERENT[op]):
            compare_all(op, tmp_path)
    else:
        compare_all(op, tmp_path)
