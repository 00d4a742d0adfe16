"""Functions as the text of a file."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torchscope.port.graph_source.expressions import (
    Attribute,
    Call,
    Code,
    Index,
    Key,
    Literal,
    Local,
    Ref,
    Row,
    keys,
    lines,
    literal,
    literals,
    mapped,
    parts,
    text,
    walk,
)
from torchscope.port.graph_source.functions import (
    Function,
    Program,
    leaves,
    relative,
    snake,
    written,
)
from torchscope.port.graph_source.scopes import Scope, steps
from torchscope.port.graph_source.steps import Step

# An expression inside of another one is as long as this at most, and has as many calls in each other.
_SHORT, _DEEP = 82, 3
_TAKEN = {*keyword.kwlist, *dir(builtins), "tf", "ts", "np", "node", "pathlib", "CONSTANTS"}


class Statement(NamedTuple):
    """A line, or what becomes one.

    Args:
        targets: the values that it gives names to; None is one that nobody takes.
        expression: what it computes.
        hint: what a single value is called.
        stateful: whether it does more than to give a value.
        whole: whether it gives a single value, which may have parts.
        function: the function that it calls.
        scope: that function's scope, as written, if it has one.
    """

    targets: tuple[Key | None, ...]
    expression: Any
    hint: str
    stateful: bool = False
    whole: bool = True
    function: Function | None = None
    variable: bool = False


class Loop(NamedTuple):
    """Calls of one function, each of what the one before gave."""

    calls: tuple[Statement, ...]


class Written(NamedTuple):
    """A file's functions.

    Args:
        lines: its lines.
        scopes: how many scopes are functions.
        functions: how many functions they are.
        repeated: how many of these stand for several scopes.
    """

    lines: list[str]
    scopes: int
    functions: int
    repeated: int


def write(
    program: Program,
    inputs: Mapping[Key, str],
    results: Mapping[str, Any],
    defaults: Mapping[str, Any],
    *,
    named: bool,
) -> Written:
    """The functions of a program, and `model`, which calls them.

    Args:
        program: the functions.
        inputs: the arguments of `model`, with their names.
        results: what it returns, by names.
        defaults: what arguments are by default.
        named: whether it returns these in a dict.
    """
    return _Writer(program, inputs, defaults).write(results, named=named)


class _Writer:
    def __init__(
        self, program: Program, inputs: Mapping[Key, str], defaults: Mapping[str, Any]
    ) -> None:
        self._of_model = defaults
        self._program = program
        self._inputs = inputs
        self._names: dict[int, str] = {}
        taken = {*_TAKEN, "model"}
        for each in program.functions:
            name = "model_scope" if each.name == "model" else each.name
            self._names[id(each)] = _unique(name, taken)
        self._always = self._constant_scopes()
        self._defaults = {id(each): self._usual(each) for each in program.functions}
        self._steps = {step.id: step for step in steps(program.root.items)}
        # The functions that are around each step, the outermost first.
        self._around: dict[int, list[Scope]] = {}
        self._look(program.root)

    def write(self, results: Mapping[str, Any], *, named: bool) -> Written:
        made: list[str] = []
        for function in self._program.functions:
            made += [*self._function(function), "", ""]
        made += self._model(results, named=named)
        return Written(
            made,
            sum(len(each.instances) for each in self._program.functions),
            len(self._program.functions),
            sum(len(each.instances) > 1 for each in self._program.functions),
        )

    def _look(self, scope: Scope) -> None:
        for each in scope.items:
            if isinstance(each, Scope):
                for step in each.gives:
                    self._around.setdefault(step, []).append(each)
                self._look(each)

    # What is said of scopes

    def _constant_scopes(self) -> dict[int, str]:
        """The scopes that functions open themselves, since all who call them would say the same."""
        said: dict[int, set[str | None]] = {}
        for owner, scope in self._bodies():
            for item, leaf in _calls(scope):
                varies = owner is not None and any(leaf in each.leaves for each in owner.arguments)
                real = self._program.real
                name = None if varies else relative(real(item.path), real(scope.path))
                said.setdefault(id(item.function), set()).add(name)
        return {
            number: name
            for number, names in said.items()
            if len(names) == 1 and (name := next(iter(names))) is not None
        }

    def _bodies(self) -> list[tuple[Function | None, Scope]]:
        return [
            *((each, each.body) for each in self._program.functions),
            (None, self._program.root),
        ]

    def _usual(self, function: Function) -> dict[str, Any]:
        """What most calls give for an argument, which then need not say it."""
        found = {}
        vectors = [function.differing(each, self._program.real) for each in function.instances]
        for place, each in enumerate(function.arguments):
            if each.name.rstrip("_0123456789") in {"filters", "units", "inputs"}:
                continue
            values = [vector[place].value for vector in vectors]
            (most, times), *_ = Counter(map(repr, values)).most_common(1)
            if 2 * times >= len(values):
                found[each.name] = next(value for value in values if repr(value) == most)
        return found

    # A function

    def _function(self, function: Function) -> list[str]:
        body = function.body
        names = _Names(_TAKEN | self._called_by(body))
        given = [names.argument(each.name) for each in function.arguments]
        names.taken.add("scope")
        arguments = [
            names.argument(self._called(body, key, place)) for place, key in enumerate(body.takes)
        ]
        for key, name in zip(body.takes, arguments, strict=True):
            names.of[key] = name
        scoped = function.has_variables() and self._always.get(id(function)) != ""
        passed = scoped and id(function) not in self._always
        usual = self._defaults[id(function)]
        said = [*arguments, *(["scope"] if passed else [])]
        said += [
            name
            for name, each in zip(given, function.arguments, strict=True)
            if each.name not in usual
        ]
        said += [
            f"{name}={text(Literal(usual[each.name]), str)}"
            for name, each in zip(given, function.arguments, strict=True)
            if each.name in usual
        ]
        head = lines("def ", Call(self._names[id(function)], tuple(map(Code, said))), ":", 0, str)
        found = [*head, f'    """{self._told(function)}"""']
        indent = 4
        if scoped:
            opened = Code("scope") if passed else Literal(self._always[id(function)])
            again = self._reused(function)
            call = Call(
                "tf.variable_scope",
                (opened,),
                (("reuse", Code("tf.AUTO_REUSE")),) if again else (),
            )
            found.append(f"    with {text(call, str)}:")
            indent = 8
        arguments_by_leaf = {
            leaf: name
            for name, each in zip(given, function.arguments, strict=True)
            for leaf in each.leaves
        }
        statements = self._statements(body, arguments_by_leaf, function.by_shape)
        result = tuple(map(Ref, body.results))
        found += self._block(statements, result, indent, names)
        return found

    def _called_by(self, scope: Scope) -> set[str]:
        """The names of the functions that a body calls, which nothing else in it may have."""
        return {self._names[id(each.function)] for each in scope.items if isinstance(each, Scope)}

    def _asked_again(self) -> bool:
        """Whether a variable is asked for twice, and not in a function that reuses what it asks for."""
        asked: dict[str, list[bool]] = {}
        for step in self._steps.values():
            if step.variable is not None:
                around = self._around.get(step.id, ())
                reused = any(self._reused(each.function) for each in around)
                asked.setdefault(step.variable.name, []).append(reused)
        return any(len(each) > 1 and not all(each) for each in asked.values())

    def _reused(self, function: Function) -> bool:
        paths = [self._program.real(each.path) for each in function.instances]
        return len(set(paths)) < len(paths)

    def _told(self, function: Function) -> str:
        """The scopes that it stands for."""
        first, *more = [each.path for each in function.instances]
        first = f"The scope {first}" if not more else f"{first} and {len(more)} more"
        if more:
            return f"The scopes {first}."
        return f"{first}."

    def _called(self, body: Scope, key: Key, place: int) -> str:
        """What an argument is called, after what is given for it."""
        if key in self._inputs and len(body.takes) > 1:
            return self._inputs[key]
        if place == 0:
            return "x"
        step = self._steps.get(key.step)
        if step is None:
            return self._inputs.get(key, "value")
        # The outermost function that gives it, and does not call this one.
        around = self._around.get(key.step, ())
        outside = [each for each in around if not body.path.startswith(f"{each.path}/")]
        paths = [each.path for each in outside if len(each.results) == 1]
        return snake([*paths, step.path][0].rpartition("/")[2])

    def _model(self, results: Mapping[str, Any], *, named: bool) -> list[str]:
        names = _Names(_TAKEN | self._called_by(self._program.root))
        arguments = []
        for key, name in self._inputs.items():
            names.of[key] = names.argument(name)
            default = literal(self._of_model[name]) if name in self._of_model else None
            argument = names.of[key] if default is None else f"{names.of[key]}={default}"
            arguments.append(Code(argument))
        found = lines("def ", Call("model", tuple(arguments)), ":", 0, str)
        found.append(
            '    """The graph: a function for `ts.ScopedModule`, which makes a net of it."""'
        )
        statements = self._statements(self._program.root, {}, frozenset())
        indent = 4
        if self._asked_again():
            found.append("    # Some variables are asked for more than once.")
            found.append(
                "    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):"
            )
            indent = 8
        found += self._block(
            statements, tuple(results.values()), indent, names, list(results) if named else None
        )
        return found

    # Its lines

    def _statements(
        self, scope: Scope, arguments: Mapping[int, str], by_shape: frozenset[int]
    ) -> list[Statement]:
        found = []
        real = self._program.real
        vector = leaves(scope, real)

        def leaf(each: Any, number: int) -> Any:
            if number in arguments:
                return Code(arguments[number])
            if number in by_shape:
                return each.otherwise
            return vector[number]

        here = 0
        for item in scope.items:
            if isinstance(item, Step):
                expression, here = written(item.expression, leaf, here)
                found.append(
                    Statement(
                        (Key(item.id),),
                        expression,
                        _hint(item),
                        item.stateful,
                        variable=item.variable is not None,
                    )
                )
                continue
            function = item.function
            name = leaf(None, here) if here not in by_shape else vector[here]
            keywords = []
            usual = self._defaults[id(function)]
            for place, each in enumerate(function.arguments):
                value = leaf(None, here + 1 + place)
                is_usual = isinstance(value, Literal) and repr(value.value) == repr(
                    usual.get(each.name, _TAKEN)
                )
                if not is_usual:
                    keywords.append((each.name, value))
            here += 1 + len(function.arguments)
            scoped = function.has_variables() and id(function) not in self._always
            given = (*map(Ref, item.takes), *((name,) if scoped else ()))
            found.append(
                Statement(
                    tuple(item.results),
                    Call(self._names[id(function)], given, tuple(keywords)),
                    snake(item.path.rpartition("/")[2]),
                    any(step.stateful for step in steps(item.items)),
                    whole=len(item.results) == 1,
                    function=function,
                )
            )
        return found

    def _block(
        self,
        statements: list[Statement],
        results: Sequence[Any],
        indent: int,
        names: _Names,
        keywords: list[str] | None = None,
    ) -> list[str]:
        result: Any = results[0] if len(results) == 1 else _Tuple(tuple(results))
        if keywords is not None:
            result = _Dict(tuple(keywords), tuple(results))
        end = Statement((), result, "", whole=False)
        joined = _joined([*statements, end])
        looped = _looped(joined)
        uses = _uses(looped)
        found: list[str] = []
        for place, each in enumerate(looped):
            last = {key for key, at in uses.items() if at == place}
            if isinstance(each, Loop):
                found += self._loop(each, last, indent, names)
            elif each is joined[-1]:
                found += self._ended(each.expression, indent, names)
            else:
                found += self._statement(each, last, uses, indent, names)
        return found[1:] if found and not found[0] else found

    def _ended(self, result: Any, indent: int, names: _Names) -> list[str]:
        found = self._locals(result, indent, names)
        if isinstance(result, _Tuple) and not result.items:
            return [*found, f"{' ' * indent}return tf.no_op()"]
        if isinstance(result, _Tuple):
            flat = ", ".join(text(each, names.text) for each in result.items)
            if indent + 7 + len(flat) <= 100:
                return [*found, f"{' ' * indent}return {flat}"]
            result = Call("", result.items)
        if isinstance(result, _Dict):
            pairs = zip(result.keys, result.items, strict=True)
            margin = " " * (indent + 4)
            inner = [f'{margin}"{key}": {text(value, names.text)},' for key, value in pairs]
            return [*found, f"{' ' * indent}return {{", *inner, f"{' ' * indent}}}"]
        return [*found, *lines("return ", result, "", indent, names.text)]

    def _statement(
        self, each: Statement, last: set[Key], uses: Mapping[Key, int], indent: int, names: _Names
    ) -> list[str]:
        found = self._locals(each.expression, indent, names)
        written = each.expression
        used = [key for key in uses if key.step in {t.step for t in each.targets if t}]
        several = _number(written)
        if each.function is None and several > 1:
            (target,) = each.targets
            assert target is not None
            targets = [target._replace(place=place) for place in range(several)]
            before = self._unpacked(each, targets, set(used), names, indent)
        elif each.function is not None and not each.whole:
            before = self._unpacked(each, [t for t in each.targets if t], set(used), names, indent)
        elif not used:
            before = ""
        else:
            (target,) = each.targets
            assert target is not None
            # The expression is written before the name may stand for another value.
            made = lines("", written, "", indent, names.text)
            name = names.result(each, target, written, last)
            made = self._with_name(name, written, indent, names, target)
            return [*found, *made]
        *opened, before = before.split("\n")
        made = lines(before.lstrip(), written, "", indent, names.text)
        made = [*(" " * indent * (not at) + line for at, line in enumerate(opened)), *made]
        for key in [key for key in names.later if key is not None]:
            names.of[key] = names.later[key]
        names.later.clear()
        return [*found, *made]

    def _with_name(
        self, name: str, written: Any, indent: int, names: _Names, target: Key
    ) -> list[str]:
        made = lines(f"{name} = ", written, "", indent, names.text)
        names.of[target] = name
        return made

    def _unpacked(
        self,
        each: Statement,
        targets: Sequence[Key],
        used: set[Key],
        names: _Names,
        indent: int,
    ) -> str:
        said = []
        for place, key in enumerate(targets):
            if key not in used:
                said.append("_")
                continue
            hint = self._hint_of(key, each, place, names)
            names.later[key] = names.new(hint)
            said.append(names.later[key])
        if not any(name != "_" for name in said):
            return ""
        flat = f"{', '.join(said)} = "
        if len(flat) < _SHORT:
            return flat
        margin = " " * (indent + 4)
        return "(\n" + "".join(f"{margin}{name},\n" for name in said) + f"{' ' * indent}) = "

    def _hint_of(self, key: Key, each: Statement, place: int, names: _Names) -> str:
        step = self._steps.get(key.step)
        if each.function is not None and step is not None:
            last = snake(step.path.rpartition("/")[2])
            return last if key.place is None else f"{last}_{key.place}"
        call = each.expression
        if isinstance(call, Call) and call.function == "tf.while_loop":
            return _loop_variable(_state_of(call), place, names)
        return f"{each.hint}_{place}"

    def _loop(self, loop: Loop, last: set[Key], indent: int, names: _Names) -> list[str]:
        first, final = loop.calls[0], loop.calls[-1]
        start = first.expression.arguments[0]
        found = []
        name = names.of[start.key] if start.key in last and start.key.place is None else None
        if name is None:
            name = names.new("x") if "x" not in names.alive(last) else names.new(final.hint)
            found.append(f"{' ' * indent}{name} = {text(start, names.text)}")
        names.of[start.key] = name
        head, call = _turn(loop, names)
        names.of[_target(final)] = name
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

    def _locals(self, expression: Any, indent: int, names: _Names) -> list[str]:
        found = []
        for each in _outer_locals(expression):
            name = names.new(each.name)
            names.local[id(each)] = name
            inner = names.inside()
            captured = set(keys(each))
            state = _state_of(expression)
            arguments = []
            for place, key in enumerate(each.inputs):
                hint = _loop_variable(state, place, names)
                clashes = hint in {
                    names.of.get(k) or names.of.get(k._replace(place=None)) for k in captured
                }
                inner.of[key] = inner.argument(hint) if clashes else inner.shadowing(hint)
                arguments.append(Code(inner.of[key]))
            found += ["", *lines("def ", Call(name, tuple(arguments)), ":", indent, str)]
            statements = [
                Statement((Key(s.id),), s.expression, _hint(s), s.stateful) for s in each.steps
            ]
            found += self._block(statements, each.results, indent + 4, inner)
        return [*found, ""] if found else []


class _Names:
    """The names of values in one function."""

    def __init__(self, taken: set[str], outer: _Names | None = None) -> None:
        self.taken = set(taken)
        self.of: dict[Key, str] = {}
        self.local: dict[int, str] = {}
        self.later: dict[Key, str] = {}
        self.arguments: set[str] = set()
        self._may_x = outer is None

    def inside(self) -> _Names:
        """Those of a function inside, which sees these."""
        found = _Names(self.taken, self)
        found.of = dict(self.of)
        return found

    def argument(self, hint: str) -> str:
        name = _unique(hint, self.taken)
        self.arguments.add(name)
        return name

    def shadowing(self, hint: str) -> str:
        """An argument that may be called as something around is."""
        if hint in self.arguments or hint in _TAKEN:
            return self.argument(hint)
        self.taken.add(hint)
        self.arguments.add(hint)
        return hint

    def new(self, hint: str) -> str:
        return _unique(hint, self.taken)

    def alive(self, last: set[Key]) -> set[str]:
        """The names that stand for values which are still taken."""
        return {name for key, name in self.of.items() if key not in last}

    def result(self, each: Statement, target: Key, expression: Any, last: set[Key]) -> str:
        """A name for what a statement gives: that of what it takes, where that is what goes through the function."""
        first = next(iter(keys(expression)), None)
        if first is not None and self._may_x and not each.variable and not _is_size(expression):
            name = self.of.get(first) or self.of.get(first._replace(place=None))
            if name == "x" and first in last:
                return "x"
            if "x" not in self.taken:
                self.taken.add("x")
                return "x"
        return self.new(each.hint)

    def text(self, expression: Any) -> str:
        match expression:
            case Ref(key):
                if key in self.of:
                    return self.of[key]
                return f"{self.of[key._replace(place=None)]}[{key.place}]"
            case Local():
                return self.local[id(expression)]
        raise TypeError(expression)


class _Tuple(NamedTuple):
    items: tuple[Any, ...]


class _Dict(NamedTuple):
    keys: tuple[str, ...]
    items: tuple[Any, ...]


def _unique(hint: str, taken: set[str]) -> str:
    name, number = hint, 1
    if name in _TAKEN:
        name = hint = f"{hint}_"
    while name in taken:
        number += 1
        name = f"{hint.rstrip('_')}_{number}"
    taken.add(name)
    return name


def _hint(step: Step) -> str:
    """What a value is called: as its node is, without the version of its type; a size after its place."""
    match step.expression:
        case Index(Attribute(_, "shape"), (Literal(place),)) if (
            isinstance(place, int) and place >= 0
        ):
            return f"size_{place}"
    return re.sub(r"_v\d+(?=_\d+$|$)", "", snake(step.path.rpartition("/")[2]))


def _is_size(expression: Any) -> bool:
    return any(
        isinstance(each, Attribute) or (isinstance(each, Call) and each.function == "tf.shape")
        for each in walk(expression)
    )


def _calls(scope: Scope) -> list[tuple[Scope, int]]:
    """The scopes that are called, each with the leaf that is its name."""
    found, here = [], 0
    for item in scope.items:
        if isinstance(item, Scope):
            found.append((item, here))
            here += 1 + len(item.function.arguments)
        else:
            here += sum(1 for _ in literals(item.expression))
    return found


def _number(expression: Any) -> int:
    """How many values a branch or a loop gives; 1 of all else."""
    for each in parts(expression) if isinstance(expression, Call) else ():
        if isinstance(each, Local) and expression.function == "tf.cond":
            return len(each.results)
        if isinstance(each, Local):
            return len(each.inputs)
    return 1


def _outer_locals(expression: Any) -> list[Local]:
    found = []
    for each in parts(expression):
        found += [each] if isinstance(each, Local) else _outer_locals(each)
    return found


def _state_of(expression: Any) -> tuple[Any, ...]:
    last = (
        expression.arguments[-1] if isinstance(expression, Call) and expression.arguments else None
    )
    return last.items if isinstance(last, Row) else ()


def _loop_variable(state: Sequence[Any], place: int, names: _Names) -> str:
    """What a loop variable is called: i, if it begins as a number, and else as what it begins as."""
    start = state[place]
    if isinstance(start, Literal):
        before = sum(isinstance(each, Literal) for each in state[:place])
        return "ijklmn"[before % 6]
    if isinstance(start, Ref):
        return re.sub(r"\W.*", "", names.text(start))
    return "value"


def _parts_of(expression: Any) -> tuple[Any, ...]:
    return expression.items if isinstance(expression, _Tuple | _Dict) else (expression,)


def _keys(expression: Any) -> list[Key]:
    return [key for each in _parts_of(expression) for key in keys(each)]


def _uses(found: Sequence[Statement | Loop]) -> dict[Key, int]:
    """Where each value is taken last."""
    uses = {}
    for place, each in enumerate(found):
        for call in each.calls if isinstance(each, Loop) else (each,):
            for key in _keys(call.expression):
                uses[key] = place
    return uses


# Expressions inside of expressions


def _joined(statements: list[Statement]) -> list[Statement]:
    """Statements, some of which are written where what they give is taken, if that is one place and a short line."""
    counts = Counter(key for each in statements for key in _keys(each.expression))
    by_step: Counter[int] = Counter()
    for key, number in counts.items():
        by_step[key.step] += number
    chained = _chained(statements)
    waiting: dict[int, Statement] = {}
    found: list[Statement] = []
    for each in statements:
        expression = each.expression
        inside = {key for local in _outer_locals_of(each) for key in keys(local)}
        for key in _keys(expression):
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
            and _number(before.expression) == 1
        ):
            found[-2:] = [end._replace(expression=before.expression)]
    return found


def _chained(statements: Sequence[Statement]) -> set[tuple[Key | None, ...]]:
    """What calls of a function give that are of what the same function gave, or the other way round: loops, perhaps."""
    functions = {key: each for each in statements for key in each.targets if each.function}
    found = set()
    for each in statements:
        for key in _keys(each.expression) if each.function is not None else ():
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
    return [local for part in _parts_of(each.expression) for local in _outer_locals(part)]


def _put(expression: Any, key: Key, inner: Statement) -> Any:
    (target,) = inner.targets
    within = inner.expression
    if target != key:
        within = Index(within, (Literal(key.place),))

    def change(each: Any) -> Any:
        return within if isinstance(each, Ref) and each.key == key else None

    if isinstance(expression, _Tuple):
        return _Tuple(tuple(mapped(each, change) for each in expression.items))
    if isinstance(expression, _Dict):
        return expression._replace(items=tuple(mapped(each, change) for each in expression.items))
    return mapped(expression, change)


def _is_readable(expression: Any) -> bool:
    variables = 0
    longest = 0
    for part in _parts_of(expression):
        if _deep(part) > _DEEP:
            return False
        longest += len(text(part, _guess)) + 2
        for each in walk(part):
            variables += isinstance(each, Call) and each.function == "tf.get_variable"
    return longest <= _SHORT and variables <= 1


def _guess(expression: Any) -> str:
    return "x" * 8


def _deep(expression: Any) -> int:
    inner = max(map(_deep, parts(expression)), default=0)
    return inner + isinstance(expression, Call)


# Loops


def _target(each: Statement) -> Key:
    (target,) = each.targets
    assert target is not None
    return target


def _looped(statements: list[Statement]) -> list[Statement | Loop]:
    """Statements, in which three calls or more of one function, each of what the one before gave, are a loop."""
    counts = Counter(key for each in statements for key in _keys(each.expression))
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


def _follows(before: Statement, after: Statement, counts: Mapping[Key, int]) -> bool:
    if before.function is None or before.function is not after.function or before.stateful:
        return False
    if len(before.targets) != 1 or len(after.targets) != 1:
        return False
    first, second = before.expression, after.expression
    if not isinstance(first, Call) or not isinstance(second, Call) or not second.arguments:
        return False
    target = _target(before)
    if counts[target] != 1 or second.arguments[0] != Ref(target):
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


def _turn(loop: Loop, names: _Names) -> tuple[str, Call]:
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
