"""What the names of a file are bound to: TensorFlow's modules and symbols, or something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Packages whose names are TensorFlow's.
TENSORFLOW = ("tensorflow", "tf_slim", "tensorflow_core")
# What stands beside it, and is made for it alone.
BESIDE = (
    *("tensorflow_addons", "tensorflow_datasets", "tensorflow_estimator", "tensorflow_gan"),
    *("tensorflow_hub", "tensorflow_probability", "tensorflow_text", "tensorboard"),
)

# What projects call it where one of their own files imports it for the others.
ALIASES = ("tf", "tf1", "tfv1")

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Module)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def is_of_tensorflow(module: str | None) -> bool:
    """Whether a module's name is one of TensorFlow's, or of a library on it."""
    return module is not None and module.partition(".")[0] in (*TENSORFLOW, *BESIDE)


def imports_tensorflow(node: ast.AST) -> bool:
    """Whether a statement imports TensorFlow."""
    if isinstance(node, ast.Import):
        return any(is_of_tensorflow(alias.name) for alias in node.names)
    return isinstance(node, ast.ImportFrom) and not node.level and is_of_tensorflow(node.module)


def imports_alias(node: ast.AST) -> bool:
    """Whether a statement takes TensorFlow from a file that has imported it."""
    return isinstance(node, ast.ImportFrom) and any(each.name in ALIASES for each in node.names)


class Bindings:
    """Who is whose parent in a tree, and what names mean in it.

    Args:
        tree: the tree of a whole file.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = list(ast.walk(tree))
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
        self._bound: dict[ast.AST, dict[str, list[ast.AST]]] = {}

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that a node is part of."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Pairs of a child and its parent, from a node outwards."""
        child: ast.AST | None = node
        while child is not None and (parent := self._parents.get(child)) is not None:
            yield child, parent
            child = parent

    def scopes(self, node: ast.AST) -> Iterator[ast.AST]:
        """The scopes in which a node's names are looked up, from the innermost one outwards."""
        nearest = True
        for child, parent in self.ancestors(node):
            if isinstance(parent, _SCOPES) and _is_body(child, parent):
                if nearest or not isinstance(parent, ast.ClassDef):
                    yield parent
                nearest = False

    def function_of(self, node: ast.AST) -> ast.AST:
        """The function in whose body a node is, or the file."""
        return next(each for each in self.scopes(node) if not isinstance(each, ast.ClassDef))

    def at_import(self, node: ast.AST) -> bool:
        """Whether a node is evaluated when the file is imported."""
        return not any(isinstance(scope, _FUNCTIONS) for scope in self.scopes(node))

    def bound(self, scope: ast.AST) -> dict[str, list[ast.AST]]:
        """What binds names in a scope, by name."""
        if scope not in self._bound:
            self._bound[scope] = _bound_in(scope)
        return self._bound[scope]

    def bindings_of(self, name: ast.Name) -> list[ast.AST]:
        """What binds a name where it stands; none, if nothing in the file does."""
        for scope in self.scopes(name):
            if name.id in self.bound(scope):
                return self.bound(scope)[name.id]
        return []

    def path(self, node: ast.AST) -> str | None:
        """The dotted path of TensorFlow that a name or a chain of attributes stands for.

        None where it stands for something else. `tensorflow` itself is "tensorflow".
        """
        if isinstance(node, ast.Attribute):
            outer = self.path(node.value)
            return None if outer is None else f"{outer}.{node.attr}"
        if not isinstance(node, ast.Name):
            return None
        for binding in self.bindings_of(node):
            if (path := _path_of(binding, node.id)) is not None:
                return path
        return None


def _is_body(child: ast.AST, scope: ast.AST) -> bool:
    """Whether what is directly below a scope is evaluated in it, and not around it."""
    if isinstance(scope, ast.Lambda):
        return child is scope.body
    if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
        around: tuple[ast.AST | None, ...] = (scope.args, scope.returns, *scope.decorator_list)
        return not any(child is each for each in around)
    if isinstance(scope, ast.ClassDef):
        around = (*scope.bases, *scope.keywords, *scope.decorator_list)
        return not any(child is each for each in around)
    return True


def _bound_in(scope: ast.AST) -> dict[str, list[ast.AST]]:
    """What binds the names of a scope, without the scopes in it."""
    bound: dict[str, list[ast.AST]] = {}
    elsewhere: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.setdefault(node.name, []).append(node)
            return
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                bound.setdefault(alias.asname or alias.name.partition(".")[0], []).append(node)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.setdefault(node.name, []).append(node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            elsewhere.update(node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    if isinstance(scope, _FUNCTIONS):
        arguments = scope.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for argument in (*every, arguments.vararg, arguments.kwarg):
            if argument is not None:
                bound.setdefault(argument.arg, []).append(argument)
    body = scope.body  # type: ignore[attr-defined]
    for node in body if isinstance(body, list) else [body]:
        visit(node)
    return {name: nodes for name, nodes in bound.items() if name not in elsewhere}


def _path_of(binding: ast.AST, name: str) -> str | None:
    """The path of TensorFlow that an import binds to a name."""
    if isinstance(binding, ast.Import):
        for alias in binding.names:
            if alias.asname == name and is_of_tensorflow(alias.name):
                return alias.name
            if alias.asname is None and alias.name.partition(".")[0] == name:
                return name if is_of_tensorflow(name) else None
    if isinstance(binding, ast.ImportFrom):
        for alias in binding.names:
            if (alias.asname or alias.name) != name:
                continue
            if not binding.level and is_of_tensorflow(binding.module):
                return f"{binding.module}.{alias.name}"
            if alias.name in ALIASES:
                return "tensorflow"
    return None
