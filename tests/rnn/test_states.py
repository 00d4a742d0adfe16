"""What may be a cell's state: plain tuples and lists, arrays, and numbers that go on for all rows."""

import itertools
import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.comparing import assert_close
from tests.rnn.alike import Kit, assert_alike
from tests.tensorflow1 import tf
from torchscope._core.values.conversion import convert_to_tensor

X, A, B = ((2, 3), (2, 4), (2, 4))
pytestmark = pytest.mark.filterwarnings("ignore")


def arrays(*shapes):
    draw = np.random.default_rng(3)
    return [draw.normal(size=shape).astype("float32") for shape in shapes]


def lstm(kit, name, **options):
    options = dict(options)
    wrap = options.pop("wrap", None)
    cell = getattr(kit.cells, name)(4, **options)
    if wrap == "stack":
        return kit.cells.MultiRNNCell([cell])
    if wrap == "device":
        return kit.cells.DeviceWrapper(cell, "/cpu:0")
    return cell if wrap is None else getattr(kit.cells, wrap)(cell)


CELLS = [
    ("BasicLSTMCell", {}),
    ("LSTMCell", {}),
    ("LSTMCell", {"use_peepholes": True, "cell_clip": 0.5}),
    ("BasicLSTMCell", {"wrap": "DropoutWrapper"}),
    ("LSTMCell", {"wrap": "device"}),
    ("BasicLSTMCell", {"wrap": "stack"}),
]


@pytest.mark.parametrize(("name", "options"), CELLS)
@pytest.mark.parametrize("kind", [tuple, list])
def test_a_plain_tuple_or_list_is_an_lstms_state(name, options, kind):
    def program(kit, x, c, h):
        state = kind([c, h])
        if options.get("wrap") == "stack":
            state = kind([state])
        cell = lstm(kit, name, **options)
        outputs, last = kit.run.static_rnn(cell, [x, x], state)
        again, more = cell(x, state)
        leaves = kit.flat(last)
        assert (
            type(last[0] if options.get("wrap") == "stack" else last).__name__ == "LSTMStateTuple"
        )
        return [*outputs, *leaves, again, *kit.flat(more)]

    assert_alike(program, *arrays(X, A, B))


@pytest.mark.parametrize("form", ["list", "tuple", "list of lists", "dict", "more"])
def test_the_states_of_a_stack_are_taken_by_their_place(form):
    def program(kit, x, c, h, g):
        stack = kit.cells.MultiRNNCell([kit.cells.LSTMCell(4), kit.cells.GRUCell(4)])
        of_lstm = kit.cells.LSTMStateTuple(c, h)
        state = {
            "list": [of_lstm, g],
            "tuple": ((c, h), g),
            "list of lists": [[c, h], g],
            "dict": {0: of_lstm, 1: g},
            "more": (of_lstm, g, g),
        }[form]
        output, last = stack(x, state)
        assert type(last) is tuple
        return [output, *kit.flat(last)]

    assert_alike(program, *arrays(X, A, B, A))


@pytest.mark.parametrize("form", ["list", "list of lists", "tuples"])
@pytest.mark.parametrize(
    ("run", "lengths"),
    # Without lengths static_rnn compares nothing: see above.
    [("dynamic_rnn", None), ("dynamic_rnn", [1, 2]), ("static_rnn", [1, 2])],
)
def test_where_one_state_follows_another_it_must_be_of_the_same_structure(form, lengths, run):
    def refused(kit):
        x, c, h, g = map(tf.constant if kit.api is tf else torch.tensor, arrays((2, 2, 3), A, B, A))
        stack = kit.cells.MultiRNNCell([kit.cells.BasicLSTMCell(4), kit.cells.GRUCell(4)])
        of_lstm = kit.cells.LSTMStateTuple(c, h)
        state = {"list": [of_lstm, g], "list of lists": [[c, h], g], "tuples": ((c, h), g)}[form]
        given = {"initial_state": state, "sequence_length": lengths}
        steps = x if run == "dynamic_rnn" else [x[:, 0], x[:, 1]]
        return lambda: getattr(kit.run, run)(stack, steps, **given)

    with tf.Graph().as_default():
        theirs = refused(Kit(ours=False))
        ours = refused(Kit(ours=True))
        with pytest.raises(TypeError) as expected:
            theirs()
    with pytest.raises(TypeError) as error:
        ours()
    sentence = "The two structures don't have the same nested structure."
    assert str(expected.value).startswith(sentence)
    assert str(error.value).startswith(sentence)
    assert "LSTMStateTuple(c=(2, 4), h=(2, 4))" in str(error.value)


@pytest.mark.parametrize(
    ("name", "parts", "error", "said"),
    [
        ("LSTMCell", 3, ValueError, "too many values to unpack (expected 2)"),
        ("BasicLSTMCell", 1, ValueError, "not enough values to unpack (expected 2, got 1)"),
        ("MultiRNNCell", 1, IndexError, "tuple index out of range"),
    ],
)
def test_too_many_or_too_few_states_are_refused_as_in_tensorflow(name, parts, error, said):
    def refused(kit):
        if name == "MultiRNNCell":
            cell = kit.cells.MultiRNNCell([kit.cells.GRUCell(4), kit.cells.GRUCell(4)])
        else:
            cell = lstm(kit, name)
        zeros = kit.api.zeros([2, 4]) if kit.api is tf else torch.zeros(2, 4)
        ones = kit.api.ones([2, 3]) if kit.api is tf else torch.ones(2, 3)
        return cell(ones, (zeros,) * parts)

    for kit in (Kit(ours=False), Kit(ours=True)):
        with tf.Graph().as_default(), pytest.raises(error) as found:
            refused(kit)
        assert said in str(found.value)
    assert ts.global_variables() == []


OF_ARRAYS = ["BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell", "stack", "joined"]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *((name, "float32") for name in OF_ARRAYS),
        # Elsewhere TensorFlow begins with the array alone, and refuses what comes of it.
        *((name, "float64") for name in OF_ARRAYS if name not in ("BasicLSTMCell", "joined")),
    ],
)
def test_arrays_are_inputs_and_states(name, dtype):
    def program(kit, x):
        def state():
            one = np.full((2, 4), 0.5, dtype)
            two = kit.cells.LSTMStateTuple(one, one)
            both = (two, one)
            whole = np.full((2, 8), 0.5, dtype)
            return {"stack": both, "joined": whole}.get(name, two if "LSTM" in name else one)

        def cell(scope):
            if name == "stack":
                return kit.cells.MultiRNNCell([kit.cells.LSTMCell(4), kit.cells.GRUCell(4)])
            if name == "joined":
                return kit.cells.LSTMCell(4, state_is_tuple=False, name=scope)
            return getattr(kit.cells, name)(4, name=scope)

        # A float64 state goes with float32 inputs where it is no loop's.
        outputs = [cell("direct")(x, state())]
        with kit.api.variable_scope("static"):
            outputs.append(kit.run.static_rnn(cell("static"), [x, x], state()))
        if dtype == "float64":
            return kit.flat(outputs)
        with kit.api.variable_scope("dynamic"):
            steps = np.full((2, 3, 3), 0.25, dtype)
            outputs.append(kit.run.dynamic_rnn(cell("dynamic"), steps, [1, 3], state()))
        return kit.flat(outputs)

    assert_alike(program, *arrays(X))


@pytest.mark.parametrize("run", ["static_bidirectional_rnn", "bidirectional_dynamic_rnn"])
@pytest.mark.parametrize(
    "lengths",
    [
        [1, 3],
        (1, 3),
        np.array([1, 3]),
        np.array([1, 3], "int32"),
        np.array([1.0, 3.0]),
        [True, False],
    ],
    ids=repr,
)
def test_lengths_are_any_numbers(run, lengths):
    def program(kit, x):
        cells = kit.cells.GRUCell(4), kit.cells.LSTMCell(4)
        steps = x if run == "bidirectional_dynamic_rnn" else [x[:, time] for time in range(3)]
        result = getattr(kit.run, run)(
            *cells, steps, sequence_length=lengths, dtype=kit.dtype("float32")
        )
        return kit.flat(result)

    assert_alike(program, *arrays((2, 3, 3)))


@pytest.mark.parametrize("lengths", [None, [2, 3], [1, 1], [0, 2], [0, 0], [4, 4]])
@pytest.mark.parametrize(
    ("run", "at_first"),
    [
        # TensorFlow's static_rnn holds tensors only.
        ("static_rnn", "tensors"),
        *itertools.product(["dynamic_rnn", "bidirectional_dynamic_rnn"], ["tensors", "numbers"]),
    ],
)
def test_a_number_in_a_state_goes_on_until_all_sequences_have_ended(lengths, run, at_first):
    x, s = arrays((2, 4, 3), (2, 3))

    def answer(kit, x, s):
        tensor = tf.constant if kit.api is tf else convert_to_tensor

        class Counting(kit.cells.RNNCell):
            state_size = ((), 3, ())
            output_size = 3

            def call(self, inputs, state):
                steps, total, size = state
                return inputs + total, (steps + 1, total + inputs, size * 2)

        state = (tensor(0), tensor(s), tensor(1.0))
        if at_first == "numbers":
            state = (0, tensor(s), 1.0)
        x = tensor(x)
        steps = [x[:, time] for time in range(4)] if run == "static_rnn" else x
        if run == "bidirectional_dynamic_rnn":
            cells = Counting(), Counting(name="other")
            given = {"initial_state_fw": state, "initial_state_bw": state}
        else:
            cells, given = (Counting(),), {"initial_state": state}
        given |= {"sequence_length": lengths, "dtype": kit.dtype("float32")}
        return kit.flat(getattr(kit.run, run)(*cells, steps, **given))

    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = session.run(answer(Kit(ours=False), x, s))
    ours = answer(Kit(ours=True), x, s)
    for mine, its in zip(ours, theirs, strict=True):
        assert str(mine.dtype).removeprefix("torch.") == str(its.dtype)
        assert_close(mine, its)


def test_a_state_that_grows_is_refused_as_in_tensorflow():
    def refused(kit):
        class Growing(kit.cells.RNNCell):
            state_size, output_size = 3, 3

            def call(self, inputs, state):
                return inputs, state + inputs

        x = tf.ones([2, 4, 3]) if kit.api is tf else torch.ones(2, 4, 3)
        state = tf.zeros([1, 3]) if kit.api is tf else torch.zeros(1, 3)
        return kit.run.dynamic_rnn(Growing(), x, initial_state=state)

    def said(kit):
        with tf.Graph().as_default(), pytest.raises(ValueError, match="Input tensor") as found:
            refused(kit)
        return str(found.value)

    words = "enters the loop with shape (1, 3), but has shape (2, 3) after one iteration"
    assert words in said(Kit(ours=False))
    assert words in said(Kit(ours=True))
