"""A cell's own `call` is what runs, wherever it comes from: the way that runs all steps at once must not."""

import types

import pytest
import torch

import torchscope as ts
from tests.rnn.alike import Kit, assert_alike, weights_of

NAMES = ["BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell"]
RUNS = ["one step", "dynamic", "lengths", "static", "both ways", "stack", "wrapped"]
WAYS = ["called", "a subclass", "a grandchild", "a class beside"]


def changed(kit, name, how):
    """A cell of a class of the user's, which makes the output of each step twice as large."""
    base = getattr(kit.cells, name)

    class Twice:
        def call(self, inputs, state):
            output, state = super().call(inputs, state)
            return output * 2, state

    if how == "a class beside":

        class Mine(Twice, base):
            pass

    elif how == "called":

        class Mine(base):
            def __call__(self, inputs, state, scope=None):
                output, state = super().__call__(inputs, state, scope)
                return output * 2, state

    else:

        class Mine(base):
            def call(self, inputs, state):
                output, state = base.call(self, inputs, state)
                return output * 2, state

    if how == "a grandchild":

        class Mine(Mine):
            pass

    return Mine(3, name="cell")


def runs(kit, cell, how, x):
    steps, float64 = [x[:, time] for time in range(3)], kit.dtype("float64")
    if how == "one step":
        return cell(steps[0], cell.zero_state(2, float64))
    if how == "static":
        return kit.run.static_rnn(cell, steps, dtype=float64)
    if how == "both ways":
        other = kit.cells.GRUCell(3, name="other")
        return kit.run.bidirectional_dynamic_rnn(other, cell, x, [3, 2], dtype=float64)
    if how == "stack":
        cell = kit.cells.MultiRNNCell([cell])
    if how == "wrapped":
        cell = kit.cells.DeviceWrapper(kit.cells.DropoutWrapper(cell), "/cpu:0")
    return kit.run.dynamic_rnn(cell, x, [3, 1] if how == "lengths" else None, dtype=float64)


@pytest.mark.parametrize("name", ["GRUCell", "LSTMCell"])
@pytest.mark.filterwarnings("ignore")
def test_what_a_subclass_computes_is_tensorflows(name):
    def program(kit, x):
        return kit.flat(runs(kit, changed(kit, name, "a class beside"), "lengths", x))

    assert_alike(program, *weights_of([(2, 3, 3)], "float64"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("run", RUNS)
def test_what_a_subclass_computes_is_what_is_run(name, how, run):
    kit, x = Kit(ours=True), torch.randn(2, 3, 3, dtype=torch.float64)
    answers = []
    for cell in (getattr(kit.cells, name)(3, name="cell"), changed(kit, name, how)):
        with ts.variable_scope("net", reuse=ts.AUTO_REUSE):
            outputs, _ = runs(kit, cell, run, x)
        answers.append(outputs[1] if run == "both ways" else outputs)
    assert len(ts.global_variables()) == (8 if run == "both ways" else 4) - 2 * (name != "GRUCell")
    plain, twice = map(kit.flat, answers)
    for one, other in zip(plain, twice, strict=True):
        torch.testing.assert_close(other, 2 * one)


@pytest.mark.parametrize("name", [*NAMES, "LayerNormBasicLSTMCell"])
@pytest.mark.parametrize("run", ["dynamic_rnn", "stack"])
def test_a_call_that_one_cell_was_given_is_run(name, run):
    def twice(self, inputs, state):
        output, state = type(self).call(self, inputs, state)
        return output * 2, state

    x = torch.randn(2, 3, 3)
    plain = getattr(ts.rnn, name)(3)
    cell = getattr(ts.rnn, name)(3)
    cell.call = types.MethodType(twice, cell)
    outputs = []
    for each in (plain, cell):
        stacked = ts.rnn.MultiRNNCell([each]) if run == "stack" else each
        with ts.variable_scope("net", reuse=ts.AUTO_REUSE):
            outputs.append(ts.rnn.dynamic_rnn(stacked, x, dtype=torch.float32)[0])
    torch.testing.assert_close(outputs[1], outputs[0] * 2)
