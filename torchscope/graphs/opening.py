"""What a file of a graph is: a MetaGraphDef, a SavedModel or a GraphDef, told by its name and by its first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from google.protobuf.message import DecodeError

from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.tensor_protos import LENGTH, VARINT, fields
from torchscope.graphs import definitions, meta
from torchscope.graphs.definitions import Definition
from torchscope.graphs.errors import GraphError
from torchscope.graphs.structure import VARIABLES
from torchscope.graphs.walking import refuse_text

META, SAVED_MODEL, FROZEN, GRAPH_DEF = "MetaGraphDef", "SavedModel", "frozen GraphDef", "GraphDef"
"""What a file may be."""

INIT = "__saved_model_init_op"
"""The signature that prepares a SavedModel's tables, which nobody else calls."""

_SAVED = "saved_model.pb"
_TYPE = re.compile(rb"[\w>.]+")


class Opened(NamedTuple):
    """A file of a graph.

    Args:
        path: the file.
        format: what it is.
        definition: the graph.
        producer: the version of graphs that what wrote it knew; 0 if it does not say.
        meta: what is said of the graph beside it, but in a GraphDef.
    """

    path: str
    format: str
    definition: Definition
    producer: int
    meta: meta.MetaGraph | None


def opened(path: str | os.PathLike[str], tags: Iterable[str] | None = None) -> Opened:
    """The graph that a file holds, or the folder of a SavedModel.

    Args:
        path: the file or the folder.
        tags: of a SavedModel's graphs, the one that has all of these.

    Raises:
        CheckpointError: there is no such file, or it is damaged.
        GraphError: it holds no graph.
    """
    path = os.fspath(path)
    if os.path.isdir(path):  # noqa: PTH112, as the room `checkpoint` treats paths
        if not os.path.exists(f"{path}/{_SAVED}"):  # noqa: PTH110
            raise GraphError(
                f"This folder has no {_SAVED}. Give the folder of a SavedModel, a .meta file or a frozen .pb.",
                path,
            )
        path = f"{path}/{_SAVED}"
    file = File(path)
    refuse_text(file)
    try:
        return _opened(file, tags)
    except GraphError:
        raise
    except ValueError as error:
        raise GraphError(
            f"{error.args[0]} A .meta file, a frozen .pb or a SavedModel was expected. If it is one, it was cut off or"
            " changed on its way: copy it again.",
        ) from error


def of_tags(
    graphs: Sequence[meta.MetaGraph], tags: Iterable[str] | None, path: str
) -> meta.MetaGraph:
    """The graph of some tags."""
    if tags is None:
        tags = () if len(graphs) == 1 else ("serve",)
    wanted = {tags} if isinstance(tags, str) else set(tags)
    found = [each for each in graphs if wanted <= each.tags]
    if len(found) != 1:
        had = "; ".join(", ".join(sorted(each.tags)) or "none" for each in graphs)
        raise GraphError(
            f"{len(found)} graphs of the SavedModel have the tags {sorted(wanted)}. Theirs are: {had}.",
            path,
        )
    return found[0]


def signature_of(signatures: Mapping[str, object], name: str | None, directory: str) -> str | None:
    """The name of the signature that is called."""
    if name is None:
        name = "serving_default"
        if name not in signatures:
            return next(iter(signatures)) if len(signatures) == 1 else None
    elif name not in signatures:
        raise GraphError(
            f"There is no signature {name!r}; there is {', '.join(signatures) or 'none'}.",
            directory,
        )
    return name


def _opened(file: File, tags: Iterable[str] | None) -> Opened:
    name = os.path.basename(file.path)  # noqa: PTH119
    kind = SAVED_MODEL if name == _SAVED else META if name.endswith(".meta") else _told(file)
    if kind == GRAPH_DEF:
        definition = definitions.read(file, 0, file.size)
        frozen = not any(node.op in VARIABLES for node in definition.nodes.values())
        producer = _producer(file, 0, file.size)
        return Opened(file.path, FROZEN if frozen else GRAPH_DEF, definition, producer, None)
    read = meta.read(file) if kind == META else of_tags(meta.read_all(file), tags, file.path)
    producer = _producer(file, read.graph.start, read.graph.end)
    return Opened(file.path, kind, read.definition(), producer, read)


def _told(file: File) -> str:
    """What a file is by what it begins with."""
    data = memoryview(file.map() if file.size else b"")
    first = next(fields(data, 0, file.size, file.path), None)
    if first is None or first.number != 1:
        return GRAPH_DEF
    if first.wire == VARINT:
        return SAVED_MODEL
    if first.wire == LENGTH:
        # A node's type is a word; a MetaGraphDef has a list of operations there, or nothing.
        for part in fields(data, first.start, first.end, file.path):
            if part.number == 2:
                return GRAPH_DEF if _TYPE.fullmatch(data[part.start : part.end]) else META
        return META
    return GRAPH_DEF


def _producer(file: File, start: int, end: int) -> int:
    """The version that a GraphDef says it was written by."""
    data = memoryview(file.map() if file.size else b"")
    for field in fields(data, start, end, file.path):
        if field.number == 4 and field.wire == LENGTH:
            with suppress(DecodeError):
                return int(
                    protos.Versions.FromString(bytes(data[field.start : field.end])).producer
                )
    return 0
