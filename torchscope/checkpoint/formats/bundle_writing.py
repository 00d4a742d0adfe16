"""The tensor bundle written, TF1's V2 format: shards of data, and an index that says what is where.

A shard holds the values of its tensors one after the other, in the order in which they came, as
little-endian bytes in row-major order. The index is a sorted table with an entry for each name:
dtype, shape, shard, offset, size and checksum. A variable in pieces has an entry under its own
name, with the whole shape and the list of its pieces, and one for each piece. The bytes of both
are those that TensorFlow writes for the same tensors.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from crc32c import crc32c
from torch import Tensor
from typing_extensions import Self

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.checksums import mask
from torchscope.checkpoint.formats.dtypes import NUMBERS
from torchscope.checkpoint.formats.slices import key_of
from torchscope.checkpoint.formats.table_writing import TableWriter
from torchscope.checkpoint.formats.whole_files import NewFiles

# What is copied, checked and written at once: it is to fit into the processor's cache.
_CHUNK_BYTES = 1 << 20


def check_writable(name: str, tensor: Tensor) -> None:
    """Refuses a tensor whose values a bundle cannot hold, or that has none.

    Raises:
        CheckpointError: its dtype is not one of TensorFlow's, or it is sparse, quantized, sharded
            or on the meta device.
    """
    if tensor.dtype not in NUMBERS:
        raise CheckpointError(
            f"{name} is of dtype {tensor.dtype}, which TensorFlow's checkpoints lack. Convert it "
            "first, as by tensor.to(torch.float32)."
        )
    if hasattr(tensor, "full_tensor"):
        raise CheckpointError(
            f"{name} is sharded, and this process has only a part of it. Gather the values first: "
            "torch.distributed.checkpoint.state_dict.get_model_state_dict with full_state_dict."
        )
    if tensor.is_meta:
        raise CheckpointError(f"{name} is on the meta device, where tensors have no values.")
    if tensor.layout is not torch.strided:
        raise CheckpointError(f"{name} is of layout {tensor.layout}. Write tensor.to_dense().")


def check_name(name: Any) -> bytes:
    """The name of a tensor as the index has it.

    Raises:
        TypeError: it is no string.
        CheckpointError: it is empty, begins as the keys of pieces do, or cannot be encoded.
    """
    if not isinstance(name, str):
        raise TypeError(f"Names of tensors are strings; this is {name!r}.")
    if not name:
        raise CheckpointError("A tensor needs a name; this one is ''.")
    if name.startswith("\0"):
        raise CheckpointError(f"The name {name!r} begins with a zero, as the keys of pieces do.")
    try:
        return name.encode()
    except UnicodeEncodeError as error:
        raise CheckpointError(f"The name {name!r} cannot be written as UTF-8.") from error


def bytes_of(tensor: Tensor) -> Iterator[memoryview]:
    r"""The values in row-major order, whatever the device and the strides, a part at a time.

    >>> b"".join(bytes_of(torch.tensor([[1, 2], [3, 4]], dtype=torch.int8).t()))
    b'\x01\x03\x02\x04'
    """
    tensor = tensor.detach()
    if not tensor.numel():
        return
    itemsize = tensor.element_size()
    plain = not (tensor.is_conj() or tensor.is_neg())
    if plain and tensor.is_contiguous():
        flat = tensor.reshape(-1)
        step = max(1, _CHUNK_BYTES // itemsize)
        if tensor.device.type == "cpu":
            view = _memory(flat)
            for at in range(0, len(view), step * itemsize):
                yield view[at : at + step * itemsize]
        else:
            for part in torch.split(flat, step):
                yield _memory(part.cpu())
    elif tensor.numel() * itemsize <= _CHUNK_BYTES or not tensor.ndim:
        part = tensor.resolve_conj().resolve_neg().cpu()
        yield _memory(part.contiguous().reshape(-1))
    else:
        row = tensor.numel() // len(tensor) * itemsize
        for part in torch.split(tensor, max(1, _CHUNK_BYTES // row)):
            yield from bytes_of(part if len(part) > 1 else part[0])


def _memory(flat: Tensor) -> memoryview:
    """The memory of a contiguous tensor of one axis on the CPU."""
    # numpy knows not every dtype, but all of them are bytes.
    plain: Any = flat.view(torch.uint8).numpy()
    return memoryview(plain)


def shard_file(prefix: str, shard: int, shards: int) -> Path:
    """A file of data.

    >>> shard_file("model.ckpt", 0, 2).name
    'model.ckpt.data-00000-of-00002'
    """
    return Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}")


def index_file(prefix: str) -> Path:
    """The file of the index."""
    return Path(f"{prefix}.index")


def folder_of(prefix: str) -> Path:
    """The folder that a checkpoint goes into.

    Raises:
        CheckpointError: it does not exist, or the path names nothing in it.
    """
    folder = Path(os.path.dirname(prefix))
    if not os.path.basename(prefix):
        raise CheckpointError(
            f"The path of a checkpoint ends with its name, as in {Path(prefix, 'model.ckpt')}; "
            f"{prefix!r} is a folder."
        )
    if not folder.is_dir():
        raise CheckpointError(f"Parent directory of {prefix} doesn't exist, can't save.")
    return folder


class BundleWriter:
    """Writes a checkpoint, one tensor after the other. Its files appear when all is written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with BundleWriter(f"{folder}/model.ckpt") as bundle:
    ...     bundle.add("layer/kernel", torch.ones(2, 3))
    >>> sorted(file.name for file in folder.iterdir())
    ['model.ckpt.data-00000-of-00001', 'model.ckpt.index']

    Args:
        prefix: the path of the checkpoint, of which its files' names are made.
        shards: how many files of data.
        in_place: called with the new files when they are complete; it is to put them in place.
    """

    def __init__(
        self,
        prefix: str,
        shards: int = 1,
        in_place: Callable[[NewFiles], None] | None = None,
    ) -> None:
        self._prefix = prefix
        self._shards = shards
        self._files = NewFiles(in_place)
        self._entries: dict[bytes, Any] = {}
        self._buffer = memoryview(bytearray(_CHUNK_BYTES))

    def __enter__(self) -> Self:
        try:
            # The index comes last: it is what makes a checkpoint of the data.
            self._data = [
                self._files.make(shard_file(self._prefix, shard, self._shards))
                for shard in range(self._shards)
            ]
            self._index = self._files.make(index_file(self._prefix))
        except BaseException:
            self._files.__exit__(*sys.exc_info())
            raise
        return self

    def add(self, name: str, tensor: Tensor, shard: int = 0) -> None:
        """Writes a tensor.

        Raises:
            CheckpointError: the name is taken or invalid, the values cannot be written, or the
                file cannot.
        """
        key = check_name(name)
        check_writable(name, tensor)
        self._write(key, name, tensor, shard)

    def add_piece(
        self,
        name: str,
        tensor: Tensor,
        full_shape: Sequence[int],
        offset: Sequence[int],
        shard: int = 0,
    ) -> None:
        """Writes a piece of a tensor.

        Args:
            name: the name of the whole.
            tensor: the piece.
            full_shape: the shape of the whole.
            offset: where the piece begins in it, along each axis.
            shard: into which file it goes.

        Raises:
            CheckpointError: as for `add`; or the piece lies outside of the whole, or an earlier
                piece was of another whole.
        """
        key = check_name(name)
        check_writable(name, tensor)
        size = tuple(tensor.shape)
        if len(full_shape) != len(size) or len(offset) != len(size):
            raise CheckpointError(
                f"A piece of {name} has shape {size} and begins at {tuple(offset)}, but the whole "
                f"has shape {tuple(full_shape)}."
            )
        if any(o < 0 or o + s > f for o, s, f in zip(offset, size, full_shape, strict=True)):
            raise CheckpointError(
                f"A piece of {name}, of shape {size} from {tuple(offset)} on, lies outside of the "
                f"whole shape {tuple(full_shape)}."
            )
        if size == tuple(full_shape):
            self._write(key, name, tensor, shard)
            return
        whole = self._entries.get(key)
        shape = _shape(full_shape)
        number = NUMBERS[tensor.dtype]
        if whole is None:
            whole = self._entries[key] = protos.BundleEntry(dtype=number, shape=shape)
        elif not whole.slices or whole.dtype != number or whole.shape != shape:
            raise CheckpointError(f"Two tensors that do not belong together have the name {name}.")
        piece = whole.slices.add()
        for o, s in zip(offset, size, strict=True):
            piece.extent.add(start=o, length=s)
        self._write(key_of(name, piece), name, tensor, shard)

    def _write(self, key: bytes, name: str, tensor: Tensor, shard: int) -> None:
        if key in self._entries:
            raise CheckpointError(f"Two tensors have the name {name}.")
        file = self._data[shard]
        offset, crc = file.size, 0
        for part in bytes_of(tensor):
            # Another thread may write to the tensor meanwhile. What is checked is what is written.
            copy = self._buffer[: len(part)]
            copy[:] = part
            crc = crc32c(copy, crc)
            file.write(copy)
        self._entries[key] = protos.BundleEntry(
            dtype=NUMBERS[tensor.dtype],
            shape=_shape(tensor.shape),
            shard_id=shard,
            offset=offset,
            size=file.size - offset,
            crc32c=mask(crc),
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if kind is None:
            try:
                self._write_index()
            except BaseException:
                self._files.__exit__(*sys.exc_info())
                raise
        self._files.__exit__(kind, error, at)

    def _write_index(self) -> None:
        header = protos.BundleHeader(
            num_shards=self._shards, endianness=int(sys.byteorder == "big")
        )
        header.version.producer = 1
        table = TableWriter(self._index.write)
        table.add(b"", header.SerializeToString())
        for key, entry in sorted(self._entries.items()):
            table.add(key, entry.SerializeToString())
        table.finish()


def _shape(shape: Sequence[int]) -> Any:
    message = protos.TensorShape()
    for size in shape:
        message.dim.add(size=size)
    return message
