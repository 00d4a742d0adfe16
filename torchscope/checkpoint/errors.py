"""CheckpointError: what is wrong with a checkpoint, in which file, and where in it."""

from __future__ import annotations

import os


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, written or loaded as it was asked.

    Its message says what was expected and what was found, and names the file and the offset.

    >>> raise CheckpointError("The index ends early: 48 bytes expected, 7 found.", "m.index", 0)
    Traceback (most recent call last):
    torchscope.checkpoint.errors.CheckpointError: The index ends early: 48 bytes expected, 7 found. (m.index, byte 0)

    Args:
        message: what was expected, what was found, and what to do.
        file: the file that it is about.
        offset: the byte in the file at which it was noticed.
    """

    def __init__(
        self,
        message: str,
        file: str | os.PathLike[str] | None = None,
        offset: int | None = None,
    ) -> None:
        where = "" if file is None else f" ({os.fspath(file)}"
        if where:
            where += ")" if offset is None else f", byte {offset})"
        super().__init__(message + where)
        self.file = None if file is None else os.fspath(file)
        self.offset = offset

    def __reduce__(self) -> tuple[object, ...]:
        # The message already says where: a copy from another process must not say it twice.
        return _again, (type(self), self.args[0], self.file, self.offset)


def _again(
    kind: type[CheckpointError], message: str, file: str | None, offset: int | None
) -> CheckpointError:
    error = kind(message)
    error.file, error.offset = file, offset
    return error
