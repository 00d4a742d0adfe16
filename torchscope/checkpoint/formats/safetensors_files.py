"""Files of the safetensors format, read by its own library."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats.files import File, Seen
from torchscope.checkpoint.formats.stored import Stored, kind_of

_DTYPES: dict[str, torch.dtype] = {
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
            dtype = _DTYPES.get(code)
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
