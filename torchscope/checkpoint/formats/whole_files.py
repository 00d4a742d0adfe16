"""Files that are there whole or not at all.

They are written under temporary names beside their real ones, and renamed when all are complete. A
process that is killed leaves at most temporary files: the next one that writes there removes them.
What is whole survives the end of the process. Nothing waits for the disk (fsync), so a power cut
may take what was written last.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from torchscope.checkpoint.errors import CheckpointError

if sys.platform != "win32":
    import fcntl

RESERVED = ".torchscope-"
"""What begins so is a file that is being written, or the second name of one that is replaced."""

_SUFFIX = ".part"


def check_target(path: Path) -> None:
    """Refuses what no file can be put at.

    Raises:
        CheckpointError: the name is reserved, or a directory, a pipe or a device has it.
    """
    if path.name.startswith(RESERVED):
        raise CheckpointError(
            f"The file could not be written: names that begin with {RESERVED} are those of files "
            "that are not complete. Choose another one.",
            path,
        )
    if path.exists() and not path.is_file():
        what = "a directory" if path.is_dir() else "a pipe or a device"
        raise CheckpointError(f"The file could not be written: it is {what}.", path)


@contextmanager
def told_by_name(file: Path) -> Iterator[None]:
    """Turns what the system says of a file that cannot be written into a CheckpointError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise CheckpointError(
            f"The file could not be written: {reason}. What was complete before is as it was.",
            file,
        ) from error


def _lock(handle: int) -> bool:
    """Whether no other process that lives holds the file; False where that cannot be told."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files of processes that were killed while they wrote."""
    for path in folder.glob(f"{RESERVED}*{_SUFFIX}"):
        with suppress(OSError):
            handle = os.open(path, os.O_RDWR)
            try:
                if _lock(handle):
                    path.unlink()
            finally:
                os.close(handle)


class NewFile:
    """A file that is being written under a temporary name.

    Attributes:
        path: where it is to be.
        temporary: where it is.
        size: how many bytes are written.
    """

    temporary: Path
    size: int

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        with told_by_name(path):
            check_target(path)
            self.temporary, self._handle = self._opened()

    def _opened(self) -> tuple[Path, int]:
        while True:
            path = self.path.with_name(f"{RESERVED}{secrets.token_hex(8)}{_SUFFIX}")
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            _lock(handle)
            # Another process may have taken it for a leftover before it was locked.
            if path.exists():
                return path, handle
            os.close(handle)

    def write(self, data: Any) -> None:
        """Writes bytes, all of them."""
        view = memoryview(data)
        with told_by_name(self.path):
            while view:
                written = os.write(self._handle, view)
                view = view[written:]
                self.size += written

    def complete(self) -> None:
        """Nothing more is written. The file stays open, for its lock, until it has its name."""
        with told_by_name(self.path):
            # A disk of another machine may say only at a close that it is full.
            os.close(os.dup(self._handle))
        if sys.platform == "win32":
            self.close()

    def close(self) -> None:
        """Lets go of the file."""
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            with suppress(OSError):
                os.close(handle)


class NewFiles:
    """Some files that get their names together, in the order of their making.

    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "a")
    >>> with NewFiles() as files:
    ...     files.make(file).write(b"whole")
    ...     file.exists()
    False
    >>> file.read_bytes()
    b'whole'

    After an error none of them is there, and what they were to replace is as it was.

    Args:
        in_place: called instead of `put_in_place` when all are complete; it is to call that.
    """

    def __init__(self, in_place: Callable[[NewFiles], None] | None = None) -> None:
        self._in_place = in_place
        self._files: list[NewFile] = []

    def make(self, path: Path) -> NewFile:
        """Begins a file."""
        self._files.append(NewFile(path))
        return self._files[-1]

    def put_in_place(self) -> None:
        """Gives all their real names."""
        for file in self._files:
            with told_by_name(file.path):
                file.temporary.replace(file.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for file in self._files:
                    file.complete()
                (self._in_place or NewFiles.put_in_place)(self)
        finally:
            for file in self._files:
                with suppress(OSError):
                    file.temporary.unlink()
                file.close()


def write_whole(path: Path, data: bytes) -> None:
    """Writes one small file, or replaces it.

    Raises:
        CheckpointError: it could not be written; then it is as it was.
    """
    with NewFiles() as files:
        files.make(path).write(data)
