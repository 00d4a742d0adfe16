"""Which tests need TensorFlow: those that use it, or that use what uses it, by the text of their files.

`tests/tensorflow1.py` imports TensorFlow when something is asked of it. So a file can be imported without that needs
it for some of its tests only, and `--without-tensorflow` leaves out these alone. Where a file asks something of it
while it is imported, all of it is left out. Nothing is imported to find out.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent
# What files in tests/ are imported from: see `pythonpath` in pyproject.toml.
ROOTS = (TESTS, TESTS.parent)
# The file that imports TensorFlow when it is asked.
WHEN_ASKED = TESTS / "tensorflow1.py"
# These import packages that are fetched to stand beside TensorFlow.
FETCHED = TESTS / "packages"
PACKAGES = {"tensorflow", "tf_slim", "tf_keras"}
# Functions to which the name of a module is given as a text.
BY_TEXT = {"importlib.import_module", "importlib.util.find_spec"}


class Needs(NamedTuple):
    """Whether a file cannot be imported without TensorFlow; and which of its names use it."""

    at_once: bool
    names: frozenset[str]


# A file that leads to itself is asked about itself while it is read.
_KNOWN: dict[Path, Needs] = {}


def needs(path: Path) -> Needs:
    """What of a file needs TensorFlow.

    >>> needs(TESTS / "nets.py")
    Needs(at_once=False, names=frozenset())
    >>> comparing = needs(TESTS / "comparing.py")
    >>> comparing.at_once, "assert_alike" in comparing.names, "assert_close" in comparing.names
    (False, True, False)
    """
    if path not in _KNOWN:
        _KNOWN[path] = Needs(at_once=False, names=frozenset())
        body = ast.parse(path.read_text()).body
        known = path == WHEN_ASKED or path.parent == FETCHED
        every = frozenset().union(*map(_bound, body))
        _KNOWN[path] = Needs(path.parent == FETCHED, every) if known else _found(body)
    return _KNOWN[path]


def _found(body: list[ast.stmt]) -> Needs:
    """What is found in the statements of a file."""
    functions = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    uses: dict[str, set[str]] = {}
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found |= {one.name for one in _imported(statement) if one.used}
            continue
        names = _bound(statement)
        if any(one.used for node in ast.walk(statement) for one in _imported(node)):
            found |= names
        for name in names:
            uses.setdefault(name, set()).update(_read(statement), _arguments(statement) & functions)
    while more := {name for name, used in uses.items() if name not in found and used & found}:
        found |= more
    at_once = any(
        one.at_once for part in body for node in _at_once(part) for one in _imported(node)
    )
    asked = {name for part in body for node in _at_once(part) for name in _asked(node)}
    return Needs(at_once or not asked.isdisjoint(found), frozenset(found))


class _Import(NamedTuple):
    """A name that is imported: whether the import needs TensorFlow, and whether to use the name does."""

    name: str
    at_once: bool
    used: bool


def _imported(node: ast.AST) -> Iterator[_Import]:
    """What a node imports of TensorFlow or of a file in tests/; no node within it is looked at."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in BY_TEXT:
        texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
        if not PACKAGES.isdisjoint(str(text).partition(".")[0] for text in texts):
            yield _Import("", at_once=True, used=True)
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        full = f"{module}.{alias.name}".lstrip(".")
        name = (alias.asname or alias.name).partition(".")[0]
        if full.partition(".")[0] in PACKAGES:
            yield _Import(name, at_once=True, used=True)
        elif file := _file_of(full):
            yield _Import(name, needs(file).at_once, bool(needs(file).names))
        elif file := _file_of(module):
            yield _Import(name, needs(file).at_once, alias.name in needs(file).names)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement at the top of a file gives a value."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def _arguments(node: ast.AST) -> set[str]:
    """The arguments of a function: of a test's, each is the name of a fixture."""
    if not isinstance(node, ast.FunctionDef | ast.Lambda):
        return set()
    return {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}


def _read(node: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of the file that are read anywhere in a node, but for those that an argument hides."""
    if isinstance(node, ast.Name) and node.id not in hidden:
        yield node.id
    inner = hidden | _arguments(node)
    for name, child in _children(node):
        yield from _read(child, inner if name == "body" else hidden)


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the file is imported: not the bodies of functions."""
    yield node
    for name, child in _children(node):
        if name != "body" or not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield from _at_once(child)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The nodes in a node, and what they are of it."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield name, child


def _asked(node: ast.AST) -> Iterator[str]:
    """The name that is called, or of which something is read."""
    if isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        asked = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(asked, ast.Name):
            yield asked.id


@cache
def _file_of(name: str) -> Path | None:
    """The file in tests/ that has this name as a module."""
    for root in ROOTS:
        at = root.joinpath(*name.split("."))
        for file in (at.with_suffix(".py"), at / "__init__.py"):
            if file.is_file() and file.is_relative_to(TESTS):
                return file
    return None
