"""A frozen graph: a GraphDef file (.pb) whose variables have become constants.

Freezing gives a constant the name of the variable, so the names are those of the checkpoint that the
graph was made of. What a graph calculates with beside (axes, shapes, paddings) are constants too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import dtypes
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.parts import Part, tensor_of
from torchscope.checkpoint.formats.shapes import Kind, check_shape
from torchscope.checkpoint.formats.stored import RANK, Stored
from torchscope.checkpoint.formats.table import varint
from torchscope.checkpoint.formats.tensor_protos import LENGTH, Field, TensorProto, fields

FILL = 2**28
"""Constants of fewer values than elements are filled up with the last; so many bytes in one file."""

# What is paid for a constant, and for a variable.
_CONSTANT, _VARIABLE = 2000, 100

# A number that takes one byte in a message takes as many in memory, at the most.
_UNPACKED = 8

_VARIABLES = {b"Variable", b"VariableV2", b"VarHandleOp"}


def constants(path: str) -> dict[str, Stored]:
    """The constants of a frozen graph, by their names.

    Raises:
        CheckpointError: if the file is not a GraphDef, is one as text, or is not frozen.
    """
    file = File(path)
    if path.endswith(".pbtxt") or file.read(0, min(4, file.size), "The graph") == b"node":
        raise CheckpointError(
            "This is a graph as text, which is not read. Write it with "
            "tf.io.write_graph(..., as_text=False).",
            path,
        )
    data = memoryview(file.map() if file.size else b"").toreadonly()
    budget = Budget(file.size, path)
    found: dict[str, Stored] = {}
    variables: list[bytes] = []
    nodes = filled = 0
    for field in fields(data, 0, len(data), path):
        if field.number != 1 or field.wire != LENGTH:
            continue
        nodes += 1
        # Its name, and what it does.
        parts = {
            part.number: bytes(data[part.start : part.end])
            for part in fields(data, field.start, field.end, path)
            if part.number <= 2
        }
        if parts.get(2) in _VARIABLES:
            budget.spend(_VARIABLE)
            variables.append(parts.get(1, b""))
        elif parts.get(2) == b"Const":
            name = parts.get(1, b"").decode(errors="replace")
            if name in found:
                raise CheckpointError(f"Two constants have the name {name!r}.", path)
            budget.spend(_CONSTANT + len(name))
            found[name], more = constant(name, file, data, field, budget, filled)
            filled += more
    if not nodes:
        raise CheckpointError(
            f"A GraphDef was expected; {len(data)} bytes without a node were found. If this is a "
            "SavedModel, give its folder.",
            path,
        )
    if variables:
        raise CheckpointError(
            f"This graph is not frozen: it has {len(variables)} variables, such as "
            f"{variables[0].decode(errors='replace')!r}, whose values are in a checkpoint. Give that "
            "one.",
            path,
        )
    return found


def constant(
    name: str,
    file: File,
    data: memoryview,
    node: Field,
    budget: Budget,
    filled: int = 0,
    *,
    mapped: bool = True,
) -> tuple[Stored, int]:
    """The value of a constant, and how many bytes it fills up.

    Args:
        name: that of the node.
        file: where it is.
        data: the bytes of the file.
        node: which of them are the node.
        budget: what is paid for its fields.
        filled: what others of the file have filled up.
        mapped: whether a tensor may be the file's own memory, or is to be a copy.

    Raises:
        CheckpointError: it has no value, or one that no tensor can have.
    """
    proto = _value(name, data, node.start, node.end, file.path, budget)
    kind = Kind(proto.number, check_shape(proto.shape, name, file.path))
    more = max(_bytes_of(kind) - _UNPACKED * proto.size, 0)
    fills = filled + more <= FILL
    return _constant(name, proto, kind, file, fills=fills, mapped=mapped), more


def _value(
    name: str, data: memoryview, start: int, end: int, file: str, budget: Budget
) -> TensorProto:
    """The attribute "value" of a node, which is a tensor."""
    for attribute in fields(data, start, end, file):
        if attribute.number != 5 or attribute.wire != LENGTH:
            continue
        key, value = b"", None
        for part in fields(data, attribute.start, attribute.end, file):
            if part.number == 1:
                key = bytes(data[part.start : part.end])
            elif part.number == 2 and part.wire == LENGTH:
                value = part
        if key == b"value" and value is not None:
            for part in fields(data, value.start, value.end, file):
                if part.number == 8 and part.wire == LENGTH:
                    return TensorProto(data, part.start, part.end, file, budget)
    raise CheckpointError(f"The constant {name!r} has no value.", file)


def _bytes_of(kind: Kind) -> int:
    """The bytes that an array of some kind takes; strings are pointers."""
    dtype = kind.dtype
    return kind.shape.numel() * (dtype.itemsize if isinstance(dtype, torch.dtype) else 8)


def _constant(
    name: str, proto: TensorProto, kind: Kind, file: File, *, fills: bool, mapped: bool
) -> Stored:
    string = kind.number == dtypes.STRING
    size = proto.bytes_of_strings() if string else _bytes_of(kind)
    values = partial(_values, name, proto, kind, file, fills=fills)
    return Stored(
        kind, size, partial(_load, values, kind, file, mapped=mapped), partial(_check, values)
    )


def _check(values: Callable[[], Any]) -> None:
    """Makes sure of the values of a constant, but for filling them up."""
    values()


def _load(values: Callable[[], Any], kind: Kind, file: File, *, mapped: bool) -> Any:
    given = values()
    if isinstance(given, Part):
        return given.tensor(mapped=mapped)[0]
    count = kind.shape.numel()
    # What is too much is cut off, as TensorFlow does.
    whole: Any = np.empty(count, given.dtype)
    whole[: len(given)] = given[:count]
    # The last is repeated where they are too few; where there is none, zeros.
    zero = b"" if kind.number == dtypes.STRING else np.zeros((), given.dtype)
    whole[len(given) :] = given[-1] if len(given) else zero
    # What was mapped, and not read by the file, is what it was when it was opened.
    file.check_unchanged()
    if kind.number == dtypes.STRING:
        return whole.reshape(kind.shape)
    return tensor_of(whole.view(np.uint8), kind.torch_dtype("", file.path), tuple(kind.shape))


def _values(name: str, proto: TensorProto, kind: Kind, file: File, *, fills: bool) -> Any:
    """The values that a constant has: where they lie, or an array of them, of any number."""
    count = kind.shape.numel()
    content = b""
    if kind.number == dtypes.STRING:
        if len(kind.shape) > RANK:
            raise CheckpointError(f"{name} has strings in {len(kind.shape)} dimensions.", file.path)
        content = proto.content()
        strings = _packed(name, content, count, file.path) if content else proto.strings()
        given: Any = np.empty(len(strings), object)
        given[:] = strings
    else:
        dtype = kind.torch_dtype(name, file.path)
        size = count * dtype.itemsize
        at = proto.place(kind.number, size)
        if at is not None:
            return Part(file, at, dtype, tuple(kind.shape), False, name)
        content = proto.content()
        if content:
            raise CheckpointError(
                f"{name} has {len(content)} bytes where {size} were expected.", file.path
            )
        given = np.frombuffer(proto.numbers(kind.number), f"V{dtype.itemsize}")
    if len(given) < count and not (fills and count * given.itemsize <= FILL):
        raise CheckpointError(
            f"{name} would fill {count * given.itemsize} bytes from {len(given)} values; all that are"
            f" so filled in one file may have {FILL}.",
            file.path,
        )
    return given


def _packed(name: str, content: bytes, count: int, file: str) -> list[bytes]:
    """Strings in one piece: their lengths as varints, then the strings."""
    lengths: list[int] = []
    at = 0
    try:
        while len(lengths) < count:
            length, at = varint(content, at)
            lengths.append(length)
    except IndexError:
        at = len(content) + 1
    if at + sum(lengths) != len(content):
        raise CheckpointError(
            f"{name} has {len(content)} bytes, which are not {count} strings.", file
        )
    strings = []
    for length in lengths:
        strings.append(content[at : at + length])
        at += length
    return strings
