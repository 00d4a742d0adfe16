"""Equal weights on every rank: by the seed, by broadcast_(), or an error that each rank raises."""

import pytest
import torch
from torch import nn

import torchscope as ts
from distributed import ranks

WORLD = 3


class Model(nn.Module):
    """Variables of several kinds, and parameters of its own; `also` asks for more of them."""

    def __init__(self, also):
        super().__init__()
        self.own = nn.Linear(3, 3)
        self.scopes = ts.ScopedParameterRegistry(self)
        self.also = also

    def forward(self, x):
        with ts.variable_scope("block"):
            x = self.own(x) @ ts.get_variable("w", [3, 3])
            frozen = ts.get_variable("frozen", [3], trainable=False)
            ts.get_variable("count", [], dtype=torch.int64, initializer=ts.zeros_initializer())
            ts.get_variable("flags", [5], dtype=torch.bool, initializer=ts.zeros_initializer())
            ts.get_local_variable("total", [2])
            self.also()
        return x + frozen


def build(also=lambda: None):
    net = Model(also)
    net(torch.ones(2, 3))
    return net


def values(net):
    return {name: tensor.clone() for name, tensor in net.scopes.variables.items()} | {
        f"own/{name}": tensor.detach().clone() for name, tensor in net.own.named_parameters()
    }


def message(rank, also, **arguments):
    """What broadcast_() says where rank 1 asks for something else; '' where it says nothing."""
    torch.manual_seed(0)
    net = build(also if rank == 1 else lambda: None)
    before = values(net)
    try:
        net.scopes.broadcast_(**arguments)
    except RuntimeError as error:
        assert all(torch.equal(before[name], value) for name, value in values(net).items())
        return str(error)
    return ""


def other_shape(rank):
    def model(x):
        return x @ ts.get_variable("w", [3, 4 if rank == 2 else 3])

    net = ts.ScopedModule(model)
    net(torch.ones(2, 3))
    try:
        net.registry.broadcast_()
    except RuntimeError as error:
        return str(error)
    return ""


def many(rank):
    for number in range(20):
        ts.get_variable(f"v{number}", [1])


def other_order(rank):
    names = ["a", "b"] if rank else ["b", "a"]
    net = ts.ScopedModule(lambda x: [ts.get_variable(name, [2]) for name in names])
    net(0)
    try:
        net.registry.broadcast_()
    except RuntimeError as error:
        return str(error)
    return ""


def not_built(rank):
    net = ts.ScopedModule(lambda x: x)
    try:
        net.registry.broadcast_()
    except RuntimeError as error:
        return str(error)
    return ""


def large():
    """More than one bucket."""
    for number in range(3):
        ts.get_variable(f"large{number}", [2_500_000])


def on_each_rank(rank):
    torch.manual_seed(7)
    alike = values(build())
    torch.manual_seed(rank)
    net = build(large)
    net.scopes.variables["block/count"].assign(rank)
    net.scopes.variables["block/flags"].assign([rank == 2] * 5)
    objects = [id(tensor) for tensor in net.scopes.variables.values()]
    before = values(net)
    net.scopes.broadcast_(src=2)
    after = values(net)
    assert objects == [id(tensor) for tensor in net.scopes.variables.values()]
    pair = torch.distributed.new_group([0, 2])
    in_a_group = None
    if rank != 1:
        torch.manual_seed(rank)
        other = build()
        other.scopes.broadcast_(group=pair, src=2)
        in_a_group = values(other)
    return {
        "alike": alike,
        "before": {name: v.double().sum().item() for name, v in before.items()},
        "after": {name: v.double().sum().item() for name, v in after.items()},
        "in a group": in_a_group,
        "no disagreement": message(rank, lambda: None),
        "more variables": message(rank, lambda: many(rank)),
        "another shape": other_shape(rank),
        "another order": other_order(rank),
        "not trained": message(rank, lambda: ts.get_variable("late", [1], trainable=False)),
        "not built": not_built(rank),
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return ranks.run(on_each_rank, WORLD, tmp_path_factory.mktemp("equal"))


def test_ranks_that_are_seeded_alike_make_equal_weights(results):
    torch.manual_seed(7)
    alone = values(build())
    for result in results:
        assert list(result["alike"]) == list(alone)
        assert all(torch.equal(result["alike"][name], alone[name]) for name in alone)


def test_broadcast_gives_every_rank_all_that_one_rank_has(results):
    source = results[2]
    drawn = ("block/w", "block/frozen", "block/large0", "block/count", "own/weight")
    for name in drawn:
        assert results[0]["before"][name] != source["before"][name]
    for result in results:
        assert result["after"] == source["before"]
    assert source["after"]["block/count"] == 2
    assert source["after"]["block/flags"] == 5


def test_broadcast_in_a_group_takes_the_source_by_its_global_rank(results):
    torch.manual_seed(2)
    expected = values(build())
    assert results[1]["in a group"] is None
    for result in (results[0], results[2]):
        assert all(torch.equal(result["in a group"][name], expected[name]) for name in expected)


def said_by_all(results, case):
    said = {result[case] for result in results}
    assert len(said) == 1
    return said.pop()


def test_ranks_that_agree_hear_nothing(results):
    assert said_by_all(results, "no disagreement") == ""


def test_a_variable_that_some_ranks_lack_is_named_on_every_rank_with_those_that_have_it(results):
    said = said_by_all(results, "more variables")
    assert "The ranks do not have the same variables." in said
    assert "  block/v0: (1,) float32, trainable on rank 1; missing on ranks 0, 2\n" in said
    assert "... and 10 more" in said
    assert "ts.build(net, *inputs)" in said


def test_another_shape_is_named_on_every_rank(results):
    said = said_by_all(results, "another shape")
    assert (
        "  w: (3, 3) float32, trainable on ranks 0-1; (3, 4) float32, trainable on rank 2\n" in said
    )


def test_another_order_is_named_on_every_rank(results):
    said = said_by_all(results, "another order")
    assert "Their order differs: number 1 is b on rank 0, and a on ranks 1-2." in said


def test_a_variable_that_is_trained_on_some_ranks_only_is_named(results):
    said = said_by_all(results, "not trained")
    assert "block/late: (1,) float32, not trainable on rank 1; missing on ranks 0, 2" in said


def test_broadcast_before_the_first_pass_says_what_to_call_first(results):
    assert "ts.build(net, *inputs)" in said_by_all(results, "not built")
