"""Constant folding: what is computed of known numbers and sizes is a number in the source, too."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import torch

from torchscope.graphs.definitions import Node
from torchscope.port.graph_source.constants import SMALL, Constant, rounded

_FOLDED = {
    "Add": operator.add,
    "AddV2": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
}


def fold(node: Node, inputs: Sequence[Any]) -> Constant | None:
    """What numbers and sizes give that are known."""
    if not inputs or not all(
        isinstance(each, Constant) and each.value is not None for each in inputs
    ):
        return None
    first, *more = inputs
    values = [each.value for each in inputs]
    if first.dtype != torch.int32 and not (first.scalar and first.dtype == torch.float32):
        return None
    found: Any = None
    match node.op, more:
        case (("Add" | "AddV2" | "Sub" | "Mul"), [second]) if first.scalar and second.scalar:
            # Integers wrap around.
            found = torch.tensor(_FOLDED[node.op](*values)).to(first.dtype).item()
        case "Range", [_, _] if first.dtype == torch.int32:
            found = list(range(*values)[: SMALL + 1])
        case "ConcatV2", [*_] if all(isinstance(each, list) for each in values[:-1]):
            flat = [number for each in values[:-1] for number in each]
            found = None if any(isinstance(each, list) for each in flat) else flat
        case "StridedSlice", [begin, _, _] if node.attributes.get("shrink_axis_mask") == 1:
            found = first.value[begin.value[0]] if len(begin.value) == 1 else None
    if found is None or (isinstance(found, list) and len(found) > SMALL):
        return None
    assert isinstance(first, Constant)
    return first._replace(value=rounded(found) if isinstance(found, float) else found)
