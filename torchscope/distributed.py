"""What several processes ask of a net: variables that exist before it is wrapped, equal on each rank.

DistributedDataParallel and fully_shard look at a module's parameters once, when they wrap it. So a
variable must be there by then, and every rank must have the same ones. Each rank draws its first
values from its own generator, in the order of the requests: ranks that are seeded alike make equal
weights, and `broadcast` makes them equal in any case.

Everything here is for processes in a group. A program of one process pays for none of it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch import distributed as dist

from torchscope import tree, versions
from torchscope.conversion import dtype_name, shape_text
from torchscope.naming import name_of

if TYPE_CHECKING:
    from torchscope.catalogue import Catalogue
    from torchscope.passes import Pass
    from torchscope.records import Record

_AVAILABLE = dist.is_available()
_BUCKET_BYTES = 16 << 20
_MOST_VARIABLES = 10
_MOST_MODELS = 8

Group: TypeAlias = "dist.ProcessGroup | None"


# FSDP2 and DTensor are looked for where they are loaded already: to import them takes seconds.


def _is_fsdp(module: nn.Module) -> bool:
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


# Making


def check_not_wrapped(root: nn.Module, name: str, running: Iterable[nn.Module]) -> None:
    """Refuses to make a variable where DDP or FSDP2 would not exchange its gradient.

    Args:
        root: the module in whose tree it would be made.
        name: the full name that is asked for.
        running: the modules whose forward this thread is in, scopes aside.

    Raises:
        RuntimeError: one of them, or a scope of the variable, is wrapped.
    """
    around = [each for each in running if any(inner is root for inner in each.modules())]
    path = name.split("/")[:-1]
    scopes = [tree.find_scope(root, path[:depth]) for depth in range(len(path) + 1)]
    if any(isinstance(each, nn.parallel.DistributedDataParallel) for each in around):
        by = "DistributedDataParallel"
    elif any(map(_is_fsdp, [*around, *(found[0] for found in scopes if found is not None)])):
        by = "fully_shard"
    else:
        return
    raise RuntimeError(
        f"Variable {name} does not exist yet, and {by} has wrapped the module already: it would "
        "leave the variable out, and no gradient of it would reach the other ranks. Make all "
        "variables first, by ts.build(net, *inputs) or one plain call of the net, and use "
        f"{by} after that."
    )


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
    wrapped += ["fully_shard" for each in around if _is_fsdp(each)]
    if wrapped:
        raise RuntimeError(
            f"{wrapped[0]} has wrapped the module, and exchanges the gradients of loss.backward(): those that an "
            "optimizer of tf.train computes are of this rank alone, and ranks would drift apart. Have the model "
            "function return the loss, and train it by one of torchscope.optim, which has the same numbers."
        )


# Asking


def check_gathered(pass_: Pass, record: Record, tensor: Tensor) -> None:
    """Refuses to give a forward the mere shard of a variable that FSDP2 has not gathered.

    FSDP2 gathers what it manages while the forward of the module runs that it was applied to.
    Outside of a forward, in ``registry.activate()``, a shard is what there is.

    Raises:
        RuntimeError: a forward is running, and not the one that would gather the variable.
    """
    if pass_.entry is None or not is_sharded(tensor):
        return
    path = record.key.split(".")[:-1]
    manager, scope = None, ""
    module: nn.Module | None = pass_.catalogue.module
    for depth in range(len(path) + 1):
        if module is None:
            break
        if _is_fsdp(module):
            manager, scope = module, name_of(".".join(path[:depth])) if depth else ""
        module = module._modules.get(path[depth]) if depth < len(path) else None
    if manager is None or _is_gathered(manager):
        return
    this = f"Variable {record.name} is sharded, and this rank has only a part of it: "
    if not scope:
        raise RuntimeError(
            f"{this}fully_shard gathers it in forward, and this is {pass_.entry}(). Call "
            f"torch.distributed.fsdp.register_fsdp_forward_method(net, {pass_.entry!r}) once."
        )
    raise RuntimeError(
        f"{this}fully_shard was applied to the scope {scope!r} by itself, whose forward is not "
        f"running. Ask for the variable inside ts.call_in_scope({scope!r}, ...). Where blocks "
        "share it, leave its scope to the fully_shard of a module around them all, or shard them "
        "as one group: fully_shard([net.a, net.b])."
    )


def _is_gathered(module: Any) -> bool:
    return all(group.is_unsharded for group in versions.parameter_groups(module))


# Values


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


def broadcast(catalogue: Catalogue, group: Group = None, src: int = 0) -> None:
    """Gives every rank the values that one of them has: see `ScopedParameterRegistry.broadcast_`.

    The models are compared first, by a digest. Only ranks that differ describe theirs in full.
    """
    tensors = dict(catalogue._tensors())
    mine = [_Description.of(catalogue, key, tensor) for key, tensor in tensors.items()]
    _check_equal(mine, group)
    if not catalogue.records and not catalogue.arrived:
        raise RuntimeError(
            "broadcast_() before the variables exist: make them first, by ts.build(net, *inputs) or "
            "one plain call of the net."
        )
    for key, tensor in tensors.items():
        if is_sharded(tensor):
            raise RuntimeError(
                f"{catalogue.name_of(key)} is sharded already: call broadcast_() before fully_shard."
            )
        if tensor.is_meta:
            raise RuntimeError(
                f"{catalogue.name_of(key)} has no value yet, being on the meta device: call "
                "net.to_empty(device=...) and initialize_() first."
            )
    # A tensor under two names is sent once.
    for bucket in _buckets({id(tensor): tensor for tensor in tensors.values()}.values()):
        parts = [tensor.detach().reshape(-1).view(torch.uint8) for tensor in bucket]
        flat = torch.cat(parts)
        dist.broadcast(flat, src, group=group)
        with torch.no_grad():
            sizes = [len(part) for part in parts]
            for tensor, part in zip(bucket, torch.split(flat, sizes), strict=True):
                # A new tensor starts where any dtype may be read; a part of a larger one may not.
                tensor.copy_(part.clone().view(tensor.dtype).view(tensor.shape))


def _buckets(tensors: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """Tensors of one device, in order, some megabytes at a time."""
    bucket: list[Tensor] = []
    size = 0
    for tensor in tensors:
        if bucket and (size > _BUCKET_BYTES or tensor.device != bucket[0].device):
            yield bucket
            bucket, size = [], 0
        bucket.append(tensor)
        size += tensor.numel() * tensor.element_size()
    if bucket:
        yield bucket


class _Description(NamedTuple):
    """What all ranks must agree on."""

    name: str
    what: str

    @classmethod
    def of(cls, catalogue: Catalogue, key: str, tensor: Tensor) -> _Description:
        trained = "trainable" if tensor.requires_grad else "not trainable"
        what = f"{shape_text(tuple(tensor.shape))} {dtype_name(tensor.dtype)}, {trained}"
        if is_sharded(tensor):
            what += ", sharded"
        if tensor.device.type != "cpu":
            what += f", on {tensor.device.type}"
        record = catalogue._by_key.get(key)
        return cls(name_of(key) if record is None else record.name, what)


def _check_equal(mine: list[_Description], group: Group) -> None:
    """Raises the same error on every rank where the ranks have not the same model."""
    text = "\n".join(f"{name}\t{what}" for name, what in mine)
    digest = hashlib.sha256(text.encode()).hexdigest()
    digests: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(digests, digest, group=group)
    ranks_by_digest: dict[str, list[int]] = {}
    for rank, each in enumerate(digests):
        ranks_by_digest.setdefault(each, []).append(rank)
    if len(ranks_by_digest) == 1:
        return
    models = []
    for ranks in list(ranks_by_digest.values())[:_MOST_MODELS]:
        described: list[Any] = [mine]
        speaker = ranks[0] if group is None else dist.get_global_rank(group, ranks[0])
        dist.broadcast_object_list(described, src=speaker, group=group)
        models.append((ranks, [_Description(*each) for each in described[0]]))
    raise RuntimeError(
        "The ranks do not have the same variables.\n"
        + "\n".join(_differences(models))
        + "\nRun the same model function on every rank, with the same settings, and inputs that "
        "take the same branches; or make the variables of all branches first, by "
        "ts.build(net, *inputs)."
    )


def _differences(models: list[tuple[list[int], list[_Description]]]) -> list[str]:
    """A line for each variable that the ranks differ in, the first few of them."""
    found: dict[str, dict[str, list[int]]] = {}
    everywhere = [rank for ranks, _ in models for rank in ranks]
    for ranks, described in models:
        for name, what in described:
            found.setdefault(name, {}).setdefault(what, []).extend(ranks)
    lines = []
    for name, by_what in found.items():
        having = {rank for ranks in by_what.values() for rank in ranks}
        missing = [rank for rank in everywhere if rank not in having]
        if len(by_what) > 1 or missing:
            parts = [f"{what} on {_ranks_text(ranks)}" for what, ranks in by_what.items()]
            parts += [f"missing on {_ranks_text(missing)}"] if missing else []
            lines.append(f"  {name}: {'; '.join(parts)}")
    if not lines:
        # All have all of them: then the order differs.
        (ranks, first), (others, second) = models[:2]
        at = next(i for i, pair in enumerate(zip(first, second, strict=True)) if len(set(pair)) > 1)
        lines.append(
            f"  Their order differs: number {at + 1} is {first[at].name} on {_ranks_text(ranks)}, "
            f"and {second[at].name} on {_ranks_text(others)}. Optimizers and "
            "DistributedDataParallel go by the order."
        )
    more = len(lines) - _MOST_VARIABLES
    return [*lines[:_MOST_VARIABLES], *([f"  ... and {more} more"] if more > 0 else [])]


def _ranks_text(ranks: list[int]) -> str:
    """Ranks as a person writes them.

    >>> _ranks_text([3]), _ranks_text([0, 1, 2, 5])
    ('rank 3', 'ranks 0-2, 5')
    """
    runs: list[list[int]] = []
    for rank in sorted(ranks):
        if runs and rank == runs[-1][-1] + 1:
            runs[-1].append(rank)
        else:
            runs.append([rank])
    text = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"rank {text}" if len(ranks) == 1 else f"ranks {text}"
