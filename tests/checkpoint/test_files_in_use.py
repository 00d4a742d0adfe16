"""Files that change while they are open, what closes them, and entries that say things twice."""

import gc
import os
import pickle
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow_checkpoints as files
import torch
from safetensors.torch import save_file

from checkpoint import costly, tables
from torchscope.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from torchscope.checkpoint.formats.protos import BundleEntry

LARGE = 1 << 18


def written(folder, kind, value=1.0):
    """A checkpoint of one large variable, and the file that has its values."""
    array = np.full(LARGE, value, np.float32)
    path = folder / {"v2": "m", "v1": "old", "pb": "m.pb"}.get(kind, f"m.{kind}")
    if kind == "v2":
        save_checkpoint({"a": torch.from_numpy(array)}, path)
        return path, folder / "m.data-00000-of-00001"
    if kind == "v1":
        files.save(str(path), {"a": array}, version=1)
    elif kind == "pb":
        shape = b"\x12" + tables.varint(4) + b"\x08" + tables.varint(LARGE)
        shape = b"\x12" + tables.varint(len(shape)) + shape
        numbers = b"\x22" + tables.varint(array.nbytes) + array.tobytes()
        path.write_bytes(costly.node(b"a", b"\x08\1" + shape + numbers))
    elif kind == "npz":
        np.savez(path, a=array)
    elif kind == "npy":
        np.save(path, np.array({"a": array}, object))
    elif kind == "pkl":
        path.write_bytes(pickle.dumps({"a": array}))
    elif kind == "pt":
        torch.save({"a": torch.from_numpy(array)}, path)
    else:
        save_file({"a": torch.from_numpy(array)}, path)
    return path, path


KINDS = ["v2", "v1", "pb", "npz", "npy", "pkl", "safetensors", "pt"]
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@pytest.mark.parametrize("checksums", [True, False])
def test_a_file_that_is_written_to_while_it_is_open_is_noticed(tmp_path, kind, checksums):
    path, data = written(tmp_path, kind)
    with load_checkpoint(path, checksums=checksums) as checkpoint:
        assert checkpoint["a"][0] == 1.0
        time.sleep(0.02)
        with data.open("r+b") as file:
            file.seek(data.stat().st_size // 2)
            file.write(b"\7")
        with pytest.raises(CheckpointError, match="was written to while it was in use"):
            _ = checkpoint["a"]
        out = torch.zeros(LARGE)
        with pytest.raises(CheckpointError, match="was written to while it was in use"):
            checkpoint.read_into("a", out)


@pytest.mark.parametrize("checksums", [True, False])
def test_data_that_was_replaced_before_it_was_first_read_is_noticed(tmp_path, checksums):
    path, _ = written(tmp_path, "v2")
    checkpoint = load_checkpoint(path, checksums=checksums)
    written(tmp_path, "v2", 2.0)
    with pytest.raises(CheckpointError, match=r"was written to.*data-00000-of-00001"):
        _ = checkpoint["a"]
    assert load_checkpoint(path, checksums=checksums)["a"][0] == 2.0


@each_kind
def test_a_file_that_is_replaced_while_it_is_open_is_read_as_it_was(tmp_path, kind):
    path, data = written(tmp_path, kind)
    with load_checkpoint(path) as checkpoint:
        assert checkpoint["a"][0] == 1.0
        data.replace(tmp_path / "moved")
        data.write_bytes(b"something else")
        assert checkpoint["a"][0] == 1.0


@pytest.mark.parametrize("kind", ["npz", "npy", "pkl"])
def test_what_is_read_of_dicts_of_arrays_is_not_mapped(tmp_path, kind):
    path, data = written(tmp_path, kind)
    code = f"""
        import os, torch
        from torchscope.checkpoint import CheckpointError, load_checkpoint
        checkpoint = load_checkpoint({str(path)!r})
        value = checkpoint["a"]
        assert {str(data)!r} not in open("/proc/self/maps").read()
        os.truncate({str(data)!r}, 10)
        assert value.sum() == {LARGE}
        value.add_(1)
        try:
            checkpoint["a"]
        except CheckpointError as error:
            print("noticed")
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "noticed\n"


def in_use(path):
    """How often a file is open or mapped in this process."""
    opened = [os.path.realpath(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")]
    mapped = Path("/proc/self/maps").read_text().splitlines()
    return sum(str(path) in line for line in (*opened, *mapped))


@each_kind
def test_close_lets_go_of_the_files(tmp_path, kind):
    path, data = written(tmp_path, kind)
    checkpoint = load_checkpoint(path)
    value = checkpoint["a"]
    assert in_use(data) > 0
    checkpoint.close()
    total = value.sum()
    del value
    gc.collect()
    assert in_use(data) == 0
    assert total == LARGE
    with pytest.raises(CheckpointError, match="is closed"):
        _ = checkpoint["a"]
    # What was known stays known.
    assert list(checkpoint) == ["a"]
    assert checkpoint.shapes["a"] == (LARGE,)


@pytest.mark.parametrize("kind", ["v2", "v1"])
def test_a_checkpoint_that_is_closed_at_once_still_has_its_names(tmp_path, kind):
    checkpoint = load_checkpoint(written(tmp_path, kind)[0])
    checkpoint.close()
    assert list(checkpoint) == ["a"]


# Entries of a V2 index.

INDEX, DATA = "m.index", "m.data-00000-of-00001"


def index_of(folder, listed, data=bytes(64)):
    """A V2 checkpoint of these entries."""
    (folder / INDEX).write_bytes(tables.table([[(b"", costly.costly_tables.HEADER), *listed]]))
    (folder / DATA).write_bytes(data)
    return load_checkpoint(folder / "m")


def test_an_entry_that_repeats_a_field_tells_nothing_of_the_next(tmp_path):
    shape = b"\x12\x04\x12\x02\x08\x02"
    plain = b"\x08\x01" + shape + b"\x28\x08"
    twice = {
        "a dtype": plain + b"\x08\x09",
        "a shape": plain + shape,
        "a dtype before its size": b"\x08\x01" + shape + b"\x08\x09\x28\x10",
        "a shape of no dimension": plain + b"\x12\x00",
    }
    sound = index_of(tmp_path, [(b"z", plain)])
    for entry in twice.values():
        both = index_of(tmp_path, [(b"a", entry), (b"z", plain)])
        other = index_of(tmp_path, [(b"a", plain), (b"z", entry)])
        alone = index_of(tmp_path, [(b"z", entry)])
        assert (both.dtypes["z"], both.shapes["z"]) == (sound.dtypes["z"], sound.shapes["z"])
        assert (other.dtypes["z"], other.shapes["z"]) == (alone.dtypes["z"], alone.shapes["z"])
        assert both.dtypes["a"] == alone.dtypes["z"]
        message = BundleEntry.FromString(entry)
        assert alone.shapes["z"] == tuple(d.size for d in message.shape.dim)


@pytest.mark.parametrize("shape", [[], [1], [3], [2, 2], [0], [2**40]])
def test_strings_whose_shape_lies_are_refused(tmp_path, shape):
    path = files.save(str(tmp_path / "m"), {"a": np.array([b"one", b"two"], object)})
    index = tmp_path / INDEX
    entries = files.entries_of(index.read_bytes())
    message = BundleEntry.FromString(entries[b"a"])
    del message.shape.dim[:]
    for size in shape:
        message.shape.dim.add(size=size)
    index.write_bytes(files.table_of({**entries, b"a": message.SerializeToString()}))
    checkpoint = load_checkpoint(path)
    for read in checkpoint.verify, checkpoint.__getitem__:
        with pytest.raises(CheckpointError, match=r"a is damaged|a is \d+ bytes long, too short"):
            read("a")


# The byte at which an error was noticed.


def npy_of(content):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + content


def test_an_error_in_a_pickle_names_the_byte_in_the_file(tmp_path):
    # 'i' is an opcode that no array needs.
    content = b"}" + b"N0" * 40_000 + b"i."
    whole = npy_of(content)
    place = whole.index(b"i.", len(whole) - 2)
    (tmp_path / "m.npy").write_bytes(whole)
    (tmp_path / "m.pkl").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        archive.writestr("b.npy", npy_of(b"}."))
        archive.writestr("a.npy", whole)
    stored = (tmp_path / "m.npz").read_bytes()
    for name, at in (
        ("m.npy", place),
        ("m.pkl", len(content) - 2),
        ("m.npz", stored.index(b"0i.") + 1),
    ):
        with pytest.raises(
            CheckpointError, match=rf"the opcode b'i'.*\(.*{name}, byte {at}\)"
        ) as error:
            load_checkpoint(tmp_path / name)
        assert error.value.offset == at
        assert (tmp_path / name).read_bytes()[at : at + 2] == b"i."
    # What is packed does not lie there as it is.
    with zipfile.ZipFile(tmp_path / "m.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", whole)
    with pytest.raises(CheckpointError, match="the opcode b'i'") as error:
        load_checkpoint(tmp_path / "m.npz")
    assert error.value.offset is None
