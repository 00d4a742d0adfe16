"""Static shapes: a torch.Size where TensorFlow had a TensorShape of Dimensions."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port.file import File, Rule
from torchscope.port.rules.tensors import is_dtype

# Methods of TensorShape that a torch.Size has not.
_METHODS = frozenset(
    [
        "as_list",
        "assert_has_rank",
        "assert_is_compatible_with",
        "assert_is_fully_defined",
        "assert_same_rank",
        "concatenate",
        "is_compatible_with",
        "is_fully_defined",
        "merge_with",
        "num_elements",
        "with_rank",
        "with_rank_at_least",
        "with_rank_at_most",
    ]
)


def is_shape(node: ast.AST | None) -> bool:
    """Whether syntax tells that it is a shape: ``x.shape``, ``x.get_shape()``."""
    if isinstance(node, ast.Attribute):
        return node.attr == "shape"
    return _is_get_shape(node)


def _is_get_shape(node: ast.AST | None) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get_shape"
        and not node.args
        and not node.keywords
    )


def _shaped(node: ast.expr) -> ast.expr:
    """What a shape is the shape of."""
    if isinstance(node, ast.Call):
        node = node.func
    assert isinstance(node, ast.Attribute)
    return node.value


class GetShape(Rule):
    """``x.get_shape()`` is ``x.shape`` where a torch.Size does: under a number, len, and what follows.

    Elsewhere a helper gives a TensorShape, which is compared, sliced and added as TensorFlow's is.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Call,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the call, or the longer expression that it is the beginning of."""
        assert isinstance(node, ast.Call)
        if not _is_get_shape(node) or file.names.path(node.func) is not None:
            return
        parent = file.names.parent(node)
        shaped = file.source.receiver(_shaped(node))
        indexed = isinstance(parent, ast.Subscript) and parent.value is node
        numbered = indexed and _is_number(parent.slice)  # type: ignore[union-attr]
        counted = isinstance(parent, ast.Call) and _is_name(parent.func, {"len"})
        gone_over = _is_gone_over(parent if indexed else node, file)
        if numbered or counted or gone_over:
            file.replace(node, [*shaped, ".shape"], self)
        else:
            file.replace(node, [file.helper("get_shape", node), "(", _shaped(node), ")"], self)


class ComparedShapes(Rule):
    """``x.shape == [2, 3]`` compares dimensions in TensorFlow, and a torch.Size is equal to no list."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces a shape that is compared with a list, or with what may be one."""
        assert isinstance(node, ast.Attribute)
        parent = file.names.parent(node)
        if node.attr != "shape" or not isinstance(parent, ast.Compare):
            return
        others = [each for each in (parent.left, *parent.comparators) if each is not node]
        equal = all(isinstance(each, (ast.Eq, ast.NotEq)) for each in parent.ops)
        if equal and not all(is_shape(each) or isinstance(each, ast.Tuple) for each in others):
            file.replace(node, [file.helper("get_shape", node), "(", node.value, ")"], self)


class ShapeMembers(Rule):
    """``x.shape.as_list()`` is ``list(x.shape)``, ``x.shape.ndims`` is ``len(x.shape)``; others are asked for.

    ``.ndims``, ``.dims`` and the methods of a TensorShape may be asked of anything: what is none has its own.
    """

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the attribute, or the call of the method."""
        assert isinstance(node, ast.Attribute)
        if not isinstance(node.ctx, ast.Load) or file.names.path(node) is not None:
            return
        parent = file.names.parent(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        shape = node.value
        told = is_shape(shape)
        if called and node.attr in _METHODS and not is_dtype(shape, file):
            assert isinstance(parent, ast.Call)
            if told and node.attr == "as_list" and not parent.args:
                shaped = file.source.receiver(_shaped(shape))
                file.replace(parent, ["list(", *shaped, ".shape)"], self)
            else:
                file.replace(
                    node, [file.helper("of_shape", node), "(", shape, f").{node.attr}"], self
                )
        elif not called and (node.attr in {"ndims", "dims"} or (told and node.attr == "rank")):
            if told and node.attr != "dims":
                shaped = file.source.receiver(_shaped(shape))
                file.replace(node, ["len(", *shaped, ".shape)"], self)
            else:
                file.replace(
                    node, [file.helper("of_shape", node), "(", shape, f").{node.attr}"], self
                )


class DimensionValues(Rule):
    """``x.shape[1].value`` is ``x.shape[1]``; what else ``.value`` is asked of, a helper asks."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Attribute,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces the attribute."""
        assert isinstance(node, ast.Attribute)
        parent = file.names.parent(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if node.attr != "value" or called or not isinstance(node.ctx, ast.Load):
            return
        dimension = node.value
        if _is_name(dimension, {"self", "cls"}) or file.names.path(node) is not None:
            return
        numbered = (
            isinstance(dimension, ast.Subscript)
            and is_shape(dimension.value)
            and _is_number(dimension.slice)
        )
        if numbered or _is_dimension(dimension, file):
            file.replace(node, [dimension], self)
        else:
            file.replace(node, [file.helper("value", node), "(", dimension, ")"], self)


def _is_gone_over(node: ast.AST | None, file: File) -> bool:
    """Whether a loop goes over it."""
    parent = file.names.parent(node) if node is not None else None
    return isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node


def _is_dimension(node: ast.AST, file: File) -> bool:
    """Whether a name is bound by loops over shapes, and by nothing else."""
    if not isinstance(node, ast.Name):
        return False
    bindings = file.names.bindings_of(node)
    return bool(bindings) and all(_goes_over_shape(each, file) for each in bindings)


def _goes_over_shape(binding: ast.AST, file: File) -> bool:
    parent = file.names.parent(binding)
    if not isinstance(parent, (ast.For, ast.comprehension)) or parent.target is not binding:
        return False
    over = parent.iter
    return is_shape(over.value if isinstance(over, ast.Subscript) else over)


def _is_number(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _is_name(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names
