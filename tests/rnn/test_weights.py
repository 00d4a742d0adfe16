"""What a cell counts among its weights, and how what it makes in a step is named."""

import warnings

import pytest
import torch

import torchscope as ts
import torchscope.tf1
from tests.layers.test_weights import Ours, Theirs, doubled, frozen, told
from tests.rnn.alike import Kit
from tests.tensorflow1 import refusal, tf


def both(program):
    """What a program tells, in TensorFlow and in each of three passes."""
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = program(Theirs, Kit(ours=False))
    net = ts.ScopedModule(lambda: program(Ours, Kit(ours=True)))
    for _ in range(3):
        assert net() == expected
    return expected


def of_ones_own(kit, cells):
    """Cells that ask for their variables by get_variable."""
    api = kit.api

    class Own(cells.RNNCell):
        state_size = output_size = 3

        def call(self, inputs, state):
            w, fixed = api.get_variable("w", [3]), api.get_variable("fixed", [3], trainable=False)
            return state + inputs * w * fixed, state

    class Nested(cells.RNNCell):
        state_size = output_size = 3

        def __init__(self):
            super().__init__()
            self.inner = cells.GRUCell(3), Own()

        def call(self, inputs, state):
            inputs = inputs * api.get_variable("w", [3])
            for number, cell in enumerate(self.inner):
                with api.variable_scope(f"inner_{number}"):
                    inputs, state = cell(inputs, state)
            return inputs, state

    return Own, Nested


@pytest.mark.parametrize(
    ("getter", "again"),
    # What is computed anew in each call is not counted anew here.
    [(None, False), (None, True), (frozen, False), (frozen, True), (doubled, False)],
)
def test_a_cells_weights_are_tensorflows(getter, again):
    def program(kit, cells):
        own, nested = of_ones_own(kit, cells.cells)
        names = "BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell"
        made = [getattr(cells.cells, name)(3) for name in names]
        made += [
            cells.cells.BasicRNNCell(3, trainable=False),
            own(),
            own(trainable=False),
            nested(),
        ]
        for trainable in (True, False):
            made.append(cells.cells.MultiRNNCell([cells.cells.GRUCell(3), own()]))
            made[-1].trainable = trainable
        for cell in made:
            state = cell.zero_state(2, cells.dtype("float32"))
            with kit.api.variable_scope(None, "net", custom_getter=getter):
                for _ in range(1 + again):
                    cell(kit.ones([2, 3]), state)
        return [told(kit, cell) for cell in made]

    answers = both(program)
    assert any(answer["trainable_weights"] for answer in answers) is (getter is None)


def test_the_weights_of_a_layer_normalized_cell_are_its_variables():
    cell = ts.rnn.LayerNormBasicLSTMCell(3)
    ts.rnn.dynamic_rnn(cell, torch.ones(1, 2, 3), dtype=torch.float32)
    assert cell.trainable_weights == ts.trainable_variables()
    assert len(cell.trainable_weights) == 11


@pytest.mark.parametrize(
    "wrap",
    [
        ts.rnn.DropoutWrapper,
        ts.rnn.ResidualWrapper,
        lambda cell: ts.rnn.DeviceWrapper(cell, "/cpu:0"),
        lambda cell: ts.rnn.MultiRNNCell([ts.rnn.ResidualWrapper(cell)]),
    ],
)
def test_a_wrapper_says_of_its_cells_weights_what_the_cell_says(wrap):
    for getter in (None, frozen):
        own, _ = of_ones_own(Ours, ts.rnn)
        for make in (lambda: ts.rnn.GRUCell(3), own):
            with ts.variable_scope(None, "net", custom_getter=getter):
                cell = make()
                wrapped = wrap(cell)
                wrapped(torch.ones(2, 3), wrapped.zero_state(2, torch.float32))
            assert wrapped.trainable_weights == cell.trainable_weights
            assert wrapped.non_trainable_weights == cell.non_trainable_weights
            assert bool(wrapped.trainable_weights) is (getter is None)


def test_the_weights_of_a_shared_cell_are_those_that_are_shared():
    def program(kit, cells):
        own, _ = of_ones_own(kit, cells.cells)
        answers = []
        for reuse in (False, True):
            with kit.api.variable_scope("net", reuse=reuse):
                cell = own()
                state = cell.zero_state(2, cells.dtype("float32"))
                cells.run.static_rnn(cell, [kit.ones([2, 3])] * 2, state)
            answers.append(told(kit, cell))
        return answers

    one, other = both(program)
    assert one == other


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_two_cells_of_one_name_in_one_scope_are_refused_as_in_tensorflow(stacked):
    def program(kit, cells):
        def run():
            for _ in range(2):
                own, _ = of_ones_own(kit, cells.cells)
                cell = cells.cells.MultiRNNCell([own()]) if stacked else own()
                cell(kit.ones([2, 3]), cell.zero_state(2, cells.dtype("float32")))

        return run

    expected, error = (
        refusal(program(Theirs, Kit(ours=False))),
        refusal(program(Ours, Kit(ours=True))),
    )
    assert type(error) is type(expected)
    name = "multi_rnn_cell/cell_0/own/w" if stacked else "own/w"
    for each in (expected, error):
        assert f"Variable {name} already exists, disallowed." in str(each)


@pytest.mark.parametrize(
    "how", ["called", "given a scope", "stacked", "wrapped", "static", "dynamic"]
)
def test_name_scopes_inside_a_cell_are_tensorflows(how):
    def program(kit, cells):
        api, seen = kit.api, []

        class Seeing(cells.cells.RNNCell):
            state_size = output_size = 3

            def call(self, inputs, state):
                scope = api.get_variable_scope()
                made = "" if how == "dynamic" else api.Variable(0.0, name="made").name
                seen.append((scope.name, scope.original_name_scope, bool(scope.reuse), made))
                return inputs, state

        x, cell, given = kit.ones([2, 3]), Seeing(), {}
        if how == "stacked":
            cell = cells.cells.MultiRNNCell([cell, Seeing(name="named")])
        if how == "wrapped":
            cell = cells.cells.ResidualWrapper(cell)
        if how == "given a scope":
            given = {"scope": "given"}
        with api.variable_scope("net"):
            state = cell.zero_state(2, cells.dtype("float32"))
            if how == "static":
                cells.run.static_rnn(cell, [x, x], state)
            elif how == "dynamic":
                for scope in ("one", "one_more", "one"):
                    with api.variable_scope(scope, reuse=api.AUTO_REUSE):
                        cells.run.dynamic_rnn(Seeing(), kit.ones([2, 1, 3]), initial_state=state)
            else:
                cell(x, state, **given)
                cell(x, state)
        return seen

    both(program)


@pytest.mark.filterwarnings("ignore")
def test_a_cell_of_ones_own_is_compiled_whole():
    own, _ = of_ones_own(Ours, ts.rnn)

    def run(x):
        cell = ts.rnn.MultiRNNCell([own(), ts.rnn.GRUCell(3)])
        return ts.rnn.dynamic_rnn(cell, x, dtype=torch.float32)

    net, x = ts.ScopedModule(run), torch.ones(2, 4, 3)
    expected = net(x)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), expected)
