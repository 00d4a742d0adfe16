"""Optimizers with TF1's numbers on two ranks: what one process computes, under DDP and under FSDP2."""

import pytest
import torch
import torch.distributed.checkpoint as dcp
from optim.made import ALL, make
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel as DDP

from distributed import ranks
from torchscope import optim

STEPS = 4


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))


def batch(step):
    draw = torch.Generator().manual_seed(step)
    return torch.randn(8, 6, generator=draw)


def train(module, optimizer, rank=0, world=1, steps=range(STEPS)):
    for step in steps:
        optimizer.zero_grad()
        module(batch(step).chunk(world)[rank]).square().mean().backward()
        optimizer.step()


def whole(parameters):
    return [p.full_tensor() if hasattr(p, "full_tensor") else p.detach() for p in parameters]


def of_one_process():
    found = {}
    for algorithm in ALL:
        module = net()
        train(module, make(algorithm, module.parameters()))
        found[algorithm.__name__] = whole(module.parameters())
    return found


def of_a_rank(rank, sharded):
    found = {}
    for algorithm in ALL:
        module = net()
        if sharded:
            fully_shard(module)
            wrapped = module
        else:
            wrapped = DDP(module)
        train(wrapped, make(algorithm, module.parameters()), rank, 2)
        found[algorithm.__name__] = [p.detach() for p in whole(module.parameters())]
    return found


@pytest.mark.parametrize("sharded", [False, True], ids=["DDP", "FSDP2"])
def test_two_ranks_compute_what_one_process_does(sharded, tmp_path):
    expected = of_one_process()
    for found in ranks.run(of_a_rank, 2, tmp_path, sharded):
        for name, values in expected.items():
            for own, other in zip(found[name], values, strict=True):
                torch.testing.assert_close(
                    own, other, rtol=1e-4, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}"
                )


def saved_and_loaded(rank, checkpoint):
    """Trains half of the way, saves, and goes on with what a fresh net and optimizer have loaded."""
    found = {}
    for algorithm in (optim.Adam, optim.AdamW, optim.Ftrl):
        module = net()
        fully_shard(module)
        optimizer = make(algorithm, module.parameters())
        train(module, optimizer, rank, 2, range(2))
        folder = f"{checkpoint}/{algorithm.__name__}"
        model, state = get_state_dict(module, optimizer)
        dcp.save({"model": model, "optimizer": state}, checkpoint_id=folder)
        fresh = net()
        fully_shard(fresh)
        other = make(algorithm, fresh.parameters())
        model, state = get_state_dict(fresh, other)
        dcp.load({"model": model, "optimizer": state}, checkpoint_id=folder)
        set_state_dict(fresh, other, model_state_dict=model, optim_state_dict=state)
        train(fresh, other, rank, 2, range(2, STEPS))
        found[algorithm.__name__] = [p.detach() for p in whole(fresh.parameters())]
    return found


def test_a_distributed_checkpoint_goes_on(tmp_path):
    expected = of_one_process()
    (tmp_path / "ranks").mkdir()
    for found in ranks.run(saved_and_loaded, 2, tmp_path / "ranks", str(tmp_path / "saved")):
        for name, values in found.items():
            for own, other in zip(values, expected[name], strict=True):
                torch.testing.assert_close(
                    own, other, rtol=1e-4, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}"
                )
