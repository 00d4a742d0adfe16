"""The tensors of a var_list as what a checkpoint can fill, under the names that the list gives them."""

from __future__ import annotations

import math

import torch

from torchscope.checkpoint.matching import Match, Wanted
from torchscope.checkpoint.saveables import Saveable, catalogues_of
from torchscope.checkpoint.sources import Source
from torchscope.checkpoint.variables import Target, filler
from torchscope.records import Record
from torchscope.registry import ScopedParameterRegistry


def target_of(
    saveable: Saveable, registry: ScopedParameterRegistry, source: Source, *, reshape: bool
) -> Target:
    """What a var_list names, as what is looked for in a checkpoint.

    Args:
        saveable: the tensor, or the piece of one.
        registry: that of the net whose variable it is.
        source: the checkpoint.
        reshape: whether values of another shape, with as many elements, will do.

    Raises:
        ValueError: it is no variable of this net.
    """
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
    wanted = Wanted(name, shape, tuple(dict.fromkeys(dtypes)), made_at, saveable.partition)

    def fill(found: Match, source: Source) -> None:
        _fill(saveable, registry, source, found, shape)

    return Target(wanted, fill)


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
