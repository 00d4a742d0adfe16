"""Updates of batch normalization that a net collects: where nothing is computed yet, and where it runs again."""

import copy
import pickle
from functools import partial

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf

AVERAGES = ("moving_mean", "moving_variance")
RENORM = (*AVERAGES, "moving_stddev", "renorm_mean", "renorm_stddev")


def model(x, run=True, **keywords):
    x = ts.layers.batch_normalization(x, training=True, momentum=0.5, name="bn", **keywords)
    if run:
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            x = tf.identity(x)
    return x


def averages_of(net, names=AVERAGES):
    return {name: net.registry.variables[f"bn/{name}"].clone() for name in names}


def updates_of(net):
    return net.registry.get_collection(ts.GraphKeys.UPDATE_OPS)


def after_two_steps(wrap, x, **keywords):
    """The averages of a net that collects updates, and runs them in its forward."""
    net = ts.ScopedModule(partial(model, **keywords), collect_updates=True)
    ts.build(net, x)
    call = wrap(net, x)
    for _ in range(2):
        call(x).sum().backward()
    return averages_of(net, RENORM if "renorm" in keywords else AVERAGES)


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize(
    ("shape", "keywords"), [((8, 3), {}), ((4, 2, 2, 3), {}), ((8, 3), {"renorm": True})]
)
@pytest.mark.parametrize(
    "wrap", [ts.graph, lambda net, x: torch.compile(net, backend="eager", fullgraph=True)]
)
def test_a_graph_and_a_compiled_net_move_what_the_forward_runs(wrap, shape, keywords, run):
    x = torch.randn(*shape, requires_grad=True)
    expected = after_two_steps(lambda net, x: net, x, run=run, **keywords)
    found = after_two_steps(wrap, x, run=run, **keywords)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)
    assert expected["moving_mean"].any() == run


@pytest.mark.parametrize(
    "wrap",
    [
        lambda net, x: ts.graph(net, x)(x),
        lambda net, x: torch.compile(net, backend="eager", fullgraph=True)(x),
    ],
)
def test_updates_of_a_call_that_had_no_values_say_that_they_run_in_the_forward(wrap):
    net = ts.ScopedModule(partial(model, run=False), collect_updates=True)
    x = torch.randn(8, 3)
    wrap(net, x)
    update, other = updates_of(net)
    with pytest.raises(
        RuntimeError, match=r"bn/AssignMovingAvg was built where .* Run it in the fo"
    ):
        update.run()
    with pytest.raises(RuntimeError, match=r"bn/AssignMovingAvg_1 was built where"):
        tf.group(other).run()
    assert not averages_of(net)["moving_mean"].any()


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 2, 3), (1, 1, 1, 3)])
def test_a_checkpointed_block_has_its_updates_once(shape):
    def block(x):
        return torch.sin(model(x, run=False))

    nets = [ts.ScopedModule(block), ts.ScopedModule(lambda x: ts.recompute(block, x))]
    nets[1].registry.collect_updates = True
    x = torch.randn(*shape, requires_grad=True)
    plain, again = (net(x) for net in nets)
    plain.sum().backward()
    again.sum().backward()
    updates = updates_of(nets[1])
    assert [update.name for update in updates] == ["bn/AssignMovingAvg", "bn/AssignMovingAvg_1"]
    for update in updates:
        update.run()
    for name, value in averages_of(nets[0]).items():
        torch.testing.assert_close(averages_of(nets[1])[name], value)


def test_averages_that_are_not_finite_do_not_reach_the_batchs_own_numbers():
    net = ts.ScopedModule(partial(model, run=False), collect_updates=True)
    x = torch.randn(4, 2, 2, 3)
    expected = net(x)
    net.registry.variables["bn/moving_mean"].load(float("nan") * torch.ones(3))
    assert torch.equal(net(x), expected)
    mean = net.registry.variables["bn/moving_mean"]
    mean.load(torch.zeros(3))
    updates_of(net)[0].run()
    torch.testing.assert_close(mean, 0.5 * x.mean((0, 1, 2)), check_dtype=False)


def test_an_update_runs_once():
    net = ts.ScopedModule(partial(model, run=False, renorm=True), collect_updates=True)
    net(torch.randn(8, 3))
    first, second = updates_of(net)
    first.run()
    moved = averages_of(net, RENORM)
    assert moved["renorm_mean"].any()
    assert moved["moving_mean"].any()
    assert (moved["moving_variance"] == 1).all()
    second.run()
    assert torch.equal(averages_of(net, RENORM)["renorm_mean"], moved["renorm_mean"])
    assert (averages_of(net)["moving_variance"] != 1).all()
    with pytest.raises(RuntimeError, match="AssignNewValue was run already"):
        second.run()


def test_build_has_nothing_to_run():
    net = ts.ScopedModule(partial(model, run=False), collect_updates=True)
    ts.build(net, torch.randn(8, 3))
    assert updates_of(net) == []


def test_copies_of_a_net_collect_as_it_does():
    net = ts.ScopedModule(Block(), collect_updates=True)
    for each in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        each(torch.randn(8, 3))
        assert len(updates_of(each)) == 2
        assert not averages_of(each)["moving_mean"].any()


class Block:
    def __call__(self, x):
        return model(x, run=False)


def test_the_default_registry_and_a_graph_of_tf1_collect_where_they_are_told():
    graph = tf.Graph()
    with graph.as_default():
        graph.registry.collect_updates = True
        model(torch.randn(8, 3), run=False)
        assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 2
    model(torch.randn(8, 3), run=False)
    assert tf.get_collection(tf.GraphKeys.UPDATE_OPS) == []


def test_a_module_with_a_registry_of_its_own_goes_by_that():
    inner = ts.ScopedModule(partial(model, run=False))
    outer = ts.ScopedModule(lambda x: model(inner(x), run=False), collect_updates=True)
    outer(torch.randn(8, 3) + 1)
    assert averages_of(inner)["moving_mean"].any()
    assert not averages_of(outer)["moving_mean"].any()
    assert len(updates_of(outer)) == 2
    assert updates_of(inner) == []


@pytest.mark.parametrize("number", [0, 1])
def test_either_update_of_a_renormalization_moves_its_corrections(number):
    net = ts.ScopedModule(partial(model, run=False, renorm=True), collect_updates=True)
    net(torch.randn(8, 3) + 1)
    updates_of(net)[number].run()
    averages = averages_of(net, RENORM)
    assert averages["renorm_mean"].all()
    assert (averages["renorm_stddev"] != 1).all()
    assert averages["moving_mean"].any() == (number == 0)
    assert (averages["moving_variance"] != 1).any() == (number == 1)
