"""What runs cells beside dynamic_rnn: steered, saving, stacked. Names, numbers and refusals are TensorFlow's."""

import pytest
import torch
from tensorflow.python.ops import rnn as tensorflow_rnn

import torchscope as ts
import torchscope.tf1 as ours
from tests.rnn.alike import Kit, assert_alike, weights_of
from tests.tensorflow1 import assert_refused_alike, refusal, tf
from tests.tensorflow1_contrib import import_contrib

CONTRIB = import_contrib()
# tf.contrib.rnn's own __init__ took these from elsewhere.
for name in ("transpose_batch_time", "best_effort_input_batch_size"):
    setattr(CONTRIB.rnn, name, getattr(tensorflow_rnn, f"_{name}"))
PROGRAMS = []


def program(*shapes):
    def enter(function):
        PROGRAMS.append(pytest.param(function, shapes, id=function.__name__))
        return function

    return enter


def tf_of(kit):
    return ours if kit.api is ts else tf


def contrib_of(kit):
    return ours.contrib.rnn if kit.api is ts else CONTRIB.rnn


def steered(kit, x, cell, lengths, **kept):
    """TensorFlow's own example of raw_rnn: dynamic_rnn, written out."""
    tf = tf_of(kit)
    steps, batch = 4, 3
    given = tf.TensorArray(tf.float64, size=steps, clear_after_read=False).unstack(x)

    def loop_fn(time, output, state, loop_state):
        if output is None:
            state = cell.zero_state(batch, tf.float64)
            output, loop_state = kept.get("first"), kept.get("own")
        else:
            output = kept.get("made", lambda o: o)(output)
            loop_state = None if kept.get("own") is None else loop_state + tf.reduce_sum(state)
        ended = time >= tf.constant(lengths)
        over = tf.reduce_all(ended)
        next_input = tf.cond(
            over, lambda: tf.zeros([batch, 2], tf.float64), lambda: given.read(time)
        )
        return ended, next_input, state, output, loop_state

    return kit.run.raw_rnn(cell, loop_fn)


@program((4, 3, 2))
def a_loop_written_out(kit, x):
    outputs, state, own = steered(kit, x, kit.cells.LSTMCell(3), [2, 4, 1])
    assert own is None
    return outputs.stack(), state


@program((4, 3, 2))
def what_is_kept_may_be_something_else(kit, x):
    tf = tf_of(kit)
    stack = kit.cells.MultiRNNCell([kit.cells.GRUCell(3), kit.cells.LSTMCell(3)])
    kept = {
        "first": (tf.zeros([2], tf.float64), tf.zeros([], tf.float64)),
        "made": lambda o: (o[:, :2] * 2, tf.reduce_sum(o, 1)),
    }
    with kit.api.variable_scope("model"):
        (one, two), state, _ = steered(kit, x, stack, [3, 3, 2], **kept)
    return one.stack(), two.stack(), state


@program((4, 3, 2))
def a_loop_may_have_a_state_of_its_own(kit, x):
    own = tf_of(kit).constant(0.5, dtype=tf_of(kit).float64)
    outputs, _, own = steered(kit, x, kit.cells.BasicRNNCell(2), [1, 2, 2], own=own)
    return outputs.concat(), own


@program((3, 2), (3, 4), (3, 4))
def a_saved_state(kit, x, c, h):
    class Saver:
        kept = {"c": c, "h": h}

        def state(self, name):
            return self.kept[name]

        def save_state(self, name, value):
            self.kept[name] = value
            return tf_of(kit).no_op()

    saver, cell = Saver(), kit.cells.LSTMCell(4)
    run = kit.run.static_state_saving_rnn
    outputs, state = run(cell, [x, x * 2], saver, ("c", "h"), sequence_length=[1, 2, 2])
    return outputs, state, saver.kept["c"], saver.kept["h"]


@program((3, 2), (3, 2))
def a_stack_in_both_directions(kit, x, y):
    cells = kit.cells
    pairs = [[cells.GRUCell(3), cells.LSTMCell(2)], [cells.BasicRNNCell(2), cells.GRUCell(4)]]
    stack = contrib_of(kit).stack_bidirectional_rnn
    return stack(*pairs, [x, y], dtype=kit.dtype("float64"), sequence_length=[1, 2, 2])


@program((2, 3), (4, 2))
def states_of_a_stack(kit, x, h):
    cells = kit.cells
    stack = contrib_of(kit).stack_bidirectional_rnn
    first = [[h[:2]], [h[2:]]]
    return stack([cells.GRUCell(2)], [cells.GRUCell(2)], [x, x], *first, scope="mine")


@program((3, 4, 2))
def axes_that_change_places(kit, x):
    contrib = contrib_of(kit)
    turned = contrib.transpose_batch_time(x)
    assert contrib.best_effort_input_batch_size([turned, x]) == 3
    return turned, contrib.transpose_batch_time(x[0, 0])


@pytest.mark.parametrize(("run", "shapes"), PROGRAMS)
def test_a_program_gives_tensorflows_names_and_numbers(run, shapes):
    assert_alike(run, *weights_of(shapes, "float64", seed=4))


@pytest.mark.filterwarnings("ignore")
def test_without_a_step_the_variables_are_made():
    def model(kit):
        tf = tf_of(kit)
        cell = kit.cells.GRUCell(2)
        given = tf.zeros([3, 2])

        def loop_fn(time, output, state, loop_state):
            state = given if output is None else state
            return tf.constant([True, True, True]), given, state, output, None

        outputs, state, _ = kit.run.raw_rnn(cell, loop_fn)
        return outputs.stack(), state

    net = ts.ScopedModule(lambda: model(Kit(ours=True)))
    for _ in range(2):
        outputs, state = net()
        assert outputs.shape == (0, 3, 2) and not state.any()
    with tf.Graph().as_default():
        model(Kit(ours=False))
        assert list(net.registry.variables) == [v.op.name for v in tf.global_variables()]


def test_a_loop_that_ends_by_its_number_is_compiled():
    cell = ts.rnn.LSTMCell(3)

    def model(x):
        def loop_fn(time, output, state, own):
            state = cell.zero_state(2, torch.float32) if output is None else state
            own = x.new_zeros(()) if output is None else own + output.sum()
            return time >= x.shape[1], x[:, min(time, x.shape[1] - 1)], state, output, own

        outputs, state, own = ours.nn.raw_rnn(cell, loop_fn)
        return outputs.stack(), state.h, own

    net, x = ts.ScopedModule(model), torch.randn(2, 4, 3)
    outputs, state, _ = net(x)
    torch.testing.assert_close(outputs[-1], state)
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    for run in (compiled, ts.graph(net, x)):
        torch.testing.assert_close(run(x), net(x))


def steps(kit, *shapes):
    zeros = tf_of(kit).zeros
    return [zeros(shape) for shape in shapes]


def gru(kit):
    return kit.cells.GRUCell(2)


def loops(kit, first, then=None):
    x, h = steps(kit, (3, 2), (3, 2))
    named = {"x": x, "h": h, "y": steps(kit, (2, 2))[0]}

    def of(names):
        return [named.get(each, each) for each in names]

    def loop_fn(time, output, state, own):
        return of(first if output is None else then)

    return kit.run.raw_rnn(gru(kit), loop_fn)


REFUSED = {
    "no cell": lambda kit: kit.run.raw_rnn(3, print),
    "no function": lambda kit: kit.run.raw_rnn(gru(kit), 3),
    "a tuple for a state": lambda kit: loops(kit, [False, "x", ("h",), None, None]),
    "another kind of state": lambda kit: loops(
        kit, [False, "x", "h", None, None], [True, "x", ("h",), "h", None]
    ),
    "another kind of input": lambda kit: loops(
        kit, [False, "x", "h", None, None], [True, ("x",), "h", "h", None]
    ),
    "nothing kept": lambda kit: loops(
        kit, [False, "x", "h", None, None], [True, "x", "h", ("h", "h"), None]
    ),
    "one name for two states": lambda kit: kit.run.static_state_saving_rnn(
        kit.cells.LSTMCell(2), steps(kit, (3, 2)), None, "state"
    ),
    "a tuple of names for one state": lambda kit: kit.run.static_state_saving_rnn(
        gru(kit), steps(kit, (3, 2)), None, ("state",)
    ),
    "three names for two states": lambda kit: kit.run.static_state_saving_rnn(
        kit.cells.LSTMCell(2), steps(kit, (3, 2)), None, ("a", "b", "c")
    ),
    "a number": lambda kit: contrib_of(kit).best_effort_input_batch_size(steps(kit, (3,))),
    **{
        f"a stack {n}": lambda kit, given=given: contrib_of(kit).stack_bidirectional_rnn(
            *given(gru(kit), steps(kit, (3, 2))), dtype=kit.dtype("float32")
        )
        for n, given in enumerate(
            [
                lambda cell, x: ([], [cell], x),
                lambda cell, x: ([cell], [], x),
                lambda cell, x: (cell, [cell], x),
                lambda cell, x: ([cell], cell, x),
                lambda cell, x: ([cell], [cell, cell], x),
                lambda cell, x: ([cell], [cell], x, [x, x]),
                lambda cell, x: ([cell], [cell], x, None, x[0]),
            ]
        )
    },
}
# TensorFlow's words show its own objects.
TYPE_ALONE = {"no cell", "no function", "one name for two states", "a tuple of names for one state"}
TYPE_ALONE |= {"three names for two states", "a number", "nothing kept", "a tuple for a state"}
TYPE_ALONE |= {"another kind of state", "another kind of input"}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore")
def test_it_is_refused_as_in_tensorflow(name):
    call = REFUSED[name]
    net = ts.ScopedModule(lambda: call(Kit(ours=True)))
    if name in TYPE_ALONE:
        assert type(refusal(net)) is type(refusal(lambda: call(Kit(ours=False))))
    else:
        assert_refused_alike(lambda: call(Kit(ours=False)), net)


def test_batches_of_inputs_are_the_same():
    def loop_fn(time, output, state, own):
        return False, (torch.ones(2, 1), torch.ones(3, 1)), torch.ones(2, 2), None, None

    with pytest.raises(ValueError, match=r"Dimensions 2 and 3 are not compatible.*of raw_rnn"):
        ts.rnn.raw_rnn(ts.rnn.GRUCell(2), loop_fn)
