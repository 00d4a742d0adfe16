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
from torchscope.checkpoint.formats.files import File
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
_DEEP = 64  # dicts in dicts; more are a loop
_HEADER = re.compile(rb"\s*\{(.*)\}\s*", re.DOTALL)
_DESCR = re.compile(rb"['\"]descr['\"]\s*:\s*['\"]([^'\"]{1,16})['\"]")
_FORTRAN = re.compile(rb"['\"]fortran_order['\"]\s*:\s*(True|False)")
_SHAPE = re.compile(rb"['\"]shape['\"]\s*:\s*\(([\dL,\s]{0,1024})\)")


def npy(file: str) -> dict[str, Stored]:
    """The arrays of a dict that was saved with ``numpy.save``."""
    data = memoryview(File(file).map()).toreadonly()
    header = _NpyHeader(data, file, 0)
    if not header.pickled:
        raise CheckpointError(
            "This file is a single array, without a name. Load it with numpy.load; what is read here "
            "is a dict of arrays.",
            file,
        )
    return _named(header.pickle(data), len(data), file)


def pickle(file: str) -> dict[str, Stored]:
    """The arrays of a dict that was pickled, by Python 2 or 3."""
    data = memoryview(File(file).map()).toreadonly()
    return _named(pickles.load(data, file), len(data), file)


def npz(file: str) -> dict[str, Stored]:
    """The arrays that were saved with ``numpy.savez`` or ``numpy.savez_compressed``.

    Each is read from the file when it is asked for, and its checksum (CRC-32) verified.
    """
    data = memoryview(File(file).map()).toreadonly()
    found: dict[str, Stored] = {}
    for info in _members(data, file):
        member = _Member(info, data, file)
        name = info.filename.removesuffix(".npy")
        header = member.header()
        if header.pickled:
            whole = member.whole()
            named = _named(header.pickle(whole), len(whole), file)
            entries = {f"{name}/{inner}": stored for inner, stored in named.items()}
        else:
            entries = {
                name.removesuffix(":0"): Stored(
                    kind_of(header.dtype, header.shape),
                    header.size,
                    partial(_load, member.array, name, file),
                )
            }
        for full, stored in entries.items():
            if full in found:
                raise CheckpointError(f"Two arrays have the name {full!r}.", file)
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
        text = _HEADER.fullmatch(bytes(data[begin : min(self.begin, begin + 65536)]))
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

    def pickle(self, data: Any) -> Any:
        """What the pickle after the header holds: of no dimension, that itself."""
        value = pickles.load(data[self.begin :], self.file, self.offset + self.begin)
        if isinstance(value, pickles.Array) and value.dtype.kind == "O" and not value.shape:
            return value.objects[0]
        return value

    def array(self, data: Any) -> Any:
        """The array after the header, which is to be all that there is."""
        if len(data) - self.begin != self.size:
            raise self.error(f"{self.size} bytes were expected; {len(data) - self.begin} are there")
        flat = np.frombuffer(data, self.dtype, offset=self.begin) if self.size else np.empty(0)
        flat = flat if self.size else flat.astype(self.dtype)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def _members(data: Any, file: str) -> list[zipfile.ZipInfo]:
    """The members of a zip file that numpy may have written."""
    try:
        with zipfile.ZipFile(file) as opened:
            members = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise CheckpointError(f"The .npz is broken: {error}.", file) from None
    # The list of members may be cut short, and its end says how many there are.
    end = bytes(data[-_LONGEST_END:])
    told = int.from_bytes(end[(at := end.rfind(ZIP_END) + 10) : at + 2], "little")
    if told != min(len(members), 0xFFFF):
        raise CheckpointError(
            f"The .npz is broken: it tells of {told} members, and has {len(members)}.", file
        )
    for info in members:
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise CheckpointError(
                f"The .npz is broken: {info.filename!r} is compressed as numpy does not.", file
            )
        if info.flag_bits & 1:
            raise CheckpointError(f"The .npz is broken: {info.filename!r} is encrypted.", file)
    return members


class _Member:
    """A member of a .npz: its bytes in the file, stored or deflated."""

    # Deflate cannot make less than a 1032nd of anything.
    RATIO = 1032

    def __init__(self, info: zipfile.ZipInfo, data: Any, file: str) -> None:
        self.info, self.file = info, file
        local = data[info.header_offset : info.header_offset + 30]
        if len(local) != 30 or local[:4] != ZIP:
            raise self.error("has no header of its own")
        length = int.from_bytes(local[26:28], "little")
        name = bytes(data[info.header_offset + 30 : info.header_offset + 30 + length])
        if (
            name.decode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
            != info.orig_filename
        ):
            raise self.error(f"calls itself {name!r}")
        self.begin = info.header_offset + 30 + sum(struct.unpack("<HH", local[26:30]))
        if self.begin + info.compress_size > len(data):
            raise self.error(f"ends after the file, which has {len(data)} bytes")
        self.packed = data[self.begin : self.begin + info.compress_size]
        self.deflated = info.compress_type == zipfile.ZIP_DEFLATED
        ratio = self.RATIO if self.deflated else 1
        if info.file_size > info.compress_size * ratio:
            raise self.error(f"has {info.compress_size} bytes, too few for {info.file_size}")

    def error(self, what: str) -> CheckpointError:
        return CheckpointError(
            f"The .npz is broken: {self.info.filename!r} {what}.",
            self.file,
            self.info.header_offset,
        )

    def unpacked(self, limit: int) -> Any:
        """Its first bytes, so many at most."""
        if not self.deflated:
            return self.packed[:limit]
        try:
            return memoryview(zlib.decompressobj(-15).decompress(self.packed, limit))
        except zlib.error as error:
            raise self.error(f"is not compressed as it says: {error}") from None

    def header(self) -> _NpyHeader:
        return _NpyHeader(self.unpacked(65536), self.file, self.begin)

    def whole(self) -> Any:
        """All its bytes, with their checksum verified."""
        # A byte more than there should be tells what is too long.
        data = self.unpacked(self.info.file_size + 1)
        if len(data) != self.info.file_size:
            raise self.error(f"has {len(data)} bytes where {self.info.file_size} were expected")
        if zlib.crc32(data) != self.info.CRC:
            raise self.error("does not fit its checksum (CRC-32)")
        return data

    def array(self) -> Any:
        data = self.whole()
        return _NpyHeader(data, self.file, self.begin).array(data)


def _load(array: Callable[[], Any], name: str, file: str) -> Any:
    values = array()
    dtype = torch_dtype(values.dtype)
    if isinstance(dtype, str):
        raise CheckpointError(f"{name!r} is of {dtype}, which torch does not have.", file)
    return tensor(values)


def _named(value: Any, size: int, file: str) -> dict[str, Stored]:
    """The arrays in nested dicts and lists, by their full names."""
    if not isinstance(value, (dict, list, tuple)) and not _is_list(value):
        raise CheckpointError("A dict of arrays was expected; found something else.", file)
    found: dict[str, Stored] = {}
    for number, (name, array) in enumerate(_leaves(value, (), file)):
        # Each array takes some bytes of the file, unless one is meant many times.
        if number > size:
            raise CheckpointError("The arrays are nested without an end.", file)
        if name in found:
            raise CheckpointError(f"Two arrays have the name {name!r}.", file)
        # It is given out more than once.
        array.flags.writeable = False
        found[name] = Stored(
            kind_of(array.dtype, array.shape),
            array.nbytes,
            partial(_load, partial(_same, array), name, file),
        )
    return found


def _same(array: Any) -> Any:
    return array


def _is_list(value: Any) -> bool:
    return isinstance(value, pickles.Array) and value.dtype is not None and value.dtype.kind == "O"


def _leaves(value: Any, path: tuple[str, ...], file: str) -> Iterator[tuple[str, Any]]:
    """The arrays below `value`, with the names that `path` and their own keys make."""
    name = "/".join(path).removesuffix(":0")
    if len(path) > _DEEP:
        raise CheckpointError(f"The arrays are nested deeper than {_DEEP} dicts.", file)
    if _is_list(value):
        value = value.objects
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)), file)
    elif isinstance(value, (list, tuple)):
        array = _numbers(value)
        if array is not None and path:
            yield name, array
        else:
            for index, inner in enumerate(value):
                yield from _leaves(inner, (*path, str(index)), file)
    elif isinstance(value, pickles.Array) and value.dtype is not None:
        yield name, value.values()
    elif isinstance(value, (bytes, str, memoryview)):
        array = np.empty((), object)
        array[()] = value if isinstance(value, str) else bytes(value)
        yield name, array
    elif value is not None:
        array = _numbers([value])
        if array is None:
            raise CheckpointError(f"{name!r} is neither an array nor a dict of arrays.", file)
        yield name, array.reshape(())


def _numbers(values: Any) -> Any:
    """A list of numbers as an array; None if it is anything else."""
    if not values or not all(isinstance(v, (int, float, complex)) for v in values):
        return None
    array = np.array(cast("list[float]", values))
    return array if array.dtype.kind in "biufc" else None
