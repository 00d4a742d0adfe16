"""A file of which here and there a few bytes are looked at: what lies between, the values of constants, stays on disk.

Mapping such a file would have the system bring in much of what lies around the few bytes.
"""

from __future__ import annotations

from typing import Any

from torchscope.checkpoint.formats.files import File
from torchscope.graphs.errors import GraphError

# A smaller file is read at once; of a larger one, so much at a time.
_WHOLE = 1 << 25
_BLOCK = 1 << 14
# How texts begin that say what these files say.
_TEXTS = (b"node", b"meta_info_def", b"saved_model_schema_version", b"meta_graphs")


def walked(file: File) -> Any:
    """The bytes of a file, to be asked for by place or by slice.

    Raises:
        GraphError: it is a text.
    """
    refuse_text(file)
    if file.size <= _WHOLE:
        return memoryview(file.read(0, file.size, "The graph"))
    return _Window(file)


def refuse_text(file: File) -> None:
    """Raises GraphError for a graph as text."""
    start = bytes(file.read(0, min(32, file.size), "The graph")).lstrip()
    if file.path.endswith(".pbtxt") or start.startswith(_TEXTS):
        raise GraphError(
            "This is a graph as text, which is not read. Write it with tf.io.write_graph(..., as_text=False), or"
            " parse it with google.protobuf.text_format and give the message to torchscope.graphs.import_graph_def.",
            file.path,
        )


class _Window:
    """Bytes of a file, of which a block is in memory."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._start = 0
        self._block = b""

    def __len__(self) -> int:
        return self._file.size

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            start, stop, _ = key.indices(self._file.size)
            at = start - self._start
            if at >= 0 and stop - self._start <= len(self._block):
                return self._block[at : stop - self._start]
            return bytes(self._file.read(start, max(stop - start, 0), "The graph"))
        at = key - self._start
        if not 0 <= at < len(self._block):
            if key >= self._file.size:
                raise IndexError(key)
            self._start = key
            self._block = bytes(
                self._file.read(key, min(_BLOCK, self._file.size - key), "The graph")
            )
            at = 0
        return self._block[at]
