"""The variables of a net that a TF1 checkpoint is about, and how they are written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
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
    return GraphKeys.GLOBAL_VARIABLES in collections or GraphKeys.SAVEABLE_OBJECTS in collections


def is_computed(catalogue: Catalogue, record: Record) -> bool:
    """Whether torch.nn.utils.parametrize computes a variable."""
    catalogue.variable_of(record)
    return isinstance(catalogue._places[record][0], Computed)


def tensors_beside(catalogue: Catalogue) -> Iterator[tuple[str, Tensor]]:
    """What a state_dict has beside the variables, each tensor with the name that its key gives.

    These are the module's own parameters and buffers, those of an nn.Linear say, as far as no pass
    has asked for them, and what load_state_dict brought.
    """
    known = {record.key for record in catalogue.records}
    originals = []
    for record in catalogue.records:
        if is_computed(catalogue, record):
            path, _, attribute = record.key.rpartition(".")
            originals.append(f"{path}.parametrizations.{attribute}.".removeprefix("."))
    for key, tensor in catalogue._tensors():
        path, _, attribute = key.rpartition(".")
        passing = catalogue.module.get_submodule(path)._non_persistent_buffers_set
        if key not in known and attribute not in passing and not key.startswith(tuple(originals)):
            yield name_of(key), tensor


class Target(NamedTuple):
    """A variable that can be filled, and what fills it."""

    wanted: Wanted
    tensor: Tensor
    fill: Callable[[Match, Source], None]
    # What is no variable, such as what load_state_dict brought, need not be in a checkpoint.
    optional: bool = False


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
    for name, tensor in tensors_beside(catalogue):
        wanted = Wanted(name, tuple(tensor.shape), (tensor.dtype,), "the module itself")
        yield Target(wanted, tensor, partial(_fill, tensor), optional=True)


def _fill(tensor: Tensor, found: Match, source: Source) -> None:
    found.read_into(source, tensor.detach())


def filler(catalogue: Catalogue, record: Record) -> Callable[[Match, Source], None]:
    """A function that writes what was found for a variable into it, in place."""

    def fill(found: Match, source: Source) -> None:
        variable = catalogue.variable_of(record)
        if is_computed(catalogue, record) or distributed.is_sharded(variable):
            value = found.value(source, record.shape, variable.dtype).to(variable.device)
            with torch.no_grad():
                catalogue.set_value(record, distributed.part_of(value, variable))
        else:
            found.read_into(source, variable.detach().as_subclass(Tensor))

    return fill
