"""The files beside checkpoints that hold tensors by name, told apart by how they begin and end.

| file | format |
| --- | --- |
| a frozen graph, .pb | "frozen graph" |
| a dict of arrays, .npy | "npy" |
| arrays, .npz | "npz" |
| a pickled dict of arrays, .pkl or .pickle | "pickle" |
| .safetensors | "safetensors" |
"""

from __future__ import annotations

from pathlib import PurePath

from torchscope.checkpoint import arrays, frozen, safetensors_files
from torchscope.checkpoint.files import File
from torchscope.checkpoint.stored import Values

_READERS = {
    ".pb": ("frozen graph", frozen.constants),
    ".pbtxt": ("frozen graph", frozen.constants),
    ".npy": ("npy", arrays.npy),
    ".npz": ("npz", arrays.npz),
    ".pkl": ("pickle", arrays.pickle),
    ".pickle": ("pickle", arrays.pickle),
    ".safetensors": ("safetensors", safetensors_files.tensors),
}


def values_of(path: str) -> Values | None:
    """What a file holds, or None if it is none of these formats.

    A .npy or .npz is known by its first bytes, under whatever name; the others by their suffix.

    Raises:
        CheckpointError: there is no such file, or it is broken.
    """
    suffix = PurePath(path).suffix.lower()
    file = File(path)
    start = bytes(file.read(0, min(6, file.size), "The file"))
    if start == arrays.NPY:
        suffix = ".npy"
    elif start[:4] == arrays.ZIP:
        suffix = ".npz"
    if suffix not in _READERS:
        return None
    format_, read = _READERS[suffix]
    return Values(format_, path, read(path))
