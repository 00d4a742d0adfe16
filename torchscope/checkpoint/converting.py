"""Checkpoints written in other formats, and V2 ones written from any mapping of tensors.

Values are read one at a time where the target allows it; what a checkpoint maps into memory stays
in its file until it is written. A target that lacks a dtype says so before anything is written.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import torch_files
from torchscope.checkpoint.formats.bundle_writing import (
    BundleWriter,
    check_name,
    check_writable,
    folder_of,
)
from torchscope.checkpoint.formats.dtypes import NUMBERS
from torchscope.checkpoint.formats.replacing import old_one_kept
from torchscope.checkpoint.formats.safetensors_files import _DTYPES as _SAFETENSORS
from torchscope.checkpoint.formats.whole_files import NewFiles, remove_leftovers, told_by_name
from torchscope.checkpoint.sources import Readable, Source


def save_checkpoint(tensors: Readable, path: str | os.PathLike[str]) -> None:
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
    source = Source(tensors)
    prefix = os.fsdecode(path)
    _check_dtypes(source, "a V2 checkpoint", NUMBERS)
    for name in source.names:
        check_name(name)
        value = None if source.path else source.mapping[name]
        if isinstance(value, Tensor):
            check_writable(name, value)
    folder = folder_of(prefix)
    remove_leftovers(folder)

    def in_place(files: NewFiles) -> None:
        with old_one_kept(prefix, folder / "checkpoint"):
            files.put_in_place()

    with BundleWriter(prefix, in_place=in_place) as bundle:
        for name in source.names:
            bundle.add(name, source.tensor(name))


def to_safetensors(checkpoint: Readable, path: str | os.PathLike[str]) -> None:
    """Writes a safetensors file, under the names that the checkpoint has.

    >>> import tempfile
    >>> path = f"{tempfile.mkdtemp()}/model.safetensors"
    >>> to_safetensors({"conv1/kernel": torch.ones(2, 3)}, path)
    >>> list(safetensors.torch.load_file(path))
    ['conv1/kernel']

    Args:
        checkpoint: a mapping of names to tensors, or the path of a checkpoint.
        path: that of the file.

    Raises:
        CheckpointError: the format lacks a dtype (strings, complex128), or the file cannot be
            written.
    """
    source = Source(checkpoint)
    _check_dtypes(source, "a safetensors file", _SAFETENSORS.values())

    def write(file: Path) -> None:
        seen: set[int] = set()
        tensors = {}
        for name in source.names:
            tensor = _plain(source.tensor(name))
            # Each tensor is written, and the library refuses those that share memory.
            where = tensor.untyped_storage().data_ptr()
            tensors[name] = tensor.clone() if where in seen else tensor
            seen.add(where)
        safetensors.torch.save_file(tensors, file)

    _write_file(path, write)


def to_state_dict(checkpoint: Readable, path: str | os.PathLike[str]) -> None:
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
        CheckpointError: torch lacks a dtype (strings), or the file cannot be written.
    """
    source = Source(checkpoint)
    _check_dtypes(source, "a file of PyTorch", None)

    def write(file: Path) -> None:
        tensors = {name: _plain(source.tensor(name)) for name in source.names}
        with file.open("wb") as opened:
            torch.save(tensors, opened)

    _write_file(path, write)


def to_npz(checkpoint: Readable, path: str | os.PathLike[str]) -> None:
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
        CheckpointError: numpy lacks a dtype (bfloat16, float8), or the file cannot be written.
    """
    source = Source(checkpoint)
    _check_dtypes(source, "a file of numpy", [each for each in NUMBERS if _numpy_has(each)])

    def write(file: Path) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for name in source.names:
                array = _plain(source.tensor(name)).numpy()
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    _write_file(path, write)


_TO: dict[str, Callable[[Readable, str], None]] = {
    ".safetensors": to_safetensors,
    ".npz": to_npz,
    **dict.fromkeys(torch_files.SUFFIXES, to_state_dict),
}


def convert(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Writes a checkpoint in another format, under the same names.

    Args:
        source: the path of a checkpoint of any format, as `load_checkpoint` takes it.
        target: the path of the new one. It says the format by its ending: .safetensors, .npz, or
            .pt, .pth and .bin for a dict by torch.save; anything else is the name of a V2
            checkpoint.

    Raises:
        CheckpointError: the source cannot be read, the target lacks a dtype, or it cannot be
            written.
    """
    _TO.get(Path(target).suffix.lower(), save_checkpoint)(os.fsdecode(source), os.fsdecode(target))


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


def _check_dtypes(source: Source, target: str, known: Any) -> None:
    """Refuses what the target has no dtype for; None stands for all that torch has."""
    lacking = [
        f"{name} ({source.dtype_text(name)})"
        for name in source.names
        if (dtype := source.dtype(name)) is None or (known is not None and dtype not in known)
    ]
    if lacking:
        more = f", and {len(lacking) - 10} more" if len(lacking) > 10 else ""
        raise source.fail(
            f"{target[0].upper()}{target[1:]} cannot hold the dtypes of {', '.join(lacking[:10])}"
            f"{more}. Leave them out, or convert them first."
        )


def _write_file(path: str | os.PathLike[str], write: Callable[[Path], None]) -> None:
    """Writes one file, whole or not at all, by a library that takes its path."""
    file = Path(os.fsdecode(path))
    remove_leftovers(file.parent)
    with NewFiles() as files:
        new = files.make(file)
        with told_by_name(file):
            try:
                write(new.temporary)
            except safetensors.SafetensorError as error:
                raise CheckpointError(f"The file could not be written: {error}", file) from error
