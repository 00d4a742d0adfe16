"""A GraphDef: its nodes and its functions, as the file has them.

The file is walked, and the values of its constants stay where they lie until they are asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from torchscope.checkpoint.formats import frozen, protos
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.stored import Stored
from torchscope.checkpoint.formats.tensor_protos import LENGTH, Field, fields
from torchscope.graphs import attributes
from torchscope.graphs.attributes import Call
from torchscope.graphs.errors import GraphError
from torchscope.graphs.walking import walked

PLACEHOLDERS = frozenset(["Placeholder", "PlaceholderV2"])
"""The types of nodes that are to be fed."""

# How many inputs nodes have, at least, of which loops and branches are made.
_INPUTS = {
    "PlaceholderWithDefault": 1,
    "LoopCond": 1,
    **dict.fromkeys(["Switch", "RefSwitch"], 2),
    **dict.fromkeys(["Merge", "RefMerge"], 1),
    **dict.fromkeys(["Enter", "RefEnter", "Exit", "RefExit"], 1),
    **dict.fromkeys(["NextIteration", "RefNextIteration"], 1),
}

# What is paid for a node and for one input or attribute of it: about what they take.
_NODE, _PART = 600, 100
# Of a node that has more bytes, the value is a constant's, and is left where it is.
_PARSED = 1 << 16


class Output(NamedTuple):
    """One output of a node: by its place among all; in a function's body, by an argument's name and a place in that."""

    node: str
    place: int = 0
    argument: str = ""

    def __str__(self) -> str:
        middle = f":{self.argument}" if self.argument else ""
        return f"{self.node}{middle}:{self.place}"


class Node(NamedTuple):
    """A node: what it is called, what it does, and to what.

    Args:
        name: its name.
        op: its type, such as "MatMul".
        inputs: the tensors that it takes.
        control: the nodes that have to run before it.
        attributes: what else is said of it, such as strides.
        stored: the value, if it is a constant.
    """

    name: str
    op: str
    inputs: tuple[Output, ...]
    control: tuple[str, ...]
    attributes: dict[str, Any]
    stored: Stored | None = None

    def calls(self) -> Iterator[str]:
        """The functions that it may call, by their names; its own type may be one."""
        yield self.op
        for value in self.attributes.values():
            for each in value if type(value) is list else (value,):
                if type(each) is Call:
                    yield each.name


class Function(NamedTuple):
    """A function of a graph's library.

    Args:
        name: its name.
        inputs: the names of its arguments.
        outputs: what it gives, by the names of its outputs, in their order.
        nodes: its body.
        control: nodes that run for what they do.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: dict[str, Output]
    nodes: dict[str, Node]
    control: tuple[str, ...]


class Definition(NamedTuple):
    """What a GraphDef says.

    Args:
        nodes: its nodes by their names, in the file's order.
        functions: its library, by their names.
        path: the file, for messages.
    """

    nodes: dict[str, Node]
    functions: dict[str, Function]
    path: str

    def placeholders(self) -> list[str]:
        """The nodes that are to be fed, in the file's order."""
        return [node.name for node in self.nodes.values() if node.op in PLACEHOLDERS]

    def ends(self) -> list[str]:
        """The nodes that give something which no other node takes."""
        taken = {each.node for node in self.nodes.values() for each in node.inputs}
        idle = {"NoOp", "Const", "Assign", "SaveV2", "RestoreV2", "Assert"}
        return [
            node.name
            for node in self.nodes.values()
            if node.name not in taken and node.op not in idle | PLACEHOLDERS
        ]

    def without_values(self) -> Definition:
        """The same graph, which holds the file no longer: of constants it knows what they are alone."""

        def emptied(nodes: dict[str, Node]) -> dict[str, Node]:
            return {
                name: node
                if node.stored is None
                else node._replace(stored=Stored(*node.stored[:2], _gone))
                for name, node in nodes.items()
            }

        functions = {
            name: each._replace(nodes=emptied(each.nodes)) for name, each in self.functions.items()
        }
        return Definition(emptied(self.nodes), functions, self.path)

    def under(self, scope: str) -> Definition:
        """The same graph, with a scope before all names."""

        def moved(name: str) -> str:
            return f"{scope.rstrip('/')}/{name}"

        nodes = {
            moved(node.name): node._replace(
                name=moved(node.name),
                inputs=tuple(each._replace(node=moved(each.node)) for each in node.inputs),
                control=tuple(map(moved, node.control)),
            )
            for node in self.nodes.values()
        }
        return self._replace(nodes=nodes)

    def tensor(self, name: Any) -> Output:
        """The tensor of a name, such as "logits:0" or "logits"; one that is told already stays.

        Raises:
            GraphError: it is no name of a tensor, or the graph has no such node.
        """
        if not isinstance(name, str | Output):
            raise GraphError(
                f"The name of a tensor is expected, such as 'images:0'; this is {name!r:.80}.",
                self.path,
            )
        try:
            found = name if isinstance(name, Output) else output(name)
        except ValueError as error:
            raise GraphError(str(error), self.path) from None
        if found.node not in self.nodes:
            raise self._unknown(found.node)
        return found

    def _unknown(self, name: str) -> GraphError:
        """The error of a name that no node has."""
        close = difflib.get_close_matches(name, self.nodes, 3)
        hint = f" Did you mean {', '.join(map(repr, close))}?" if close else ""
        return GraphError(f"The graph has no node {name!r}.{hint}", self.path)


def _gone() -> Any:
    raise AssertionError("The values of constants are with the module that was made of the graph.")


def read(file: File, start: int, end: int) -> Definition:
    """The GraphDef that lies between two places of a file.

    Raises:
        CheckpointError: it is none, or it is damaged.
        GraphError: two nodes have one name, or an input is no node's.
    """
    reader = _Reader(file)
    nodes: list[Node] = []
    functions: dict[str, Function] = {}
    for field in fields(reader.data, start, end, file.path):
        if field.wire != LENGTH:
            continue
        if field.number == 1:
            nodes.append(reader.node(field, reader.data))
        elif field.number == 2:
            for each in fields(reader.data, field.start, field.end, file.path):
                if each.number == 1 and each.wire == LENGTH:
                    function = reader.function(each)
                    functions[function.name] = function
    if not nodes:
        raise GraphError(
            f"A GraphDef was expected; {end - start} bytes without a node were found.", file.path
        )
    return Definition(_by_name(nodes, file.path), functions, file.path)


def output(text: str) -> Output:
    """The output that a text names.

    >>> output("split:1"), output("logits")
    (Output(node='split', place=1, argument=''), Output(node='logits', place=0, argument=''))

    Raises:
        ValueError: it names none.
    """
    name, *rest = text.split(":")
    if not name or len(rest) > 2 or (rest and not rest[-1].isdecimal()):
        raise ValueError(f"{text!r} names no tensor: 'node:0' is expected.")
    return Output(name, int(rest[-1]) if rest else 0, rest[0] if len(rest) == 2 else "")


class _Reader:
    """Reads nodes of one file."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.data = walked(file)
        self._budget = Budget(file.size, file.path)
        self._filled = 0

    def node(self, field: Field, data: Any) -> Node:
        large = field.end - field.start > _PARSED
        message = self._parsed(
            protos.NodeDef,
            _small(field, data, self._file.path) if large else data[field.start : field.end],
        )
        return self._made(message, field)

    def _made(self, message: Any, field: Field | None) -> Node:
        self._budget.spend(_NODE + _PART * (len(message.input) + len(message.attr)))
        inputs, control = [], []
        for each in message.input:
            if each.startswith("^"):
                control.append(each[1:])
            else:
                inputs.append(self._output(each, message.name))
        constant = None
        if message.op == "Const" and field is not None:
            constant, more = frozen.constant(
                message.name,
                self._file,
                self.data,
                field,
                self._budget,
                self._filled,
                mapped=False,
            )
            self._filled += more
        return Node(
            message.name,
            message.op,
            tuple(inputs),
            tuple(control),
            {each.key: attributes.value(each.value) for each in message.attr},
            constant,
        )

    def _output(self, text: str, node: str) -> Output:
        try:
            return output(text)
        except ValueError as error:
            raise GraphError(
                f"The node {node!r} has an input that is none: {error}", self._file.path
            ) from error

    def _parsed(self, kind: Any, data: Any) -> Any:
        try:
            return kind.FromString(bytes(data))
        except DecodeError as error:
            raise GraphError("A node of the graph is damaged.", self._file.path) from error

    def function(self, field: Field) -> Function:
        # All but its nodes, which are walked.
        rest = bytearray()
        nodes = []
        for each in _with_tags(field, self.data, self._file.path):
            part, tagged = each
            if part.number == 3 and part.wire == LENGTH:
                nodes.append(self.node(part, self.data))
            else:
                rest += tagged
        message = self._parsed(protos.FunctionDef, rest)
        signature = message.signature
        self._budget.spend(_NODE + _PART * (len(signature.input_arg) + len(message.ret)))
        given = {each.key: each.value for each in message.ret}
        try:
            outputs = {
                each.name: self._output(given[each.name], signature.name)
                for each in signature.output_arg
            }
        except KeyError as error:
            raise GraphError(
                f"The function {signature.name!r} does not say what its output {error} is.",
                self._file.path,
            ) from None
        arguments = tuple(each.name for each in signature.input_arg)
        return Function(
            signature.name,
            arguments,
            outputs,
            _by_name(nodes, self._file.path, arguments),
            tuple(each.value for each in message.control_ret),
        )


def _with_tags(field: Field, data: Any, path: str) -> Iterator[tuple[Field, Any]]:
    """The fields of a message, each with all its bytes."""
    at = field.start
    for part in fields(data, field.start, field.end, path):
        yield part, data[at : part.end]
        at = part.end


def _small(field: Field, data: Any, path: str) -> bytes:
    """A large node without its attribute "value"."""
    kept = bytearray()
    for part, tagged in _with_tags(field, data, path):
        if part.number == 5 and part.end - part.start > _PARSED // 2:
            key = next(
                (each for each in fields(data, part.start, part.end, path) if each.number == 1),
                None,
            )
            if key is not None and bytes(data[key.start : key.end]) == b"value":
                continue
        kept += tagged
    return bytes(kept)


def _by_name(nodes: list[Node], path: str, arguments: tuple[str, ...] = ()) -> dict[str, Node]:
    """The nodes by their names; all inputs are there, and no name is twice."""
    found: dict[str, Node] = {}
    for node in nodes:
        if not node.name or node.name in found:
            raise GraphError(f"Two nodes of the graph have the name {node.name!r}.", path)
        found[node.name] = node
    known = found.keys() | set(arguments)
    for node in nodes:
        if len(node.inputs) < _INPUTS.get(node.op, 0):
            raise GraphError(
                f"The node {node.name!r} is no {node.op}: it has {len(node.inputs)} inputs.", path
            )
        for name in (*(each.node for each in node.inputs), *node.control):
            if name not in known:
                raise GraphError(
                    f"The node {node.name!r} takes {name!r}, which the graph does not have.", path
                )
    return found
