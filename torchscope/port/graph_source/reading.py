"""Which graph a file has, and which part of it becomes source: what is fed, what is fetched, and the variables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from torchscope.graphs import meta
from torchscope.graphs.definitions import PLACEHOLDERS, Definition, Node, Output
from torchscope.graphs.errors import GraphError
from torchscope.graphs.lowering import Lowered, lower
from torchscope.graphs.opening import INIT, META, SAVED_MODEL, opened, signature_of
from torchscope.graphs.parts import Parts
from torchscope.graphs.variables import describe
from torchscope.graphs.weights import is_average, weights
from torchscope.port.graph_source.constants import rounded
from torchscope.port.graph_source.steps import Variable

# The functions of `torchscope.graphs` that import a file, by what it is.
_IMPORTS = {META: "import_meta_graph", SAVED_MODEL: "load_saved_model"}


class Read(NamedTuple):
    """A part of a graph that becomes source.

    Args:
        path: the file or folder.
        kind: the function of `torchscope.graphs` that imports it.
        checkpoint: where the values of its variables are, if that is known.
        definition: the graph.
        lowered: the part.
        variables: its variables, by their nodes.
        inputs: what is fed: tensors by the names of arguments.
        outputs: what is fetched: tensors by names.
        named: whether these are the names of a signature.
        defaults: what arguments are where a call does not say, by their names.
    """

    path: str
    kind: str
    checkpoint: str | None
    definition: Definition
    lowered: Lowered
    variables: dict[str, Variable]
    inputs: dict[str, Output]
    outputs: dict[str, Output]
    named: bool
    defaults: dict[str, Any]


def read(
    path: str, inputs: Sequence[str] = (), outputs: Sequence[str] = (), signature: str | None = None
) -> Read:
    """A part of a graph.

    Args:
        path: a .meta file, a frozen graph, or a SavedModel's folder.
        inputs: the tensors that are arguments; by default those of the signature, or the placeholders that are needed.
        outputs: the tensors that are returned; by default those of the signature, or the ends of the graph.
        signature: the name of the signature of a SavedModel.

    Raises:
        CheckpointError: the file is damaged, or is no graph.
        GraphError: there is no such tensor, or something is needed that torchscope does not have.
    """
    if Path(path).name == "saved_model.pb":
        path = str(Path(path).parent)
    file = opened(path)
    kind, graph, definition = (
        _IMPORTS.get(file.format, "import_graph_def"),
        file.meta,
        file.definition,
    )
    trained = graph.trainable if graph is not None else {}
    signatures = graph.signatures if graph is not None else {}
    chosen = _signature(signatures, signature, path) if kind == "load_saved_model" else None
    variables = _variables(definition, graph, trained)
    if kind == "import_graph_def":
        variables |= _frozen_weights(definition)
    fetched = {each: definition.tensor(each) for each in outputs}
    named = chosen is not None and not outputs
    if not fetched and chosen is not None:
        fetched = {key: definition.tensor(each) for key, each in chosen.outputs.items()}
    if not fetched:
        saver = "" if graph is None else graph.message.saver_def.filename_tensor_name
        fetched = {each: Output(each) for each in Parts(definition, saver).outputs}
        if not fetched:
            raise GraphError("Nothing of the graph is an end: say what to return, --outputs.", path)
    given = {each: definition.tensor(each) for each in inputs}
    if not given and chosen is not None:
        given = {key: definition.tensor(each) for key, each in chosen.inputs.items()}
    defaults: dict[str, Any] = {}
    if not given:
        needed = _needed(definition, [each.node for each in fetched.values()])
        given = {each: Output(each) for each in definition.nodes if each in needed}
        defaults = {
            each: value for each in given if (value := _default(definition, each)) is not None
        }
        given = {each: given[each] for each in sorted(given, key=lambda each: each in defaults)}
    lowered = lower(definition, list(given.values()), list(fetched.values()))
    asked = {key.node for key in lowered.variables} | {
        key.node for key in lowered.constants if not key.function and key.node in variables
    }
    missing = sorted(asked - variables.keys())
    if missing:
        raise GraphError(f"The shape of the variable {missing[0]!r} is not known.", path)
    return Read(
        path,
        kind,
        None if _in_pieces(definition, graph, asked) else _checkpoint(path, kind),
        definition,
        lowered,
        {name: variables[name] for name in variables if name in asked},
        given,
        fetched,
        named,
        defaults,
    )


def _variables(
    definition: Definition, graph: meta.MetaGraph | None, trained: dict[str, bool]
) -> dict[str, Variable]:
    found = {}
    for each in describe(definition, graph.collections if graph else {}, trained):
        sizes = tuple(size for size in each.shape or () if size is not None)
        if each.shape is not None and len(sizes) == len(each.shape):
            trainable = each.trainable and each.dtype.is_floating_point
            found[each.node] = Variable(each.node, sizes, each.dtype, trainable)
    return found


def _frozen_weights(definition: Definition) -> dict[str, Variable]:
    """The constants of a frozen graph that were variables once."""
    found = {}
    for name in weights(definition):
        # What TF1 itself has called a constant was one before the graph was frozen.
        if re.search(r"(^|/)Const(_\d+)?$", name):
            continue
        stored = definition.nodes[name].stored
        assert stored is not None
        assert isinstance(stored.kind.dtype, torch.dtype)
        trained = not is_average(name)
        found[name] = Variable(name, tuple(stored.kind.shape), stored.kind.dtype, trained)
    return found


def _signature(
    signatures: dict[str, meta.Signature], name: str | None, path: str
) -> meta.Signature | None:
    named = {key: each for key, each in signatures.items() if each.outputs and key != INIT}
    chosen = signature_of(named, name, path)
    return None if chosen is None else named[chosen]


def _needed(definition: Definition, wanted: Sequence[str]) -> set[str]:
    """The placeholders that some nodes need. What has a default is one as well, if that is computed."""
    seen: set[str] = set()
    found: set[str] = set()
    stack = list(wanted)
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            node = definition.nodes[name]
            if node.op in PLACEHOLDERS or _is_argument(definition, node):
                found.add(name)
            else:
                stack += [*(each.node for each in node.inputs), *node.control]
    return found


def _is_argument(definition: Definition, node: Node) -> bool:
    """Whether what has a default is an argument: that is a single number, or is computed."""
    if node.op != "PlaceholderWithDefault":
        return False
    constant = definition.nodes[node.inputs[0].node]
    return constant.op != "Const" or _default(definition, node.name) is not None


def _default(definition: Definition, name: str) -> Any:
    """The number that a placeholder is by default; None if it is no single number."""
    node = definition.nodes[name]
    stored = definition.nodes[node.inputs[0].node].stored if node.inputs else None
    plain = {torch.bool, torch.int32, torch.float32}
    if node.op != "PlaceholderWithDefault" or stored is None or stored.kind.dtype not in plain:
        return None
    value: Any = stored.load()
    if value.ndim:
        return None
    return rounded(value.item()) if value.dtype.is_floating_point else value.item()


def _in_pieces(definition: Definition, graph: meta.MetaGraph | None, asked: set[str]) -> bool:
    """Whether some variable is a piece of one, under whose name a checkpoint has it."""
    described = describe(definition, graph.collections if graph else {})
    return any(each.piece is not None and each.node in asked for each in described)


def _checkpoint(path: str, kind: str) -> str | None:
    """Where the values of the variables are."""
    return meta.checkpoint_beside(path) if kind == "import_meta_graph" else path
