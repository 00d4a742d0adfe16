"""V2 checkpoints: an index, ``PREFIX.index``, and shards of data, ``PREFIX.data-00000-of-00001``.

The index is a table. Its first key is empty: the header. Every other one is a variable's name, or
stands for a slice of a partitioned variable; its value tells dtype, shape, shard, offset, size and
checksum.
"""

from __future__ import annotations

import math
import re
import sys
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from crc32c import crc32c
from google.protobuf.message import DecodeError
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import dtypes, slices
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.checksums import mask
from torchscope.checkpoint.formats.files import File, Seen
from torchscope.checkpoint.formats.parts import Part
from torchscope.checkpoint.formats.protos import BundleEntry, BundleHeader
from torchscope.checkpoint.formats.shapes import Kind, check_shape
from torchscope.checkpoint.formats.slices import Slice
from torchscope.checkpoint.formats.table import Table, varint

_VERSION = 1
_MOST_OPEN = 64
_MOST_SEEN = 4096

# What an entry has after its dtype and its shape: a shard, an offset, a size and a checksum, each at
# most once and in this order, as TensorFlow writes them. It says no dtype and no shape again.
_REST = re.compile(
    rb"(\x18[\x80-\xff]*[\x00-\x7f])?(\x20[\x80-\xff]*[\x00-\x7f])?(\x28[\x80-\xff]*[\x00-\x7f])?"
    rb"(\x35.{4})?",
    re.DOTALL,
)

# What a message takes in memory for each of its bytes, at the most, while it is looked at.
_MESSAGE = 64
_LONG = 1 << 16


class Bundle:
    """The variables of a V2 checkpoint.

    Args:
        prefix: the path without ``.index``.
        checksums: whether data is compared with its checksums when it is first read. The index
            always is.

    Raises:
        CheckpointError: the index is missing or damaged.
    """

    format = "V2"
    checksum = "CRC-32C"

    def __init__(self, prefix: str, *, checksums: bool = True) -> None:
        self.path = prefix
        self._index = f"{prefix}.index"
        self._checksums = checksums
        self._verified: set[bytes] = set()
        self._shards: dict[int, File] = {}
        # The keys whose data was looked for, and how many bytes of each shard it takes.
        self._claims: set[bytes] = set()
        self._claimed: dict[int, int] = {}
        # The messages of entries are taken apart when they are asked for, most never are.
        self._entries: dict[str, bytes] = {}
        self._slices: dict[bytes, bytes] = {}
        table = Table(File(self._index))
        self._size = table.file.size
        items = iter(table)
        key, value = next(items, (None, b""))
        if key != b"":
            raise CheckpointError(
                "The index of a V2 checkpoint begins with a header, and this table has none.",
                self._index,
            )
        header = self._parse(BundleHeader, value, "The header")
        if header.version.min_consumer > _VERSION or _VERSION in header.version.bad_consumers:
            raise CheckpointError(
                f"The checkpoint asks for readers of version {header.version.min_consumer}, and"
                f" this one is of version {_VERSION}.",
                self._index,
            )
        if header.num_shards < 1 or header.endianness not in {0, 1}:
            raise CheckpointError(
                f"The header tells of {header.num_shards} shards, and of the byte order"
                f" {header.endianness}; at least one shard, and 0 or 1, are expected.",
                self._index,
            )
        self._num_shards = header.num_shards
        # A shard is opened when it is asked for. It is to be the one that belongs to this index.
        self._seen = {
            number: Seen.at(self._shard_path(number))
            for number in range(min(self._num_shards, _MOST_SEEN))
        }
        self._swapped = (header.endianness == 1) != (sys.byteorder == "big")
        for key, value in items:
            if key[0] == 0:
                self._slices[key] = value
            else:
                try:
                    self._entries[key.decode()] = value
                except UnicodeDecodeError as error:
                    raise CheckpointError(f"The name {key!r} is not UTF-8.", self._index) from error

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Dtype and shape of every variable, by its name, in the order of the names."""
        known: dict[bytes, Kind] = {}
        kinds: dict[str, Kind] = {}
        for name, value in self._entries.items():
            # Nearly every entry begins with a short dtype and a short shape, and few differ.
            start = b""
            if (
                len(value) > 4
                and value[0] == 8
                and value[1] < 128 > value[3]
                and value[2] == 18
                and _REST.fullmatch(value, 4 + value[3])
            ):
                start = value[: 4 + value[3]]
            kind = known.get(start)
            if kind is None:
                kind = self._kind(name, self._parse(BundleEntry, value, name))
                if start:
                    known[start] = kind
            kinds[name] = kind
        return kinds

    def nbytes(self, name: str) -> int:
        """The bytes that a variable's values take."""
        kind, entry = self._entry(name)
        if isinstance(kind.dtype, torch.dtype):
            return math.prod(kind.shape) * kind.dtype.itemsize
        parts = [self._slice(name, message)[1] for message in entry.slices] or [entry]
        return sum(part.size for part in parts)

    def check(self, name: str) -> None:
        """Makes sure that a variable's data is there, without reading it.

        Raises:
            CheckpointError: it is not, or is not of the variable's size.
        """
        kind, entry = self._entry(name)
        if kind.number == dtypes.STRING:
            self._strings(name, kind, entry)
        else:
            self._parts(name, kind, entry)

    def verify(self, name: str) -> None:
        """Compares a variable with its checksums.

        Raises:
            CheckpointError: they differ, or data is missing.
        """
        kind, entry = self._entry(name)
        if kind.number == dtypes.STRING:
            self._strings(name, kind, entry)
            return
        for _, key, part, crc in self._parts(name, kind, entry):
            self._compare(part, key, crc, part.checksum())

    def read(self, name: str) -> Tensor | np.ndarray:
        """A variable as a tensor, or as an array of bytes objects."""
        kind, entry = self._entry(name)
        if kind.number == dtypes.STRING:
            return self._strings(name, kind, entry)
        parts = self._parts(name, kind, entry)
        if entry.slices:
            out = torch.empty(kind.shape, dtype=kind.torch_dtype(name, self._index))
            self._read_into(parts, out)
            return out
        ((_, key, part, crc),) = parts
        tensor, data = part.tensor()
        if self._checksums and key not in self._verified:
            self._compare(part, key, crc, crc32c(data))
        return tensor

    def read_into(self, name: str, out: Tensor) -> None:
        """Reads a variable into a tensor of its shape and dtype."""
        kind, entry = self._entry(name)
        kind.check_target(name, out, self._index)
        self._read_into(self._parts(name, kind, entry), out)

    def close(self) -> None:
        """Closes the files; what is mapped stays."""
        self._shards.clear()

    def _read_into(self, parts: list[tuple[Slice | None, bytes, Part, int]], out: Tensor) -> None:
        for place, key, part, crc in parts:
            checksum = self._checksums and key not in self._verified
            target = out if place is None else out.detach()[place.where]
            found = part.read_into(target, checksum=checksum)
            if checksum:
                self._compare(part, key, crc, found)

    def _compare(self, part: Part, key: bytes, expected: int, crc: int) -> None:
        if mask(crc) != expected:
            raise CheckpointError(
                f"{part.name} is damaged: the checksum of its {part.nbytes} bytes is"
                f" {mask(crc):#010x}, and {expected:#010x} is expected.",
                part.file.path,
                part.offset,
            )
        self._verified.add(key)

    def _entry(self, name: str) -> tuple[Kind, Any]:
        entry = self._parse(BundleEntry, self._entries[name], name)
        return self.kinds[name], entry

    def _kind(self, name: str, entry: Any) -> Kind:
        shape = check_shape(entry.shape, name, self._index)
        return Kind(entry.dtype, shape)

    def _parts(
        self, name: str, kind: Kind, entry: Any
    ) -> list[tuple[Slice | None, bytes, Part, int]]:
        """The parts of a variable: where in it, under which key, where in a file, which checksum."""
        dtype = kind.torch_dtype(name, self._index)
        if not entry.slices:
            key = name.encode()
            return [(None, key, *self._part(name, key, dtype, kind.shape, entry))]
        places = [Slice.of(message, kind.shape, self._index) for message in entry.slices]
        slices.check_cover(places, kind.shape, name, self._index)
        parts: list[tuple[Slice | None, bytes, Part, int]] = []
        for place, message in zip(places, entry.slices, strict=True):
            key, stored = self._slice(name, message)
            if stored.dtype != kind.number or stored.slices:
                raise CheckpointError(
                    f"A slice of {name} is of dtype {dtypes.name_of(stored.dtype)}, and"
                    f" {dtypes.name_of(kind.number)} is expected.",
                    self._index,
                )
            if self._kind(name, stored).shape != place.shape:
                raise CheckpointError(
                    f"A slice of {name} has the shape {list(self._kind(name, stored).shape)}, and"
                    f" {list(place.shape)} is expected.",
                    self._index,
                )
            parts.append((place, key, *self._part(name, key, dtype, place.shape, stored)))
        return parts

    def _slice(self, name: str, message: Any) -> tuple[bytes, Any]:
        key = slices.key_of(name, message)
        value = self._slices.get(key)
        if value is None:
            raise CheckpointError(f"A slice of {name} is missing in the index.", self._index)
        return key, self._parse(BundleEntry, value, name)

    def _part(
        self, name: str, key: bytes, dtype: torch.dtype, shape: tuple[int, ...], entry: Any
    ) -> tuple[Part, int]:
        size = math.prod(shape) * dtype.itemsize
        if entry.size != size:
            raise CheckpointError(
                f"{name} is {entry.size} bytes long, and {size} are expected for {list(shape)} of"
                f" {dtypes.name_of(entry.dtype)}.",
                self._index,
            )
        file = self._data(name, key, entry)
        return Part(file, entry.offset, dtype, shape, self._swapped, name), entry.crc32c

    def _data(self, name: str, key: bytes, entry: Any) -> File:
        """The file of an entry's data, which is there.

        What one entry has no other one has: else a file of kilobytes would be read a thousand times.
        """
        file = self._shard(name, entry.shard_id)
        file.check(entry.offset, entry.size, name)
        if key not in self._claims:
            self._claims.add(key)
            taken = self._claimed.get(entry.shard_id, 0) + entry.size
            self._claimed[entry.shard_id] = taken
            if taken > file.size:
                raise CheckpointError(
                    f"{name} lies over other variables: with it {taken} bytes are taken of the"
                    f" {file.size} that the file has.",
                    file.path,
                    entry.offset,
                )
        return file

    def _shard(self, name: str, number: int) -> File:
        file = self._shards.get(number)
        if file is not None:
            return file
        if not 0 <= number < self._num_shards:
            raise CheckpointError(
                f"{name} is in shard {number}, and there are {self._num_shards}.", self._index
            )
        file = File(self._shard_path(number))
        seen = self._seen.get(number)
        if seen is not None:
            file.check_is(seen)
        # A file in use stays open: it closes with the last reference to it.
        while len(self._shards) >= _MOST_OPEN:
            self._shards.pop(next(iter(self._shards)), None)
        self._shards[number] = file
        return file

    def _shard_path(self, number: int) -> str:
        return f"{self.path}.data-{number:05d}-of-{self._num_shards:05d}"

    def _strings(self, name: str, kind: Kind, entry: Any) -> np.ndarray:
        if not entry.slices:
            return self._read_strings(name, name.encode(), entry, kind.shape)
        places = [Slice.of(message, kind.shape, self._index) for message in entry.slices]
        slices.check_cover(places, kind.shape, name, self._index)
        found = [
            self._read_strings(name, *self._slice(name, message), place.shape)
            for place, message in zip(places, entry.slices, strict=True)
        ]
        out: np.ndarray = np.empty(kind.shape, object)
        for place, values in zip(places, found, strict=True):
            out[place.where] = values
        return out

    def _read_strings(
        self, name: str, key: bytes, entry: Any, shape: tuple[int, ...]
    ) -> np.ndarray:
        """Strings: their lengths as varints, a checksum of the lengths, and all their bytes."""
        file = self._data(name, key, entry)
        count = math.prod(shape)
        if len(shape) > 32 or count > entry.size:
            raise CheckpointError(
                f"{name} is {entry.size} bytes long, too short for {list(shape)} strings.",
                self._index,
            )
        data = file.read(entry.offset, entry.size, name)
        lengths = []
        at = 0
        try:
            for _ in range(count):
                length, at = varint(data, at)
                lengths.append(length)
        except IndexError as error:
            raise self._broken_strings(name, file, entry) from error
        start = at + 4
        if start + sum(lengths) != len(data):
            raise self._broken_strings(name, file, entry)
        if self._checksums:
            order: Literal["big", "little"] = (
                "big" if self._swapped != (sys.byteorder == "big") else "little"
            )
            numbers = b"".join(n.to_bytes(4 if n < 1 << 32 else 8, order) for n in lengths)
            crc = crc32c(numbers)
            if mask(crc) != int.from_bytes(data[at:start], order):
                raise self._broken_strings(name, file, entry)
            if mask(crc32c(memoryview(data)[at:], crc)) != entry.crc32c:
                raise self._broken_strings(name, file, entry)
        out: np.ndarray = np.empty(count, object)
        for number, length in enumerate(lengths):
            out[number] = bytes(data[start : start + length])
            start += length
        return out.reshape(shape)

    def _broken_strings(self, name: str, file: File, entry: Any) -> CheckpointError:
        return CheckpointError(
            f"{name} is damaged: the lengths, the bytes and the checksums of its strings do not go"
            " together.",
            file.path,
            entry.offset,
        )

    def _parse(self, kind: Any, value: bytes, what: str) -> Any:
        # Of two bytes a message can make a dimension, or a slice.
        if len(value) > _LONG:
            Budget(self._size, self._index).spend(_MESSAGE * len(value))
        try:
            return kind.FromString(value)
        except DecodeError as error:
            raise CheckpointError(f"{what}: its entry is damaged.", self._index) from error
