"""What `recompute` has marked in a recorded graph runs as a checkpointed function of its own.

A region is what stands between two marks. Its operations become a function of the values that they
read from outside; what is read of them outside is what it gives. The function runs again in backward,
so it must do the same there, and change nothing: what the graph writes to after a region began, the
region reads from a copy that was made before. What the region itself writes to is such a copy as
well, of which the graph takes the values when the region has run.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, fx
from torch.utils.checkpoint import checkpoint

from torchscope._core.graphs.functions import as_function, call_directly
from torchscope._core.graphs.in_place_writes import KEPT, aliases, is_view, writes_to
from torchscope._core.graphs.recording import is_unknown
from torchscope._core.running.recomputation import OPTIONS, ends

aten = torch.ops.aten


def outline(graph: fx.Graph) -> None:
    """Has the marked regions of a graph run as checkpointed functions, as far as they can.

    A region stays as it is, and keeps what it computes, where the second run might differ from the first.
    """
    # A region that is inside of another one ends first.
    for end in [node for node in graph.nodes if node.target is ends]:
        region = _Region(graph, end)
        if region.can_run_again():
            region.outline()
    for node in reversed(list(graph.nodes)):
        if node.target is ends or OPTIONS in node.meta:
            graph.erase_node(node)


class _Region:
    """The nodes between two marks.

    Args:
        graph: the graph, in which the regions inside of this one are outlined.
        end: the mark behind the region.
    """

    def __init__(self, graph: fx.Graph, end: fx.Node) -> None:
        self._graph = graph
        (self._begin,), self._end = end.all_input_nodes, end
        self._options: dict[str, Any] = dict(self._begin.meta[OPTIONS])
        self._move_out()
        self._order = {node: number for number, node in enumerate(graph.nodes)}
        self._nodes = list(self._between())
        self._inside = set(self._nodes)
        # By what the graph writes to after the region began, the nodes that write.
        self._written: dict[fx.Node, list[fx.Node]] = {}
        for node in graph.nodes:
            if self._order[node] > self._order[self._begin]:
                for tensor in writes_to(node):
                    self._written.setdefault(_base(tensor), []).append(node)

    def _between(self) -> Iterator[fx.Node]:
        node = self._begin.next
        while node is not self._end:
            if node.target is not ends and OPTIONS not in node.meta:
                yield node
            node = node.next

    def _move_out(self) -> None:
        """Puts constants, and sizes of what is outside, before the region."""
        inside = set(self._between())
        for node in list(self._between()):
            value = node.meta.get("val")
            movable = node.op == "get_attr" or (is_unknown(value) and not isinstance(value, Tensor))
            if movable and inside.isdisjoint(node.all_input_nodes):
                self._begin.prepend(node)
                inside.remove(node)

    def _inputs(self) -> list[fx.Node]:
        read = [each for node in self._nodes for each in node.all_input_nodes]
        return list(dict.fromkeys(each for each in read if each not in self._inside))

    def _outputs(self) -> list[fx.Node]:
        return [node for node in self._nodes if not self._inside.issuperset(node.users)]

    def can_run_again(self) -> bool:
        """Whether a second run can do what the first one did, and change nothing."""
        outputs = self._outputs()
        if not all(map(_is_value, [*self._inputs(), *outputs])):
            # Contexts that are entered here and left elsewhere are no values.
            return False
        _, balanced = _modes(self._nodes)
        return balanced and all(self._is_independent_of(base, outputs) for base in self._written)

    def _is_independent_of(self, base: fx.Node, outputs: list[fx.Node]) -> bool:
        """Whether a tensor that is written to after the region began is nothing, or a copy, to it."""
        views = set(aliases(base))
        given = {base, *views}.intersection(outputs)
        if base in self._inside:
            # Two results that share memory would not share what is written to one of them.
            return len(given) <= 1 or self._inside.issuperset(self._written[base])
        return not given and all(self._inside.isdisjoint(v.users) for v in views - self._inside)

    def outline(self) -> None:
        """Has a function of its own do what the nodes do."""
        copies = {
            base: self._without(base, [node for node in written if node in self._inside])
            for base, written in self._written.items()
            if base not in self._inside and not self._inside.isdisjoint(base.users)
        }
        self._nodes = list(self._between())
        self._inside = set(self._nodes)
        inputs = self._inputs()
        outputs = [*self._outputs(), *(copy for copy in copies.values() if copy in self._inside)]
        function = _checkpointed(self._subgraph(inputs, outputs), self._options)
        given = {}
        with self._graph.inserting_before(self._end):
            call = self._graph.call_function(function, tuple(inputs))
            for number, node in enumerate(outputs):
                given[node] = self._graph.call_function(operator.getitem, (call, number))
                given[node].meta["val"] = node.meta.get("val")
                node.replace_all_uses_with(given[node], lambda user: user not in self._inside)
            for base, copy in copies.items():
                if copy in given:
                    self._write_back(base, given[copy])
        for node in reversed(self._nodes):
            self._graph.erase_node(node)

    def _without(self, base: fx.Node, writers: list[fx.Node]) -> fx.Node:
        """Has the region read a copy of a tensor; if it writes to it, a second one, in the region."""
        users = [node for node in self._nodes if base in node.all_input_nodes]
        with self._graph.inserting_before(self._begin):
            before = copy = self._graph.call_function(aten.clone.default, (base,))
        before.meta = {**base.meta, KEPT: True}
        if writers:
            with self._graph.inserting_after(self._begin):
                copy = self._graph.call_function(aten.clone.default, (before,))
            copy.meta = dict(base.meta)
        for node in users:
            if KEPT in node.meta and not any(self._order[w] < self._order[node] for w in writers):
                node.replace_all_uses_with(before)
                self._graph.erase_node(node)
            else:
                node.replace_input_with(base, copy)
        return copy

    def _write_back(self, base: fx.Node, copy: fx.Node) -> None:
        """Has a tensor take the values of its copy, with gradients if it was written to with them."""
        modes, _ = _modes(self._nodes)
        enabled = any(modes.get(node) for node in self._written[base])
        self._graph.call_function(torch._C._set_grad_enabled, (enabled,))
        self._graph.call_function(aten.copy_.default, (base, copy))
        self._graph.call_function(torch._C._set_grad_enabled, (True,))

    def _subgraph(self, inputs: list[fx.Node], outputs: list[fx.Node]) -> fx.Graph:
        graph = fx.Graph()
        known = {node: graph.placeholder(node.name) for node in inputs}
        for node in self._nodes:
            known[node] = graph.node_copy(node, known.__getitem__)
        graph.output(tuple(known[node] for node in outputs))
        return graph


def _base(node: fx.Node) -> fx.Node:
    """What a node is a view of, or itself."""
    source = next((each for each in node.all_input_nodes if is_view(node, each)), None)
    return node if source is None else _base(source)


def _is_value(node: fx.Node) -> bool:
    """Whether a function can be given what a node gives: a tensor or a number."""
    return node.op == "get_attr" or is_unknown(node.meta.get("val"))


def _modes(nodes: list[fx.Node]) -> tuple[dict[fx.Node, bool], bool]:
    """Whether gradients are on at each node, and behind the last: they are at the first."""
    modes, enabled = {}, True
    for node in nodes:
        modes[node] = enabled
        if node.target is torch._C._set_grad_enabled:
            enabled = bool(node.args[0])
    return modes, enabled


def _checkpointed(graph: fx.Graph, options: dict[str, Any]) -> Callable[..., Any]:
    """A function that gives what a graph gives, and computes it again in backward."""
    # PyTorch 2.13 cannot trace that autocast is entered in a checkpointed function.
    traceable = all(
        node.target is not torch.amp.autocast_mode._enter_autocast for node in graph.nodes
    )
    call_directly(graph)
    operations = as_function(graph)
    context_fn = options.pop("context_fn")
    if context_fn is not None:

        def contexts() -> Any:
            return context_fn()

        # The compiler takes functions only.
        options["context_fn"] = contexts

    def region(*inputs: Any) -> Any:
        if not traceable and torch.compiler.is_dynamo_compiling():
            return operations(None, *inputs)
        return checkpoint(operations, None, *inputs, use_reentrant=False, **options)

    return region
