"""Sorted tables written: keys with their values, as TensorFlow stores an index.

A table is a row of blocks. A block is a row of entries, each of which leaves out what its key has
in common with the key before it; every sixteenth key is whole, and the block ends with the places
of those. The index block has one entry for each block: a key that is no less than any in it, and
below all that follow. The footer says where the index block is. Nothing is compressed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from torchscope.checkpoint.formats.checksums import masked_crc

BLOCK_BYTES = 256 << 10
RESTART_INTERVAL = 16
FOOTER_BYTES = 48
MAGIC = 0xDB4775248B80FB57
_UNCOMPRESSED = b"\x00"


def varint(number: int) -> bytes:
    r"""A number that is not negative, seven bits to a byte, the low ones first.

    >>> varint(300)
    b'\xac\x02'
    """
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two keys have in common at their start."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return shorter
    return next(at for at in range(shorter) if one[at] != other[at])


def _between(low: bytes, high: bytes) -> bytes:
    """A short key that is no less than `low` and less than `high`, if there is one; or `low`."""
    at = _common(low, high)
    if at < min(len(low), len(high)) and low[at] < 255 and low[at] + 1 < high[at]:
        return low[:at] + bytes([low[at] + 1])
    return low


def _after(key: bytes) -> bytes:
    """A short key that is no less than `key`."""
    at = next((at for at, byte in enumerate(key) if byte < 255), None)
    return key if at is None else key[:at] + bytes([key[at] + 1])


class _Block:
    """Entries on their way into the file."""

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._buffer = bytearray()
        self._restarts = [0]
        self._since = 0
        self._last_key = b""

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since < self._interval:
            shared = _common(self._last_key, key)
        else:
            self._restarts.append(len(self._buffer))
            self._since = 0
        self._since += 1
        self._last_key = key
        self._buffer += varint(shared) + varint(len(key) - shared) + varint(len(value))
        self._buffer += key[shared:]
        self._buffer += value

    @property
    def size(self) -> int:
        return len(self._buffer) + 4 * len(self._restarts) + 4

    def contents(self) -> bytes:
        ends = (*self._restarts, len(self._restarts))
        return bytes(self._buffer) + struct.pack(f"<{len(ends)}I", *ends)


class TableWriter:
    r"""Writes a table from keys that come in ascending order.

    >>> parts = []
    >>> table = TableWriter(parts.append)
    >>> table.add(b"key", b"value")
    >>> table.finish()
    >>> b"".join(parts)[:11]
    b'\x00\x03\x05keyvalue'

    Args:
        write: is called with the bytes, from the first to the last.
        block_bytes: how large a block grows before the next one begins.
    """

    def __init__(self, write: Callable[[bytes], Any], block_bytes: int = BLOCK_BYTES) -> None:
        self._write = write
        self._block_bytes = block_bytes
        self._offset = 0
        self._block = _Block(RESTART_INTERVAL)
        self._index = _Block(1)
        self._last_key: bytes | None = None
        # Where the block before is: its entry in the index waits for the key that comes next.
        self._before: bytes | None = None

    def add(self, key: bytes, value: bytes) -> None:
        """Adds an entry.

        Raises:
            ValueError: the key does not come after the one before it.
        """
        if self._last_key is not None:
            if key <= self._last_key:
                raise ValueError(f"Keys of a table ascend: {key!r} came after {self._last_key!r}.")
            if self._before is not None:
                self._index.add(_between(self._last_key, key), self._before)
                self._before = None
        self._block.add(key, value)
        self._last_key = key
        if self._block.size >= self._block_bytes:
            self._flush()

    def _flush(self) -> None:
        self._before = self._written(self._block)
        self._block = _Block(RESTART_INTERVAL)

    def _written(self, block: _Block) -> bytes:
        """Writes a block, and gives its handle: where it is, and how long."""
        contents = block.contents() + _UNCOMPRESSED
        self._write(contents + struct.pack("<I", masked_crc(contents)))
        handle = varint(self._offset) + varint(len(contents) - 1)
        self._offset += len(contents) + 4
        return handle

    def finish(self) -> None:
        """Writes what is left, the index block and the footer."""
        if self._last_key is not None and self._before is None:
            self._flush()
        meta = self._written(_Block(RESTART_INTERVAL))
        if self._last_key is not None and self._before is not None:
            self._index.add(_after(self._last_key), self._before)
        footer = meta + self._written(self._index)
        self._write(footer.ljust(FOOTER_BYTES - 8, b"\x00") + struct.pack("<Q", MAGIC))
