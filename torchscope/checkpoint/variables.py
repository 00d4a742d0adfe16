"""The variables of a net that a TF1 checkpoint is about, and how they are written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from torchscope import distributed
from torchscope.catalogue import REGISTRY, Catalogue
from torchscope.checkpoint.matching import Match, Wanted
from torchscope.checkpoint.sources import Source
from torchscope.collections import GraphKeys
from torchscope.naming import name_of
from torchscope.records import Record
from torchscope.registry import ScopedParameterRegistry, get_default_registry
from torchscope.tree import Computed


def registry_of(net: Any) -> ScopedParameterRegistry:
    """The registry of a net, also of one that is wrapped or compiled; the default one of None.

    Raises:
        TypeError: `net` is no module and no registry.
        ValueError: there is no registry in it, or there are several.
    """
    if net is None:
        return get_default_registry()
    if isinstance(net, ScopedParameterRegistry):
        return net
    if not isinstance(net, nn.Module):
        raise TypeError(
            f"This takes a module with a registry, or a registry, or None for the default one; "
            f"not {net!r:.200}"
        )
    own: ScopedParameterRegistry | None = net.__dict__.get(REGISTRY)
    if own is not None:
        return own
    found = [each.__dict__[REGISTRY] for each in net.modules() if REGISTRY in each.__dict__]
    if len(found) != 1:
        raise ValueError(
            f"This {type(net).__name__} has {len(found)} registries in its tree, so it is not clear "
            "what the names in a checkpoint mean. "
            + (
                "Give the module that one is attached to."
                if found
                else "For a module without one, there is restore_module."
            )
        )
    registry: ScopedParameterRegistry = found[0]
    return registry


def is_saved(collections: tuple[str, ...]) -> bool:
    """Whether TF1 saves a variable that is in these collections: local ones are left out."""
    return GraphKeys.GLOBAL_VARIABLES in collections


class Target(NamedTuple):
    """A variable that can be filled, and what fills it."""

    wanted: Wanted
    tensor: Tensor
    fill: Callable[[Match, Source], None]
    # What load_state_dict brought need not be in a checkpoint that comes after it.
    arrived: bool = False


def wanted_of(record: Record, tensor: Tensor) -> Wanted:
    """A variable as it is looked for in a checkpoint."""
    partition = None if record.initial is None else record.initial.partition
    dtypes = tuple(dict.fromkeys((record.dtype, tensor.dtype)))
    return Wanted(record.name, record.shape, dtypes, record.made_at, partition)


def targets_of(catalogue: Catalogue) -> Iterator[Target]:
    """The variables of a tree that TF1 saves, in the order in which they were made."""
    for record in catalogue.records:
        if is_saved((*record.collections, *record.joined)):
            tensor = catalogue.variable_of(record)
            yield Target(wanted_of(record, tensor), tensor, filler(catalogue, record))
    for key in catalogue.arrived:
        place = catalogue.place_at(key)
        store = place.store()
        assert store is not None
        tensor_here: Any = store[place.attribute]
        wanted = Wanted(
            name_of(key), tuple(tensor_here.shape), (tensor_here.dtype,), "load_state_dict"
        )

        def fill(found: Match, source: Source, tensor: Tensor = tensor_here) -> None:
            found.read_into(source, tensor.detach())

        yield Target(wanted, tensor_here, fill, arrived=True)


def filler(catalogue: Catalogue, record: Record) -> Callable[[Match, Source], None]:
    """A function that writes what was found for a variable into it, in place."""

    def fill(found: Match, source: Source) -> None:
        variable = catalogue.variable_of(record)
        computed = isinstance(catalogue._places[record][0], Computed)
        if computed or distributed.is_sharded(variable):
            value = found.value(source, record.shape, variable.dtype).to(variable.device)
            with torch.no_grad():
                catalogue.set_value(record, distributed.part_of(value, variable))
        else:
            found.read_into(source, variable.detach().as_subclass(Tensor))

    return fill
