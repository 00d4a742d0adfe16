"""The tables among the files that were made to cost gigabytes, or minutes: see `costly`."""

from __future__ import annotations

import struct
from typing import Any

from checkpoint import tables
from checkpoint.tables import varint
from torchscope.checkpoint.formats import protos
from torchscope.checkpoint.formats.slices import key_of

Files = dict[str, bytes]


HEADER = protos.BundleHeader(num_shards=1).SerializeToString()
INDEX, DATA = "m.index", "m.data-00000-of-00001"


def raw_table(content: bytes, *, snappy: bool = False, last: bytes = b"\xff") -> bytes:
    """A table of one block that is given as it is."""
    data, length = tables.stored(content, snappy=snappy)
    out = bytearray(data)
    ends = []
    for block in tables.block([]), tables.block([(last, tables.Handle(0, length).bytes())], 1):
        piece, length = tables.stored(block)
        ends.append(tables.Handle(len(out), length).bytes())
        out += piece
    footer = b"".join(ends).ljust(tables.FOOTER - 8, b"\0")
    return bytes(out) + footer + struct.pack("<Q", tables.MAGIC)


def grown_block(head: bytes, step: bytes, times: int) -> bytes:
    """A block: one entry, and then the same few bytes again and again."""
    return head + step * times + struct.pack("<2I", 0, 1)


def start_of_index() -> bytes:
    """The entry of the header, as it is in a block."""
    return b"\0\0" + varint(len(HEADER)) + HEADER


def growing_prefixes(size: int) -> Files:
    """Keys each of which has a byte more than the one before it."""
    out, steps = bytearray(start_of_index()), 0
    while len(out) < size:
        out += varint(steps) + b"\1\0a"
        steps += 1
    return {INDEX: raw_table(bytes(out) + struct.pack("<2I", 0, 1)), DATA: b""}


def growing_prefixes_of_v1(size: int) -> Files:
    """The same in V1."""
    found = growing_prefixes(size)[INDEX]
    return {"m": found}


def many_entries(size: int) -> Files:
    """Entries that have no values."""
    out = bytearray(start_of_index())
    last = b""
    for number in range(1, size // 8):
        key = bytes((48 + (number >> 14), number >> 7 & 127, number & 127, 0))
        shared = 3 if key[:3] == last[:3] else 0
        out += bytes((shared, 4 - shared, 0)) + key[shared:]
        last = key
    content = bytes(out) + struct.pack("<2I", 0, 1)
    return {INDEX: raw_table(content), DATA: b""}


def packed_zeros(size: int) -> Files:
    """A block of zeros that snappy packed."""
    return {INDEX: raw_table(bytes(20 * size), snappy=True), DATA: b""}


def many_dimensions(size: int) -> Files:
    """Entries whose shapes have as many dimensions as a shape can have."""
    shape = b"\x12" + varint(2 * 254) + b"\x12\0" * 254
    value = b"\x08\1" + shape
    listed = [(b"", HEADER)] + [(b"%06d" % n, value) for n in range(size // len(value))]
    return {INDEX: tables.table([listed]), DATA: b""}


def one_shape_of_many_dimensions(size: int) -> Files:
    """One entry of dimensions alone, that snappy packed."""
    shape = b"\x12\0" * (10 * size)
    value = b"\x08\1\x12" + varint(len(shape)) + shape
    return {INDEX: tables.table([[(b"", HEADER), (b"a", value)]], snappy=True), DATA: b""}


def many_slices_of_one_range(size: int) -> Files:
    """A variable of 4,000 slices, all of them the same bytes of the data."""
    count, each = 4000, size // 2
    whole = protos.BundleEntry(dtype=4)
    whole.shape.dim.add(size=count)
    whole.shape.dim.add(size=each)
    listed = [(b"", HEADER)]
    for n in range(count):
        piece = whole.slices.add()
        piece.extent.add(start=n, length=1)
        piece.extent.add(start=0, length=each)
        own = protos.BundleEntry(dtype=4, size=each, crc32c=tables.masked(bytes(each)))
        own.shape.dim.add(size=1)
        own.shape.dim.add(size=each)
        listed.append((key_of("v", piece), own.SerializeToString()))
    listed.append((b"v", whole.SerializeToString()))
    return {INDEX: tables.table([sorted(listed)]), DATA: bytes(each)}


def many_names_of_one_range(size: int) -> Files:
    """Variables that are all the same bytes of the data."""
    half = size // 2
    value = protos.BundleEntry(dtype=4, size=half, crc32c=tables.masked(bytes(half)))
    value.shape.dim.add(size=half)
    listed = [(b"", HEADER)]
    listed += [(b"%06d" % n, value.SerializeToString()) for n in range(half // 25)]
    return {INDEX: tables.table([listed]), DATA: bytes(half)}


def many_strings(size: int) -> Files:
    """As many empty strings as there are bytes, in many slices of one range."""
    half = size // 2
    whole = protos.BundleEntry(dtype=7)
    whole.shape.dim.add(size=1000)
    whole.shape.dim.add(size=half)
    data = bytes(half) + struct.pack("<I", tables.masked(bytes(4 * half)))
    # The first checksum is of the lengths as numbers of four bytes, the other of both.
    crc = tables.masked(bytes(4 * half) + data[half:])
    listed = [(b"", HEADER)]
    for n in range(1000):
        piece = whole.slices.add()
        piece.extent.add(start=n, length=1)
        piece.extent.add(start=0, length=half)
        own = protos.BundleEntry(dtype=7, size=half + 4, crc32c=crc)
        own.shape.dim.add(size=1)
        own.shape.dim.add(size=half)
        listed.append((key_of("v", piece), own.SerializeToString()))
    listed.append((b"v", whole.SerializeToString()))
    return {INDEX: tables.table([sorted(listed)]), DATA: data}


# V1.


def v1(metas: list[Any], data: list[tuple[bytes, bytes]], *, snappy: bool) -> Files:
    """A V1 file of these names and values."""
    whole = protos.SavedTensorSlices()
    whole.meta.versions.producer = 1
    whole.meta.tensor.extend(meta.SerializeToString() for meta in metas)
    return {"m": tables.table([sorted([(b"", whole.SerializeToString()), *data])], snappy=snappy)}


def meta_of(name: str, shape: list[int], number: int) -> Any:
    """What a V1 file tells of a variable in one slice."""
    meta = protos.SavedSliceMeta(name=name, type=number)
    for length in shape:
        meta.shape.dim.add(size=length)
    extent = meta.slice.add()
    for _ in shape:
        extent.extent.add()
    return meta


def saved(data: bytes) -> bytes:
    """A value of V1, of a TensorProto's bytes."""
    inner = b"\x1a" + varint(len(data)) + data
    return b"\x12" + varint(len(inner)) + inner


def strings_in_one_block(size: int) -> Files:
    """Variables of strings, all in one block that snappy packed."""
    metas = [meta_of(f"v{n:04d}", [1], 7) for n in range(2000)]
    value = saved(b"\x42" + varint(5000) + bytes(5000))
    data = [(key_of(meta.name, meta.slice[0]), value) for meta in metas]
    return v1(metas, data, snappy=True)


def empty_strings_in_one_block(size: int) -> Files:
    """A variable of empty strings that snappy packed: so many fields."""
    count = 10 * size
    meta = meta_of("v", [count], 7)
    return v1([meta], [(key_of("v", meta.slice[0]), saved(b"\x42\0" * count))], snappy=True)


def slices_of_nothing(size: int) -> Files:
    """Thousands of times the one slice of a variable without elements, beside a value of many fields."""
    meta = meta_of("v", [0], 7)
    for _ in range(4000):
        meta.slice.append(meta.slice[0])
    value = saved(b"\x4a\0" * (size // 4))
    return v1([meta], [(key_of("v", meta.slice[0]), value)], snappy=False)


def slices_back_and_forth(size: int) -> Files:
    """The slices of a variable by turns in one block and in another."""
    count = 600
    meta = protos.SavedSliceMeta(name="v", type=4)
    meta.shape.dim.add(size=2 * count)
    keyed = []
    for n in (half + which * count for half in range(count) for which in range(2)):
        piece = meta.slice.add()
        piece.extent.add(start=n, length=1)
        keyed.append(
            (key_of("v", piece), saved(b"\x08\4\x22\1a" + b"\x2a" + varint(9000) + bytes(9000)))
        )
    whole = protos.SavedTensorSlices()
    whole.meta.versions.producer = 1
    whole.meta.tensor.append(meta.SerializeToString())
    keyed.sort()
    table = tables.table(
        [[(b"", whole.SerializeToString()), *keyed[:count]], keyed[count:]], snappy=True
    )
    return {"m": table}


def many_metas(size: int) -> Files:
    """Names of V1 without a name, that snappy packed."""
    inner = b"\x0a\0" * (10 * size)
    value = b"\x0a" + varint(len(inner)) + inner
    return {"m": tables.table([[(b"", value)]], snappy=True)}


COSTLY = (
    growing_prefixes,
    growing_prefixes_of_v1,
    many_entries,
    packed_zeros,
    many_dimensions,
    one_shape_of_many_dimensions,
    many_slices_of_one_range,
    many_names_of_one_range,
    many_strings,
    strings_in_one_block,
    empty_strings_in_one_block,
    slices_of_nothing,
    slices_back_and_forth,
    many_metas,
)
"""The ways to make one."""
