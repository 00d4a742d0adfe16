"""What TF1 builds and runs later: beside TensorFlow, and across passes, graphs and copies."""

import copy
import gc
import weakref

import numpy as np
import pytest
import torch
from tensorflow.python.training import moving_averages as their_averages

import torchscope as ts
import torchscope.tf1 as ours
from tests.tensorflow1 import assert_refused_alike, tf
from torchscope._core.operations.operation import Operation

EACH = (ours, tf)


def counting():
    """A function of a net that has a counter, and gives it with an operation that counts."""
    count = ts.get_variable("count", [], initializer=ts.zeros_initializer(), trainable=False)
    return count, Operation("step", lambda: count.assign_add(1.0))


def names_given(tf):
    found = [tf.group(name="g"), tf.group(), tf.no_op(), tf.no_op(name="g"), tf.group(tf.no_op())]
    with tf.name_scope("inner"):
        found += [tf.group(), tf.no_op(), tf.no_op("x/y"), tf.no_op("inner/last/")]
    tf.tuple([tf.constant(1.0)])
    found.append(tf.group())
    with tf.variable_scope("tuple"):
        found += [tf.no_op(), tf.Variable(lambda: 1.0, name="NoOp").op]
    return [each.name for each in found]


def test_names_are_tensorflows_on_every_pass():
    with tf.Graph().as_default():
        expected = names_given(tf)
    net = ts.ScopedModule(lambda: names_given(ours))
    assert net() == net() == expected


def test_an_operation_does_its_work_once():
    net = ts.ScopedModule(counting)
    count, step = net()
    assert (step.op, step.type) == (step, "NoOp")
    assert repr(step) == "<tf.Operation 'step' type=NoOp>"
    for _ in range(2):
        with ours.control_dependencies([step, None, count, ours.size(count)]):
            pass
    ours.group(step, [step]).run()
    step.run()
    assert count.item() == 1
    with pytest.raises(RuntimeError, match="Operation step was run already"):
        step.run()
    ours.no_op().run()
    assert count.item() == 1


def test_an_operation_that_fails_has_run():
    def fail():
        raise ValueError("no")

    step = Operation("step", fail)
    with pytest.raises(ValueError, match=r"^no$"):
        step.run()
    step.run_once()


def test_what_nobody_runs_leaves_nothing():
    def model():
        count, step = counting()
        ts.add_to_collection("steps", step)
        return count

    net = ts.ScopedModule(model)
    assert net().item() == net().item() == 0
    held = weakref.ref(net.registry.get_collection("steps")[0])
    net.registry.get_collection("steps")[0].run()
    assert net().item() == 1
    gc.collect()
    assert held() is None


def test_a_collection_finds_operations_by_scope():
    with ts.name_scope("tower"):
        step = ours.no_op()
        ts.add_to_collection("steps", step)
    ts.add_to_collection("steps", ours.no_op())
    assert ts.get_collection("steps", "tower") == [step]
    assert [each.name for each in ts.get_collection("steps")] == ["tower/NoOp", "NoOp"]


def test_a_group_runs_what_it_holds_when_it_is_run():
    done = []
    inner = ours.group(Operation("a", lambda: done.append("a")), lambda: done.append("b"), None)
    outer = ours.group([inner, {"c": Operation("c", lambda: done.append("c"))}], torch.ones(2))
    assert done == []
    outer.run()
    assert done == ["a", "b", "c"]
    inner.run()
    assert done == ["a", "b", "c"]


def test_a_tuple_runs_all_before_it_gives_one():
    done = []
    a, b = (Operation(name, lambda name=name: done.append(name)) for name in "ab")
    x = torch.ones(2)
    assert ours.tuple([x, None, a], control_inputs=[b]) == [x, None, a]
    assert done == ["a", "b"]


REFUSED = [
    lambda tf: tf.group("a"),
    lambda tf: tf.group(tf.no_op(), foo=3),
    lambda tf: tf.control_dependencies([1.5]),
    lambda tf: tf.control_dependencies([[tf.no_op()]]),
    lambda tf: tf.control_dependencies(tf.no_op()),
    lambda tf: tf.tuple([]),
    lambda tf: tf.tuple([None]),
    lambda tf: tf.tuple([tf.constant(1.0)], control_inputs=[3]),
    lambda tf: tf.no_op(name="a b"),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused_as_tensorflow_does(call):
    def theirs():
        with call(tf):
            pass

    def mine():
        with call(ours):
            pass

    assert_refused_alike(theirs, mine)


def test_nothing_is_fed_to_a_pass_that_is_over():
    with pytest.raises(ValueError, match="there is nothing to feed"):
        ours.no_op().run(feed_dict={"x": 1})
    ours.no_op().run({}, None)


def with_dependencies(x):
    count, step = counting()
    ts.add_to_collection("steps", step)
    with ours.control_dependencies([step]):
        return x + count


def test_dependencies_are_part_of_graphs():
    x = torch.ones(2)
    net = ts.ScopedModule(with_dependencies)
    ts.build(net, x)
    assert net.count.item() == 0
    graph = ts.graph(net, x)
    assert [graph(x)[0].item(), net(x)[0].item(), graph(x)[0].item()] == [2, 3, 4]
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    assert [compiled(x)[0].item(), compiled(x)[0].item()] == [5, 6]
    assert copy.deepcopy(net)(x)[0].item() == net(x)[0].item() == 7


def test_a_graph_gives_no_operation_and_leaves_none_that_computes():
    def model(x):
        count, step = counting()
        ts.add_to_collection("steps", step)
        return (x, step) if x.ndim else x + count

    net = ts.ScopedModule(model)
    with pytest.raises(TypeError, match="returns the operation step, to be run later"):
        ts.graph(net, torch.ones(2))
    graph = ts.graph(net, torch.tensor(1.0))
    graph(torch.tensor(1.0))
    left = net.registry.get_collection("steps")[0]
    with pytest.raises(RuntimeError, match="Operation step was built where nothing is computed"):
        left.run()
    torch._dynamo.reset()
    with pytest.raises(torch._dynamo.exc.Unsupported, match="returns the operation step"):
        torch.compile(net, fullgraph=True, backend="eager")(torch.ones(2))
    torch._dynamo.reset()
    _, step = torch.compile(net, backend="eager")(torch.ones(2))
    step.run()
    assert net.count.item() == 1


def averages(tf, module):
    value = np.array([1.0, 2.0], "float32")
    with tf.variable_scope("bn"):
        mean = tf.get_variable("mean", [2], initializer=tf.ones_initializer(), trainable=False)
        updates = [
            module.assign_moving_average(mean, value, 0.9),
            module.assign_moving_average(mean, value, 0.75, zero_debias=False, name="plain"),
            module.assign_moving_average(mean, value, tf.constant(0.5)),
        ]
        with tf.variable_scope("again"):
            updates.append(module.assign_moving_average(mean, value * 3, 0.5))
    return updates, mean, [v.op.name for v in tf.global_variables()]


def test_moving_averages_are_tensorflows():
    order = [0, 0, 1, 2, 3, 0, 2]
    with tf.Graph().as_default(), tf.Session() as session:
        updates, mean, expected = averages(tf, their_averages)
        session.run(tf.global_variables_initializer())
        values = []
        for number in order:
            session.run(updates[number])
            values.append(session.run(mean))
        their_names = [each.op.name for each in updates]
    net = ts.ScopedModule(lambda: averages(ours, ours.train))
    for number, value in zip(order, values, strict=True):
        updates, mean, names = net()
        assert names == expected
        assert [each.name for each in updates] == their_names
        updates[number].run()
        np.testing.assert_allclose(mean.numpy(), value, rtol=1e-6)
    assert list(net.registry.variables) == expected
    assert not any(variable.trainable for variable in net.registry.variables.values())


def test_an_average_of_another_shape_is_refused():
    mean = ts.get_variable("mean", [2], trainable=False)
    with pytest.raises(ValueError, match="Dimensions of mean:0 and of what is assigned"):
        ours.train.assign_moving_average(mean, torch.ones(3), 0.9)
