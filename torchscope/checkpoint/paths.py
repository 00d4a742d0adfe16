"""What people give as the path of a checkpoint, and the files that are meant.

A V2 checkpoint has no file of the name that it goes by: ``model.ckpt-1000`` is the beginning of the
names of its files. A folder says in its state file, ``checkpoint``, which of its checkpoints is the
latest.
"""

from __future__ import annotations

import difflib
import os
import re
import warnings
from collections.abc import Collection, MutableSequence
from typing import NamedTuple, Protocol

from google.protobuf import text_format

from torchscope.checkpoint.errors import CheckpointError, visible
from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.files import File

STATE_FILE = "checkpoint"

_MOST_STATE = 1 << 24
_INDEX = ".index"
_SHARD = re.compile(r"(?P<prefix>.*)\.data-\d{5}-of-\d{5}", re.DOTALL)
_V1_SHARD = re.compile(r"(?P<prefix>.*)-(?P<number>\d{5}|\?{5})-of-(?P<total>\d{5})", re.DOTALL)

# What files begin with that are taken for checkpoints.
_LOOKALIKES = {
    b"\x89HDF": "an HDF5 file, as Keras writes it: h5py reads it",
    b"PK\x03\x04": "a zip archive: of PyTorch (its name should end in .pt), of numpy (.npz), or one to unpack",
    b"\x1f\x8b": "compressed by gzip: unpack it first",
    b"\x80\x02": "a pickle: torch.load or pickle.load may read it",
    b"version https://git-lfs": "a pointer of Git LFS to the file, not the file: run git lfs pull",
    b"<!DOCTYPE": "a web page: the download went wrong",
    b"<html": "a web page: the download went wrong",
    b"\x93NUMPY": "an array of numpy: its name should end in .npy",
    b"model_checkpoint_path": "a state file: give its folder, or the path that it names",
}


class Place(NamedTuple):
    """A checkpoint's files.

    The format is "V2", with its prefix as `path`, or "V1", with all its files; or else what the name
    of the one file ends in.
    """

    format: str
    path: str
    files: list[str]


def find(path: str | os.PathLike[str], suffixes: Collection[str] = ()) -> Place:
    """The checkpoint that is meant by a path.

    Args:
        path: the prefix (``model.ckpt-1000``), one of its files (``.index``, ``.data-00000-of-00001``,
            ``.meta``), a file of V1 or the pattern of its shards, a folder with a state file, a
            SavedModel, or its ``variables`` folder.
        suffixes: those of other formats' files, in small letters, which are found as they are.

    Raises:
        CheckpointError: there is none; it says what there is instead.
    """
    text = os.fspath(path)
    if not isinstance(text, str) or "\0" in text:
        raise CheckpointError(f"This is no path: {text!r}.")
    if os.path.isdir(text):
        return _in_folder(text)
    name = os.path.basename(text)
    if name == STATE_FILE and _begins(text, b"model_checkpoint_path"):
        return _in_folder(os.path.dirname(text) or ".")
    if name == "saved_model.pb" and os.path.isfile(text):
        return _in_folder(os.path.dirname(text) or ".")
    suffix = os.path.splitext(name)[1].lower()
    if suffix in suffixes and os.path.isfile(text):
        return Place(suffix, text, [text])
    return _exact(text) or _by_file(text) or _v1_shards(text) or _refuse(text)


class CheckpointState(Protocol):
    """What a state file says, as a message."""

    model_checkpoint_path: str
    all_model_checkpoint_paths: MutableSequence[str]
    all_model_checkpoint_timestamps: MutableSequence[float]
    last_preserved_timestamp: float


def get_checkpoint_state(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> CheckpointState | None:
    """What a folder's state file tells, or None if there is none (tf.train.get_checkpoint_state).

    Args:
        checkpoint_dir: the folder.
        latest_filename: the name of the state file, "checkpoint" if it is not given.

    Returns:
        A message with `model_checkpoint_path` and `all_model_checkpoint_paths`. Relative paths in
        the file are relative to the folder.

    Raises:
        CheckpointError: the state file is damaged, or names no checkpoint.
    """
    folder = os.fspath(checkpoint_dir)
    path = os.path.join(folder, latest_filename or STATE_FILE)
    if not os.path.exists(path):
        return None
    file = File(path)
    if file.size > _MOST_STATE:
        raise CheckpointError(f"A state file is text, and this one has {file.size} bytes.", path)
    state: CheckpointState = protos.CheckpointState()
    try:
        text_format.Parse(bytes(file.read(0, file.size, "The state file")).decode(), state)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise CheckpointError(f"The state file is damaged: {error}.", path) from error
    if not state.model_checkpoint_path:
        raise CheckpointError("The state file names no checkpoint.", path)
    if "\0" in state.model_checkpoint_path:
        raise CheckpointError("The state file names a path with a zero byte.", path)
    # An absolute path stays as it is: that is how os.path.join joins.
    state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    state.all_model_checkpoint_paths[:] = [
        os.path.join(folder, path) for path in state.all_model_checkpoint_paths
    ]
    return state


def latest_checkpoint(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> str | None:
    """The path of a folder's latest checkpoint, or None (tf.train.latest_checkpoint).

    Args:
        checkpoint_dir: the folder.
        latest_filename: the name of the state file, "checkpoint" if it is not given.

    Raises:
        CheckpointError: the state file is damaged, or leads out of the folder.

    >>> latest_checkpoint("no/such/folder")
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    path: str = state.model_checkpoint_path
    if not checkpoint_exists(path):
        warnings.warn(
            visible(f"The latest checkpoint is {path}, and there is no such file."), stacklevel=2
        )
        return None
    folder = os.fspath(checkpoint_dir)
    if not is_inside(folder, path):
        raise CheckpointError(
            f"The state file leads out of its folder, to {path}. If you trust it, give that path.",
            os.path.join(folder, latest_filename or STATE_FILE),
        )
    return path


def checkpoint_exists(checkpoint_prefix: str | os.PathLike[str]) -> bool:
    """Whether there is a checkpoint of V2 or V1 of a name (tf.train.checkpoint_exists).

    Args:
        checkpoint_prefix: the name, or for shards of V1 their pattern, ``model-?????-of-00002``.

    >>> checkpoint_exists("no/such/model.ckpt")
    False
    """
    prefix = os.fspath(checkpoint_prefix)
    if os.path.exists(prefix + _INDEX) or os.path.exists(prefix):
        return True
    return bool(_V1_SHARD.fullmatch(prefix) and _shards(prefix))


def _in_folder(folder: str) -> Place:
    """The latest checkpoint of a folder, the variables of a SavedModel, or its only checkpoint."""
    state = get_checkpoint_state(folder)
    if state is not None:
        path = state.model_checkpoint_path
        here = os.path.join(folder, os.path.basename(path))
        place = None
        # A folder that was moved names the place where it was: what has that name here is meant.
        for candidate in (path, here):
            if place is None and is_inside(folder, candidate):
                place = _exact(candidate) or _v1_shards(candidate)
        if place is not None:
            return place
        leads_out = os.path.exists(path) or os.path.exists(path + _INDEX)
        raise CheckpointError(
            f"The state file says that the latest checkpoint is {path}, "
            + ("which is not in its folder." if leads_out else "and there is no such file.")
            + _what_is_in(folder),
            os.path.join(folder, STATE_FILE),
        )
    for prefix in (os.path.join(folder, "variables", "variables"), f"{folder}/variables"):
        if os.path.isfile(prefix + _INDEX):
            return _v2(prefix)
    prefixes = _prefixes(folder)
    if len(prefixes) == 1:
        return _v2(os.path.join(folder, prefixes[0]))
    if os.path.isfile(folder.rstrip("/") + _INDEX):
        # A checkpoint of the folder's own name, beside it.
        return _v2(folder.rstrip("/"))
    raise CheckpointError(
        f'The folder has no state file "{STATE_FILE}" that says which checkpoint is the latest.'
        + _what_is_in(folder),
        folder,
    )


def _exact(text: str) -> Place | None:
    """The checkpoint of exactly that prefix, V2 first as in TensorFlow, or that single file."""
    if os.path.isfile(text + _INDEX):
        return _v2(text)
    name = os.path.basename(text)
    one_of_several = name.endswith((_INDEX, ".meta")) or _SHARD.fullmatch(name)
    if not one_of_several and not _V1_SHARD.fullmatch(name) and os.path.isfile(text):
        _check_kind(text)
        return Place("V1", text, [text])
    return None


def _by_file(text: str) -> Place | None:
    """The checkpoint that a file is one of."""
    shard = _SHARD.fullmatch(text)
    for prefix in (
        text.removesuffix(_INDEX),
        text.removesuffix(".meta"),
        shard["prefix"] if shard else text,
    ):
        if prefix != text:
            place = _exact(prefix) or _v1_shards(prefix)
            if place is not None:
                return place
            if os.path.isfile(text):
                what = "a shard of the data" if shard else "the graph"
                raise CheckpointError(
                    f"This is {what} of a checkpoint, and its index {prefix}{_INDEX} is missing: it"
                    " has the names of the variables. Copy it beside this file, too.",
                    text,
                )
    return None


def _v1_shards(text: str) -> Place | None:
    """The V1 checkpoint in several files that a prefix, a pattern, or one of the files means."""
    found = _shards(text)
    if not found:
        return None
    match = _V1_SHARD.fullmatch(text)
    stem = match["prefix"] if match else text
    if len(found) > 1:
        raise CheckpointError(
            f"There are checkpoints in {' and in '.join(map(str, sorted(found)))} files: give one of"
            f' them as "{stem}-?????-of-{max(found):05d}".',
            text,
        )
    ((total, numbers),) = found.items()
    if numbers != set(range(total)):
        raise CheckpointError(
            f"The checkpoint has {total} files, and {len(numbers)} of them are there: the numbers"
            f" {sorted(numbers)[:20]}.",
            text,
        )
    files = [f"{stem}-{number:05d}-of-{total:05d}" for number in range(total)]
    for file in files:
        _check_kind(file)
    return Place("V1", f"{stem}-?????-of-{total:05d}", files)


def _shards(text: str) -> dict[int, set[int]]:
    """The numbers of the V1 files of a prefix, or of the pattern that it is, by how many there are."""
    folder, name = os.path.split(text)
    match = _V1_SHARD.fullmatch(name)
    prefix = match["prefix"] if match else name
    found: dict[int, set[int]] = {}
    for other in _names(folder or "."):
        shard = _V1_SHARD.fullmatch(other)
        if shard and shard["prefix"] == prefix and shard["number"].isdigit():
            found.setdefault(int(shard["total"]), set()).add(int(shard["number"]))
    if match:
        return {total: found[total] for total in found if total == int(match["total"])}
    return found


def _v2(prefix: str) -> Place:
    return Place("V2", prefix, [prefix + _INDEX])


def _check_kind(path: str) -> None:
    """Raises CheckpointError for a file that is known to be something else than a table."""
    file = File(path)
    start = bytes(file.read(0, min(file.size, 32), "The file"))
    for beginning, what in _LOOKALIKES.items():
        if start.startswith(beginning):
            raise CheckpointError(f"This is no checkpoint of TensorFlow 1: it is {what}.", path)


def _refuse(text: str) -> Place:
    if re.match(r"\w+://", text):
        raise CheckpointError("Only files are read: download the checkpoint first.", text)
    folder = os.path.dirname(text) or "."
    if not os.path.isdir(folder):
        while folder and not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        raise CheckpointError(
            f"There is no such checkpoint, and no such folder; there is {folder or '.'}.", text
        )
    raise CheckpointError(
        "There is no such checkpoint." + _what_is_in(folder, os.path.basename(text)), text
    )


def _what_is_in(folder: str, wanted: str = "") -> str:
    prefixes = _prefixes(folder)
    if prefixes:
        near = difflib.get_close_matches(wanted, prefixes, 5, 0.0) if wanted else prefixes[-5:]
        paths = ", ".join(os.path.join(folder, prefix) for prefix in near)
        return f" There are {len(prefixes)} checkpoints in {folder}: {paths}."
    names = _names(folder)
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f" There is no checkpoint in {folder}, but {shown or 'nothing'}."


def _prefixes(folder: str) -> list[str]:
    """The V2 checkpoints of a folder."""
    return [name.removesuffix(_INDEX) for name in _names(folder) if name.endswith(_INDEX)]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def is_inside(folder: str, prefix: str) -> bool:
    """Whether a checkpoint's files lie in a folder, wherever links lead."""
    root = os.path.realpath(folder)
    above, name = os.path.split(prefix)
    shard = _V1_SHARD.fullmatch(name)
    file_of_it = re.compile(
        re.escape(shard["prefix"] if shard else name)
        + r"(|\.index|\.data-\d{5}-of-\d{5}|-\d{5}-of-\d{5})"
    )
    files = [other for other in _names(above or ".") if file_of_it.fullmatch(other)]
    paths = [above or ".", *(os.path.join(above, file) for file in files)]
    return all(os.path.commonpath([root, os.path.realpath(path)]) == root for path in paths)


def _begins(path: str, start: bytes) -> bool:
    if not os.path.isfile(path):
        return False
    file = File(path)
    return file.read(0, min(file.size, len(start)), "The file") == start
