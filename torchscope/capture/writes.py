"""What was read stays what it was: a variable that the graph writes to later is read from a copy.

``v.assign(...)`` changes a variable in place. Backward needs the value that an operation has read,
and PyTorch keeps no second one. In a graph all writes are known beforehand, so that only what is
read before a write costs a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import fx

aten = torch.ops.aten


def keep_what_was_read(graph: fx.Graph) -> None:
    """Has operations read copies of the tensors that the graph writes to after them."""
    order = {node: number for number, node in enumerate(graph.nodes)}
    for tensor in [node for node in graph.nodes if node.op == "placeholder"]:
        writers = {node for node in _aliases(tensor) if _writes(node)}
        if writers:
            _read_from_copies(graph, tensor, writers, order)


def _read_from_copies(
    graph: fx.Graph, tensor: fx.Node, writers: set[fx.Node], order: dict[fx.Node, int]
) -> None:
    last = max(map(order.__getitem__, writers))
    copy: fx.Node | None = None
    events = sorted(writers | set(tensor.users), key=lambda node: order[node])
    for node in events:
        if node in writers or not writers.isdisjoint(_aliases(node)):
            # What changes the tensor, or a part of it, has to have the tensor itself.
            copy = None if node in writers else copy
        elif order[node] < last:
            if copy is None:
                with graph.inserting_before(node):
                    copy = graph.call_function(aten.clone.default, (tensor,))
                copy.meta = dict(tensor.meta)
            node.replace_input_with(tensor, copy)


def _aliases(node: fx.Node) -> Iterator[fx.Node]:
    """The nodes that write to a tensor or view it, and those that do so to the views."""
    for user in node.users:
        if _writes(user) or _views(user, node):
            yield user
            yield from _aliases(user)


def _arguments(node: fx.Node) -> Any:
    schema = getattr(node.target, "_schema", None)
    return zip(schema.arguments, node.args, strict=False) if schema is not None else ()


def _writes(node: fx.Node) -> bool:
    return any(a.alias_info is not None and a.alias_info.is_write for a, _ in _arguments(node))


def _views(node: fx.Node, tensor: fx.Node) -> bool:
    return any(a.alias_info is not None and value is tensor for a, value in _arguments(node))
