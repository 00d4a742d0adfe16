"""Arrays of tensors: what is written is read, as in TensorFlow, in loops and in compiled nets."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchscope as ts
import torchscope.tf1 as ours
from tests.comparing import as_list, assert_close, numbers
from tests.tensorflow1 import assert_refused_alike, evaluate, tf

X = numbers(3, 2)


def array(tf, size=3, **kwargs):
    return tf.TensorArray(tf.float32, size, **kwargs)


def in_a_loop(tf, x):
    given = array(tf, 0, dynamic_size=True, clear_after_read=False).unstack(x)

    def body(i, made, total):
        read = given.read(i)
        return i + 1, made.write(2 - i, read * total[0]), total + read

    first = (tf.constant(0), array(tf, clear_after_read=False), tf.ones([2]))
    _, made, total = tf.while_loop(lambda i, *_: i < 3, body, first)
    return [made.stack(), made.concat(), made.gather([2, 0]), total]


def in_a_loop_without_a_turn(tf, x):
    first = (0, array(tf, 2).write(0, x[0]).write(1, x[1]), array(tf, 0))
    body = lambda i, a, b: (i + 1, a.write(i, a.read(i + 2)), b.write(i, x))
    _, given, none = tf.while_loop(lambda i, *_: i < 0, body, first)
    return [given.stack(), none.stack()]


def in_a_condition(tf, x):
    one = array(tf, clear_after_read=False).write(1, x[0])
    return tf.cond(
        tf.reduce_sum(x) > -99,
        lambda: one.write(2, x[1]).stack(),
        lambda: one.write(1, x[2]).stack(),
    )


def again(tf, made):
    return tf.TensorArray(tf.float32, handle=made.handle, flow=made.flow)


PROGRAMS = [
    in_a_loop,
    in_a_loop_without_a_turn,
    in_a_condition,
    lambda tf, x: array(tf).write(1, x[0]).stack(),
    lambda tf, x: array(tf, element_shape=[2]).write(tf.constant(1), x[0]).stack(),
    lambda tf, x: array(tf, element_shape=[2]).stack() + x,
    lambda tf, x: array(tf, element_shape=[2]).read(2) + x,
    lambda tf, x: array(tf, 2).unstack(x[:1]).stack(),
    lambda tf, x: array(tf, 1, dynamic_size=True).unstack(x).stack(),
    lambda tf, x: array(tf).scatter([2, 0], x[:2]).stack(),
    lambda tf, x: array(tf).scatter(tf.constant([2, 0]), x[:2]).gather(tf.constant([0, 2])),
    lambda tf, x: tf.concat([array(tf).unstack(x).gather([]), x], 0),
    lambda tf, x: array(tf, 2).write(0, x).write(1, x).concat(),
    lambda tf, x: array(tf, 2, infer_shape=False).write(0, x).write(1, x[:1]).concat(),
    lambda tf, x: array(tf, 2).write(0, x[:1]).concat(),
    lambda tf, x: array(tf, 2, infer_shape=False).split(x, [1, 2]).read(1),
    lambda tf, x: array(tf, 0, dynamic_size=True).split(x, [1, 1, 1]).stack(),
    lambda tf, x: array(tf).write(0, 1).write(1, 2.5).write(2, np.float64(3)).stack() + x[0, 0],
    lambda tf, x: array(tf, tf.shape(x)[0]).unstack(x).stack(),
    lambda tf, x: [array(tf, 2).write(1, x).identity().read(1)],
    lambda tf, x: array(tf, 0, element_shape=[2]).stack() + x[:0],
    lambda tf, x: tf.zeros([array(tf, 2, dynamic_size=True).write(4, x).size()]) + x[0, 0],
    lambda tf, x: again(tf, array(tf).unstack(x)).gather([0]),
]


@pytest.mark.parametrize("call", PROGRAMS, ids=range(len(PROGRAMS)))
def test_values_and_gradients_are_tensorflows(call):
    def build(tf):
        x = tf.constant(X)
        given = as_list(call(tf, x))
        return given, tf.gradients(sum(tf.reduce_sum(tf.sin(each)) for each in given), x)

    expected, (gradient,) = evaluate(build)
    x = torch.tensor(X, requires_grad=True)
    found = as_list(call(ours, x))
    for mine, its in zip(found, expected, strict=True):
        assert_close(mine, its)
    (mine,) = torch.autograd.grad(sum(each.sin().sum() for each in found), x)
    assert_close(mine, gradient, least=1.0)


def in_a_recorded_loop(tf, x):
    given = array(tf, 0, dynamic_size=True).unstack(x)
    first = (0, array(tf), array(tf, 0))

    def body(i, made, none):
        return i + 1, made.write(i, given.read(i) * float(i)), none

    _, made, none = tf.while_loop(lambda i, *_: i < 3, body, first)
    _, none = tf.while_loop(lambda i, _: i < 0, lambda i, a: (i + 1, a.write(i, x[0])), (0, none))
    return [made.stack(), made.gather(tf.constant([2, 1])), none.stack()]


@pytest.mark.parametrize("call", [in_a_recorded_loop, *PROGRAMS[5:12]])
def test_it_is_part_of_a_compiled_net(call):
    def model(x):
        return as_list(call(ours, x * ts.get_variable("w", [2])))

    net, x = ts.build(ts.ScopedModule(model), torch.tensor(X)), torch.tensor(X)
    torch._dynamo.reset()
    for run in (torch.compile(net, fullgraph=True, backend="aot_eager"), ts.graph(net, x)):
        torch.testing.assert_close(run(x), net(x))
    net.to("meta")
    assert net(x.to("meta"))[0].is_meta


@settings(max_examples=20)
@given(st.permutations(range(4)), st.integers(0, 4), st.sampled_from(["float32", "int64", "bool"]))
def test_what_is_written_is_read_in_any_order(order, first, dtype):
    values = torch.arange(8).reshape(4, 2).to(getattr(torch, dtype))
    made = ours.TensorArray(values.dtype, first, dynamic_size=True)
    before = made
    for index in order:
        made = made.write(index, values[index])
    assert before.size() == first and made.size() == 4
    assert torch.equal(made.stack(), values)
    assert torch.equal(made.concat(), values.reshape(-1))
    assert torch.equal(made.gather(list(order)), values[list(order)])
    assert torch.equal(
        ours.TensorArray(values.dtype, 4).unstack(values).read(order[0]), values[order[0]]
    )
    again = ours.TensorArray(values.dtype, 4).scatter(list(order), values)
    assert torch.equal(again.gather(list(order)), values)


def test_what_it_says_of_itself():
    def said(tf):
        some = array(tf, 2, element_shape=[None, 2])
        more = some.write(0, [[1.0, 2.0]])
        loose = array(tf, 2, infer_shape=False).write(0, 1.0)
        grows = array(tf, 2, dynamic_size=True)
        shapes = [each.element_shape for each in (some, more, loose)]
        return [
            [None if s.ndims is None else s.as_list() for s in shapes[1:]],
            [each.dynamic_size for each in (some, more, grows)],
        ]

    with tf.Graph().as_default():
        assert said(ours) == said(tf)
    assert array(ours).dtype == torch.float32
    assert (
        repr(array(ours)) == "<TensorArray of 3 elements, dtype=float32, element_shape=<unknown>>"
    )
    assert array(ours).close().run() is None


def test_a_value_read_from_a_variable_stays():
    def model():
        v = ts.get_variable("v", [], initializer=ts.ones_initializer())
        made = array(ours, 1).write(0, v)
        v.assign(5.0)
        return made.read(0)

    assert ts.ScopedModule(model)().item() == 1.0


A = array
REFUSED = [
    lambda tf: tf.TensorArray(tf.float32),
    lambda tf: tf.TensorArray(tf.float32, [1]),
    lambda tf: tf.TensorArray(tf.float32, tf.constant([1])),
    lambda tf: tf.TensorArray(tf.float32, 1.5),
    lambda tf: tf.TensorArray("foo", 1),
    lambda tf: tf.TensorArray(tf.float32, handle=A(tf).handle),
    lambda tf: tf.TensorArray(tf.float32, 3, handle=A(tf).handle),
    lambda tf: A(tf).write(1, 1.0).write(0, [1.0]),
    lambda tf: A(tf, element_shape=[2]).write(0, 1.0),
    lambda tf: A(tf, element_shape=[2]).unstack([[1.0]]),
    lambda tf: A(tf).unstack(1.0),
    lambda tf: A(tf).scatter([2, 0, 1], [[1.0], [2.0]]),
    lambda tf: A(tf).scatter(1, [[1.0], [2.0]]),
    lambda tf: A(tf).gather([[0]]),
    lambda tf: A(tf).gather(tf.constant([[0]])),
    lambda tf: A(tf).split([1.0], 1),
    lambda tf: A(tf).write([1], 1.0),
    lambda tf: A(tf, 2).write(0, 1.0).write(1, 3.0).concat(),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_bad_input_is_refused_as_tensorflow_does(call):
    assert_refused_alike(lambda: call(tf), lambda: call(ours))


LOOSE = {"infer_shape": False}
# What TensorFlow refuses when it runs.
FAILING = [
    (lambda tf: A(tf).stack(), "Could not read from TensorArray index 0"),
    (lambda tf: A(tf).read(1), "Could not read from TensorArray index 1"),
    (lambda tf: A(tf).read(4), "Tried to read from index 4 but array size is: 3"),
    (lambda tf: A(tf).read(-1), "Tried to read from index -1 but array size is: 3"),
    (lambda tf: A(tf).gather([5]), "Tried to read from index 5 but array size is: 3"),
    (
        lambda tf: A(tf).write(3, 1.0).read(0),
        "Tried to write to index 3 but array is not resizeable and size is: 3",
    ),
    (
        lambda tf: A(tf).write(1, 1.0).write(1, 2.0).read(1),
        "Could not write to TensorArray index 1 because it has already been written to",
    ),
    (
        lambda tf: A(tf).scatter([2, 2], [1.0, 2.0]).stack(),
        "Could not write to TensorArray index 2 because it has already been written to",
    ),
    (
        lambda tf: A(tf).scatter([3], [1.0]).stack(),
        "Max scatter index must be < array size (3 vs. 3)",
    ),
    (
        lambda tf: A(tf, 1).unstack([1.0, 2.0]).stack(),
        "Max scatter index must be < array size (1 vs. 1)",
    ),
    (lambda tf: A(tf).write(0, tf.constant(1)).read(0), "but Op is trying to write dtype int32"),
    (
        lambda tf: A(tf, 2, **LOOSE).write(0, [1.0]).write(1, 1.0).stack(),
        "TensorArray has inconsistent shapes.",
    ),
    (
        lambda tf: A(tf, 2, **LOOSE).write(0, [[1.0]]).write(1, [[1.0, 2.0]]).concat(),
        "TensorArray has inconsistent shapes.",
    ),
    (
        lambda tf: A(tf, 2).split([1.0, 2.0, 3.0], [1, 2]).read(0),
        "Could not write to TensorArray index 1 because the value shape is",
    ),
    (
        lambda tf: A(tf, **LOOSE).split([1.0, 2.0, 3.0], [1, 2]).read(0),
        "TensorArray's size is not equal to the size of lengths (3 vs. 2), and the TensorArray is",
    ),
    (
        lambda tf: A(tf, 2, **LOOSE).split([1.0, 2.0, 3.0], [1, 1]).read(0),
        "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is",
    ),
    (
        lambda tf: A(tf, 0).stack(),
        "TensorArray has size zero, but element shape <unknown> is not fully",
    ),
    (lambda tf: A(tf, 0).concat(), "TensorArray has size zero, but element_shape_except0"),
]


@pytest.mark.parametrize(("call", "said"), FAILING, ids=[said for _, said in FAILING])
def test_what_fails_when_tensorflow_runs_is_refused(call, said):
    with pytest.raises(tf.errors.OpError) as theirs:
        evaluate(call)
    assert said in str(theirs.value)
    kind = getattr(ours.errors, type(theirs.value).__name__)
    with pytest.raises(kind) as mine:
        call(ours)
    assert said in str(mine.value)
