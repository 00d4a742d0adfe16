"""Expressions of Python that are being written: calls, operators, literals, and values that have no name yet.

Two pieces of a graph are the same source where their expressions differ in literals alone: those become arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

WIDTH = 100


class Key(NamedTuple):
    """A value: the step that gives it, and which of its values, if it gives several."""

    step: int
    place: int | None = None


class Ref(NamedTuple):
    """A value that a step or an argument gives."""

    key: Key


class Literal(NamedTuple):
    """A number, a text, a dtype.

    Args:
        value: what it is.
        hint: what it is called where it becomes an argument.
        otherwise: what says the same by a tensor's shape.
    """

    value: Any
    hint: str = "value"
    otherwise: Any = None


class Path(NamedTuple):
    """The name of a variable or of a scope, which is written as seen from the scope around."""

    path: str
    hint: str = "scope"


class Code(NamedTuple):
    """What is written as it is."""

    text: str


class Call(NamedTuple):
    """A call."""

    function: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


class Binary(NamedTuple):
    """Two operands."""

    operator: str
    left: Any
    right: Any


class Unary(NamedTuple):
    """One operand."""

    operator: str
    operand: Any


class Index(NamedTuple):
    """A part of a value."""

    value: Any
    items: tuple[Any, ...]


class Slice(NamedTuple):
    """From where, to where, by what; None is left out."""

    start: Any = None
    stop: Any = None
    step: Any = None


class Attribute(NamedTuple):
    """An attribute."""

    value: Any
    name: str


class Row(NamedTuple):
    """A list."""

    items: tuple[Any, ...]


class Local(NamedTuple):
    """A function inside of a function: a branch, or a part of a loop.

    Args:
        name: what it is called.
        inputs: the values that it is called with, as it knows them.
        steps: what it does.
        results: what it gives.
    """

    name: str
    inputs: tuple[Key, ...]
    steps: tuple[Any, ...]
    results: tuple[Any, ...]


def parts(expression: Any) -> tuple[Any, ...]:
    """What an expression is made of."""
    match expression:
        case Call(_, arguments, keywords):
            return (*arguments, *(value for _, value in keywords))
        case Binary(_, left, right):
            return left, right
        case Unary(_, operand) | Attribute(operand, _):
            return (operand,)
        case Index(value, items):
            return (value, *items)
        case Slice():
            return tuple(each for each in expression if each is not None)
        case Row(items):
            return items
        case Literal(_, _, otherwise) if otherwise is not None:
            return (otherwise,)
        case Local():
            return (*(step.expression for step in expression.steps), *expression.results)
    return ()


def walk(expression: Any) -> Iterator[Any]:
    """An expression and all that it is made of."""
    yield expression
    for each in parts(expression):
        yield from walk(each)


def keys(expression: Any) -> Iterator[Key]:
    """The values that an expression takes from around it, in the order in which it names them."""
    inside: set[int] = set()
    for each in walk(expression):
        if isinstance(each, Local):
            inside.update(key.step for key in each.inputs)
            inside.update(step.id for step in each.steps)
    for each in walk(expression):
        if isinstance(each, Ref) and each.key.step not in inside:
            yield each.key


def outer_locals(expression: Any) -> list[Local]:
    """The functions inside of an expression, without those that are inside of these."""
    found = []
    for each in parts(expression):
        found += [each] if isinstance(each, Local) else outer_locals(each)
    return found


def skeleton(expression: Any, name: Callable[[Key], Any]) -> Any:
    """An expression without its literals, and with other names for values: what can be compared."""
    match expression:
        case Ref(key):
            return name(key)
        case Literal(value, hint, otherwise):
            kind = "number" if isinstance(value, int | float) else type(value).__name__
            return "literal", kind, hint, otherwise and skeleton(otherwise, name)
        case Path(_, hint):
            return "path", hint
        case Code(text):
            return text
        case Local(_, inputs, steps, results):
            inner = {key.step: place for place, key in enumerate(inputs)}
            for step in steps:
                inner[step.id] = len(inner)

            def named(key: Key) -> Any:
                return ("inner", inner[key.step], key.place) if key.step in inner else name(key)

            return (
                "local",
                len(inputs),
                tuple(skeleton(step.expression, named) for step in steps),
                tuple(skeleton(each, named) for each in results),
            )
    own = tuple(each for each in expression if isinstance(each, str))
    keywords = tuple(key for key, _ in getattr(expression, "keywords", ()))
    present = tuple(each is None for each in expression)
    inner_parts = tuple(skeleton(each, name) for each in parts(expression))
    return type(expression).__name__, own, keywords, present, inner_parts


def literals(expression: Any) -> Iterator[Any]:
    """The literals and paths of an expression, in its order."""
    for each in walk(expression):
        if isinstance(each, Literal | Path):
            yield each


def mapped(expression: Any, change: Callable[[Any], Any]) -> Any:
    """An expression in which some parts are others: `change` gives what stands for one, or None."""
    changed = change(expression)
    if changed is not None:
        return changed
    match expression:
        case Call(function, arguments, keywords):
            return Call(
                function,
                tuple(mapped(each, change) for each in arguments),
                tuple((key, mapped(each, change)) for key, each in keywords),
            )
        case Binary(operator, left, right):
            return Binary(operator, mapped(left, change), mapped(right, change))
        case Unary(operator, operand):
            return Unary(operator, mapped(operand, change))
        case Attribute(value, name):
            return Attribute(mapped(value, change), name)
        case Index(value, items):
            return Index(mapped(value, change), tuple(mapped(each, change) for each in items))
        case Slice():
            return Slice(*(each if each is None else mapped(each, change) for each in expression))
        case Row(items):
            return Row(tuple(mapped(each, change) for each in items))
        case Local(name, inputs, steps, results):
            return Local(
                name,
                inputs,
                tuple(step._replace(expression=mapped(step.expression, change)) for step in steps),
                tuple(mapped(each, change) for each in results),
            )
    return expression


# Writing

_PRECEDENCE = {
    **dict.fromkeys(["<", "<=", ">", ">="], 1),
    **dict.fromkeys(["+", "-"], 2),
    **dict.fromkeys(["*", "/", "//", "%"], 3),
}
_UNARY, _ATOM = 4, 9


def text(expression: Any, name: Callable[[Any], str]) -> str:
    """An expression on one line.

    Args:
        expression: the expression.
        name: what stands for a `Ref`, a `Path` and a `Local`.
    """
    return _text(expression, name)[0]


def _text(expression: Any, name: Callable[[Any], str]) -> tuple[str, int]:
    def of(each: Any) -> str:
        return _text(each, name)[0]

    def at_least(each: Any, precedence: int) -> str:
        written, its = _text(each, name)
        return written if its >= precedence else f"({written})"

    match expression:
        case Ref() | Path() | Local():
            return name(expression), _ATOM
        case Literal(value):
            written = literal(value)
            return written, _UNARY if written.startswith("-") else _ATOM
        case Code(written):
            return written, _ATOM
        case Call(function, (value, *_)) if function.startswith("."):
            arguments = _arguments(expression, of)[1:]
            return f"{at_least(value, _ATOM)}{function}({', '.join(arguments)})", _ATOM
        case Call(function):
            return f"{function}({', '.join(_arguments(expression, of))})", _ATOM
        case Binary(operator, left, right):
            its = _PRECEDENCE[operator]
            return f"{at_least(left, its)} {operator} {at_least(right, its + 1)}", its
        case Unary(operator, operand):
            return f"{operator}{at_least(operand, _UNARY)}", _UNARY
        case Attribute(value, attribute):
            return f"{at_least(value, _ATOM)}.{attribute}", _ATOM
        case Index(value, items):
            return f"{at_least(value, _ATOM)}[{', '.join(map(of, items))}]", _ATOM
        case Slice(start, stop, step):
            written = ":".join("" if each is None else of(each) for each in (start, stop))
            return written + ("" if step is None else f":{of(step)}"), 0
        case Row(items):
            return f"[{', '.join(map(of, items))}]", _ATOM
    raise TypeError(expression)


def _arguments(call: Call, of: Callable[[Any], str]) -> list[str]:
    return [*map(of, call.arguments), *(f"{key}={of(value)}" for key, value in call.keywords)]


def lines(
    before: str, expression: Any, after: str, indent: int, name: Callable[[Any], str]
) -> list[str]:
    """A statement, broken at the arguments of its calls where it is longer than a line."""
    return _broken(" " * indent + before, expression, after, indent, name)


def _broken(
    before: str, expression: Any, after: str, indent: int, name: Callable[[Any], str]
) -> list[str]:
    flat = text(expression, name)
    if len(before) + len(flat) + len(after) <= WIDTH:
        return [before + flat + after]
    inner: Sequence[tuple[str, Any]]
    match expression:
        case Call(function, (value, *arguments), keywords) if function.startswith("."):
            opened, closed = f"{text(value, name)}{function}(", ")"
            inner = [("", each) for each in arguments] + [(f"{key}=", v) for key, v in keywords]
        case Call(function, arguments, keywords) if arguments or keywords:
            opened, closed = f"{function}(", ")"
            inner = [("", each) for each in arguments] + [(f"{key}=", v) for key, v in keywords]
        case Row(items) if items:
            opened, closed, inner = "[", "]", [("", each) for each in items]
        case Binary(operator, left, right):
            opened, closed = "(", ")"
            if before.endswith(("(", "= ", "return ")) or before.isspace():
                first = _broken(" " * (indent + 4), left, "", indent + 4, name)
                return [
                    f"{before}(",
                    *first,
                    *_broken(f"{' ' * (indent + 4)}{operator} ", right, "", indent + 4, name),
                    f"{' ' * indent}){after}",
                ]
            return [before + flat + after]
        case Index(value, items) if isinstance(value, Call):
            tail = f"[{', '.join(text(each, name) for each in items)}]"
            return _broken(before, value, tail + after, indent, name)
        case _:
            return [before + flat + after]
    margin = " " * (indent + 4)
    together = ", ".join(key + text(each, name) for key, each in inner)
    if len(margin) + len(together) <= WIDTH and len(inner) > 1:
        return [before + opened, margin + together, " " * indent + closed + after]
    written = []
    for key, each in inner:
        written += _broken(margin + key, each, ",", indent + 4, name)
    return [before + opened, *written, " " * indent + closed + after]


def literal(value: Any) -> str:
    """A value as Python has it.

    >>> literal(torch.float32), literal("SAME"), literal(0.1), literal(1e-5), literal(float("inf"))
    ('tf.float32', '"SAME"', '0.1', '1e-05', 'float("inf")')
    """
    if isinstance(value, torch.dtype):
        return f"tf.{str(value).removeprefix('torch.')}"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def _quoted(value: str) -> str:
    written = repr(value)
    if written[0] == "'" and '"' not in written:
        return f'"{written[1:-1]}"'
    return written
