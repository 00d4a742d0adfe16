"""Functions as the text of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from torchscope.port.graph_source.blocks import Blocks
from torchscope.port.graph_source.expressions import (
    Call,
    Code,
    Key,
    Literal,
    Ref,
    lines,
    literal,
    literals,
    text,
)
from torchscope.port.graph_source.functions import (
    Function,
    Program,
    leaves,
    relative,
    snake,
    written,
)
from torchscope.port.graph_source.names import TAKEN, Names, hint_of, unique
from torchscope.port.graph_source.scopes import Scope, steps
from torchscope.port.graph_source.statements import Statement
from torchscope.port.graph_source.steps import Step

# The name of a scope that is the one around.
_AROUND = Literal("", "scope")


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
        taken = {*TAKEN, "model"}
        for each in program.functions:
            name = "model_scope" if each.name == "model" else each.name
            self._names[id(each)] = unique(name, taken)
        self._always = self._constant_scopes()
        self._defaults = {id(each): self._usual(each) for each in program.functions}
        self._steps = {step.id: step for step in steps(program.root.items)}
        # The functions that are around each step, the outermost first.
        self._around: dict[int, list[Scope]] = {}
        self._look(program.root)
        self._blocks = Blocks(self._steps)

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
                name = None if varies else relative(item.opens, scope.opens)
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
        vectors = [function.differing(each) for each in function.instances]
        for place, each in enumerate(function.arguments):
            if each.name.rstrip("_0123456789") in {"filters", "units", "inputs"}:
                continue
            if any(vector[place] == _AROUND for vector in vectors):
                continue
            values = [vector[place].value for vector in vectors]
            (most, times), *_ = Counter(map(repr, values)).most_common(1)
            if 2 * times >= len(values):
                found[each.name] = next(value for value in values if repr(value) == most)
        return found

    # A function

    def _function(self, function: Function) -> list[str]:
        body = function.body
        names = Names(TAKEN | self._called_by(body))
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
        found = [*head, f'    """{_told(function)}"""']
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
        found += self._blocks.block(statements, result, indent, names)
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
        opened = [each.opens for each in function.instances]
        return self._always.get(id(function)) != "" and len(set(opened)) < len(opened)

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
        names = Names(TAKEN | self._called_by(self._program.root))
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
        found += self._blocks.block(
            statements, tuple(results.values()), indent, names, list(results) if named else None
        )
        return found

    # Its statements

    def _statements(
        self, scope: Scope, arguments: Mapping[int, str], by_shape: frozenset[int]
    ) -> list[Statement]:
        found = []
        vector = leaves(scope)
        around = Code("tf.get_variable_scope()")

        def leaf(each: Any, number: int) -> Any:
            if number in arguments:
                return Code(arguments[number])
            if number in by_shape:
                return each.otherwise
            return around if vector[number] == _AROUND else vector[number]

        here = 0
        for item in scope.items:
            if isinstance(item, Step):
                expression, here = written(item.expression, leaf, here)
                found.append(
                    Statement(
                        (Key(item.id),),
                        expression,
                        hint_of(item),
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
                is_usual = (
                    isinstance(value, Literal)
                    and each.name in usual
                    and repr(value.value) == repr(usual[each.name])
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


def _told(function: Function) -> str:
    """The scopes that it stands for."""
    first, *more = [each.path for each in function.instances]
    return f"The scopes {first} and {len(more)} more." if more else f"The scope {first}."


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
