"""V1 checkpoints that TensorFlow writes are read exactly."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow_checkpoints as files
import torch

from tests.tensorflow1 import tf
from torchscope.checkpoint import CheckpointError, list_variables, load_checkpoint
from torchscope.checkpoint.formats.protos import SavedSliceMeta, SavedTensorSlices

RANDOM = np.random.RandomState(1)
# These TensorFlow writes and reads.
DTYPES = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
# These it writes, and then its reader says "Data type not supported".
WRITTEN_ONLY = ["float16", "uint16", "complex64", "complex128"]
SHAPES = [(), (0,), (3, 0, 2), (1,), (300,), (3, 5), (2, 3, 1, 2, 1, 4)]


def array(dtype, shape):
    if dtype == "bool":
        return np.asarray(RANDOM.rand(*shape) > 0.5)
    if np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        values = RANDOM.randint(limits.min, limits.max, size=shape, dtype=dtype)
        return np.asarray(values >> RANDOM.randint(0, limits.bits - 1, size=shape).astype(dtype))
    octets = RANDOM.bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    return np.frombuffer(octets, dtype).reshape(shape)


@pytest.mark.parametrize("dtype", DTYPES + WRITTEN_ONLY)
def test_every_dtype_and_shape_is_read_as_it_was_written(tmp_path, dtype):
    arrays = {f"v{len(shape)}/{i}": array(dtype, shape) for i, shape in enumerate(SHAPES)}
    # In each of its bytes.
    arrays["ends"] = array(dtype, (70,))
    path = files.save(str(tmp_path / "m"), arrays, version=1)
    checkpoint = load_checkpoint(path)
    assert checkpoint.format == "V1"
    files.assert_same(checkpoint, arrays)
    if dtype in DTYPES:
        files.assert_same(checkpoint, files.theirs(path))


def test_quantised_values_and_strings_are_read(tmp_path):
    tensors = {"texts": np.array([[b"", b"a\0b", b"x" * 300]], object)}
    for name, plain in {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}.items():
        tensors[name] = lambda name=name, plain=plain: tf.bitcast(
            tf.constant([1, 0, 100], plain), name
        )
    path = files.save(str(tmp_path / "m"), tensors, version=1)
    checkpoint = load_checkpoint(path)
    assert checkpoint["texts"].tolist() == tensors["texts"].tolist()
    assert checkpoint.nbytes("texts") == 303
    checkpoint.verify("texts")
    for name in ("qint8", "quint8", "qint32"):
        assert checkpoint[name].tolist() == [1, 0, 100]
    assert checkpoint.dtypes["quint8"] == torch.uint8 and checkpoint.dtypes["texts"] is bytes


def test_blocks_are_read_whether_they_are_compressed_or_not(tmp_path):
    arrays = {
        "a/random": array("float32", (300, 1000)),
        "b/zeros": np.zeros((300, 1000), np.float32),
        "c/ones": np.ones((1000, 300), np.int64),
        "d/small": array("float32", (3,)),
        "e/random": array("float64", (400, 1000)),
    }
    path = files.save(str(tmp_path / "m"), arrays, version=1)
    for compressed in (False, True):
        if compressed:
            entries = files.entries_of(Path(path).read_bytes())
            Path(path).write_bytes(files.table_of(entries, 2, compressed))
        checkpoint = load_checkpoint(path)
        files.assert_same(checkpoint, arrays)
        files.assert_same(checkpoint, files.theirs(path))
        before = Path(path).read_bytes()
        for name in arrays:
            checkpoint[name].zero_()
        assert Path(path).read_bytes() == before
        assert list_variables(path) == tf.train.list_variables(path)


def test_many_variables_in_many_blocks_are_read(tmp_path):
    arrays = {f"{n:04d}/{'weights' * 150}": array("float32", (n,)) for n in range(400)}
    path = files.save(str(tmp_path / "m"), arrays, version=1)
    files.assert_same(load_checkpoint(path), arrays)


def test_files_of_a_sharded_checkpoint_are_one(tmp_path):
    parts = [{"b": array("float32", (2,))}, {"a": array("int32", (3,)), "c": array("bool", ())}]
    for number, part in enumerate(parts):
        files.save(str(tmp_path / f"m-{number:05d}-of-00002"), part, version=1)
    arrays = {**parts[0], **parts[1]}
    for name in ("m", "m-?????-of-00002", "m-00001-of-00002"):
        checkpoint = load_checkpoint(tmp_path / name)
        assert checkpoint.path == str(tmp_path / "m-?????-of-00002")
        files.assert_same(checkpoint, arrays)
    assert list_variables(checkpoint.path) == tf.train.list_variables(checkpoint.path)


def test_slices_in_different_files_are_joined(tmp_path):
    whole = array("float32", (5, 3))
    for number, (part, spec) in enumerate([(whole[:2], "0,2:-"), (whole[2:], "2,3:-")]):
        name = str(tmp_path / f"m-{number:05d}-of-00002")
        files.save(name, {"v": part}, version=1, specs={"v": f"5 3 {spec}"})
    files.assert_same(load_checkpoint(tmp_path / "m"), {"v": whole})


def rewrite(path, change):
    """Changes the messages of a V1 file, and writes the table anew."""
    entries = files.entries_of(Path(path).read_bytes())
    messages = {key: SavedTensorSlices.FromString(value) for key, value in entries.items()}
    change(messages)
    entries = {key: message.SerializeToString() for key, message in messages.items()}
    Path(path).write_bytes(files.table_of(entries))


def test_values_as_plain_content_are_read_too(tmp_path):
    value = array("float32", (2, 3))
    path = files.save(str(tmp_path / "m"), {"v": value}, version=1)

    def change(messages):
        data = next(message.data for key, message in messages.items() if key).data
        del data.float_val[:]
        data.tensor_content = value.tobytes()
        data.dtype = 1

    rewrite(path, change)
    files.assert_same(load_checkpoint(path), {"v": value})


@pytest.mark.parametrize(
    ("values", "what"),
    [(5, r"has 5 values of float32 in a slice, and 6 of float32"), (7, "has 7 values")],
)
def test_too_few_or_too_many_values_are_refused(tmp_path, values, what):
    path = files.save(str(tmp_path / "m"), {"v": array("float32", (2, 3))}, version=1)

    def change(messages):
        data = next(message.data for key, message in messages.items() if key).data
        data.float_val[:] = [1] * values

    rewrite(path, change)
    with pytest.raises(CheckpointError, match=what):
        load_checkpoint(path)["v"]


def test_slices_that_overlap_or_leave_gaps_are_refused(tmp_path):
    parts = {"v": [np.float32([1, 2]), np.float32([3])]}
    path = files.save(str(tmp_path / "m"), parts, version=1, specs={"v": ["3 0,2", "3 2,1"]})
    for start, length in ((1, 2), (0, 1)):

        def change(messages, start=start, length=length):
            tensor = SavedSliceMeta.FromString(messages[b""].meta.tensor[0])
            extent = tensor.slice[0].extent[0]
            extent.start, extent.length = start, length
            messages[b""].meta.tensor[0] = tensor.SerializeToString()

        rewrite(path, change)
        with pytest.raises(CheckpointError, match="do not cover its shape"):
            load_checkpoint(path)["v"]


def test_a_v2_index_under_another_name_is_recognised(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": np.float32([1])})
    Path(f"{path}.index").rename(tmp_path / "renamed.ckpt")
    with pytest.raises(CheckpointError, match="index of a V2 checkpoint under another name"):
        load_checkpoint(tmp_path / "renamed.ckpt")
