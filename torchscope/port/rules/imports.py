"""Imports of TensorFlow become imports of torchscope.tf1."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port import places
from torchscope.port.bindings import is_of_tensorflow
from torchscope.port.file import File, Rule
from torchscope.port.rules.decisions import kind_of
from torchscope.tf1.missing import instead_of

_NAME = (ast.Import, ast.ImportFrom)


class Imports(Rule):
    """An import of TensorFlow is one of torchscope.tf1.

    Names keep their names, so that the rest of the file stays. TensorFlow's own modules
    (``tensorflow.python.ops.array_ops``) have their names in several namespaces here: the one that has all
    that the file uses takes the name. What torchscope has not becomes a stand-in that is refused when it
    is used, since files import more than a model needs; where the file catches an ImportError, it
    gets one.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = _NAME

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the statement, if one of its names is TensorFlow's."""
        assert isinstance(node, _NAME)
        if isinstance(node, ast.Import):
            if not any(is_of_tensorflow(alias.name) for alias in node.names):
                return
            statements = [self._imported(alias, node, file) for alias in node.names]
        elif node.level == 0 and is_of_tensorflow(node.module):
            statements = self._taken(node, file)
        else:
            return
        file.replace(node, ["; ".join(dict.fromkeys(statements))], self)

    def _imported(self, alias: ast.alias, node: ast.Import, file: File) -> str:
        if not is_of_tensorflow(alias.name):
            return f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        if alias.asname is None:
            # `import tensorflow.contrib.slim` binds `tensorflow`.
            root = alias.name.partition(".")[0]
            return self._bound(root, root, node, file)
        return self._bound(alias.name, alias.asname, node, file)

    def _taken(self, node: ast.ImportFrom, file: File) -> list[str]:
        assert node.module is not None
        if [alias.name for alias in node.names] == ["*"]:
            found = places.find(node.module)
            if found is None:
                advice = "Import by name what the file uses."
                file.note(node, "unknown symbol", advice)
                return [self._missing(node.module, "_", node, file)]
            return [places.statement(f"{found}.*", "*")]
        # Names from one module are taken together.
        together: dict[str, list[str]] = {}
        statements = []
        for alias in node.names:
            local = alias.asname or alias.name
            said = self._bound(f"{node.module}.{alias.name}", local, node, file)
            if said.startswith("from ") and " import " in said:
                module, name = said.removeprefix("from ").split(" import ")
                together.setdefault(module, []).append(name)
            else:
                statements.append(said)
        taken = [f"from {module} import {', '.join(names)}" for module, names in together.items()]
        return [*taken, *statements]

    def _bound(self, path: str, local: str, node: ast.AST, file: File) -> str:
        """The statement that binds a name to what stands for a path."""
        found = places.find(path)
        if found is not None:
            return places.statement(found, local)
        inner = places.canonical(path)
        used = _asked_of(local, path, file)
        spaces = places.namespaces(inner) if inner else ()
        have = {
            space: {name for name in used if places.find(_under(space, name))} for space in spaces
        }
        for space, names in have.items():
            # What models take from private modules may be something else under the same name.
            if used and names == used and not any(places.is_private(path, name) for name in used):
                return places.statement(f"{places.TF1}.{space}".removesuffix("."), local)
        if any(have.values()) or any(places.find(f"{path}.{name}") for name in used):
            return f'{local} = {file.helper("module", node)}("{path}")'
        return self._missing(path, local, node, file)

    def _missing(self, path: str, local: str, node: ast.AST, file: File) -> str:
        """What stands for an import that there is nothing for."""
        if file.is_tried(node):
            # This import fails as the file expects, and binds the name for whoever reads it.
            inner = places.canonical(path) or path
            if isinstance(node, ast.Import):
                return f"import {places.TF1}.{inner} as {local}"
            module, _, name = f"{places.TF1}.{inner}".rpartition(".")
            return f"from {module} import {name}" + ("" if name == local else f" as {local}")
        inner = places.canonical(path) or path
        advice = instead_of(f"tf.{inner}") or "Rewrite what uses it, or leave that out."
        file.note(node, kind_of(path), f"torchscope has no {path}. {advice}")
        return f'{local} = {file.helper("absent", node)}("{path}")'


def _under(space: str, name: str) -> str:
    return ".".join(part for part in ("tensorflow", space, name) if part)


def _asked_of(local: str, path: str, file: File) -> set[str]:
    """Which attributes the file asks of a name that stands for a path."""
    return {
        node.attr
        for node in file.names.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == local
        and file.names.path(node.value) == path
    }


class ImportsByText(Rule):
    """``importlib.import_module("tensorflow")`` gives torchscope.tf1, as an import statement does."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the function, if it is importlib's."""
        assert isinstance(node, ast.Attribute)
        if node.attr == "import_module" and file.source.code(node) == "importlib.import_module":
            file.replace(node, [file.helper("import_module", node)], self)
