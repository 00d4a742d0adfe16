"""Steps in the scopes of their names: those of one scope together, where nothing outside comes between them."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from torchscope.port.graph_source.expressions import (
    Key,
    Ref,
    keys,
    mapped,
)
from torchscope.port.graph_source.steps import Step


@dataclass(eq=False)
class Scope:
    """A scope: what it does, in order, and whether that is a function of its own.

    Args:
        path: its name.
        items: steps, and scopes that are functions.
    """

    path: str
    items: list[Step | Scope] = field(default_factory=list)

    # What is known of it, as long as its items stay.
    gives: set[int] = field(default_factory=set)
    takes: list[Key] = field(default_factory=list)
    order: int = 0
    # The scope of variables in which it asks for its own.
    opens: str = ""

    # What it returns, and the function that it is an instance of.
    results: list[Key] = field(default_factory=list)
    function: Any = None

    def settle(self) -> None:
        """Works out what it takes and gives."""
        self.gives = set()
        for each in self.items:
            self.gives |= gives(each)
        taken = [key for each in self.items for key in takes(each) if key.step not in self.gives]
        self.takes = list(dict.fromkeys(taken))
        self.order = min((order(each) for each in self.items), default=0)


Item = Step | Scope


def gives(item: Item) -> set[int]:
    """The steps in an item."""
    return item.gives if isinstance(item, Scope) else {item.id}


def takes(item: Item) -> list[Key]:
    """The values that an item takes, in the order in which it names them."""
    if isinstance(item, Scope):
        return item.takes
    return list(dict.fromkeys(keys(item.expression)))


def order(item: Item) -> int:
    """Where an item is in the file."""
    return item.order


def steps(items: Iterable[Item]) -> Iterator[Step]:
    """All steps, those in scopes as well."""
    for each in items:
        if isinstance(each, Scope):
            yield from steps(each.items)
        else:
            yield each


def arranged(items: Sequence[Item], variables: AbstractSet[int]) -> list[Item]:
    """Items in an order in which each comes after what it takes, and else as in the file.

    A scope that needs something that needs the scope is taken apart.

    Args:
        items: the items.
        variables: the steps that ask for variables, those around as well.
    """
    found = list(items)
    while True:
        sequence, left = _sorted(found, variables, soft=True)
        if not left:
            return sequence
        scopes = [
            each for each in left if isinstance(each, Scope) and each in _circling(left, variables)
        ]
        if not scopes:
            sequence, left = _sorted(found, variables, soft=False)
            assert not left
            return sequence
        least = min(scopes, key=lambda each: len(each.gives))
        at = found.index(least)
        found[at : at + 1] = least.items


def _needs(
    items: Sequence[Item], variables: AbstractSet[int], *, soft: bool
) -> dict[int, set[int]]:
    """By the places of items, the places of those that they need."""
    place = {step: at for at, each in enumerate(items) for step in gives(each)}
    found: dict[int, set[int]] = {}
    for at, each in enumerate(items):
        wanted = [key.step for key in takes(each)]
        if soft and isinstance(each, Step):
            wanted += [key.step for key in each.after]
        found[at] = {place[step] for step in wanted if step in place} - {at}
    # What changes a variable stays in its order with what does so too, and so does what does something else.
    last: dict[int, int] = {}
    acting = [at for at, each in enumerate(items) if any(s.stateful for s in steps([each]))]
    acting.sort(key=lambda at: min(s.id for s in steps([items[at]]) if s.stateful))
    for at in acting:
        touched = {
            key.step
            for step in steps([items[at]])
            if step.stateful
            for key in keys(step.expression)
        }
        for key in touched & variables or {-1}:
            if last.setdefault(key, at) != at:
                found[at].add(last[key])
            last[key] = at
    return found


def _sorted(
    items: Sequence[Item], variables: AbstractSet[int], *, soft: bool
) -> tuple[list[Item], list[Item]]:
    """Items in order, and those that go in a circle."""
    needs = _needs(items, variables, soft=soft)
    takers: dict[int, list[int]] = {at: [] for at in needs}
    for at, wanted in needs.items():
        for each in wanted:
            takers[each].append(at)
    waiting = {at: len(wanted) for at, wanted in needs.items()}
    ready = [(order(items[at]), at) for at, number in waiting.items() if not number]
    heapq.heapify(ready)
    found = []
    while ready:
        _, at = heapq.heappop(ready)
        found.append(items[at])
        for each in takers[at]:
            waiting[each] -= 1
            if not waiting[each]:
                heapq.heappush(ready, (order(items[each]), each))
    done = set(map(id, found))
    return found, [each for each in items if id(each) not in done]


def _circling(items: Sequence[Item], variables: AbstractSet[int]) -> list[Item]:
    """Of items that were left, those that are in a circle, and do not only wait for one."""
    needs = _needs(items, variables, soft=True)
    while True:
        taken = {each for wanted in needs.values() for each in wanted}
        idle = [at for at in needs if at not in taken]
        if not idle:
            return [items[at] for at in needs]
        for at in idle:
            del needs[at]


def shared(made: Sequence[Step]) -> tuple[list[Step], dict[str, str]]:
    """Steps in which each scope asks for its variables itself, though they have another scope's name.

    TF1 names the operations of the second call of a model "model_1/...", and its variables are those of "model/...". Where
    a scope is entered once more it is "net/net/...", and where Keras has made a net its variables are outside of it.

    Returns:
        The steps, and for each such scope that whose variables it has.
    """
    by_id = {step.id: step for step in made}
    again = _again(made, by_id)
    if not again:
        return list(made), {}
    asked: dict[str, Step] = {}
    number = max(by_id) + 1
    changed = []
    for step in made:
        if step.variable is not None:
            continue
        scope = next((each for each in again if step.path.startswith(f"{each}/")), None)
        expression = step.expression
        for key in list(keys(expression)) if scope is not None else ():
            variable = by_id.get(key.step)
            if scope is None or variable is None or variable.variable is None:
                continue
            path = f"{scope}/{_below(variable.path, again[scope])}"
            if not step.path.startswith(f"{_scope(path)}/"):
                continue
            if path not in asked:
                asked[path] = variable._replace(id=number, path=path, order=step.order, after=())
                number += 1
            expression = _with(expression, key.step, asked[path].id)
        changed.append(step._replace(expression=expression))
    changed = _led_to(changed, asked, by_id)
    taken = {key.step for step in changed for key in keys(step.expression)}
    kept = [step for step in made if step.variable is not None and step.id in taken]
    return [*kept, *asked.values(), *changed], again


def _led_to(
    changed: list[Step], asked: Mapping[str, Step], by_id: Mapping[int, Step]
) -> list[Step]:
    """Steps far from a variable's own scope take it from a scope that asks for it, so that one does so and not two."""
    there: dict[str, int] = {}
    for step in asked.values():
        if step.variable is not None:
            there.setdefault(step.variable.name, step.id)
    found = []
    for step in changed:
        for key in list(keys(step.expression)):
            variable = by_id.get(key.step)
            if variable is None or variable.variable is None or variable.variable.name not in there:
                continue
            scope = _scope(variable.path)
            if not scope or not step.path.startswith(f"{scope}/"):
                changed_ = _with(step.expression, key.step, there[variable.variable.name])
                step = step._replace(expression=changed_)  # noqa: PLW2901
        found.append(step)
    return found


def _again(made: Sequence[Step], by_id: dict[int, Step]) -> dict[str, str]:
    """The scopes that have variables of another one: of the same name but for a number, or around them."""
    owners = {
        prefix for step in made if step.variable is not None for prefix in _prefixes(step.path)
    }
    votes: dict[str, Counter[str]] = {}
    for step in made:
        for key in keys(step.expression) if step.variable is None else ():
            variable = by_id.get(key.step)
            if variable is None or variable.variable is None:
                continue
            scope, its = _apart(_scope(step.path), _scope(variable.path))
            alike = not its or _plain(scope) == _plain(its)
            if scope and scope not in owners and alike and scope != its:
                votes.setdefault(scope, Counter())[its] += 1
    found: dict[str, str] = {}
    for scope in sorted(votes, key=len):
        if not any(scope.startswith(f"{each}/") for each in found):
            ((found[scope], _),) = votes[scope].most_common(1)
    return found


def _apart(scope: str, its: str) -> tuple[str, str]:
    """What is left of two names of scopes without what they end in alike; nothing, if one is around the other.

    >>> _apart("net/net/conv/norm", "net/conv/norm"), _apart("model_1/c", "model/c"), _apart("a/b", "a")
    (('net/net', 'net'), ('model_1', 'model'), ('', ''))
    """
    if not its or f"{scope}/".startswith(f"{its}/"):
        return "", ""
    # An operation may be deeper in its scope than the variable.
    while scope:
        first, second = scope, its
        while second and _last(first) == _last(second) and not first.startswith(f"{second}/"):
            first, second = _scope(first), _scope(second)
        if first and (second != its or _plain(first) == _plain(second)):
            return first, second
        scope = _scope(scope)
    return "", ""


def _scope(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _plain(path: str) -> str:
    """The last part of a name, without a number that was added to it."""
    return re.sub(r"_\d+$", "", _last(path))


def _below(path: str, scope: str) -> str:
    return path.removeprefix(f"{scope}/") if scope else path


def _with(expression: Any, old: int, new: int) -> Any:
    """An expression that takes another step's values."""

    def change(each: Any) -> Any:
        if isinstance(each, Ref) and each.key.step == old:
            return Ref(each.key._replace(step=new))
        return None

    return mapped(expression, change)


def _prefixes(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:at]) for at in range(1, len(parts))]
