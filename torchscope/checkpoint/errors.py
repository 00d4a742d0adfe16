"""CheckpointError: what is wrong with a checkpoint, in which file, and where in it."""

from __future__ import annotations

import os
from collections.abc import Sequence


def visible(text: str) -> str:
    r"""A text in one line, without what would move a terminal's cursor or change its colours.

    Names come from files that nobody vouches for.

    >>> print(visible("conv1/\x1b[31mw\n"))
    conv1/\x1b[31mw\n
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


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
        lines: more to say, a line each. What is not printable is escaped, here and in `message`.
    """

    def __init__(
        self,
        message: str,
        file: str | os.PathLike[str] | None = None,
        offset: int | None = None,
        *,
        lines: Sequence[str] = (),
    ) -> None:
        where = "" if file is None else f" ({os.fspath(file)}"
        if where:
            where += ")" if offset is None else f", byte {offset})"
        *first, last = map(visible, (message, *lines))
        super().__init__("\n".join((*first, last + visible(where))))
        self.file: str | None = None if file is None else os.fspath(file)
        self.offset = offset

    def __reduce__(self) -> tuple[object, ...]:
        # The message already says where: a copy from another process must not say it twice.
        return _again, (type(self), self.args[0], self.file, self.offset)


def _again(
    kind: type[CheckpointError], message: str, file: str | None, offset: int | None
) -> CheckpointError:
    error = kind("", file, offset)
    error.args = (message,)
    return error
