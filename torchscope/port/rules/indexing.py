"""Indices that torch refuses."""

from __future__ import annotations

import ast
from typing import ClassVar

from torchscope.port.file import File, Rule


class NegativeSteps(Rule):
    """``x[:, ::-1]`` turns a tensor around in TensorFlow; torch has no negative steps."""

    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.Subscript,)

    def apply(self, node: ast.AST, file: File) -> None:
        """Replaces what is indexed by what takes such steps."""
        assert isinstance(node, ast.Subscript)
        if not isinstance(node.ctx, ast.Load):
            return
        index = node.slice
        slices = index.elts if isinstance(index, ast.Tuple) else [index]
        if any(isinstance(each, ast.Slice) and _may_go_back(each.step) for each in slices):
            before = f"{file.helper('strided', node)}("
            file.source.surround(node.value, before, ")", type(self).__name__)


def _may_go_back(step: ast.expr | None) -> bool:
    return not (step is None or (isinstance(step, ast.Constant) and step.value is not Ellipsis))
