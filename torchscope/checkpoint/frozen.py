"""A frozen graph: a GraphDef file (.pb) whose variables have become constants.

Freezing gives a constant the name of the variable, so the names are those of the checkpoint that the
graph was made of. What a graph calculates with beside (axes, shapes, paddings) are constants too.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError

from torchscope.checkpoint import dtypes
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.files import File
from torchscope.checkpoint.protos import GraphDef
from torchscope.checkpoint.shapes import Kind, check_shape
from torchscope.checkpoint.stored import RANK, Stored, tensor

FILL = 2**28
"""A constant of fewer values than elements may fill up so many bytes with its last value."""

# The field in which the values of a dtype are, where they are not one piece of bytes.
_FIELDS = {
    1: ("float_val", np.float32),
    2: ("double_val", np.float64),
    3: ("int_val", np.int32),
    4: ("int_val", np.uint8),
    5: ("int_val", np.int16),
    6: ("int_val", np.int8),
    7: ("string_val", object),
    8: ("scomplex_val", np.complex64),
    9: ("int64_val", np.int64),
    10: ("bool_val", np.bool_),
    11: ("int_val", np.int8),
    12: ("int_val", np.uint8),
    13: ("int_val", np.int32),
    14: ("half_val", np.uint16),
    15: ("int_val", np.int16),
    16: ("int_val", np.uint16),
    17: ("int_val", np.uint16),
    18: ("dcomplex_val", np.complex128),
    19: ("half_val", np.uint16),
    22: ("uint32_val", np.uint32),
    23: ("uint64_val", np.uint64),
    24: ("float8_val", np.uint8),
    25: ("float8_val", np.uint8),
}
_VARIABLES = {"Variable", "VariableV2", "VarHandleOp"}


def constants(path: str | os.PathLike[str]) -> dict[str, Stored]:
    """The constants of a frozen graph, by their names.

    Raises:
        CheckpointError: if the file is not a GraphDef, is one as text, or is not frozen.
    """
    opened = File(os.fspath(path))
    file = opened.path
    data = bytes(opened.read(0, opened.size, "The graph"))
    graph = GraphDef()
    try:
        graph.ParseFromString(data)
    except DecodeError:
        if file.endswith(".pbtxt") or data.lstrip()[:4] == b"node":
            raise CheckpointError(
                "This is a graph as text, which is not read. "
                "Write it with tf.io.write_graph(..., as_text=False).",
                file,
            ) from None
        raise CheckpointError("A GraphDef was expected; its messages are broken.", file) from None
    if not graph.node:
        raise CheckpointError(
            f"A GraphDef was expected; {len(data)} bytes without a node were found. If this is a "
            "SavedModel, give its folder.",
            file,
        )
    variables = [node.name for node in graph.node if node.op in _VARIABLES]
    if variables:
        raise CheckpointError(
            f"This graph is not frozen: it has {len(variables)} variables, such as "
            f"{variables[0]!r}, whose values are in a checkpoint. Give that one.",
            file,
        )
    found: dict[str, Stored] = {}
    for node in graph.node:
        if node.op == "Const":
            if node.name in found:
                raise CheckpointError(f"Two constants have the name {node.name!r}.", file)
            found[node.name] = _constant(node, file)
    return found


def _constant(node: Any, file: str) -> Stored:
    """What is known of a constant. What it is worth is found out when it is read."""
    for attribute in node.attr:
        if attribute.key == "value":
            proto = attribute.value.tensor
            break
    else:
        raise CheckpointError(f"The constant {node.name!r} has no value.", file)
    shape = check_shape(proto.tensor_shape, node.name, file)
    kind = Kind(proto.dtype, shape)
    if isinstance(kind.dtype, torch.dtype):
        size = shape.numel() * kind.dtype.itemsize
    else:
        size = len(proto.tensor_content) or sum(map(len, proto.string_val))
    return Stored(kind, size, partial(_load, node.name, proto, kind, file))


def _load(name: str, proto: Any, kind: Kind, file: str) -> Any:
    if kind.number != dtypes.STRING:
        kind.torch_dtype(name, file)
    elif len(kind.shape) > RANK:
        raise CheckpointError(f"{name} has strings in {len(kind.shape)} dimensions.", file)
    try:
        array = values(proto, kind.shape.numel())
    except ValueError as error:
        raise CheckpointError(f"{name} {error}.", file) from None
    if kind.number == dtypes.STRING:
        return array.reshape(kind.shape)
    return tensor(array).view(kind.torch_dtype(name, file)).reshape(kind.shape)


def values(proto: Any, count: int) -> Any:
    """The values of a TensorProto, flat; ValueError where they do not fill `count` elements.

    They are one piece of bytes, or a list. A list may be short: its last value is repeated. It may
    be empty: then all are zero. What is too long is cut off, as TensorFlow does.
    """
    field, dtype = _FIELDS[proto.dtype]
    content = proto.tensor_content
    if content and proto.dtype == dtypes.STRING:
        return _packed_strings(content, count)
    if content:
        size = count * np.dtype(dtype).itemsize
        if len(content) != size:
            raise ValueError(f"has {len(content)} bytes where {size} were expected")
        return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"))
    listed = getattr(proto, field)
    if field in {"scomplex_val", "dcomplex_val"}:
        # Real and imaginary parts in turn; a last one that stands alone counts for nothing.
        pairs = np.array(listed, dtype().real.dtype)
        given = pairs[: len(pairs) // 2 * 2].view(dtype)
    elif field == "string_val":
        given = np.empty(len(listed), object)
        given[:] = list(listed)
    elif field == "float8_val":
        given = np.frombuffer(listed, np.uint8)
    else:
        # Small integers are stored as int32; those that do not fit wrap around.
        given = np.array(listed, np.int32 if field in {"int_val", "half_val"} else dtype)
        given = given.astype(dtype)
    if len(given) < count and count * given.itemsize > FILL:
        raise ValueError(f"would fill {count * given.itemsize} bytes from {len(given)} values")
    last = given[-1] if len(given) else (b"" if dtype is object else 0)
    whole = np.full(count, last, given.dtype)
    whole[: len(given)] = given[:count]
    return whole


def _packed_strings(content: bytes, count: int) -> Any:
    """Strings in one piece: their lengths as varints, then the strings."""
    lengths: list[int] = []
    at = 0
    while len(lengths) < count:
        length, shift = 0, 0
        while True:
            if at >= len(content) or shift > 63:
                raise ValueError(f"has {len(lengths)} strings where {count} were expected")
            length |= (content[at] & 0x7F) << shift
            shift += 7
            at += 1
            if content[at - 1] < 0x80:
                break
        lengths.append(length)
    if at + sum(lengths) != len(content):
        raise ValueError(
            f"has {len(content) - at} bytes of strings where {sum(lengths)} were expected"
        )
    strings: Any = np.empty(count, object)
    for i, length in enumerate(lengths):
        strings[i] = content[at : at + length]
        at += length
    return strings
