"""A tensor inside a protocol buffer message: where its values lie in the message's bytes.

They may be hundreds of megabytes, so the message is not parsed: its wire format is walked, field by
field, and plain numbers stay where they are. Files of V1 and frozen graphs have such messages.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from google.protobuf.message import DecodeError

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import dtypes
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.files import CHUNK
from torchscope.checkpoint.formats.protos import TensorShape
from torchscope.checkpoint.formats.table import varint

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""How a field lies on the wire."""

_CONTENT = 4
_FLOATS, _DOUBLES, _INTS, _STRINGS, _COMPLEX, _LONGS, _BOOLS, _DCOMPLEX = 5, 6, 7, 8, 9, 10, 11, 12
_HALVES, _UINTS, _ULONGS, _FLOAT8S = 13, 16, 17, 18

# In which field the values of a dtype are, and the bytes of one number in it; 0 for varints.
_FIELDS = {
    **dict.fromkeys((3, 4, 5, 6, 11, 12, 13, 15, 16, 17), (_INTS, 0)),
    1: (_FLOATS, 4),
    2: (_DOUBLES, 8),
    8: (_COMPLEX, 4),
    9: (_LONGS, 0),
    10: (_BOOLS, 0),
    14: (_HALVES, 0),
    18: (_DCOMPLEX, 8),
    19: (_HALVES, 0),
    22: (_UINTS, 0),
    23: (_ULONGS, 0),
    24: (_FLOAT8S, 1),
    25: (_FLOAT8S, 1),
}

# Of these only the last counts, as in any message: they are one piece of bytes.
_ONCE = {_CONTENT, _FLOAT8S}

# What is paid for a field, and the bytes of a shape, of which any that is one has far fewer.
_FIELD = 256
_SHAPE_BYTES = 1 << 16

# Plain numbers lie in a row, or each in a field of its own.
_PLAIN = {4: (LENGTH, FIXED32), 8: (LENGTH, FIXED64)}


class Field(NamedTuple):
    """A field of a message: its number, how it lies on the wire, and where its content lies."""

    number: int
    wire: int
    start: int
    end: int


def fields(data: bytes | memoryview, start: int, end: int, file: str) -> Iterator[Field]:
    r"""The fields of the message between two places.

    >>> list(fields(b"\x08\x96\x01", 0, 3, "f"))
    [Field(number=1, wire=0, start=1, end=3)]

    Raises:
        CheckpointError: the bytes are no message.
    """
    at = start
    try:
        while at < end:
            tag, at = varint(data, at)
            number, wire = tag >> 3, tag & 7
            begin = at
            if wire == VARINT:
                _, at = varint(data, at)
            elif wire == LENGTH:
                length, begin = varint(data, at)
                at = begin + length
            elif wire in {FIXED32, FIXED64}:
                at += 4 if wire == FIXED32 else 8
            else:
                break
            if at > end or not number:
                break
            yield Field(number, wire, begin, at)
        else:
            return
    except IndexError:
        pass
    raise CheckpointError(f"A message is damaged: a field at its byte {at - start}.", file)


class TensorProto:
    """A tensor's message, taken apart as far as its fields.

    Args:
        data: what the message is a part of.
        start: its first byte.
        end: the byte after it.
        file: for messages.
        budget: what is paid for its fields.

    Raises:
        CheckpointError: the bytes are no message.
    """

    number: int

    def __init__(
        self, data: bytes | memoryview, start: int, end: int, file: str, budget: Budget
    ) -> None:
        self._data = data
        self._file = file
        self._values: dict[int, list[Field]] = {}
        self.number = 0
        """The number of the dtype; 0 if the message does not tell."""
        self.size: int = end - start
        """The bytes of the message."""
        shape = bytearray()
        for field in fields(data, start, end, file):
            if field.number == 1 and field.wire == VARINT:
                self.number, _ = varint(data, field.start)
            elif field.number == 2 and field.wire == LENGTH:
                shape += data[field.start : field.end]
            elif field.number in _ONCE:
                if field.wire == LENGTH:
                    self._values[field.number] = [field]
            elif field.number > _CONTENT:
                budget.spend(_FIELD)
                self._values.setdefault(field.number, []).append(field)
        if len(shape) > _SHAPE_BYTES:
            raise CheckpointError(f"A tensor's shape has {len(shape)} bytes.", file)
        try:
            self.shape: Any = TensorShape.FromString(bytes(shape))
            """Its TensorShape."""
        except DecodeError as error:
            raise CheckpointError("A tensor's shape is damaged.", file) from error

    def place(self, number: int, size: int) -> int | None:
        """Where its values lie as `size` plain bytes, if they do; little endian.

        Args:
            number: the number of the dtype.
            size: the bytes that are expected.
        """
        field, width = _FIELDS.get(number, (0, 0))
        found = self._values.get(_CONTENT) or (self._values.get(field) if width else None) or []
        if len(found) == 1 and found[0].wire == LENGTH and found[0].end - found[0].start == size:
            return found[0].start
        return None

    def numbers(self, number: int) -> bytearray:
        """Its values as plain bytes of a dtype, in this machine's order.

        Raises:
            CheckpointError: what it has is not of that dtype.
        """
        dtype = dtypes.TORCH[number]
        field, width = _FIELDS[number]
        content = self._values.get(_CONTENT)
        if content:
            field, width = _CONTENT, dtype.itemsize // (2 if dtype.is_complex else 1)
        out = bytearray()
        packed: list[bytes | memoryview] = []
        for found in self._values.get(field, ()):
            data = self._data[found.start : found.end]
            if not width and found.wire in {VARINT, LENGTH} and (not data or data[-1] < 128):
                packed.append(data)
            elif width and found.wire in _PLAIN.get(width, (LENGTH,)) and len(data) % width == 0:
                out += data
            else:
                raise CheckpointError(
                    f"A tensor's values are not of {dtypes.name_of(number)}.", self._file
                )
        # Numbers that are a field each are read as if they lay in a row.
        row = packed[0] if len(packed) == 1 else b"".join(packed)
        for values in _varints(row, self._file):
            out += _narrow(values, dtype).tobytes()
        if len(out) % dtype.itemsize:
            raise CheckpointError("A tensor's last value is cut off.", self._file)
        if width > 1 and sys.byteorder == "big":
            np.frombuffer(out, f"u{width}").byteswap(inplace=True)
        return out

    def content(self) -> bytes:
        """Its values as one piece of bytes, if that is what it has; else nothing."""
        found = self._values.get(_CONTENT, ())
        return b"".join(bytes(self._data[f.start : f.end]) for f in found)

    def bytes_of_strings(self) -> int:
        """How many bytes its strings have, together."""
        found = (*self._values.get(_CONTENT, ()), *self._values.get(_STRINGS, ()))
        return sum(field.end - field.start for field in found)

    def strings(self) -> list[bytes]:
        """Its values as strings."""
        found = self._values.get(_STRINGS, ())
        return [bytes(self._data[f.start : f.end]) for f in found if f.wire == LENGTH]


def _narrow(values: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    """Varints as the numbers, or the bits, of a dtype."""
    bits: np.ndarray = (values != 0) if dtype == torch.bool else values
    return bits.astype(f"u{dtype.itemsize}")


def _varints(data: bytes | memoryview, file: str) -> Iterator[np.ndarray]:
    """The numbers that a row of varints stands for, some at a time."""
    at = 0
    while at < len(data):
        octets = np.frombuffer(data[at : at + CHUNK], np.uint8)
        ends = np.flatnonzero(octets < 128)
        lengths = np.diff(ends, prepend=-1)
        longest = int(lengths.max(initial=0))
        whole = at + len(octets) == len(data)
        if not 1 <= longest <= 10 or (whole and ends[-1] + 1 < len(octets)):
            raise CheckpointError("A tensor's list of numbers is damaged.", file)
        starts = ends - lengths + 1
        values = (octets[starts] & 127).astype(np.uint64)
        for place in range(1, longest):
            reach = np.flatnonzero(lengths > place)
            bits = (octets[starts[reach] + place] & 127).astype(np.uint64)
            values[reach] |= bits << np.uint64(7 * place)
        yield values
        at += int(ends[-1]) + 1
