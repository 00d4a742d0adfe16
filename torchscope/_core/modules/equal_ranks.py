"""Ranks that have equal variables: each draws its first values from a generator of its own.

Ranks that are seeded alike make equal weights, since each draws in the order of the requests; `broadcast`
makes them equal in any case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch import distributed as dist

from torchscope._core.names.state_dict_keys import name_of
from torchscope._core.pytorch.sharding import is_sharded
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values.conversion import dtype_name, shape_text

_BUCKET_BYTES = 16 << 20
_MOST_VARIABLES = 10
_MOST_MODELS = 8

Group: TypeAlias = "dist.ProcessGroup | None"


def broadcast(store: VariableStore, group: Group = None, src: int = 0) -> None:
    """Gives every rank the values that one of them has: see `ScopedParameterRegistry.broadcast_`.

    The models are compared first, by a digest. Only ranks that differ describe theirs in full.
    """
    tensors = dict(store._tensors())
    mine = [_Description.of(store, key, tensor) for key, tensor in tensors.items()]
    _check_equal(mine, group)
    if not store.records and not store.preloaded:
        raise RuntimeError(
            "broadcast_() before the variables exist: make them first, by ts.build(net, *inputs) or "
            "one plain call of the net."
        )
    for key, tensor in tensors.items():
        if is_sharded(tensor):
            raise RuntimeError(
                f"{store.name_of(key)} is sharded already: call broadcast_() before fully_shard."
            )
        if tensor.is_meta:
            raise RuntimeError(
                f"{store.name_of(key)} has no value yet, being on the meta device: call "
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
    def of(cls, store: VariableStore, key: str, tensor: Tensor) -> _Description:
        trained = "trainable" if tensor.requires_grad else "not trainable"
        what = f"{shape_text(tuple(tensor.shape))} {dtype_name(tensor.dtype)}, {trained}"
        if is_sharded(tensor):
            what += ", sharded"
        if tensor.device.type != "cpu":
            what += f", on {tensor.device.type}"
        record = store._by_key.get(key)
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
