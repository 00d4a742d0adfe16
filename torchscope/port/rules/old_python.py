"""What older Pythons and libraries had: names that are gone by now."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port.file import File, Rule
from torchscope.port.source import Part

# Builtins of Python 2, and what they are now.
_BUILTINS = {
    "basestring": "str",
    "long": "int",
    "raw_input": "input",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
}
_METHODS = {"iteritems": "items", "iterkeys": "keys", "itervalues": "values"}
# Names of numpy that are gone since its releases 1.24 and 2.0.
_NUMPY = {
    "Inf": "inf",
    "NaN": "nan",
    "NINF": "-inf",
    "bool": "bool_",
    "complex": "complex128",
    "cumproduct": "cumprod",
    "float": "float64",
    "float_": "float64",
    "infty": "inf",
    "int": "int_",
    "in1d": "isin",
    "long": "int_",
    "object": "object_",
    "product": "prod",
    "row_stack": "vstack",
    "sometrue": "any",
    "alltrue": "all",
    "str": "str_",
    "trapz": "trapezoid",
    "unicode": "str_",
}
_ABCS = frozenset(
    [
        "AsyncIterable",
        "AsyncIterator",
        "Awaitable",
        "ByteString",
        "Callable",
        "Collection",
        "Container",
        "Coroutine",
        "Generator",
        "Hashable",
        "ItemsView",
        "Iterable",
        "Iterator",
        "KeysView",
        "Mapping",
        "MappingView",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Reversible",
        "Sequence",
        "Set",
        "Sized",
        "ValuesView",
    ]
)


class OldNames(Rule):
    """``xrange`` is ``range``, where the file does not bind it; and so with other builtins of Python 2."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Name,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the name."""
        assert isinstance(node, ast.Name)
        if (
            node.id in _BUILTINS
            and isinstance(node.ctx, ast.Load)
            and not file.names.bindings_of(node)
        ):
            file.replace(node, [_BUILTINS[node.id]], self)


class OldAttributes(Rule):
    """``d.iteritems()``, ``np.float``, ``collections.Mapping``, ``inspect.getargspec``: what they are by now."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute, ast.ImportFrom)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the attribute, or the module that names are imported from."""
        if isinstance(node, ast.ImportFrom):
            if node.module == "collections" and {each.name for each in node.names} <= _ABCS:
                code = file.source.code(node).replace("collections", "collections.abc", 1)
                file.replace(node, [code], self)
            return
        assert isinstance(node, ast.Attribute)
        parent = file.names.parent(node)
        if not isinstance(node.ctx, ast.Load):
            return
        called = isinstance(parent, ast.Call) and parent.func is node
        if called and node.attr in _METHODS and not parent.args:  # type: ignore[union-attr]
            file.replace(node, [*file.source.receiver(node.value), f".{_METHODS[node.attr]}"], self)
            return
        module = _module(node.value, file)
        if module == "numpy" and node.attr in _NUMPY:
            new = _NUMPY[node.attr]
            parts: list[Part] = (
                ["(-", node.value, ".inf)"] if new == "-inf" else [node.value, f".{new}"]
            )
            file.replace(node, parts, self)
        elif module == "collections" and node.attr in _ABCS:
            file.replace(node, [node.value, f".abc.{node.attr}"], self)
        elif node.attr == "getargspec" and (
            module == "inspect" or file.found(node.value) == "inspect"
        ):
            file.replace(node, [file.helper("getargspec", node)], self)


def _module(node: ast.AST, file: File) -> str | None:
    """The module that a name is bound to by an import."""
    if not isinstance(node, ast.Name):
        return None
    for binding in file.names.bindings_of(node):
        if isinstance(binding, ast.Import):
            for alias in binding.names:
                if (alias.asname or alias.name) == node.id:
                    return alias.name
    return None
