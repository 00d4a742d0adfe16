"""What one pass sees in TF1's collections.

A variable joins its collections when it is made, and stays in them. Everything else (losses,
activations) belongs to the pass that put it there: it can be read until the next pass starts, and
is dropped then, so that nothing leaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map_only

from torchscope._core.names.name_table import NameScope, resolved
from torchscope._core.operations.operation import Operation
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.records import Record
from torchscope._core.store.variable_store import VariableStore


class _Member:
    """A variable's place in a collection: it is looked up where it lives when it is asked for."""

    __slots__ = ("record",)

    def __init__(self, record: Record) -> None:
        self.record = record

    def value(self, store: VariableStore) -> Any:
        return store.variable_of(self.record)

    @property
    def name(self) -> str:
        return f"{self.record.name}:0"


class _Item:
    """Anything else in a collection. A tensor goes by the name scope in which it was put there."""

    __slots__ = ("_where", "item")

    def __init__(self, item: Any, where: NameScope) -> None:
        self.item = item
        self._where = where

    @property
    def name(self) -> str | None:
        name = getattr(self.item, "name", None)
        if isinstance(name, str):
            return name
        if not isinstance(self.item, Tensor):
            return None
        name_scope = resolved(self._where)
        return f"{name_scope}/" if name_scope else ""

    def value(self, store: VariableStore) -> Any:
        return self.item


class _Loss(_Member):
    """A variable's regularization loss: computed from its present value when it is asked for."""

    def value(self, store: VariableStore) -> Any:
        regularizer: Any = self.record.regularizer
        loss = regularizer(store.variable_of(self.record))
        # Of a sharded variable it is the sum over the shards: every rank has to read it.
        return loss.full_tensor() if hasattr(loss, "full_tensor") else loss

    @property
    def name(self) -> str:
        # TF1 computes it under the name that was asked for, whatever name a creator gave.
        return f"{self.record.requested}/Regularizer/"


class _Added(_Member):
    """The place of a variable that was put into a collection by hand."""

    __slots__ = ()


def _place_of(record: Record, key: str, entry: str | None) -> _Member | None:
    """The place that a variable has in the collection `key`, if any, before a pass puts it there."""
    if key == GraphKeys.REGULARIZATION_LOSSES and record.regularized:
        return _Loss(record)
    return _Member(record) if record.is_in(key, entry) else None


class Collected:
    """What one pass sees in collections, in order.

    A pass of an entry sees what it would see in TF1's graph: the variables that were made elsewhere
    (by another entry, or by ``activate``), which were there before, and then what it has claimed and
    put there itself. What its entry made in an earlier pass is not there until it is claimed.
    A pass of no entry sees everything, in the order of making.

    Claiming a variable must cost next to nothing, so it is not written into any list: each list
    catches up with the claims when it is read or added to.

    Attributes:
        claims: the variables that the pass has asked for, and how often.
    """

    __slots__ = ("__weakref__", "_elsewhere", "_entry", "_lists", "_live", "_seen", "claims")

    def __init__(self, entry: str | None = None) -> None:
        self._entry = entry
        self.claims: dict[Record, int] = {}
        self._lists: dict[str, list[Any]] = {}
        self._seen: dict[str, int] = {}
        # The places behind a list that was handed out, which holds the values themselves; and how
        # many variables that were made elsewhere it has caught up with.
        self._live: dict[str, list[_Member | _Item]] = {}
        self._elsewhere: dict[str, int] = {}

    def copy(self) -> Collected:
        """A copy that neither takes from this one nor gives to it."""
        twin = Collected(self._entry)
        twin.claims, twin._seen = self.claims.copy(), self._seen.copy()
        twin._lists = {key: list(items) for key, items in self._lists.items()}
        twin._live = {key: list(places) for key, places in self._live.items()}
        twin._elsewhere = self._elsewhere.copy()
        return twin

    def tensors(self) -> list[Tensor]:
        """The tensors that were put into the lists, in their order; not what operations hold."""
        return [
            leaf
            for leaf in tree_leaves(self._items(), is_leaf=_is_operation)
            if isinstance(leaf, Tensor)
        ]

    def with_tensors(self, tensors: list[Tensor]) -> Collected:
        """A copy with others in the place of `tensors()`."""
        twin, others = self.copy(), iter(tensors)
        for items in twin._lists.values():
            for number, item in enumerate(items):
                if isinstance(item, _Item):
                    items[number] = _Item(_replaced(item.item, others), item._where)
                elif not isinstance(item, _Member):
                    items[number] = _replaced(item, others)
        return twin

    def _items(self) -> list[Any]:
        return [
            item.item if isinstance(item, _Item) else item
            for items in self._lists.values()
            for item in items
            if not isinstance(item, _Member)
        ]

    def sees(self, record: Record) -> bool:
        """Whether a variable is there, for this pass."""
        entry = self._entry
        return entry is None or record.entry != entry or record in self.claims

    def _source(self, store: VariableStore) -> Any:
        """The variables that the lists catch up with, in order."""
        return self.claims if self._entry is not None else store.all_records()

    def take_back(self, claimed: list[Record], made: list[Record], store: VariableStore) -> None:
        """Takes variables out of the lists, before the pass gives its claims back.

        Args:
            claimed: what the pass had claimed.
            made: those of them that are to be taken out of the tree as well.
            store: the variables.
        """
        gone = set(made if self._entry is None else claimed)
        for key, items in self._lists.items():
            seen = islice(self._source(store), self._seen.get(key, 0))
            self._seen[key] = sum(record not in gone for record in seen)
            places = self._live.get(key, items)
            places[:] = [p for p in places if not (isinstance(p, _Member) and p.record in gone)]
            # A list that was handed out holds the variables themselves.
            items[:] = [item for item in items if getattr(item, "_ts_record", None) not in gone]

    def keys(self, store: VariableStore) -> list[str]:
        """The keys of the collections that hold something, in the order in which they came to be."""
        seen = [record for record in store.all_records() if self.sees(record)]
        known = dict.fromkeys(key for record in seen for key in record.keys)
        known |= dict.fromkeys((GraphKeys.REGULARIZATION_LOSSES, *self._lists))
        return [key for key in known if self._places(key, store)]

    def noted(self) -> dict[str, list[Any]]:
        """What is in the lists now, for `take_out_since`."""
        return {key: list(items) for key, items in self._lists.items()}

    def take_out_since(self, noted: dict[str, list[Any]]) -> None:
        """Takes out of the lists what was put there since, but for variables."""
        for key, items in self._lists.items():
            before = {id(_held(item)) for item in noted.get(key, ())}
            items[:] = [
                item
                for item in items
                if isinstance(item, _Member)
                or id(_held(item)) in before
                or hasattr(_held(item), "_ts_record")
            ]
            if key in self._live:
                places = self._live[key]
                places[:] = [p for p in places if isinstance(p, _Member) or id(p.item) in before]

    def _append(self, key: str, place: _Member | _Item, store: VariableStore) -> None:
        live = self._live.get(key)
        if live is None:
            self._lists[key].append(place)
        else:
            value = place.value(store)
            if value is not None:
                live.append(place)
                self._lists[key].append(value)

    def _caught_up(self, key: str, store: VariableStore) -> list[Any]:
        entry = self._entry
        items = self._lists.setdefault(key, [])
        if key in self._live and entry is not None:
            elsewhere = store.made_elsewhere(entry)
            for record in elsewhere[self._elsewhere[key] :]:
                self._catch_up(key, record, store)
            self._elsewhere[key] = len(elsewhere)
        source = self._source(store)
        seen = self._seen.get(key, 0)
        if seen < len(source):
            for record in islice(source, seen, None):
                if entry is None or record.entry == entry:
                    self._catch_up(key, record, store)
            self._seen[key] = len(source)
        return items

    def _catch_up(self, key: str, record: Record, store: VariableStore) -> None:
        place = _place_of(record, key, self._entry)
        if place is not None:
            self._append(key, place, store)

    def add(self, key: str, value: Any, store: VariableStore, where: NameScope) -> None:
        """Puts `value` at the end of the collection `key`."""
        self._caught_up(key, store)
        record = store.record_of(value)
        if record is None:
            self._append(key, _Item(value, where), store)
        else:
            record.join(key, self._entry)
            self._append(key, _Added(record), store)

    def of_this_pass(self, key: str, store: VariableStore) -> list[Any]:
        """What this pass has put into the collection `key`, without what was there before."""
        return [
            item.value(store) if isinstance(item, _Member | _Item) else item
            for item in self._caught_up(key, store)
            if not isinstance(item, _Member) or item.record in self.claims
        ]

    def _places(self, key: str, store: VariableStore) -> list[_Member | _Item]:
        """All that the pass sees in a collection."""
        items = self._caught_up(key, store)
        live = self._live.get(key)
        if live is not None:
            return [_place_in(live, item) for item in items]
        entry = self._entry
        if entry is None:
            return items
        before = [_place_of(record, key, entry) for record in store.made_elsewhere(entry)]
        return [place for place in before if place is not None] + items

    def _all_places(self, key: str, store: VariableStore) -> list[_Member | _Item]:
        """All that a collection holds when the pass is over: variables in the order of making."""
        seen, live = self._places(key, store), key in self._live
        present = {place.record for place in seen if isinstance(place, _Member)}
        number = {record: n for n, record in enumerate(store.all_records())}
        ranked: list[tuple[int, _Member | _Item]] = []
        last = -1
        for place in seen:
            rank = last
            if isinstance(place, _Member) and not isinstance(place, _Added):
                rank = number[place.record]
            # What was put there by hand comes after the variables that were there by then.
            ranked.append((rank, place))
            last = max(last, rank)
        for record, rank in number.items():
            if record not in present and not (live and self.sees(record)):
                left_out = _place_of(record, key, None)
                if left_out is not None:
                    ranked.append((len(number) if live else rank, left_out))
        return [place for _, place in sorted(ranked, key=itemgetter(0))]

    def read(
        self, key: str, store: VariableStore, scope: str | None = None, *, over: bool = False
    ) -> list[Any]:
        """A new list of what the collection `key` holds, filtered by name as TF1 does.

        Args:
            key: the collection's name.
            store: the variables.
            scope: the filter.
            over: whether the pass is over, so that all variables are there.
        """
        places = (self._all_places if over else self._places)(key, store)
        if scope:
            pattern = re.compile(scope)
            places = [p for p in places if p.name is not None and pattern.match(p.name)]
        values = [place.value(store) for place in places]
        return [value for value in values if value is not None]

    def ref(self, key: str, store: VariableStore) -> list[Any]:
        """The list itself: what is done to it is done to the collection."""
        items = self._caught_up(key, store)
        if key not in self._live:
            places = list(self._places(key, store))
            items[:] = [place.value(store) for place in places]
            self._live[key] = places
            if self._entry is not None:
                self._elsewhere[key] = len(store.made_elsewhere(self._entry))
        return items


def _held(item: Any) -> Any:
    """What a list holds at a place: the item itself, where the list was handed out."""
    return item.item if isinstance(item, _Item) else item


def _replaced(item: Any, tensors: Iterator[Tensor]) -> Any:
    if isinstance(item, Operation):
        # Most of what is neither a tensor nor a variable.
        return item
    return tree_map_only(Tensor, lambda _: next(tensors), item, is_leaf=_is_operation)


def _is_operation(item: Any) -> bool:
    return isinstance(item, Operation)


def _place_in(places: list[_Member | _Item], item: Any) -> _Member | _Item:
    """The place of an item of a list that was handed out; a new one for what the user put there."""
    for place in places:
        if isinstance(place, _Item) and place.item is item:
            return place
    return _Item(item, "")
