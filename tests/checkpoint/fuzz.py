"""Fuzzes everything that reads a file: ``python tests/checkpoint/fuzz.py --minutes 30 [TARGET ...]``.

A target makes a checkpoint out of what a fuzzer draws: a sound one that was changed somewhere, with
its checksums made to fit or not, or one put together of pieces that lie. Then everything in it is
read. What may come out is a CheckpointError, and nothing else: no other exception, no more than two
seconds of computing, no more than half a gigabyte of memory. Where checksums were left as they were,
what can be read must be what was written.

The target "cost" makes files of a megabyte of pieces that are cheap to say and dear to hold, put
together as they are drawn. For them there are three hundred megabytes.

atheris draws towards lines that were not reached before. With ``--cases N`` a plain generator of
random numbers draws instead, always the same.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import pickle
import pickletools
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

import torch
from google.protobuf.message import DecodeError

from checkpoint.tables import (
    FOOTER,
    MAGIC,
    Handle,
    block,
    contents,
    entries,
    entries_of_block,
    handles,
    stored,
    table,
    varint,
    with_checksums,
)

# How atheris learns which lines a case has reached.
FUZZING = "--target" in sys.argv
if FUZZING:
    import atheris
with atheris.instrument_imports(["torchscope.checkpoint"]) if FUZZING else nullcontext():
    from torchscope.checkpoint.errors import CheckpointError
    from torchscope.checkpoint.formats import protos
    from torchscope.checkpoint.paths import get_checkpoint_state, latest_checkpoint
    from torchscope.checkpoint.reading import load_checkpoint

from checkpoint import costly, costs

MEMORY = 2**29
COSTS = 300 << 20
SECONDS = 2.0
# Tests share the machine with others: what they are to notice is a case that does not end.
BUSY = 10

Files = dict[str, bytes]
"""A folder of files, by their names."""

Seed = tuple[Files, str, dict[str, Any]]
"""A sound checkpoint: its files, the path to open, and its values by their names."""


class Choices:
    """What a fuzzer has drawn, as decisions. When it is used up, all are the first."""

    INTERESTING = (0, 1, 2, 7, 8, 127, 128, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 10**18,
                   2**62, 2**63 - 1, 2**63, 2**64 - 1, -1, -2, -(2**31), -(2**63))  # fmt: skip

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def bytes(self, size: int) -> bytes:
        """So many bytes."""
        self.at += size
        return self.data[self.at - size : self.at].ljust(size, b"\0")

    def below(self, end: int) -> int:
        """A number from 0 up to, not including, `end`."""
        width = 1 if end <= 2**8 else 2 if end <= 2**16 else 4
        return int.from_bytes(self.bytes(width), "little") % max(end, 1)

    def pick(self, choices: Any) -> Any:
        """One of these."""
        return choices[self.below(len(choices))]

    def number(self) -> int:
        """A number that is likely to be trouble, or any."""
        kind = self.below(4)
        if kind == 0:
            return self.below(2**16)
        if kind == 1:
            return int.from_bytes(self.bytes(8), "little", signed=True)
        return self.pick(self.INTERESTING)

    def signed(self, bits: int = 64) -> int:
        """The same, as a signed number of so many bits."""
        number = self.number() & (2**bits - 1)
        return number - 2**bits if number >= 2 ** (bits - 1) else number


def changed(data: bytes, choices: Choices) -> bytes:
    """The data with a few changes of bytes, lengths and places."""
    out = bytearray(data)
    # Most often one byte: more would hide what it does.
    for _ in range(choices.pick((1, 1, 1, 1, 2, 3, 4))):
        kind, at = choices.pick((0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7)), choices.below(len(out) + 1)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << choices.below(8)
        elif kind == 1 and at < len(out):
            out[at] = choices.below(256)
        elif kind == 2:
            width = choices.pick((1, 2, 4, 8))
            number = choices.number() & (2 ** (8 * width) - 1)
            out[at : at + width] = number.to_bytes(width, "little")
        elif kind == 3:
            out[at:at] = varint(choices.number())
        elif kind == 4:
            del out[at : at + 1 + choices.below(16)]
        elif kind == 5:
            start, size = choices.below(len(out) + 1), choices.below(64)
            out[at:at] = out[start : start + size]
        elif kind == 6:
            out[at:at] = choices.bytes(choices.below(16))
        else:
            del out[at:]
    return bytes(out)


def seeds(folder: Path) -> dict[str, list[Seed]]:
    """Sound checkpoints, most of them written by TensorFlow, by their kinds."""
    import numpy as np  # noqa: PLC0415 - the processes that fuzz need none of this
    from safetensors.numpy import save_file  # noqa: PLC0415

    from tests.tensorflow1 import tf  # noqa: PLC0415

    def files() -> Files:
        found = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        for name in found:
            (folder / name).unlink()
        found.pop("checkpoint", None)
        return found

    values = {
        "a/w": np.arange(6, dtype=np.float32).reshape(2, 3),
        "a/b": np.ones(3, np.float16),
        "c": np.array(7, np.int64),
        "d/empty": np.zeros((0, 2), np.uint8),
        "e": np.array([1 + 2j], np.complex64),
        "text": np.array([b"one", b"two"], object),
    }
    cut = np.arange(8, dtype=np.float32).reshape(4, 2)

    def piece(shape: list[int], partition_info: Any, **_: Any) -> Any:
        start = partition_info.var_offset[0]
        return tf.constant(cut[start : start + shape[0]])

    def saved(version: int, names: list[str]) -> Seed:
        with tf.Graph().as_default(), tf.Session() as session:
            for name in names:
                tf.get_variable(name, initializer=tf.constant(values[name]))
            with tf.variable_scope("", partitioner=tf.fixed_size_partitioner(2)):
                tf.get_variable("cut", cut.shape, initializer=piece)
            session.run(tf.global_variables_initializer())
            saver = tf.train.Saver(write_version=version)
            saver.save(session, str(folder / "m"), write_meta_graph=False)
        return files(), "m", {name: values[name] for name in names} | {"cut": cut}

    def save_ops(names: list[str], prefix: str) -> None:
        with tf.Graph().as_default(), tf.Session() as session:
            tensors = [tf.constant(values[name]) for name in names]
            nothing = [""] * len(names)
            session.run(tf.raw_ops.SaveV2(
                prefix=str(folder / prefix), tensor_names=names, shape_and_slices=nothing, tensors=tensors
            ))  # fmt: skip

    def merged() -> Seed:
        save_ops(["a/w", "c"], "part0")
        save_ops(["a/b", "e"], "part1")
        with tf.Graph().as_default(), tf.Session() as session:
            session.run(tf.raw_ops.MergeV2Checkpoints(
                checkpoint_prefixes=[str(folder / "part0"), str(folder / "part1")],
                destination_prefix=str(folder / "m"),
            ))  # fmt: skip
        return files(), "m", {name: values[name] for name in ("a/w", "c", "a/b", "e")}

    def all_in_one() -> Seed:
        save_ops(list(values), "m")
        return files(), "m", values

    def frozen() -> Seed:
        with tf.Graph().as_default() as graph_:
            for name, value in values.items():
                tf.constant(value, name=name)
            tf.constant(1.5, tf.float32, [40], name="filled")
        filled = values | {"filled": np.full(40, 1.5, np.float32)}
        return {"m.pb": graph_.as_graph_def().SerializeToString()}, "m.pb", filled

    def written(path: str, write: Callable[[Path], object], arrays: dict[str, Any]) -> Seed:
        write(folder / path)
        return files(), path, arrays

    v1, v2 = tf.train.SaverDef.V1, tf.train.SaverDef.V2
    arrays = {name: value for name, value in values.items() if name != "text"}
    plain = {name: value for name, value in arrays.items() if name != "e"}
    nested = {"a": {"w": values["a/w"], "b": values["a/b"]}, "c": values["c"], "l": [1.0, 2.0]}
    flat = {name: values[name] for name in ("a/w", "a/b", "c")} | {"l": np.array([1.0, 2.0])}
    return {
        "bundle": [all_in_one(), saved(v2, ["a/w", "c"]), merged()],
        "v1": [saved(v1, ["a/w", "c", "e"]), saved(v1, [])],
        "frozen": [frozen()],
        "npy": [written("m.npy", lambda path: np.save(path, np.array(arrays, object)), arrays)],
        "npz": [
            written("m.npz", lambda path: np.savez(path, **arrays), arrays),
            written("m.npz", lambda path: np.savez_compressed(path, **arrays), arrays),
        ],
        "pickle": [({"m.pkl": pickle.dumps(nested, p)}, "m.pkl", flat) for p in (0, 2, 4, 5)],
        "safetensors": [written("m.safetensors", lambda path: save_file(plain, path), plain)],
    }


# The targets. Each gives files, the path to open, and what must be read where something is read;
# None where the checksums were made to fit, so that other values are right.

Case = tuple[Files, str, dict[str, Any] | None]


def index(seed: Seed, choices: Choices) -> Case:
    """Bytes of a table are changed."""
    files, path, values = seed
    name = choices.pick([name for name in files if not re.search(r"\.data-", name)])
    table, fix = files[name], choices.below(3)
    changed_ = changed(table, choices)
    if fix:
        changed_ = with_checksums(changed_, handles(table))
    return files | {name: changed_}, path, None if fix else values


def block_of_table(seed: Seed, choices: Choices) -> Case:
    """One block is changed once it is unpacked, and packed again, so that no length is wrong."""
    files, path, _ = seed
    name = choices.pick([name for name in files if not re.search(r"\.data-", name)])
    listed = handles(files[name])
    which = choices.below(len(listed))
    out, places = bytearray(), list[Handle]()
    for number, handle in enumerate(listed):
        block_ = contents(files[name], handle)
        if number == len(listed) - 1:
            keys = [key for key, _ in entries_of_block(block_)]
            # Their places are new, as their lengths are.
            pairs = zip(keys, places, strict=False)
            block_ = block([(key, place.bytes()) for key, place in pairs], 1)
        if number == which:
            block_ = changed(block_, choices)
        data, size = stored(block_, snappy=choices.below(4) == 1)
        places.append(Handle(len(out), size))
        out += data
    out += (places[-2].bytes() + places[-1].bytes()).ljust(FOOTER - 8, b"\0")
    return files | {name: bytes(out) + MAGIC.to_bytes(8, "little")}, path, None


def footer(seed: Seed, choices: Choices) -> Case:
    """Places of blocks that lie."""
    files, path, values = seed
    name = choices.pick([name for name in files if not re.search(r"\.data-", name)])
    places = handles(files[name])
    one, other = (
        Handle(choices.number(), choices.number()) if choices.below(2) else choices.pick(places)
        for _ in range(2)
    )
    end = (one.bytes() + other.bytes()).ljust(FOOTER - 8, b"\0") + MAGIC.to_bytes(8, "little")
    return files | {name: files[name][:-FOOTER] + end}, path, values


def snappy(seed: Seed, choices: Choices) -> Case:
    """A block of a table is not what snappy makes, under a checksum that fits."""
    files, path, _ = seed
    name = choices.pick([name for name in files if not re.search(r"\.data-", name)])
    whole = table([entries(files[name])], snappy=True)
    places = handles(whole)
    place = choices.pick(places)
    out = bytearray(whole)
    size = min(place.size, 10)
    out[place.offset : place.offset + size] = changed(
        bytes(out[place.offset : place.offset + size]), choices
    )[:size].ljust(size, b"\0")
    if choices.below(2):
        # The length that it says it has once it is unpacked.
        length = varint(choices.number())
        out[place.offset : place.offset + len(length)] = length
    return files | {name: with_checksums(bytes(out[: len(whole)]), places)}, path, None


def lie_in_shape(shape: Any, choices: Choices) -> None:
    """Changes a shape."""
    kind = choices.below(3)
    if kind == 0:
        shape.dim.add(size=choices.signed())
    elif kind == 1:
        shape.unknown_rank = True
    elif shape.dim:
        choices.pick(shape.dim).size = choices.signed()


def lie_in_slice(slice_: Any, choices: Choices) -> None:
    """Changes a slice."""
    extent = (
        choices.pick(slice_.extent) if slice_.extent and choices.below(3) else slice_.extent.add()
    )
    if choices.below(2):
        extent.start = choices.signed()
    else:
        extent.length = choices.signed()


def lie_in_entry(value: bytes, choices: Choices) -> bytes:
    """Changes a field of what a V2 index says of a tensor."""
    entry = protos.BundleEntry.FromString(value)
    for _ in range(1 + choices.below(3)):
        kind = choices.below(9)
        if kind == 0:
            entry.dtype = choices.signed(32) if choices.below(4) == 0 else choices.below(34)
        elif kind == 1:
            lie_in_shape(entry.shape, choices)
        elif kind == 2:
            entry.shard_id = choices.signed(32)
        elif kind == 3:
            entry.offset = choices.signed()
        elif kind == 4:
            entry.size = choices.signed()
        elif kind == 5:
            lie_in_slice(
                choices.pick(entry.slices) if entry.slices else entry.slices.add(), choices
            )
        elif kind == 6:
            entry.crc32c = choices.number() & 0xFFFFFFFF
        elif kind == 7:
            del entry.slices[choices.below(len(entry.slices) + 1) :]
        else:
            entry.offset = max(-(2**63), entry.offset - 1 - choices.below(8))
    return entry.SerializeToString()


def lie_in_header(value: bytes, choices: Choices) -> bytes:
    """Changes a field of the header of a V2 index."""
    header = protos.BundleHeader.FromString(value)
    kind = choices.below(3)
    if kind == 0:
        header.num_shards = choices.signed(32)
    elif kind == 1:
        header.endianness = choices.signed(32)
    else:
        header.version.min_consumer = choices.signed(32)
    return header.SerializeToString()


def lie_in_slices(value: bytes, choices: Choices) -> bytes:
    """Changes what a V1 file says of its tensors, or a tensor in it."""
    message = protos.SavedTensorSlices.FromString(value)
    metas = [protos.SavedSliceMeta.FromString(meta) for meta in message.meta.tensor]
    for _ in range(1 + choices.below(3)):
        if metas:
            meta = choices.pick(metas)
            kind = choices.below(5)
            if kind == 0:
                meta.type = choices.below(34)
            elif kind == 1:
                lie_in_shape(meta.shape, choices)
            elif kind == 2:
                lie_in_slice(choices.pick(meta.slice) if meta.slice else meta.slice.add(), choices)
            elif kind == 3:
                meta.name = choices.pick(["", "a", "/", "a/w", "x" * 99])
            else:
                metas.append(meta)
        else:
            lie_in_tensor(message.data.data, choices)
            if choices.below(3) == 0:
                lie_in_slice(message.data.slice, choices)
    message.meta.tensor[:] = [meta.SerializeToString() for meta in metas]
    return message.SerializeToString()


def lie_in_tensor(proto: Any, choices: Choices) -> None:
    """Changes a tensor."""
    kind = choices.below(6)
    if kind == 0:
        proto.dtype = choices.below(34)
    elif kind == 1:
        lie_in_shape(proto.tensor_shape, choices)
    elif kind == 2:
        proto.tensor_content = choices.bytes(choices.below(32))
    elif kind == 3:
        field = choices.pick(
            [proto.float_val, proto.int_val, proto.half_val, proto.int64_val, proto.uint32_val]
        )
        if choices.below(2):
            field.append(choices.below(2**16))
        else:
            del field[choices.below(len(field) + 1) :]
    elif kind == 4:
        proto.string_val.append(choices.bytes(choices.below(8)))
    else:
        proto.float8_val = choices.bytes(choices.below(8))


def records(seed: Seed, choices: Choices) -> Case:
    """A table of keys and values that lie, itself in order or not."""
    files, path, _ = seed
    name = choices.pick([name for name in files if not re.search(r"\.data-", name)])
    listed = entries(files[name])
    for _ in range(1 + choices.below(3)):
        which = choices.below(len(listed))
        key, value = listed[which]
        kind = choices.below(10)
        if kind == 0:
            listed[which] = changed(key, choices), value
        elif kind == 1:
            listed[which] = key, changed(value, choices)
        elif kind == 2:
            listed.append((key, value))
        elif kind == 3 and len(listed) > 1:
            del listed[which]
        elif kind == 4:
            other = choices.below(len(listed))
            listed[which] = key, listed[other][1]
        else:
            of_v2 = lie_in_entry if key else lie_in_header
            lie = of_v2 if name.endswith(".index") else lie_in_slices
            # It may have been broken before.
            with suppress(DecodeError):
                listed[which] = key, lie(value, choices)
    if choices.below(4):
        listed.sort()
    size = 1 + choices.below(8)
    blocks = [listed[i : i + size] for i in range(0, len(listed), size)]
    made = table(blocks, snappy=choices.below(2) == 1, every=1 + choices.below(16))
    return files | {name: made}, path, None


def data(seed: Seed, choices: Choices) -> Case:
    """Bytes of the tensors themselves are changed, or a shard is missing."""
    files, path, values = seed
    name = choices.pick([name for name in files if re.search(r"\.data-|^m$", name)] or list(files))
    if choices.below(16) == 0:
        return {n: d for n, d in files.items() if n != name}, path, values
    return files | {name: changed(files[name], choices)}, path, values


def state(seed: Seed, choices: Choices) -> Case:
    """The file that says which checkpoint is the latest."""
    files, path, values = seed
    text = (
        f'model_checkpoint_path: "{path}"\nall_model_checkpoint_paths: "{path}"\n'
        "all_model_checkpoint_timestamps: 1.5\nlast_preserved_timestamp: 2.5\n"
    )
    if choices.below(3) == 0:
        given = choices.pick(
            ["../m", "/etc/passwd", "", ".", "..", "m/m", "\\000", "m\\n", "x" * 5000]
        )
        text = text.replace(f'"{path}"', f'"{given}"')
    return files | {"checkpoint": changed(text.encode(), choices)}, "", values


def graph(seed: Seed, choices: Choices) -> Case:
    """A frozen graph whose constants lie, or whose bytes were changed."""
    files, path, _ = seed
    if choices.below(2):
        return {path: changed(files[path], choices)}, path, None
    message = protos.GraphDef.FromString(files[path])
    for _ in range(1 + choices.below(3)):
        node = choices.pick(message.node)
        for attribute in node.attr:
            if attribute.key == "value":
                lie_in_tensor(attribute.value.tensor, choices)
    return {path: message.SerializeToString()}, path, None


def anything(seed: Seed, choices: Choices) -> Case:
    """The bytes of a file without a checksum of its own are changed."""
    files, path, _ = seed
    return {path: changed(files[path], choices)}, path, None


def zipped(seed: Seed, choices: Choices) -> Case:
    """A .npz is changed, or a member of it, under a checksum that fits."""
    files, path, values = seed
    if choices.below(2):
        return {path: changed(files[path], choices)}, path, values
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files[path])) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            member = old.read(info)
            if choices.below(3) == 0:
                member = changed(member, choices)
            new.writestr(info.filename, member, compress_type=info.compress_type)
    return {path: out.getvalue()}, path, None


def opcodes(seed: Seed, choices: Choices) -> Case:
    """A pickle of opcodes that are put between, or taken from, those of another."""
    files, path, _ = seed
    whole = files[path]
    places = [place for _, _, place in pickletools.genops(whole)] + [len(whole)]
    parts = [whole[a:b] for a, b in itertools.pairwise(places)]
    for _ in range(1 + choices.below(5)):
        at = choices.below(len(parts) + 1)
        kind = choices.below(4)
        if kind == 0 and parts:
            parts.insert(at, choices.pick(parts))
        elif kind == 1:
            del parts[at : at + 1]
        elif kind == 2:
            parts.insert(at, choices.pick(pickletools.opcodes).code.encode("latin-1"))
        else:
            parts[at : at + 1] = [changed(part, choices) for part in parts[at : at + 1]]
    return {path: b"".join(parts)}, path, None


def program(choices: Choices) -> bytes:
    """A pickle of pieces that are repeated, of what was made before them."""
    array = (
        costly.ARRAY
        + b"(tR(I1\n(I4\nt"
        + costly.DTYPE
        + b"(S'f4'\ntRI00\nC\x10"
        + bytes(16)
        + b"tb"
    )
    pieces = [
        b"N", b"K\1", b"]", b"}", b")", b"(", b"2", b"\x85", b"\x86", b"\x87", b"a", b"e", b"l", b"t",
        b"d", b"s", b"u", b"0", b"1", b"\x94", b"h\0", b"h\1", b"h\2", b"R", b"b", b"C\0", b"q\0", b"q\1",
        b"q\2", b"p%d\n" % costly.PRIME, b"\x8a\x08" + costly.PRIME.to_bytes(8, "little"), array,
        costly.ENCODE, costly.ORDERED, costly.DTYPE, costly.text(b"a"), costly.text(b"k" * 5000),
        costly.octets(b"k" * 5000), b"S'" + b"\\n" * 99 + b"'\n", b"F1.5\n", b"I%s\n" % (b"1" * 300),
    ]  # fmt: skip
    out = bytearray()
    for _ in range(1 + choices.below(24)):
        part = b"".join(choices.pick(pieces) for _ in range(1 + choices.below(6)))
        times = choices.pick((1, 1, 1, 2, 60, 1000, 100_000))
        out += part * min(times, COST_SIZE // len(part))
    return bytes(out[:COST_SIZE]) + choices.pick((b".", b"l.", b"d.", b"}.", b"t."))


def repeated(choices: Choices, pieces: list[bytes]) -> bytes:
    """Pieces of a message or a block, each of them some times."""
    out = bytearray()
    for _ in range(1 + choices.below(12)):
        piece = choices.pick(pieces)
        out += piece * min(choices.pick((1, 1, 2, 300, 100_000)), COST_SIZE // len(piece))
    return bytes(out[:COST_SIZE])


FIELDS = [b"\x08\1", b"\x08\7", b"\x12\0", b"\x12\2\x12\0", b"\x12\4\x12\2\x08\2", b"\x1a\0", b"\x22\0",
          b"\x2a\4\0\0\0\0", b"\x2d\0\0\0\0", b"\x38\1", b"\x3a\0", b"\x3a\4\x0a\2\x10\1", b"\x42\0",
          b"\x42\1a", b"\x28\x08", b"\x20\0", b"\x35\0\0\0\0", b"\x68\1", b"\x0a\0",
          b"\x12\x0c\x12\x0a\x08" + varint(2**40) + b"\x10\1\x08"]  # fmt: skip


def cost(_: Seed, choices: Choices) -> Case:
    """A file that says little, again and again."""
    kind = choices.below(6)
    if kind == 0:
        return {"m.pkl": program(choices)}, "m.pkl", None
    if kind == 1:
        return costly.npz(program(choices)), "m.npz", None
    if kind == 2:
        nodes = [
            costly.node(b"%d" % n, repeated(choices, FIELDS)) for n in range(1 + choices.below(3))
        ]
        return {"m.pb": b"".join(nodes)[:COST_SIZE]}, "m.pb", None
    snappy_ = choices.below(2) == 1
    if kind == 3:
        entry = repeated(choices, FIELDS)
        listed = [(b"", costly.costly_tables.HEADER)]
        listed += [
            (b"%06d" % n, entry)
            for n in range(choices.pick((1, 30, 3000)))
            if n * len(entry) < COST_SIZE
        ]
        made = table([listed], snappy=snappy_)
        return {"m.index": made, "m.data-00000-of-00001": bytes(64)}, "m", None
    if kind == 4:
        steps = [b"\0\1\0a", b"\1\1\0a", b"\x7f\1\0a", b"\1\1\2aab", b"\2\2\0\0\1", b"\0\0\0"]
        content = costly.costly_tables.start_of_index() + repeated(choices, steps)
        made = costly.costly_tables.raw_table(content + bytes(4) + b"\1\0\0\0", snappy=snappy_)
        return {"m.index": made, "m.data-00000-of-00001": b""}, "m", None
    inner = repeated(choices, FIELDS)
    value = b"\x0a" + varint(len(inner)) + inner
    saved = costly.costly_tables.saved(repeated(choices, FIELDS))
    listed = [(b"", value), *((b"\0%d" % n, saved) for n in range(1 + choices.below(3)))]
    return {"m": table([listed], snappy=snappy_)}, "m", None


COST_SIZE = 900_000
"""The bytes of a file of the target "cost", at the most."""

TARGETS: dict[str, tuple[str, Callable[..., Case]]] = {
    "index": ("bundle", index),
    "index-blocks": ("bundle", block_of_table),
    "index-footer": ("bundle", footer),
    "index-snappy": ("bundle", snappy),
    "index-records": ("bundle", records),
    "data": ("bundle", data),
    "state": ("bundle", state),
    "v1": ("v1", index),
    "v1-blocks": ("v1", block_of_table),
    "v1-footer": ("v1", footer),
    "v1-snappy": ("v1", snappy),
    "v1-records": ("v1", records),
    "frozen": ("frozen", graph),
    "npy": ("npy", anything),
    "npz": ("npz", zipped),
    "pickle": ("pickle", anything),
    "pickle-opcodes": ("pickle", opcodes),
    "safetensors": ("safetensors", anything),
    "cost": ("pickle", cost),
}


class TooSlow(BaseException):
    """A case has computed for longer than it may. No handler of errors is to catch it."""


def too_slow(*_: Any) -> None:
    """What the timer calls."""
    raise TooSlow


@contextmanager
def limits(seconds: float) -> Iterator[None]:
    """So many seconds of computing; where it takes longer, TooSlow."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def bits(value: Any) -> Any:
    """What is compared of a tensor, or of a numpy array: its dtype, shape and bytes."""
    if not isinstance(value, torch.Tensor):
        if value.dtype.kind == "O":
            return bytes, value.shape, value.tolist()
        value = torch.from_numpy(value)
    flat = value.contiguous().flatten().view(torch.uint8) if value.numel() else value.flatten()
    return value.dtype, tuple(value.shape), flat.numpy().tobytes() if value.numel() else b""


def read_all(path: Path, values: dict[str, Any] | None) -> None:
    """Reads all that there is to read, in every way."""
    for function in (latest_checkpoint, get_checkpoint_state):
        with suppress(CheckpointError):
            function(path if path.is_dir() else path.parent)
    try:
        checkpoint = load_checkpoint(path)
        names = list(checkpoint)
        shapes, dtypes_ = checkpoint.shapes, checkpoint.dtypes
    except CheckpointError:
        return
    with checkpoint:
        for name in names:
            try:
                checkpoint.nbytes(name)
                value = checkpoint[name]
            except CheckpointError:
                continue
            # What could be read once can be read again, in every way.
            checkpoint.verify(name)
            assert tuple(value.shape) == tuple(shapes[name])
            if isinstance(dtypes_[name], torch.dtype):
                assert value.dtype == dtypes_[name]
                out = torch.empty(shapes[name], dtype=value.dtype)
                checkpoint.read_into(name, out)
                assert bits(out) == bits(value), f"{name} is read otherwise into a tensor"
            if values is not None:
                assert name in values, f"{name} is not in it"
                assert bits(value) == bits(values[name]), f"{name} has other values"


def run(target: str, of_kind: list[Seed], drawn: bytes, folder: Path) -> None:
    """One case, in a folder that is there for nothing else."""
    choices = Choices(drawn)
    files, path, values = TARGETS[target][1](choices.pick(of_kind), choices)
    for left in folder.iterdir():
        left.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if target == "cost":
        # To count the lines that were reached takes longer than to run them.
        with limits(SECONDS * (5 if FUZZING else BUSY)):
            costs.look_at(str(folder / path))
        return
    with limits(SECONDS * (1 if FUZZING else BUSY)):
        read_all(folder / path, values)


def limit_memory(target: str = "") -> None:
    """From here on the process can have half a gigabyte more; less where it is about costs."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    more = COSTS if target == "cost" else MEMORY
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))


def fuzz(target: str, of_kind: list[Seed], options: list[str]) -> None:
    """Has atheris draw cases. It ends the process when it is done."""
    folder = Path(tempfile.mkdtemp())
    limit_memory(target)
    atheris.Setup([sys.argv[0], *options], lambda drawn: run(target, of_kind, drawn, folder))
    atheris.Fuzz()


def go_through(targets: list[str], made: dict[str, list[Seed]], cases: int) -> int:
    """The sound checkpoints, then as many random cases of each target; says how many fail."""
    failed = 0
    limit_memory()
    with tempfile.TemporaryDirectory() as folder:
        for kind in {TARGETS[target][0] for target in targets}:
            for files, path, values in made[kind]:
                for name, content in files.items():
                    (Path(folder) / name).write_bytes(content)
                checkpoint = load_checkpoint(Path(folder) / path)
                assert set(checkpoint) == set(values), kind
                read_all(Path(folder) / path, values)
                for name in files:
                    (Path(folder) / name).unlink()
        for target in targets:
            limit_memory(target)
            draw = random.Random(target)
            for _ in range(cases):
                drawn = draw.randbytes(draw.choice((8, 16, 64)))
                try:
                    run(target, made[TARGETS[target][0]], drawn, Path(folder))
                except BaseException:  # noqa: BLE001 - whatever comes out is a finding
                    failed += 1
                    print(f"{target} {drawn.hex()}\n{traceback.format_exc()}")
    print(f"{len(targets)} targets, {cases} cases each, {failed} findings")
    return failed


def for_minutes(targets: list[str], minutes: float, folder: Path) -> int:
    """All targets, as many at a time as there are processors; says how many have a finding."""
    at_once = min(len(targets), os.cpu_count() or 1)
    seconds = int(60 * minutes * at_once / len(targets))

    def one(target: str) -> bool:
        corpus = folder / target
        corpus.mkdir(exist_ok=True)
        command = [sys.executable, __file__, "--seeds", folder / "seeds", "--target", target]
        options = [corpus, f"-max_total_time={seconds}", "-max_len=512", "-timeout=30",
                   "-rss_limit_mb=4096", f"-artifact_prefix={folder}/{target}-"]  # fmt: skip
        start = time.monotonic()
        done = subprocess.run(
            [*map(str, command), "--", *map(str, options)],
            capture_output=True,
            text=True,
            check=False,
        )
        executed = re.findall(r"^(?:#|Done )(\d+)", done.stderr, flags=re.MULTILINE)
        taken = time.monotonic() - start
        print(f"{target}: {executed[-1] if executed else 0} cases in {taken:.0f} s", flush=True)
        if done.returncode:
            print(done.stdout[-6000:], done.stderr[-3000:], flush=True)
        return bool(done.returncode)

    with ThreadPoolExecutor(at_once) as threads:
        findings = sum(threads.map(one, targets))
    print(f"{findings} of {len(targets)} targets have a finding; what was drawn is in {folder}")
    return findings


def main() -> None:
    """The command."""
    # A state file that names what is not there is only warned of.
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--cases", type=int, help="random cases of each target, without atheris")
    parser.add_argument("--drawn", help="one case of one target, as what was drawn in hexadecimal")
    parser.add_argument(
        "--folder", type=Path, help="where what was drawn is kept; a new one by default"
    )
    parser.add_argument("--seeds", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", choices=TARGETS, help=argparse.SUPPRESS)
    own, options = sys.argv[1:], []
    if "--" in own:
        at = own.index("--")
        own, options = own[:at], own[at + 1 :]
    arguments = parser.parse_args(own)
    targets = arguments.targets or list(TARGETS)
    if unknown := set(targets) - set(TARGETS):
        parser.error(f"there is no target {', '.join(unknown)}; choose of {', '.join(TARGETS)}")
    if arguments.seeds:
        made = pickle.loads(arguments.seeds.read_bytes())
        fuzz(arguments.target, made[TARGETS[arguments.target][0]], options)
        return
    with tempfile.TemporaryDirectory() as empty:
        made = seeds(Path(empty))
    if arguments.drawn is not None:
        with tempfile.TemporaryDirectory() as empty:
            drawn = bytes.fromhex(arguments.drawn)
            run(targets[0], made[TARGETS[targets[0]][0]], drawn, Path(empty))
        return
    if arguments.cases is not None:
        sys.exit(bool(go_through(targets, made, arguments.cases)))
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="fuzz-checkpoint-"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "seeds").write_bytes(pickle.dumps(made))
    sys.exit(bool(for_minutes(targets, arguments.minutes, folder)))


if __name__ == "__main__":
    main()
