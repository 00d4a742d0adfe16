"""Checkpoints written in other formats, and V2 ones written from any mapping of tensors.

Values are read one at a time where the target allows it; what a checkpoint maps into memory stays
in its file until it is written. What a target cannot hold, a dtype or a name, is told before
anything is written.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import safetensors_files, torch_files
from torchscope.checkpoint.formats.bundle_writing import (
    BundleWriter,
    check_name,
    check_writable,
    folder_of,
    index_file,
)
from torchscope.checkpoint.formats.dtypes import NUMBERS
from torchscope.checkpoint.formats.replacing import data_files, old_one_kept
from torchscope.checkpoint.formats.whole_files import (
    NewFile,
    NewFiles,
    remove_leftovers,
    told_by_name,
)
from torchscope.checkpoint.slots import slots
from torchscope.checkpoint.sources import Readable, Source

AnyPath = str | os.PathLike[str]
Watch = Callable[[list[str]], Iterable[str]]


def save_checkpoint(tensors: Readable, path: AnyPath) -> None:
    """Writes a V2 checkpoint, which TensorFlow reads, from any mapping of names to tensors.

    >>> import tempfile
    >>> from torchscope.checkpoint import load_checkpoint
    >>> path = f"{tempfile.mkdtemp()}/model.ckpt"
    >>> save_checkpoint({"conv1/kernel": torch.ones(2, 3)}, path)
    >>> load_checkpoint(path).shapes["conv1/kernel"]
    torch.Size([2, 3])

    Args:
        tensors: a mapping, such as a state_dict or a `Checkpoint`; or the path of a checkpoint.
        path: that of the new checkpoint, as 'run/model.ckpt'. One of that name is replaced.

    Raises:
        CheckpointError: the checkpoint lacks a dtype, a name cannot be written, or a file cannot.
    """
    _save_checkpoint(Source(tensors), os.fsdecode(path))


def to_safetensors(checkpoint: Readable, path: AnyPath) -> None:
    """Writes a safetensors file, under the names that the checkpoint has.

    >>> import safetensors.torch, tempfile
    >>> path = f"{tempfile.mkdtemp()}/model.safetensors"
    >>> to_safetensors({"conv1/kernel": torch.ones(2, 3)}, path)
    >>> list(safetensors.torch.load_file(path))
    ['conv1/kernel']

    Args:
        checkpoint: a mapping of names to tensors, or the path of a checkpoint.
        path: that of the file.

    Raises:
        CheckpointError: the format lacks a dtype (strings, complex128) or keeps a name for itself
            (``__metadata__``), or the file cannot be written.
    """
    _to_safetensors(Source(checkpoint), os.fsdecode(path))


def to_state_dict(checkpoint: Readable, path: AnyPath) -> None:
    """Writes a dict of tensors by torch.save, under the names that the checkpoint has.

    >>> import tempfile
    >>> path = f"{tempfile.mkdtemp()}/model.pt"
    >>> to_state_dict({"conv1/kernel": torch.ones(2, 3)}, path)
    >>> list(torch.load(path))
    ['conv1/kernel']

    Args:
        checkpoint: a mapping of names to tensors, or the path of a checkpoint.
        path: that of the file.

    Raises:
        CheckpointError: a dtype is none of numbers that a checkpoint has, or the file cannot be
            written.
    """
    _to_state_dict(Source(checkpoint), os.fsdecode(path))


def to_npz(checkpoint: Readable, path: AnyPath) -> None:
    """Writes a file of numpy arrays, under the names that the checkpoint has.

    >>> import tempfile
    >>> path = f"{tempfile.mkdtemp()}/model.npz"
    >>> to_npz({"conv1/kernel": torch.ones(2, 3)}, path)
    >>> np.load(path)["conv1/kernel"].shape
    (2, 3)

    Args:
        checkpoint: a mapping of names to tensors, or the path of a checkpoint.
        path: that of the file.

    Raises:
        CheckpointError: numpy lacks a dtype (bfloat16, float8), a name would not come back as it
            is, or the file cannot be written.
    """
    _to_npz(Source(checkpoint), os.fsdecode(path))


def convert(
    source: AnyPath,
    target: AnyPath,
    *,
    drop_slots: bool = False,
    force: bool = False,
    watch: Watch = iter,
) -> list[str]:
    """Writes a checkpoint in another format, under the same names.

    Args:
        source: the path of a checkpoint of any format, as `load_checkpoint` takes it.
        target: the path of the new one. It says the format by its ending: .safetensors, .npz, or
            .pt, .pth and .bin for a dict by torch.save. That of a V2 checkpoint has none, or
            .ckpt, and may have a step: model.ckpt-1000.
        drop_slots: whether the slots of optimizers are left out.
        force: whether what is there may be replaced.
        watch: what to go through the names with, such as a progress bar.

    Returns:
        The names that were left out.

    Raises:
        CheckpointError: the source cannot be read, the target's ending is that of no format, it is
            there already, it lacks a dtype, or it cannot be written.
    """
    path = os.fsdecode(target)
    write = _writer(path)
    if not force:
        _check_free(path)
    opened = Source(os.fsdecode(source))
    left_out: set[str] = set()
    if drop_slots:
        left_out = slots({name: opened.shape(name) for name in opened.names})
        opened.names = [name for name in opened.names if name not in left_out]
    write(opened, path, watch)
    return sorted(left_out)


# The ending of a target


def _writer(path: str) -> Callable[[Source, str, Watch], None]:
    """What writes a file of such a name."""
    name = os.path.basename(path)
    if name in {"", ".", ".."} or os.path.isdir(path):
        raise CheckpointError(
            f"This is a folder. Give the name of what is to be written in it: "
            f"{os.path.join(path, 'model.ckpt')}.",
            path,
        )
    stem, ending = os.path.splitext(name)
    if ending.lower() in _WRITERS:
        return _WRITERS[ending.lower()]
    # A step comes last, whatever dots are before it.
    if not ending or ending == ".ckpt" or re.search(r"-\d+$", name):
        return _save_checkpoint
    raise CheckpointError(
        f"No format that is written has the ending {ending!r}. There are {', '.join(_WRITERS)}; a V2 "
        f"checkpoint has a name without an ending, or with .ckpt: {stem}.ckpt. (save_checkpoint "
        "writes one of any name.)",
        path,
    )


def _check_free(path: str) -> None:
    for file in (Path(path), index_file(path), *data_files(path)):
        if os.path.lexists(file):
            raise CheckpointError(
                "The file is there already, and was left as it is. Say --force, or force=True, to "
                "replace it.",
                file,
            )


# The formats


def _save_checkpoint(source: Source, prefix: str, watch: Watch = iter) -> None:
    _check(source, "a V2 checkpoint", NUMBERS)
    folder = folder_of(prefix)
    remove_leftovers(folder)

    def in_place(files: NewFiles) -> None:
        with old_one_kept(prefix, folder / "checkpoint"):
            files.put_in_place()

    with BundleWriter(prefix, in_place=in_place) as bundle:
        for name in watch(source.names):
            bundle.add(name, source.tensor(name))


def _to_safetensors(source: Source, path: str, watch: Watch = iter) -> None:
    target = "a safetensors file"
    dtypes = _check(source, target, safetensors_files.DTYPES.values())
    if safetensors_files.METADATA in source.names:
        raise _bad_name(source, safetensors_files.METADATA, target, "which it keeps for itself")
    kinds = {name: (dtype, source.shape(name)) for name, dtype in dtypes.items()}
    _write_file(path, lambda file: safetensors_files.write(file, kinds, source.tensor, watch))


def _to_state_dict(source: Source, path: str, watch: Watch = iter) -> None:
    _check(source, "a file of PyTorch", NUMBERS)

    def write(file: NewFile) -> None:
        tensors = {name: _plain(source.tensor(name)) for name in watch(source.names)}
        with file.temporary.open("wb") as opened:
            torch.save(tensors, opened)

    _write_file(path, write)


def _to_npz(source: Source, path: str, watch: Watch = iter) -> None:
    target = "a file of numpy"
    _check(source, target, [each for each in NUMBERS if _numpy_has(each)])
    names = set(source.names)
    for name in source.names:
        if "\0" in name:
            raise _bad_name(source, name, target, "which ends at the zero byte there")
        if len(name.encode()) > _LONGEST_MEMBER:
            raise _bad_name(source, name, target, "which is too long")
        if f"{name}:0" in names:
            raise _bad_name(source, f"{name}:0", target, f"which is read as {name!r} there")

    def write(file: NewFile) -> None:
        with zipfile.ZipFile(file.temporary, "w") as archive:
            for name in watch(source.names):
                array = _plain(source.tensor(name)).numpy()
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    _write_file(path, write)


_WRITERS: dict[str, Callable[[Source, str, Watch], None]] = {
    ".safetensors": _to_safetensors,
    ".npz": _to_npz,
    **dict.fromkeys(torch_files.SUFFIXES, _to_state_dict),
}
_LONGEST_MEMBER = 0xFFFF - len(".npy")


def _plain(tensor: Tensor) -> Tensor:
    """A tensor on the CPU with memory of its own, contiguous and not larger than the tensor."""
    tensor = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
    own = tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    return (tensor if own else tensor.clone()).as_subclass(Tensor)


def _numpy_has(dtype: torch.dtype) -> bool:
    with suppress(TypeError):
        torch.empty(0, dtype=dtype).numpy()
        return True
    return False


def _check(source: Source, target: str, known: Iterable[torch.dtype]) -> dict[str, torch.dtype]:
    """The dtype of each tensor, once all is known to fit the target: names, dtypes, values."""
    known = set(known)
    found: dict[str, torch.dtype] = {}
    lacking = []
    for name in source.names:
        check_name(name)
        dtype = source.dtype(name)
        if dtype in known and dtype is not None:
            found[name] = dtype
        else:
            lacking.append(f"{name} ({source.dtype_text(name)})")
        value = None if source.path else source.mapping[name]
        if isinstance(value, Tensor) and dtype in known:
            check_writable(name, value)
    if lacking:
        more = f", and {len(lacking) - 10} more" if len(lacking) > 10 else ""
        raise source.fail(
            f"{target[0].upper()}{target[1:]} cannot hold the dtypes of {', '.join(lacking[:10])}"
            f"{more}. Leave them out, or convert them first."
        )
    return found


def _bad_name(source: Source, name: str, target: str, why: str) -> CheckpointError:
    return source.fail(
        f"{target[0].upper()}{target[1:]} cannot hold a tensor of the name {name!r}, {why}. Rename it "
        "first."
    )


def _write_file(path: str, write: Callable[[NewFile], Any]) -> None:
    """Writes one file, whole or not at all."""
    file = Path(path)
    remove_leftovers(file.parent)
    with NewFiles() as files:
        new = files.make(file)
        with told_by_name(file):
            write(new)
