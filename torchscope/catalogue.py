"""The catalogue: which tensors of a module tree are variables, and what is known of them.

It finds variables by TF1's names and by state_dict keys, and decides where in the tree a new one
is to live. Tensors are looked up where they live, in the parameter and buffer dicts of their
modules, since functional_call, FSDP2, to_empty and load_state_dict(assign=True) replace them there.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from torchscope import errors, passes, tree
from torchscope.collections import GraphKeys
from torchscope.naming import (
    GOT_MARK,
    MADE_MARK,
    OF_SCOPE_MARK,
    SCOPE_MARK,
    VARIABLE_MARKS,
    can_begin_a_name,
    name_of,
    path_of,
)
from torchscope.readings import before_assignment
from torchscope.records import FirstValues, Kind, Record
from torchscope.tree import Computed, Place, Store
from torchscope.variables import (
    BufferVariable,
    ParameterVariable,
    Variable,
    adopt,
    alias,
    name_fake,
    plain,
    stand_in,
)

Slot = tuple[Store, str, Record]
REGISTRY = "_ts_registry"
ANCHOR = "_ts_anchor"


def mark_of(kind: Kind, requested: str) -> str:
    """What marks the attribute of a variable that was asked for by this name."""
    if kind is Kind.MADE:
        return MADE_MARK
    return OF_SCOPE_MARK if requested.endswith("/") else GOT_MARK


class ValueOf:
    """The first value of a variable that begins with what another has, whenever it is asked for.

    It knows the other by its name: copies of a net have variables of their own.
    """

    def __init__(self, kind: Kind, requested: str) -> None:
        self.kind = kind
        self.requested = requested

    def __call__(self, shape: Any, dtype: torch.dtype) -> Tensor:
        """A copy of the value, within the pass that makes the variable."""
        return self.of(passes.current().catalogue).to(dtype)

    def of(self, catalogue: Catalogue) -> Tensor:
        """A copy of the value in one tree.

        Raises:
            ValueError: the other variable is not there.
        """
        record = catalogue.find(self.kind, self.requested)
        if record is None:
            raise ValueError(f"There is no variable {self.requested} to begin with the value of.")
        return catalogue.variable_of(record).detach().clone()


class Catalogue:
    """The variables of one module tree.

    Attributes:
        records: what is known of each variable, in the order in which they were made.
        names: their names, lower case, as `naming.unique_name` counts them.
        marked: whether the attribute of any variable had to be marked so far.
        prefixes: the scopes that were opened by names that are valid anywhere: with a slash, by
            their full names.
        arrived: the keys of tensors that load_state_dict brought and no pass has asked for yet.
        awaiting: what gives new variables their first values in the place of their initializers.
        slots: for get_variable, by full name: the dict that holds the tensor, its attribute there,
            and its record. A cache, as all that is looked up by place.
        regularizers: by name, for torch.compile alone.
        lock: held while a variable is made.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = weakref.ref(module)
        self.records: dict[Record, None] = {}
        self.arrived: dict[str, None] = {}
        self.awaiting: FirstValues | None = None
        self.names: dict[str, int] = {}
        self.prefixes: dict[str, str] = {}
        self.marked = False
        # By kind and then by the name that is asked for.
        self._got: dict[str, Record] = {}
        self._made: dict[str, Record] = {}
        self._owned: dict[str, Record] = {}
        self._start_afresh()
        self._beside = False

    def _start_afresh(self) -> None:
        self.slots: dict[str, Slot] = {}
        # Of variables that have no slot.
        self._places: dict[Record, tuple[Store | Computed, str]] = {}
        # Of a scope, by its name with a slash: the module, its key, and whether the name is valid anywhere.
        self._homes: dict[str, tuple[nn.Module, str, bool]] = {}
        self._keyed: dict[str, Record] | None = None
        # Whether any variable is a piece, or bears the name of its scope; so it is unless known better.
        self._beside = True
        self._scopes: list[tuple[dict[str, nn.Module | None], list[nn.Module | None]]] | None = None
        self.plans: dict[Any, list[Any]] = {}
        self.lock = threading.RLock()

    def _forget_places(self) -> None:
        self.slots.clear()
        self._places.clear()
        self._homes.clear()
        self._scopes = None

    def __getstate__(self) -> dict[str, Any]:
        left = (
            "slots",
            "plans",
            "_places",
            "_homes",
            "_keyed",
            "_beside",
            "_scopes",
            "lock",
            "_module",
        )
        state = {key: value for key, value in self.__dict__.items() if key not in left}
        state["module"] = self.module
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._module = weakref.ref(state.pop("module"))
        self.__dict__.update(state)
        self._start_afresh()

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

    # From names and keys to tensors

    def is_of(self, record: Record, dtype: torch.dtype) -> bool:
        """Whether a variable has a dtype: that which it was made with, or since net.half() another."""
        return dtype == record.dtype or dtype == self.variable_of(record).dtype

    def variable_of(self, record: Record) -> Tensor:
        """The tensor of a variable, looked up where it lives now."""
        store, attribute = self._place_held(record)
        tensor = store.get(attribute)
        if tensor is None:
            store, attribute = self._locate(record)
            tensor = store.get(attribute)
            assert tensor is not None
        cls = type(tensor)
        if cls is ParameterVariable or cls is BufferVariable:
            return tensor
        return self._adopted(record, tensor)

    def _place_held(self, record: Record) -> tuple[Store | Computed, str]:
        """What holds the tensor of a variable, and the attribute there."""
        slot = self.slots.get(record.requested)
        if slot is not None and slot[2] is record:
            return slot[:2]
        return self._places.get(record) or self._locate(record)

    def is_computed(self, record: Record) -> bool:
        """Whether a variable is parametrized, so that others' code computes and fills it."""
        self.variable_of(record)
        return isinstance(self._place_held(record)[0], Computed)

    def hide(self, name: str) -> None:
        """Has get_variable look closer at a full name, though a variable has its slot."""
        slot = self.slots.pop(name, None)
        if slot is not None:
            self._places[slot[2]] = slot[:2]

    def _adopted(self, record: Record, tensor: Tensor) -> Tensor:
        """A variable in the place of a tensor that came there by itself, if it can be one."""
        if type(tensor) is nn.Parameter:
            return adopt(tensor, record)
        if type(tensor) is FakeTensor:
            return name_fake(tensor, record)
        if type(tensor) is not Tensor:
            return tensor
        place = self.place_at(record.key)
        buffers = place.module._buffers
        wrapped = torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        if buffers.get(place.attribute) is tensor and not (tensor.requires_grad or wrapped):
            variable = buffers[place.attribute] = alias(tensor, record)
            return variable
        # It is what functional_call was given, and is to have back: it stays in its place.
        pass_ = passes.active()
        if pass_ is None:
            return stand_in(tensor, record)
        held, variable = pass_.stand_ins.get(record, (None, tensor))
        if held is not tensor:
            variable = stand_in(tensor, record)
            pass_.stand_ins[record] = tensor, variable
        return variable

    def adopt_all(self) -> None:
        """Makes variables of all that has taken the place of one."""
        for record in self.records:
            if self.is_stored(record):
                self.variable_of(record)

    def is_stored(self, record: Record) -> bool:
        """Whether a variable is in the tree as a tensor: it may be parametrized, or taken out."""
        place = self.place_of(record)
        return place is not None and place.store() is not None

    def set_value(self, record: Record, value: Tensor) -> None:
        """Gives a variable a value, in place; its originals where it is parametrized."""
        variable = self.variable_of(record)
        if isinstance(self._place_held(record)[0], Computed):
            place = self.place_at(record.key)
            setattr(place.module, place.attribute, value.to(variable))
        else:
            before_assignment(variable, record)
            variable.copy_(value)

    def first_value(self, record: Record) -> Tensor:
        """The first value of a variable that has an initializer, made anew."""
        initial = record.initial
        assert initial is not None
        if isinstance(initial.source, ValueOf):
            return initial.source.of(self)
        return initial.value(record.requested)

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

    def _locate(self, record: Record) -> tuple[Store | Computed, str]:
        place = self.place_of(record)
        store = (place.store() or place.computed()) if place is not None else None
        if place is None or store is None:
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
        if not isinstance(store, Computed) and record.kind is not Kind.MADE and not record.renamed:
            self.slots[record.requested] = (store, place.attribute, record)
            return store, place.attribute
        if record.kind is not Kind.MADE:
            self.slots.pop(record.requested, None)
        found = self._places[record] = (store, place.attribute)
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

    def record_of(self, value: Any) -> Record | None:
        """What is known of a tensor of this registry; None of anything else."""
        if not isinstance(value, Variable | nn.Parameter):
            return None
        record: Record | None = getattr(value, "_ts_record", None)
        if record is not None and record in self.records:
            return record
        return next((r for r in self.records if self.variable_of(r) is value), None)

    def all_records(self) -> list[Record]:
        """What is known of each variable, in the order in which they were made."""
        return list(self.records)

    def made_elsewhere(self, entry: str) -> list[Record]:
        """The variables that were not made in passes of an entry, in the order of making."""
        return [record for record in self.records if record.entry != entry]

    def name_of(self, tensor_or_key: Tensor | str) -> str:
        """TF1's name of a tensor in the tree, or of a state_dict key.

        Raises:
            KeyError: the tree has no such tensor or key.
        """
        if isinstance(tensor_or_key, str):
            key: str | None = tensor_or_key
            if key not in self.keys():
                key = None
        else:
            key = next((k for k, t in self._tensors() if t is tensor_or_key), None)
        if key is None:
            raise KeyError(f"The module tree has no such tensor: {tensor_or_key!r:.200}")
        record = self._by_key.get(key)
        return record.name if record is not None else name_of(key)

    def key_of(self, name: str) -> str:
        """The state_dict key of a variable by TF1's name, relative to the module.

        Raises:
            KeyError: there is no such variable.
        """
        name = name.removesuffix(":0")
        for record in self.records:
            if record.name == name:
                return record.key
        for key, _ in self._tensors():
            if key not in self._by_key and name_of(key) == name:
                return key
        known = [record.name for record in self.records]
        raise KeyError(f"There is no variable {name!r}.{errors.nearest(name, known)}")

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        yield from self.module.named_parameters(remove_duplicate=False)
        for key, tensor in self.module.named_buffers(remove_duplicate=False):
            if key.rpartition(".")[2] != ANCHOR:
                yield key, tensor

    def keys(self) -> set[str]:
        """The state_dict keys of all tensors in the tree."""
        return {key for key, _ in self._tensors()}

    def named(self, name: str) -> Record | None:
        """The variable of TF1's name, if there is one."""
        return next((record for record in self.records if record.name == name), None)

    def find(self, kind: Kind, requested: str) -> Record | None:
        """What an earlier request of this kind made, or this pass."""
        return (self._got if kind is Kind.GOT else self._of(kind)).get(requested)

    def _of(self, kind: Kind) -> dict[str, Record]:
        """The variables of one kind, by the name that is asked for."""
        if kind is Kind.GOT:
            return self._got
        return self._made if kind is Kind.MADE else self._owned

    def free_place(self, requested: str) -> Place | None:
        """The place of a full name that a glance shows to be new, and valid anywhere.

        It is None where one must look closer.
        """
        if (
            requested in self._got
            or requested in self._owned
            or self.marked
            or self.arrived
            or (self._beside and self._is_beside(requested))
        ):
            return None
        cut = requested.rfind("/") + 1
        leaf = requested[cut:]
        home = self._homes.get(requested[:cut])
        if home is None:
            return self._free_place(requested) if can_begin_a_name(requested) else None
        module, key, valid = home
        if (valid and leaf.isidentifier() and leaf.isascii()) or can_begin_a_name(requested):
            return tree.free_place(module, key, leaf)
        return None

    def _is_beside(self, requested: str) -> bool:
        """Whether there is a variable in pieces under a full name, or one of the name of its scope."""
        got = self._got
        return self._beside and (f"{requested}/part_0" in got or f"{requested}/" in got)

    def is_new(self, requested: str, entry: str | None) -> bool:
        """Whether nothing is known of a full name, in pieces or by what was loaded either."""
        return not (self._is_beside(requested) or self.arrived or self.lookup(requested, entry))

    def lookup(self, requested: str, entry: str | None) -> Record | None:
        """What get_variable would find under a full name: made by it, or the module's own.

        Args:
            requested: the full name.
            entry: the method in whose pass it is asked for.
        """
        record = self._got.get(requested)
        if record is None:
            record = self._owned.get(requested)
        return record if record is not None else self._find_owned(requested, entry)

    def _find_owned(self, requested: str, entry: str | None) -> Record | None:
        cut = requested.rfind("/") + 1
        leaf = requested[cut:]
        home = self._home(requested[:cut]) if leaf else None
        if home is None or not tree.holds(home[0], leaf):
            return None
        place = tree.leaf_places(*home, leaf, GOT_MARK)[0]
        store = place.store()
        if store is None or place.key in self._by_key or place.key in self.arrived:
            return None
        if place.attribute == ANCHOR:
            return None
        tensor = store[place.attribute]
        assert tensor is not None
        trainable = isinstance(tensor, nn.Parameter) and tensor.requires_grad
        record = Record(
            name=requested,
            requested=requested,
            kind=Kind.OWNED,
            key=place.key,
            shape=tuple(tensor.shape),
            dtype=tensor.dtype,
            trainable=trainable,
            persistent=place.attribute not in place.module._non_persistent_buffers_set,
            collections=joined_collections(None, trainable=trainable),
            initial=None,
            regularizer=None,
            constraint=None,
            entry=entry,
            made_at=f"the module's own {place.key!r}",
        )
        self.names.setdefault(requested.lower(), 1)
        with self.lock:
            self.keep(record, store, place.attribute)
        return record

    def keep(self, record: Record, store: Store, attribute: str) -> None:
        """Enters a variable that has just been put into the tree."""
        self.records[record] = None
        of_its_kind = self._got if record.claimable else self._of(record.kind)
        of_its_kind[record.requested] = record
        if record.requested.endswith(("/", "/part_0")):
            self._beside = True
        if self._keyed is not None:
            self._keyed[record.key] = record
        self._scopes = None
        if record.claimable or record.kind is not Kind.MADE:
            self.slots[record.requested] = (store, attribute, record)
        else:
            self._places[record] = (store, attribute)

    def take_back(self, records: list[Record]) -> None:
        """Takes out of the tree what has just been made, as if nobody had asked for it.

        What load_state_dict brought for it stays, for the next who asks.
        """
        for record in records:
            place = self.place_at(record.key)
            store = place.store()
            assert store is not None
            if record.loaded:
                plain(self.variable_of(record))
                self.arrived[record.key] = None
            else:
                del store[place.attribute]
                place.module._non_persistent_buffers_set.discard(place.attribute)
                tree.prune_path(self.module, record.key.split(".")[:-1])
            del self._by_key[record.key], self.records[record]
            del self._of(record.kind)[record.requested]
            self.names.pop(record.name.lower(), None)
        self._forget_places()

    def remove_all(self) -> dict[str, Tensor]:
        """Takes out of the tree all that was made or brought for it, and returns it by name."""
        made: dict[str, Tensor] = {}
        for record in self.records:
            if self.is_computed(record):
                raise ValueError(
                    f"Variable {record.name} is parametrized, so there is no tensor to take out. "
                    "Call torch.nn.utils.parametrize.remove_parametrizations first."
                )
        for record in self.records:
            variable = self.variable_of(record)
            if record.kind is not Kind.OWNED:
                made[record.name] = variable
            elif getattr(variable, "_ts_record", None) is record:
                plain(variable)
        keys = [record.key for record in self.records if record.kind is not Kind.OWNED]
        for key in (*keys, *self.arrived):
            place = self.place_at(key)
            store = place.store()
            assert store is not None
            tensor = store.pop(place.attribute)
            place.module._non_persistent_buffers_set.discard(place.attribute)
            if key in self.arrived and tensor is not None:
                made[name_of(key)] = tensor
        tree.prune(self.module)
        self.records, self.arrived, self.names = {}, {}, {}
        self.awaiting = None
        self._got, self._made, self._owned, self._keyed = {}, {}, {}, None
        self._forget_places()
        return made

    # Where variables live

    def arrival(self, kind: Kind, requested: str) -> Tensor | None:
        """The tensor that load_state_dict brought for a variable that is about to be made."""
        if not self.arrived:
            return None
        path, leaf = path_of(requested)
        found = tree.find_scope(self.module, path)
        if found is None:
            return None
        for place in tree.leaf_places(*found, leaf, mark_of(kind, requested)):
            store = place.store()
            if store is not None and place.key in self.arrived:
                return store[place.attribute]
        return None

    def _free_place(self, requested: str) -> Place | None:
        """The plain place of a name, if a glance at it shows that nothing is in the way."""
        if self.marked or self.arrived:
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
        if not (self.marked or self.arrived):
            free = tree.free_place(*scope, leaf)
            if free is not None:
                return free
        plain, marked = tree.leaf_places(*scope, leaf, mark_of(kind, requested))
        self._move_scope(plain)
        if self.arrived:
            if marked.key in self.arrived:
                return marked
            if plain.key in self.arrived:
                return plain
        if plain.store() is not None:
            self.make_way(plain)
            return marked
        module = scope[0]
        taken = tree.is_taken(module, plain.attribute) or plain.attribute in module._modules
        others = (tree.leaf_places(*scope, leaf, mark)[1] for mark in VARIABLE_MARKS)
        beside = any(other.store() is not None for other in others)
        return marked if taken or beside else plain

    def _move_scope(self, place: Place) -> None:
        """Has the scope at a place make way to a variable, unless it is a module of the user's own."""
        moved = tree.move_scope(place)
        if moved is None:
            return
        old = f"{place.key}."
        for key in [key for key in (*self._by_key, *self.arrived) if key.startswith(old)]:
            self._rekey(key, f"{moved}.{key.removeprefix(old)}")
        self._forget_places()

    def make_way(self, place: Place) -> None:
        """Moves the variable at a place to its marked attribute, unless it is the module's own."""
        record = self._by_key.get(place.key)
        if record is None and place.key not in self.arrived:
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
            del self.arrived[old]
            self.arrived[new] = None
        else:
            self._by_key[new] = record
            record.key = new


GLOBAL = (GraphKeys.GLOBAL_VARIABLES,)
TRAINABLE = (GraphKeys.GLOBAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES)


def joined_collections(asked: Any, *, trainable: bool) -> tuple[str, ...]:
    """The collections that a variable joins, given those that were asked for."""
    if asked is None:
        return TRAINABLE if trainable else GLOBAL
    keys = dict.fromkeys(asked)
    if trainable:
        keys.setdefault(GraphKeys.TRAINABLE_VARIABLES)
    return tuple(keys)
