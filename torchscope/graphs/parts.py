"""What of a graph computes, and what is left over of training: what trains it, saves it and gives first values.

A graph does not say it. It is told by types of nodes, by the scope that tf.gradients opens, and by what leads where.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from typing import Any

import torch

from torchscope.graphs.definitions import PLACEHOLDERS, Definition, Node
from torchscope.graphs.guards import Guards
from torchscope.graphs.loops import ENTER, EXIT, MERGE, SWITCH, Loops
from torchscope.graphs.structure import BLOCKS, VARIABLES

# What begins so changes variables or queues, or saves.
_UPDATES = re.compile(
    r"Assign|(Resource)?(Sparse)?Apply|(Resource)?Scatter(?!Nd$)|Save|MergeV2Checkpoints|Destroy|InitializeTable"
    r"|LookupTableImport|Queue(?!Dequeue)|.*Enqueue|AccumulatorApply|Stage$"
)
# What says, checks, restores or only orders, and gives nothing to compute with.
_SAYS = re.compile(
    r"Restore|ShardedFile|(Var)?Is(Variable)?Initialized|NoOp$|Assert$|Print|.*Summary|ControlTrigger$"
)
# Scopes of tf.gradients, and of savers and first values.
_GRADIENTS = re.compile(r"(^|/)gradients(_\d+)?(/|$)")
_SAVERS = re.compile(r"(^|/)(Initializer|save(_\d+)?)(/|$)")
# Whose values come from elsewhere, though nobody feeds them.
_SOURCES = re.compile(r"(Iterator|Optional).*Get.*|.*Dequeue.*|ReaderRead.*")
# How tf.cond names what tells the sides of a branch.
_OF_BRANCHES = frozenset(["pred_id", "switch_t", "switch_f"])
# What code asks to know sizes, and nobody for its own sake.
_SIZES = frozenset(["Shape", "ShapeN", "Size", "Rank", "TensorListReserve"])
_READS = frozenset(["Identity", "ReadVariableOp", "Enter", "Cast"])
_INPUTS = PLACEHOLDERS | {"PlaceholderWithDefault"}
# What gives another dtype than that of its attribute "T".
_BOOL = frozenset(
    [
        "Equal",
        "NotEqual",
        "Greater",
        "GreaterEqual",
        "Less",
        "LessEqual",
        "IsFinite",
        "IsInf",
        "IsNan",
        "InTopK",
        "InTopKV2",
    ]
)
_DTYPES = ("dtype", "DstT", "out_type", "output_type", "value_dtype", "T")


class Parts:
    """The parts of a graph.

    Args:
        definition: the graph.
        filename: the tensor that a saver is told its file by, if that is known. TF2 has one name for it.
    """

    def __init__(self, definition: Definition, filename: str = "") -> None:
        self.definition = definition
        self._filename = filename.partition(":")[0] or "saver_filename"
        self.takers: dict[str, list[Node]] = defaultdict(list)
        for node in definition.nodes.values():
            for name in dict.fromkeys(each.node for each in node.inputs):
                self.takers[name].append(node)

    @cached_property
    def left_over(self) -> frozenset[str]:
        """The nodes that train, save, summarize or give first values."""
        nodes = self.definition.nodes
        updates = {
            node.name
            for node in nodes.values()
            if _UPDATES.match(node.op)
            or _SAVERS.search(node.name)
            or self._filename in {node.name, *(each.node for each in node.inputs)}
        }
        kept = VARIABLES | _INPUTS
        # What leads there alone: new values of moving averages, names of files. And what comes of it.
        for node in reversed(nodes.values()):
            takers = self.takers[node.name]
            if takers and node.op not in kept and all(each.name in updates for each in takers):
                updates.add(node.name)
        for node in nodes.values():
            sources = [each.node for each in node.inputs if nodes[each.node].op != "Const"]
            of_updates = [name for name in sources if name in updates]
            if of_updates and (node.op in MERGE or len(of_updates) == len(sources)):
                updates.add(node.name)
        # Steps of optimizers, whatever they are called, take gradients.
        gradients: set[str] = set()
        for name, node in nodes.items():
            if _GRADIENTS.search(name) or any(each.node in gradients for each in node.inputs):
                gradients.add(name)
        says = {name for name, node in nodes.items() if _SAYS.match(node.op)}
        found = updates | gradients | says
        # What depends on no input, and is there for these alone: rates of learning.
        reached: set[str] = set()
        stack = [name for name, node in nodes.items() if self._is_source(node)]
        while stack:
            name = stack.pop()
            if name not in reached:
                reached.add(name)
                stack += [each.name for each in self.takers[name]]
        for name, node in reversed(nodes.items()):
            takers = self.takers[name]
            idle = takers and name not in reached and node.op not in kept | {"Const"}
            if idle and all(each.name in found for each in takers):
                found.add(name)
        return frozenset(found)

    @staticmethod
    def _is_source(node: Node) -> bool:
        return node.op in PLACEHOLDERS or _SOURCES.fullmatch(node.op) is not None

    @cached_property
    def unread(self) -> frozenset[str]:
        """Variables and constants that only what is left over takes, and what reads them: slots of optimizers."""
        found: set[str] = set()
        for name in reversed(self.definition.nodes):
            if name in self.held and all(
                each.name in found or each.name in self.left_over for each in self.takers[name]
            ):
                found.add(name)
        return frozenset(found)

    @cached_property
    def inputs(self) -> list[Node]:
        """The nodes that are to be fed, but for a saver's."""
        return [
            node
            for node in self.definition.nodes.values()
            if node.op in _INPUTS and node.name not in self.left_over
        ]

    @cached_property
    def held(self) -> frozenset[str]:
        """The variables, what reads them, and the constants."""
        nodes = self.definition.nodes
        found = {name for name, node in nodes.items() if node.op in VARIABLES | {"Const"}}
        return frozenset(
            found.union(t.name for name in found for t in self.takers[name] if t.op in _READS)
        )

    @cached_property
    def trains(self) -> frozenset[str]:
        """The inputs that only training needs, and what is computed with them: labels and losses, rates of learning.

        They meet no variable, but what was computed of some, in a graph that has gradients.
        """
        nodes = self.definition.nodes
        if not any(_GRADIENTS.search(name) for name in nodes):
            return frozenset()
        read = {name for name, node in nodes.items() if node.op in VARIABLES}
        read |= {
            taker.name for name in list(read) for taker in self.takers[name] if taker.op in _READS
        }
        meets = {
            name
            for name, node in nodes.items()
            if name not in read and any(each.node in read for each in node.inputs)
        }
        found: set[str] = set()
        for node in self.inputs:
            after = self._after([node.name])
            if not meets & after:
                found |= after
        data = [each.name for each in self.inputs if each.name not in found]
        return frozenset(found | self._losses(found, [*data, *meets])) if data else frozenset()

    def _losses(self, trains: set[str], net: list[str]) -> set[str]:
        """What scopes of losses compute before they meet a label: scopes in which nothing of the net is."""
        of_net = {""}
        for name in net:
            for scope in _scopes(name):
                if scope in of_net:
                    break
                of_net.add(scope)
        found: set[str] = set()
        for name, node in reversed(self.definition.nodes.items()):
            scope = name.rpartition("/")[0]
            takers = [each.name for each in self.takers[name] if each.name not in self.left_over]
            if (
                takers
                and scope not in of_net
                and node.op not in VARIABLES
                and all(each in trains or each in found for each in takers)
            ):
                found.add(name)
        return found

    def _after(self, names: Iterable[str], until: Container[str] = ()) -> frozenset[str]:
        """Some nodes, and all that take something of theirs, but for what is left over of training."""
        found: set[str] = set()
        stack = list(names)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += [
                    each.name
                    for each in self.takers[name]
                    if each.op not in until and each.name not in self.left_over
                ]
        return frozenset(found)

    @cached_property
    def loops(self) -> Loops:
        """The loops of the graph."""
        return Loops(self.definition.nodes)

    @cached_property
    def fed(self) -> frozenset[str]:
        """The nodes that compute with what is fed, or read from files and queues."""
        nodes = self.definition.nodes.values()
        sources = [each.name for each in nodes if self._is_source(each)]
        return self._after([each for each in sources if each not in self.left_over])

    @cached_property
    def _turning(self) -> frozenset[str]:
        return self._after([n.name for n in self.definition.nodes.values() if n.op in ENTER], EXIT)

    @cached_property
    def _guards(self) -> Guards:
        return Guards(self.definition.nodes, self.loops)

    def is_outside(self, name: str) -> bool:
        """Whether a node is in no loop and in no branch, so that what it gives can be fetched."""
        return name not in self._turning and not self._guards.of_node(name)

    @cached_property
    def outputs(self) -> list[str]:
        """The nodes that give what nobody takes, or only what trains does."""
        found = self._ends(self.left_over | self.trains)
        # What is only summarized is told of, and not computed for its own sake.
        kept = [n for n in found if not any("Summary" in t.op for t in self.takers[n])]
        return kept or found or self.losses

    @cached_property
    def losses(self) -> list[str]:
        """The same of what is computed of labels: losses, and how good a net is."""
        return [each for each in self._ends(self.left_over) if each in self.trains]

    def _ends(self, without: frozenset[str]) -> list[str]:
        """The nodes that give something that nobody takes but some."""
        nodes = self.definition.nodes
        found = [
            node
            for name, node in nodes.items()
            if name not in without
            and (name in self.fed or not self.fed)
            and node.op not in _INPUTS | VARIABLES | SWITCH | _SIZES | {"Const"}
            and self.is_outside(name)
            and name.rpartition("/")[2] not in _OF_BRANCHES
            and all(each.name in without for each in self.takers[name])
        ]
        return [node.name for node in self._without_siblings(found)]

    def _without_siblings(self, ends: list[Node]) -> list[Node]:
        """The ends without the values of loops and branches of which another value is taken."""
        named = {each.name for each in ends}
        used = {
            self._structure(node)
            for node in self.definition.nodes.values()
            if node.name not in named and self.takers[node.name]
        }
        return [each for each in ends if self._structure(each) not in used - {None}]

    def _structure(self, node: Node) -> str | None:
        """The loop or branch of which a node is one value."""
        if node.op in EXIT:
            return self.loops.loop_of(node.name)
        if node.op == "Identity" and self.definition.nodes[node.inputs[0].node].op in BLOCKS:
            return node.inputs[0].node
        if node.op == "Min" and dtype_of(node) == "int32":
            # tf.nn.dynamic_rnn asks for the shortest sequence, beside its loop.
            frame = f"{node.name.rpartition('/')[0]}/while/while_context"
            return frame if frame in self.loops.frames else None
        return None


def says(op: str) -> bool:
    """Whether nodes of a type give nothing to compute with."""
    return _SAYS.match(op) is not None


def _scopes(name: str) -> Iterator[str]:
    """The scopes that a node is in, from the innermost on."""
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def shape_of(node: Node, place: int = 0) -> list[int | None] | None:
    """The shape of what a node gives, as far as attributes tell it; None if they do not."""
    if node.stored is not None:
        return list(node.stored.kind.shape)
    shapes = node.attributes.get("_output_shapes")
    # Of a variable that is a resource they say what its handle is.
    if isinstance(shapes, list) and place < len(shapes) and node.op != "VarHandleOp":
        return told_shape(shapes[place])
    if place == 0 and (node.op in VARIABLES or node.op.startswith("Placeholder")):
        shape = told_shape(node.attributes.get("shape"))
        # A scalar's shape is what placeholders of no known shape have in old files.
        return shape if shape or node.op != "Placeholder" else None
    return None


def told_shape(value: Any) -> list[int | None] | None:
    """A shape that an attribute says; None if it says none, or something else."""
    known = isinstance(value, list) and all(each is None or type(each) is int for each in value)
    return value if known else None


def dtype_of(node: Node) -> str:
    """The dtype of what a node gives first, as far as attributes tell it; nothing if they do not."""
    if node.op in _BOOL:
        return "bool"
    for key in _DTYPES:
        dtype = node.attributes.get(key)
        if isinstance(dtype, torch.dtype | str):
            return str(dtype).removeprefix("torch.")
    return ""
