"""Statements as the lines of a function, and of the functions inside of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torchscope.port.graph_source.expressions import (
    WIDTH,
    Call,
    Code,
    Key,
    Row,
    keys,
    lines,
    outer_locals,
    text,
)
from torchscope.port.graph_source.functions import snake
from torchscope.port.graph_source.inlining import SHORT, inlined
from torchscope.port.graph_source.loops import looped, turn
from torchscope.port.graph_source.names import Names, hint_of, loop_variable
from torchscope.port.graph_source.statements import (
    Dict,
    Loop,
    Statement,
    Tuple,
    keys_of,
    number_given,
)
from torchscope.port.graph_source.steps import Step


class Blocks:
    """Writes statements as the lines of a function.

    Args:
        made: all steps, by their numbers.
    """

    def __init__(self, made: Mapping[int, Step]) -> None:
        self._steps = made

    def block(
        self,
        statements: list[Statement],
        results: Sequence[Any],
        indent: int,
        names: Names,
        keywords: list[str] | None = None,
    ) -> list[str]:
        """Statements, and what is returned, as lines.

        Args:
            statements: the statements.
            results: what is returned.
            indent: by how much the lines are indented.
            names: the names of what is there before, which is given those of what is computed.
            keywords: the names of the results, if they are returned in a dict.
        """
        result: Any = results[0] if len(results) == 1 else Tuple(tuple(results))
        if keywords is not None:
            result = Dict(tuple(keywords), tuple(results))
        end = Statement((), result, "", whole=False)
        statements = inlined([*statements, end])
        made = looped(statements)
        uses = _uses(made)
        found: list[str] = []
        for place, each in enumerate(made):
            last = {key for key, at in uses.items() if at == place}
            if isinstance(each, Loop):
                found += self._loop(each, last, indent, names)
            elif each is statements[-1]:
                found += self._ended(each.expression, indent, names)
            else:
                found += self._statement(each, last, uses, indent, names)
        return found[1:] if found and not found[0] else found

    def _ended(self, result: Any, indent: int, names: Names) -> list[str]:
        found = self._locals(result, indent, names)
        if isinstance(result, Tuple) and not result.items:
            return [*found, f"{' ' * indent}return tf.no_op()"]
        if isinstance(result, Tuple):
            flat = ", ".join(text(each, names.text) for each in result.items)
            if indent + len("return ") + len(flat) <= WIDTH:
                return [*found, f"{' ' * indent}return {flat}"]
            result = Call("", result.items)
        if isinstance(result, Dict):
            pairs = zip(result.keys, result.items, strict=True)
            margin = " " * (indent + 4)
            inner = [f'{margin}"{key}": {text(value, names.text)},' for key, value in pairs]
            return [*found, f"{' ' * indent}return {{", *inner, f"{' ' * indent}}}"]
        return [*found, *lines("return ", result, "", indent, names.text)]

    def _statement(
        self, each: Statement, last: set[Key], uses: Mapping[Key, int], indent: int, names: Names
    ) -> list[str]:
        found = self._locals(each.expression, indent, names)
        written = each.expression
        used = [key for key in uses if key.step in {t.step for t in each.targets if t}]
        several = number_given(written)
        if each.function is None and several > 1:
            targets = [each.target._replace(place=place) for place in range(several)]
            before = self._unpacked(each, targets, set(used), names, indent)
        elif each.function is not None and not each.whole:
            before = self._unpacked(each, [t for t in each.targets if t], set(used), names, indent)
        elif not used:
            before = ""
        else:
            # The expression is written before the name may stand for another value.
            name = names.result(each, last)
            made = lines(f"{name} = ", written, "", indent, names.text)
            names.of[each.target] = name
            return [*found, *made]
        *opened, before = before.split("\n")
        made = lines(before.lstrip(), written, "", indent, names.text)
        made = [*(" " * indent * (not at) + line for at, line in enumerate(opened)), *made]
        names.of.update(names.later)
        names.later.clear()
        return [*found, *made]

    def _unpacked(
        self,
        each: Statement,
        targets: Sequence[Key],
        used: set[Key],
        names: Names,
        indent: int,
    ) -> str:
        said = []
        for place, key in enumerate(targets):
            if key not in used:
                said.append("_")
                continue
            hint = self._target_hint(key, each, place, names)
            names.later[key] = names.new(hint)
            said.append(names.later[key])
        if not any(name != "_" for name in said):
            return ""
        flat = f"{', '.join(said)} = "
        if len(flat) < SHORT:
            return flat
        margin = " " * (indent + 4)
        return "(\n" + "".join(f"{margin}{name},\n" for name in said) + f"{' ' * indent}) = "

    def _target_hint(self, key: Key, each: Statement, place: int, names: Names) -> str:
        step = self._steps.get(key.step)
        if each.function is not None and step is not None:
            last = snake(step.path.rpartition("/")[2])
            return last if key.place is None else f"{last}_{key.place}"
        call = each.expression
        if isinstance(call, Call) and call.function == "tf.while_loop":
            return loop_variable(_state_of(call), place, names)
        return f"{each.hint}_{place}"

    def _loop(self, loop: Loop, last: set[Key], indent: int, names: Names) -> list[str]:
        first, final = loop.calls[0], loop.calls[-1]
        start = first.expression.arguments[0]
        found = []
        name = names.of[start.key] if start.key in last and start.key.place is None else None
        if name is None:
            name = names.new("x") if "x" not in names.alive(last) else names.new(final.hint)
            found.append(f"{' ' * indent}{name} = {text(start, names.text)}")
        names.of[start.key] = name
        head, call = turn(loop, names)
        names.of[final.target] = name
        return [
            *found,
            f"{' ' * indent}for {head}:",
            *lines(
                f"{name} = ",
                call._replace(arguments=(Code(name), *call.arguments[1:])),
                "",
                indent + 4,
                names.text,
            ),
        ]

    # Functions inside of functions

    def _locals(self, expression: Any, indent: int, names: Names) -> list[str]:
        found = []
        for each in outer_locals(expression):
            name = names.new(each.name)
            names.local[id(each)] = name
            inner = names.inside()
            captured = set(keys(each))
            state = _state_of(expression)
            arguments = []
            for place, key in enumerate(each.inputs):
                hint = loop_variable(state, place, names)
                clashes = hint in {
                    names.of.get(k) or names.of.get(k._replace(place=None)) for k in captured
                }
                inner.of[key] = inner.argument(hint) if clashes else inner.shadowing(hint)
                arguments.append(Code(inner.of[key]))
            found += ["", *lines("def ", Call(name, tuple(arguments)), ":", indent, str)]
            statements = [
                Statement((Key(s.id),), s.expression, hint_of(s), s.stateful) for s in each.steps
            ]
            found += self.block(statements, each.results, indent + 4, inner)
        return [*found, ""] if found else []


def _state_of(expression: Any) -> tuple[Any, ...]:
    last = (
        expression.arguments[-1] if isinstance(expression, Call) and expression.arguments else None
    )
    return last.items if isinstance(last, Row) else ()


def _uses(found: Sequence[Statement | Loop]) -> dict[Key, int]:
    """Where each value is taken last; of one that has parts, where the last of them is: they all go by its name."""
    taken: dict[Key, None] = {}
    last: dict[int, int] = {}
    for place, each in enumerate(found):
        for call in each.calls if isinstance(each, Loop) else (each,):
            for key in keys_of(call.expression):
                taken[key] = None
                last[key.step] = place
    return {key: last[key.step] for key in taken}
