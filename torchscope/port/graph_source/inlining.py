"""Expressions inside of expressions: what is taken once is written where it is taken, if that is readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from torchscope.port.graph_source.expressions import (
    Call,
    Index,
    Key,
    Literal,
    Local,
    Ref,
    keys,
    mapped,
    outer_locals,
    parts,
    text,
    walk,
)
from torchscope.port.graph_source.statements import (
    Dict,
    Statement,
    Tuple,
    keys_of,
    number_given,
    parts_of,
)

# An expression inside of another one is as long as this at most, and has as many calls in each other.
SHORT, _DEEP = 82, 3


def inlined(statements: list[Statement]) -> list[Statement]:
    """Statements, some of which are written where what they give is taken, if that is one place and a short line."""
    counts = Counter(key for each in statements for key in keys_of(each.expression))
    by_step: Counter[int] = Counter()
    for key, number in counts.items():
        by_step[key.step] += number
    chained = _chained(statements)
    waiting: dict[int, Statement] = {}
    found: list[Statement] = []
    for each in statements:
        expression = each.expression
        inside = {key for local in _outer_locals_of(each) for key in keys(local)}
        for key in keys_of(expression):
            inner = waiting.get(key.step)
            if inner is None or key in inside:
                continue
            del waiting[key.step]
            joined = _put(expression, key, inner)
            # Calls of one function after the other may be a loop.
            if {inner.targets, each.targets} & chained or not _is_readable(joined):
                found.append(inner)
            else:
                expression = joined
        each = each._replace(expression=expression)  # noqa: PLW2901
        if each.stateful:
            # What was computed before it does something stays before it.
            found += waiting.values()
            waiting.clear()
        (target,) = each.targets if len(each.targets) == 1 else (None,)
        if target is not None and by_step[target.step] == 1 and _may_move(each):
            waiting[target.step] = each
        else:
            found.append(each)
    found += waiting.values()
    found = _in_order(found, statements)
    # What is returned as it is needs no name.
    *_, before, end = (None, *found)
    if before is not None and before.targets and len(found) > 1:
        target = before.targets[0]
        alone = target is not None and by_step[target.step] == 1 and end.expression == Ref(target)
        if (
            alone
            and before.whole
            and before.targets not in chained
            and number_given(before.expression) == 1
        ):
            found[-2:] = [end._replace(expression=before.expression)]
    return found


def _chained(statements: Sequence[Statement]) -> set[tuple[Key | None, ...]]:
    """What calls of a function give that are of what the same function gave, or the other way round: loops, perhaps."""
    functions = {key: each for each in statements for key in each.targets if each.function}
    found = set()
    for each in statements:
        for key in keys_of(each.expression) if each.function is not None else ():
            before = functions.get(key)
            if before is not None and before.function is each.function:
                found |= {before.targets, each.targets}
    return found


def _in_order(found: list[Statement], statements: list[Statement]) -> list[Statement]:
    place = {each.targets: at for at, each in enumerate(statements)}
    return sorted(found, key=lambda each: place[each.targets])


def _may_move(each: Statement) -> bool:
    return not each.stateful and not _outer_locals_of(each) and each.whole


def _outer_locals_of(each: Statement) -> list[Local]:
    return [local for part in parts_of(each.expression) for local in outer_locals(part)]


def _put(expression: Any, key: Key, inner: Statement) -> Any:
    (target,) = inner.targets
    within = inner.expression
    if target != key:
        within = Index(within, (Literal(key.place),))

    def change(each: Any) -> Any:
        return within if isinstance(each, Ref) and each.key == key else None

    if isinstance(expression, Tuple):
        return Tuple(tuple(mapped(each, change) for each in expression.items))
    if isinstance(expression, Dict):
        return expression._replace(items=tuple(mapped(each, change) for each in expression.items))
    return mapped(expression, change)


def _is_readable(expression: Any) -> bool:
    variables = 0
    longest = 0
    for part in parts_of(expression):
        if _deep(part) > _DEEP:
            return False
        longest += len(text(part, _guess)) + 2
        for each in walk(part):
            variables += isinstance(each, Call) and each.function == "tf.get_variable"
    return longest <= SHORT and variables <= 1


def _guess(expression: Any) -> str:
    return "x" * 8


def _deep(expression: Any) -> int:
    inner = max(map(_deep, parts(expression)), default=0)
    return inner + isinstance(expression, Call)
