"""A MetaGraphDef: a graph with its collections, its signatures, and how it is saved. A SavedModel has some of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from torchscope.checkpoint import checkpoint_exists
from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.tensor_protos import LENGTH, Field, fields
from torchscope.graphs import definitions
from torchscope.graphs.errors import GraphError
from torchscope.graphs.walking import walked

_GRAPH, _META_GRAPH = 2, 2


class Signature(NamedTuple):
    """The names that some inputs and outputs of a graph have for those who call it.

    Args:
        inputs: the tensors that it takes, by its names of them.
        outputs: the tensors that it gives.
        method: what it is for, as TensorFlow Serving calls it.
    """

    inputs: dict[str, str]
    outputs: dict[str, str]
    method: str


class MetaGraph(NamedTuple):
    """What a MetaGraphDef says.

    Args:
        message: all but the graph.
        graph: where that lies in the file.
        file: the file.
    """

    message: Any
    graph: Field
    file: File

    @property
    def tags(self) -> set[str]:
        """By which a SavedModel tells its graphs from each other."""
        return set(self.message.meta_info_def.tags)

    @property
    def collections(self) -> dict[str, Sequence[bytes]]:
        """The collections that hold messages, such as those of variables."""
        return {each.key: each.value.bytes_list.value for each in self.message.collection_def}

    @property
    def signatures(self) -> dict[str, Signature]:
        """The signatures, by their names."""
        return {
            each.key: Signature(
                {info.key: info.value.name for info in each.value.inputs},
                {info.key: info.value.name for info in each.value.outputs},
                each.value.method_name,
            )
            for each in self.message.signature_def
        }

    @property
    def trainable(self) -> dict[str, bool]:
        """What TF2 says of its variables, by their names."""
        variables = (each.variable for each in self.message.object_graph_def.nodes)
        return {each.name: each.trainable for each in variables if each.name}

    def definition(self) -> definitions.Definition:
        """The graph."""
        return definitions.read(self.file, self.graph.start, self.graph.end)


def read(file: File) -> MetaGraph:
    """The MetaGraphDef that a file is.

    Raises:
        CheckpointError: it is none, or is damaged.
    """
    return _read(file, 0, file.size)


def read_all(file: File) -> list[MetaGraph]:
    """The graphs of the SavedModel that a file is.

    Raises:
        CheckpointError: it is none, or is damaged.
    """
    found = [
        _read(file, field.start, field.end)
        for field in fields(walked(file), 0, file.size, file.path)
        if field.number == _META_GRAPH and field.wire == LENGTH
    ]
    if not found:
        raise GraphError("A SavedModel was expected, and this has no graph.", file.path)
    return found


def _read(file: File, start: int, end: int) -> MetaGraph:
    data = walked(file)
    rest = bytearray()
    graph = None
    at = start
    for field in fields(data, start, end, file.path):
        if field.number == _GRAPH and field.wire == LENGTH:
            graph = field
        else:
            rest += data[at : field.end]
        at = field.end
    if graph is None:
        raise GraphError("A MetaGraphDef was expected, and this has no graph.", file.path)
    try:
        message = protos.MetaGraphDef.FromString(bytes(rest))
    except DecodeError as error:
        raise GraphError("What belongs to the graph is damaged.", file.path) from error
    return MetaGraph(message, graph, file)


def checkpoint_beside(path: str) -> str | None:
    """The checkpoint that a .meta file belongs to, as `load_checkpoint` takes it; None if it is not beside the file."""
    prefix = path.removesuffix(".meta")
    if prefix == path:
        return None
    if Path(prefix).is_dir():
        # A folder has that name as well: of a file that is just ".meta", its own.
        return path if Path(f"{prefix}.index").exists() else None
    return prefix if checkpoint_exists(prefix) else None
