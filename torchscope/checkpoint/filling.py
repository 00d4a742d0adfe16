"""The tensors of a var_list filled from a checkpoint: all of them, or none."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from torchscope import distributed
from torchscope.checkpoint.matching import Match, Problem, Wanted, match, refusal
from torchscope.checkpoint.saveables import Saveable, catalogues_of
from torchscope.checkpoint.sources import Source
from torchscope.checkpoint.variables import filler
from torchscope.records import Record
from torchscope.registry import ScopedParameterRegistry


def fill(
    saveables: Sequence[Saveable],
    registry: ScopedParameterRegistry,
    source: Source,
    *,
    reshape: bool,
) -> None:
    """Fills tensors from a checkpoint, by the names that a var_list gives them.

    Args:
        saveables: the tensors.
        registry: that of the net whose variables they are.
        source: what they are filled from.
        reshape: whether values of another shape, with as many elements, will do.

    Raises:
        CheckpointError: a tensor cannot be filled; then none is.
        ValueError: a variable is not one of this net.
    """
    names = {name: name for name in source.names}
    fills: list[tuple[Saveable, Match, tuple[int, ...]]] = []
    problems: list[Problem] = []
    for saveable in saveables:
        wanted = _wanted(saveable, registry, source, reshape=reshape)
        found = match(wanted, source, names)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            fills.append((saveable, found, wanted.shape))
    used = {part.name for _, found, _ in fills for part in found.parts}
    if problems:
        raise refusal(source, problems, used, len(saveables))
    for name in sorted(used):
        source.verify(name)
    distributed.reshard(registry.module)
    for saveable, found, shape in fills:
        _fill(saveable, registry, source, found, shape)


def _wanted(
    saveable: Saveable, registry: ScopedParameterRegistry, source: Source, *, reshape: bool
) -> Wanted:
    tensor = saveable.tensor(catalogues_of(registry))
    record = saveable.source if isinstance(saveable.source, Record) else None
    shape = tuple(tensor.shape) if record is None else record.shape
    if reshape and saveable.partition is None and saveable.name in source.names:
        saved = source.shape(saveable.name)
        shape = saved if math.prod(saved) == math.prod(shape) else shape
    dtypes = (tensor.dtype,) if record is None else (record.dtype, tensor.dtype)
    made_at = "its own place" if record is None else record.made_at
    # A piece is looked for by the name of its whole.
    name = saveable.name if saveable.partition is None else f"{saveable.name}/part_0"
    return Wanted(name, shape, tuple(dict.fromkeys(dtypes)), made_at, saveable.partition)


def _fill(
    saveable: Saveable,
    registry: ScopedParameterRegistry,
    source: Source,
    found: Match,
    shape: tuple[int, ...],
) -> None:
    record = saveable.source
    tensor = saveable.tensor(catalogues_of(registry)).detach()
    catalogue = None
    if isinstance(record, Record):
        catalogue = next(each for each in catalogues_of(registry) if record in each.records)
        if shape == record.shape:
            filler(catalogue, record)(found, source)
            return
    if shape == tuple(tensor.shape):
        found.read_into(source, tensor)
        return
    value = found.value(source, shape, tensor.dtype).reshape(tensor.shape)
    with torch.no_grad():
        if isinstance(record, Record) and catalogue is not None:
            catalogue.set_value(record, value.to(tensor.device))
        else:
            tensor.copy_(value)
