"""What may have to run when some tensors are fetched: the nodes of a graph and of the functions that it calls.

In a function's body a tensor is told by the name of an argument; here it is told by its place, as in a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from torchscope.graphs.attributes import Call
from torchscope.graphs.definitions import Definition, Node, Output
from torchscope.graphs.errors import GraphError
from torchscope.graphs.guards import Guards
from torchscope.graphs.loops import MERGE, Loops
from torchscope.graphs.operations.table import TABLE, Operation
from torchscope.graphs.structure import STRUCTURE


class Key(NamedTuple):
    """A constant or a variable: the function in whose body it is, "" for the graph itself, and the node."""

    function: str
    node: str


class Needed(NamedTuple):
    """What some tensors are computed from.

    Args:
        nodes: the nodes that may have to run.
        missing: the names of those that cannot, by their types.
    """

    nodes: list[Key]
    missing: dict[str, list[str]]


def needed(definition: Definition, feeds: Sequence[Output], fetches: Iterable[str]) -> Needed:
    """The nodes that may have to run when some are fetched, and which of them there is no operation for.

    Raises:
        GraphError: a function is called that the graph does not have.
    """
    return Part(definition, {}).needed(fetches, feeds)


def bodies(definition: Definition) -> Callable[[str], Space]:
    """What gives the bodies of a graph's functions, by their names."""
    return Part(definition, {}).function


class Space(NamedTuple):
    """The nodes of a graph, or of a function's body, whose inputs are told by their places."""

    name: str
    nodes: dict[str, Node]
    loops: Loops
    guards: Guards
    inputs: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    control: tuple[str, ...] = ()


class Part:
    """A part of a graph: what may have to run for it, and what all blocks that are written of it know.

    Args:
        definition: the graph.
        own: operations that the table does not have, or has otherwise, by type.
    """

    def __init__(self, definition: Definition, own: dict[str, Operation]) -> None:
        self.definition = definition
        self._own = own
        nodes = definition.nodes
        loops = Loops(nodes)
        self.graph = Space("", nodes, loops, Guards(nodes, loops))
        self._spaces: dict[str, Space] = {"": self.graph}
        # Whether some variable is changed. What ReadVariableOp has read of one then stays what it was. TF1's first variables
        # are read as they are by then: what runs after a change sees it.
        self.assigns = False
        # The nodes whose gradients TensorFlow's Python computed otherwise.
        self.overridden: list[str] = []
        # What may have to run: the function in whose body it is, and the node.
        self.seen: set[tuple[str, str]] = set()
        # TF1's Merges that may have to run, by the scope in which they are.
        self.merges: dict[tuple[str, str], list[Node]] = {}
        # What a ControlTrigger waits for, by the function in whose body it is: some of it is in branches.
        self.awaited: dict[str, list[str]] = {}

    def error(self, message: str, lines: Sequence[str] = ()) -> GraphError:
        """An error that names the file."""
        return GraphError(message, self.definition.path, lines=lines)

    def function(self, name: str) -> Space:
        """The body of a function."""
        if name in self._spaces:
            return self._spaces[name]
        function = self.definition.functions.get(name)
        if function is None or not name:
            raise self.error(
                f"The graph calls a function {name!r}, which its library does not have."
            )
        nodes = {
            each.name: each._replace(
                inputs=tuple(self._placed(i, function.nodes) for i in each.inputs)
            )
            for each in function.nodes.values()
        }
        loops = Loops(nodes)
        outputs = tuple(self._placed(each, function.nodes) for each in function.outputs.values())
        space = Space(
            name, nodes, loops, Guards(nodes, loops), function.inputs, outputs, function.control
        )
        self._spaces[name] = space
        return space

    def _placed(self, output: Output, nodes: dict[str, Node]) -> Output:
        """An output that is told by the name of an argument, told by its place."""
        node = nodes.get(output.node)
        if node is None or not output.argument:
            return Output(output.node, output.place)
        called = self.definition.functions.get(node.op)
        operation = self.operation(node)
        names = tuple(called.outputs) if called else operation.outputs if operation else ()
        for before, name in enumerate(names):
            if name.rstrip("*") == output.argument:
                return Output(output.node, before + output.place)
        return Output(output.node, output.place)

    def node(self, key: Key) -> Node:
        """The node that a key tells."""
        return self._spaces[key.function].nodes[key.node]

    def operation(self, node: Node) -> Operation | None:
        """What a node computes; None where that is not known."""
        return self._own.get(node.op) or TABLE.get(node.op)

    def look_through(self, wanted: Iterable[str], feeds: Iterable[Output]) -> None:
        """Looks at all nodes that may have to run, before any is taken: what is missing is said of all at once."""
        missing = self.needed(wanted, feeds).missing
        if missing:
            raise self.error(
                f"What was asked for needs {len(missing)} types of operations that torchscope does not have:",
                [
                    *(
                        f"  {op}: {len(names)} nodes, such as {min(names)!r}"
                        for op, names in sorted(missing.items())
                    ),
                    "Give a function for each, operations={type: function}, or feed a tensor that comes after them.",
                ],
            )

    def needed(self, wanted: Iterable[str], feeds: Iterable[Output]) -> Needed:
        """The nodes that may have to run, and which of them cannot."""
        fed = set(feeds)
        missing: dict[str, list[str]] = {}
        stack = [(self.graph, name) for name in wanted]
        seen = self.seen
        while stack:
            here, name = stack.pop()
            node = here.nodes.get(name)
            if (here.name, name) in seen or node is None:
                continue
            seen.add((here.name, name))
            operation = self.operation(node)
            if node.op in MERGE and name not in here.loops.merges:
                self.merges.setdefault((here.name, name.rpartition("/")[0]), []).append(node)
            elif node.op == "ControlTrigger":
                self.awaited.setdefault(here.name, []).extend(node.control)
            if operation is not None:
                self.assigns = self.assigns or bool(operation.assigns)
            elif node.op in self.definition.functions:
                stack += self._inside(node.op)
            elif node.op not in STRUCTURE:
                missing.setdefault(node.op, []).append(name)
            stack += [(here, each.node) for each in node.inputs if here.name or each not in fed]
            stack += [(here, each) for each in node.control]
            for value in node.attributes.values():
                for each in value if type(value) is list else (value,):
                    if type(each) is Call and node.op in STRUCTURE:
                        stack += self._inside(each.name)
        return Needed([Key(*each) for each in seen], missing)

    def _inside(self, name: str) -> Iterator[tuple[Space, str]]:
        space = self.function(name)
        for each in (*(output.node for output in space.outputs), *space.control):
            yield space, each
