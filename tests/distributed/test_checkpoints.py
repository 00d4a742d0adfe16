"""torch.distributed.checkpoint: what two ranks saved is loaded by one, by four, and by DDP."""

import pytest
import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.nn.parallel import DistributedDataParallel as DDP

import torchscope as ts
from distributed import ranks
from distributed.test_fsdp2 import STEPS, Net, batch, blocks, built, train

HALF = STEPS // 2


def adam(net):
    return torch.optim.Adam(net.parameters(), lr=0.05)


def save(rank, checkpoint):
    net = built()
    blocks(net)
    optimizer = adam(net)
    train(net, rank, 2, steps=range(HALF), optimizer=optimizer)
    model, state = get_state_dict(net, optimizer)
    dcp.save({"model": model, "optimizer": state}, checkpoint_id=checkpoint)
    return list(model), sorted(set(state["state"]))


def load(net, whole_net, checkpoint):
    """Loads into a net and a new optimizer, and trains on from there."""
    optimizer = adam(whole_net)
    model, state = get_state_dict(whole_net, optimizer)
    dcp.load({"model": model, "optimizer": state}, checkpoint_id=checkpoint)
    set_state_dict(whole_net, optimizer, model_state_dict=model, optim_state_dict=state)
    return optimizer


def load_sharded(rank, checkpoint):
    torch.manual_seed(99)
    net = ts.build(Net(), torch.empty(2, 6))
    blocks(net)
    optimizer = load(net, net, checkpoint)
    fsdp2 = train(net, rank, 4, steps=range(HALF, STEPS), optimizer=optimizer)
    net = ts.build(Net(), torch.empty(2, 6))
    ddp = DDP(net)
    optimizer = load(net, ddp, checkpoint)
    for step in range(HALF, STEPS):
        x, y = (part.chunk(4)[rank] for part in batch(step))
        loss = (ddp(x) - y).square().mean()
        (loss + sum(net.scopes.get_collection("regularization_losses"))).backward()
        optimizer.step()
        optimizer.zero_grad()
    return fsdp2, {name: v.detach().clone() for name, v in net.scopes.variables.items()}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return str(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def saved(checkpoint, tmp_path_factory):
    return ranks.run(save, 2, tmp_path_factory.mktemp("save"), checkpoint)


@pytest.fixture(scope="module")
def uninterrupted():
    return train(built())


def check_equal(found, expected):
    assert list(found) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=lambda m, n=name: f"{n}: {m}")


def test_the_keys_of_model_and_optimizer_follow_from_the_names(saved):
    keys = [name.replace("/", ".") for name in built().scopes.variables]
    for model, optimizer in saved:
        assert model == keys
        assert optimizer == sorted(key for key in keys if "scale" not in key)


@pytest.mark.usefixtures("saved")
@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_one_process_loads_what_two_ranks_saved_and_trains_on(checkpoint, uninterrupted):
    torch.manual_seed(99)
    net = ts.build(Net(), torch.empty(2, 6))
    optimizer = load(net, net, checkpoint)
    check_equal(train(net, steps=range(HALF, STEPS), optimizer=optimizer), uninterrupted)


@pytest.mark.usefixtures("saved")
def test_four_ranks_load_what_two_ranks_saved_and_train_on(checkpoint, uninterrupted, tmp_path):
    for fsdp2, ddp in ranks.run(load_sharded, 4, tmp_path, checkpoint):
        check_equal(fsdp2, uninterrupted)
        check_equal(ddp, uninterrupted)
