"""Checkpoints of TensorFlow's formats that lie: beside test_damaged_files, and the fuzzer."""

import numpy as np
import pytest
import torch

from checkpoint import tables
from tests.tensorflow1 import tf
from torchscope.checkpoint import CheckpointError, load_checkpoint
from torchscope.checkpoint.formats import protos

VALUES = {
    "a/w": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.array(7, np.int64),
    "text": np.array([b"one", b"two"], object),
}
CUT = np.arange(8, dtype=np.float32).reshape(4, 2)


def written(folder, version):
    """The files of a small checkpoint, by their names, and its values."""
    values = {name: v for name, v in VALUES.items() if version == 2 or name != "text"}

    def piece(shape, partition_info, **_):
        start = partition_info.var_offset[0]
        return tf.constant(CUT[start : start + shape[0]])

    with tf.Graph().as_default(), tf.Session() as session:
        for name, value in values.items():
            tf.get_variable(name, initializer=tf.constant(value))
        with tf.variable_scope("", partitioner=tf.fixed_size_partitioner(2)):
            tf.get_variable("cut", CUT.shape, initializer=piece)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(write_version=version)
        saver.save(session, str(folder / "m"), write_meta_graph=False)
    (folder / "checkpoint").unlink()
    return {p.name: p.read_bytes() for p in folder.iterdir()}, values | {"cut": CUT}


@pytest.fixture(scope="module")
def v2(tmp_path_factory):
    return written(tmp_path_factory.mktemp("v2"), 2)


@pytest.fixture(scope="module")
def v1(tmp_path_factory):
    return written(tmp_path_factory.mktemp("v1"), 1)


INDEX, DATA = "m.index", "m.data-00000-of-00001"


def put(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "m"


def read(path):
    """All values, or those that can be read, and the errors of the others."""
    found, errors = {}, {}
    with load_checkpoint(path) as checkpoint:
        for name in checkpoint:
            try:
                found[name] = np.asarray(checkpoint[name])
            except CheckpointError as error:  # noqa: PERF203 - each by itself
                errors[name] = error
    return found, errors


def refused(path):
    """The error that opening or reading gives."""
    try:
        _, errors = read(path)
    except CheckpointError as error:
        return error
    assert errors, "nothing was refused"
    return next(iter(errors.values()))


def assert_same(found, values):
    for name, value in found.items():
        np.testing.assert_array_equal(value, values[name])


def test_a_sound_checkpoint_is_read(v1, v2, tmp_path):
    for files, values in v1, v2:
        found, errors = read(put(tmp_path, files))
        assert set(found) == set(values)
        assert errors == {}
        assert_same(found, values)
        for name in files:
            (tmp_path / name).unlink()


def with_entry(index, name, **fields):
    """The index with fields of one entry changed, under checksums that fit."""
    listed = []
    for key, value in tables.entries(index):
        if key == name.encode():
            entry = protos.BundleEntry.FromString(value)
            for field, new in fields.items():
                if field == "shape":
                    del entry.shape.dim[:]
                    for size in new:
                        entry.shape.dim.add(size=size)
                else:
                    setattr(entry, field, new)
            listed.append((key, entry.SerializeToString()))
        else:
            listed.append((key, value))
    return tables.table([listed])


LIES = {
    "a size of too few bytes": {"size": 20},
    "a shape that fits, but for a zero": {"shape": [0, 2**62, 2**62]},
    "sizes whose product wraps around": {"shape": [2**32, 2**32]},
    "another shape of more bytes": {"shape": [2, 3, 2]},
    "another dtype of more bytes": {"dtype": 2},
    "an unknown dtype": {"dtype": 999},
    "another checksum": {"crc32c": 7},
    "the place of another tensor": {"offset": 8},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_an_entry_that_lies_is_refused(v2, tmp_path, lie):
    files, _ = v2
    path = put(tmp_path, files | {INDEX: with_entry(files[INDEX], "a/w", **lie)})
    error = refused(path)
    assert "a/w" in str(error)
    assert error.file.startswith(str(path))


def test_the_other_tensors_are_read_beside_one_that_lies(v2, tmp_path):
    files, values = v2
    path = put(tmp_path, files | {INDEX: with_entry(files[INDEX], "a/w", offset=10**6)})
    found, errors = read(path)
    assert set(errors) == {"a/w"}
    assert set(found) == set(values) - {"a/w"}
    assert_same(found, values)


def test_an_index_without_a_header_is_refused(v2, tmp_path):
    files, _ = v2
    _, *listed = tables.entries(files[INDEX])
    for listed_ in listed, []:
        path = put(tmp_path, files | {INDEX: tables.table([listed_])})
        assert "header" in str(refused(path))


def test_keys_out_of_order_or_twice_are_refused(v2, tmp_path):
    files, _ = v2
    header, *listed = tables.entries(files[INDEX])
    for wrong in [*listed[::-1]], [listed[0], *listed]:
        for blocks in [[header, *wrong]], [[header], *([entry] for entry in wrong)]:
            path = put(tmp_path, files | {INDEX: tables.table(blocks)})
            assert refused(path).file == str(tmp_path / INDEX)


def test_shards_that_are_missing_or_no_files_are_refused(v2, tmp_path):
    files, _ = v2
    path = put(tmp_path, {INDEX: files[INDEX]})
    assert "a/w" in load_checkpoint(path)
    assert refused(path).file == str(tmp_path / DATA)
    (tmp_path / DATA).mkdir()
    assert "directory" in str(refused(path))
    (tmp_path / DATA).rmdir()
    (tmp_path / DATA).symlink_to(tmp_path / DATA)
    assert refused(path).file == str(tmp_path / DATA)


def lied_slices(content, change):
    """A V1 file in which `change` was called with each of its messages."""
    listed = []
    for key, value in tables.entries(content):
        message = protos.SavedTensorSlices.FromString(value)
        change(message)
        listed.append((key, message.SerializeToString()))
    return tables.table([listed], snappy=True)


def of_meta(name, **fields):
    def change(message):
        for number, stored in enumerate(message.meta.tensor):
            meta = protos.SavedSliceMeta.FromString(stored)
            if meta.name != name:
                continue
            for field, value in fields.items():
                if field == "shape":
                    for dim, size in zip(meta.shape.dim, value, strict=True):
                        dim.size = size
                elif field == "start":
                    meta.slice[0].extent[0].start = value
                    meta.slice[0].extent[0].length = 1
                else:
                    setattr(meta, field, value)
            message.meta.tensor[number] = meta.SerializeToString()

    return change


def of_data(change):
    return lambda message: change(message.data.data) if message.data.name == "a/w" else None


V1_LIES = {
    "a shape of 10^18 elements": of_meta("a/w", shape=[10**9, 10**9]),
    "a shape below zero": of_meta("a/w", shape=[-2, -3]),
    "a larger shape": of_meta("a/w", shape=[3, 3]),
    "another dtype": of_meta("a/w", type=9),
    "an unknown dtype": of_meta("a/w", type=200),
    "a slice outside of it": of_meta("a/w", start=5),
    "a slice below zero": of_meta("a/w", start=-1),
    "too few values": of_data(lambda data: data.float_val.pop()),
    "too many values": of_data(lambda data: data.float_val.append(1)),
    "values of another dtype": of_data(
        lambda data: data.int_val.append(1) or data.ClearField("float_val")
    ),
    "no values": of_data(lambda data: data.Clear()),
}


@pytest.mark.parametrize("change", V1_LIES.values(), ids=V1_LIES)
def test_a_v1_file_that_lies_is_refused(v1, tmp_path, change):
    files, _ = v1
    assert lied_slices(files["m"], lambda _: None)
    put(tmp_path, {"m": lied_slices(files["m"], lambda _: None)})
    assert read(tmp_path / "m")[1] == {}
    put(tmp_path, {"m": lied_slices(files["m"], change)})
    assert refused(tmp_path / "m").file == str(tmp_path / "m")


def test_after_a_refusal_a_tensor_to_read_into_can_be_used_again(v2, tmp_path):
    files, values = v2
    changed = bytearray(files[DATA])
    changed[0] ^= 1
    path = put(tmp_path, files | {DATA: bytes(changed)})
    out = torch.zeros(2, 3)
    with load_checkpoint(path) as checkpoint, pytest.raises(CheckpointError, match="checksum"):
        checkpoint.read_into("a/w", out)
    put(tmp_path, files)
    with load_checkpoint(path) as checkpoint:
        checkpoint.read_into("a/w", out)
    assert torch.equal(out, torch.from_numpy(values["a/w"]))
