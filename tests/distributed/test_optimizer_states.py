"""What an optimizer keeps on two ranks: restored by each, saved by the first."""

import pytest
import torch
from torch.nn.parallel import DistributedDataParallel as DDP

from distributed import ranks
from distributed.test_fsdp2 import STEPS, batch, blocks, built, whole
from torchscope import optim
from torchscope.checkpoint import Saver, load_checkpoint, restore
from torchscope.checkpoint.errors import CheckpointError

HALF = STEPS // 2


def adam(net):
    return optim.Adam(net.parameters(), 0.05)


def train(net, optimizer, steps, part=slice(None)):
    for step in steps:
        x, y = (each[part] for each in batch(step))
        optimizer.zero_grad()
        (net(x) - y).square().mean().backward()
        optimizer.step()


def half_of(rank):
    return slice(4 * rank, 4 * rank + 4)


def begun(folder):
    """What one process has saved, and what it has later."""
    net = built()
    optimizer = adam(net)
    train(net, optimizer, range(HALF))
    path = Saver().save(net, folder / "begun", optimizer=optimizer)
    train(net, optimizer, range(HALF, STEPS))
    return path, load_checkpoint(Saver().save(net, folder / "done", optimizer=optimizer))


def goes_on_in_ddp(rank, path, target):
    net = built()
    optimizer = adam(net)
    wrapped = DDP(net)
    restore(wrapped, path, optimizer=optimizer)
    train(wrapped, optimizer, range(HALF, STEPS), half_of(rank))
    if rank == 0:
        Saver().save(wrapped, target, optimizer=optimizer)


def test_the_first_rank_saves_what_each_has(tmp_path):
    path, expected = begun(tmp_path)
    (tmp_path / "ranks").mkdir()
    ranks.run(goes_on_in_ddp, 2, tmp_path / "ranks", path, str(tmp_path / "ours"))
    ours = load_checkpoint(tmp_path / "ours")
    assert list(ours) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-4, atol=1e-6)


def goes_on_sharded(rank, path, target):
    net = built()
    blocks(net)
    optimizer = adam(net)
    restore(net, path, optimizer=optimizer)
    train(net, optimizer, range(HALF, STEPS), half_of(rank))
    with pytest.raises(CheckpointError, match="is sharded, and this process has only a part of it"):
        Saver().save(net, target, optimizer=optimizer)
    slots = optimizer.slot_names()
    found = {}
    for name, variable in net.scopes.variables.items():
        found[name] = whole(variable)
        for slot, value in optimizer.state.get(variable, {}).items():
            found[f"{name}/{slots[slot]}"] = whole(value)
    return found


def test_shards_get_their_parts_of_slots(tmp_path):
    path, expected = begun(tmp_path)
    (tmp_path / "ranks").mkdir()
    for found in ranks.run(goes_on_sharded, 2, tmp_path / "ranks", path, str(tmp_path / "ours")):
        assert "h0/w/Adam" in found
        for name, value in found.items():
            torch.testing.assert_close(value, expected[name], rtol=1e-4, atol=1e-6)
