"""Operations that nobody needs: what nothing reads, and what gives back what it is given.

A pass computes more than comes out of it. In eager nobody can tell beforehand; in a graph all readers
are known. What writes to a tensor or draws random numbers stays, whoever reads it.
"""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor, fx

# What does nothing but compute, and is neither a view nor elementwise. No other is taken out: the
# schemas do not say of all operations what they write to, as batch_norm its averages.
_COMPUTES = {
    "arange",
    "cat",
    "clone",
    "empty",
    "full",
    "full_like",
    "lift_fresh_copy",
    "matmul",
    "mean",
    "new_zeros",
    "ones",
    "ones_like",
    "pad",
    "scalar_tensor",
    "stack",
    "sum",
    "zeros",
    "zeros_like",
}


def drop_needless(graph: fx.Graph) -> None:
    """Takes out what changes nothing, and then what nothing reads."""
    for node in list(graph.nodes):
        if _changes_nothing(node):
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)
    for node in reversed(list(graph.nodes)):
        if not node.users and only_computes(node):
            graph.erase_node(node)


def only_computes(node: fx.Node) -> bool:
    """Whether a node does nothing else: no write, no random number, no message to others."""
    target: Any = node.target
    if node.op == "get_attr" or target is operator.getitem:
        return True
    if not isinstance(target, torch._ops.OpOverload) or target.namespace != "aten":
        return False
    schema = target._schema
    if schema.is_mutable or torch.Tag.nondeterministic_seeded in target.tags:
        return False
    a_view = any(each.alias_info is not None for each in schema.returns)
    return a_view or torch.Tag.pointwise in target.tags or target._opname in _COMPUTES


def _changes_nothing(node: fx.Node) -> bool:
    """Whether a node gives what it is given, the very same tensor."""
    target: Any = node.target
    if target is torch.ops.aten.dropout.default:
        return not node.args[2]
    if target is torch.ops.aten.alias.default:
        return True
    if not isinstance(target, torch._ops.OpOverload) or target._schema.name != "aten::to":
        return False
    names = [each.name for each in target._schema.arguments]
    given = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
    source: Any = given["self"]
    before, after = source.meta.get("val"), node.meta.get("val")
    return (
        isinstance(before, Tensor)
        and isinstance(after, Tensor)
        and (before.dtype, before.device, before.layout)
        == (after.dtype, after.device, after.layout)
        and not given.get("copy")
        and given.get("memory_format") is None
    )
