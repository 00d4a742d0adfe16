"""What there is to know of a graph before it is imported: what goes in and out, what it is made of, and whether it runs."""

from __future__ import annotations

import difflib
import math
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from torchscope.graphs import attributes, variables
from torchscope.graphs.computable import computed, missing
from torchscope.graphs.definitions import PLACEHOLDERS, Definition, Node, Output
from torchscope.graphs.descriptions import (
    GraphDescription,
    GraphInput,
    GraphSignature,
    GraphTensor,
    GraphVariables,
)
from torchscope.graphs.errors import GraphError
from torchscope.graphs.loops import SWITCH, Loops
from torchscope.graphs.opening import INIT, Opened, opened, signature_of
from torchscope.graphs.parts import Parts, dtype_of, shape_of, told_shape
from torchscope.graphs.structure import CONDITIONALS, WHILES
from torchscope.graphs.weights import weights


def describe(
    path: str | os.PathLike[str],
    *,
    scope: str = "",
    tags: Iterable[str] | None = None,
    signature: str | None = None,
    feeds: Sequence[str] | None = None,
    fetches: Sequence[str] | None = None,
) -> GraphDescription:
    """What there is to know of a graph before it is imported: what goes in and out, and whether it runs.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from google.protobuf import text_format
    >>> from tensorboard.compat.proto.graph_pb2 import GraphDef
    >>> from torchscope import graphs
    >>> graph_def = text_format.Parse(
    ...     '''
    ...     node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    ...     node { name: "y" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    ...     ''',
    ...     GraphDef(),
    ... )
    >>> path = Path(tempfile.mkdtemp(), "relu.pb")
    >>> _ = path.write_bytes(graph_def.SerializeToString())
    >>> found = graphs.describe(path)
    >>> [each.name for each in found.inputs], [each.name for each in found.outputs], found.inference.runs
    (['x:0'], ['y:0'], True)

    What infers and what trains is told by types of nodes, by the scopes that TF1 opens for gradients and savers, and by
    which inputs meet variables. Where that goes wrong, say what is fetched.

    Args:
        path: a .meta file, a frozen .pb, or a SavedModel's folder or its saved_model.pb.
        scope: looks at the nodes in a scope alone, "model/encoder".
        tags: as in `load_saved_model`.
        signature: the same.
        feeds: the names of tensors that are to be fed; by default the signature's inputs, or the placeholders.
        fetches: the names of tensors to compute; by default the signature's outputs, or those that nobody takes.

    Raises:
        CheckpointError: there is no such file, or it is damaged.
        GraphError: it holds no graph, or not what is asked for.
    """
    return described(opened(path, tags), scope.strip("/"), signature, feeds, fetches)


def described(
    file: Opened,
    scope: str = "",
    signature: str | None = None,
    feeds: Sequence[str] | None = None,
    fetches: Sequence[str] | None = None,
) -> GraphDescription:
    """The same of a file that is open."""
    definition, meta = file.definition, file.meta
    message = None if meta is None else meta.message
    parts = Parts(definition, "" if message is None else message.saver_def.filename_tensor_name)
    signatures = {} if message is None or scope else _signatures(message)
    chosen = signature_of(signatures, signature, file.path) if signatures or signature else None
    inside = _inside(file, scope)
    inputs = _entering(parts, inside) if scope else _inputs(parts)
    ends = _leaving(parts, inside) if scope else parts.outputs
    outputs = [each for name in ends for each in _tensors(definition.nodes[name])]
    losses = [] if scope else [each for n in parts.losses for each in _tensors(definition.nodes[n])]
    if fetches is None:
        fetched = signatures[chosen].outputs.values() if chosen else outputs
        fetches = [each.name for each in fetched]
    if feeds is None and chosen:
        feeds = [each.name for each in signatures[chosen].inputs.values()]
    part = computed(parts, inputs, feeds, fetches)
    called = list(_called(definition, inside))
    everything = [
        *inside,
        *(node for name in called for node in definition.functions[name].nodes.values()),
    ]
    types = Counter(node.op for node in everything)
    loops, conditionals = _turns(definition, inside, called)
    return GraphDescription(
        path=file.path,
        format=file.format,
        tensorflow="" if message is None else message.meta_info_def.tensorflow_version,
        producer=file.producer,
        tags=[] if meta is None else sorted(meta.tags),
        scope=scope,
        nodes=len(inside),
        inputs=inputs,
        outputs=outputs,
        losses=losses,
        signatures=signatures,
        variables=_variables(file, _held(parts, inside)),
        types=dict(sorted(types.items(), key=lambda item: (-item[1], item[0]))),
        functions=len(called),
        loops=loops,
        conditionals=conditionals,
        inference=part,
        missing=missing(definition, everything),
    )


def _inside(file: Opened, scope: str) -> list[Node]:
    """The nodes in a scope."""
    nodes = file.definition.nodes
    if not scope:
        return list(nodes.values())
    found = [each for name, each in nodes.items() if name == scope or name.startswith(f"{scope}/")]
    if not found:
        scopes = {name[:at] for name in nodes for at, c in enumerate(name) if c == "/"}
        close = difflib.get_close_matches(scope, scopes, 3) or sorted(
            each for each in scopes if "/" not in each
        )
        hint = f" There is {', '.join(map(repr, close[:8]))}." if close else ""
        raise GraphError(f"The graph has no scope {scope!r}.{hint}", file.path)
    return found


def _inputs(parts: Parts) -> list[GraphInput]:
    return [
        GraphInput(
            f"{node.name}:0",
            dtype_of(node),
            shape_of(node),
            [each.name for each in parts.takers[node.name]],
            node.op not in PLACEHOLDERS,
            node.name in parts.trains,
        )
        for node in parts.inputs
    ]


def _entering(parts: Parts, inside: Collection[Node]) -> list[GraphInput]:
    """What nodes of a scope take from outside, but for variables and constants; and the placeholders in it."""
    nodes = parts.definition.nodes
    names = {node.name for node in inside}
    taken: dict[Output, list[str]] = {}
    for node in inside:
        if node.name in parts.left_over:
            continue
        for each in node.inputs:
            outside = each.node not in names and each.node not in parts.held
            if outside or nodes[each.node].op in PLACEHOLDERS:
                taken.setdefault(each, []).append(node.name)
    return [
        GraphInput(
            str(each),
            dtype_of(nodes[each.node]),
            shape_of(nodes[each.node], each.place),
            takers,
            optional=False,
            trains=each.node in parts.trains,
        )
        for each, takers in taken.items()
    ]


def _leaving(parts: Parts, inside: Collection[Node]) -> list[str]:
    """The nodes of a scope that give something to nodes outside, or to nobody."""
    names = {node.name for node in inside}
    ends = set(parts.outputs)
    without = parts.left_over | parts.trains | parts.held
    return [
        node.name
        for node in inside
        if node.name in ends
        or (
            node.name not in without
            and any(each.name not in names | without for each in parts.takers[node.name])
        )
    ]


def _tensors(node: Node) -> list[GraphTensor]:
    """What a node gives, as far as the file says how much that is."""
    shapes = node.attributes.get("_output_shapes")
    count = len(shapes) if isinstance(shapes, list) and shapes else 1
    dtypes = node.attributes.get("Tout")
    several = dtypes if isinstance(dtypes, list) and len(dtypes) >= count else None
    return [
        GraphTensor(
            f"{node.name}:{place}",
            str(several[place]).removeprefix("torch.")
            if several
            else ""
            if place
            else dtype_of(node),
            shape_of(node, place),
        )
        for place in range(count)
    ]


def _signatures(message: Any) -> dict[str, GraphSignature]:
    def tensors(entries: Any) -> dict[str, GraphTensor]:
        return {
            each.key: GraphTensor(
                each.value.name,
                str(attributes.dtype(each.value.dtype)).removeprefix("torch."),
                attributes.shape(each.value.tensor_shape),
            )
            for each in sorted(entries, key=lambda each: str(each.key))
        }

    return {
        each.key: GraphSignature(
            tensors(each.value.inputs), tensors(each.value.outputs), each.value.method_name
        )
        for each in sorted(message.signature_def, key=lambda each: str(each.key))
        if each.value.outputs and each.key != INIT
    }


def _variables(file: Opened, names: Collection[str]) -> GraphVariables:
    """The variables among some nodes."""
    definition, meta = file.definition, file.meta
    found: list[tuple[Sequence[int | None] | None, Any, bool]] = [
        (each.stored.kind.shape, each.stored.kind.dtype, False)
        for each in map(definition.nodes.__getitem__, weights(definition))
        if each.name in names and each.stored is not None
    ]
    found += [
        (told_shape(each.shape), each.dtype, each.trainable)
        for each in variables.describe(
            definition, {} if meta is None else meta.collections, meta and meta.trainable
        )
        if each.node in names
    ]
    parameters = nbytes = unknown = 0
    for shape, dtype, _ in found:
        sizes = [size for size in shape or () if size is not None]
        if shape is None or len(sizes) < len(shape):
            unknown += 1
        else:
            parameters += math.prod(sizes)
            nbytes += math.prod(sizes) * dtype.itemsize
    return GraphVariables(len(found), parameters, nbytes, sum(t for *_, t in found), unknown)


def _held(parts: Parts, inside: Sequence[Node]) -> set[str]:
    """Some nodes, and the variables and constants that they take, which may be in other scopes."""
    nodes = parts.definition.nodes
    found = {node.name for node in inside}
    for node in inside:
        if node.name in parts.left_over:
            continue
        for each in node.inputs:
            if each.node in parts.held:
                found.add(each.node)
                found.update(source.node for source in nodes[each.node].inputs)
    return found


def _called(definition: Definition, nodes: Iterable[Node]) -> Iterator[str]:
    """The functions that some nodes call, and those that these call."""
    seen: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        for name in node.calls():
            if name in definition.functions and name not in seen:
                seen.add(name)
                yield name
                stack += definition.functions[name].nodes.values()


def _turns(
    definition: Definition, inside: Sequence[Node], called: Iterable[str]
) -> tuple[int, int]:
    """How many loops and how many conditionals there are."""
    bodies = [{node.name: node for node in inside}]
    bodies += [definition.functions[name].nodes for name in called]
    turns = conditionals = 0
    for nodes in bodies:
        loops = Loops(nodes)
        # tf.cond makes a predicate of its own for its switches, but for the first.
        predicates = {
            node.inputs[1]
            for node in nodes.values()
            if node.op in SWITCH
            and node.name not in loops.switches
            and len(node.inputs) == 2
            and node.inputs[0] != node.inputs[1]
        }
        turns += len(loops.frames) + sum(node.op in WHILES for node in nodes.values())
        conditionals += len(predicates) + sum(n.op in CONDITIONALS for n in nodes.values())
    return turns, conditionals
