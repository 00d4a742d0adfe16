"""A checkpoint as a Mapping: names to tensors that are read when they are asked for."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import torch
from torch import Tensor

from torchscope.checkpoint import paths
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats.bundle import Bundle
from torchscope.checkpoint.formats.other_files import READERS
from torchscope.checkpoint.formats.shapes import Kind
from torchscope.checkpoint.formats.v1 import TensorSlices


class Source(Protocol):
    """What a format has to offer: its variables, and ways to read one."""

    format: str
    path: str
    checksum: str

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Dtype and shape of each variable, in the order of the names."""

    def nbytes(self, name: str) -> int:
        """The bytes that its values take."""

    def read(self, name: str) -> Any:
        """Its value; data is compared with its checksum the first time."""

    def read_into(self, name: str, out: Tensor) -> None:
        """Reads its value into a tensor; ValueError if that has another shape or dtype."""

    def check(self, name: str) -> None:
        """Makes sure that its value can be read, whatever it is."""

    def verify(self, name: str) -> None:
        """Reads its data, and compares it with its checksum, if there is one."""

    def close(self) -> None:
        """Closes its files."""


class Checkpoint(Mapping[str, Tensor]):
    """The variables of a checkpoint by their full names, without ":0"; made by `load_checkpoint`.

    ``checkpoint[name]`` is a tensor on the CPU, mapped from the file where the file allows it: writing
    to it changes memory, and never the file. It takes `nbytes` of memory, which may be far more than
    the file has; all else is bounded by the file's size. A file that is written to while it is in use
    is an error when it is next read. Strings are a numpy array of bytes objects. Names are in
    order. It is a context manager, and copies and pickles by its path.

    Args:
        source: what reads the format.
        checksums: whether the source compares data with its checksums.
    """

    def __init__(self, source: Source, *, checksums: bool = True) -> None:
        self._source = source
        self._checksums = checksums
        self._closed = False

    @property
    def path(self) -> str:
        """The path of the checkpoint: for V2 the prefix, without ".index"."""
        return self._source.path

    @property
    def format(self) -> str:
        """What it is: "V2", "V1", "frozen graph", "npy", "npz", "pickle", "safetensors", "PyTorch"."""
        return self._source.format

    @property
    def checksum(self) -> str:
        """The checksums of its data, as "CRC-32C"; "" for a format that has none."""
        return self._source.checksum

    @property
    def shapes(self) -> Mapping[str, torch.Size]:
        """The shapes by name."""
        return MappingProxyType({name: kind.shape for name, kind in self._source.kinds.items()})

    @property
    def dtypes(self) -> Mapping[str, torch.dtype | type[bytes] | str]:
        """The dtypes by name: bytes for strings, TensorFlow's name for what torch cannot hold."""
        return MappingProxyType({name: kind.dtype for name, kind in self._source.kinds.items()})

    def __getitem__(self, name: str) -> Tensor:
        result: Tensor = self._of(name).read(name)
        return result

    def __contains__(self, name: object) -> bool:
        return name in self._source.kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.kinds)

    def __len__(self) -> int:
        return len(self._source.kinds)

    def read_into(self, name: str, out: Tensor) -> None:
        """Reads a variable straight into the memory of a tensor, whatever its strides or device.

        Args:
            name: the variable.
            out: a tensor of its shape and dtype. After a CheckpointError its values are undefined:
                where they must not be lost, `verify` comes first, and then nothing is verified twice.

        Raises:
            KeyError: there is no such variable.
            ValueError: the tensor has another shape or dtype.
            CheckpointError: the data is missing or damaged.
        """
        self._of(name).read_into(name, out)

    def verify(self, name: str) -> None:
        """Reads the data of a variable, and compares it with its checksum, if the format has one.

        Raises:
            KeyError: there is no such variable.
            CheckpointError: the data is missing or damaged.
        """
        self._of(name).verify(name)

    def _check(self, name: str) -> None:
        """Makes sure that a variable can be read, but for its checksum."""
        self._of(name).check(name)

    def nbytes(self, name: str) -> int:
        """The bytes that the values of a variable take."""
        return self._of(name).nbytes(name)

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shapes by name, as TF1's reader gives them."""
        return {name: list(kind.shape) for name, kind in self._source.kinds.items()}

    def get_variable_to_dtype_map(self) -> dict[str, torch.dtype | type[bytes] | str]:
        """The dtypes by name: those of torch, as in `dtypes`."""
        return dict(self.dtypes)

    def get_tensor(self, name: str) -> Tensor:
        """The value of a variable: ``checkpoint[name]``, as TF1's reader has it."""
        return self[name.removesuffix(":0")]

    def has_tensor(self, name: str) -> bool:
        """Whether there is a variable of that name."""
        return name in self

    def close(self) -> None:
        """Closes the files. Tensors that were read stay good."""
        self._closed = True
        self._source.close()

    def __enter__(self) -> Checkpoint:  # noqa: PYI034 - Self is in no supported Python's typing
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.format} checkpoint {self.path!r} of {len(self)} variables>"

    def __reduce__(self) -> tuple[object, ...]:
        return _open_again, (self.path, self._checksums)

    def _of(self, name: str) -> Source:
        """The source, if it has that name."""
        if self._closed:
            raise CheckpointError("The checkpoint is closed.", self.path)
        if name not in self._source.kinds:
            raise KeyError(self._unknown(name))
        return self._source

    def _unknown(self, name: object) -> str:
        near = difflib.get_close_matches(str(name), list(self), 3) if len(self) < 10000 else []
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        return f"{name} is not among the {len(self)} variables of {self.path}.{hint}"


def load_checkpoint(
    ckpt_dir_or_file: str | os.PathLike[str], *, checksums: bool = True
) -> Checkpoint:
    """Opens a checkpoint, and reads its index alone (tf.train.load_checkpoint).

    >>> import tempfile, torch
    >>> from torchscope.checkpoint import load_checkpoint, save_checkpoint
    >>> path = f"{tempfile.mkdtemp()}/model.ckpt"
    >>> save_checkpoint({"fc/kernel": torch.ones(3, 2), "fc/bias": torch.zeros(2)}, path)
    >>> checkpoint = load_checkpoint(path)
    >>> list(checkpoint), checkpoint.shapes["fc/kernel"], checkpoint["fc/bias"]
    (['fc/bias', 'fc/kernel'], torch.Size([3, 2]), tensor([0., 0.]))

    Args:
        ckpt_dir_or_file: the prefix (``model.ckpt-1000``), one of its files (``.index``, ``.data-00000-of-00001``,
            ``.meta``), a file of V1 or the pattern of its shards, a folder with a state file, which
            names the latest, a SavedModel, or its ``variables`` folder; a frozen graph (``.pb``), a
            dict of arrays (``.npy``, ``.npz``, ``.pkl``) or of tensors, by torch.save (``.pt``,
            ``.pth``, ``.bin``), or a ``.safetensors`` file.
        checksums: whether data is compared with its checksums when it is first read. What tells
            where the data lies always is, and so are .npz files.

    Returns:
        A Mapping of names to tensors, which are read when they are asked for.

    Raises:
        CheckpointError: there is no such checkpoint, or its index is damaged.
    """
    place = paths.find(ckpt_dir_or_file, READERS)
    source: Source
    if place.format == "V2":
        source = Bundle(place.path, checksums=checksums)
    elif place.format == "V1":
        source = TensorSlices(place.path, place.files, checksums=checksums)
    else:
        source = READERS[place.format](place.path)
    return Checkpoint(source, checksums=checksums)


def list_variables(ckpt_dir_or_file: str | os.PathLike[str]) -> list[tuple[str, list[int]]]:
    """The names and shapes of a checkpoint's variables, in order (tf.train.list_variables).

    >>> import tempfile, torch
    >>> from torchscope.checkpoint import list_variables, save_checkpoint
    >>> save_checkpoint({"fc/kernel": torch.ones(3, 2)}, path := f"{tempfile.mkdtemp()}/model.ckpt")
    >>> list_variables(path)
    [('fc/kernel', [3, 2])]

    Args:
        ckpt_dir_or_file: as for `load_checkpoint`.

    Raises:
        CheckpointError: there is no such checkpoint, or its index is damaged.
    """
    with load_checkpoint(ckpt_dir_or_file) as checkpoint:
        return list(checkpoint.get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file: str | os.PathLike[str], name: str) -> Tensor:
    """The value of one variable: a tensor, or an array of bytes objects (tf.train.load_variable).

    >>> import tempfile, torch
    >>> from torchscope.checkpoint import load_variable, save_checkpoint
    >>> save_checkpoint({"fc/bias": torch.ones(2)}, path := f"{tempfile.mkdtemp()}/model.ckpt")
    >>> load_variable(path, "fc/bias")
    tensor([1., 1.])

    Args:
        ckpt_dir_or_file: as for `load_checkpoint`.
        name: the variable, with or without ":0".

    Raises:
        KeyError: there is no such variable.
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    with load_checkpoint(ckpt_dir_or_file) as checkpoint:
        return checkpoint.get_tensor(name)


def _open_again(path: str, checksums: bool) -> Checkpoint:
    return load_checkpoint(path, checksums=checksums)
