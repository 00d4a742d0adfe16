"""The variables of a net as a checkpoint fills them: what each is, and how it is written to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from torchscope import distributed
from torchscope.catalogue import Catalogue
from torchscope.checkpoint.matching import Match, Part, Wanted
from torchscope.checkpoint.saveables import Saveable, all_saveables
from torchscope.checkpoint.sources import Source
from torchscope.records import Record

Fill = Callable[[Match, Source], None]


class Target(NamedTuple):
    """A variable that can be filled, and the function that does it, in place.

    Attributes:
        wanted: what is looked for in a checkpoint.
        fill: writes what was found.
        arrived: whether load_state_dict brought it and no pass has asked for it yet: a checkpoint
            that comes later need not have it.
        computed: whether it is parametrized, so that filling it runs somebody's own code.
    """

    wanted: Wanted
    fill: Fill
    arrived: bool = False
    computed: bool = False


def targets_of(catalogue: Catalogue) -> Iterator[Target]:
    """What TF1 saves of a net: its global variables, and the module's own parameters and buffers."""
    arrived = set()
    for key in catalogue.arrived:
        place = catalogue.place_at(key)
        store = place.store()
        assert store is not None
        arrived.add(id(store[place.attribute]))
    for saveable in all_saveables(catalogue):
        yield target_of(catalogue, saveable)._replace(arrived=id(saveable.source) in arrived)


def target_of(catalogue: Catalogue, saveable: Saveable) -> Target:
    """What a Saver saves, as what it fills."""
    source = saveable.source
    if isinstance(source, Record):
        wanted = wanted_of(catalogue, source)
        computed = catalogue.is_computed(source)
        return Target(wanted, filler(catalogue, source), computed=computed)
    own = source

    def fill(found: Match, source: Source) -> None:
        found.read_into(source, own.detach())

    made_at = "its module"
    return Target(Wanted(saveable.name, tuple(own.shape), (own.dtype,), made_at), fill)


def wanted_of(catalogue: Catalogue, record: Record) -> Wanted:
    """A variable as it is looked for in a checkpoint."""
    partition = None if record.initial is None else record.initial.partition
    now = catalogue.variable_of(record).dtype
    dtypes = tuple(dict.fromkeys((record.dtype, now)))
    return Wanted(record.name, record.shape, dtypes, record.made_at, partition)


def filler(catalogue: Catalogue, record: Record) -> Fill:
    """A function that writes what was found for a variable into it, in place."""

    def fill(found: Match, source: Source) -> None:
        variable = catalogue.variable_of(record)
        if catalogue.is_computed(record) or distributed.is_sharded(variable):
            value = found.value(source, record.shape, variable.dtype).to(variable.device)
            with torch.no_grad():
                catalogue.set_value(record, distributed.part_of(value, variable))
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
