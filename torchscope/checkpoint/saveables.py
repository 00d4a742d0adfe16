"""What a Saver saves: variables, whole or in pieces, under names in the checkpoint.

TF1 lets a var_list be a list, whose variables have their own names, or a dict that gives them
others. A variable in pieces is saved under the name of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from torchscope._core.modules.registry import ScopedParameterRegistry, get_default_registry
from torchscope._core.names.state_dict_keys import name_of
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.places import REGISTRY
from torchscope._core.store.records import Record
from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values.partitioners import PartitionedVariable, PartitionInfo

_PIECE = re.compile(r"/part_\d+$")
SAVED = {GraphKeys.GLOBAL_VARIABLES, GraphKeys.SAVEABLE_OBJECTS}


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
            "This takes a net, where TF1 took a Session: a module with a registry, a registry, or "
            f"None for the default one; not {net!r:.200}"
        )
    own: ScopedParameterRegistry | None = net.__dict__.get(REGISTRY)
    if own is not None:
        return own
    found = [each.__dict__[REGISTRY] for each in net.modules() if REGISTRY in each.__dict__]
    if len(found) != 1:
        what_to_do = (
            "Give the module that one is attached to."
            if found
            else "For a module without one, there is restore_module."
        )
        raise ValueError(
            f"This {type(net).__name__} has {len(found)} registries in its tree, so it is not clear "
            f"what the names in a checkpoint mean. {what_to_do}"
        )
    registry: ScopedParameterRegistry = found[0]
    return registry


class Saveable(NamedTuple):
    """A tensor, or a piece of one, that is to be saved.

    Attributes:
        name: its name in the checkpoint; of a piece, that of the whole.
        source: the variable's record, or the tensor itself where it is no variable.
        partition: where it lies in the whole, if it is a piece.
    """

    name: str
    source: Record | Tensor
    partition: PartitionInfo | None = None

    def store(self, stores: Sequence[VariableStore]) -> VariableStore:
        """Which of the variable stores of a net has the variable.

        Raises:
            ValueError: it is a variable of another net.
        """
        record = self.source
        if isinstance(record, Tensor):
            return stores[0]
        for store in stores:
            if record in store.records:
                return store
        raise ValueError(
            f"Variable {record.name}, made at {record.made_at}, is in the Saver's var_list, but it "
            "is no variable of this net."
        )

    def tensor(self, stores: Sequence[VariableStore]) -> Tensor:
        """The tensor as it is now.

        Raises:
            ValueError: it is a variable of another net.
        """
        if isinstance(self.source, Tensor):
            return self.source
        return self.store(stores).variable_of(self.source)


def stores_of(registry: ScopedParameterRegistry) -> list[VariableStore]:
    """The variable stores of a net: its own, and those of modules in it that have registries too."""
    return [
        module.__dict__[REGISTRY].store
        for module in registry.module.modules()
        if REGISTRY in module.__dict__
    ]


def all_saveables(store: VariableStore) -> list[Saveable]:
    """What is saved of a net by default: its global variables, and what else its module saves.

    Local variables are left out, as in TF1. The module's own parameters and persistent buffers
    that no pass has asked for, those of an nn.Linear say, go by the names of their keys.
    """
    saveables = []
    computed = []
    known = set()
    for record in store.records:
        known.add(record.key)
        if not SAVED.isdisjoint(record.keys):
            saveables.append(_of_record(record))
            if store.is_computed(record):
                path, _, attribute = record.key.rpartition(".")
                computed.append(f"{path}.parametrizations.{attribute}.".removeprefix("."))
    for key, tensor in _persistent(store, known):
        if not key.startswith(tuple(computed)):
            saveables.append(Saveable(name_of(key), tensor))
    return in_order(saveables)


def _persistent(store: VariableStore, known: set[str]) -> Iterator[tuple[str, Tensor]]:
    """The tensors of the tree that a state_dict has, by key, but for those that are known."""
    for key, tensor in store._tensors():
        if key in known:
            continue
        path, _, attribute = key.rpartition(".")
        if attribute not in store.module.get_submodule(path)._non_persistent_buffers_set:
            yield key, tensor


def saveables_of(var_list: Any) -> list[Saveable]:
    """What a var_list says is to be saved.

    Args:
        var_list: a dict from names to variables, or a list, tuple or set of variables, nested or
            not. In place of a variable in pieces there may be a list of its pieces.

    Raises:
        TypeError: `var_list` is something else, or has something in it that is no variable; or a
            name is no string.
        ValueError: two variables have one name, or one variable has two names.
    """
    named = var_list if isinstance(var_list, Mapping) else _by_name(var_list)
    for name in named:
        if not isinstance(name, str):
            raise TypeError(
                "names_to_saveables must be a dict mapping string names to trackable operations. "
                f"Name is not a string: {name}"
            )
    saveables: list[Saveable] = []
    seen: set[int] = set()
    for name, value in sorted(named.items()):
        for saveable in _named(name, value):
            if id(saveable.source) in seen:
                raise ValueError(f"The same saveable will be restored with two names: {name}")
            seen.add(id(saveable.source))
            saveables.append(saveable)
    return saveables


def _of_record(record: Record) -> Saveable:
    partition = None if record.initial is None else record.initial.partition
    if partition is None:
        return Saveable(record.name, record)
    return Saveable(_PIECE.sub("", record.name), record, partition)


def in_order(saveables: list[Saveable]) -> list[Saveable]:
    """By name, as TF1 writes them; pieces by their own names, in which ':0' counts."""

    def key(saveable: Saveable) -> tuple[str, str]:
        source = saveable.source
        return saveable.name, f"{source.name}:0" if isinstance(source, Record) else ""

    return sorted(saveables, key=key)


def _record_of(value: Any) -> Record | None:
    record: Record | None = getattr(value, "_ts_record", None)
    return record


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple | set):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield from _flat(value.values())
        else:
            yield value


def _by_name(var_list: Any) -> dict[str, Any]:
    """A list of variables as a dict: by their names, pieces by the name of the whole."""
    if not isinstance(var_list, list | tuple | set):
        raise TypeError(
            f"Variables to save should be passed in a dict or a list. Got {var_list!r:.200}"
        )
    pieces: dict[str, list[Any]] = {}
    named: dict[str, Any] = {}
    for variable in _flat(var_list):
        if isinstance(variable, PartitionedVariable):
            name, value = variable.name, variable
        else:
            record = _record_of(variable)
            if record is None:
                raise TypeError(
                    f"Variable to save is not a Variable: {variable!r:.200}. What has no name of its "
                    "own can be saved under one in a dict."
                )
            saveable = _of_record(record)
            name, value = saveable.name, variable
            if saveable.partition is not None:
                if name in named:
                    raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
                pieces.setdefault(name, []).append(variable)
                continue
        if name in named or name in pieces:
            raise ValueError(f"At least two variables have the same name: {name}")
        named[name] = value
    for name, group in pieces.items():
        named[name] = sorted(group, key=lambda piece: str(piece.name))
    return named


def _named(name: str, value: Any) -> Iterator[Saveable]:
    """A value of a var_list, saved under a name."""
    if not isinstance(value, list | tuple | PartitionedVariable):
        yield Saveable(name, _variable(value))
        return
    whole = None
    for piece in value:
        record = _record_of(piece)
        if record is None:
            raise ValueError(f"Slices must all be Variables: {piece!r:.200}")
        saveable = _of_record(record)
        if saveable.partition is None:
            raise ValueError(f"Slices must all be slices: {record.name}")
        if whole is not None and whole != saveable.name:
            raise ValueError(f"Slices must all be from the same tensor: {whole} != {saveable.name}")
        whole = saveable.name
        yield saveable._replace(name=name)


def _variable(value: Any) -> Record | Tensor:
    """What stands for a variable: its record where it has one, since its tensor may be replaced."""
    record = _record_of(value)
    if record is not None:
        return record
    if not isinstance(value, Tensor) or value.grad_fn is not None:
        raise TypeError(
            "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a "
            f"variable: {value!r:.200}"
        )
    return value
