"""What was read stays what it was: a variable that the graph writes to is read from copies.

``v.assign(...)`` changes a variable in place. Backward needs the value that an operation has read,
and PyTorch keeps no second one. In a graph all writes are known beforehand, so that only what is
written to costs copies. What is read after the last write is read from one too: the compiler would
compute it again in backward, from what the variable has become.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx

aten = torch.ops.aten
# Operations that normalize. In training they move the averages, and their schemas do not say so.
_MOVES_AVERAGES = (aten.batch_norm.default, aten.instance_norm.default)
# In the meta of a node: that it is such a copy.
KEPT = "torchscope_kept"


# The compiler keeps for backward what is in memory already, and computes the rest again there: from
# a variable that was written to meanwhile, and without a word (PyTorch 2.13). It sees through a
# clone, and not through this.
@torch.library.custom_op("torchscope::snapshot", mutates_args=())
def snapshot(tensor: Tensor) -> Tensor:
    """A copy that is kept for backward, in a compiled graph too."""
    return tensor.clone()


@snapshot.register_fake
def _(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor)


snapshot.register_autograd(lambda _, gradient: gradient)


def keep_what_was_read(graph: fx.Graph) -> None:
    """Has operations read copies of the tensors that the graph writes to.

    What an operation in place gives is the tensor that it has written to, and is taken for that.
    """
    for node in graph.nodes:
        if _gives_what_it_writes_to(node):
            node.replace_all_uses_with(node.args[0])
    order = {node: number for number, node in enumerate(graph.nodes)}
    for tensor in [node for node in graph.nodes if node.op == "placeholder"]:
        writers = {node for node in aliases(tensor) if writes_to(node)}
        if writers:
            _read_from_copies(graph, tensor, writers, order)


def hide_copies(graph: fx.Graph) -> None:
    """Has an operation make the copies that the compiler does not see through: see `snapshot`."""
    for node in graph.nodes:
        if KEPT in node.meta:
            node.target = torch.ops.torchscope.snapshot.default


def _read_from_copies(
    graph: fx.Graph, tensor: fx.Node, writers: set[fx.Node], order: dict[fx.Node, int]
) -> None:
    copy: fx.Node | None = None
    events = sorted(writers | set(tensor.users), key=lambda node: order[node])
    for node in events:
        if node in writers or not writers.isdisjoint(aliases(node)):
            # What changes the tensor, or a part of it, has to have the tensor itself.
            copy = None if node in writers else copy
        elif node.op != "output":
            if copy is None:
                with graph.inserting_before(node):
                    copy = graph.call_function(aten.clone.default, (tensor,))
                copy.meta = {**tensor.meta, KEPT: True}
            node.replace_input_with(tensor, copy)


def aliases(node: fx.Node) -> Iterator[fx.Node]:
    """The nodes that write to a tensor or view it, and those that do so to the views."""
    for user in node.users:
        if is_view(user, node):
            yield user
            yield from aliases(user)
        elif node in writes_to(user):
            yield user


def _arguments(node: fx.Node) -> Any:
    schema = getattr(node.target, "_schema", None)
    return zip(schema.arguments, node.args, strict=False) if schema is not None else ()


def writes_to(node: fx.Node) -> list[fx.Node]:
    """The tensors that a node writes to, averages that it moves without saying so among them."""
    written = [
        value for a, value in _arguments(node) if a.alias_info is not None and a.alias_info.is_write
    ]
    if node.target in _MOVES_AVERAGES and node.args[5]:
        written += node.args[3:5]
    return [each for each in written if isinstance(each, fx.Node)]


def _gives_what_it_writes_to(node: fx.Node) -> bool:
    schema = getattr(node.target, "_schema", None)
    if schema is None or len(schema.returns) != 1 or not schema.arguments:
        return False
    written, given = schema.arguments[0].alias_info, schema.returns[0].alias_info
    return bool(written and written.is_write and given and given.is_write)


def is_view(node: fx.Node, tensor: fx.Node) -> bool:
    """Whether a node gives a view of a tensor, or one of several."""
    if node.target is operator.getitem:
        # One of the views that `split` and its like give.
        return node.args[0] is tensor and any(is_view(tensor, e) for e in tensor.all_input_nodes)
    return any(a.alias_info is not None and value is tensor for a, value in _arguments(node))
