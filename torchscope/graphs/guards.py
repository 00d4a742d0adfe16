"""TF1's branches, as they lie in a graph: which nodes run only where a predicate is true, or false.

A Switch passes its input on to one of two sides, and a Merge takes what comes from one of them. What lies between is
guarded by the predicate and the side; after the Merge it is not any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from torchscope.graphs.definitions import Node, Output
from torchscope.graphs.loops import ENTER, MERGE, SWITCH, Loops

Guard: TypeAlias = tuple[Output, int]
# Not one of a Switch's two sides: it only has to run.
_RUN = -1
_NONE: frozenset[Guard] = frozenset()


class Guards:
    """What the nodes of a graph are guarded by.

    Args:
        nodes: the graph's nodes.
        loops: its loops, whose Merges and Switches are no branches.
    """

    def __init__(self, nodes: dict[str, Node], loops: Loops) -> None:
        self._nodes = nodes
        self._loops = loops
        self._known: dict[str, frozenset[Guard]] = {}
        self._some = any(
            node.op in SWITCH and node.name not in loops.switches for node in nodes.values()
        )

    def predicate(self, output: Output) -> Output:
        """The tensor that decides, without what only passes it on."""
        for _ in range(len(self._nodes)):
            node = self._nodes.get(output.node)
            if node is None or not node.inputs:
                break
            if node.op in ENTER and not self._is_in_branch(node):
                break
            if node.op not in ENTER and node.op != "Identity":
                break
            output = node.inputs[0]
        return output

    def _is_in_branch(self, enter: Node) -> bool:
        """Whether the loop that is entered lies in a branch of what the Enter takes."""
        predicate = self.predicate(enter.inputs[0])
        for other in self._loops.entered_with(enter):
            node = self._nodes.get(other.inputs[0].node)
            branches = (
                node is not None and node.op in SWITCH and node.name not in self._loops.switches
            )
            if node is not None and branches and self.predicate(node.inputs[1]) == predicate:
                return True
        return False

    def of(self, output: Output) -> frozenset[Guard]:
        """The predicates, and their sides, that a tensor is there for."""
        if not self._some:
            return _NONE
        found = self.of_node(output.node)
        return found | self._added(self._nodes.get(output.node), output.place)

    def of_node(self, name: str) -> frozenset[Guard]:
        """The same of all that a node gives, a Switch's own sides left out."""
        if not self._some:
            return _NONE
        known = self._known
        stack = [name]
        while stack:
            current = stack[-1]
            if current in known or current not in self._nodes:
                stack.pop()
                continue
            node = self._nodes[current]
            missing = [
                each.node
                for each in self._inputs(node)
                if each.node not in known and each.node in self._nodes
            ]
            if missing:
                if len(stack) > len(self._nodes):
                    # A circle, which is found where the nodes are put in order.
                    known[current] = _NONE
                    continue
                stack += missing
                continue
            known[current] = self._computed(node)
            stack.pop()
        return known.get(name, _NONE)

    def _inputs(self, node: Node) -> Iterator[Output]:
        enter = self._loops.merges.get(node.name)
        if enter is not None:
            yield Output(enter.name)
            return
        yield from node.inputs
        for each in node.control:
            yield Output(each, _RUN)

    def _computed(self, node: Node) -> frozenset[Guard]:
        given = [self._of_known(each) for each in self._inputs(node)]
        if not given or node.op == "ControlTrigger":
            # A ControlTrigger runs whether or not what it waits for does.
            return _NONE
        if node.op in MERGE and node.name not in self._loops.merges:
            inputs = given[: len(node.inputs)]
            # What holds however it was reached.
            return frozenset.intersection(*inputs).union(*given[len(node.inputs) :])
        return frozenset().union(*given)

    def _of_known(self, output: Output) -> frozenset[Guard]:
        found = self._known.get(output.node, _NONE)
        node = self._nodes.get(output.node)
        return found | self._added(node, output.place)

    def _added(self, node: Node | None, side: int) -> frozenset[Guard]:
        """What a Switch adds for one of its sides."""
        if node is None or node.op not in SWITCH or node.name in self._loops.switches:
            return _NONE
        if side == _RUN or len(node.inputs) != 2:
            return _NONE
        return frozenset([(self.predicate(node.inputs[1]), side)])
