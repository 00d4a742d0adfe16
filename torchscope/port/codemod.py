"""Files and folders of TF1 source, rewritten once and for all: what came of each of them."""

from __future__ import annotations

import difflib
import io
import os
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from torchscope.port.engine import rewrite
from torchscope.port.file import Note

# Folders that hold no source of the project.
_SKIPPED = frozenset(("__pycache__", ".git", ".hg", ".svn", ".tox", ".venv", "node_modules"))


@dataclass(frozen=True)
class Converted:
    """What came of one file.

    Args:
        path: the file.
        name: its name below what was given.
        old: its text; empty if it could not be read.
        new: the rewritten text.
        rules: how often each rule was used.
        notes: what a person has to decide.
        error: why it could not be rewritten; empty if it was.
        encoding: how its bytes make a text.
    """

    path: Path
    name: str
    old: str = ""
    new: str = ""
    rules: Counter[str] = field(default_factory=Counter)
    notes: tuple[Note, ...] = ()
    error: str = ""
    encoding: str = "utf-8"

    @property
    def changed(self) -> bool:
        """Whether it was rewritten, and is not what it was."""
        return not self.error and self.new != self.old

    def diff(self) -> str:
        """What changed, as a unified diff."""
        old, new = (text.splitlines(keepends=True) for text in (self.old, self.new))
        return "".join(difflib.unified_diff(old, new, f"a/{self.name}", f"b/{self.name}"))

    def data(self) -> bytes:
        """The rewritten file's bytes."""
        return self.new.encode(self.encoding)


def sources(path: Path) -> list[tuple[Path, str]]:
    """A file, or the Python files below a folder, each with its name below what was given.

    Raises:
        FileNotFoundError: there is nothing at the path, or no Python below it.
    """
    if path.is_file():
        return [(path, path.name)]
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    found = [(file, str(file.relative_to(path))) for file in sorted(_below(path))]
    if not found:
        raise FileNotFoundError(f"{path}: there is no Python below this folder")
    return found


def _below(folder: Path) -> Iterator[Path]:
    # Links to folders are not followed: they may lead back.
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        yield from (Path(root, name) for name in files if name.endswith(".py"))


def convert(path: Path, name: str | None = None) -> Converted:
    """Rewrites one file in memory; nothing is written.

    A file that cannot be read or parsed comes back with its error.
    """
    name = name or path.name
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        old = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        said = f"it is no UTF-8, and its first lines name no other encoding ({error})"
        return Converted(path, name, error=f"{path}: {said}")
    except OSError as error:
        return Converted(path, name, error=f"{path}: {error.strerror}")
    try:
        result = rewrite(old, str(path))
    except SyntaxError as error:
        said = f"{path}:{error.lineno or 0}: {error.msg}: {(error.text or '').strip()}"
        return Converted(path, name, old, error=said.rstrip(": "))
    except ImportError as error:
        return Converted(path, name, old, error=str(error))
    return Converted(path, name, old, result.text, result.rules, result.notes, encoding=encoding)


def write(converted: Iterable[Converted], folder: Path) -> int:
    """Writes rewritten files, and those that stay as they are, below a folder; how many there were."""
    count = 0
    for each in converted:
        if each.error:
            continue
        to = folder / each.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(each.data())
        count += 1
    return count


def write_in_place(converted: Iterable[Converted]) -> int:
    """Writes rewritten files where they were, and beside each what it was, as ``.orig``; how many there were.

    Raises:
        FileExistsError: a file has such a copy already; no file is written then.
    """
    changed = [each for each in converted if each.changed]
    for each in changed:
        if (kept := _kept(each.path)).exists():
            raise FileExistsError(
                f"{kept} is there already, and would be lost: move it away, or write elsewhere with -o"
            )
    for each in changed:
        _kept(each.path).write_bytes(each.old.encode(each.encoding))
        each.path.write_bytes(each.data())
    return len(changed)


def _kept(path: Path) -> Path:
    return path.with_name(f"{path.name}.orig")
