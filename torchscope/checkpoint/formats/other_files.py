"""The files beside checkpoints that hold tensors by name, told apart by how their names end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from torchscope.checkpoint.formats import arrays, frozen, safetensors_files, torch_files
from torchscope.checkpoint.formats.stored import Stored, Values


def _values(
    format: str, found: Callable[[str], dict[str, Stored]], checksum: str, path: str
) -> Values:
    return Values(format, path, found(path), checksum)


READERS: Mapping[str, Callable[[str], Values]] = {
    suffix: partial(_values, format, found, checksum)
    for format, suffixes, found, checksum in (
        ("frozen graph", (".pb", ".pbtxt"), frozen.constants, ""),
        ("npy", (".npy",), arrays.npy, ""),
        ("npz", (".npz",), arrays.npz, "CRC-32"),
        ("pickle", (".pkl", ".pickle"), arrays.pickle, ""),
        ("safetensors", (".safetensors",), safetensors_files.tensors, ""),
    )
    for suffix in suffixes
} | dict.fromkeys(torch_files.SUFFIXES, torch_files.values)
"""What reads a file, by the end of its name."""
