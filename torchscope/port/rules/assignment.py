"""Augmented assignment: what TensorFlow computes anew, torch does in place."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port.file import File, Rule

_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("iadd", "+"),
    ast.BitAnd: ("iand", "&"),
    ast.BitOr: ("ior", "|"),
    ast.BitXor: ("ixor", "^"),
    ast.Div: ("itruediv", "/"),
    ast.FloorDiv: ("ifloordiv", "//"),
    ast.LShift: ("ilshift", "<<"),
    ast.MatMult: ("imatmul", "@"),
    ast.Mod: ("imod", "%"),
    ast.Mult: ("imul", "*"),
    ast.Pow: ("ipow", "**"),
    ast.RShift: ("irshift", ">>"),
    ast.Sub: ("isub", "-"),
}
# What these make is no tensor.
_MAKERS = frozenset(
    [
        "bool",
        "dict",
        "float",
        "frozenset",
        "int",
        "len",
        "list",
        "range",
        "set",
        "sorted",
        "str",
        "tuple",
    ]
)
_DISPLAYS = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.Tuple,
    ast.JoinedStr,
)


class AugmentedAssignments(Rule):
    """``x += y`` makes a new tensor in TensorFlow, and torch would write into one that others hold.

    A helper is out of place for tensors, and in place for lists, sets and arrays, as Python is. Where
    syntax tells that there is no tensor, the statement stays; where it tells that there is one, it becomes
    ``x = x + y``.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.AugAssign,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the statement."""
        assert isinstance(node, ast.AugAssign)
        target = node.target
        if isinstance(target, ast.Name) and _is_plain(target, file):
            return
        if any(isinstance(each, (ast.Call, ast.NamedExpr)) for each in ast.walk(target)):
            advice = (
                "Write it as `x = x + y`, with the call before it: torch writes into the tensor."
            )
            file.note(node, "augmented assignment", advice)
            return
        name, sign = _OPERATORS[type(node.op)]
        value = node.value
        if isinstance(value, ast.Call) and file.found(value.func) is not None:
            file.replace(node, [target, " = ", target, f" {sign} ", value], self)
        else:
            helper = file.helper(name, node)
            file.replace(node, [target, f" = {helper}(", target, ", ", value, ")"], self)


def _is_plain(name: ast.Name, file: File) -> bool:
    """Whether all that a name is bound to is a number, a text or a container of Python's."""
    bindings = file.names.bindings_of(name)
    return bool(bindings) and all(_binds_plain(each, file, name.id) for each in bindings)


def _binds_plain(binding: ast.AST, file: File, name: str) -> bool:
    parent = file.names.parent(binding)
    if isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value is not None:
        return _makes_plain(parent.value)
    if isinstance(parent, ast.AugAssign):
        return _makes_plain(parent.value) or (
            isinstance(parent.value, ast.Name)
            and parent.value.id != name
            and _is_plain(parent.value, file)
        )
    return False


def _makes_plain(value: ast.AST) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in _MAKERS
    if isinstance(value, ast.UnaryOp):
        return _makes_plain(value.operand)
    if isinstance(value, ast.BinOp):
        return _makes_plain(value.left) and _makes_plain(value.right)
    return isinstance(value, (*_DISPLAYS, ast.Constant))
