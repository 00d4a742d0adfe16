"""How modules stand, as far as the Python of a forward may look at them, or leave something there.

A graph holds what Python decided when it was recorded: which modules there are, in which mode each
of them is, what their attributes and hooks are. Where one of these is another object now, the graph
is not the net any more. Tensors are no part of it: a graph reads them anew on every call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import chain, repeat
from operator import is_
from types import FunctionType, MethodType, ModuleType, NoneType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._pytree import tree_leaves

from torchscope._core.store.places import REGISTRY
from torchscope._core.store.tree import ScopeModule

_TENSORS = ("_parameters", "_buffers")
_HOOK_NAMES = ("._forward_pre_hooks", "._forward_hooks")
_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
_MISSING: Any = object()
_SIMPLE = (bool, int, float, complex, str, bytes, torch.dtype, torch.device)


class Place(NamedTuple):
    """Where something is that has attributes or items.

    Attributes:
        root: the number of a root.
        path: the module below it.
        inside: how Python says the rest: '', '._modules', '._ts_fn.__self__' ...
        items: whether it has items, and no attributes.
    """

    root: int
    path: str
    inside: str
    items: bool

    def of(self, key: Any) -> str:
        """What is there under a key, as a person says it."""
        inside = f"{self.path}{self.inside}".lstrip(".")
        if self.items:
            return f"{inside}[{key!r}]"
        return f"{inside}.{key}" if inside else str(key)


class Change(NamedTuple):
    """What a call has left.

    Attributes:
        place: where.
        where: the dict or list that is there.
        key: under which key; '*' of a list.
        value: what is there now.
        before: what was there.
    """

    place: Place
    where: Any
    key: Any
    value: Any
    before: Any = None

    @property
    def name(self) -> str:
        """What was changed."""
        return self.place.of(self.key)

    def can_be_made_again(self) -> bool:
        """Whether it is a tensor, or several, that a graph can give as well."""
        if not isinstance(self.where, dict) or self.place.inside in ("._modules", *_HOOK_NAMES):
            return False
        leaves = tree_leaves(self.value)
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        return bool(tensors) and all(isinstance(leaf, Tensor | str | NoneType) for leaf in leaves)


class Standing:
    """Modules, and what is below them, as they stand now."""

    def __init__(self, roots: list[nn.Module]) -> None:
        places = [each for number, root in enumerate(roots) for each in places_of(number, root)]
        self._lists = [(place, each) for place, each in places if isinstance(each, list)]
        named = [(place, each) for place, each in places if isinstance(each, dict)]
        self._named = sorted(named, key=lambda named: not named[1])
        self._dicts = [each for _, each in self._named if each]
        # Most are of hooks that there are none of.
        self._empty = [each for _, each in self._named if not each]
        self._sizes = list(map(len, self._dicts))
        self._values = list(chain.from_iterable(map(_values, self._dicts)))
        self._keys = [list(each) for _, each in self._named]
        self._positions = {
            (id(each), key): number
            for number, (each, key) in enumerate(
                (each, key) for each in self._dicts for key in each
            )
        }
        self._items = [list(each) for _, each in self._lists]
        # What is None among the parameters and buffers of the user's own modules.
        self._stores = [
            store for root in roots for module in root.modules() for store in _stores(module)
        ]
        self._missing = self._what_is_missing()

    def _what_is_missing(self) -> list[bool]:
        return list(map(is_, chain.from_iterable(map(_values, self._stores)), repeat(None)))

    def _lists_hold(self) -> bool:
        return all(
            len(each) == len(items) and all(map(is_, each, items))
            for (_, each), items in zip(self._lists, self._items, strict=True)
        )

    def holds(self) -> bool:
        """Whether every object is the one that was there."""
        # On every call of a graph, so by functions of C alone.
        return (
            not any(self._empty)
            and list(map(len, self._dicts)) == self._sizes
            and all(map(is_, chain.from_iterable(map(_values, self._dicts)), self._values))
            and self._what_is_missing() == self._missing
            and self._lists_hold()
        )

    def has_equals(self) -> bool:
        """Whether what is another object now does not differ from the one that was there."""
        return self._what_is_missing() == self._missing and not self.changes()

    def changes(self) -> list[Change]:
        """What is otherwise now, or came; of what went, that it is missing."""
        found, before = [], iter(self._values)
        for (place, each), keys in zip(self._named, self._keys, strict=True):
            old = {key: next(before) for key in keys}
            found += [
                Change(place, each, key, each.get(key, _MISSING), old.get(key, _MISSING))
                for key in {**old, **each}
                if not _is_alike(each.get(key, _MISSING), old.get(key, _MISSING))
            ]
        for (place, listed), items in zip(self._lists, self._items, strict=True):
            if not _is_alike(listed, items):
                found.append(Change(place._replace(items=False), listed, "*", listed))
        return found

    def note(self, change: Change, value: Any) -> None:
        """Takes a value that a call has set for how it stands."""
        at = self._positions.get((id(change.where), change.key))
        if at is not None:
            self._values[at] = value

    def put_back(self, *, fakes: bool = False) -> None:
        """Puts back what was there, but for modules, which may be those of variables.

        Args:
            fakes: whether only where tensors without values are now.
        """
        for change in self.changes():
            if fakes and not _holds_fakes(change.value):
                continue
            if isinstance(change.where, list):
                number = next(n for n, (_, each) in enumerate(self._lists) if each is change.where)
                change.where[:] = self._items[number]
            elif change.before is not _MISSING:
                change.where[change.key] = change.before
            elif change.place.inside != "._modules":
                del change.where[change.key]


_values = dict[Any, Any].values


def places_of(number: int, root: nn.Module) -> Iterator[tuple[Place, Any]]:
    """The dicts and lists below a root that the Python of a forward may look at.

    Those of its modules, those that are attributes of theirs, and those of objects that are: what is
    deeper is not looked at.

    Args:
        number: the number of the root.
        root: the root.
    """
    for path, module in root.named_modules():
        yield Place(number, path, "._modules", items=True), module._modules
        if type(module) is ScopeModule:
            # It has no attributes of its own, and its forward is what it is handed.
            for hooks in _HOOKS:
                yield Place(number, path, f".{hooks}", items=True), module.__dict__[hooks]
            continue
        yield from _attributes(Place(number, path, "", items=False), module.__dict__)
        for key, value in module.__dict__.items():
            inside = f".{key}"
            if isinstance(value, MethodType):
                inside, value = f"{inside}.__self__", value.__self__  # noqa: PLW2901
            if key.isidentifier() and _is_plain(value, module):
                yield from _attributes(Place(number, path, inside, items=False), value.__dict__)


def _is_plain(value: Any, module: nn.Module) -> bool:
    """Whether it is an object of somebody's own: no module, function or tensor, and nothing of ours."""
    if isinstance(value, nn.Module | Tensor | FunctionType | type | ModuleType | Enum):
        return False
    registry = module.__dict__.get(REGISTRY)
    if registry is not None and registry in (value, getattr(value, "registry", None)):
        return False
    return isinstance(getattr(value, "__dict__", None), dict)


def _attributes(place: Place, attributes: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    yield place, attributes
    for key, value in attributes.items():
        if isinstance(value, dict | list) and key not in _TENSORS and key != "_modules":
            yield Place(place.root, place.path, f"{place.inside}.{key}", items=True), value


def _is_alike(value: Any, before: Any) -> bool:
    """Whether no Python could tell the two by what they hold: a forward may make the same anew."""
    if value is before:
        return True
    if type(value) is not type(before):
        return False
    if isinstance(value, list | tuple):
        return len(value) == len(before) and all(map(_is_alike, value, before))
    if isinstance(value, dict):
        return list(value) == list(before) and all(map(_is_alike, value.values(), before.values()))
    if is_dataclass(value):
        return all(
            _is_alike(getattr(value, each.name), getattr(before, each.name))
            for each in fields(value)
        )
    return isinstance(value, _SIMPLE) and bool(value == before)


def _holds_fakes(value: Any) -> bool:
    return any(isinstance(leaf, FakeTensor) for leaf in tree_leaves(value))


def _stores(module: nn.Module) -> list[dict[Any, Any]]:
    return [] if type(module) is ScopeModule else [module.__dict__[each] for each in _TENSORS]
