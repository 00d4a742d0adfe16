"""What tensors and dtypes of TensorFlow have, and torch's have not."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port.file import File, Rule
from torchscope.port.places import TF1

# Attributes of a dtype that belong to nothing else.
_DTYPE_MEMBERS = frozenset(
    [
        "as_datatype_enum",
        "as_numpy_dtype",
        "base_dtype",
        "is_bool",
        "is_complex",
        "is_floating",
        "is_integer",
        "is_numpy_compatible",
        "is_unsigned",
        "real_dtype",
    ]
)
# Attributes that belong to other things as well, and are asked of what is called a dtype.
_OF_DTYPES = frozenset(("limits", "max", "min", "size", "is_compatible_with"))
# What gives no tensor, and has a name.
_GIVE_SCOPES = (f"{TF1}.get_variable_scope", f"{TF1}.get_default_graph")
# Methods of a tensor.
_METHODS = frozenset(("consumers", "eval", "set_shape"))


class DtypeMembers(Rule):
    """``x.dtype.base_dtype`` and the like: a torch.dtype has other names for what it tells."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the attribute."""
        assert isinstance(node, ast.Attribute)
        if not isinstance(node.ctx, ast.Load):
            return
        if node.attr in _DTYPE_MEMBERS:
            pass
        elif node.attr not in _OF_DTYPES or not is_dtype(node.value, file):
            return
        file.replace(node, [file.helper("of_dtype", node), "(", node.value, f").{node.attr}"], self)


class TensorMembers(Rule):
    """``x.name``, ``x.op`` and ``x.set_shape(...)``: a torch.Tensor has none of them, and others have.

    A helper gives what the object has, and for a tensor its name in the pass, if it has one there.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the attribute, or the name of the method."""
        assert isinstance(node, ast.Attribute)
        parent = file.names.parent(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        asked = node.value
        if not isinstance(node.ctx, ast.Load) or file.names.path(node) is not None:
            return
        if isinstance(asked, ast.Name) and (asked.id in {"self", "cls"} or _is_scope(asked, file)):
            return
        if isinstance(asked, ast.Call) and file.found(asked.func) in _GIVE_SCOPES:
            return
        if (node.attr in {"name", "op", "graph"} and not called) or (
            node.attr in _METHODS and called
        ):
            file.replace(node, [file.helper(node.attr, node), "(", asked, ")"], self)


def is_dtype(node: ast.AST, file: File) -> bool:
    """Whether it is called a dtype, or is one of TensorFlow's."""
    if isinstance(node, ast.Attribute):
        path = file.names.path(node)
        found = file.found(node) if path else None
        return node.attr == "dtype" or (found is not None and _names_dtype(found))
    return isinstance(node, ast.Name) and "dtype" in node.id


def _names_dtype(found: str) -> bool:
    import torch  # noqa: PLC0415 - nothing else of the rewriter needs it

    return isinstance(getattr(torch, found.rpartition(".")[2], None), torch.dtype)


def _is_scope(name: ast.Name, file: File) -> bool:
    """Whether a name is that of a block: ``with tf.variable_scope("a") as scope``."""
    for binding in file.names.bindings_of(name):
        parent = file.names.parent(binding)
        if not isinstance(parent, ast.withitem):
            return False
    return bool(file.names.bindings_of(name))
