"""A file whose parts are read: never past its end, and mapped or copied as it is asked.

What is mapped is private: writing to it changes memory, and never the file. A file that is written
to while it is open is noticed by its size and its time, and not read any further.
"""

from __future__ import annotations

import io
import mmap
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from torchscope.checkpoint.errors import CheckpointError

CHUNK = 1 << 20
"""The bytes that are read at a time where they need not be in memory all at once: they fit a cache."""

# Pages of a private mapping that nobody writes to need no memory set aside (Linux's number).
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if os.uname().sysname == "Linux" else 0)


class Seen(NamedTuple):
    """What tells a file from one that took its name, and from itself after it was written to."""

    inode: int
    size: int
    written: int

    @classmethod
    def at(cls, path: str) -> Seen | None:
        """What a path leads to; None if there is nothing yet."""
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class File:
    """An open file of a known size; it closes when nobody refers to it any more.

    Args:
        path: the file.

    Raises:
        CheckpointError: there is no such file, or it is a directory, a pipe or a device.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd = -1
        self._mapping: mmap.mmap | None = None
        try:
            # Opening a pipe would wait for someone to write to it.
            self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            status = os.fstat(self._fd)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CheckpointError(f"The file cannot be opened: {reason}.", path) from error
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
            raise CheckpointError(f"A file is expected, and this is {kind}.", path)
        self.size: int = status.st_size
        self.seen: Seen = Seen(status.st_ino, status.st_size, status.st_mtime_ns)

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def check(self, offset: int, size: int, what: str) -> None:
        """Raises CheckpointError if the file does not have that many bytes at the offset."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise CheckpointError(
                f"{what}: {size} bytes are expected at byte {offset}, and the file has {self.size}."
                " It was cut off, or its index is of another file.",
                self.path,
                offset,
            )

    def check_unchanged(self) -> None:
        """Raises CheckpointError if the file has been written to since it was opened."""
        status = os.fstat(self._fd)
        self.check_is(Seen(status.st_ino, status.st_size, status.st_mtime_ns))

    def check_is(self, seen: Seen) -> None:
        """Raises CheckpointError unless the file is, as it was opened, the one that was seen."""
        if seen != self.seen:
            how = "cut short" if seen.size < self.size else "written to"
            raise CheckpointError(
                f"The file was {how} while it was in use, so that what was read of it may not belong"
                " together. Open it again.",
                self.path,
            )

    def read(self, offset: int, size: int, what: str) -> bytearray:
        """A copy of some bytes. `what` they are is said where the file is too short."""
        self.check(offset, size, what)
        data = bytearray(size)
        self._fill(memoryview(data), offset, what)
        self.check_unchanged()
        return data

    def read_into(self, out: memoryview, offset: int, what: str) -> Iterator[memoryview]:
        """Reads into memory, and yields each part of it as soon as it is there."""
        self.check(offset, len(out), what)
        # Before anything of what was there is lost, and after it.
        self.check_unchanged()
        for at in range(0, len(out), CHUNK):
            part = out[at : at + CHUNK]
            self._fill(part, offset + at, what)
            yield part
        self.check_unchanged()

    def chunks(self, offset: int, size: int, what: str) -> Iterator[memoryview]:
        """The bytes, a part at a time; each part is overwritten by the next."""
        self.check(offset, size, what)
        buffer = memoryview(bytearray(min(size, CHUNK)))
        for at in range(0, size, CHUNK):
            part = buffer[: size - at]
            self._fill(part, offset + at, what)
            yield part
        self.check_unchanged()

    def stream(self) -> BinaryIO:
        """The same file for a library that reads one; it is to be closed."""
        return os.fdopen(os.dup(self._fd), "rb")

    def map(self) -> mmap.mmap:
        """The whole file as writable memory of this process alone. A file of no bytes cannot be."""
        if self._mapping is None:
            try:
                self._mapping = mmap.mmap(
                    self._fd,
                    self.size,
                    flags=mmap.MAP_PRIVATE | _NO_RESERVE,
                    prot=mmap.PROT_READ | mmap.PROT_WRITE,
                )
            except (OSError, ValueError) as error:
                raise CheckpointError(
                    f"The file cannot be mapped into memory: {error}.", self.path
                ) from error
        self.check_unchanged()
        return self._mapping

    def _fill(self, out: memoryview, offset: int, what: str) -> None:
        done = 0
        while done < len(out):
            try:
                count = os.preadv(self._fd, [out[done:]], offset + done)
            except OSError as error:
                reason = error.strerror or str(error)
                raise CheckpointError(f"{what}: {reason}.", self.path, offset + done) from error
            if not count:
                raise CheckpointError(
                    f"{what}: the file became shorter while it was read.", self.path, offset + done
                )
            done += count


class Bytes(File):
    """Bytes in memory, read as a file is.

    >>> Bytes(b"abc", "<bytes>").read(1, 2, "The end")
    bytearray(b'bc')

    Args:
        data: the bytes; a copy is made.
        path: what messages call them.
    """

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        self._fd = -1
        # A buffer that may be written to, as a private mapping may.
        self._data = bytearray(data)
        self.size = len(data)
        self.seen = Seen(0, len(data), 0)

    def check_unchanged(self) -> None:
        """They are nobody else's."""

    def stream(self) -> BinaryIO:
        """Them, for a library that reads a file."""
        return io.BytesIO(self._data)

    def map(self) -> Any:
        """Themselves."""
        return self._data

    def _fill(self, out: memoryview, offset: int, what: str) -> None:
        out[:] = self._data[offset : offset + len(out)]
