"""The page of an imported graph: its nodes as the page of `ts.graph` shows operations.

Functions are drawn where they are called, as scopes: a SavedModel of TF2 has nearly all of its nodes in them.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from torchscope._core import pages
from torchscope._core.graphs.drawing import page
from torchscope._core.graphs.listing import Listed
from torchscope.graphs.attributes import Call
from torchscope.graphs.definitions import PLACEHOLDERS, Definition, Node, Output
from torchscope.graphs.errors import GraphError
from torchscope.graphs.loops import NEXT
from torchscope.graphs.needed import Space, bodies
from torchscope.graphs.parts import Parts, dtype_of, says, shape_of
from torchscope.graphs.structure import BLOCKS, CALLS, VARIABLES, WHILES

# Functions are drawn as long as there are fewer nodes, and no deeper in each other. What calls is a node else.
_MOST, _DEEP = 50_000, 32
_INPUTS = PLACEHOLDERS | {"Const"}
# How often what a function gives may be what another gives, and so on.
_STEPS = 200


def write(
    path: str | os.PathLike[str],
    definition: Definition,
    weights: Collection[str],
    kinds: Mapping[str, tuple[Sequence[int], torch.dtype]] | None = None,
    *,
    training: bool = False,
) -> None:
    """Writes the page of a graph.

    Args:
        path: the file.
        definition: the graph.
        weights: the constants that are variables.
        kinds: the shapes and dtypes of variables, where they are known better than the nodes know them.
        training: whether to draw also what trains, saves, summarizes and gives first values.

    Raises:
        OSError: the file cannot be written.
    """
    rows = list(listed(definition, weights, kinds or {}, training=training))
    pages.write(path, page(_title(definition.path), rows))


def listed(
    definition: Definition,
    weights: Collection[str],
    kinds: Mapping[str, tuple[Sequence[int], torch.dtype]],
    *,
    training: bool,
) -> Iterator[Listed]:
    """The nodes of a graph, those that are read before those that read them; its arguments are those of `write`."""
    without: Collection[str] = ()
    if not training:
        parts = Parts(definition)
        without = parts.left_over | parts.unread
    drawing = _Drawing(definition, without)
    names = [each.name for each in drawing.drawn]
    reads = [[read for read in map(drawing.source, each.reads) if read] for each in drawing.drawn]
    for number in _in_order(drawing.drawn, reads):
        each, node = drawing.drawn[number], drawing.drawn[number].node
        variable = node.op in VARIABLES or (each.outermost and node.name in weights)
        shapes, dtype = _kind(node)
        if each.outermost and node.name in kinds:
            shape, of_torch = kinds[node.name]
            shapes, dtype = [list(shape)], str(of_torch).removeprefix("torch.")
        yield Listed(
            each.name,
            node.op,
            dtype,
            shapes,
            _bytes(shapes, dtype),
            [names[read.number] for read in reads[number]],
            [read.place for read in reads[number]],
            variable=variable,
        )


class _Read(NamedTuple):
    """A value: the number of the node that gives it, and which of its values it is."""

    number: int
    place: int


class _At(NamedTuple):
    """A tensor of the graph, or of a function where it is called."""

    body: _Body
    output: Output


class _Drawn(NamedTuple):
    """A node that is drawn, under its name in the drawing."""

    name: str
    node: Node
    reads: list[_At]
    outermost: bool


class _Body:
    """The graph, or a function where it is called.

    Args:
        nodes: its nodes.
        scope: what stands before their names.
        arguments: what its arguments are where it is called.
        outputs: what it gives.
        functions: the functions that it is in, with itself.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node],
        scope: str = "",
        arguments: Mapping[str, _At] | None = None,
        outputs: Sequence[Output] = (),
        functions: tuple[str, ...] = (),
    ) -> None:
        self.nodes = nodes
        self.scope = scope
        self.arguments = arguments or {}
        self.outputs = outputs
        self.functions = functions
        # Its nodes in the drawing, and those that are functions there.
        self.names: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.called: dict[str, _Body] = {}


class _Drawing:
    """What is drawn of a graph."""

    def __init__(self, definition: Definition, without: Collection[str]) -> None:
        self.drawn: list[_Drawn] = []
        self._definition = definition
        self._function: Callable[[str], Space] = bodies(definition)
        self._count = len(definition.nodes)
        nodes = {name: each for name, each in definition.nodes.items() if name not in without}
        outermost = _Body(nodes)
        outermost.names = {name: name for name, each in nodes.items() if not self._only_calls(each)}
        self._taken = set(outermost.names)
        self._counts: dict[str, int] = defaultdict(int)
        self._waiting = [outermost]
        while self._waiting:
            self._draw(self._waiting.pop())

    def _only_calls(self, node: Node) -> bool:
        return node.op in CALLS or node.op in self._definition.functions

    def _draw(self, body: _Body) -> None:
        for node in body.nodes.values():
            reads = [_At(body, each) for each in node.inputs]
            if body.functions and says(node.op):
                continue
            parts = self._parts(node)
            if self._only_calls(node):
                inner = parts and self._call(body, "", parts[0][1], reads, node.name)
                if inner:
                    body.called[node.name] = inner
                    continue
            else:
                # Of loops and branches the node is drawn, too: it takes what they give.
                given = reads if node.op in WHILES else reads[1:]
                reads = reads if not parts else [] if node.op in WHILES else reads[:1]
                for label, name in parts:
                    inner = self._call(body, label, name, given, node.name)
                    reads += [_At(inner, each) for each in inner.outputs] if inner else given
            body.numbers[node.name] = len(self.drawn)
            name = body.names.get(node.name) or self._free(body.scope + node.name)
            self.drawn.append(_Drawn(name, node, reads, not body.functions))

    def _free(self, name: str) -> str:
        """A name that nothing has in the drawing."""
        made, count = name, self._counts[name]
        while made in self._taken:
            count += 1
            made = f"{name}_{count}"
        self._counts[name] = count
        self._taken.add(made)
        return made

    def _parts(self, node: Node) -> list[tuple[str, str]]:
        """The functions that a node calls, and what each is to it."""
        if node.op in self._definition.functions:
            return [("", node.op)]
        if node.op not in BLOCKS:
            return []
        found = []
        for key, value in node.attributes.items():
            several = isinstance(value, list)
            for number, each in enumerate(value if several else [value]):
                if isinstance(each, Call) and each.name in self._definition.functions:
                    found.append((f"{key}_{number}" if several else key, each.name))
        return found

    def _call(
        self, body: _Body, label: str, name: str, given: list[_At], caller: str
    ) -> _Body | None:
        """A function where it is called; None where it is not drawn."""
        try:
            space = self._function(name)
        except GraphError:
            return None
        within = body.functions
        if name in within or len(within) >= _DEEP or self._count + len(space.nodes) > _MOST:
            return None
        self._count += len(space.nodes)
        arguments = dict(zip(space.inputs, given, strict=False))
        inner = _Body(space.nodes, body.scope, arguments, space.outputs, (*within, name))
        names = [e.name for e in space.nodes.values() if not (says(e.op) or self._only_calls(e))]
        # A SavedModel calls its model by functions that nobody wrote: their names would be before all others.
        if label or any("/" in each and body.scope + each in self._taken for each in names):
            inner.scope = f"{body.scope}{caller}/{label}/" if label else f"{body.scope}{caller}/"
        inner.names = {each: self._free(inner.scope + each) for each in names}
        self._waiting.append(inner)
        return inner

    def source(self, at: _At) -> _Read | None:
        """Who gives a tensor; None if nobody does who is drawn."""
        for _ in range(_STEPS):
            body, (name, place, _) = at
            if name in body.arguments:
                at = body.arguments[name]
            elif name in body.called:
                inner = body.called[name]
                if place >= len(inner.outputs):
                    return None
                at = _At(inner, inner.outputs[place])
            else:
                number = body.numbers.get(name)
                return None if number is None else _Read(number, place)
        return None


def _in_order(drawn: Sequence[_Drawn], reads: Sequence[Sequence[_Read]]) -> Iterator[int]:
    """The numbers of nodes, each after what it reads, and not long after; a loop's next turn does not count.

    Where they go in a circle nevertheless, they come as they are met.
    """
    taken = {read.number for each in reads for read in each}
    begun = [False] * len(drawn)
    # What is fed comes first, and what stands in no scope; other constants when they are first read.
    first = [n for n, each in enumerate(drawn) if each.node.op in _INPUTS and "/" not in each.name]
    ends = [number for number in range(len(drawn)) if reads[number] or number not in taken]
    for start in (*first, *ends, *range(len(drawn))):
        stack = [(start, False)]
        while stack:
            number, ready = stack.pop()
            if ready:
                yield number
            elif not begun[number]:
                begun[number] = True
                stack.append((number, True))
                stack += [
                    (each.number, False)
                    for each in reversed(reads[number])
                    if not begun[each.number] and drawn[each.number].node.op not in NEXT
                ]


def _kind(node: Node) -> tuple[list[list[int | None] | None], str]:
    """The shapes of what a node gives, and the dtype of the first."""
    told = node.attributes.get("_output_shapes")
    shapes = [shape_of(node, place) for place in range(len(told) if isinstance(told, list) else 1)]
    return shapes or [None], dtype_of(node)


def _bytes(shapes: Sequence[list[int | None] | None], dtype: str) -> int | None:
    shape: Any = shapes[0] if shapes else None
    of_torch = getattr(torch, dtype, None)
    if shape is None or None in shape or not isinstance(of_torch, torch.dtype):
        return None
    size: int = math.prod(shape) * of_torch.itemsize
    return size


def _title(path: str) -> str:
    """What a graph is called: its file, or its folder."""
    file = Path(path)
    return file.absolute().parent.name if file.name == "saved_model.pb" else file.name
