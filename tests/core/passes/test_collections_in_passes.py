"""What a pass sees in collections while it runs: in the n-th pass what the first one saw."""

import copy
import pickle

import numpy as np
import pytest
import torch
from nets import Scoped
from torch import nn

import torchscope as ts
import torchscope.tf1 as tf
from tests import tensorflow1

X = [[1.0, 2.0, 3.0]]


def two_towers(tf, x):
    """A loss whose weight decay is read in the middle, when half of the variables are there."""

    def tower(name):
        with tf.variable_scope(name):
            w = tf.get_variable("w", [3, 2], initializer=tf.constant_initializer(0.3))
            b = tf.get_variable("b", [2], initializer=tf.constant_initializer(0.1))
            return x @ w + b

    def decay():
        return sum(tf.nn.l2_loss(v) for v in tf.trainable_variables())

    left = tf.nn.l2_loss(tower("left")) + 0.1 * decay()
    right = tf.nn.l2_loss(tower("right")) + 0.1 * decay()
    with tf.variable_scope("penalty", regularizer=tf.nn.l2_loss):
        tf.get_variable("v", [2], initializer=tf.constant_initializer(2.0))
        first = tf.losses.get_regularization_loss()
        tf.get_variable("u", [2], initializer=tf.constant_initializer(3.0))
    return left + right + first


def names(variables):
    return [v.op.name for v in variables]


@pytest.fixture(scope="module")
def expected():
    """What TensorFlow's graph gives, and its gradients."""

    def build(tf):
        loss = two_towers(tf, tf.constant(X))
        gradients = tf.gradients(loss, tf.trainable_variables())
        return loss, [gradient for gradient in gradients if gradient is not None]

    return tensorflow1.evaluate(build)


def tower_net():
    return Scoped(lambda x: two_towers(tf, x))


def loaded():
    """A net that was loaded before its first pass."""
    net, other = tower_net(), tower_net()
    other(torch.tensor(X))
    net.load_state_dict(other.state_dict())
    return net


def failed_half_way():
    """A net whose first pass was stopped in the middle."""

    def model(x, stop=False):
        if not stop:
            return two_towers(tf, x)
        with ts.variable_scope("left"):
            ts.get_variable("w", [3, 2], initializer=ts.constant_initializer(0.3))
        raise KeyError("stop")

    net = Scoped(model)
    with pytest.raises(KeyError, match="stop"):
        net(torch.tensor(X), True)
    return net


@pytest.mark.parametrize(
    "make",
    [
        tower_net,
        lambda: ts.build(tower_net(), torch.tensor(X)),
        loaded,
        failed_half_way,
        lambda: copy.deepcopy(ts.build(tower_net(), torch.tensor(X))),
    ],
    ids=["new", "built", "loaded", "failed half-way", "copied"],
)
def test_every_pass_gives_the_loss_and_the_gradients_of_tensorflows_graph(make, expected):
    net = make()
    loss, gradients = expected
    for _ in range(3):
        found = net(torch.tensor(X))
        torch.testing.assert_close(found, torch.tensor(loss))
        variables = net.scopes.trainable_variables()
        found = torch.autograd.grad(found, variables, allow_unused=True)
        for ours, theirs in zip([g for g in found if g is not None], gradients, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6)


def test_a_compiled_net_gives_the_loss_of_tensorflows_graph(expected):
    net = ts.build(tower_net(), torch.tensor(X))
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    for _ in range(2):
        torch.testing.assert_close(compiled(torch.tensor(X)), torch.tensor(expected[0]))
    assert len(names(net.scopes.trainable_variables())) == 6


def test_a_pass_that_runs_again_in_backward_sees_what_it_saw():
    def block(x):
        w = ts.get_variable("w", [3, 3])
        seen.append(names(ts.trainable_variables()))
        return torch.sin(x @ w @ ts.get_variable("v", [3, 3]))

    def model(x):
        ts.get_variable("first", [1])
        out = ts.recompute(block, x)
        ts.get_variable("last", [1])
        return out

    net, seen = ts.ScopedModule(model), []
    for _ in range(2):
        net(torch.ones(1, 3)).sum().backward()
    assert seen == [["first", "w"]] * 4


class Two(nn.Module):
    """A net with two entries, each with a variable of its own."""

    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self, entries=("forward", "other"))

    def forward(self):
        seen = [names(ts.global_variables())]
        ts.get_variable("a", [1], regularizer=ts.nn.l2_loss)
        seen.append(names(ts.global_variables()))
        ts.get_variable("b", [1], regularizer=ts.nn.l2_loss)
        return [*seen, names(ts.global_variables()), len(ts.losses.get_regularization_losses())]

    def other(self):
        return names(ts.global_variables()), names([ts.get_variable("c", [1])])


def test_what_another_entry_made_is_there_before_a_pass_begins():
    net = Two()
    assert net.other() == ([], ["c"])
    for _ in range(2):
        assert net() == [["c"], ["c", "a"], ["c", "a", "b"], 2]
        assert net.other() == (["a", "b"], ["c"])
    assert names(net.scopes.global_variables()) == ["c", "a", "b"]


def test_what_was_made_between_passes_is_there_before_a_pass_begins():
    net = Two()
    assert net() == [[], ["a"], ["a", "b"], 2]
    with net.scopes.activate():
        assert names(ts.global_variables()) == ["a", "b"]
        ts.get_variable("z", [1], regularizer=ts.nn.l2_loss)
        assert names(ts.global_variables()) == ["a", "b", "z"]
    for _ in range(2):
        assert net() == [["z"], ["z", "a"], ["z", "a", "b"], 3]
        # Between passes they are in the order of making.
        assert names(net.scopes.global_variables()) == ["a", "b", "z"]
        with net.scopes.activate():
            assert names(ts.global_variables()) == ["a", "b", "z"]
            assert len(ts.losses.get_regularization_losses()) == 3


def test_a_variable_that_was_made_elsewhere_keeps_its_place_when_it_is_claimed():
    def model():
        ts.get_variable("own", [1])
        before = names(ts.global_variables())
        ts.get_variable("z", [1])
        return before, names(ts.global_variables())

    net = ts.ScopedModule(model)
    with net.registry.activate():
        ts.get_variable("z", [1])
        ts.get_variable("y", [1])
    for _ in range(2):
        assert net() == (["z", "y", "own"], ["z", "y", "own"])


def test_the_modules_own_parameters_are_there_once_a_pass_asks_for_them():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(1, 1)
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self):
            seen = [names(ts.trainable_variables())]
            with ts.variable_scope("fc", reuse=True):
                ts.get_variable("weight")
            return [*seen, names(ts.trainable_variables())]

    net = Net()
    for _ in range(3):
        assert net() == [[], ["fc/weight"]]


def test_a_variable_is_in_a_collection_where_it_was_put_there_in_this_pass_or_elsewhere():
    def model():
        ts.get_variable("a", [1])
        b = ts.get_variable("b", [1])
        seen = [names(ts.get_collection("mine"))]
        ts.add_to_collection("mine", b)
        return [*seen, names(ts.get_collection("mine"))]

    net = ts.ScopedModule(model)
    for _ in range(2):
        assert net() == [[], ["b"]]
    with net.registry.activate():
        ts.add_to_collection("mine", ts.get_variable("a", [1]))
        assert names(ts.get_collection("mine")) == ["b", "a"]
    for _ in range(2):
        assert net() == [["a"], ["a", "b"]]
    assert names(net.registry.get_collection("mine")) == ["a", "b"]


def test_the_list_itself_holds_what_the_pass_sees():
    def model(clear):
        listed = ts.get_collection_ref("variables")
        seen = [names(listed)]
        if clear:
            del listed[:]
        ts.get_variable("a", [1])
        return [*seen, names(ts.get_collection_ref("variables"))]

    net = ts.ScopedModule(model)
    with net.registry.activate():
        ts.get_variable("z", [1])
    for _ in range(2):
        assert net(clear=False) == [["z"], ["z", "a"]]
        assert names(net.registry.global_variables()) == ["z", "a"]
        assert net(clear=True) == [["z"], ["a"]]
        assert names(net.registry.global_variables()) == ["a"]


def test_a_list_that_was_handed_out_goes_on_where_others_make_variables():
    inner = ts.ScopedModule(lambda: None)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self, entries=("forward", "outer"))

        def forward(self):
            ts.get_variable("a", [1])

        def outer(self):
            ts.get_collection_ref("variables")
            self()
            inner()
            return names(ts.get_collection_ref("variables"))

    net = Net()
    for _ in range(2):
        assert net.outer() == ["a"]
    with net.scopes.activate():
        assert names(ts.get_collection_ref("variables")) == ["a"]
        net()
        assert names(ts.get_collection_ref("variables")) == ["a"]


def test_between_passes_all_variables_are_listed_and_what_the_last_pass_put_there():
    def model(part):
        for name in part:
            ts.get_variable(name, [1], collections=["mine"], trainable=False)
            ts.add_to_collection("mine", f"after {name}")
        return [getattr(item, "name", item) for item in ts.get_collection("mine")]

    def between():
        return [getattr(item, "name", item) for item in net.registry.get_collection("mine")]

    net = ts.ScopedModule(model)
    assert between() == []
    assert net("ab") == between() == ["a:0", "after a", "b:0", "after b"]
    with pytest.warns(UserWarning, match="Variable c is new"):
        assert net("bc") == ["b:0", "after b", "c:0", "after c"]
    assert between() == ["a:0", "b:0", "after b", "c:0", "after c"]
    assert net("ba") == ["b:0", "after b", "a:0", "after a"]
    assert between() == ["a:0", "b:0", "after b", "after a", "c:0"]


def test_a_pickled_net_sees_what_it_saw():
    net = Scoped(_read_in_the_middle)
    first = net()
    again = pickle.loads(pickle.dumps(net))
    assert first == again() == [["a"], ["a", "b"]]
    assert names(again.scopes.global_variables()) == ["a", "b"]


def _read_in_the_middle():
    ts.get_variable("a", [1])
    seen = [names(ts.global_variables())]
    ts.get_variable("b", [1])
    return [*seen, names(ts.global_variables())]


def test_a_refused_layer_leaves_the_lists_as_they_were():
    def model():
        ts.get_variable("first", [1])
        ref = ts.get_collection_ref("trainable_variables")
        before = names(ref)
        with pytest.raises(ValueError, match="never"):
            ts.layers.dense(torch.ones(1, 2), 3, name="fc", activation=_fails)
        assert names(ts.get_collection_ref("trainable_variables")) == before
        ts.get_variable("last", [1])
        return names(ts.trainable_variables()), names(ts.global_variables())

    net = ts.ScopedModule(model)
    without, others = ["first", "last"], ["other/kernel", "other/bias"]
    assert net() == (without, without)
    # What was taken back is new whenever it is made again.
    with pytest.warns(UserWarning, match=r"Variable fc/(kernel|bias) is new"):
        assert net() == (without, without)
    with net.registry.activate():
        ts.layers.dense(torch.ones(1, 2), 3, name="other")
        before = names(ts.global_variables())
        with pytest.raises(ValueError, match="never"):
            ts.layers.dense(torch.ones(1, 2), 3, name="fc", activation=_fails)
        assert names(ts.global_variables()) == before
    with pytest.warns(UserWarning, match=r"Variable fc/(kernel|bias) is new"):
        assert net() == ([*others, *without], [*others, *without])


def _fails(x):
    raise ValueError("never")


def test_the_global_step_is_there_once_a_pass_has_made_it():
    def model():
        before = ts.get_global_step()
        return before, ts.get_or_create_global_step()

    net = ts.ScopedModule(model)
    step = net()[1]
    for _ in range(2):
        assert net() == (None, step)
    with net.registry.activate():
        assert ts.get_global_step() is step
