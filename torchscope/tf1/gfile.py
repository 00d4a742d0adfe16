"""tf.gfile: the older spelling of tf.io.gfile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torchscope.tf1.io import gfile as _files
from torchscope.tf1.io.gfile import FileStatistics, GFile, Path
from torchscope.tf1.io.gfile import GFile as FastGFile
from torchscope.tf1.io.gfile import GFile as Open
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "Copy",
    "DeleteRecursively",
    "Exists",
    "FastGFile",
    "GFile",
    "Glob",
    "IsDirectory",
    "ListDirectory",
    "MakeDirs",
    "MkDir",
    "Open",
    "Remove",
    "Rename",
    "Stat",
    "Walk",
]

# ruff: noqa: N802 - TF1's names


def Copy(oldpath: Path, newpath: Path, overwrite: bool = False) -> None:
    """Copies a file."""
    _files.copy(oldpath, newpath, overwrite)


def DeleteRecursively(dirname: Path) -> None:
    """Removes a directory with all that is in it."""
    _files.rmtree(dirname)


def Exists(filename: Path) -> bool:
    """Whether there is such a file or directory."""
    return _files.exists(filename)


def Glob(filename: Path | Iterable[Path]) -> list[str]:
    """The paths that match a pattern, or one of several."""
    return _files.glob(filename)


def IsDirectory(dirname: Path) -> bool:
    """Whether there is such a directory."""
    return _files.isdir(dirname)


def ListDirectory(dirname: Path) -> list[str]:
    """The names of what is in a directory."""
    return _files.listdir(dirname)


def MakeDirs(dirname: Path) -> None:
    """Makes a directory, and those around it, where they are not there yet."""
    _files.makedirs(dirname)


def MkDir(dirname: Path) -> None:
    """Makes a directory, in one that there is, where it is not there yet."""
    _files.mkdir(dirname)


def Remove(filename: Path) -> None:
    """Removes a file."""
    _files.remove(filename)


def Rename(oldname: Path, newname: Path, overwrite: bool = False) -> None:
    """Gives a file or directory another name."""
    _files.rename(oldname, newname, overwrite)


def Stat(filename: Path) -> FileStatistics:
    """The size, the time of the last change, and whether it is a directory."""
    return _files.stat(filename)


def Walk(top: Path, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each directory under one, with the names of the directories and files in it."""
    return _files.walk(top, in_order)


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
