"""The variable store: which tensors of a module tree are variables, and what is known of them.

It finds variables by TF1's names and by state_dict keys. Where they live, `places.py` knows.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from torchscope._core import current
from torchscope._core.names.state_dict_keys import (
    GOT_MARK,
    name_of,
)
from torchscope._core.names.valid_names import can_begin_a_name
from torchscope._core.store import tree
from torchscope._core.store.graph_keys import joined_collections
from torchscope._core.store.places import ANCHOR, Places
from torchscope._core.store.records import FirstValues, Kind, Record
from torchscope._core.store.saved_tensors import before_assignment
from torchscope._core.store.tree import Computed, Place, Tensors
from torchscope._core.store.variables import (
    BufferVariable,
    ParameterVariable,
    Variable,
    adopt,
    alias,
    name_fake,
    plain,
    stand_in,
)
from torchscope._core.values import errors

# What 0.1.0 called attributes that are in its pickles.
_FORMER = {"arrived": "preloaded", "awaiting": "pending"}


class ValueOf:
    """The first value of a variable that begins with what another has, whenever it is asked for.

    It knows the other by its name: copies of a net have variables of their own.
    """

    def __init__(self, kind: Kind, requested: str) -> None:
        self.kind = kind
        self.requested = requested

    def __call__(self, shape: Any, dtype: torch.dtype) -> Tensor:
        """A copy of the value, within the pass that makes the variable."""
        return self.of(current.current().store).to(dtype)

    def of(self, store: VariableStore) -> Tensor:
        """A copy of the value in one tree.

        Raises:
            ValueError: the other variable is not there.
        """
        record = store.find(self.kind, self.requested)
        if record is None:
            raise ValueError(f"There is no variable {self.requested} to begin with the value of.")
        return store.variable_of(record).detach().clone()


class VariableStore(Places):
    """The variables of one module tree.

    Attributes:
        names: their names, lower case, as `unique_names.unique_name` counts them.
        prefixes: the scopes that were opened by names that are valid anywhere: with a slash, by
            their full names.
        pending: what gives new variables their first values in the place of their initializers.
        plans: what layers have decided, by what they were asked for (layers/plans.py).
    """

    records: dict[Record, None]
    preloaded: dict[str, None]

    def __init__(self, module: nn.Module) -> None:
        super().__init__(module)
        self.pending: FirstValues | None = None
        self.names: dict[str, int] = {}
        self.prefixes: dict[str, str] = {}
        # By kind and then by the name that is asked for.
        self._got: dict[str, Record] = {}
        self._made: dict[str, Record] = {}
        self._owned: dict[str, Record] = {}
        self._beside = False

    def _start_afresh(self) -> None:
        super()._start_afresh()
        # Whether any variable is a piece, or bears the name of its scope; so it is unless known better.
        self._beside = True
        self.plans: dict[Any, list[Any]] = {}

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
        self.__dict__.update({_FORMER.get(name, name): value for name, value in state.items()})
        self._start_afresh()

    def is_of(self, record: Record, dtype: torch.dtype) -> bool:
        """Whether a variable has a dtype: that which it was made with, or since net.half() another."""
        return dtype == record.dtype or dtype == self.variable_of(record).dtype

    def variable_of(self, record: Record) -> Tensor:
        """The tensor of a variable, looked up where it lives now."""
        tensors, attribute = self._place_held(record)
        tensor = tensors.get(attribute)
        if tensor is None:
            tensors, attribute = self._locate(record)
            tensor = tensors.get(attribute)
            assert tensor is not None
        cls = type(tensor)
        if cls is ParameterVariable or cls is BufferVariable:
            return tensor
        return self._adopted(record, tensor)

    def is_computed(self, record: Record) -> bool:
        """Whether a variable is parametrized, so that others' code computes and fills it."""
        self.variable_of(record)
        return isinstance(self._place_held(record)[0], Computed)

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
        pass_ = current.active()
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
            or self.preloaded
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
        return not (self._is_beside(requested) or self.preloaded or self.lookup(requested, entry))

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
        tensors = place.tensors()
        if tensors is None or place.key in self._by_key or place.key in self.preloaded:
            return None
        if place.attribute == ANCHOR:
            return None
        tensor = tensors[place.attribute]
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
            self.keep(record, tensors, place.attribute)
        return record

    def keep(self, record: Record, tensors: Tensors, attribute: str) -> None:
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
            self.slots[record.requested] = (tensors, attribute, record)
        else:
            self._places[record] = (tensors, attribute)

    def take_back(self, records: list[Record]) -> None:
        """Takes out of the tree what has just been made, as if nobody had asked for it.

        What load_state_dict brought for it stays, for the next who asks.
        """
        for record in records:
            place = self.place_at(record.key)
            tensors = place.tensors()
            assert tensors is not None
            if record.loaded:
                plain(self.variable_of(record))
                self.preloaded[record.key] = None
            else:
                del tensors[place.attribute]
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
        for key in (*keys, *self.preloaded):
            place = self.place_at(key)
            tensors = place.tensors()
            assert tensors is not None
            tensor = tensors.pop(place.attribute)
            place.module._non_persistent_buffers_set.discard(place.attribute)
            if key in self.preloaded and tensor is not None:
                made[name_of(key)] = tensor
        tree.prune(self.module)
        self._forget_all()
        self.pending = None
        self.names, self._got, self._made, self._owned = {}, {}, {}, {}
        return made
