"""The bytes of a tensor, or of a slice of it, where they lie in a file as plain numbers.

They become a tensor that is mapped from the file where that is possible, or they are read straight
into the memory of a tensor that is there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from crc32c import crc32c
from torch import Tensor

from torchscope.checkpoint.formats.files import CHUNK, File

_MAPPED_FROM = 1 << 14


class Part(NamedTuple):
    """Numbers in a file, of which the size has been checked against dtype and shape.

    Args:
        file: the file.
        offset: the first byte.
        dtype: what the numbers are.
        shape: their shape, in row-major order.
        swapped: whether their bytes are in the other order than this machine's.
        name: of which variable they are, for messages.
    """

    file: File
    offset: int
    dtype: torch.dtype
    shape: tuple[int, ...]
    swapped: bool
    name: str

    @property
    def nbytes(self) -> int:
        """How many bytes they take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def checksum(self) -> int:
        """The CRC-32C of the bytes, read a part at a time."""
        crc = 0
        for chunk in self.file.chunks(self.offset, self.nbytes, self.name):
            crc = crc32c(chunk, crc)
        return crc

    def tensor(self, *, mapped: bool = True) -> tuple[Tensor, Any]:
        """A tensor, and its bytes as they are in the file; mapped where that is possible, unless it is to be a copy."""
        size = self.nbytes
        aligned = self.offset % self.dtype.itemsize == 0
        if mapped and size >= _MAPPED_FROM and aligned and not self.swapped:
            self.file.check(self.offset, size, self.name)
            memory = self.file.map()
            flat = torch.frombuffer(
                memory, dtype=self.dtype, count=math.prod(self.shape), offset=self.offset
            )
            return flat.view(self.shape), memoryview(memory)[self.offset : self.offset + size]
        data = self.file.read(self.offset, size, self.name)
        stored = bytes(data) if self.swapped else data
        if self.swapped:
            swap(data, self.dtype)
        return tensor_of(data, self.dtype, self.shape), stored

    def read_into(self, out: Tensor, *, checksum: bool) -> int:
        """Reads the numbers into a tensor of that dtype and shape, whatever its strides.

        Returns:
            The CRC-32C of the bytes, or 0 where none is wanted.
        """
        out = out.detach()
        if not out.is_inference():
            torch.autograd.graph.increment_version(out)
        memory = _memory(out)
        crc = 0
        if memory is not None:
            for chunk in self.file.read_into(memory, self.offset, self.name):
                if checksum:
                    crc = crc32c(chunk, crc)
            if self.swapped:
                swap(memory, self.dtype)
            return crc
        offset = self.offset
        for index, shape in _regions(self.shape, CHUNK // self.dtype.itemsize):
            size = math.prod(shape) * self.dtype.itemsize
            data = self.file.read(offset, size, self.name)
            offset += size
            if checksum:
                crc = crc32c(data, crc)
            if self.swapped:
                swap(data, self.dtype)
            out[index].copy_(tensor_of(data, self.dtype, shape))
        return crc


def tensor_of(data: Any, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    """A tensor over the memory of a writable buffer of exactly its bytes."""
    if not len(data):
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(data, dtype=dtype).view(shape)


def swap(data: bytearray | memoryview, dtype: torch.dtype) -> None:
    """Turns the order of the bytes of each number, where they are."""
    unit = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
    if unit > 1 and len(data):
        np.frombuffer(data, f"u{unit}").byteswap(inplace=True)


def _memory(out: Tensor) -> memoryview | None:
    """The bytes of a tensor as an array, if they lie in the order of a file."""
    plain = out.device.type == "cpu" and out.layout == torch.strided and out.is_contiguous()
    if not plain or out.is_conj() or out.is_neg():
        return None
    memory: memoryview = out.reshape(-1).view(torch.uint8).numpy().data
    return memory


def _regions(
    shape: tuple[int, ...], most: int
) -> Iterator[tuple[tuple[int | slice, ...], tuple[int, ...]]]:
    """Parts of a shape that follow each other in its row-major order, of no more values than that."""
    if 0 in shape:
        return
    inner = len(shape)
    while inner and math.prod(shape[inner - 1 :]) <= most:
        inner -= 1
    if not inner:
        yield (), shape
        return
    # Some of the dimension before `inner` at a time, and one of each dimension before that.
    step = max(1, most // math.prod(shape[inner:]))
    for outer in itertools.product(*map(range, shape[: inner - 1])):
        for start in range(0, shape[inner - 1], step):
            stop = min(start + step, shape[inner - 1])
            yield (*outer, slice(start, stop)), (stop - start, *shape[inner:])
