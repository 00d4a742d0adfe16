"""Whether some tensors of a graph can be computed: what that needs, what of it is missing, and what can be had without."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from torchscope.graphs.definitions import Definition, Node
from torchscope.graphs.descriptions import GraphInput, GraphPart, Missing
from torchscope.graphs.errors import GraphError
from torchscope.graphs.lowering import lower
from torchscope.graphs.needed import needed
from torchscope.graphs.operations.table import TABLE
from torchscope.graphs.parts import Parts, dtype_of
from torchscope.graphs.structure import STRUCTURE

# How many tensors are looked at that may be computed where others cannot.
_TRIED = 8


def computed(
    parts: Parts,
    inputs: Sequence[GraphInput],
    feeds: Sequence[str] | None,
    fetches: Sequence[str],
) -> GraphPart:
    """The part that computes some tensors; fed with the inputs, if nobody says with what."""
    if feeds is None:
        part = _fed(parts, inputs, fetches)
    else:
        part = _part(parts.definition, feeds, fetches)
    return replace(part, before=_before(parts, part)) if part.missing else part


def _part(definition: Definition, feeds: Sequence[str], fetches: Sequence[str]) -> GraphPart:
    """The part that computes some tensors."""
    given, wanted = ([definition.tensor(each) for each in names] for names in (feeds, fetches))
    found = needed(definition, given, [each.node for each in wanted])
    here = [definition.nodes[key.node] for key in found.nodes if not key.function]
    taken = {*wanted, *(each for node in here for each in node.inputs)}
    used = [each for each in given if each in taken]
    trouble = ""
    if not found.missing and wanted:
        try:
            lower(definition, given, wanted)
        except GraphError as error:
            trouble = str(error)
    return GraphPart(
        [str(each) for each in used],
        [str(each) for each in wanted],
        len(found.nodes),
        _told(found.missing),
        [],
        trouble,
    )


def _fed(parts: Parts, inputs: Sequence[GraphInput], fetches: Sequence[str]) -> GraphPart:
    """The same, fed with the inputs; with those that have a value of their own where that cannot be computed."""
    definition = parts.definition
    found = _part(definition, [each.name for each in inputs if not each.optional], fetches)
    if found.missing and any(each.optional for each in inputs):
        other = _part(definition, [each.name for each in inputs], fetches)
        if len(other.missing) < len(found.missing):
            return other
    return found


def _before(parts: Parts, part: GraphPart) -> list[str]:
    """Tensors on the way to what is fetched that need nothing that is missing."""
    definition = parts.definition
    nodes = definition.nodes
    given = {definition.tensor(each) for each in part.feeds}
    wanted = [definition.tensor(each) for each in part.fetches]
    types = {each.type for each in part.missing}
    bad = {
        name
        for name, function in definition.functions.items()
        if any(node.op in types for node in function.nodes.values())
    }
    callers = defaultdict(list)
    for name, function in definition.functions.items():
        for node in function.nodes.values():
            for called in node.calls():
                callers[called].append(name)
    stack = list(bad)
    while stack:
        those = [name for name in callers[stack.pop()] if name not in bad]
        bad.update(those)
        stack += those

    def cannot(node: Node) -> bool:
        return node.op in types or any(name in bad for name in node.calls())

    stack = [name for name, node in nodes.items() if cannot(node)]
    after: set[str] = set()
    waiting = defaultdict(list)
    for node in nodes.values():
        for name in {*(e.node for e in node.inputs if e not in given), *node.control}:
            waiting[name].append(node.name)
    while stack:
        name = stack.pop()
        if name not in after:
            after.add(name)
            stack += waiting[name]
    found: list[str] = []
    queue = deque(dict.fromkeys(wanted))
    seen = set(wanted)
    while queue and len(found) < _TRIED:
        each = queue.popleft()
        node = nodes[each.node]
        if each.node in after:
            more = [e for e in dict.fromkeys(node.inputs) if e not in seen and e not in given]
            seen.update(more)
            queue += more
        # Sizes and lengths are not what anybody wants to see.
        elif each.node in parts.fed and "float" in dtype_of(node) and parts.is_outside(each.node):
            found.append(str(each))
    return [each for each in found if _part(definition, part.feeds, [each]).runs]


def missing(definition: Definition, nodes: Iterable[Node]) -> list[Missing]:
    """The types of some nodes that there is no operation for."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        if (
            node.op not in TABLE
            and node.op not in STRUCTURE
            and node.op not in definition.functions
        ):
            found.setdefault(node.op, []).append(node.name)
    return _told(found)


def _told(nodes: Mapping[str, Sequence[str]]) -> list[Missing]:
    """What is missing, by types and the names of their nodes: the most frequent first."""
    found = [Missing(op, len(names), min(names)) for op, names in nodes.items()]
    return sorted(found, key=lambda each: (-each.count, each.type))
