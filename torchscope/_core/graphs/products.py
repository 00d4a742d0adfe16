"""Dense layers by their kernels as they are: no transposing, and none of its gradient.

TF1's kernel is (in, out), PyTorch's weight (out, in): so `F.linear` is given the kernel transposed, and
transposes it again before it multiplies. Here the product is asked for itself, as F.linear would ask.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

aten = torch.ops.aten


def multiply_directly(graph: fx.Graph) -> None:
    """Replaces each linear operation on a transposed kernel by the product that it comes to."""
    for node in list(graph.nodes):
        if node.target is aten.linear.default:
            x, weight, *bias = node.args
            if weight.target is aten.permute.default and weight.args[1] == [1, 0]:
                with graph.inserting_before(node):
                    new = _product(graph, node, x, weight.args[0], *bias)
                if new is not None:
                    new.meta = dict(node.meta)
                    node.replace_all_uses_with(new)
                    graph.erase_node(node)
                    if not weight.users:
                        graph.erase_node(weight)


def _product(
    graph: fx.Graph, node: fx.Node, x: Any, kernel: fx.Node, bias: fx.Node | None = None
) -> fx.Node | None:
    if bias is None:
        return graph.call_function(aten.matmul.default, (x, kernel))
    given, size = x.meta["val"], node.meta["val"].shape
    if given.dim() == 2:
        return graph.call_function(aten.addmm.default, (bias, x, kernel))
    depth = given.shape[-1]
    known = all(isinstance(each, int) and each > 0 for each in (depth, *size[1:]))
    if given.dim() != 3 or not known or not given.is_contiguous():
        # F.linear adds the bias afterwards, or cannot tell.
        return None
    rows = graph.call_function(aten.reshape.default, (x, [-1, depth]))
    product = graph.call_function(aten.addmm.default, (bias, rows, kernel))
    return graph.call_function(aten.reshape.default, (product, [-1, *size[1:]]))
