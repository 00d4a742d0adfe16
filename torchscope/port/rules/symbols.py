"""Symbols of TensorFlow that stand elsewhere here, or nowhere."""

from __future__ import annotations

import ast
from typing import Any, ClassVar

from torchscope.port import places
from torchscope.port.file import File, Rule
from torchscope.port.rules.decisions import kind_of
from torchscope.tf1.missing import instead_of

_REGISTERS = f"{places.TF1}.RegisterGradient"


class Symbols(Rule):
    """``tf.compat.v1.layers.dense`` is ``tf.layers.dense``, and so with other paths that are only longer.

    A symbol that torchscope has not is noted. In a function it stays, and says what to write when it is
    reached. What is evaluated when the file is imported (base classes, decorators, constants), and what
    isinstance asks about, becomes a stand-in: a file has more in it than the model that is wanted.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces a whole chain of attributes, or the part of it that is a symbol."""
        assert isinstance(node, ast.Attribute)
        parent = file.names.parent(node)
        outermost = not (isinstance(parent, ast.Attribute) and isinstance(node.ctx, ast.Load))
        path = file.names.path(node) if outermost and isinstance(node.ctx, ast.Load) else None
        if path is None:
            return
        chain = _chain(node)
        at_root = file.found(chain[0])
        if at_root is None:
            # What an absent module is asked for stays, unless it is called while the file is imported.
            called = file.names.at_import(node) or _decorator(node, file) is not None
            if file.found(node) is None and called:
                self._absent(node, path, file)
            return
        for symbol in reversed(chain):
            found = file.found(symbol)
            if found is not None:
                break
        if symbol is not node and places.is_namespace(found or ""):
            self._absent(node, path, file)
            return
        plain = ".".join((at_root, *(each.attr for each in chain[1 : chain.index(symbol) + 1])))
        if found == plain or found is None:
            return
        if found.startswith(f"{at_root}."):
            file.replace(symbol, [chain[0], found.removeprefix(at_root)], self)
        else:
            module, _, name = (file.names.path(symbol) or "").rpartition(".")
            file.replace(symbol, [f'{file.helper("module", node)}("{module}").{name}'], self)

    def _absent(self, node: ast.Attribute, path: str, file: File) -> None:
        inner = places.canonical(path) or path
        advice = instead_of(f"tf.{inner}")
        file.note(node, kind_of(path), f"torchscope has no {path}. {advice}".strip())
        if file.is_tried(node):
            return
        decorated = _decorator(node, file)
        if decorated is not None:
            helper = file.helper("absent_decorator", node)
            file.replace(decorated, [f'{helper}("{path}")'], self)
        elif file.names.at_import(node):
            # What is computed with it on import is as absent.
            outer = _computed_with(node, file)
            file.replace(outer, [f'{file.helper("absent", node)}("{path}")'], self)
        elif _is_asked_about(node, file):
            file.replace(node, [f'{file.helper("absent", node)}("{path}")'], self)


class RegisteredGradients(Rule):
    """``@tf.RegisterGradient("Guided")`` stays in a file that only needs to be imported.

    Operations have no other gradients than their own here: who asks for one, by gradient_override_map, is
    refused. What is decorated becomes a stand-in.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.FunctionDef,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the decorator."""
        assert isinstance(node, ast.FunctionDef)
        for each in node.decorator_list:
            registers = isinstance(each, ast.Call) and file.found(each.func) == _REGISTERS
            if registers and file.names.at_import(node):
                helper = file.helper("absent_decorator", node)
                file.note(
                    each, "gradient", "Write a function with tf.custom_gradient, and call it."
                )
                file.replace(each, [f'{helper}("tensorflow.RegisterGradient")'], self)


def _chain(node: ast.Attribute) -> list[Any]:
    """A chain of attributes: its name, and then each attribute."""
    chain: list[ast.expr] = [node]
    while isinstance(chain[-1], ast.Attribute):
        chain.append(chain[-1].value)
    return chain[::-1]


def _decorator(node: ast.AST, file: File) -> ast.AST | None:
    """The decorator that a symbol is, or that a call of it is."""
    for child, parent in file.names.ancestors(node):
        if isinstance(parent, (ast.FunctionDef, ast.ClassDef)):
            return child if any(child is each for each in parent.decorator_list) else None
        if not (isinstance(parent, ast.Call) and parent.func is child):
            return None
    return None


def _computed_with(node: ast.AST, file: File) -> ast.AST:
    """The calls and attributes that a symbol is the beginning of."""
    outer = node
    for child, parent in file.names.ancestors(node):
        called = isinstance(parent, ast.Call) and parent.func is child
        if not called and not isinstance(parent, ast.Attribute):
            break
        outer = parent
    return outer


def _is_asked_about(node: ast.AST, file: File) -> bool:
    """Whether a symbol is what isinstance compares with."""
    for child, parent in file.names.ancestors(node):
        if isinstance(parent, ast.Call):
            named = isinstance(parent.func, ast.Name) and parent.func.id in {
                "isinstance",
                "issubclass",
            }
            return named and len(parent.args) == 2 and parent.args[1] is child
        if not isinstance(parent, ast.Tuple):
            return False
    return False
