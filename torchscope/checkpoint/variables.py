"""The variables of a net as a checkpoint fills them: what each is, and how it is written to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from torchscope._core.pytorch import sharding
from torchscope._core.store.records import Record
from torchscope._core.store.variable_store import VariableStore
from torchscope.checkpoint.matching import Match, Part, Wanted
from torchscope.checkpoint.saveables import Saveable, all_saveables
from torchscope.checkpoint.sources import Source

Fill = Callable[[Match, Source], None]


class Target(NamedTuple):
    """A variable that can be filled, and the function that does it, in place.

    Attributes:
        wanted: what is looked for in a checkpoint.
        fill: writes what was found.
        preloaded: whether load_state_dict brought it and no pass has asked for it yet: a checkpoint
            that comes later need not have it.
        computed: whether it is parametrized, so that filling it runs somebody's own code.
    """

    wanted: Wanted
    fill: Fill
    preloaded: bool = False
    computed: bool = False


def targets_of(store: VariableStore) -> Iterator[Target]:
    """What TF1 saves of a net: its global variables, and the module's own parameters and buffers."""
    preloaded = set()
    for key in store.preloaded:
        place = store.place_at(key)
        tensors = place.tensors()
        assert tensors is not None
        preloaded.add(id(tensors[place.attribute]))
    for saveable in all_saveables(store):
        yield target_of(store, saveable)._replace(preloaded=id(saveable.source) in preloaded)


def target_of(store: VariableStore, saveable: Saveable) -> Target:
    """What a Saver saves, as what it fills."""
    source = saveable.source
    if isinstance(source, Record):
        wanted = wanted_of(store, source)
        computed = store.is_computed(source)
        return Target(wanted, filler(store, source), computed=computed)
    own = source

    def fill(found: Match, source: Source) -> None:
        found.read_into(source, own.detach())

    made_at = "its module"
    return Target(Wanted(saveable.name, tuple(own.shape), (own.dtype,), made_at), fill)


def wanted_of(store: VariableStore, record: Record) -> Wanted:
    """A variable as it is looked for in a checkpoint."""
    partition = None if record.initial is None else record.initial.partition
    now = store.variable_of(record).dtype
    dtypes = tuple(dict.fromkeys((record.dtype, now)))
    return Wanted(record.name, record.shape, dtypes, record.made_at, partition)


def filler(store: VariableStore, record: Record) -> Fill:
    """A function that writes what was found for a variable into it, in place."""

    def fill(found: Match, source: Source) -> None:
        variable = store.variable_of(record)
        if store.is_computed(record) or sharding.is_sharded(variable):
            value = found.value(source, record.shape, variable.dtype).to(variable.device)
            with torch.no_grad():
                store.set_value(record, sharding.part_of(value, variable))
        else:
            found.read_into(source, variable.detach().as_subclass(Tensor))

    return fill


def reshaped(target: Target, saved: tuple[int, ...]) -> Target:
    """A target that takes values of the shape that is saved, if they are as many."""
    wanted = target.wanted
    if saved == wanted.shape or math.prod(saved) != math.prod(wanted.shape):
        return target

    def fill(found: Match, source: Source) -> None:
        value = found.value(source, saved, wanted.dtypes[-1]).reshape(wanted.shape)
        target.fill(Match(wanted.name, (Part(wanted.name),)), Source({wanted.name: value}))

    return target._replace(wanted=wanted._replace(shape=saved), fill=fill)
