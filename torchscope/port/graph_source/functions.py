"""Scopes become functions: those that are alike become one, whose arguments are what they differ in."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torchscope.port.graph_source.expressions import (
    Key,
    Literal,
    Path,
    keys,
    literals,
    mapped,
    skeleton,
)
from torchscope.port.graph_source.scopes import Item, Scope, arranged, order, steps
from torchscope.port.graph_source.steps import Step

# A scope of fewer items is written where it is called; one that is there once has to be larger.
_REPEATED, _ONCE = 3, 8
# Functions of more arguments are harder to read than two functions.
_ARGUMENTS = 7
_ALIKE = {"filters": "filters", "units": "filters", "channels": "filters", "inputs": "filters"}


class Argument(NamedTuple):
    """An argument that is no tensor: its name, and the leaves of the body that it stands for."""

    name: str
    leaves: frozenset[int]


@dataclass(eq=False)
class Function:
    """A function of the source.

    Args:
        name: its name.
        instances: the scopes that it stands for; the first one's steps are its body.
        arguments: what they differ in.
        by_shape: the leaves that are told by a tensor's shape.
        results: where what it returns is in its body.
    """

    name: str
    instances: list[Scope]
    arguments: list[Argument] = field(default_factory=list)
    by_shape: frozenset[int] = frozenset()

    @property
    def body(self) -> Scope:
        """The scope whose steps are written."""
        return self.instances[0]

    def has_variables(self) -> bool:
        """Whether it asks for variables."""
        return any(step.variable is not None for step in steps(self.body.items))

    def differing(self, scope: Scope) -> list[Any]:
        """The values of its arguments for one of its scopes."""
        vector = leaves(scope)
        return [vector[min(each.leaves)] for each in self.arguments]


class Program(NamedTuple):
    """A graph as functions.

    Args:
        root: the scope around all.
        functions: its functions, each after those that it calls.
    """

    root: Scope
    functions: list[Function]


def program(made: Sequence[Step], results: Sequence[Any], again: Mapping[str, str]) -> Program:
    """Steps as functions.

    Args:
        made: the steps.
        results: what is returned, as expressions.
        again: scopes that have the variables of another one.
    """
    return _Builder(made, results, again).program()


def leaves(scope: Scope) -> list[Any]:
    """All literals of a body, in its order; names as seen from its scope."""
    found: list[Any] = []
    for each in _leaves(scope):
        if isinstance(each, Path):
            found.append(Literal(relative(each.path, scope.opens), each.hint))
        else:
            found.append(each._replace(otherwise=None))
    return found


def relative(path: str, scope: str) -> str:
    """A name as seen from a scope.

    >>> relative("a/b/w", "a"), relative("w", ""), relative("a", "a")
    ('b/w', 'w', '')
    """
    return f"{path}/".removeprefix(f"{scope}/").rstrip("/") if scope else path


def _leaves(scope: Scope) -> Iterator[Any]:
    for item in scope.items:
        if isinstance(item, Scope):
            yield Path(item.opens)
            yield from item.function.differing(item)
        else:
            yield from literals(item.expression)


class _Builder:
    def __init__(
        self, made: Sequence[Step], results: Sequence[Any], again: Mapping[str, str]
    ) -> None:
        self._made = made
        self._again = again
        self._variables = {step.id for step in made if step.variable is not None}
        self._functions: list[Function] = []
        self._takers: dict[Key, set[int]] = defaultdict(set)
        for step in made:
            for key in keys(step.expression):
                self._takers[key].add(step.id)
        for each in results:
            for key in keys(each):
                self._takers[key].add(-1)
        # The values of each step that somebody takes.
        self._taken: dict[int, list[Key]] = defaultdict(list)
        for key in self._takers:
            self._taken[key.step].append(key)

    def _opened(self, scope: Scope) -> str:
        """The scope of variables that is opened for one of operations: one in which all are that it asks for."""
        found = scope.path
        for each, first in self._again.items():
            if found == each or found.startswith(f"{each}/"):
                found = (first + found.removeprefix(each)).lstrip("/")
                break
        asked = [
            each.variable.name for each in scope.items if isinstance(each, Step) and each.variable
        ]
        asked += [
            f"{each.opens}/"
            for each in scope.items
            if isinstance(each, Scope) and each.function.has_variables()
        ]
        while found and not all(each.startswith(f"{found}/") for each in asked):
            found = found.rpartition("/")[0]
        return found

    def program(self) -> Program:
        """Scope by scope, the inner ones first."""
        children: dict[str, set[str]] = defaultdict(set)
        own: dict[str, list[Item]] = defaultdict(list)
        for step in self._made:
            scope = step.path.rpartition("/")[0]
            own[scope].append(step)
            while scope:
                outer = scope.rpartition("/")[0]
                children[outer].add(scope)
                scope = outer
        heights: dict[str, int] = {}

        def height(path: str) -> int:
            if path not in heights:
                heights[path] = 1 + max((height(each) for each in children[path]), default=-1)
            return heights[path]

        height("")
        by_height: dict[int, list[str]] = defaultdict(list)
        for path, its in heights.items():
            by_height[its].append(path)
        scopes: dict[str, Scope] = {}
        for its in sorted(by_height):
            level = []
            for path in by_height[its]:
                items = list(own[path])
                for child in sorted(children[path]):
                    inner = scopes.pop(child)
                    items += [inner] if inner.function is not None else inner.items
                made = Scope(path, arranged(items, self._variables))
                made.settle()
                made.opens = self._opened(made)
                scopes[path] = made
                level.append(made)
            if "" not in by_height[its]:
                self._choose(sorted(level, key=lambda each: each.order))
        root = scopes[""]
        return Program(root, self._kept(root))

    def _kept(self, root: Scope) -> list[Function]:
        """The functions that are still called, with the scopes that still call them."""
        called: dict[int, list[Scope]] = defaultdict(list)

        def look(scope: Scope) -> None:
            for each in scope.items:
                if isinstance(each, Scope):
                    called[id(each.function)].append(each)
                    look(each)

        look(root)
        kept = [each for each in self._functions if id(each) in called]
        for each in kept:
            each.instances = sorted(called[id(each)], key=order)
            self._returns(each)
        return kept

    # Which scopes are functions

    def _choose(self, level: Sequence[Scope]) -> None:
        alike: dict[Any, list[Scope]] = defaultdict(list)
        for scope in level:
            alike[_skeleton(scope)].append(scope)
        for scopes in alike.values():
            for group in self._groups(scopes):
                least = _REPEATED if len(group) > 1 else _ONCE
                if len(group[0].items) >= least and group[0].takes:
                    self._make(group)

    def _groups(self, scopes: list[Scope]) -> Iterator[list[Scope]]:
        """Scopes of one skeleton, such that the function of each group has not too many arguments."""
        for split in (_nothing, _names, _all):
            groups: dict[Any, list[Scope]] = defaultdict(list)
            for scope in scopes:
                groups[split(leaves(scope))].append(scope)
            if all(len(self._arguments(each)[0]) <= _ARGUMENTS for each in groups.values()):
                yield from groups.values()
                return
        yield from ([each] for each in scopes)

    def _make(self, scopes: list[Scope]) -> None:
        arguments, by_shape = self._arguments(scopes)
        function = Function(_name(scopes), scopes, arguments, by_shape)
        self._functions.append(function)
        for each in scopes:
            each.function = function

    def _arguments(self, scopes: Sequence[Scope]) -> tuple[list[Argument], frozenset[int]]:
        vectors = [leaves(each) for each in scopes]
        told = _told_by_shape(scopes[0])
        owners = _owners(scopes[0])
        columns: dict[Any, tuple[str, set[int]]] = {}
        by_shape = set()
        for place, column in enumerate(zip(*vectors, strict=True)):
            values = tuple(_value(each) for each in column)
            if len(set(values)) == 1:
                continue
            if place in told:
                by_shape.add(place)
                continue
            hint = column[0].hint
            key = _ALIKE.get(hint, hint), values
            columns.setdefault(key, (hint, set()))[1].add(place)
        hints = Counter(hint for hint, _ in columns.values())
        taken = Counter(["scope", "x"])
        arguments = []
        for hint, places in columns.values():
            # Of several, each is named after what it is for.
            owner = owners[min(places)]
            alone = hints[hint] == 1 and hint not in {"scope", "name"}
            name = hint if alone or hint.startswith(owner) else f"{owner}_{hint}"
            taken[name] += 1
            name = name if taken[name] == 1 else f"{name}_{taken[name]}"
            arguments.append(Argument(name, frozenset(places)))
        return arguments, frozenset(by_shape)

    # What they return

    def _returns(self, function: Function) -> None:
        """What somebody outside takes, of any of the scopes."""
        places: dict[Any, None] = {}
        for scope in function.instances:
            at = positions(scope)
            for step in scope.gives:
                for key in self._taken[step]:
                    if not self._takers[key] <= scope.gives:
                        places[at[step], key.place] = None
        wanted = sorted(places, key=lambda each: (each[0], each[1] or 0))
        for scope in function.instances:
            steps_at = {place: step for step, place in positions(scope).items()}
            scope.results = [Key(steps_at[position], place) for position, place in wanted]


def positions(scope: Scope) -> dict[int, tuple[int, ...]]:
    """Where each step is in a body: the same in all scopes of one function."""
    found: dict[int, tuple[int, ...]] = {}
    for at, item in enumerate(scope.items):
        if isinstance(item, Scope):
            for step, inner in positions(item).items():
                found[step] = (at, *inner)
        else:
            found[item.id] = (at,)
    return found


def _skeleton(scope: Scope) -> Any:
    """What scopes have in common that are one function."""
    at = positions(scope)
    outside = {key: place for place, key in enumerate(scope.takes)}

    def name(key: Key) -> Any:
        return ("at", at[key.step], key.place) if key.step in at else ("in", outside[key])

    return tuple(
        ("call", id(item.function), tuple(map(name, item.takes)))
        if isinstance(item, Scope)
        else (skeleton(item.expression, name), item.stateful, item.several)
        for item in scope.items
    )


def _owners(scope: Scope) -> list[str]:
    """What each leaf of a body is for: the name of the variable, of the operation, or of the scope that is called."""
    found = []
    for item in scope.items:
        number = (
            1 + len(item.function.arguments)
            if isinstance(item, Scope)
            else sum(1 for _ in literals(item.expression))
        )
        found += [snake(item.path.rpartition("/")[2])] * number
    return found


def _told_by_shape(scope: Scope) -> set[int]:
    """The leaves of a body that a shape tells as well."""
    found = set()
    here = 0
    before = {key.step for key in scope.takes}
    for item in scope.items:
        if isinstance(item, Scope):
            here += 1 + len(item.function.arguments)
            before |= item.gives
            continue
        for each in literals(item.expression):
            otherwise = each.otherwise if isinstance(each, Literal) else None
            if otherwise is not None and all(key.step in before for key in keys(otherwise)):
                found.add(here)
            here += 1
        before.add(item.id)
    return found


def written(expression: Any, leaf: Callable[[Any, int], Any], start: int) -> tuple[Any, int]:
    """An expression in which each leaf is what `leaf` says of it and of its number, and the number after the last."""
    here = start

    def change(each: Any) -> Any:
        nonlocal here
        if not isinstance(each, Literal | Path):
            return None
        found = leaf(each, here)
        here += sum(1 for _ in literals(each))
        return found

    return mapped(expression, change), here


def _value(leaf: Literal) -> Any:
    return type(leaf.value).__name__, str(leaf.value)


def _nothing(vector: Sequence[Any]) -> Any:
    return ()


def _names(vector: Sequence[Any]) -> Any:
    return tuple(each.value for each in vector if each.hint in {"scope", "name"})


def _all(vector: Sequence[Any]) -> Any:
    return tuple(map(_value, vector))


def _name(scopes: Sequence[Scope]) -> str:
    """What a function of some scopes is called.

    It is what most of them are called, without the number where they have one each.
    """
    last = [each.path.rpartition("/")[2] for each in scopes]
    if len(set(last)) > 1:
        last = [re.sub(r"_?\d+[a-z]?(_\d+x\d+)?$", "", each) or each for each in last]
    (most, _), *_ = Counter(last).most_common(1)
    return snake(most)


def snake(name: str) -> str:
    """A name as Python's functions and variables have it.

    >>> snake("FusedBatchNormV3"), snake("Conv2d_1a_7x7"), snake("BatchNorm"), snake("2nd")
    ('fused_batch_norm_v3', 'conv2d_1a_7x7', 'batch_norm', '_2nd')
    """
    name = re.sub(r"\W", "_", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    name = re.sub(r"_+", "_", name).strip("_").lower() or "value"
    return f"_{name}" if name[0].isdigit() else name
