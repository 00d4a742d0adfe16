"""TF1's loops, as they lie in a graph: a frame, entered by Enter and left by Exit, with a Merge for each loop variable.

Enter -> Merge -> Switch -> Exit
           ^        |
           +- NextIteration <- body
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from torchscope.graphs.definitions import Node, Output
from torchscope.graphs.errors import GraphError

ENTER = frozenset(["Enter", "RefEnter"])
EXIT = frozenset(["Exit", "RefExit"])
MERGE = frozenset(["Merge", "RefMerge"])
NEXT = frozenset(["NextIteration", "RefNextIteration"])
SWITCH = frozenset(["Switch", "RefSwitch"])


class Variable(NamedTuple):
    """A loop variable: where it comes from, what it is in a turn, what it is in the next, and where it leaves.

    Args:
        start: where it comes from.
        merge: what it is in a turn.
        switch: what passes that on to the turn, "" if nothing does.
        following: what it is in the next turn.
        after: the nodes that are to run before the next turn.
        exits: where it leaves.
    """

    start: Output
    merge: str
    switch: str
    following: Output
    after: tuple[str, ...]
    exits: tuple[str, ...]


class Loop(NamedTuple):
    """A loop.

    Args:
        frame: its name.
        variables: its loop variables.
        condition: the tensor that says whether another turn is taken.
        going: the node that passes it on.
        invariants: what is the same in each turn: nodes Enter, and what they take.
    """

    frame: str
    variables: tuple[Variable, ...]
    condition: Output
    going: str
    invariants: dict[str, Output]


class Loops:
    """The loops of a graph.

    Args:
        nodes: the graph's nodes.
    """

    def __init__(self, nodes: dict[str, Node]) -> None:
        self._nodes = nodes
        self._frames: dict[str, list[Node]] = defaultdict(list)
        for node in nodes.values():
            if node.op in ENTER:
                self._frames[str(node.attributes.get("frame_name"))].append(node)
        self._takers: dict[str, list[Node]] = defaultdict(list)
        self._frame_of: dict[str, str] = {}
        # Merges, Switches and Exits that belong to loops, and not to branches.
        self.merges: dict[str, Node] = {}
        self.switches: dict[str, str] = {}
        self._loops: dict[str, Loop] = {}
        if self._frames:
            self._look()

    def _look(self) -> None:
        for node in self._nodes.values():
            if node.op in MERGE | SWITCH | EXIT | {"LoopCond"}:
                for each in node.inputs:
                    self._takers[each.node].append(node)
        for frame, enters in self._frames.items():
            for enter in enters:
                for merge in self._takers[enter.name]:
                    if merge.op in MERGE and len(merge.inputs) == 2:
                        self.merges[merge.name] = enter
                        self._frame_of[merge.name] = frame
                        for switch in self._takers[merge.name]:
                            if switch.op in SWITCH and switch.inputs[0].node == merge.name:
                                self.switches[switch.name] = merge.name
                                for end in self._takers[switch.name]:
                                    if end.op in EXIT:
                                        self._frame_of[end.name] = frame

    def frame_of(self, name: str) -> str:
        """The loop in which a node is that takes an array or a stack, which is made outside of it; "" if it is in none."""
        for _ in range(len(self._nodes)):
            node = self._nodes.get(name)
            if node is None or not node.inputs:
                break
            if node.op in ENTER:
                return str(node.attributes.get("frame_name"))
            name = node.inputs[0].node
        return ""

    def entered_with(self, enter: Node) -> list[Node]:
        """All by which the loop is entered that a node Enter enters."""
        return self._frames[str(enter.attributes.get("frame_name"))]

    @property
    def frames(self) -> Collection[str]:
        """The names of the loops."""
        return self._frames.keys()

    def loop_of(self, name: str) -> str | None:
        """The name of the loop that a Merge or an Exit belongs to."""
        return self._frame_of.get(name)

    def left_by(self, name: str) -> Loop:
        """The loop that an Exit leaves.

        Raises:
            GraphError: there is none, or it is not one that `tf.while_loop` makes.
        """
        frame = self._frame_of.get(name)
        if frame is None:
            raise GraphError(f"The node {name!r} leaves no loop.")
        if frame not in self._loops:
            self._loops[frame] = self._loop(frame)
        return self._loops[frame]

    def _loop(self, frame: str) -> Loop:
        variables, invariants = [], {}
        going: set[str] = set()
        for enter in self._frames[frame]:
            merges = [each for each in self._takers[enter.name] if each.name in self.merges]
            if not merges:
                invariants[enter.name] = enter.inputs[0]
                continue
            for merge in merges:
                back = [self._nodes[each.node] for each in merge.inputs if each.node != enter.name]
                switches = [
                    s for s in self._takers[merge.name] if self.switches.get(s.name) == merge.name
                ]
                if len(back) != 1 or back[0].op not in NEXT or len(switches) > 1:
                    raise GraphError(
                        f"The loop {frame!r} has a variable, {merge.name!r}, that comes back by no NextIteration."
                    )
                exits: list[str] = []
                for switch in switches:
                    going.add(switch.inputs[1].node)
                    exits += [e.name for e in self._takers[switch.name] if e.op in EXIT]
                switch_name = switches[0].name if switches else ""
                variables.append(
                    Variable(
                        enter.inputs[0],
                        merge.name,
                        switch_name,
                        back[0].inputs[0],
                        back[0].control,
                        tuple(exits),
                    )
                )
        if len(going) != 1:
            raise GraphError(
                f"The loop {frame!r} has {len(going)} conditions, and one is expected."
            )
        (name,) = going
        node = self._nodes[name]
        if node.op != "LoopCond":
            raise GraphError(f"The loop {frame!r} is decided by {name!r}, which is no LoopCond.")
        return Loop(frame, tuple(variables), node.inputs[0], name, invariants)
