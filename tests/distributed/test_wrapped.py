"""A net that DDP or FSDP2 has wrapped: what may still be made in it, and what may be asked for.

One rank is enough to see it.
"""

import pytest
import torch
from torch import distributed as dist
from torch import nn
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.nn.parallel import DistributedDataParallel as DDP

import torchscope as ts


@pytest.fixture(autouse=True)
def _one_rank(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/r", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def model(x, late=()):
    with ts.variable_scope("block"):
        x = x @ ts.get_variable("w", [3, 3])
    for name in late:
        x = x + ts.get_variable(name, [3])
    return x


def built():
    return ts.build(ts.ScopedModule(model), torch.empty(2, 3))


def test_ddp_refuses_a_net_without_variables_and_a_build_is_what_it_needs():
    with pytest.raises(RuntimeError, match="doesn't have any parameter that requires"):
        DDP(ts.ScopedModule(model))
    assert DDP(built())(torch.ones(2, 3)).shape == (2, 3)


def wrapped(by, net):
    if by == "fully_shard":
        return fully_shard(net)
    return DDP(net)


@pytest.mark.parametrize("by", ["fully_shard", "DistributedDataParallel"])
def test_a_new_variable_in_a_wrapped_net_is_refused_and_nothing_is_lost(by):
    net = built()
    ddp = wrapped(by, net)
    ddp(torch.ones(2, 3)).sum().backward()
    with pytest.raises(RuntimeError) as caught:
        ddp(torch.ones(2, 3), late=["b"])
    message = str(caught.value)
    assert message.startswith(f"Variable b does not exist yet, and {by} has wrapped the module")
    assert "ts.build(net, *inputs)" in message
    assert list(net.registry.variables) == ["block/w"]
    assert list(net.state_dict()) == ["block.w"]
    ddp(torch.ones(2, 3)).sum().backward()


@pytest.mark.parametrize("by", ["fully_shard", "DistributedDataParallel"])
def test_a_net_inside_of_what_is_wrapped_makes_no_new_variable_either(by):
    inner = built()
    outer = wrapped(by, nn.Sequential(nn.Linear(3, 3), inner))
    outer(torch.ones(2, 3))
    inner._ts_fn = lambda x: model(x, late=["b"])
    with pytest.raises(RuntimeError, match=f"Variable b does not exist yet, and {by} has wrapped"):
        outer(torch.ones(2, 3))


def test_a_new_variable_in_a_scope_that_was_sharded_by_itself_is_refused():
    def blocks(x, late=()):
        return ts.call_in_scope("h0", ts.call_in_scope, "inner", model, x, late)

    net = ts.build(ts.ScopedModule(blocks), torch.empty(2, 3))
    fully_shard(net.h0)
    net(torch.ones(2, 3))
    with pytest.raises(RuntimeError, match="h0/inner/b does not exist yet, and fully_shard has"):
        net(torch.ones(2, 3), late=["b"])


def test_another_net_that_runs_inside_of_a_wrapped_one_makes_its_variables():
    other = ts.ScopedModule(model)
    net = built()
    net._ts_fn = lambda x: model(x) + other(x).detach()
    DDP(net)(torch.ones(2, 3))
    assert list(other.registry.variables) == ["block/w"]


@pytest.mark.parametrize("by", ["fully_shard", "DistributedDataParallel"])
def test_what_load_state_dict_brought_before_the_wrapping_becomes_variables_after_it(by):
    source = built()
    net = ts.ScopedModule(model)
    net.load_state_dict(source.state_dict())
    parameters = list(net.parameters())
    ddp = wrapped(by, net)
    x = torch.ones(2, 3)
    assert torch.equal(ddp(x), source(x))
    ddp(x).sum().backward()
    assert list(net.registry.variables) == ["block/w"]
    if by != "fully_shard":
        assert next(iter(net.parameters())) is parameters[0]
    assert next(net.parameters()).grad is not None


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self, entries=("forward", "encode"))

    def forward(self, x):
        return self.encode(x)

    def encode(self, x):
        return x @ ts.get_variable("w", [3, 2])


def test_an_entry_method_of_a_sharded_net_must_be_made_known_to_fully_shard():
    net = fully_shard(ts.build(Coder(), torch.empty(2, 3)))
    with pytest.raises(RuntimeError, match=r"register_fsdp_forward_method\(net, 'encode'\)"):
        net.encode(torch.ones(2, 3))
    register_fsdp_forward_method(net, "encode")
    assert net.encode(torch.ones(2, 3)).shape == (2, 2)


def test_outside_of_a_forward_a_sharded_variable_is_what_there_is():
    net = fully_shard(built())
    with net.registry.activate(), ts.variable_scope("block"):
        w = ts.get_variable("w", [3, 3])
    assert w is net.registry.variables["block/w"]
    assert net.registry.name_of(w) == "block/w"


def test_broadcast_refuses_what_is_sharded_or_has_no_value_and_says_what_comes_first():
    with torch.device("meta"):
        net = ts.build(ts.ScopedModule(model), torch.empty(2, 3))
    with pytest.raises(RuntimeError, match=r"block/w has no value yet.*to_empty"):
        net.registry.broadcast_()
    net = fully_shard(built())
    with pytest.raises(
        RuntimeError, match=r"block/w is sharded already: call broadcast_\(\) before"
    ):
        net.registry.broadcast_()


def test_initialising_and_constraining_reach_the_shards_while_fsdp2_keeps_gathered_copies():
    def constrained(x):
        return x @ ts.get_variable("w", [3, 3], constraint=torch.relu)

    torch.manual_seed(3)
    alone = ts.build(ts.ScopedModule(constrained), torch.empty(2, 3))
    net = fully_shard(ts.build(ts.ScopedModule(constrained), torch.empty(2, 3)))
    net(torch.ones(2, 3))  # The root keeps what it gathered until the backward.
    torch.manual_seed(3)
    net.registry.initialize_()
    assert torch.equal(net.registry.variables["w"].full_tensor(), alone.w)
    net(torch.ones(2, 3))
    net.registry.apply_constraints_()
    assert torch.equal(net.registry.variables["w"].full_tensor(), alone.w.relu())
    assert torch.equal(net(torch.eye(3)), alone.w.relu())
