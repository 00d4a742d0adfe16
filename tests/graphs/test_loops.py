"""Loops, branches and what they keep give what they give in TensorFlow, and so do the graphs of their gradients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from tests.graphs.kit import compare
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(4, 3).astype(np.float32)
SEQUENCES = RANDOM.randn(2, 5, 3).astype(np.float32)
LENGTHS = np.array([5, 3], np.int32)


@contextmanager
def _control_flow(version: int) -> Iterator[None]:
    if version == 1:
        tf.disable_control_flow_v2()
    else:
        tf.enable_control_flow_v2()
    try:
        yield
    finally:
        tf.disable_control_flow_v2()


def _mapped(x: Any) -> Any:
    return tf.map_fn(lambda row: tf.tanh(row) * row, x)


def _scanned(x: Any) -> Any:
    return tf.scan(lambda total, row: tf.tanh(total) + row * row, x)


def _folded(x: Any) -> Any:
    return tf.foldl(lambda total, row: tf.sin(total * row) + row, x)


def _counted(x: Any) -> Any:
    return tf.while_loop(
        lambda i, _: i < 4, lambda i, y: (i + 1, tf.tanh(y * x) + y), (tf.constant(0), x)
    )[1]


def _until(x: Any) -> Any:
    return tf.while_loop(lambda y: tf.reduce_sum(y) < 20.0, lambda y: (y * y + 1.0,), (x,))


def _nested(x: Any) -> Any:
    def inner(y: Any, i: Any) -> Any:
        return tf.while_loop(
            lambda j, _: j < i, lambda j, z: (j + 1, tf.sin(z) * y), (tf.constant(0), y)
        )[1]

    return tf.while_loop(
        lambda i, _: i < 3, lambda i, y: (i + 1, inner(y, i) + x), (tf.constant(0), x)
    )[1]


def _branch_in_loop(x: Any) -> Any:
    def body(i: Any, y: Any) -> Any:
        odd = tf.equal(i % 2, 1)
        return i + 1, tf.cond(odd, lambda: tf.sin(y) * x, lambda: y * y)

    return tf.while_loop(lambda i, _: i < 4, body, (tf.constant(0), x))[1]


def _branch_in_branch_in_loop(x: Any) -> Any:
    def body(i: Any, y: Any) -> Any:
        def other() -> Any:
            return tf.cond(i > 1, lambda: tf.tanh(y * y), lambda: y * x)

        return i + 1, tf.cond(tf.equal(i % 2, 1), lambda: tf.sin(y) * x, other)

    return tf.while_loop(lambda i, _: i < 4, body, (tf.constant(0), x))[1]


def _loop_in_branch(x: Any) -> Any:
    return tf.cond(tf.reduce_sum(x) < 100.0, lambda: _counted(x), lambda: x)


def _branch(x: Any) -> Any:
    first = tf.cond(tf.reduce_sum(x) > 0.0, lambda: tf.sin(x) * x, lambda: x)
    return first, tf.cond(tf.reduce_sum(x) > 0.0, lambda: x, lambda: first * x)


def _branch_in_branch(x: Any) -> Any:
    def some() -> Any:
        return tf.cond(x[0, 0] > 0.0, lambda: (tf.sin(x), x * x), lambda: (x, x))

    return tf.cond(tf.reduce_sum(x) > 0.0, some, lambda: (x + 1.0, tf.tanh(x)))


def _cases(x: Any) -> Any:
    by_number = tf.switch_case(tf.cast(x[0, 0], tf.int32), [lambda: x, lambda: x * x, lambda: -x])
    choices = [(x[0, 0] > 3.0, lambda: tf.sin(x)), (x[0, 0] > 1.0, lambda: tf.cos(x) * x)]
    return by_number, tf.case(choices, default=lambda: x)


def _array(x: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)

    def body(i: Any, array: Any) -> Any:
        before = tf.cond(i > 0, lambda: array.read(tf.maximum(i - 1, 0)), lambda: x[0])
        return i + 1, array.write(i, before * x[i])

    return tf.while_loop(lambda i, _: i < 4, body, (tf.constant(0), array))[1].stack()


def _pieces(x: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(x, [1, 3])
    return tf.concat([array.read(1), array.read(0)], 0)


def _all_pieces(x: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=3, infer_shape=False)
    return array.write(0, x).write(1, x[:2] * 2.0).write(2, x * x).concat()


def _scattered(x: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=4).scatter([2, 0, 1, 3], x)
    return array.gather([0, 2]) * tf.cast(array.size(), tf.float32)


def _lstm(units: int = 4) -> Any:
    return tf.nn.rnn_cell.LSTMCell(units, use_peepholes=True)


def _dynamic(x: Any) -> Any:
    return tf.nn.dynamic_rnn(_lstm(), x, dtype=tf.float32)


def _of_lengths(x: Any) -> Any:
    return tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), x, LENGTHS, dtype=tf.float32)


def _by_time(x: Any) -> Any:
    cells = tf.nn.rnn_cell.MultiRNNCell([_lstm(), tf.nn.rnn_cell.BasicRNNCell(3)])
    turned = tf.transpose(x, [1, 0, 2])
    return tf.nn.dynamic_rnn(cells, turned, LENGTHS, dtype=tf.float32, time_major=True)


def _both_ways(x: Any) -> Any:
    return tf.nn.bidirectional_dynamic_rnn(
        _lstm(), tf.nn.rnn_cell.GRUCell(2), x, LENGTHS, dtype=tf.float32
    )


def _raw(x: Any) -> Any:
    inputs = tf.TensorArray(tf.float32, size=5).unstack(tf.transpose(x, [1, 0, 2]))
    cell = tf.nn.rnn_cell.GRUCell(3)

    def turn(time: Any, output: Any, state: Any, _: Any) -> Any:
        following = cell.zero_state(2, tf.float32) if output is None else state
        done = time >= LENGTHS
        going = tf.cond(
            tf.reduce_all(done),
            lambda: tf.zeros([2, 3], tf.float32),
            lambda: inputs.read(tf.minimum(time, 4)),
        )
        return done, going, following, output, None

    outputs, state, _ = tf.nn.raw_rnn(cell, turn)
    return outputs.stack(), state


ON_SEQUENCES = [_dynamic, _of_lengths, _by_time, _both_ways, _raw]

ON_ROWS = [
    _mapped,
    _scanned,
    _folded,
    _counted,
    _until,
    _nested,
    _branch_in_loop,
    _branch_in_branch_in_loop,
    _loop_in_branch,
    _branch,
    _branch_in_branch,
    _cases,
    _array,
    _pieces,
    _all_pieces,
    _scattered,
]


def _check(build: Callable[[Any], Any], value: Any, version: int) -> None:
    with _control_flow(version), tf.Graph().as_default() as graph, plain_session() as session:
        tf.set_random_seed(0)
        x = tf.placeholder(tf.float32, value.shape, name="x")
        y = build(x)
        y = tf.add_n([tf.reduce_sum(tf.sin(each)) for each in tf.nest.flatten(y)])
        slopes = tf.gradients(y, [x, *tf.trainable_variables()])
        session.run(tf.global_variables_initializer())
        expected, steep = session.run([y, slopes], {x: value})
        names = {
            each.op.name.replace("/", "."): session.run(each) for each in tf.global_variables()
        }
        definition = graph.as_graph_def().SerializeToString()
    net = graphs.import_graph_def(definition)
    net.load_state_dict({key: torch.from_numpy(each) for key, each in names.items()})
    given = torch.from_numpy(value.copy()).requires_grad_()
    found = net(feeds={"x:0": given}, fetches=y.name)
    compare(found, expected, 1e-5, "value")
    parameters = [given, *(net.get_parameter(key) for key in names)]
    for each, slope in zip(torch.autograd.grad(found, parameters), steep, strict=True):
        compare(each, slope, 1e-4, "autograd's")
    with torch.no_grad():
        by_nodes = net(feeds={"x:0": given}, fetches=[each.name for each in slopes])
    for each, slope in zip(by_nodes, steep, strict=True):
        compare(each, slope, 1e-4, "gradient")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("build", ON_ROWS, ids=lambda build: build.__name__.strip("_"))
def test_a_loop_and_its_gradients_give_what_they_give_in_tensorflow(build, version):
    _check(build, X, version)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("build", ON_SEQUENCES, ids=lambda build: build.__name__.strip("_"))
@pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")
def test_a_recurrent_net_and_its_gradients_give_what_they_give_in_tensorflow(build, version):
    _check(build, SEQUENCES, version)


def test_the_nodes_of_gradients_see_the_draws_that_were_made():
    def body(i: Any, y: Any) -> Any:
        odd = tf.equal(i % 2, 1)
        drawn = tf.cond(odd, lambda: y * tf.random_uniform([3]), lambda: y * y)
        return i + 1, drawn * tf.random_uniform([3])

    with _control_flow(1), tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3], name="x")
        y = tf.while_loop(lambda i, _: i < 4, body, (tf.constant(0), x))[1]
        slope = tf.gradients(y, x)[0]
        definition = graph.as_graph_def()
    net = graphs.import_graph_def(definition)
    given = torch.rand(3).requires_grad_()
    found, by_nodes = net(feeds={"x:0": given}, fetches=[y.name, slope.name])
    torch.testing.assert_close(torch.autograd.grad(found.sum(), given)[0], by_nodes.detach())


def test_a_loop_keeps_nothing_for_gradients_that_nobody_asks_for():
    with _control_flow(1), tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 3], name="x")
        y = _counted(x)
        tf.gradients(y, x)
        definition = graph.as_graph_def()
    net = graphs.import_graph_def(definition)
    net(feeds={"x:0": X}, fetches=y.name)
    assert "Stack" not in net.graph.owning_module.print_readable(print_output=False)
