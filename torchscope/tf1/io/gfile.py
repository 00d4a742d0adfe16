"""tf.io.gfile: files, of Python's own, with TF1's functions and errors."""

from __future__ import annotations

import errno
import fnmatch
import functools
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from torchscope._core.ops.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    UnimplementedError,
    UnknownError,
)
from torchscope.tf1.missing import missing as _missing

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "GFile",
    "copy",
    "exists",
    "glob",
    "isdir",
    "join",
    "listdir",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]

P = ParamSpec("P")
R = TypeVar("R")

Path = str | bytes | os.PathLike[str]

_BY_ERRNO: dict[int | None, type[Any]] = {
    errno.ENOENT: NotFoundError,
    errno.EEXIST: AlreadyExistsError,
    errno.EACCES: PermissionDeniedError,
    errno.EPERM: PermissionDeniedError,
    errno.ENOTEMPTY: FailedPreconditionError,
    errno.EISDIR: FailedPreconditionError,
    errno.ENOTDIR: FailedPreconditionError,
    errno.EINVAL: InvalidArgumentError,
}


@contextmanager
def _errors_of_tf1() -> Iterator[None]:
    """Raises TF1's error for the operating system's."""
    try:
        yield
    except OpError:
        raise
    except OSError as error:
        kind = _BY_ERRNO.get(error.errno, UnknownError)
        raise kind(None, None, f"{error.filename}; {error.strerror}") from error


def _raising_tf1s(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with _errors_of_tf1():
            return function(*args, **kwargs)

    return run


def _path(path: Path) -> str:
    """The path as text, if it is one of this machine's file system."""
    text = os.fsdecode(path)
    scheme = re.match(r"([a-z0-9]+)://", text)
    if scheme and scheme[1] != "file":
        raise UnimplementedError(
            None,
            None,
            f"File system scheme '{scheme[1]}' not implemented (file: '{text}'). Copy it to this machine "
            "first; the package fsspec opens many kinds of addresses.",
        )
    return text.removeprefix("file://")


class GFile:
    r"""A file (tf.gfile.GFile), which is opened when it is first read or written.

    >>> import tempfile
    >>> name = f"{tempfile.mkdtemp()}/names.txt"
    >>> with GFile(name, "w") as file:
    ...     file.write("a\nb\n")
    >>> GFile(name).readlines(), GFile(name, "rb").size()
    (['a\n', 'b\n'], 4)

    Args:
        name: its path.
        mode: 'r', 'w', 'a', 'r+', 'w+' or 'a+', with 'b' for bytes.

    Raises:
        InvalidArgumentError: there is no such mode.
        NotFoundError: when it is read: there is no such file.
        PermissionDeniedError: it may not be read or written, or was not opened for that.
    """

    def __init__(self, name: Path, mode: str = "r") -> None:
        if mode.replace("b", "") not in {"r", "w", "a", "r+", "w+", "a+"}:
            raise InvalidArgumentError(None, None, f"mode is not 'r' or 'w' or 'a': {mode!r}")
        self.name = name
        self.mode = mode
        self._file: IO[Any] | None = None

    def _opened(self, *, to_write: bool) -> IO[Any]:
        if to_write and "r" in self.mode and "+" not in self.mode:
            raise PermissionDeniedError(None, None, "File isn't open for writing")
        if not to_write and "r" not in self.mode and "+" not in self.mode:
            raise PermissionDeniedError(None, None, "File isn't open for reading")
        return self._as_it_is()

    def _as_it_is(self) -> IO[Any]:
        if self._file is None:
            text: dict[str, Any] = (
                {} if "b" in self.mode else {"encoding": "utf-8", "newline": "\n"}
            )
            self._file = open(_path(self.name), self.mode, **text)  # noqa: SIM115 - closed by close()
        return self._file

    @_raising_tf1s
    # Any: text, or bytes where the mode says so.
    def read(self, n: int = -1) -> Any:
        """What there is from here on, or the next `n` characters or bytes of it."""
        return self._opened(to_write=False).read(n)

    @_raising_tf1s
    # Any: text, or bytes where the mode says so.
    def readline(self) -> Any:
        """The next line, with what ends it, that of Windows without its return; empty at the end."""
        line = self._opened(to_write=False).readline()
        return line.replace(b"\r" if "b" in self.mode else "\r", b"" if "b" in self.mode else "")

    def readlines(self) -> list[Any]:
        """The lines from here on."""
        return list(self)

    def __iter__(self) -> GFile:
        return self

    # Any: text, or bytes where the mode says so.
    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    # Any: text, or bytes where the mode says so.
    def next(self) -> Any:
        """The next line; at the end StopIteration."""
        return next(self)

    @_raising_tf1s
    def write(self, file_content: Any) -> None:
        """Writes text, or bytes where the mode has a 'b'; each is made the other where it is not."""
        if "b" in self.mode and isinstance(file_content, str):
            file_content = file_content.encode()
        elif "b" not in self.mode and isinstance(file_content, bytes):
            file_content = file_content.decode()
        self._opened(to_write=True).write(file_content)

    @_raising_tf1s
    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Goes to an offset: from the beginning, from here (whence=1) or from the end (2)."""
        to = position if offset is None else offset
        if to is None:
            raise TypeError("seek(): offset argument required")
        self._as_it_is().seek(to, whence)

    def seekable(self) -> bool:
        """True."""
        return True

    @_raising_tf1s
    def tell(self) -> int:
        """The offset that it is at."""
        return self._as_it_is().tell()

    @_raising_tf1s
    def size(self) -> int:
        """How many bytes the file has."""
        return os.stat(_path(self.name)).st_size

    @_raising_tf1s
    def flush(self) -> None:
        """Has what was written come to the file."""
        if self._file is not None:
            self._file.flush()

    @_raising_tf1s
    def close(self) -> None:
        """Closes it; to read or write it afterwards opens it again."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()


class FileStatistics(NamedTuple):
    """What `stat` tells of a file: its bytes, when it was changed, and whether it is a directory."""

    length: int
    mtime_nsec: int
    is_directory: bool


@_raising_tf1s
def exists(path: Path) -> bool:
    """Whether there is such a file or directory.

    >>> exists("/"), exists("/no/such/file")
    (True, False)
    """
    return os.path.exists(_path(path))


@_raising_tf1s
def isdir(path: Path) -> bool:
    """Whether there is such a directory."""
    return os.path.isdir(_path(path))


@_raising_tf1s
def listdir(path: Path) -> list[str]:
    """The names of what is in a directory.

    Raises:
        NotFoundError: there is no such directory.
    """
    path = _path(path)
    if not os.path.isdir(path):
        raise NotFoundError(None, None, f"Could not find directory {path}")
    return os.listdir(path)


@_raising_tf1s
def mkdir(path: Path) -> None:
    """Makes a directory, in one that there is, where it is not there yet."""
    path = _path(path)
    if not os.path.isdir(path):
        os.mkdir(path)


@_raising_tf1s
def makedirs(path: Path) -> None:
    """Makes a directory, and those around it, where they are not there yet."""
    os.makedirs(_path(path), exist_ok=True)


@_raising_tf1s
def remove(path: Path) -> None:
    """Removes a file."""
    os.remove(_path(path))


@_raising_tf1s
def rmtree(path: Path) -> None:
    """Removes a directory with all that is in it."""
    shutil.rmtree(_path(path))


def _check_free(path: str, *, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise AlreadyExistsError(None, None, f"file already exists: {path}. Give overwrite=True.")


@_raising_tf1s
def copy(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Copies a file.

    Raises:
        AlreadyExistsError: there is one of the new name, and `overwrite` is not said.
    """
    src, dst = _path(src), _path(dst)
    _check_free(dst, overwrite=overwrite)
    shutil.copyfile(src, dst)


@_raising_tf1s
def rename(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Gives a file or directory another name.

    Raises:
        AlreadyExistsError: there is one of that name, and `overwrite` is not said.
    """
    src, dst = _path(src), _path(dst)
    _check_free(dst, overwrite=overwrite)
    os.replace(src, dst)


@_raising_tf1s
def stat(path: Path) -> FileStatistics:
    """The size, the time of the last change, and whether it is a directory."""
    found = os.stat(_path(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(_path(path)))


def glob(pattern: Path | Iterable[Path]) -> list[str]:
    """The paths that match a pattern, or one of several, in the order of the alphabet.

    In a pattern ``*`` is any text in one name, that of a hidden file too, ``?`` one character and
    ``[...]`` one of some.
    """
    patterns = [pattern] if isinstance(pattern, str | bytes | os.PathLike) else pattern
    return [path for each in patterns for path in _matching(_path(each))]


def _matching(pattern: str) -> list[str]:
    if not re.search(r"[*?\[]", pattern):
        return [pattern] if os.path.exists(pattern) else []
    above, _, last = pattern.rpartition("/")
    if pattern.startswith("/") and not above:
        above = "/"
    found = []
    for directory in _matching(above) if above else [""]:
        try:
            names = os.listdir(directory or ".")
        except OSError:
            continue
        matching = (name for name in names if fnmatch.fnmatchcase(name, last))
        found += [os.path.join(directory, name) for name in matching]
    return sorted(found)


def walk(
    top: Path, topdown: bool = True, onerror: Callable[[OSError], Any] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each directory under one, with the names of the directories and files in it."""
    return os.walk(_path(top), topdown, onerror)


def join(path: str, *paths: str) -> str:
    """A path of several parts."""
    return os.path.join(path, *paths)


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
