"""What PyTorch tells of processes in a group: which tensors are sharded, and which modules are wrapped.

A program of one process pays for none of it. FSDP2 and DTensor are looked for where they are loaded
already: to import them takes seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn
from torch import distributed as dist

from torchscope._core.pytorch import versions

_AVAILABLE = dist.is_available()


def is_fsdp(module: nn.Module) -> bool:
    """Whether fully_shard was applied to a module."""
    fsdp = sys.modules.get("torch.distributed.fsdp")
    return fsdp is not None and isinstance(module, fsdp.FSDPModule)


def is_sharded(tensor: Tensor) -> bool:
    """Whether this rank holds only its part of a tensor (a DTensor)."""
    sharding = sys.modules.get("torch.distributed.tensor")
    return sharding is not None and isinstance(tensor, sharding.DTensor)


def gathered_sums(tensor: Tensor) -> Tensor:
    """What was reduced over parts of a DTensor, as all ranks have it; any other tensor as it is."""
    if not is_sharded(tensor):
        return tensor
    reduced: Any = tensor
    replicate = sys.modules["torch.distributed.tensor"].Replicate()
    placements = [replicate if each.is_partial() else each for each in reduced.placements]
    whole: Tensor = reduced.redistribute(placements=placements)
    return whole


def in_group() -> bool:
    """Whether this process is one of a group."""
    return _AVAILABLE and dist.GroupMember.WORLD is not None


def is_gathered(module: Any) -> bool:
    """Whether FSDP2 has gathered what a module manages."""
    return all(group.is_unsharded for group in versions.parameter_groups(module))


def reshard(module: nn.Module) -> None:
    """Drops the gathered copies that FSDP2 keeps after a forward: what is to last is in the shards."""
    fsdp = sys.modules.get("torch.distributed.fsdp")
    if fsdp is not None:
        for each in module.modules():
            if isinstance(each, fsdp.FSDPModule):
                each.reshard()


def part_of(value: Tensor, variable: Tensor) -> Tensor:
    """What this rank is to hold of a full value: all of it, or its shard, without communication."""
    if not is_sharded(variable):
        return value
    sharding: Any = sys.modules["torch.distributed.tensor"]
    placed: Any = variable
    part: Tensor = sharding.distribute_tensor(
        value, placed.device_mesh, placed.placements, src_data_rank=None
    )
    return part


def check_trains_alone(root: nn.Module, running: Iterable[nn.Module]) -> None:
    """Refuses an optimizer of the model function where gradients are exchanged behind its back.

    DDP and FSDP2 exchange what ``loss.backward()`` leaves in ``.grad``; such an optimizer never looks there.

    Args:
        root: the module whose pass it is used in.
        running: the modules whose forward this thread is in, scopes aside.

    Raises:
        RuntimeError: one of them is wrapped.
    """
    around = [each for each in running if any(inner is root for inner in each.modules())]
    by = (nn.parallel.DistributedDataParallel, "DistributedDataParallel")
    wrapped = [by[1] for each in around if isinstance(each, by[0])]
    wrapped += ["fully_shard" for each in around if is_fsdp(each)]
    if wrapped:
        raise RuntimeError(
            f"{wrapped[0]} has wrapped the module, and exchanges the gradients of loss.backward(): those that an "
            "optimizer of tf.train computes are of this rank alone, and ranks would drift apart. Have the model "
            "function return the loss, and train it by one of torchscope.optim, which has the same numbers."
        )
