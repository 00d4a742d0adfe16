"""What a graph says while it runs."""

import time
from typing import Any

import numpy as np
import pytest

from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.graphs import GraphError
from torchscope.tf1 import errors

X = np.array([[1.5, -2.0], [0.25, 3.0]], np.float32)


def _imported(build: Any) -> Any:
    with tf.Graph().as_default() as graph:
        build(tf.placeholder(tf.float32, X.shape, name="x"))
        return graphs.import_graph_def(graph.as_graph_def())


def test_an_assertion_refuses_what_tensorflow_refuses():
    def build(x: Any) -> Any:
        with tf.control_dependencies([tf.Assert(x[0, 0] > 0, ["The first is", x], summarize=2)]):
            return tf.identity(x, name="y")

    net = _imported(build)
    assert net(feeds={"x:0": X}, fetches="y").tolist() == X.tolist()
    with tf.Graph().as_default(), plain_session() as session:
        y = build(tf.placeholder(tf.float32, X.shape, name="x"))
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed") as expected:
            session.run(y, {"x:0": -X})
    with pytest.raises(errors.InvalidArgumentError, match="assertion failed") as found:
        net(feeds={"x:0": -X}, fetches="y")
    assert str(found.value) in expected.value.message


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_printed_is_what_tensorflow_prints(version, capfd):
    def build(x: Any) -> Any:
        if version == 1:
            return tf.Print(x, [x, tf.shape(x)], "Here: ", summarize=3, name="y")
        with tf.control_dependencies([tf.print("Here:", x, tf.shape(x), summarize=1)]):
            return tf.identity(x, name="y")

    with tf.Graph().as_default(), plain_session() as session:
        session.run(build(tf.placeholder(tf.float32, X.shape, name="x")), {"x:0": X})
    expected = capfd.readouterr().err
    net = _imported(build)
    capfd.readouterr()
    net(feeds={"x:0": X}, fetches="y")
    assert capfd.readouterr().err == expected


def test_a_graph_that_is_to_end_says_so():
    net = _imported(lambda _: tf.raw_ops.Abort(error_msg="Enough.", name="end"))
    with pytest.raises(GraphError, match=r"Abort\. Enough"):
        net(fetches="end")


def test_the_time_is_that_of_now():
    net = _imported(lambda _: tf.raw_ops.Timestamp(name="now"))
    assert abs(float(net(fetches="now")) - time.time()) < 60
