"""The files of numpy arrays that many repositories ship: dicts in a .npy, .npz or pickle.

Names are made of the keys on the way to an array, joined by "/":

| in the file | names |
| --- | --- |
| ``{"conv1/weights": w}`` | ``conv1/weights`` |
| ``{"conv1": {"weights": w, "biases": b}}`` | ``conv1/weights``, ``conv1/biases`` |
| ``{"conv1_1": [w, b]}``, as VGG16's | ``conv1_1/0``, ``conv1_1/1`` |
| ``{"conv1/weights:0": w}``, keys of ``variable.name`` | ``conv1/weights`` |
| a .npz whose member "params" is such a dict | ``params/conv1/weights`` |

A list of numbers is one array. None holds no value, and is left out.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import numpy as np

from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import pickles
from torchscope.checkpoint.formats.budgets import Budget
from torchscope.checkpoint.formats.files import CHUNK, File
from torchscope.checkpoint.formats.pickles import InFile, InMemory
from torchscope.checkpoint.formats.stored import (
    Stored,
    elements,
    kind_of,
    numpy_dtype,
    tensor,
    torch_dtype,
)

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
ZIP_END = b"PK\x05\x06"

_LONGEST_END = 22 + 0xFFFF

# The bytes of a header: numpy itself reads no longer ones.
_HEADER_BYTES = 10_000

# What is paid for a value with its name, for a place that is passed on the way to it, and for a
# number in a list.
_LEAF, _PLACE, _NUMBER = 1000, 200, 50

_DEEP = 64  # dicts in dicts; more are a loop
_HEADER = re.compile(rb"\s*\{(.*)\}\s*", re.DOTALL)
_DESCR = re.compile(rb"['\"]descr['\"]\s*:\s*['\"]([^'\"]{1,16})['\"]")
_FORTRAN = re.compile(rb"['\"]fortran_order['\"]\s*:\s*(True|False)")
_SHAPE = re.compile(rb"['\"]shape['\"]\s*:\s*\(([\dL,\s]{0,1024})\)")


def npy(path: str) -> dict[str, Stored]:
    """The arrays of a dict that was saved with ``numpy.save``."""
    file = File(path)
    start = file.read(0, min(file.size, _HEADER_BYTES + 12), "The header")
    header = _NpyHeader(start, path, 0)
    if not header.pickled:
        raise CheckpointError(
            "This file is a single array, without a name. Load it with numpy.load; what is read here "
            "is a dict of arrays.",
            path,
        )
    budget = Budget(file.size, path)
    source = InFile(file, header.begin, max(file.size - header.begin, 0))
    return _named(header.pickle(source, budget, header.begin), budget, path)


def pickle(path: str) -> dict[str, Stored]:
    """The arrays of a dict that was pickled, by Python 2 or 3."""
    file = File(path)
    budget = Budget(file.size, path)
    return _named(pickles.load(InFile(file, 0, file.size), budget, path), budget, path)


def npz(path: str) -> dict[str, Stored]:
    """The arrays that were saved with ``numpy.savez`` or ``numpy.savez_compressed``.

    Each is read from the file when it is asked for, and its checksum (CRC-32) verified. A dict that
    is pickled in one is read at once.
    """
    file = File(path)
    budget = Budget(file.size, path)
    found: dict[str, Stored] = {}
    for member in _members(file):
        name = member.info.filename.removesuffix(".npy")
        header = member.header()
        if header.pickled:
            named = _named(member.pickle(header, budget), budget, path)
            entries = {f"{name}/{inner}": stored for inner, stored in named.items()}
        else:
            entries = {
                name.removesuffix(":0"): Stored(
                    kind_of(header.dtype, header.shape),
                    header.size,
                    partial(_load, partial(member.array, header), name, path),
                    partial(member.verify, header),
                )
            }
        for full, stored in entries.items():
            if full in found:
                raise CheckpointError(f"Two arrays have the name {full!r}.", path)
            found[full] = stored
    return found


class _NpyHeader:
    """The head of a .npy: dtype, order and shape of an array, or that a pickle follows."""

    def __init__(self, data: Any, file: str, offset: int) -> None:
        self.file, self.offset = file, offset
        form, begin = ("<H", 10) if data[6:7] == b"\x01" else ("<I", 12)
        if data[:6] != NPY or len(data) < begin:
            raise self.error(f"{NPY!r} was expected at the beginning; found {bytes(data[:6])!r}")
        self.begin = begin + struct.unpack(form, data[begin - struct.calcsize(form) : begin])[0]
        if self.begin > begin + _HEADER_BYTES:
            raise self.error(f"its header is {self.begin - begin} bytes long")
        text = _HEADER.fullmatch(bytes(data[begin : self.begin]))
        fields = [regex.findall(text[1]) for regex in (_DESCR, _FORTRAN, _SHAPE)] if text else []
        if not fields or any(len(field) != 1 for field in fields):
            raise self.error("a dtype, an order and a shape were expected; found no such header")
        descr, fortran, shape = (field[0].decode("latin-1") for field in fields)
        self.fortran = fortran == "True"
        try:
            self.shape = tuple(int(size.rstrip("L")) for size in re.split(r"[,\s]+", shape) if size)
            self.dtype = numpy_dtype(descr)
            self.pickled = self.dtype.kind == "O"
            self.size = elements(self.shape) * self.dtype.itemsize
        except ValueError as error:
            raise self.error(f"the header does not describe an array: {error}") from None

    def error(self, what: str) -> CheckpointError:
        return CheckpointError(f"The .npy is broken: {what}.", self.file, self.offset)

    def pickle(self, source: InFile | InMemory, budget: Budget, offset: int | None) -> Any:
        """What the pickle after the header holds: of no dimension, that itself."""
        value = pickles.load(source, budget, self.file, offset)
        return value.objects[0] if _is_list(value) and not value.shape else value

    def check(self, size: int) -> None:
        """Raises CheckpointError unless the array is all that is in so many bytes."""
        if size - self.begin != self.size:
            raise self.error(f"{self.size} bytes were expected; {size - self.begin} are there")

    def array(self, data: Any) -> Any:
        """The array after the header, in the memory of its bytes."""
        flat = np.empty(0, self.dtype)
        if self.size:
            flat = np.frombuffer(data, self.dtype, offset=self.begin)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def _members(file: File) -> list[_Member]:
    """The members of a zip file that numpy may have written, in the order of their names."""
    try:
        with file.stream() as stream, zipfile.ZipFile(stream) as opened:
            listed = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise CheckpointError(f"The .npz is broken: {error}.", file.path) from None
    # The list of members may be cut short, and its end says how many there are.
    size = min(file.size, _LONGEST_END)
    end = bytes(file.read(file.size - size, size, "The end of the .npz"))
    told = int.from_bytes(end[(at := end.rfind(ZIP_END) + 10) : at + 2], "little")
    if told != min(len(listed), 0xFFFF):
        raise CheckpointError(
            f"The .npz is broken: it tells of {told} members, and has {len(listed)}.", file.path
        )
    members = [_Member(info, file) for info in listed]
    # Where one lies over another, a few bytes would be unpacked any number of times.
    covered = 0
    for member in sorted(members, key=lambda member: member.info.header_offset):
        if member.info.header_offset < covered:
            raise member.error("lies over another member")
        covered = member.end
    return members


class _Member:
    """A member of a .npz: its bytes in the file, stored or deflated."""

    # Deflate cannot make less than a 1032nd of anything.
    RATIO = 1032

    # What is given to it at once. What it did not take it copies, each time.
    PIECE = 1 << 14

    def __init__(self, info: zipfile.ZipInfo, file: File) -> None:
        self.info, self.file = info, file
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise self.error("is compressed as numpy does not")
        if info.flag_bits & 1:
            raise self.error("is encrypted")
        what = f"The header of {info.filename!r}"
        local = file.read(info.header_offset, 30, what)
        if local[:4] != ZIP:
            raise self.error("has no header of its own")
        length, extra = struct.unpack("<HH", local[26:30])
        name = bytes(file.read(info.header_offset + 30, length, what))
        encoding = "utf-8" if info.flag_bits & 0x800 else "cp437"
        if name.decode(encoding, "replace") != info.orig_filename:
            raise self.error(f"calls itself {name!r}")
        self.begin = info.header_offset + 30 + length + extra
        self.end = self.begin + info.compress_size
        if self.end > file.size:
            raise self.error(f"ends after the file, which has {file.size} bytes")
        self.deflated = info.compress_type == zipfile.ZIP_DEFLATED
        ratio = self.RATIO if self.deflated else 1
        if info.file_size > info.compress_size * ratio:
            raise self.error(f"has {info.compress_size} bytes, too few for {info.file_size}")
        if not self.deflated and info.file_size != info.compress_size:
            raise self.error(f"has {info.compress_size} bytes where {info.file_size} were expected")

    def error(self, what: str) -> CheckpointError:
        return CheckpointError(
            f"The .npz is broken: {self.info.filename!r} {what}.",
            self.file.path,
            self.info.header_offset,
        )

    def chunks(self) -> Iterator[bytes | memoryview]:
        """Its bytes, unpacked, some at a time; each part may be overwritten by the next."""
        packed = self.file.chunks(self.begin, self.info.compress_size, repr(self.info.filename))
        if not self.deflated:
            yield from packed
            return
        unpack = zlib.decompressobj(-15)
        try:
            for chunk in packed:
                for at in range(0, len(chunk), self.PIECE):
                    piece: Any = chunk[at : at + self.PIECE]
                    while piece:
                        yield unpack.decompress(piece, CHUNK)
                        piece = unpack.unconsumed_tail
            yield unpack.flush()
        except zlib.error as error:
            raise self.error(f"is not compressed as it says: {error}") from None

    def header(self) -> _NpyHeader:
        start = bytearray()
        for chunk in self.chunks():
            start += chunk[: _HEADER_BYTES + 12 - len(start)]
            if len(start) == _HEADER_BYTES + 12:
                break
        return _NpyHeader(start, self.file.path, self.begin)

    def checked(self) -> Iterator[bytes | memoryview]:
        """Its bytes, some at a time, so many as it says and with their checksum verified."""
        size = crc = 0
        for chunk in self.chunks():
            size += len(chunk)
            if size > self.info.file_size:
                break
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != self.info.file_size:
            more = "more" if size > self.info.file_size else size
            raise self.error(f"has {more} bytes where {self.info.file_size} were expected")
        if crc != self.info.CRC:
            raise self.error("does not fit its checksum (CRC-32)")

    def verify(self, header: _NpyHeader) -> None:
        """Raises CheckpointError if its bytes do not fit their checksum, or are not those of an array."""
        if not header.pickled:
            header.check(self.info.file_size)
        for _ in self.checked():
            pass

    def whole(self) -> Any:
        """All its bytes."""
        whole: Any = np.empty(self.info.file_size, np.uint8)
        at = 0
        for chunk in self.checked():
            whole[at : at + len(chunk)] = np.frombuffer(chunk, np.uint8)
            at += len(chunk)
        return whole

    def array(self, header: _NpyHeader) -> Any:
        """The array that is all of it."""
        header.check(self.info.file_size)
        return header.array(self.whole())

    def pickle(self, header: _NpyHeader, budget: Budget) -> Any:
        """What is pickled in it. What is packed is unpacked for it, and stays in memory."""
        size = self.info.file_size - header.begin
        if not self.deflated:
            self.verify(header)
            begin = self.begin + header.begin
            return header.pickle(InFile(self.file, begin, size), budget, begin)
        budget.spend(self.info.file_size)
        data = memoryview(self.whole())[header.begin :]
        return header.pickle(InMemory(data, size), budget, None)


def _load(array: Callable[[], Any], name: str, file: str) -> Any:
    values = array()
    dtype = torch_dtype(values.dtype)
    if isinstance(dtype, str):
        raise CheckpointError(f"{name!r} is of {dtype}, which torch does not have.", file)
    return tensor(values)


def _named(value: Any, budget: Budget, file: str) -> dict[str, Stored]:
    """The arrays in nested dicts and lists, by their full names."""
    if not isinstance(value, (dict, list, tuple)) and not _is_list(value):
        raise CheckpointError("A dict of arrays was expected; found something else.", file)
    found: dict[str, Stored] = {}
    for name, leaf in _leaves(value, (), budget, file):
        if name in found:
            raise CheckpointError(f"Two arrays have the name {name!r}.", file)
        dtype, shape, nbytes, values = leaf
        budget.spend(nbytes)
        found[name] = Stored(kind_of(dtype, shape), nbytes, partial(_load, values, name, file))
    return found


_Leaf = tuple[Any, tuple[int, ...], int, Callable[[], Any]]
"""The dtype, the shape and the bytes of an array, and what gives it."""


def _same(array: Any) -> Any:
    return array


def _is_list(value: Any) -> bool:
    return isinstance(value, pickles.Array) and value.dtype is not None and value.dtype.kind == "O"


def _leaves(
    value: Any, path: tuple[str, ...], budget: Budget, file: str
) -> Iterator[tuple[str, _Leaf]]:
    """The arrays below `value`, with the names that `path` and their own keys make."""
    budget.spend(_PLACE)
    if len(path) > _DEEP:
        raise CheckpointError(f"The arrays are nested deeper than {_DEEP} dicts.", file)
    if _is_list(value):
        value = value.objects
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key), budget, file)
    elif isinstance(value, (list, tuple)):
        budget.spend(_NUMBER * len(value))
        array = _numbers(value)
        if array is not None and path:
            yield _name(path, budget), _leaf(array)
        else:
            for index, inner in enumerate(value):
                yield from _leaves(inner, (*path, str(index)), budget, file)
    elif isinstance(value, pickles.Array) and value.dtype is not None:
        size = elements(value.shape or ()) * value.dtype.itemsize
        yield _name(path, budget), (value.dtype, value.shape or (), size, value.values)
    elif isinstance(value, (bytes, str, pickles.Octets)):
        size = value.size if isinstance(value, pickles.Octets) else len(value)
        yield _name(path, budget), (np.dtype(object), (), size, partial(_string, value))
    elif value is not None:
        array = _numbers([value])
        if array is None:
            name = _name(path, budget)
            raise CheckpointError(f"{name!r} is neither an array nor a dict of arrays.", file)
        yield _name(path, budget), _leaf(array.reshape(()))


def _name(path: tuple[str, ...], budget: Budget) -> str:
    budget.spend(_LEAF + 4 * sum(map(len, path)))
    return "/".join(path).removesuffix(":0")


def _leaf(array: Any) -> _Leaf:
    # It is given out more than once.
    array.flags.writeable = False
    return array.dtype, array.shape, array.nbytes, partial(_same, array)


def _string(value: Any) -> Any:
    array: Any = np.empty((), object)
    array[()] = value.read() if isinstance(value, pickles.Octets) else value
    return array


def _numbers(values: Any) -> Any:
    """A list of numbers as an array; None if it is anything else."""
    if not values or not all(isinstance(v, (int, float, complex)) for v in values):
        return None
    try:
        array = np.array(cast("list[float]", values))
    except OverflowError:
        return None
    return array if array.dtype.kind in "biufc" else None
