"""Graphs that DistributedDataParallel and fully_shard have wrapped. One rank is enough to see it."""

import pytest
import torch
from torch import distributed as dist
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

import torchscope as ts


@pytest.fixture(autouse=True)
def _one_rank(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/r", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def model(x):
    x = ts.layers.dense(x, 4, activation=torch.tanh, name="first")
    return ts.layers.dense(x, 3, name="second")


@pytest.fixture
def net():
    torch.manual_seed(0)
    return ts.build(ts.ScopedModule(model), torch.ones(2, 5))


@pytest.fixture
def expected(net):
    x = torch.randn(2, 5)
    result = net(x)
    result.sum().backward()
    gradients = {name: p.grad.clone() for name, p in net.named_parameters()}
    net.zero_grad()
    return x, result.detach(), gradients


@pytest.mark.parametrize("wrap", [DistributedDataParallel, fully_shard])
def test_a_graph_is_wrapped_as_its_net_is(net, expected, wrap):
    x, result, gradients = expected
    wrapped = wrap(ts.graph(net, x))
    for _ in range(2):
        net.zero_grad()
        given = wrapped(x)
        given.sum().backward()
        torch.testing.assert_close(given.detach(), result)
        for name, p in net.named_parameters():
            whole = p.grad.full_tensor() if wrap is fully_shard else p.grad
            torch.testing.assert_close(whole, gradients[name])


def test_a_graph_of_what_is_sharded_already_is_refused(net):
    fully_shard(net)
    with pytest.raises(RuntimeError, match=r"is a DTensor.*fully_shard\(ts\.graph\(net"):
        ts.graph(net, torch.ones(2, 5))
