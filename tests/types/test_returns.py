"""What a public function gives has a type; where that is Any, a comment on or above its `def` says why."""

import ast
import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path
from types import FunctionType

import torchscope
import torchscope.tf1
from torchscope._core.requests.get_variable import get_variable
from torchscope.layers import Layer

PACKAGE = Path(torchscope.__file__).parent
ROOMS = (
    *("torchscope", "torchscope.checkpoint", "torchscope.image", "torchscope.initializers"),
    *("torchscope.layers", "torchscope.losses", "torchscope.nn", "torchscope.optim"),
    *("torchscope.port", "torchscope.regularizers", "torchscope.rnn", "torchscope.seq2seq"),
    *("torchscope.seq2seq.legacy", "torchscope.slim", "torchscope.tf1"),
)


def public_modules():
    spelled = pkgutil.walk_packages(torchscope.tf1.__path__, "torchscope.tf1.")
    names = [each.name for each in spelled if "._" not in each.name]
    return [importlib.import_module(name) for name in (*ROOMS, *names)]


def functions_of(value):
    """A function, or the methods that a class of ours makes for its users."""
    if not inspect.isclass(value):
        return [value]
    made = []
    for each in value.__mro__:
        if each.__module__.startswith("torchscope"):
            for name, member in vars(each).items():
                if not name.startswith("_") or name.endswith("__"):
                    made += [getattr(member, "fget", None) or getattr(member, "__func__", member)]
    return made


def places():
    """File and line of each public function that is written out as one."""
    found = set()
    for module in public_modules():
        for name, value in vars(module).items():
            if not name.startswith("_"):
                for function in functions_of(value):
                    if callable(function):
                        plain = inspect.unwrap(function)
                        if isinstance(plain, FunctionType):
                            code = plain.__code__
                            found.add((Path(code.co_filename), code.co_firstlineno))
    return {(path, line) for path, line in found if path.is_relative_to(PACKAGE)}


@cache
def definitions(path):
    """By the line at which a function begins: its definitions, which are its overloads if it has any."""
    lines, found = path.read_text().splitlines(), {}
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(body := getattr(node, "body", None), list):
            continue
        made = [e for e in (*body, *getattr(node, "orelse", ())) if isinstance(e, ast.FunctionDef)]
        for function in made:
            alike = [each for each in made if each.name == function.name]
            overloads = [e for e in alike if "overload" in map(ast.unparse, e.decorator_list)]
            first = min(each.lineno for each in (function, *function.decorator_list))
            found[first] = overloads or [function]
    return lines, found


def says_why(lines, function):
    first = min(each.lineno for each in (function, *function.decorator_list))
    beside = lines[first - 2 : function.body[0].lineno - 1]
    return any(re.search(r"# Any: \w", line) for line in beside)


def without_a_reason(path, line):
    lines, found = definitions(path)
    return [
        f"{path.relative_to(PACKAGE.parent)}:{each.lineno} {each.name}"
        for each in found.get(line, ())  # None where it is a lambda.
        if each.returns is None
        or (ast.unparse(each.returns) == "Any" and not says_why(lines, each))
    ]


def test_what_gives_anything_says_why():
    missing = [each for place in places() for each in without_a_reason(*place)]
    assert sorted(missing) == []


def test_functions_are_found():
    """Those of rooms, of classes and of overloads; and one without a reason would be."""
    found = places()
    assert len(found) > 1500
    for function in (get_variable, Layer.call, torchscope.rnn.RNNCell.state_size.fget):
        code = function.__code__
        assert (Path(code.co_filename), code.co_firstlineno) in found
    lines, _ = definitions(Path(inspect.getfile(Layer)))
    bare = [line.replace("# Any:", "#") for line in lines]
    (call,) = definitions(Path(inspect.getfile(Layer)))[1][Layer.call.__code__.co_firstlineno]
    assert says_why(lines, call)
    assert not says_why(bare, call)
