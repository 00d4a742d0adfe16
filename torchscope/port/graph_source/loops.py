"""Calls that become a loop: three or more of one function, each of what the one before gave."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from torchscope.port.graph_source.expressions import Call, Code, Key, Literal, Ref, text
from torchscope.port.graph_source.names import Names
from torchscope.port.graph_source.statements import Loop, Statement, keys_of


def looped(statements: list[Statement]) -> list[Statement | Loop]:
    """Statements, in which three calls or more of one function, each of what the one before gave, are a loop."""
    counts = Counter(key for each in statements for key in keys_of(each.expression))
    found: list[Statement | Loop] = []
    at = 0
    while at < len(statements):
        run = [statements[at]]
        while at + len(run) < len(statements) and _follows(
            run[-1], statements[at + len(run)], counts
        ):
            run.append(statements[at + len(run)])
        if len(run) >= 3 and _turn_of(run) is not None:
            found.append(Loop(tuple(run)))
            at += len(run)
        else:
            found.append(run[0])
            at += 1
    return found


def turn(loop: Loop, names: Names) -> tuple[str, Call]:
    """What a loop goes over, and its call."""
    found = _turn_of(loop.calls)
    assert found is not None
    places, keywords = found
    calls = [each.expression for each in loop.calls]
    call = calls[0]
    if len(places) == 1 and not keywords:
        (place,) = places
        texts = [each.arguments[place].value for each in calls]
        counted = _counted(texts)
        if counted is not None:
            before, start, after = counted
            i = names.new("i")
            bounds = f"{start}, {start + len(calls)}" if start else str(len(calls))
            arguments = list(call.arguments)
            arguments[place] = Code(f'f"{before}{{{i}}}{after}"')
            return f"{i} in range({bounds})", call._replace(arguments=tuple(arguments))
    said = [names.new("scope" if place == places[0] else "value") for place in places]
    said += [names.new(key) for key in keywords]
    rows = []
    for each in calls:
        values = [each.arguments[place] for place in places]
        values += [dict(each.keywords)[key] for key in keywords]
        written = [text(value, str) for value in values]
        rows.append(written[0] if len(written) == 1 else f"({', '.join(written)})")
    arguments = list(call.arguments)
    for place, name in zip(places, said, strict=False):
        arguments[place] = Code(name)
    by_keyword = dict(zip(keywords, said[len(places) :], strict=True))
    changed = tuple((k, Code(by_keyword[k]) if k in by_keyword else v) for k, v in call.keywords)
    head = f"{', '.join(said)} in [{', '.join(rows)}]" if said else f"_ in range({len(calls)})"
    return head, Call(call.function, tuple(arguments), changed)


def _follows(before: Statement, after: Statement, counts: Mapping[Key, int]) -> bool:
    if before.function is None or before.function is not after.function or before.stateful:
        return False
    if len(before.targets) != 1 or len(after.targets) != 1:
        return False
    first, second = before.expression, after.expression
    if not isinstance(first, Call) or not isinstance(second, Call) or not second.arguments:
        return False
    if counts[before.target] != 1 or second.arguments[0] != Ref(before.target):
        return False
    others = [
        [each for each in call.arguments[1:] if not isinstance(each, Literal)]
        for call in (first, second)
    ]
    names = [[key for key, _ in call.keywords] for call in (first, second)]
    return isinstance(first.arguments[0], Ref) and others[0] == others[1] and names[0] == names[1]


def _turn_of(run: Sequence[Statement]) -> tuple[list[int], list[str]] | None:
    """Which arguments differ between the calls: places, and keywords."""
    calls = [each.expression for each in run]
    places = [
        place
        for place in range(1, len(calls[0].arguments))
        if len({repr(call.arguments[place]) for call in calls}) > 1
    ]
    names = [
        key
        for at, (key, _) in enumerate(calls[0].keywords)
        if len({repr(call.keywords[at]) for call in calls}) > 1
    ]
    if len(places) + len(names) > 3:
        return None
    known = [call.arguments[place] for call in calls for place in places]
    known += [dict(call.keywords)[key] for call in calls for key in names]
    if not all(isinstance(each, Literal) for each in known):
        return None
    return places, names


def _counted(texts: Sequence[Any]) -> tuple[str, int, str] | None:
    """What comes before and after a number by which texts differ, and which it is at first; it is one more each time.

    >>> _counted(["unit_2/a", "unit_3/a"]), _counted(["a", "b"])
    (('unit_', 2, '/a'), None)
    """
    for found in re.finditer(r"\d+", str(texts[0])):
        before, after = texts[0][: found.start()], texts[0][found.end() :]
        start = int(found[0])
        if all(each == f"{before}{start + at}{after}" for at, each in enumerate(texts)):
            return before, start, after
    return None
