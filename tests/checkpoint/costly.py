"""Files of less than a megabyte that were made to cost gigabytes, or minutes.

Each function gives the files of one, by their names, of about so many bytes; the first is what is
opened. A name that ends in ".index" stands for a V2 checkpoint.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from checkpoint import costly_tables
from checkpoint.tables import varint

Files = dict[str, bytes]
PRIME = 2**61 - 1  # Python's hash of a number is its rest by this


def pkl(content: bytes) -> Files:
    """A pickle."""
    return {"m.pkl": content}


def npz(content: bytes) -> Files:
    """A .npz with a pickle in it."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
    npy_ = b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy_)
    return {"m.npz": out.getvalue()}


def text(value: bytes) -> bytes:
    """What pushes text."""
    return b"X" + struct.pack("<I", len(value)) + value


def octets(value: bytes) -> bytes:
    """What pushes bytes."""
    return b"B" + struct.pack("<I", len(value)) + value


ENCODE = b"c_codecs\nencode\n"
ORDERED = b"ccollections\nOrderedDict\n"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n"
DTYPE = b"cnumpy\ndtype\n"


# Pickles.


def deep_encoding(size: int) -> Files:
    """An encoding that is a tuple in tuples, which is hashed."""
    return npz(ENCODE + text(b"a") + b")" + b"\x85" * min(size, 200_000) + b"\x86R.")


def deep_key(size: int) -> Files:
    """A key of a dict that is nested as deep."""
    return pkl(b"}" + b")" + b"\x85" * size + b"Ns.")


def deep_value(size: int) -> Files:
    """Dicts in dicts."""
    return pkl(b"]" * (size // 2) + b"a" * (size // 2 - 1) + b".")


def shared_tuples(size: int) -> Files:
    """Tuples of one tuple twice, and no leaf."""
    return pkl(b"(" + text(b"a") + b")" + b"2\x86" * 60 + b"d.")


def shared_lists(size: int) -> Files:
    """One list of numbers, many times."""
    half = size // 4
    return pkl(b"(" + b"K\x01" * half + b"lq\x000" + b"(l(" + b"h\0" * half + b"e.")


def shared_list_of_arrays(size: int) -> Files:
    """A list of lists of arrays, each many times."""
    array = ARRAY + b"(tR(I1\n(I1\nt" + DTYPE + b"(S'f4'\ntRI00\nS'1234'\ntbq\0"
    inner = b"(lq\1(" + b"h\0" * 1000 + b"e0"
    return pkl(array + b"0" + inner + b"(l(" + b"h\1" * (size // 2) + b"e.")


def shared_array(size: int) -> Files:
    """One array of many numbers, under many names."""
    half = size // 2
    array = ARRAY + b"(tR(I1\n(I%d\nt" % half + DTYPE + b"(S'u1'\ntRI00\n" + octets(bytes(half))
    names = b"".join(b"M" + struct.pack("<H", n) + b"h\0" for n in range(min(half // 5, 60000)))
    return pkl(array + b"tbq\0" + b"0(" + names + b"d.")


def long_key(size: int) -> Files:
    """One long key of a dict of many values."""
    half = size // 2
    keys = (b"M" + struct.pack("<H", n) for n in range(min(half // 5, 65536)))
    inner = b"(" + b"".join(key + b"K\1" for key in keys) + b"d"
    return pkl(b"}" + text(b"k" * half) + inner + b"s.")


def long_text(size: int) -> Files:
    """One long text, encoded many times."""
    half = size // 2
    calls = b"h\0h\1R0" * (half // 6)
    return pkl(ENCODE + b"q\0" + text(b"t" * half) + b"\x85q\1" + calls + b"}.")


def long_dtype(size: int) -> Files:
    """One long name of a dtype, asked for many times."""
    half = size // 2
    return pkl(
        DTYPE + b"q\0" + octets(b"t" * half) + b"\x85q\1" + b"h\0h\1R0" * (half // 6) + b"}."
    )


def long_key_of_bytes(size: int) -> Files:
    """A long key that is bytes, set many times."""
    half = size // 2
    return pkl(b"}" + octets(b"k" * half) + b"q\x000" + b"h\0Ns" * (half // 4) + b".")


def ordered(size: int) -> Files:
    """A dict made many times of one list of pairs."""
    half = size // 2
    pairs = (
        b"("
        + b"".join(b"M" + struct.pack("<H", n) + b"N\x86" for n in range(min(half // 5, 65536)))
        + b"l"
    )
    calls = b"h\0h\1R" * (half // 5)
    return pkl(b"(" + ORDERED + b"q\0" + pairs + b"\x85q\1" + calls + b"l.")


def many_leaves(size: int) -> Files:
    """A number, again and again, in a list that is no list of numbers."""
    return pkl(b"(NK\1" + b"2" * (size - 6) + b"l.")


def many_lists(size: int) -> Files:
    """Lists that are empty."""
    return pkl(b"(" + b"]" * (size - 3) + b"l.")


def many_dicts(size: int) -> Files:
    """Dicts that are empty."""
    return pkl(b"(" + b"}" * (size - 3) + b"l.")


def many_memos(size: int) -> Files:
    """The same object, remembered again and again."""
    return pkl(b"}" + b"\x94" * (size - 2) + b".")


def many_octets(size: int) -> Files:
    """Bytes of no length."""
    return pkl(b"(" + b"C\0" * (size // 2) + b"l.")


def many_arrays(size: int) -> Files:
    """Arrays that were never filled."""
    return pkl(ARRAY + b"q\x000(" + b"h\0)R" * (size // 4) + b"l.")


def many_dtypes(size: int) -> Files:
    """Dtypes."""
    start = DTYPE + b"q\0" + b"X\x02\0\0\0f4\x85q\1"
    return pkl(start + b"(" + b"h\0h\1R" * (size // 5) + b"l.")


def many_escapes(size: int) -> Files:
    """A string of escapes."""
    return pkl(b"}S'" + b"\\n" * (size // 2) + b"'\nNs.")


def many_marks(size: int) -> Files:
    """Marks."""
    return pkl(b"(" * size + b".")


def colliding_keys(size: int) -> Files:
    """Numbers that have the same hash, as keys."""
    item = b"\x8a\x0b%bN"
    keys = ((n * PRIME).to_bytes(11, "little") for n in range(1, size // 14))
    return pkl(b"(" + b"".join(item % key for key in keys) + b"d.")


def colliding_memos(size: int) -> Files:
    """The same, as places to remember."""
    keys = (b"p%d\n" % (n * PRIME) for n in range(1, size // 26))
    return pkl(b"}" + b"".join(keys) + b".")


def long_lines(size: int) -> Files:
    """Lines a little longer than those that are looked for first."""
    return pkl(b"(" + (b"I" + b"0" * 300 + b"\n") * (size // 302) + b"l.")


def long_floats(size: int) -> Files:
    """A number of many digits."""
    return pkl(b"(F1." + b"1" * size + b"\nl.")


def huge_number(size: int) -> Files:
    """A whole number of as many bytes as there are."""
    return pkl(b"}\x8b" + struct.pack("<i", size) + b"\x01" * size + b"Ns.")


def huge_numbers(size: int) -> Files:
    """A list of numbers, one of which is huge."""
    return pkl(b"}U\1a(G?\xf0\0\0\0\0\0\0\x8b" + struct.pack("<i", size) + b"\x01" * size + b"ls.")


# Zip files.


def npy(values: Any) -> bytes:
    """A .npy."""
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def packed_pickle(size: int) -> Files:
    """A pickle of a few kilobytes that unpacks to hundreds of megabytes."""
    return npz(b"(" + b"]" * 250_000_000 + b"l.")


def one_member_many_times(size: int) -> Files:
    """Members that lie over each other."""
    inner = npy(np.zeros(1 << 20, np.uint8))
    deflated = zlib.compressobj(9, wbits=-15)
    data = deflated.compress(inner) + deflated.flush()
    times = min((size - len(data)) // 51, 60000)
    return {"m.npz": zip_of(b"a.npy", data, len(inner), zlib.crc32(inner), times)}


def zip_of(name: bytes, deflated: bytes, size: int, crc: int, times: int = 1) -> bytes:
    """A zip file of one member, which its directory names some times."""
    known = struct.pack("<IIIHH", crc, len(deflated), size, len(name), 0)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + known + name + deflated
    central = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + known
    central += struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, times, times, times * len(central), len(local), 0)
    return local + central * times + b"PK\5\6" + end


def members_with_long_headers(size: int) -> Files:
    """Members whose headers unpack to sixty kilobytes each."""
    header = (b"{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }" + b" " * 65000)[:65000]
    content = b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + b"1"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(size // 330):
            archive.writestr(f"{n}.npy", content)
    return {"m.npz": out.getvalue()}


# Graphs.


def node(name: bytes, tensor: bytes) -> bytes:
    """A constant."""

    def field(number: int, content: bytes) -> bytes:
        return varint(number << 3 | 2) + varint(len(content)) + content

    attribute = field(1, b"value") + field(2, field(8, tensor))
    return field(1, field(1, name) + field(2, b"Const") + field(5, attribute))


def shape_in_pieces(size: int) -> Files:
    """A constant whose shape comes in pieces."""
    return {"m.pb": node(b"a", b"\x08\1" + b"\x12\2\x12\0" * (size // 4))}


def numbers_in_pieces(size: int) -> Files:
    """A constant whose numbers are a field each."""
    count = size // 2
    shape = b"\x12" + varint(len(varint(count)) + 1) + b"\x08" + varint(count)
    tensor = b"\x08\3\x12" + varint(len(shape)) + shape + b"\x38\1" * count
    return {"m.pb": node(b"a", tensor)}


def splats(size: int) -> Files:
    """Constants of one value, each of which would fill 200 MB."""
    dim = b"\x08" + varint(50_000_000)
    shape = b"\x12" + varint(len(dim)) + dim
    tensor = b"\x08\1\x12" + varint(len(shape)) + shape + b"\x2a\4abcd"
    return {"m.pb": b"".join(node(b"c%d" % n, tensor) for n in range(40))}


def splat_of_strings(size: int) -> Files:
    """The same of strings."""
    dim = b"\x08" + varint(30_000_000)
    shape = b"\x12" + varint(len(dim)) + dim
    tensor = b"\x08\7\x12" + varint(len(shape)) + shape + b"\x42\1a"
    return {"m.pb": b"".join(node(b"c%d" % n, tensor) for n in range(40))}


def deep_message(size: int) -> Files:
    """Messages in messages."""
    content = b""
    while len(content) < min(size, 100_000):
        content = b"\x12" + varint(len(content)) + content
    return {"m.pb": node(b"a", b"\x08\1\x12" + varint(len(content)) + content)}


def many_nodes(size: int) -> Files:
    """Nodes that say nothing."""
    return {"m.pb": b"\x0a\0" * (size // 2)}


def many_constants(size: int) -> Files:
    """Small constants."""
    return {"m.pb": b"".join(node(b"%d" % n, b"\x08\1\x12\0\x2a\4abcd") for n in range(size // 40))}


# The others.


def safetensors_of(header: bytes) -> Files:
    """A file of this header."""
    return {"m.safetensors": struct.pack("<Q", len(header)) + header}


def deep_json(size: int) -> Files:
    """Lists in lists."""
    return safetensors_of(b'{"a":' + b"[" * (size // 2) + b"]" * (size // 2) + b"}")


def many_safetensors(size: int) -> Files:
    """Tensors without elements."""
    one = b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return safetensors_of(b"{" + b",".join(one % n for n in range(size // 60)) + b"}")


def safetensors_of_many_dimensions(size: int) -> Files:
    """One of them, of many dimensions."""
    shape = b",".join([b"0"] * (size // 2))
    return safetensors_of(b'{"a":{"dtype":"F32","shape":[' + shape + b'],"data_offsets":[0,0]}}')


def state(size: int) -> Files:
    """A state file that names a hundred thousand checkpoints."""
    line = b'all_model_checkpoint_paths: "a"\n'
    return {"": b"", "checkpoint": b'model_checkpoint_path: "a"\n' + line * (size // len(line))}


COSTLY: dict[str, Callable[[int], Files]] = {
    function.__name__: function
    for function in (
        deep_encoding,
        deep_key,
        deep_value,
        shared_tuples,
        shared_lists,
        shared_list_of_arrays,
        shared_array,
        long_key,
        long_text,
        long_dtype,
        long_key_of_bytes,
        ordered,
        many_leaves,
        many_lists,
        many_dicts,
        many_memos,
        many_octets,
        many_arrays,
        many_dtypes,
        many_escapes,
        many_marks,
        colliding_keys,
        colliding_memos,
        long_lines,
        long_floats,
        huge_number,
        huge_numbers,
        packed_pickle,
        one_member_many_times,
        members_with_long_headers,
        shape_in_pieces,
        numbers_in_pieces,
        splats,
        splat_of_strings,
        deep_message,
        many_nodes,
        many_constants,
        deep_json,
        many_safetensors,
        safetensors_of_many_dimensions,
        state,
        *costly_tables.COSTLY,
    )
}
"""The ways to make one, by their names."""
