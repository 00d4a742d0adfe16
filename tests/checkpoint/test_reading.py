"""V2 checkpoints that TensorFlow writes are read exactly."""

import copy
import importlib
import pickle
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow_checkpoints as files
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tensorflow1 import import_slim, tf
from torchscope.checkpoint import (
    CheckpointError,
    list_variables,
    load_checkpoint,
    load_variable,
)
from torchscope.checkpoint.formats.checksums import masked_crc
from torchscope.checkpoint.formats.protos import BundleEntry, BundleHeader

RANDOM = np.random.RandomState(0)
PLAIN = ["float16", "float32", "float64", "int8", "int16", "int32", "int64"]
PLAIN += ["uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128"]
QUANTISED = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16"}
QUANTISED["qint32"] = "int32"
SHAPES = [(), (0,), (3, 0, 2), (1,), (7,), (3, 5), (2, 3, 1, 2, 1, 4)]


def array(dtype, shape):
    """Random bytes of a dtype: NaNs, infinities and all."""
    octets = RANDOM.bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    if dtype == "bool":
        return np.frombuffer(octets, np.uint8).reshape(shape) > 99
    return np.frombuffer(octets, dtype).reshape(shape)


@pytest.mark.parametrize("dtype", PLAIN)
def test_every_dtype_and_shape_is_read_as_tensorflow_reads_it(tmp_path, dtype):
    arrays = {f"v{len(shape)}/{i}": array(dtype, shape) for i, shape in enumerate(SHAPES)}
    path = files.save(str(tmp_path / "m"), arrays)
    with load_checkpoint(path) as checkpoint:
        assert checkpoint.format == "V2" and checkpoint.path == path
        files.assert_same(checkpoint, files.theirs(path))
        files.assert_same(checkpoint, arrays)


def test_bfloat16_and_quantised_values_are_read_bit_by_bit(tmp_path):
    tensors = {"bfloat16": lambda: tf.constant([1.5, -2, 0], tf.bfloat16)}
    for name, plain in QUANTISED.items():
        tensors[name] = lambda name=name, plain=plain: tf.bitcast(
            tf.constant([1, 0, 100], plain), name
        )
    path = files.save(str(tmp_path / "m"), tensors)
    checkpoint = load_checkpoint(path)
    files.assert_same(checkpoint, files.theirs(path))
    assert checkpoint.dtypes["bfloat16"] == torch.bfloat16
    assert checkpoint.dtypes["qint16"] == torch.int16


def test_what_no_tensor_can_hold_is_listed_under_its_tensorflow_name(tmp_path):
    path = files.save(
        str(tmp_path / "m"), {"a": lambda: tf.cast(tf.constant([1, 2]), tf.as_dtype("int4"))}
    )
    checkpoint = load_checkpoint(path)
    assert checkpoint.dtypes["a"] == "int4" and checkpoint.shapes["a"] == (2,)
    with pytest.raises(CheckpointError, match="a is of dtype int4, which no tensor can hold"):
        checkpoint["a"]


def test_strings_are_arrays_of_bytes(tmp_path):
    texts = {
        "scalar": np.array(b"one", object),
        "none": np.empty((0, 3), object),
        "many": np.array([[b"", b"a\0b"], [b"x" * 300, "\u00e9".encode()]], object),
    }
    path = files.save(str(tmp_path / "m"), texts)
    checkpoint = load_checkpoint(path)
    files.assert_same(checkpoint, files.theirs(path))
    assert checkpoint["many"][1, 1] == "\u00e9".encode()
    with pytest.raises(CheckpointError, match="many is of dtype string, which no tensor can hold"):
        checkpoint.read_into("many", torch.zeros(2, 2))


@pytest.mark.parametrize("version", [1, 2])
def test_a_variable_in_pieces_is_joined(tmp_path, version):
    whole = array("int32", (7, 5))
    grid = {"0,3:0,2": whole[:3, :2], "0,3:2,3": whole[:3, 2:], "3,4:0,2": whole[3:, :2]}
    grid["3,4:2,3"] = whole[3:, 2:]
    rows = {f"{at},1:-": whole[at : at + 1] for at in range(7)}
    columns = {"-:0,1": whole[:, :1], "-:1,4": whole[:, 1:]}
    specs, tensors = {}, {"plain": whole}
    for name, parts in {"grid": grid, "rows": rows, "columns": columns}.items():
        tensors[name] = list(parts.values())
        specs[name] = [f"7 5 {spec}" for spec in parts]
    path = files.save(str(tmp_path / "m"), tensors, version, specs)
    checkpoint = load_checkpoint(path)
    files.assert_same(checkpoint, dict.fromkeys(tensors, whole))
    files.assert_same(checkpoint, files.theirs(path))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("sharded", [False, True])
def test_a_savers_checkpoint_with_partitioned_variables_is_read(tmp_path, sharded, version):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("rows", [7, 3], partitioner=tf.fixed_size_partitioner(3))
        tf.get_variable("columns", [3, 7], partitioner=tf.fixed_size_partitioner(2, axis=1))
        tf.get_variable("whole", [4])
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(sharded=sharded, write_version=version)
        path = saver.save(session, str(tmp_path / "m"), global_step=3)
    checkpoint = load_checkpoint(path)
    assert checkpoint.format == f"V{version}"
    assert checkpoint.shapes["rows"] == (7, 3)
    files.assert_same(checkpoint, files.theirs(path))
    assert list_variables(path) == tf.train.list_variables(path)
    files.assert_same(load_checkpoint(tmp_path), files.theirs(path))


def test_strings_in_pieces_are_joined(tmp_path):
    texts = np.array([b"a", b"bb", b""], object)
    parts = {"t": [texts[:1], texts[1:]]}
    path = files.save(str(tmp_path / "m"), parts, specs={"t": ["3 0,1", "3 1,2"]})
    assert load_checkpoint(path)["t"].tolist() == texts.tolist()


def test_several_shards_of_data_are_one_checkpoint(tmp_path):
    arrays = {f"v{number}": array("float32", (number + 1, 3)) for number in range(5)}
    prefixes = [
        files.save(str(tmp_path / f"part{name}"), {name: value}) for name, value in arrays.items()
    ]
    path = files.merge(prefixes, str(tmp_path / "m"))
    assert Path(f"{path}.data-00004-of-00005").exists()
    files.assert_same(load_checkpoint(path), arrays)


def test_an_index_of_many_blocks_compressed_or_not_is_listed_whole(tmp_path):
    names = [f"{n:04d}/{'weights' * 150}" for n in range(400)]
    path = files.save(str(tmp_path / "m"), {name: np.array(int(name[:4])) for name in names})
    index = Path(f"{path}.index")
    assert index.stat().st_size > 300_000
    entries = files.entries_of(index.read_bytes())
    for per_block, compressed in ((None, False), (1, False), (70, True)):
        if per_block:
            index.write_bytes(files.table_of(entries, per_block, compressed))
        assert list_variables(path) == tf.train.list_variables(path)
        assert load_variable(path, names[77] + ":0").item() == 77
        assert load_variable(path, names[-1]).item() == len(names) - 1


def test_the_other_byte_order_is_read_as_tensorflow_reads_it(tmp_path):
    arrays = {dtype: array(dtype, (3, 2)) for dtype in PLAIN}
    arrays["texts"] = np.array([b"a", b"bc"], object)
    path = files.save(str(tmp_path / "m"), arrays)
    index, shard = Path(f"{path}.index"), Path(f"{path}.data-00000-of-00001")
    entries, data = files.entries_of(index.read_bytes()), bytearray(shard.read_bytes())
    header = BundleHeader.FromString(entries[b""])
    header.endianness = 1
    swapped = {b"": header.SerializeToString()}
    for key, value in entries.items():
        if not key:
            continue
        entry, start = BundleEntry.FromString(value), 0
        start, end = entry.offset, entry.offset + entry.size
        if key == b"texts":
            lengths = struct.pack(">2I", 1, 2)
            check = struct.pack(">I", masked_crc(lengths))
            data[start:end] = b"\1\2" + check + b"abc"
            entry.crc32c = masked_crc(lengths + check + b"abc")
        else:
            kind = np.dtype(key.decode())
            unit = kind.itemsize // 2 if kind.kind == "c" else kind.itemsize
            turned = np.frombuffer(bytes(data[start:end]), f"u{unit}").byteswap()
            data[start:end] = turned.tobytes()
            entry.crc32c = masked_crc(data[start:end])
        swapped[key] = entry.SerializeToString()
    index.write_bytes(files.table_of(swapped))
    shard.write_bytes(data)
    assert sys.byteorder == "little"
    files.assert_same(load_checkpoint(path), arrays)
    files.assert_same(load_checkpoint(path), files.theirs(path))


def test_large_tensors_are_mapped_and_writing_to_them_never_reaches_the_file(tmp_path):
    # The first byte moves the others off their alignment: then they are copied.
    arrays = {"a": np.uint8([1]), "b": array("float32", (100, 100)), "c": array("uint8", (99999,))}
    path = files.save(str(tmp_path / "m"), arrays)
    before = Path(f"{path}.data-00000-of-00001").read_bytes()
    checkpoint = load_checkpoint(path)
    b, c = checkpoint["b"], checkpoint["c"]
    assert b.data_ptr() % 4 == 0
    b.zero_()
    c.zero_()
    assert Path(f"{path}.data-00000-of-00001").read_bytes() == before
    assert checkpoint["b"].count_nonzero() > 0
    del checkpoint
    assert b.count_nonzero() == c.count_nonzero() == 0


def test_listing_and_opening_touch_the_index_alone(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": array("float32", (2,))})
    Path(f"{path}.data-00000-of-00001").unlink()
    checkpoint = load_checkpoint(path)
    assert list_variables(path) == [("a", [2])]
    assert checkpoint.nbytes("a") == 8
    with pytest.raises(CheckpointError, match=r"No such file.*data-00000-of-00001"):
        checkpoint["a"]
    Path(f"{path}.data-00000-of-00001").mkdir()
    with pytest.raises(CheckpointError, match="this is a directory"):
        checkpoint["a"]


def test_reading_into_a_tensor_wants_its_shape_and_dtype(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": array("float32", (2, 3))})
    checkpoint = load_checkpoint(path)
    for out in (torch.zeros(3, 2), torch.zeros(2, 3, dtype=torch.float64)):
        with pytest.raises(ValueError, match=r"a is \[2, 3\] of torch.float32 in"):
            checkpoint.read_into("a", out)
        assert not out.any()


def test_reading_into_a_parameter_is_a_change_that_autograd_sees(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": np.float32([2, 3])})
    parameter = torch.nn.Parameter(torch.ones(2))
    loss = (parameter * parameter).sum()
    load_checkpoint(path).read_into("a", parameter)
    assert parameter.tolist() == [2, 3]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_kernel_that_is_laid_out_otherwise_is_read_in_parts(tmp_path):
    kernel = array("float32", (70, 3, 90, 40))
    path = files.save(str(tmp_path / "m"), {"k": kernel})
    out = torch.empty(40, 70, 3, 90).permute(1, 2, 3, 0)
    load_checkpoint(path).read_into("k", out)
    assert files.bits(out) == files.bits(kernel)
    assert out.stride() == (270, 90, 1, 18900)


def test_checksums_can_be_left_alone(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": np.float32([1, 2])})
    shard = Path(f"{path}.data-00000-of-00001")
    shard.write_bytes(np.float32([1, 3]).tobytes())
    checkpoint = load_checkpoint(path, checksums=False)
    assert checkpoint["a"].tolist() == [1, 3]
    with pytest.raises(CheckpointError, match="a is damaged: the checksum of its 8 bytes"):
        checkpoint.verify("a")
    with pytest.raises(CheckpointError, match="a is damaged"):
        load_checkpoint(path).read_into("a", torch.empty(2))


def test_an_unknown_name_is_a_key_error_with_the_nearest_names(tmp_path):
    path = files.save(str(tmp_path / "m"), {"model/conv1/weights": np.float32([1])})
    checkpoint = load_checkpoint(path)
    with pytest.raises(KeyError, match="Did you mean model/conv1/weights"):
        checkpoint["model/conv1/weigths"]
    assert "model/conv1/weights" in checkpoint and not checkpoint.has_tensor("x")
    assert checkpoint.get("x") is None
    with pytest.raises(KeyError, match="x is not among the 1 variables of"):
        checkpoint.nbytes("x")


def test_a_checkpoint_has_the_methods_of_tensorflows_reader(tmp_path):
    path = files.save(str(tmp_path / "m"), {"b": np.int32([[1]]), "a": np.float32(2)})
    ours, reader = load_checkpoint(path), tf.train.NewCheckpointReader(path)
    assert ours.get_variable_to_shape_map() == reader.get_variable_to_shape_map()
    assert ours.get_variable_to_dtype_map() == {"a": torch.float32, "b": torch.int32}
    assert ours.get_tensor("b").tolist() == reader.get_tensor("b").tolist()
    assert ours.has_tensor("a") and reader.has_tensor("a")
    assert repr(ours) == f"<V2 checkpoint {path!r} of 2 variables>"


def test_copies_and_pickles_open_the_file_again(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": np.float32([1, 2])})
    checkpoint = load_checkpoint(path)
    for again in (pickle.loads(pickle.dumps(checkpoint)), copy.deepcopy(checkpoint)):
        assert again["a"].tolist() == [1, 2] and again.path == path


def test_a_closed_checkpoint_says_so_and_its_tensors_stay_good(tmp_path):
    path = files.save(str(tmp_path / "m"), {"a": array("int32", (9999,))})
    with load_checkpoint(path) as checkpoint:
        value = checkpoint["a"]
        want = value.clone()
    assert torch.equal(value, want)
    with pytest.raises(CheckpointError, match="The checkpoint is closed"):
        checkpoint["a"]


def test_an_object_based_checkpoint_has_its_keys_as_they_are(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        root = tf.train.Checkpoint(step=tf.Variable(7), w=tf.Variable([1.0, 2.0]))
        session.run(tf.global_variables_initializer())
        path = root.save(str(tmp_path / "m"), session=session)
    checkpoint = load_checkpoint(path)
    assert checkpoint["w/.ATTRIBUTES/VARIABLE_VALUE"].tolist() == [1, 2]
    files.assert_same(checkpoint, files.theirs(path))


@pytest.mark.parametrize("net", ["inception_v1", "resnet_v1_50"])
def test_the_names_and_values_of_slims_networks_are_read(tmp_path, net):
    import_slim()
    nets = importlib.import_module(f"tf_slim.nets.{net.removesuffix('_50')}")
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images = tf.zeros([1, 224, 224, 3])
        getattr(nets, net)(images, 10, is_training=True)
        # A value tells where it belongs, and its initializer need not run.
        names = [variable.op.name for variable in tf.global_variables()]
        shapes = [variable.shape.as_list() for variable in tf.global_variables()]
    arrays = {
        name: np.full([min(size, 5) for size in shape], number, np.float32)
        for number, (name, shape) in enumerate(zip(names, shapes, strict=True))
    }
    assert len(arrays) > 100
    path = files.save(str(tmp_path / "m"), arrays)
    checkpoint = load_checkpoint(path)
    assert list_variables(path) == tf.train.list_variables(path)
    files.assert_same(checkpoint, arrays)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda name: name[0] != "\0"),
        st.tuples(
            st.sampled_from(PLAIN), st.lists(st.integers(0, 4), max_size=4), st.integers(0, 255)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_tensorflow_writes_is_what_we_read(tmp_path, kinds):
    arrays = {}
    for name, (dtype, shape, seed) in kinds.items():
        octets = bytes([seed % 2 if dtype == "bool" else seed])
        octets *= int(np.prod(shape)) * np.dtype(dtype).itemsize
        arrays[name] = np.frombuffer(octets, dtype).reshape(shape)
    path = files.save(str(tmp_path / "m"), arrays)
    files.assert_same(load_checkpoint(path), arrays)
