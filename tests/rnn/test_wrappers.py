"""What chance does in wrapped cells: which numbers are dropped, when, and by how much."""

import warnings

import numpy as np
import pytest
import torch

import torchscope as ts
from tests.tensorflow1 import tf

SIZE = 400


class Same(ts.rnn.RNNCell):
    """A cell whose output is its inputs, and whose state is an LSTM's, of ones."""

    state_size = ts.rnn.LSTMStateTuple(SIZE, SIZE)
    output_size = SIZE

    def call(self, inputs, state):
        return inputs, map_ones(state)


def map_ones(state):
    return type(state)(*(torch.ones_like(part) for part in state))


def run(cell, steps=3, batch=4):
    x = torch.ones(batch, steps, SIZE)
    outputs, state = ts.rnn.dynamic_rnn(cell, x, dtype=torch.float32)
    return outputs, state


def kept(values):
    return (values != 0).float().mean().item()


@pytest.mark.parametrize(
    ("options", "of_outputs"),
    [
        ({"input_keep_prob": 0.25}, 0.25),
        ({"output_keep_prob": 0.25}, 0.25),
        ({"input_keep_prob": 0.5, "output_keep_prob": 0.5}, 0.25),
        ({"output_keep_prob": torch.tensor(0.25)}, 0.25),
        ({"output_keep_prob": 0.25, "seed": 3}, 0.25),
        ({"state_keep_prob": 0.25}, 1.0),
    ],
)
@pytest.mark.parametrize("variational", [False, True])
def test_a_share_is_dropped_and_the_rest_is_scaled_up(options, of_outputs, variational):
    if variational:
        extra = {"variational_recurrent": True, "input_size": SIZE, "dtype": torch.float32}
        options = {**options, **extra}
    outputs, state = run(ts.rnn.DropoutWrapper(Same(), **options))
    assert outputs.unique().tolist() == ([0.0, 1 / of_outputs] if of_outputs < 1 else [1.0])
    assert abs(kept(outputs) - of_outputs) < 0.1
    assert kept(state.c) == 1
    of_state = options.get("state_keep_prob", 1.0)
    assert abs(kept(state.h) - of_state) < 0.1
    steps = [outputs[:, step] for step in range(3)]
    if of_outputs < 1:
        assert torch.equal(steps[0], steps[1]) == variational
        assert torch.equal(outputs[0], outputs[1]) == variational


def test_masks_are_of_their_pass():
    cell = ts.rnn.DropoutWrapper(
        Same(), output_keep_prob=0.5, variational_recurrent=True, dtype=torch.float32
    )
    net = ts.ScopedModule(lambda: (run(cell)[0], run(cell)[0]))
    first, again = net()
    assert torch.equal(first, again)
    assert not torch.equal(first, net()[0])


def test_a_number_as_seed_repeats_nothing_and_torchs_own_seed_does():
    def masks():
        # A model function makes its cells anew in every step.
        options = {"variational_recurrent": True, "dtype": torch.float32, "seed": 7}
        return run(ts.rnn.DropoutWrapper(Same(), output_keep_prob=0.5, **options))[0]

    net = ts.ScopedModule(masks)
    torch.manual_seed(1)
    first, second = net(), net()
    assert not torch.equal(first, second)
    torch.manual_seed(1)
    assert torch.equal(net(), first) and torch.equal(net(), second)


def test_a_visitor_says_what_is_dropped_of_a_state():
    def all_of_it(state):
        return True

    def none_of_it(state):
        return False

    def the_memory(state):
        whole = isinstance(state, tuple) and not isinstance(state, ts.rnn.LSTMStateTuple)
        return ts.rnn.LSTMStateTuple(True, False) if hasattr(state, "c") else whole or True

    def kept_of(visitor):
        options = {"state_keep_prob": 0.5, "dropout_state_filter_visitor": visitor}
        _, state = run(ts.rnn.DropoutWrapper(Same(), **options))
        return round(kept(state.c)), kept(state.c) < 1, kept(state.h) < 1

    assert kept_of(all_of_it)[1:] == (True, True)
    assert kept_of(none_of_it)[1:] == (False, False)
    assert kept_of(the_memory)[1:] == (True, False)
    stack = ts.rnn.MultiRNNCell([Same(), Same()])
    wrapped = ts.rnn.DropoutWrapper(stack, state_keep_prob=0.5)
    _, states = run(wrapped)
    assert [kept(part) < 1 for state in states for part in state] == [False, True] * 2


def test_what_is_kept_of_a_mean_is_tensorflows():
    """One step in TensorFlow and here: the same share, the same scale."""
    with tf.Graph().as_default(), tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cell = tf.nn.rnn_cell.DropoutWrapper(
            tf.nn.rnn_cell.GRUCell(50), 0.8, 0.5, 0.4, dtype=tf.float32
        )
        step = cell(tf.ones([200, 3]), tf.ones([200, 50]))
        session.run(tf.global_variables_initializer())
        values = {v.op.name: session.run(v) for v in tf.global_variables()}
        theirs = session.run(step)

    def step(x, h):
        return ts.rnn.DropoutWrapper(ts.rnn.GRUCell(50), 0.8, 0.5, 0.4)(x, h)

    net = ts.ScopedModule(step)
    given = torch.ones(200, 3), torch.ones(200, 50)
    net(*given)
    with torch.no_grad():
        for name, variable in net.registry.variables.items():
            variable.copy_(torch.tensor(values[name]))
    ours = [each.detach().numpy() for each in net(*given)]
    for mine, its in zip(ours, theirs, strict=True):
        assert abs((mine != 0).mean() - (its != 0).mean()) < 0.03
        assert abs(mine.mean() - its.mean()) < 0.05
        assert abs(np.abs(mine).max() - np.abs(its).max()) < 0.05 * np.abs(its).max()


def test_a_wrapper_has_its_cells_variables():
    cell = ts.rnn.ResidualWrapper(ts.rnn.GRUCell(3))
    ts.rnn.dynamic_rnn(cell, torch.ones(1, 2, 3), dtype=torch.float32)
    assert len(cell.trainable_weights) == 4
    assert cell.non_trainable_weights == []
    assert cell.wrapped_cell.built


@pytest.mark.parametrize("first", ["a step before", "none"])
def test_what_is_computed_again_drops_what_the_pass_has_dropped(first):
    def model(x, again):
        cell = ts.rnn.DropoutWrapper(
            ts.rnn.BasicRNNCell(4),
            *(0.5, 0.5, 0.5),
            variational_recurrent=True,
            input_size=4,
            dtype=torch.float32,
        )
        state = cell.zero_state(2, torch.float32)
        if first != "none":
            _, state = cell(x, state)

        def step(x, state):
            return cell(x, state)[0] + torch.nn.functional.dropout(x, 0.5)

        return ts.recompute(step, x, state) if again else step(x, state)

    net, x = ts.ScopedModule(model), torch.ones(2, 4, requires_grad=True)
    net(x, again=False)
    gradients = []
    for again in (False, True):
        torch.manual_seed(0)
        gradients += torch.autograd.grad(net(x, again=again).square().sum(), x)
    torch.testing.assert_close(*gradients)
