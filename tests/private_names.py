"""The private names of PyTorch that torchscope uses: what is written down, and what its source says.

A name is private where a part of it begins with ``_``, and in ``torch.fx.experimental``. A release of
PyTorch may take any of them away, so each is looked for in the PyTorch that the tests run on.
"""

import ast
import builtins
import importlib
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

PACKAGE = Path(__file__).parent.parent / "torchscope"
EXPERIMENTAL = "torch.fx.experimental."

# By their full names: the files that use them.
NAMES = {}

# Private attributes of PyTorch's objects: what has them, and the files that use them.
ATTRIBUTES = {}
# Private attributes of what is not PyTorch's.
OF_PYTHON = {"_current_frames", "_getframe", "_replace"}


def names_used() -> dict[str, set[str]]:
    """PyTorch's private names, as the source has them, with the files."""
    used: dict[str, set[str]] = {}
    for file, tree in _sources():
        for name in _names_in(tree):
            used.setdefault(name, set()).add(file)
    return used


def attributes_used() -> dict[str, set[str]]:
    """The private attributes that are read of what the package itself does not give such an attribute."""
    own = {name for _, tree in _sources() for name in _defined_in(tree)}
    used: dict[str, set[str]] = {}
    for file, tree in _sources():
        full = {part for name in _names_in(tree) for part in name.split(".")}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _is_private(node.attr):
                if node.attr not in own | full | OF_PYTHON:
                    used.setdefault(node.attr, set()).add(file)
    return used


def exists(name: str) -> bool:
    """Whether the PyTorch that is installed has what has this full name."""
    found, path = torch, "torch"
    for part in name.split(".")[1:]:
        path += f".{part}"
        if not hasattr(found, part):
            try:
                importlib.import_module(path)
            except ImportError:
                return False
        found = getattr(found, part)
    return True


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


def _is_private(part: str) -> bool:
    return part.startswith("_") and not part.startswith("__")


def _names_in(tree: ast.Module) -> Iterator[str]:
    """The full names of what is private in PyTorch, of all that a file imports and reads."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {"torch": "torch" for each in node.names if each.name.startswith("torch.")}
            imported |= {each.asname or each.name: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {e.asname or e.name: f"{node.module}.{e.name}" for e in node.names}
    inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    read = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and id(n) not in inner]
    for name in {*imported.values(), *(_full_name(each, imported) for each in read)}:
        if name.startswith("torch.") and (
            any(map(_is_private, name.split("."))) or name.startswith(EXPERIMENTAL)
        ):
            yield name


def _full_name(node: ast.expr, imported: dict[str, str]) -> str:
    """What ``a.b.c`` is, where `a` was imported; else nothing."""
    if isinstance(node, ast.Attribute):
        of = _full_name(node.value, imported)
        return of and f"{of}.{node.attr}"
    return imported.get(node.id, "") if isinstance(node, ast.Name) else ""


def _defined_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
