"""What a file costs is bounded by its own size, whatever it says; and what is sound is read."""

import pickle
import zlib

import numpy as np
import pytest
import tensorflow_checkpoints as files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkpoint import costly
from checkpoint.costs import MEMORY, SECONDS, Costs
from tests.tensorflow1 import tf
from torchscope.checkpoint import CheckpointError, load_checkpoint
from torchscope.checkpoint.formats import budgets
from torchscope.checkpoint.formats.budgets import Budget

SIZE = 900_000

# Tests share the machine with others. What is guarded against took minutes.
BUSY = 3


@pytest.fixture(scope="module")
def costs():
    with Costs() as process:
        yield process


@pytest.mark.parametrize("name", costly.COSTLY)
def test_a_file_of_less_than_a_megabyte_costs_little(costs, tmp_path, name):
    made = costly.COSTLY[name](SIZE)
    assert sum(map(len, made.values())) < 1 << 20
    for file, content in made.items():
        if file:
            (tmp_path / file).write_bytes(content)
    cost = costs.of(tmp_path / next(iter(made)).removesuffix(".index"))
    assert cost.outcome in {"read", "refused"}, cost.outcome
    assert cost.megabytes < MEMORY >> 20
    assert cost.seconds < SECONDS * BUSY


def test_what_is_refused_says_so_and_where(tmp_path):
    (tmp_path / "m.pkl").write_bytes(costly.shared_tuples(SIZE)["m.pkl"])
    with pytest.raises(
        CheckpointError, match="130 bytes, and what it says would take more"
    ) as error:
        load_checkpoint(tmp_path / "m.pkl")
    assert error.value.file == str(tmp_path / "m.pkl")


# What is sound.


def opened(path, names):
    """A checkpoint with these names, all of which can be listed and verified."""
    checkpoint = load_checkpoint(path)
    assert set(checkpoint) == set(names)
    for name in names:
        checkpoint.nbytes(name)
        checkpoint.verify(name)
    return checkpoint


@pytest.mark.parametrize("version", [1, 2])
def test_thousands_of_small_variables_of_zeros_with_long_names(tmp_path, version):
    # What snappy packs best.
    arrays = {
        f"model/encoder/layer_{i // 10:05d}/attention/self/output/dense/kernel_{i}": np.zeros(1)
        for i in range(2_000)
    }
    path = files.save(str(tmp_path / "m"), arrays, version)
    assert len(load_checkpoint(path)) == len(arrays)
    assert load_checkpoint(path)[max(arrays)].tolist() == [0.0]


def test_a_variable_in_thousands_of_pieces(tmp_path):
    whole = np.arange(4000, dtype=np.float32).reshape(2000, 2)
    pieces = [whole[i : i + 1] for i in range(2000)]
    specs = {"v": [f"2000 2 {i},1:-" for i in range(2000)]}
    for version in 1, 2:
        path = files.save(str(tmp_path / f"m{version}"), {"v": pieces}, version, specs)
        checkpoint = opened(path, ["v"])
        np.testing.assert_array_equal(checkpoint["v"].numpy(), whole)


def test_a_variable_without_elements_in_pieces(tmp_path):
    piece = np.zeros((0, 2), np.float32)
    for version in 1, 2:
        path = str(tmp_path / f"m{version}")
        files.save(path, {"v": [piece]}, version, {"v": ["0 2 -:-"]})
        assert opened(path, ["v"])["v"].shape == (0, 2)


def test_a_hundred_megabytes_of_zeros_packed_a_thousand_to_one(tmp_path):
    zeros = np.zeros((25, 1 << 20), np.float32)
    np.savez_compressed(tmp_path / "m.npz", a=zeros, b=zeros[:1])
    assert (tmp_path / "m.npz").stat().st_size < zeros.nbytes / 900
    checkpoint = opened(tmp_path / "m.npz", ["a", "b"])
    assert checkpoint["a"].count_nonzero() == 0
    assert checkpoint.nbytes("a") == zeros.nbytes


def test_a_dict_of_zeros_packed_in_an_npz(tmp_path):
    values = {f"layer{i}/w": np.zeros((64, 64), np.float32) for i in range(400)}
    np.savez_compressed(tmp_path / "m.npz", params=np.array(values, object))
    checkpoint = opened(tmp_path / "m.npz", [f"params/{name}" for name in values])
    assert checkpoint["params/layer7/w"].count_nonzero() == 0


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_dict_of_a_hundred_thousand_numbers(tmp_path, protocol):
    numbers = {f"{i}": i % 100 for i in range(100_000)}
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(numbers, protocol))
    assert len(load_checkpoint(tmp_path / "m.pkl")) == len(numbers)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_that_are_shared_as_tied_weights_are(tmp_path, protocol):
    array = np.ones(100_000, np.float32)
    tied = {f"layer{i}": {"kernel": array, "list": [array, array]} for i in range(24)}
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(tied, protocol))
    checkpoint = load_checkpoint(tmp_path / "m.pkl")
    assert len(checkpoint) == 72
    assert checkpoint["layer23/list/1"].sum() == 100_000


@pytest.mark.parametrize("version", [1, 2])
def test_as_many_strings_as_a_vocabulary_has(tmp_path, version):
    words = np.array([b"%d" % i for i in range(50_000)], object)
    path = files.save(str(tmp_path / "m"), {"words": words}, version)
    assert opened(path, ["words"])["words"].tolist() == words.tolist()


def test_a_frozen_graph_of_a_large_constant_of_one_value(tmp_path):
    graph = tf.GraphDef()
    node = graph.node.add(name="halves", op="Const")
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(0.5, tf.float32, [50_000_000]))
    (tmp_path / "m.pb").write_bytes(graph.SerializeToString())
    checkpoint = opened(tmp_path / "m.pb", ["halves"])
    assert checkpoint.nbytes("halves") == 200_000_000
    assert checkpoint["halves"][-1] == 0.5


def test_numbers_that_are_a_field_each_and_a_shape_in_two_pieces(tmp_path):
    # What protocol buffers read as the same, though TensorFlow writes otherwise.
    tensor = b"\x08\x03\x12\x04\x12\x02\x08\x02\x12\x04\x12\x02\x08\x03" + b"".join(
        b"\x38" + costly.varint(n) for n in (1, 200, -3, 4, 5, 6)
    )
    (tmp_path / "m.pb").write_bytes(costly.node(b"c", tensor))
    assert load_checkpoint(tmp_path / "m.pb")["c"].tolist() == [[1, 200, -3], [4, 5, 6]]


def test_of_two_contents_the_last_counts_as_in_tensorflow(tmp_path):
    tensor = b"\x08\x01\x12\x00\x22\x04\0\0\x80\x3f\x22\x04\0\0\0\x40"
    (tmp_path / "m.pb").write_bytes(costly.node(b"c", tensor))
    graph = tf.GraphDef.FromString(costly.node(b"c", tensor))
    graph.node[0].attr["dtype"].type = 1
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph, name="")
        theirs = session.run("c:0")
    assert load_checkpoint(tmp_path / "m.pb")["c"].item() == theirs == 2.0


names = st.text("abc/_0", min_size=1, max_size=40).filter(lambda n: n.strip("/") == n)
small = st.integers(0, 4).flatmap(lambda n: st.just(np.zeros(n, np.float32)))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(names, small, min_size=1, max_size=60))
def test_whatever_tensorflow_and_numpy_write_takes_a_part_of_its_budget(tmp_path_factory, values):
    folder = tmp_path_factory.getbasetemp()
    paths = [files.save(str(folder / f"part{v}"), values, v) for v in (1, 2)]
    np.savez_compressed(folder / "m.npz", **values)
    (folder / "m.pkl").write_bytes(pickle.dumps(values))
    for path in *paths, folder / "m.npz", folder / "m.pkl":
        found = load_checkpoint(path)
        for name, value in values.items():
            assert tuple(found.shapes[name]) == value.shape


def test_a_budget_is_spent_once():
    budget = Budget(0, "file")
    budget.spend(budgets.ALWAYS)
    with pytest.raises(
        CheckpointError, match="0 bytes, and what it says would take more than 32 MB"
    ):
        budget.spend(1)


def test_a_member_of_more_than_two_gigabytes_is_read(tmp_path):
    count = (1 << 31) + (1 << 20)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }" % count
    header = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    # A block that ends with a full flush can be followed by itself.
    zeros = bytes(1 << 20)
    pack = zlib.compressobj(1, wbits=-15)
    packed = [pack.compress(header) + pack.flush(zlib.Z_FULL_FLUSH)]
    packed += [pack.compress(zeros) + pack.flush(zlib.Z_FULL_FLUSH)] * (count >> 20)
    crc = zlib.crc32(header)
    for _ in range(count >> 20):
        crc = zlib.crc32(zeros, crc)
    data = b"".join(packed) + pack.flush()
    (tmp_path / "m.npz").write_bytes(costly.zip_of(b"a.npy", data, len(header) + count, crc))
    checkpoint = load_checkpoint(tmp_path / "m.npz")
    assert checkpoint.nbytes("a") == count
    value = checkpoint["a"]
    assert value.shape == (count,)
    assert not value[-(1 << 20) :].any()
