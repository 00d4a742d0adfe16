"""Files of the safetensors format: read by its own library, and written here, a part at a time.

The library would write them by way of a file of its own, with no rights for anybody else, which
stays when the process is killed.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats.bundle_writing import bytes_of
from torchscope.checkpoint.formats.files import File, Seen
from torchscope.checkpoint.formats.parts import swap
from torchscope.checkpoint.formats.stored import Stored, kind_of
from torchscope.checkpoint.formats.whole_files import NewFile

DTYPES: dict[str, torch.dtype] = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "I16": torch.int16,
    "U16": torch.uint16,
    "I32": torch.int32,
    "U32": torch.uint32,
    "I64": torch.int64,
    "U64": torch.uint64,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
    "C64": torch.complex64,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
"""The dtypes of the format, by what it calls them."""

METADATA = "__metadata__"
"""What the format keeps for what is no tensor."""

_CODES = {dtype: code for code, dtype in DTYPES.items()}
_ALIGNED = 8
_LONGEST_HEADER = 100_000_000  # the library refuses a longer one


def tensors(path: str) -> dict[str, Stored]:
    """The tensors of a safetensors file, mapped when they are read.

    Raises:
        CheckpointError: if the library refuses the file.
    """
    # What is no file has an error of its own; and what is written to meanwhile is noticed by it.
    file = File(path)
    try:
        opened: Any = safe_open(path, framework="pt")
        found = {}
        for name in opened.keys():  # noqa: SIM118 - it is no dict
            part = opened.get_slice(name)
            code, shape = part.get_dtype(), torch.Size(part.get_shape())
            dtype = DTYPES.get(code)
            size = shape.numel() * dtype.itemsize if dtype else 0
            found[name] = Stored(
                kind_of(dtype or code, shape), size, partial(_load, opened, name, file)
            )
    except (SafetensorError, OSError, RuntimeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"The safetensors file is broken: {error}.", path) from None
    seen = Seen.at(path)
    if seen is not None:
        file.check_is(seen)
    return found


def _load(opened: Any, name: str, file: File) -> torch.Tensor:
    file.check_unchanged()
    try:
        value: torch.Tensor = opened.get_tensor(name)
    except (SafetensorError, OSError, RuntimeError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{name!r} cannot be read: {error}.", file.path) from None
    return value


def write(
    file: NewFile,
    kinds: Mapping[str, tuple[torch.dtype, Sequence[int]]],
    value: Callable[[str], Tensor],
    watch: Callable[[list[str]], Iterable[str]] = iter,
) -> None:
    """Writes tensors of dtypes that the format has, one after the other.

    Args:
        file: the file.
        kinds: the dtype and the shape of each tensor, by its name.
        value: gives a tensor.
        watch: what to go through the names with.

    Raises:
        CheckpointError: the names are too long together, or the file cannot be written.
    """
    header, at = {}, 0
    # The widest first: so each begins at a multiple of its own width.
    names = sorted(kinds, key=lambda name: (-kinds[name][0].itemsize, name))
    for name in names:
        dtype, shape = kinds[name]
        size = math.prod(shape) * dtype.itemsize
        header[name] = {
            "dtype": _CODES[dtype],
            "shape": list(shape),
            "data_offsets": [at, at + size],
        }
        at += size
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNED)
    if len(text) > _LONGEST_HEADER:
        raise CheckpointError(
            f"A safetensors file has at most {_LONGEST_HEADER} bytes of names, and these take "
            f"{len(text)}.",
            file.path,
        )
    file.write(len(text).to_bytes(8, "little") + text)
    for name in watch(names):
        for part in bytes_of(value(name)):
            turned = bytearray(part) if sys.byteorder == "big" else part
            if turned is not part:
                swap(turned, kinds[name][0])
            file.write(turned)
