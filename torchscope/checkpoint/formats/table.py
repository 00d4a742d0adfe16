"""Sorted tables of keys and values: the container of V1 files, and of the .index of V2.

A table is a row of blocks. Each holds entries in the order of their keys, and a key is stored as
what differs from the one before it. An index block tells where each block lies, and a footer where
the index lies. All numbers are varints or little endian.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import cramjam
from crc32c import crc32c

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.checksums import mask
from torchscope.checkpoint.formats.files import File

MAGIC = 0xDB4775248B80FB57
FOOTER = 48
"""The footer's bytes: two handles, zeros to fill it up, and the magic number in eight bytes."""
TRAILER = 5
"""The bytes after a block: how it is compressed, and its checksum."""
RAW, SNAPPY = 0, 1

# What is paid for an entry, beside its key and its value.
ENTRY = 1500

_MAPPED_FROM = 1 << 20
# Three bytes of snappy give at most a copy of 64 bytes.
_SNAPPY_GROWTH = 22


class Handle(NamedTuple):
    """Where a block lies in its file, without its trailer."""

    offset: int
    size: int


class Block(NamedTuple):
    """The content of a block; `offset` is where it lies in the file, if it lies there as it is."""

    data: bytes | memoryview
    offset: int | None


class Table:
    """A table in a file, of which the index has been read.

    Args:
        file: the file.
        checksums: whether blocks are compared with their checksums. Its index always is.

    Raises:
        CheckpointError: it is no table, or its index is damaged.
    """

    def __init__(self, file: File, *, checksums: bool = True) -> None:
        self.file = file
        self.checksums = checksums
        footer = bytes(file.read(max(file.size - FOOTER, 0), FOOTER, "The footer of the table"))
        at = file.size - FOOTER
        (magic,) = struct.unpack_from("<Q", footer, FOOTER - 8)
        if magic != MAGIC:
            raise CheckpointError(
                f"This is no index of a V2 checkpoint and no V1 checkpoint: its last 8 bytes are"
                f" {magic:#018x}, and {MAGIC:#018x} is expected.",
                file.path,
                at + FOOTER - 8,
            )
        try:
            _, position = _handle(footer, 0)
            index, _ = _handle(footer, position)
        except IndexError as error:
            raise CheckpointError("The footer of the table is damaged.", file.path, at) from error
        block = self._read(index, at, checksums=True)
        self._keys: list[bytes] = []
        self.handles: list[Handle] = []
        self._checked: set[int] = set()
        end = 0
        for key, start, stop in self.parse(block, index):
            try:
                handle, position = _handle(block.data, start)
            except IndexError:
                position = -1
            if position != stop:
                raise self._damaged("an entry of its index is no place of a block", index)
            if handle.offset < end or handle.offset + handle.size + TRAILER > index.offset:
                raise self._damaged(
                    f"its index places a block of {handle.size} bytes at byte {handle.offset}, over"
                    " another one",
                    index,
                )
            end = handle.offset + handle.size + TRAILER
            self._keys.append(key)
            self.handles.append(handle)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        last: bytes | None = None
        budget = Budget(self.file.size, self.file.path)
        for number, handle in enumerate(self.handles):
            block = self.block(number)
            data = bytes(block.data)
            entries = self.parse(block, handle, budget)
            if entries:
                if last is not None and entries[0][0] <= last:
                    raise self._damaged("its keys are not in order", handle)
                last = entries[-1][0]
            for key, start, end in entries:
                yield key, data[start:end]

    def number_of(self, key: bytes) -> int | None:
        """The number of the one block that can have a key."""
        number = bisect_left(self._keys, key)
        return number if number < len(self._keys) else None

    def block(self, number: int) -> Block:
        """A block by its number, compared with its checksum the first time.

        A large one that is not compressed is mapped.
        """
        checksums = self.checksums and number not in self._checked
        block = self._read(self.handles[number], self.file.size, checksums=checksums)
        if checksums:
            self._checked.add(number)
        return block

    def check(self, number: int) -> None:
        """Compares a block with its checksum, unless it has been, and holds only a part of it."""
        if number not in self._checked:
            self._check(self.handles[number])
            self._checked.add(number)

    def _check(self, handle: Handle) -> None:
        what = f"A block of {handle.size} bytes"
        crc = 0
        for part in self.file.chunks(handle.offset, handle.size + 1, what):
            crc = crc32c(part, crc)
        self._compare(crc, self.file.read(handle.offset + handle.size + 1, 4, what), handle)

    def parse(
        self, block: Block, handle: Handle, budget: Budget | None = None
    ) -> list[tuple[bytes, int, int]]:
        """The keys of a block, and where in its data their values begin and end.

        A key is stored as what differs from the one before it, so that keys can be far larger than
        their block: they are paid for, those of a block at a time if there is no other budget.
        """
        budget = budget or Budget(self.file.size, self.file.path)
        left = budget.left
        data = block.data
        size = len(data)
        # At the end: at which entries keys are stored whole, four bytes each, and how many of them.
        restarts = int.from_bytes(data[-4:], "little") if size >= 4 else -1
        end = size - 4 * (restarts + 1)
        if restarts < 0 or end < 0:
            raise self._damaged("a block has no room for its list of restarts", handle)
        entries: list[tuple[bytes, int, int]] = []
        key = b""
        at = 0
        try:
            while at < end:
                shared, own, length = data[at], data[at + 1], data[at + 2]
                at += 3
                if shared > 127 or own > 127 or length > 127:
                    shared, at = varint(data, at - 3)
                    own, at = varint(data, at)
                    length, at = varint(data, at)
                start = at + own
                stop = start + length
                if shared > len(key) or stop > end:
                    raise self._damaged("an entry of a block is longer than the block", handle)
                left -= ENTRY + shared + own + length
                if left < 0:
                    raise budget.spent()
                last = key
                key = key[:shared] + data[at:start]
                if key <= last and entries:
                    raise self._damaged("its keys are not in order", handle)
                entries.append((key, start, stop))
                at = stop
        except IndexError as error:
            raise self._damaged("an entry of a block is cut off", handle) from error
        budget.left = left
        return entries

    def _read(self, handle: Handle, before: int, *, checksums: bool) -> Block:
        offset, size = handle
        what = f"A block of {size} bytes"
        if offset + size + TRAILER > before:
            self.file.check(offset, size + TRAILER, what)
            raise self._damaged(f"a block of {size} bytes has no room at byte {offset}", handle)
        data: bytes | memoryview
        if size < _MAPPED_FROM:
            whole = bytes(self.file.read(offset, size + TRAILER, what))
            data, kind = whole[:size], whole[size]
            if checksums:
                self._compare(crc32c(memoryview(whole)[: size + 1]), whole[size + 1 :], handle)
        else:
            self.file.check(offset, size + TRAILER, what)
            memory = memoryview(self.file.map())
            data, kind = memory[offset : offset + size], memory[offset + size]
            if checksums:
                self._check(handle)
        if kind == RAW:
            return Block(data, offset)
        if kind != SNAPPY:
            raise self._damaged(f"a block is compressed in a way with the number {kind}", handle)
        return Block(self._decompress(data, handle), None)

    def _decompress(self, data: bytes | memoryview, handle: Handle) -> memoryview | bytes:
        try:
            length, _ = varint(data, 0)
        except IndexError:
            length = -1
        if not 0 <= length <= _SNAPPY_GROWTH * len(data):
            raise self._damaged(
                f"a block of {len(data)} bytes cannot hold the {length} bytes it claims to", handle
            )
        out = bytearray(length)
        try:
            count = cramjam.snappy.decompress_raw_into(data, out)
        except Exception as error:
            raise self._damaged("a block cannot be decompressed", handle) from error
        if count != length:
            raise self._damaged(f"a block decompresses to {count} bytes, not {length}", handle)
        return bytes(out) if length < _MAPPED_FROM else memoryview(out)

    def _compare(self, crc: int, stored: bytes | bytearray | memoryview, handle: Handle) -> None:
        expected = int.from_bytes(stored, "little")
        if mask(crc) != expected:
            raise self._damaged(
                f"a block's checksum is {mask(crc):#010x}, and {expected:#010x} is expected", handle
            )

    def _damaged(self, how: str, handle: Handle) -> CheckpointError:
        return CheckpointError(f"The table is damaged: {how}.", self.file.path, handle.offset)


def varint(data: bytes | bytearray | memoryview, at: int) -> tuple[int, int]:
    r"""The number at a place, seven bits to a byte, lowest first, and the place after it.

    >>> varint(b"\xac\x02", 0)
    (300, 2)

    Raises:
        IndexError: the data ends before the number does, or it takes more than 64 bits.
    """
    value = data[at]
    at += 1
    if value < 128:
        return value, at
    value &= 127
    for shift in range(7, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value >> 64:
                break
            return value, at
    raise IndexError("a varint of more than 64 bits")


def _handle(data: bytes | memoryview, at: int) -> tuple[Handle, int]:
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return Handle(offset, size), at
