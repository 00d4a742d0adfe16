"""The import hook: what lies below some folders is rewritten while Python imports it."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import marshal
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import torchscope
from torchscope.port.engine import rewrite

# What has changed the rewriting, besides the version: it is part of the cache's keys.
_KEY = f"{torchscope.__version__} {importlib.util.MAGIC_NUMBER.hex()} {sys.flags.optimize} "

_lock = threading.RLock()


def _cache() -> Path:
    """The folder of rewritten bytecode."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "torchscope", "port")


class Rewriting(importlib.machinery.SourceFileLoader):
    """Loads a file as it is rewritten. What it is asked for as source is the file as it stands."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the rewritten file, from the cache, if the file was seen before."""
        path = self.get_filename(fullname)
        data = self.get_data(path)
        digest = hashlib.sha256(_KEY.encode() + _engine().encode() + path.encode() + b"\0" + data)
        kept = _cache() / f"{digest.hexdigest()}.bin"
        with suppress(OSError, ValueError, EOFError, TypeError):
            code = marshal.loads(kept.read_bytes())  # noqa: S302 - it is as trusted as a .pyc
            if isinstance(code, CodeType):
                return code
        code = self.source_to_code(data, path)
        with suppress(OSError):
            _keep(kept, marshal.dumps(code))
        return code

    def source_to_code(self, data: Any, path: Any, *args: Any, **options: Any) -> CodeType:  # type: ignore[override]
        """The code of a file that was read, rewritten."""
        try:
            text = importlib.util.decode_source(data)
        except UnicodeDecodeError as error:
            line = bytes(data[: error.start]).count(b"\n") + 1
            said = "it is no UTF-8, and its first lines name no other encoding"
            raise SyntaxError(f"{said} ({error})", (str(path), line, 0, "")) from error
        code: CodeType = super().source_to_code(rewrite(text, str(path)).text, path)
        return code


@cache
def _engine() -> str:
    """A text that differs when the rewriting does: how new its files are, and those that say what tf has."""
    root = Path(torchscope.__file__).parent
    places = (root / each for each in ("port", "port/rules", "tf1", "tf1/contrib"))
    files = [each for place in places for each in place.glob("*.py")]
    files += root.glob("*/__init__.py")
    return " ".join(sorted(f"{each} {each.stat().st_mtime_ns}" for each in files))


def _keep(path: Path, data: bytes) -> None:
    """Writes a file of the cache, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)


class _Finder(MetaPathFinder):
    """Finds what lies below the folders, as Python would, and has it rewritten."""

    def __init__(self, folders: Sequence[Path]) -> None:
        # Modules say of themselves where they are as sys.path has it, or as it is really.
        places = {each for folder in folders for each in (str(folder), os.path.realpath(folder))}
        self._beginnings = tuple(place + os.sep for place in places)
        self._places = places

    def below(self, file: str | None) -> bool:
        """Whether a file is one of those that are rewritten."""
        return file is not None and (file.startswith(self._beginnings) or file in self._places)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module below the folders; None for all others."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        if not self.below(spec.origin):
            return None
        spec.loader = Rewriting(spec.loader.name, spec.loader.path)
        spec.cached = None
        return spec


@contextmanager
def importing(*folders: str | os.PathLike[str], packages: Iterable[str] = ()) -> Iterator[None]:
    r"""A block in which TF1 source is rewritten as it is imported, and nothing on disk is changed.

    The folders come first on sys.path. What lies below them, or in the packages, is rewritten; all else is
    imported as ever, TensorFlow too, if something else asks for it. Tracebacks, debuggers and
    inspect show the files as they are. What was rewritten stays imported after the block; a module of these
    that had been imported before is set aside for the block, and put back.

    >>> import pathlib, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = pathlib.Path(folder, "tf1_model.py").write_text("import tensorflow as tf\nrelu = tf.nn.relu\n")
    >>> with importing(folder):
    ...     import tf1_model
    >>> tf1_model.relu.__module__
    'torchscope.nn.activations'

    Args:
        folders: folders with TF1 source.
        packages: names of installed packages with TF1 source.

    Raises:
        NotADirectoryError: a folder is none.
        FileNotFoundError: there is no Python below a folder.
        ModuleNotFoundError: a package is not installed.
        SyntaxError: by the import of a file that is no Python.
        ImportError: by the import of what cannot be had.
    """
    roots, packages = [_folder(folder) for folder in folders], tuple(packages)
    finder = _Finder([*roots, *(place for name in packages for place in _places(name))])
    with _lock:
        aside = _imported_before(
            finder, {*packages, *(name for root in roots for name in _names(root))}
        )
        for name in aside:
            del sys.modules[name]
        sys.path[:0] = [str(root) for root in roots]
        sys.meta_path.insert(0, finder)
        for root in roots:
            # It may have been looked at before, and files may have come since.
            if (known := sys.path_importer_cache.get(str(root))) is not None:
                known.invalidate_caches()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        with _lock:
            sys.meta_path.remove(finder)
            for root in roots:
                with suppress(ValueError):
                    sys.path.remove(str(root))
            sys.modules.update(aside)


def _names(folder: Path) -> Iterator[str]:
    """What can be imported from a folder."""
    for each in os.scandir(folder):
        if each.is_dir() or each.name.endswith(".py"):
            yield each.name.removesuffix(".py")


def _imported_before(finder: _Finder, tops: set[str]) -> dict[str, ModuleType]:
    """The modules of what is to be rewritten that were imported as they are, by name."""
    # Other threads import meanwhile: what they write to is not gone over.
    tops = {top for top in tops if top in sys.modules}
    return {
        name: module
        for name, module in (sys.modules.copy().items() if tops else ())
        if name.partition(".")[0] in tops
        and finder.below(getattr(module, "__file__", None))
        and not _is_rewritten(module)
    }


def _is_rewritten(module: ModuleType) -> bool:
    return isinstance(getattr(module, "__loader__", None), Rewriting)


def _folder(folder: str | os.PathLike[str]) -> Path:
    """A folder with Python in it."""
    path = Path(folder).absolute()
    if not path.is_dir():
        raise NotADirectoryError(f"importing({os.fspath(folder)!r}): this is no folder")
    if next(path.rglob("*.py"), None) is None:
        raise FileNotFoundError(
            f"importing({os.fspath(folder)!r}): there is no Python below this folder"
        )
    return path


def _places(name: str) -> list[Path]:
    """Where an installed package lies."""
    spec = importlib.machinery.PathFinder.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"importing(packages=[{name!r}]): it is not installed", name=name)
    if spec.submodule_search_locations:
        return [Path(place).absolute() for place in spec.submodule_search_locations]
    return [Path(spec.origin or "").absolute()]
