"""A variable that a later pass makes: warned of by name, and refused once the registry is finalized."""

import copy
import gc
import pickle
import warnings

import pytest
import torch
from nets import Scoped
from torch import nn

import torchscope as ts
import torchscope.tf1
from tests import tensorflow1


def ask(name, shape=(2,), **kwargs):
    with ts.variable_scope("model"):
        return ts.get_variable(name, shape, **kwargs)


def trained():
    net = Scoped(ask)
    net("weights")
    net("biases")
    return net


@pytest.fixture
def net():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return trained()


def state(net):
    """All that a refused request must leave as it was."""
    return (
        {key: id(value) for key, value in net.state_dict(keep_vars=True).items()},
        [name for name, _ in net.named_modules()],
        list(net.scopes.variables),
        torch.get_rng_state().tolist(),
        [v.name for v in net.scopes.global_variables()],
    )


def test_a_name_that_is_mistyped_after_a_complete_pass_is_warned_of(net):
    with pytest.warns(UserWarning, match="Variable model/weigths is new") as caught:
        net("weigths")
    (message,) = [str(each.message) for each in caught]
    for part in (
        "an earlier pass of forward was complete without it",
        "test_later_variables.py:",
        "The nearest existing names are: model/weights",
        "registry.finalize()",
        "registry.activate()",
    ):
        assert part in message
    # Once for each variable.
    net("weigths")


def test_the_warnings_remedies_are_ones(net):
    with net.scopes.activate():
        made = ask("more")
    assert net("more") is made
    net.scopes.finalize()
    with pytest.raises(RuntimeError, match="Graph is finalized"):
        net("weigths")


@pytest.mark.parametrize(
    "make",
    [
        lambda: ts.Variable([1.0], name="new"),
        lambda: ts.get_local_variable("new", [1]),
        lambda: ts.get_variable("new", [4], partitioner=ts.fixed_size_partitioner(2)),
        lambda: ts.layers.dense(torch.ones(1, 2), 3),
        lambda: ts.get_variable("new", [1], trainable=False),
        lambda: ts.get_variable("new", initializer=[1.0]),
        lambda: ts.get_variable("new", [1], dtype=torch.int32),
    ],
    ids=["tf.Variable", "local", "in pieces", "a layer", "frozen", "a value", "integers"],
)
def test_whatever_makes_one_is_warned_of_and_refused(make):
    def model(more):
        ts.get_variable("w", [1])
        return make() if more else None

    net = ts.ScopedModule(model)
    net(more=False)
    other = copy.deepcopy(net)
    with pytest.warns(UserWarning, match="is new: an earlier pass of forward was complete"):
        net(more=True)
    net(more=True)
    other.registry.finalize()
    before = torch.get_rng_state()
    with pytest.raises(
        RuntimeError, match=r"^Graph is finalized and cannot be modified\. Variable "
    ):
        other(more=True)
    assert torch.equal(torch.get_rng_state(), before)
    assert list(other.registry.variables) == list(other.state_dict()) == ["w"]


def test_where_warnings_are_errors_nothing_is_made(net):
    before = state(net)
    with warnings.catch_warnings(), pytest.raises(UserWarning, match="is new"):
        warnings.simplefilter("error")
        net("weigths")
    assert state(net) == before


def test_a_first_pass_makes_what_it_likes_and_one_that_failed_was_not_complete():
    def model(stop):
        ts.get_variable("a", [1])
        if stop:
            raise KeyError("stop")
        ts.get_variable("b", [1])

    net = ts.ScopedModule(model)
    for _ in range(2):
        with pytest.raises(KeyError, match="stop"):
            net(stop=True)
    net(stop=False)


def test_a_pass_that_asks_for_nothing_is_no_first_pass():
    net = ts.ScopedModule(lambda name: name and ts.get_variable(name, [1]))
    net(None)
    net("a")
    with pytest.warns(UserWarning, match="Variable b is new"):
        net("b")


def test_each_entry_has_a_first_pass_of_its_own():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self, entries=("forward", "other"))

        def forward(self):
            ts.get_variable("a", [1])

        def other(self, name="b"):
            self()
            return ts.get_variable(name, [1])

    net = Net()
    net()
    net.other()
    with pytest.warns(UserWarning, match=r"Variable c is new: an earlier pass of other was"):
        net.other("c")


def test_a_net_that_calls_itself_in_its_first_pass_is_not_warned_of():
    class Tree(nn.Module):
        def __init__(self):
            super().__init__()
            self.scopes = ts.ScopedParameterRegistry(self)

        def forward(self, depth):
            if depth:
                self(depth - 1)
            return ts.get_variable(f"w{depth}", [1])

    Tree()(3)


def test_between_passes_and_at_top_level_nobody_is_warned(net):
    for name in ("a", "b"):
        with net.scopes.activate():
            ts.get_variable(name, [1])
        ts.get_variable(name, [1])


def test_building_is_a_first_pass():
    net = ts.build(
        ts.ScopedModule(lambda x, name: x * ts.get_variable(name, [1])), torch.ones(1), "a"
    )
    net(torch.ones(1), "a")
    with pytest.warns(UserWarning, match="Variable b is new"):
        net(torch.ones(1), "b")


def test_what_load_state_dict_brought_is_not_new():
    def model(more):
        a = ts.get_variable("a", [1], initializer=ts.zeros_initializer)
        return ts.get_variable("b", [1], initializer=ts.zeros_initializer) if more else a

    saved = {"a": torch.ones(1), "b": torch.full((1,), 2.0)}
    net = ts.ScopedModule(model)
    net.load_state_dict(saved)
    with pytest.warns(UserWarning, match="brought 1 variables that the first pass did not ask for"):
        net(more=False)
    assert net(more=True).item() == 2.0

    net = ts.ScopedModule(model)
    net.load_state_dict(saved)
    net.registry.finalize()
    assert net(more=True).item() == 2.0
    with pytest.raises(RuntimeError, match="Unexpected key"):
        net.load_state_dict({**saved, "c": torch.ones(1)})


def test_a_finalized_net_finds_what_it_has_and_refuses_the_rest(net):
    net.scopes.finalize()
    net.scopes.finalize()
    assert net.scopes.finalized
    before = state(net)
    with pytest.raises(RuntimeError) as caught:
        net("weight")
    message = str(caught.value)
    for part in (
        "Graph is finalized and cannot be modified. Variable model/weight does not exist",
        "test_later_variables.py:",
        "The nearest existing names are: model/weights.",
    ):
        assert part in message
    assert state(net) == before
    assert net("weights") is net("weights")
    with pytest.raises(RuntimeError, match="Graph is finalized"), net.scopes.activate():
        ask("weight")
    assert state(net) == before


def test_finalize_refuses_what_tensorflow_refuses():
    def refused(tf, finalize):
        seen = []
        v = tf.get_variable("v", [1])
        finalize()
        for ask in (
            lambda: tf.get_variable("w", [1]),
            lambda: tf.Variable(1.0),
            lambda: tf.get_variable("v", [1]),
            lambda: tf.get_variable("w"),
        ):
            with pytest.raises((RuntimeError, ValueError)) as caught:
                ask()
            seen.append((caught.type, tensorflow1.first_sentence(caught.value)[:40]))
        seen.append([v.name for v in tf.trainable_variables()])
        with tf.variable_scope("", reuse=True):
            seen.append(tf.get_variable("v", [1]) is v)
        return seen

    with tensorflow1.tf.Graph().as_default() as graph:
        expected = refused(tensorflow1.tf, graph.finalize)
    assert refused(ts, ts.get_default_registry().finalize) == expected
    ts.reset_default_registry()
    assert not ts.get_default_registry().finalized
    ts.get_variable("w", [1])


def test_copies_and_pickles_of_a_finalized_net_are_finalized(net):
    net.scopes.finalize()
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert again.scopes.finalized
        again("weights")
        with pytest.raises(RuntimeError, match="Graph is finalized"):
            again("new")


def test_copies_and_pickles_know_that_a_pass_was_complete(net):
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        with pytest.warns(UserWarning, match="Variable model/new is new"):
            again("new")


def test_a_compiled_net_that_is_finalized_goes_on_and_says_that_it_cannot_make_one():
    net = ts.ScopedModule(lambda x, name: x * ts.get_variable(name, [2]))
    x = torch.ones(2)
    net(x, "weights")
    net.registry.finalize()
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    assert torch.equal(compiled(x, "weights"), net(x, "weights"))
    with pytest.raises(
        RuntimeError, match=r"Graph is finalized and cannot be modified\. Variable new"
    ):
        compiled(x, "new")


def test_many_names_are_compared_in_no_time():
    net = ts.ScopedModule(lambda names: [ts.get_variable(name, [1]) for name in names])
    net([f"layer_{n}/weights" for n in range(20_000)])
    gc.collect()
    with pytest.warns(UserWarning, match=r"names are: layer_77/weights"):
        net(["layer_77/weigths"])


def test_the_totals_of_a_measure_may_come_with_the_first_evaluation():
    def model(evaluate):
        w = ts.get_variable("w", [1])
        return torchscope.tf1.metrics.mean(w) if evaluate else None

    net = ts.ScopedModule(model)
    net(evaluate=False)
    other = copy.deepcopy(net)
    net(evaluate=True)
    assert list(net.registry.variables) == ["w", "mean/total", "mean/count"]
    other.registry.finalize()
    with pytest.raises(RuntimeError, match=r"Graph is finalized.*mean/total"):
        other(evaluate=True)
