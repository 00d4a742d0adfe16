"""Where the variables of a module tree are, and where a new one is to live.

Tensors are looked up where they live, in the parameter and buffer dicts of their modules, since
functional_call, FSDP2, to_empty and load_state_dict(assign=True) replace them there.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator

from torch import Tensor, nn

from torchscope._core.names.state_dict_keys import (
    GOT_MARK,
    MADE_MARK,
    OF_SCOPE_MARK,
    SCOPE_MARK,
    VARIABLE_MARKS,
    path_of,
)
from torchscope._core.names.valid_names import can_begin_a_name
from torchscope._core.store import tree
from torchscope._core.store.records import Kind, Record
from torchscope._core.store.tree import Computed, Place, Tensors

Slot = tuple[Tensors, str, Record]
REGISTRY = "_ts_registry"
ANCHOR = "_ts_anchor"


def mark_of(kind: Kind, requested: str) -> str:
    """What marks the attribute of a variable that was asked for by this name."""
    if kind is Kind.MADE:
        return MADE_MARK
    return OF_SCOPE_MARK if requested.endswith("/") else GOT_MARK


class Places:
    """Where the variables of one module tree are.

    Attributes:
        records: what is known of each variable, in the order in which they were made.
        marked: whether the attribute of any variable had to be marked so far.
        preloaded: the keys of tensors that load_state_dict brought and no pass has asked for yet.
        slots: for get_variable, by full name: the dict that holds the tensor, its attribute there,
            and its record. A cache, as all that is looked up by place.
        lock: held while a variable is made.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = weakref.ref(module)
        self.records: dict[Record, None] = {}
        self.preloaded: dict[str, None] = {}
        self.marked: bool = False
        self._start_afresh()

    def _start_afresh(self) -> None:
        self.slots: dict[str, Slot] = {}
        # Of variables that have no slot.
        self._places: dict[Record, tuple[Tensors | Computed, str]] = {}
        # Of a scope, by its name with a slash: the module, its key, and whether the name is valid anywhere.
        self._homes: dict[str, tuple[nn.Module, str, bool]] = {}
        self._keyed: dict[str, Record] | None = None
        self._scopes: list[tuple[dict[str, nn.Module | None], list[nn.Module | None]]] | None = None
        self.lock: threading.RLock = threading.RLock()

    @property
    def module(self) -> nn.Module:
        """The root of the tree. It is held weakly, so that deleting a net frees it at once."""
        module = self._module()
        if module is None:
            raise ReferenceError("The module that this registry was attached to is gone.")
        return module

    @property
    def anchor(self) -> Tensor:
        """The empty buffer that follows module.to(...)."""
        anchor = self.module._buffers[ANCHOR]
        assert anchor is not None
        return anchor

    @property
    def _by_key(self) -> dict[str, Record]:
        """The variables by key, which most nets are never asked for."""
        if self._keyed is None:
            with self.lock:
                self._keyed = {record.key: record for record in self.records}
        return self._keyed

    def _forget_places(self) -> None:
        self.slots.clear()
        self._places.clear()
        self._homes.clear()
        self._scopes = None

    def _forget_all(self) -> None:
        self.records, self.preloaded, self._keyed = {}, {}, None
        self._forget_places()

    def watch(self) -> None:
        """Remembers which modules lead to the variables, for `refresh`."""
        if self._scopes is None:
            self._scopes = [
                (module._modules, list(module._modules.values())) for module in self._ancestors()
            ]

    def refresh(self) -> None:
        """Forgets where variables were found, if a module of the tree was replaced meanwhile."""
        for modules, children in self._scopes or ():
            if list(modules.values()) != children:
                self._scopes = None
                break
        if self._scopes is None:
            self._forget_places()

    def _ancestors(self) -> Iterator[nn.Module]:
        """The modules whose children lead to variables."""
        paths = {""}
        for home in {record.key.rpartition(".")[0] for record in tuple(self.records)}:
            path = home.rpartition(".")[0]
            while path not in paths:
                paths.add(path)
                path = path.rpartition(".")[0]
        for path in paths:
            found = tree.walk(self.module, path.split(".") if path else [])
            if found is not None:
                yield found

    def _place_held(self, record: Record) -> tuple[Tensors | Computed, str]:
        """What holds the tensor of a variable, and the attribute there."""
        slot = self.slots.get(record.requested)
        if slot is not None and slot[2] is record:
            return slot[:2]
        return self._places.get(record) or self._locate(record)

    def hide(self, name: str) -> None:
        """Has get_variable look closer at a full name, though a variable has its slot."""
        slot = self.slots.pop(name, None)
        if slot is not None:
            self._places[slot[2]] = slot[:2]

    def _locate(self, record: Record) -> tuple[Tensors | Computed, str]:
        place = self.place_of(record)
        tensors = (place.tensors() or place.computed()) if place is not None else None
        if place is None or tensors is None:
            message = (
                f"Variable {record.name}, first made at {record.made_at}, is no longer in the "
                f"module tree: {record.key!r} was taken out of it."
            )
            if place is not None and place.attribute in place.module.__dict__:
                message += (
                    " A plain attribute has its place. Where torch.nn.utils.prune or weight_norm "
                    "put it there, a hook of the module is to compute it, and a plain variable_scope "
                    "never calls it: use torch.nn.utils.parametrize or parametrizations.weight_norm."
                )
            raise ReferenceError(message)
        if (
            not isinstance(tensors, Computed)
            and record.kind is not Kind.MADE
            and not record.renamed
        ):
            self.slots[record.requested] = (tensors, place.attribute, record)
            return tensors, place.attribute
        if record.kind is not Kind.MADE:
            self.slots.pop(record.requested, None)
        found = self._places[record] = (tensors, place.attribute)
        return found

    def place_of(self, record: Record) -> Place | None:
        """The place of a variable; None where a module on the way to it is missing."""
        try:
            return self.place_at(record.key)
        except KeyError:
            return None

    def place_at(self, key: str) -> Place:
        """The place of a state_dict key; KeyError where a module on its way is missing."""
        *path, attribute = key.split(".")
        module = tree.walk(self.module, path)
        if module is None:
            raise KeyError(key)
        return Place(module, attribute, key)

    def is_stored(self, record: Record) -> bool:
        """Whether a variable is in the tree as a tensor: it may be parametrized, or taken out."""
        place = self.place_of(record)
        return place is not None and place.tensors() is not None

    def preloaded_tensor(self, kind: Kind, requested: str) -> Tensor | None:
        """The tensor that load_state_dict brought for a variable that is about to be made."""
        if not self.preloaded:
            return None
        path, leaf = path_of(requested)
        found = tree.find_scope(self.module, path)
        if found is None:
            return None
        for place in tree.leaf_places(*found, leaf, mark_of(kind, requested)):
            tensors = place.tensors()
            if tensors is not None and place.key in self.preloaded:
                return tensors[place.attribute]
        return None

    def _free_place(self, requested: str) -> Place | None:
        """The plain place of a name, if a glance at it shows that nothing is in the way."""
        if self.marked or self.preloaded:
            return None
        name = requested.removesuffix("/")
        cut = name.rfind("/") + 1
        home = self._home(name[:cut])
        return None if home is None else tree.free_place(*home, name[cut:])

    def _home(self, prefix: str) -> tuple[nn.Module, str] | None:
        """The module of a scope and its key, by the scope's name with a slash; None if missing."""
        home = None if self.marked else self._homes.get(prefix)
        if home is not None:
            return home[:2]
        found = tree.find_scope(self.module, prefix.split("/")[:-1])
        if found is not None:
            self._remember_home(prefix, found)
        return found

    def _remember_home(self, prefix: str, home: tuple[nn.Module, str]) -> None:
        if not self.marked:
            self._homes[prefix] = (*home, bool(prefix) and can_begin_a_name(prefix[:-1]))

    def place_for(self, kind: Kind, requested: str) -> Place:
        """Where a new variable is to live; other variables make way where they have to."""
        free = self._free_place(requested)
        if free is not None:
            return free
        place = self._place_for(kind, requested)
        self.marked = self.marked or SCOPE_MARK in place.attribute
        return place

    def _place_for(self, kind: Kind, requested: str) -> Place:
        path, leaf = path_of(requested)
        scope = tree.make_scope(self.module, path)
        self._remember_home(f"{'/'.join(path)}/" if path else "", scope)
        if not (self.marked or self.preloaded):
            free = tree.free_place(*scope, leaf)
            if free is not None:
                return free
        plain, marked = tree.leaf_places(*scope, leaf, mark_of(kind, requested))
        self._move_scope(plain)
        if self.preloaded:
            if marked.key in self.preloaded:
                return marked
            if plain.key in self.preloaded:
                return plain
        if plain.tensors() is not None:
            self.make_way(plain)
            return marked
        module = scope[0]
        taken = tree.is_taken(module, plain.attribute) or plain.attribute in module._modules
        others = (tree.leaf_places(*scope, leaf, mark)[1] for mark in VARIABLE_MARKS)
        beside = any(other.tensors() is not None for other in others)
        return marked if taken or beside else plain

    def _move_scope(self, place: Place) -> None:
        """Has the scope at a place make way to a variable, unless it is a module of the user's own."""
        moved = tree.move_scope(place)
        if moved is None:
            return
        old = f"{place.key}."
        for key in [key for key in (*self._by_key, *self.preloaded) if key.startswith(old)]:
            self._rekey(key, f"{moved}.{key.removeprefix(old)}")
        self._forget_places()

    def make_way(self, place: Place) -> None:
        """Moves the variable at a place to its marked attribute, unless it is the module's own."""
        record = self._by_key.get(place.key)
        if record is None and place.key not in self.preloaded:
            return
        if record is not None and record.kind is Kind.OWNED:
            return
        self.marked = True
        mark = GOT_MARK if record is None else mark_of(record.kind, record.requested)
        self._rekey(place.key, tree.rename(place, place.attribute + mark).key)
        if record is not None:
            self._places.pop(record, None)
            self.slots.pop(record.requested, None)
            self._locate(record)

    def _rekey(self, old: str, new: str) -> None:
        """Notes that what is kept under one key is under another now."""
        record = self._by_key.pop(old, None)
        if record is None:
            del self.preloaded[old]
            self.preloaded[new] = None
        else:
            self._by_key[new] = record
            record.key = new
