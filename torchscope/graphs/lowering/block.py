"""A graph of torch.fx that is being written, node by node: what each needs goes before it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from torch import fx

from torchscope.graphs import control
from torchscope.graphs.definitions import PLACEHOLDERS, Node, Output
from torchscope.graphs.loops import SWITCH
from torchscope.graphs.needed import Key, Part, Space
from torchscope.graphs.operations.table import Operation
from torchscope.graphs.structure import VARIABLES

# How deep loops, branches and functions may be in each other.
_DEEP = 64
# By which gradient_override_map and custom_gradient name a function of Python's.
_OVERRIDDEN = "_gradient_op_type"

# What a node whose type is a function's name is.
CALL = "PartitionedCall"


class Writing(NamedTuple):
    """How nodes of some type are written that are no operations of the table.

    Args:
        write: puts what the node gives into a block's values.
        needs: gives the nodes that are to run before it; all that it takes and waits for, where this is None.
    """

    write: Callable[[Block, Node], None]
    needs: Callable[[Block, Node], Iterable[str]] | None


WRITINGS: dict[str, Writing] = {}
"""How each part of a graph's structure is written, by the type of node."""


def writes(
    *types: str, needs: Callable[[Block, Node], Iterable[str]] | None = None
) -> Callable[[Callable[[Block, Node], None]], Callable[[Block, Node], None]]:
    """Enters a function as the way in which nodes of some types are written."""

    def enter(function: Callable[[Block, Node], None]) -> Callable[[Block, Node], None]:
        for each in types:
            WRITINGS[each] = Writing(function, needs)
        return function

    return enter


class Block:
    """A graph of torch.fx that is being written: that of the part, of a branch, or of a loop's body or condition."""

    def __init__(self, part: Part, space: Space, parent: Block | None) -> None:
        self.part = part
        self.space = space
        self.parent = parent
        self._deep: int = parent._deep + 1 if parent else 0
        if self._deep > _DEEP:
            raise part.error(
                f"Functions, branches and loops are in each other more than {_DEEP} deep."
            )
        self._graph = fx.Graph()
        self._modules: dict[str, fx.GraphModule] = {}
        self._last: fx.Node | None = None
        # Nodes of several functions may have one name.
        self._arguments: set[str] = set()
        # What it has of the graph around, and what that is there.
        self.from_outside: dict[Any, fx.Node] = {}
        self._captured: dict[Any, Any] = {}
        self.values: dict[Output, Any] = {}
        # What gives several values, which are taken out of it when they are asked for.
        self.several: dict[str, Any] = {}
        # What the graph around has run.
        self._borrowed: set[str] = set()
        self.ran: set[str] = set()
        self._begun: set[str] = set()
        # The predicate and the side, if this is a branch.
        self.guard: Any = None
        # The loop whose body this is, or is in.
        self.frame: str = parent.frame if parent and parent.space is space else ""

    # What it takes

    def placeholder(self, name: str) -> fx.Node:
        """Another argument of the graph."""
        argument = name = _identifier(name)
        while argument in self._arguments:
            argument = f"{name}_{len(self._arguments)}"
        self._arguments.add(argument)
        with self._graph.inserting_after(self._last):
            made = self._graph.placeholder(argument)
        self._last = made
        return made

    def order(self, last: list[fx.Node]) -> None:
        """Puts some of the placeholders after all others, in their order."""
        for each in last:
            if self._last is not None and self._last is not each:
                self._last.append(each)
            self._last = each

    def outer(self, name: str) -> Any:
        """A constant or a variable, which the outermost graph is called with."""
        return self._outer_of(Key(self.space.name, name))

    def _outer_of(self, key: Key) -> Any:
        if key not in self.from_outside:
            if self.parent is not None:
                self._captured[key] = self.parent._outer_of(key)
            self.from_outside[key] = self.placeholder(key.node)
        return self.from_outside[key]

    def capture(self, output: Output) -> Any:
        """A tensor of the graph around."""
        assert self.parent is not None
        if output not in self.from_outside:
            self._captured[output] = self.parent.value(output)
            self.from_outside[output] = self.placeholder(str(output))
        return self.from_outside[output]

    def captured(self) -> list[Any]:
        """What the graph around has to give it, in the order in which it takes it."""
        return list(self._captured.values())

    # What it computes

    def value(self, output: Output) -> Any:
        """The tensor, as a node of this graph, after all that it is computed from."""
        if output not in self.values:
            self.run(output.node)
        if output not in self.values:
            if output.node in self._borrowed:
                self.values[output] = self.capture(output)
                return self.values[output]
            if output.node not in self.several:
                raise self.part.error(
                    f"The graph has no tensor '{output}': the node {output.node!r} does not give so many."
                )
            several = self.several[output.node]
            self.values[output] = self.item(several, output.place)
        return self.values[output]

    def run(self, name: str) -> None:
        """Has a node run, after what it needs."""
        stack = [name]
        while stack:
            current = stack[-1]
            if current in self.ran or Output(current) in self.values:
                stack.pop()
                continue
            node = self.space.nodes.get(current)
            if node is None:
                raise self.part.error(f"The graph has no node {current!r}.")
            if self._is_outside(node):
                assert self.parent is not None
                self.parent.run(current)
                self._borrowed.add(current)
            elif current in self._begun:
                self._write(node)
            else:
                self._begun.add(current)
                for each in self._needs(node):
                    if each in self.ran or Output(each) in self.values:
                        continue
                    if each in self._begun:
                        raise self.part.error(
                            f"The graph goes in a circle, through the nodes {current!r} and {each!r}."
                        )
                    stack.append(each)
                continue
            self.ran.add(current)
            stack.pop()

    def _is_outside(self, node: Node) -> bool:
        """Whether a branch finds the node in the graph around: it is not guarded by what the branch is."""
        if self.guard is None:
            return False
        if node.op in SWITCH and self.guard[0] == self.space.guards.predicate(node.inputs[1]):
            return False
        return self.guard not in self.space.guards.of_node(node.name)

    def _needs(self, node: Node) -> Iterable[str]:
        """The nodes that are to run before one, in this block."""
        writing = self._writing(node)
        if writing is not None and writing.needs is not None:
            return writing.needs(self, node)
        return [
            *node.control,
            *(each.node for each in node.inputs if each not in self.values),
        ]

    def _writing(self, node: Node) -> Writing | None:
        """How a node is written that is no operation."""
        if node.op in self.part.definition.functions:
            # A function's name may be a type of node.
            return WRITINGS.get(node.op) or WRITINGS[CALL]
        return WRITINGS.get(node.op)

    def _write(self, node: Node) -> None:
        writing = self._writing(node)
        if writing is not None:
            writing.write(self, node)
            return
        operation = self.part.operation(node)
        assert operation is not None
        inputs = tuple(self.value(each) for each in node.inputs)
        attributes = {
            name: node.attributes[name] for name in operation.attributes if name in node.attributes
        }
        if not self._fits(operation, len(inputs), attributes):
            raise self.part.error(
                f"The node {node.name!r} is no {node.op}: it has {len(inputs)} inputs, and of attributes "
                f"{', '.join(node.attributes) or 'none'}."
            )
        if _OVERRIDDEN in node.attributes:
            self.part.overridden.append(node.name)
        function = operation.function
        if node.op == "ReadVariableOp" and self.part.assigns:
            function = control.snapshot
        if function is control.identity:
            # It changes nothing, and is left out.
            self.values[Output(node.name)] = inputs[0]
            return
        made = self.call(node.name, function, inputs, attributes)
        made.meta["stateful"] = operation.stateful
        made.meta["node"] = node
        if operation.single or not operation.outputs:
            self.values[Output(node.name)] = made
        else:
            self.several[node.name] = made

    @staticmethod
    def _fits(operation: Operation, inputs: int, attributes: dict[str, Any]) -> bool:
        """Whether there are as many inputs as the operation takes, and all attributes that it must have."""
        most = inputs if operation.most is None else operation.most
        return operation.least <= inputs <= most and attributes.keys() >= set(operation.required)

    def call(
        self, name: str, function: Any, inputs: tuple[Any, ...], attributes: dict[str, Any]
    ) -> fx.Node:
        """A call in this graph, named as a node is."""
        made = self._graph.create_node(
            "call_function", function, inputs, attributes, name=_identifier(name)
        )
        made.meta["name"] = name
        made.meta["stateful"] = bool(inputs) and function in control.CALLS
        return made

    def item(self, several: fx.Node, place: int) -> fx.Node:
        """One of the values that a node gives."""
        made = self._graph.call_function(operator.getitem, (several, place))
        made.meta["name"] = several.meta["name"]
        return made

    def begin(self, arguments: Sequence[Any]) -> None:
        """Has the arguments of a function be placeholders."""
        if len(arguments) != len(self.space.inputs):
            raise self.part.error(
                f"The function {self.space.name!r} takes {len(self.space.inputs)} arguments, and is given"
                f" {len(arguments)}."
            )
        for name in self.space.inputs:
            self.values[Output(name)] = self.placeholder(name)

    def ends(self) -> list[Any]:
        """What a function gives, after all that it does."""
        for each in self.space.control:
            self.run(each)
        return [self.value(each) for each in self.space.outputs]

    def module(self, name: str, block: Block, results: Sequence[Any]) -> fx.Node:
        """A block as a module of this graph."""
        attribute = f"{_identifier(name)}_{len(self._modules)}"
        self._modules[attribute] = block.finish(results)
        return self._graph.create_node("get_attr", attribute)

    def finish(self, results: Sequence[Any]) -> fx.GraphModule:
        """The graph as a module that gives some values, in a tuple."""
        self._graph.output(tuple(results))
        # What only had to run before something else, and does nothing.
        self._graph.eliminate_dead_code(_is_impure)
        return fx.GraphModule(self._modules, self._graph)


def _identifier(name: str) -> str:
    """A name that Python allows."""
    text = re.sub(r"\W", "_", name)
    return f"_{text}" if text[:1].isdigit() else text


def _is_impure(node: fx.Node) -> bool:
    """Whether a node has to run though nobody takes what it gives."""
    return node.op in {"placeholder", "output"} or node.meta.get("stateful", False)


# How what stands for values is written


@writes("Const", *VARIABLES)
def _write_outer(block: Block, node: Node) -> None:
    block.values[Output(node.name)] = block.outer(node.name)


@writes(*PLACEHOLDERS)
def _write_placeholder(block: Block, node: Node) -> None:
    kind = node.attributes.get("dtype")
    raise block.part.error(
        f"You must feed a value for placeholder tensor {node.name!r} with dtype"
        f" {str(kind).removeprefix('torch.')}: feeds={{'{node.name}:0': value}}."
    )


@writes("PlaceholderWithDefault", "LoopCond")
def _write_same(block: Block, node: Node) -> None:
    block.values[Output(node.name)] = block.value(node.inputs[0])
