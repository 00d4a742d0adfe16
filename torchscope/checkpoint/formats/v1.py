"""V1 checkpoints: tables, one or several, of slices of tensors.

The first key of a table is empty: its value tells names, dtypes, shapes and slices. Every other key
stands for a slice, and its value is a message with the slice's numbers. Unlike in V2, a checksum
belongs to a block of the table.
"""

from __future__ import annotations

import math
import sys
from functools import cached_property
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import dtypes, slices
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.files import File
from torchscope.checkpoint.formats.parts import Part, tensor_of
from torchscope.checkpoint.formats.protos import SavedSliceMeta, SavedTensorSlices
from torchscope.checkpoint.formats.shapes import Kind, check_shape
from torchscope.checkpoint.formats.slices import Slice
from torchscope.checkpoint.formats.table import ENTRY, Block, Table
from torchscope.checkpoint.formats.tensor_protos import LENGTH, Field, TensorProto, fields

_VERSION = 1

# What the list of names takes in memory for each of its bytes, at the most, and each that is new.
_LISTED, _MESSAGE = 8, 64


class TensorSlices:
    """The variables of a V1 checkpoint.

    Opening it reads the first block of every file, which has the names; a small variable may be in it.

    Args:
        path: what the checkpoint is called.
        files: its files.
        checksums: whether blocks are compared with their checksums when they are first read.

    Raises:
        CheckpointError: a file is missing or damaged.
    """

    format = "V1"
    checksum = "CRC-32C"

    def __init__(self, path: str, files: list[str], *, checksums: bool = True) -> None:
        self.path = path
        self._checksums = checksums
        self._files = files
        self._tables: list[Table] = []
        # For each name what the tables tell of it, and the number of the table that tells it.
        self._metas: dict[str, list[tuple[int, Any]]] = {}
        self._known: dict[bytes, Any] = {}
        # The block of each table that was read last: its number, and what is in it.
        self._last: dict[int, tuple[int, Block, dict[bytes, tuple[int, int]]]] = {}
        for number, file in enumerate(files):
            table = Table(File(file), checksums=checksums)
            self._tables.append(table)
            budget = Budget(table.file.size, file)
            for message in self._meta(table, budget).tensor:
                budget.spend(ENTRY + len(message))
                name, meta = self._tensor(message, file, budget)
                self._metas.setdefault(name, []).append((number, meta))

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Dtype and shape of every variable, by its name, in the order of the names."""
        known: dict[int, Kind] = {}
        kinds: dict[str, Kind] = {}
        for name, metas in sorted(self._metas.items()):
            for number, meta in metas:
                file = self._files[number]
                kind = known.get(id(meta))
                if kind is None:
                    kind = Kind(meta.type, check_shape(meta.shape, name, file))
                    known[id(meta)] = kind
                if kinds.setdefault(name, kind) != kind:
                    raise CheckpointError(
                        f"The files do not agree about {name}: it is {kinds[name]}, and {kind}.",
                        file,
                    )
        return kinds

    def nbytes(self, name: str) -> int:
        """The bytes that a variable's values take."""
        kind = self.kinds[name]
        if isinstance(kind.dtype, torch.dtype):
            return math.prod(kind.shape) * kind.dtype.itemsize
        return sum(len(text) for text in self._read_strings(name, kind).flat)

    def check(self, name: str) -> None:
        """Makes sure that a variable's data is there, and is of its size.

        Raises:
            CheckpointError: it is not.
        """
        kind = self.kinds[name]
        if kind.number == dtypes.STRING:
            self._read_strings(name, kind)
        else:
            self._parts(name, kind)

    def verify(self, name: str) -> None:
        """Compares the blocks that a variable is in with their checksums.

        Raises:
            CheckpointError: they differ, or data is missing.
        """
        for number, _, key in self._slices(name, self.kinds[name]):
            table = self._tables[number]
            block = table.number_of(key)
            if block is not None:
                table.check(block)
        self.check(name)

    def read(self, name: str) -> Tensor | np.ndarray:
        """A variable as a tensor, or as an array of bytes objects."""
        kind = self.kinds[name]
        if kind.number == dtypes.STRING:
            return self._read_strings(name, kind)
        dtype = kind.torch_dtype(name, self.path)
        parts = self._parts(name, kind)
        if len(parts) == 1 and parts[0][0].shape == kind.shape:
            found = parts[0][1]
            return found.tensor()[0] if isinstance(found, Part) else found
        out = torch.empty(kind.shape, dtype=dtype)
        _join(parts, out)
        return out

    def read_into(self, name: str, out: Tensor) -> None:
        """Reads a variable into a tensor of its shape and dtype."""
        kind = self.kinds[name]
        kind.check_target(name, out, self.path)
        _join(self._parts(name, kind), out.detach())

    def close(self) -> None:
        """Closes the files; what is mapped stays."""
        self._tables.clear()
        self._last.clear()

    def _meta(self, table: Table, budget: Budget) -> Any:
        """What a table tells of its tensors."""
        file = table.file.path
        if not table.handles:
            raise CheckpointError("The table is empty, and names of tensors are expected.", file)
        table.check(0)
        block = table.block(0)
        entries = table.parse(block, table.handles[0])
        if not entries or entries[0][0] != b"":
            raise CheckpointError(
                "A V1 checkpoint begins with the names of its tensors, and this table does not.",
                file,
            )
        _, start, end = entries[0]
        budget.spend(_LISTED * (end - start))
        try:
            saved = SavedTensorSlices.FromString(bytes(block.data[start:end]))
        except DecodeError as error:
            raise CheckpointError("The names of the tensors are damaged.", file) from error
        if not saved.HasField("meta"):
            raise CheckpointError(
                "This is no V1 checkpoint. It may be the index of a V2 checkpoint under another"
                " name: give it back its name, which ends in .index, beside its shards of data.",
                file,
            )
        meta = saved.meta
        if meta.versions.min_consumer > _VERSION or _VERSION in meta.versions.bad_consumers:
            raise CheckpointError(
                f"The checkpoint asks for readers of version {meta.versions.min_consumer}, and"
                f" this one is of version {_VERSION}.",
                file,
            )
        return meta

    def _tensor(self, message: bytes, file: str, budget: Budget) -> tuple[str, Any]:
        """A tensor's name, and what else a table tells of it: one object for all that are alike."""
        try:
            # First comes the name, whose length is nearly always a single byte.
            if message[:1] == b"\n" and len(message) >= 2 + message[1] and message[1] < 128:
                end = 2 + message[1]
                name, rest = message[2:end].decode(), message[end:]
            else:
                budget.spend(_MESSAGE * len(message))
                whole = SavedSliceMeta.FromString(message)
                name, whole.name = whole.name, ""
                rest = whole.SerializeToString()
            meta = self._known.get(rest)
            if meta is None:
                budget.spend(_MESSAGE * len(rest))
                meta = self._known[rest] = SavedSliceMeta.FromString(rest)
        except (DecodeError, UnicodeDecodeError) as error:
            raise CheckpointError("The names of the tensors are damaged.", file) from error
        return meta.name or name, meta

    def _slices(self, name: str, kind: Kind) -> list[tuple[int, Slice, bytes]]:
        """The slices of a variable, each once and in the order in which they lie in the files.

        Of each: the number of its table, where it is in the variable, and under which key.
        """
        places: list[Slice] = []
        found: dict[tuple[int, bytes], Slice] = {}
        for number, meta in self._metas[name]:
            for message in meta.slice:
                place = Slice.of(message, kind.shape, self._files[number])
                places.append(place)
                found[number, slices.key_of(name, message)] = place
        slices.check_cover(places, kind.shape, name, self.path)
        return [(number, place, key) for (number, key), place in sorted(found.items())]

    def _find(self, name: str, number: int, key: bytes) -> tuple[Block, TensorProto]:
        """The message with the values of a slice, and the block that it is in."""
        table = self._tables[number]
        file = table.file.path
        at = table.number_of(key)
        entries: dict[bytes, tuple[int, int]] = {}
        last = self._last.get(number)
        if at is not None and last is not None and last[0] == at:
            _, block, entries = last
        elif at is not None:
            block = table.block(at)
            parsed = table.parse(block, table.handles[at])
            entries = {entry: (start, end) for entry, start, end in parsed}
            # The others of a block are read next, most likely. A large variable has one of its own.
            if len(entries) > 1:
                self._last[number] = at, block, entries
        if key not in entries:
            raise CheckpointError(f"A slice of {name} is missing in the table.", file)
        start, end = entries[key]
        saved = _only(fields(block.data, start, end, file), 2)
        data = None
        if saved is not None:
            data = _only(fields(block.data, saved.start, saved.end, file), 3)
        if data is None:
            raise CheckpointError(f"A slice of {name} has no values.", file)
        budget = Budget(table.file.size, file)
        return block, TensorProto(block.data, data.start, data.end, file, budget)

    def _parts(self, name: str, kind: Kind) -> list[tuple[Slice, Part | Tensor]]:
        """The slices of a variable: where they lie in the file if they do, or else their values."""
        dtype = kind.torch_dtype(name, self.path)
        parts: list[tuple[Slice, Part | Tensor]] = []
        for number, place, key in self._slices(name, kind):
            block, message = self._find(name, number, key)
            file = self._tables[number].file
            size = math.prod(place.shape) * dtype.itemsize
            at = message.place(kind.number, size)
            if at is not None and block.offset is not None:
                swapped = sys.byteorder == "big"
                part = Part(file, block.offset + at, dtype, place.shape, swapped, name)
                parts.append((place, part))
                continue
            data = message.numbers(kind.number)
            if message.number not in {0, kind.number} or len(data) != size:
                raise CheckpointError(
                    f"{name} has {len(data) // dtype.itemsize} values of"
                    f" {dtypes.name_of(message.number or kind.number)} in a slice, and"
                    f" {math.prod(place.shape)} of {dtypes.name_of(kind.number)} are expected.",
                    file.path,
                )
            parts.append((place, tensor_of(data, dtype, place.shape)))
        return parts

    def _read_strings(self, name: str, kind: Kind) -> np.ndarray:
        found = []
        for number, place, key in self._slices(name, kind):
            texts = self._find(name, number, key)[1].strings()
            if len(texts) != math.prod(place.shape) or len(place.shape) > 32:
                raise CheckpointError(
                    f"{name} has {len(texts)} strings in a slice of shape {list(place.shape)}.",
                    self._files[number],
                )
            found.append((place, texts))
        out: np.ndarray = np.empty(kind.shape, object)
        for place, texts in found:
            values: np.ndarray = np.empty(len(texts), object)
            values[:] = texts
            out[place.where] = values.reshape(place.shape)
        return out


def _join(parts: list[tuple[Slice, Part | Tensor]], out: Tensor) -> None:
    for place, found in parts:
        target = out if place.shape == out.shape else out[place.where]
        if isinstance(found, Part):
            found.read_into(target, checksum=False)
        else:
            target.copy_(found)


def _only(found: Any, number: int) -> Field | None:
    """The last field of a number that is a message, as protocol buffers have it."""
    last = None
    for field in found:
        if field.number == number and field.wire == LENGTH:
            last = field
    return last
