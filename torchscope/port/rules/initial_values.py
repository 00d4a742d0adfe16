"""Values that a graph computed once, and a pass would compute each time."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port.file import File, Rule


class InitialValues(Rule):
    """``tf.Variable(tf.random_normal([2]))`` draws its first value once; a function draws it when it is needed.

    Without that each pass would draw it anew, to throw it away, and the random numbers after it would be
    others. The same holds for the tensor that get_variable takes as its initializer.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Call,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Puts a lambda before the value."""
        assert isinstance(node, ast.Call)
        found = file.found(node.func)
        name = found.rpartition(".")[2] if found else ""
        if name == "Variable":
            value = _argument(node, 0, "initial_value")
        elif name == "get_variable":
            value = _argument(node, 3, "initializer")
            # An initializer is made, and called later.
            made = file.found(value.func) if isinstance(value, ast.Call) else None
            if made is None or not _makes_tensor(made):
                return
        else:
            return
        if isinstance(value, ast.Lambda):
            return
        if value is not None and any(isinstance(each, ast.Call) for each in ast.walk(value)):
            file.source.surround(value, "lambda: ", "", type(self).__name__)


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    if position < len(node.args) and not any(isinstance(each, ast.Starred) for each in node.args):
        return node.args[position]
    return None


def _makes_tensor(found: str) -> bool:
    """Whether what is called makes a tensor, and no initializer."""
    name = found.rpartition(".")[2]
    return name in {"constant", "ones", "range", "zeros", "fill", "eye", "linspace"} or (
        name.startswith(("random_", "truncated_normal")) and not name.endswith("_initializer")
    )
