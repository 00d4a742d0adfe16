"""TensorFlow's sorted tables taken apart and put together again, as a test wants them.

It knows nothing of torchscope's own reader and writer, and lies on request.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import cramjam
from crc32c import crc32c

MAGIC = 0xDB4775248B80FB57
FOOTER = 48


def masked(data: bytes) -> int:
    """The checksum of a block, as it is stored."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number: int) -> bytes:
    """A number of 64 bits, seven at a time; a negative one as protocol buffers write it."""
    number &= 2**64 - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


class Handle(NamedTuple):
    """Where a block is, without its trailer."""

    offset: int
    size: int

    def bytes(self) -> bytes:
        """As it is stored."""
        return varint(self.offset) + varint(self.size)


def handles(table: bytes) -> list[Handle]:
    """Every block of a well-formed table: the data blocks, the meta index, the index."""
    footer = table[-FOOTER:]
    at, numbers = 0, []
    for _ in range(4):
        number, at = read_varint(footer, at)
        numbers.append(number)
    meta, index = Handle(*numbers[:2]), Handle(*numbers[2:])
    data = []
    for _, value in entries_of_block(contents(table, index)):
        offset, at = read_varint(value, 0)
        data.append(Handle(offset, read_varint(value, at)[0]))
    return [*data, meta, index]


def contents(table: bytes, handle: Handle) -> bytes:
    """A block, uncompressed."""
    data = table[handle.offset : handle.offset + handle.size]
    compressed = table[handle.offset + handle.size]
    return bytes(cramjam.snappy.decompress_raw(data)) if compressed else data


def entries_of_block(block: bytes) -> list[tuple[bytes, bytes]]:
    """The keys and values of a block."""
    restarts = struct.unpack("<I", block[-4:])[0]
    end, at = len(block) - 4 - 4 * restarts, 0
    found, key = [], b""
    while at < end:
        shared, at = read_varint(block, at)
        own, at = read_varint(block, at)
        size, at = read_varint(block, at)
        key = key[:shared] + block[at : at + own]
        found.append((key, block[at + own : at + own + size]))
        at += own + size
    return found


def entries(table: bytes) -> list[tuple[bytes, bytes]]:
    """The keys and values of a well-formed table."""
    *data, _, _ = handles(table)
    return [entry for handle in data for entry in entries_of_block(contents(table, handle))]


def block(listed: list[tuple[bytes, bytes]], every: int = 16) -> bytes:
    """A block of these entries, with a restart after so many."""
    out, restarts, last = bytearray(), [], b""
    for number, (key, value) in enumerate(listed):
        shared = 0
        if number % every:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        else:
            restarts.append(len(out))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        last = key
    restarts = restarts or [0]
    return bytes(out) + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def stored(contents: bytes, *, snappy: bool = False) -> tuple[bytes, int]:
    """A block with its trailer, and its size without."""
    data = bytes(cramjam.snappy.compress_raw(contents)) if snappy else contents
    data += bytes([snappy])
    return data + struct.pack("<I", masked(data)), len(data) - 1


def table(
    blocks: list[list[tuple[bytes, bytes]]], *, snappy: bool = False, every: int = 16
) -> bytes:
    """A table of these blocks of entries, in the order in which they are given."""
    out, index = bytearray(), []
    for listed in blocks:
        data, size = stored(block(listed, every), snappy=snappy)
        index.append((listed[-1][0] if listed else b"", Handle(len(out), size).bytes()))
        out += data
    ends = []
    for contents_ in block([]), block(index, 1):
        data, size = stored(contents_, snappy=snappy)
        ends.append(Handle(len(out), size).bytes())
        out += data
    footer = b"".join(ends).ljust(FOOTER - 8, b"\0")
    return bytes(out) + footer + struct.pack("<Q", MAGIC)


def with_checksums(table: bytes, where: list[Handle]) -> bytes:
    """The table with the checksums of these blocks made to fit what is in them."""
    out = bytearray(table)
    for handle in where:
        end = handle.offset + handle.size + 1
        if end + 4 <= len(out):
            out[end : end + 4] = struct.pack("<I", masked(bytes(out[handle.offset : end])))
    return bytes(out)
