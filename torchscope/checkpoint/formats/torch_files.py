"""Files by torch.save that hold a dict of tensors. PyTorch reads them, and runs nothing of them."""

from __future__ import annotations

import sys
import zipfile
import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats.dtypes import NUMBERS
from torchscope.checkpoint.formats.files import File, Seen
from torchscope.checkpoint.formats.frozen import FILL
from torchscope.checkpoint.formats.stored import Stored, Values, kind_of

SUFFIXES = (".pt", ".pth", ".bin")

Sums = set[tuple[int, int]]
"""The size and the CRC-32 of each member of an archive."""


def values(path: str) -> Values:
    """The tensors of such a file, mapped when they are read.

    Raises:
        CheckpointError: PyTorch refuses the file, or there is something else in it.
    """
    # What is no file has an error of its own; and what is written to meanwhile is noticed by it.
    file = File(path)
    try:
        archive = zipfile.is_zipfile(path)
        sums = _sums(path) if archive else set()
        # What PyTorch wrote before 1.6 cannot be mapped.
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=archive)
    except Exception as error:  # the library has no error of its own
        said = " ".join(str(error).split())
        raise CheckpointError(f"torch.load cannot read the file: {said:.300}", path) from error
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    ):
        inside = (
            sorted(map(str, found))[:10] if isinstance(found, Mapping) else type(found).__name__
        )
        raise CheckpointError(
            f"The file holds no plain dict of tensors, but {inside}. Load it with torch.load, take "
            "the state_dict out of it, and give that to save_checkpoint.",
            path,
        )
    seen = Seen.at(path)
    if seen is not None:
        file.check_is(seen)
    stored = {name: _stored(name, value.detach(), sums, file) for name, value in found.items()}
    return Values("PyTorch", path, stored, "CRC-32" if sums else "")


def _sums(path: str) -> Sums:
    """What an archive says of its members; nothing where torch.save was told to leave it out.

    Raises:
        zipfile.BadZipFile: what tells the tensors does not fit its checksum.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if not any(member.CRC for member in members):
            return set()
        for member in members:
            _, _, name = member.filename.rpartition("/")
            if name == "byteorder" and archive.read(member) != sys.byteorder.encode():
                # The numbers were turned when they were read.
                return set()
            if name == "data.pkl":
                archive.read(member)
    return {(member.file_size, member.CRC) for member in members}


def _stored(name: str, value: Tensor, sums: Sums, file: File) -> Stored:
    size = value.numel() * value.element_size()
    load = partial(_load, name, value, file)
    verify = partial(_verify, name, value, sums, file) if sums else load
    return Stored(kind_of(value.dtype, value.shape), size, load, verify)


def _load(name: str, value: Tensor, file: File) -> Any:
    file.check_unchanged()
    if value.layout is not torch.strided or value.is_meta or value.dtype not in NUMBERS:
        raise CheckpointError(
            f"{name!r} is of dtype {value.dtype}, layout {value.layout}, on {value.device}: plain "
            "numbers are expected.",
            file.path,
        )
    size = value.numel() * value.element_size()
    if size > max(FILL, value.untyped_storage().nbytes()):
        raise CheckpointError(
            f"{name!r} would fill {size} bytes from {value.untyped_storage().nbytes()}.",
            file.path,
        )
    # Two names may have one memory.
    return value.as_subclass(Tensor).clone()


def _verify(name: str, value: Tensor, sums: Sums, file: File) -> None:
    """Raises CheckpointError if the memory of a tensor is that of no member of the archive."""
    _load(name, value, file)
    memory: Any = torch.empty(0, dtype=torch.uint8).set_(value.untyped_storage()).numpy()
    if len(memory) and (len(memory), zlib.crc32(memory)) not in sums:
        raise CheckpointError(
            f"{name!r} is damaged: its {len(memory)} bytes fit no checksum (CRC-32) of the file.",
            file.path,
        )
