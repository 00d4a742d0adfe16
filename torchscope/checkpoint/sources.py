"""Where values are read from: a checkpoint, or any mapping from names to tensors, seen alike."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.conversion import dtype_name
from torchscope.checkpoint.errors import CheckpointError, visible
from torchscope.checkpoint.reading import Checkpoint, load_checkpoint

Readable = str | os.PathLike[str] | Mapping[str, Any]


# What is this small is read once, when it is verified: most of the time goes into finding it.
_SMALL = 256
_MOST_SMALL = 65536


class Source:
    """A checkpoint or a mapping, with the shape and the dtype of everything in it.

    Args:
        given: a path, a `Checkpoint`, or a mapping from names to tensors or arrays.

    Raises:
        TypeError: it is neither a path nor a mapping.
        CheckpointError: there is no readable checkpoint at the path.
    """

    def __init__(self, given: Readable) -> None:
        if isinstance(given, str | os.PathLike):
            given = load_checkpoint(given)
        if not isinstance(given, Mapping):
            raise TypeError(
                "Values are read from the path of a checkpoint, or from a mapping of names to "
                f"tensors (load_checkpoint gives one). This is {given!r:.200}"
            )
        self.mapping: Mapping[str, Any] = given
        self.names: list[str] = list(given)
        self._checkpoint = given if isinstance(given, Checkpoint) else None
        self._seen: dict[str, tuple[tuple[int, ...], Any]] = {}
        self._small: dict[str, Tensor] = {}
        if self._checkpoint is not None:
            shapes, dtypes = self._checkpoint.shapes, self._checkpoint.dtypes
            self._seen = {name: (tuple(shapes[name]), dtypes[name]) for name in self.names}

    @property
    def path(self) -> str | None:
        """The path of the checkpoint, if it is one."""
        return None if self._checkpoint is None else self._checkpoint.path

    def __str__(self) -> str:
        return visible(self.path or f"a {type(self.mapping).__name__}")

    def _look(self, name: str) -> tuple[tuple[int, ...], Any]:
        """The shape and the dtype of a tensor; the dtype is a text where torch has none for it."""
        seen = self._seen.get(name)
        if seen is None:
            value = self.mapping[name]
            try:
                tensor = _as_tensor(value)
                seen = tuple(tensor.shape), tensor.dtype
            except (TypeError, ValueError):
                shape = tuple(getattr(value, "shape", ()))
                seen = shape, str(getattr(value, "dtype", type(value).__name__))
            self._seen[name] = seen
        return seen

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, without reading it."""
        return self._look(name)[0]

    def dtype(self, name: str) -> torch.dtype | None:
        """The dtype of a tensor; None where torch has none for it, as for strings."""
        dtype = self._look(name)[1]
        return dtype if isinstance(dtype, torch.dtype) else None

    def dtype_text(self, name: str) -> str:
        """The name of a tensor's dtype, whatever it is."""
        dtype = self._look(name)[1]
        if isinstance(dtype, torch.dtype):
            return dtype_name(dtype)
        return "string" if dtype is bytes else str(dtype)

    def tensor(self, name: str) -> Tensor:
        """A tensor that is not to be written to."""
        return _as_tensor(self.mapping[name])

    def verify(self, name: str) -> None:
        """Makes sure that a tensor can be read.

        Raises:
            CheckpointError: it cannot, or its checksum is wrong.
        """
        if self._checkpoint is None:
            return
        if not self._checkpoint._checksums:
            # Then it is to be read without them; but it is to be there.
            self._checkpoint._check(name)
            return
        size = math.prod(self.shape(name)) * (self.dtype(name) or torch.uint8).itemsize
        if size <= _SMALL and len(self._small) < _MOST_SMALL:
            self._small[name] = self.tensor(name)
        else:
            self._checkpoint.verify(name)

    def read_into(self, name: str, out: Tensor) -> None:
        """Copies a tensor into the memory of another of its shape, with as little memory as can be."""
        small = self._small.pop(name, None)
        if small is not None:
            out.copy_(small)
        elif self._checkpoint is not None and out.is_cpu and out.dtype == self.dtype(name):
            self._checkpoint.read_into(name, out)
        else:
            out.copy_(self.tensor(name))

    def fail(self, message: str, *, lines: Sequence[str] = ()) -> CheckpointError:
        """An error about this source."""
        return CheckpointError(message, self.path, lines=lines)


def _as_tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach()
    if getattr(value, "flags", None) is not None and not value.flags.writeable:
        # torch warns of arrays that must not be written to, and nothing here does.
        value = value.copy()
    return torch.as_tensor(value)
