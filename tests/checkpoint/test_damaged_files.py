"""A file is untrusted: what is damaged or lies gives CheckpointError, or the right numbers."""

import os
import random
import re
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import cramjam
import numpy as np
import pytest
import tensorflow_checkpoints as files
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchscope.checkpoint import CheckpointError, load_checkpoint
from torchscope.checkpoint.formats.protos import BundleEntry, BundleHeader, SavedTensorSlices

HUGE = [2**31, 2**32, 2**62, 2**63 - 1, -1, -(2**63)]


def write(folder, version):
    """A small checkpoint with a bit of everything; its path, and its files."""
    whole = np.arange(6, dtype=np.int16).reshape(3, 2)
    arrays = {
        "a": np.float32([[1, 2, 3]]),
        "a/text": np.array([b"one", b"", b"three"], object),
        "b": np.array(7, np.int64),
        "parts": [whole[:1], whole[1:]],
    }
    specs = {"parts": ["3 2 0,1:-", "3 2 1,2:-"]}
    path = files.save(str(folder / "m"), arrays, version, specs)
    names = ["m"] if version == 1 else ["m.index", "m.data-00000-of-00001"]
    return path, [folder / name for name in names], {**arrays, "parts": whole}


def everything(path):
    """All that a checkpoint gives, read in each way."""
    found = {}
    with load_checkpoint(path) as checkpoint:
        for name, dtype in checkpoint.dtypes.items():
            checkpoint.verify(name)
            checkpoint.nbytes(name)
            found[name] = checkpoint[name]
            if isinstance(dtype, torch.dtype):
                checkpoint.read_into(name, torch.empty(checkpoint.shapes[name], dtype=dtype))
    return {name: files.bits(value) for name, value in found.items()}


def assert_right_or_refused(path, right):
    """Reads a checkpoint that was changed: an error, or the values as they were."""
    try:
        found = everything(path)
    except CheckpointError as error:
        return not error.file
    assert found == right
    return True


@pytest.mark.parametrize("version", [1, 2])
def test_a_change_of_any_byte_is_noticed_or_harmless(tmp_path, version):
    path, changed, arrays = write(tmp_path, version)
    right = everything(path)
    assert right == {name: files.bits(value) for name, value in arrays.items()}
    harmless = total = 0
    for file in changed:
        data = file.read_bytes()
        for at in range(len(data)):
            for flip in (0x01, 0x80):
                file.write_bytes(data[:at] + bytes((data[at] ^ flip,)) + data[at + 1 :])
                harmless += assert_right_or_refused(path, right)
                total += 1
        file.write_bytes(data)
    # The footer is filled up with zeros, and names a block that nobody reads.
    assert harmless < total / 4


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_cut_off_anywhere_is_noticed(tmp_path, version):
    path, cut, _ = write(tmp_path, version)
    for file in cut:
        data = file.read_bytes()
        for length in range(len(data)):
            file.write_bytes(data[:length])
            with pytest.raises(CheckpointError, match=re.escape(path)):
                everything(path)
        file.write_bytes(data)
    everything(path)


def rewrite(path, change):
    """Changes the entries of a V2 index, and writes it anew with good checksums."""
    index = Path(f"{path}.index")
    entries = files.entries_of(index.read_bytes())
    messages = {
        key: (BundleEntry if key else BundleHeader).FromString(value)
        for key, value in entries.items()
    }
    change(messages)
    index.write_bytes(
        files.table_of({key: message.SerializeToString() for key, message in messages.items()})
    )


@pytest.mark.parametrize("field", ["offset", "size"])
@pytest.mark.parametrize("value", HUGE)
def test_offsets_and_sizes_that_lie_are_refused(tmp_path, field, value):
    path, _, _ = write(tmp_path, 2)

    def change(messages):
        for key in (b"a", b"a/text"):
            setattr(messages[key], field, value)

    rewrite(path, change)
    checkpoint = load_checkpoint(path)
    for name in ("a", "a/text"):
        with pytest.raises(CheckpointError, match=re.escape(path)):
            checkpoint[name]
    assert checkpoint["b"].item() == 7


@pytest.mark.parametrize("size", [*HUGE, 10**18])
def test_shapes_that_lie_are_refused_before_anything_is_allocated(tmp_path, size):
    path, _, _ = write(tmp_path, 2)
    for name in ("a", "a/text", "parts"):

        def change(messages, name=name):
            messages[name.encode()].shape.dim[0].size = size

        write(tmp_path, 2)
        rewrite(path, change)
        with pytest.raises(CheckpointError, match=re.escape(path)):
            load_checkpoint(path)[name]


def test_a_shape_of_very_many_dimensions_is_read_or_refused(tmp_path):
    path, _, _ = write(tmp_path, 2)
    for count, size in ((254, 1), (255, 1), (100_000, 1), (100_000, 2)):

        def change(messages, count=count, size=size):
            del messages[b"b"].shape.dim[:]
            for _ in range(count):
                messages[b"b"].shape.dim.add(size=size)

        rewrite(path, change)
        try:
            assert load_checkpoint(path)["b"].dim() == count
        except CheckpointError:
            assert count > 254


@pytest.mark.parametrize("shard", [1, 2**31 - 1, -1, -(2**31)])
def test_shards_that_do_not_exist_are_refused(tmp_path, shard):
    path, _, _ = write(tmp_path, 2)
    rewrite(path, lambda messages: setattr(messages[b"a"], "shard_id", shard))
    with pytest.raises(CheckpointError, match=rf"a is in shard {shard}, and there are 1"):
        load_checkpoint(path)["a"]


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("num_shards", 0, "tells of 0 shards"),
        ("num_shards", -5, "tells of -5 shards"),
        ("endianness", 2, "the byte order 2"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path, field, value, what):
    path, _, _ = write(tmp_path, 2)
    rewrite(path, lambda messages: setattr(messages[b""], field, value))
    with pytest.raises(CheckpointError, match=what):
        load_checkpoint(path)


def test_a_checkpoint_for_newer_readers_is_refused(tmp_path):
    path, _, _ = write(tmp_path, 2)
    rewrite(path, lambda messages: setattr(messages[b""].version, "min_consumer", 9))
    with pytest.raises(CheckpointError, match="asks for readers of version 9"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("start", "length"), [(1, 1), (0, 2), (0, 3), (2, 1), (1, 3), (-1, 1), (0, -1), (2**62, 2**62)]
)
def test_slices_that_overlap_leave_gaps_or_lie_outside_are_refused(tmp_path, start, length):
    path, _, _ = write(tmp_path, 2)

    def change(messages):
        extent = messages[b"parts"].slices[0].extent[0]
        extent.start, extent.length = start, length

    rewrite(path, change)
    checkpoint = load_checkpoint(path)
    what = "do not cover its shape|A slice begins at"
    with pytest.raises(CheckpointError, match=what):
        checkpoint["parts"]
    with pytest.raises(CheckpointError, match=what):
        checkpoint.read_into("parts", torch.empty(3, 2, dtype=torch.int16))


def test_a_slice_of_a_slice_or_of_another_dtype_or_missing_is_refused(tmp_path):
    path, _, _ = write(tmp_path, 2)

    def nested(messages):
        for key, message in messages.items():
            if key.startswith(b"\0"):
                message.slices.add()

    def other(messages):
        for key, message in messages.items():
            if key.startswith(b"\0"):
                message.dtype = 3

    def missing(messages):
        del messages[next(key for key in messages if key.startswith(b"\0"))]

    for change in (nested, other, missing):
        write(tmp_path, 2)
        rewrite(path, change)
        with pytest.raises(CheckpointError, match="slice of parts"):
            load_checkpoint(path)["parts"]


def test_a_snappy_block_that_claims_to_be_huge_is_refused_at_once(tmp_path):
    path, _, _ = write(tmp_path, 2)
    index = Path(f"{path}.index")
    packed = bytes(cramjam.snappy.compress_raw(bytes(1000)))
    for claim in (2**32 - 1, 2**40, 10**6):
        block = files.varint(claim) + packed[2:]
        data = bytearray(files.stored(block, 1))
        handle = [(b"z", files.varint(0) + files.varint(len(block)))]
        place = len(data), len(files.block_of(handle, 1))
        data += files.stored(files.block_of(handle, 1))
        footer = b"".join(files.varint(number) for number in (0, 0, *place))
        index.write_bytes(bytes(data) + footer.ljust(40, b"\0") + files.MAGIC)
        with pytest.raises(CheckpointError, match=r"cannot hold the|cannot be decompressed"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    "index",
    [
        lambda handles: [(b"a", handles[0][1]), (b"b", handles[0][1])],
        lambda handles: [(key, handles[1 - at][1]) for at, (key, _) in enumerate(handles)],
        lambda handles: [(b"a", files.varint(2**63) + files.varint(2**63))],
        lambda handles: [(b"a", files.varint(0) + files.varint(2**40))],
        lambda handles: [(b"a", files.varint(0))],
        lambda handles: [(b"b", handles[0][1]), (b"a", handles[1][1])],
        lambda handles: [(b"a", handles[0][1] + b"x")],
    ],
)
def test_blocks_that_overlap_repeat_or_lie_elsewhere_are_refused(tmp_path, index):
    path, _, _ = write(tmp_path, 2)
    entries = files.entries_of(Path(f"{path}.index").read_bytes())
    Path(f"{path}.index").write_bytes(files.table_of(entries, 4, index=index))
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


@pytest.mark.parametrize("version", [1, 2])
def test_tables_with_good_checksums_and_any_content_do_no_harm(tmp_path, version):
    path, (file, *_), _ = write(tmp_path, version)
    entries = sorted(files.entries_of(file.read_bytes()).items())
    content = files.block_of(entries, 4)
    chance = random.Random(0)
    for _ in range(500):
        block = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(block))
            if chance.random() < 0.5:
                block[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
            elif chance.random() < 0.5:
                del block[at : at + chance.choice((1, 4, 30))]
            else:
                block[at:at] = chance.randbytes(chance.choice((1, 10)))
            block = block or bytearray(1)
        data = files.stored(bytes(block))
        index = files.block_of([(b"\xff", files.varint(0) + files.varint(len(block)))], 1)
        footer = b"".join(files.varint(number) for number in (0, 0, len(data), len(index)))
        file.write_bytes(data + files.stored(index) + footer.ljust(40, b"\0") + files.MAGIC)
        with suppress(CheckpointError):
            everything(path)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_any_bytes_as_a_message_of_v1_do_no_harm(tmp_path, value):
    file = tmp_path / "m"
    if not file.exists():
        write(tmp_path, 1)
    entries = files.entries_of(file.read_bytes())
    key = next(key for key in entries if b"a" in key)
    saved = SavedTensorSlices.FromString(entries[key])
    entries[key] = b"\x12" + files.varint(len(value)) + value
    if len(value) % 2:
        inner = saved.data.SerializeToString() + b"\x1a" + files.varint(len(value)) + value
        entries[key] = b"\x12" + files.varint(len(inner)) + inner
    (tmp_path / "other").write_bytes(files.table_of(entries))
    with suppress(CheckpointError):
        everything(str(tmp_path / "other"))


def test_a_file_that_shrinks_while_it_is_open_is_an_error(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": np.arange(9999.0)})
    checkpoint = load_checkpoint(path)
    checkpoint.verify("a")
    os.truncate(f"{path}.data-00000-of-00001", 100)
    with pytest.raises(CheckpointError, match="the file became shorter while it was read"):
        checkpoint.read_into("a", torch.empty(9999, dtype=torch.float64))


def test_reading_into_a_tensor_takes_little_memory_beside_it(tmp_path):
    arrays = {f"v{n}": np.full((20, 500, 600), n, np.float32) for n in range(3)}
    for version in (1, 2):
        files.save(str(tmp_path / f"v{version}"), arrays, version)
    code = """
        import resource, sys, torch
        from torchscope.checkpoint import load_checkpoint
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        outs = [torch.ones(20, 500, 600), torch.ones(500, 600, 20).permute(2, 0, 1)]
        outs[1].copy_(outs[0])
        before = peak()
        for path in sys.argv[1:]:
            checkpoint = load_checkpoint(path)
            for name in checkpoint:
                checkpoint.verify(name)
                for out in outs:
                    checkpoint.read_into(name, out)
                    assert out[19, 499, 599] == int(name[1:])
        print(peak() - before)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "v1"), str(tmp_path / "v2")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(result.stdout) < 12
