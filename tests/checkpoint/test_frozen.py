"""The constants of frozen graphs, as TensorFlow writes and evaluates them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.tensorflow1 import tf
from torchscope.checkpoint.errors import CheckpointError
from torchscope.checkpoint.formats import dtypes, frozen


def constants(path):
    return frozen.constants(str(path))


DTYPES = [
    tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64,
    tf.uint8, tf.uint16, tf.uint32, tf.uint64, tf.bool, tf.complex64, tf.complex128,
]  # fmt: skip


def same(ours, theirs):
    """Whether a tensor of ours has the dtype, shape and bits of TensorFlow's array."""
    number = tf.as_dtype(theirs.dtype).as_datatype_enum
    assert ours.dtype == dtypes.TORCH[number]
    assert tuple(ours.shape) == theirs.shape
    bits = ours.contiguous().flatten().view(torch.uint8).numpy().tobytes() if ours.numel() else b""
    assert bits == theirs.tobytes()


def write(path, graph_def):
    path.write_bytes(graph_def.SerializeToString())
    return path


def constant_graph(path, *, name="c", **fields):
    """A graph of one constant, whose TensorProto has these fields."""
    graph = tf.GraphDef()
    node = graph.node.add(name=name, op="Const")
    proto = node.attr["value"].tensor
    node.attr["dtype"].type = fields["dtype"]
    for field, value in fields.items():
        if field == "shape":
            # The field is there also for a scalar.
            proto.tensor_shape.SetInParent()
            for size in value:
                proto.tensor_shape.dim.add(size=size)
        elif isinstance(value, list):
            getattr(proto, field).extend(value)
        else:
            setattr(proto, field, value)
    return write(path, graph), graph


def evaluated(graph, name="c"):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph, name="")
        return session.run(f"{name}:0")


def test_a_frozen_network_has_its_variables_under_their_own_names(tmp_path):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        with tf.variable_scope("net"):
            for layer in ("fc1", "fc2"), "fc3":
                with tf.variable_scope("/".join(layer) if isinstance(layer, tuple) else layer):
                    w = tf.get_variable("weights", [4, 4])
                    b = tf.get_variable("biases", [4], initializer=tf.ones_initializer())
                    x = tf.nn.relu(tf.matmul(x, w) + b)
        tf.identity(x, name="out")
        session.run(tf.global_variables_initializer())
        variables = {v.op.name: v for v in tf.global_variables()}
        values = session.run(variables)
        frozen = tf.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), ["out"]
        )
    found = constants(write(tmp_path / "net.pb", frozen))
    assert set(found) == {n.name for n in frozen.node if n.op == "Const"} >= set(values)
    for name, value in values.items():
        assert found[name].kind.shape == value.shape
        assert found[name].kind.dtype == torch.float32
        assert found[name].nbytes == value.nbytes
        same(found[name].load(), value)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.name)
@pytest.mark.parametrize("shape", [[], [0], [1], [2, 3], [1, 2, 1, 3, 1, 2]], ids=str)
def test_constants_of_every_dtype_and_shape(tmp_path, dtype, shape):
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype.as_numpy_dtype)
    with tf.Graph().as_default() as graph:
        tf.constant(values, dtype, name="c")
        tf.constant(3, tf.int32, [100], name="filled")
    found = constants(write(tmp_path / "c.pb", graph.as_graph_def()))
    same(found["c"].load(), values)
    same(found["filled"].load(), np.full(100, 3, np.int32))


LISTS = {
    "float_val": (tf.float32, st.floats(width=32)),
    "double_val": (tf.float64, st.floats()),
    "int64_val": (tf.int64, st.integers(-(2**63), 2**63 - 1)),
    "bool_val": (tf.bool, st.booleans()),
    "uint32_val": (tf.uint32, st.integers(0, 2**32 - 1)),
    "uint64_val": (tf.uint64, st.integers(0, 2**64 - 1)),
    "scomplex_val": (tf.complex64, st.floats(width=32)),
    "dcomplex_val": (tf.complex128, st.floats()),
    "string_val": (tf.string, st.binary(max_size=9)),
}
INTEGERS = tf.int8, tf.uint8, tf.int16, tf.uint16, tf.int32, tf.qint8, tf.quint8
cases = st.one_of(
    *(
        st.tuples(st.just(dtype), st.just(field), st.lists(value, max_size=8))
        for field, (dtype, value) in LISTS.items()
    ),
    st.tuples(
        st.sampled_from(INTEGERS),
        st.just("int_val"),
        st.lists(st.integers(-(2**31), 2**31 - 1), max_size=8),
    ),
    st.tuples(
        st.sampled_from([tf.float16, tf.bfloat16]),
        st.just("half_val"),
        st.lists(st.integers(0, 2**17), max_size=8),
    ),
)


@settings(max_examples=120)
@given(case=cases, shape=st.lists(st.integers(0, 3), max_size=3))
def test_values_in_lists_fill_a_shape_as_they_do_in_tensorflow(tmp_path_factory, case, shape):
    dtype, field, values = case
    if field.endswith("complex_val") and len(values) % 2:
        values = values[:-1]
    path = tmp_path_factory.getbasetemp() / "listed.pb"
    graph = constant_graph(path, dtype=dtype.as_datatype_enum, shape=shape, **{field: values})[1]
    theirs, ours = evaluated(graph), constants(path)["c"].load()
    if dtype == tf.string:
        assert np.array_equal(ours, theirs)
    elif theirs.dtype.fields:
        # Quantised integers are records of one number in numpy.
        same(ours, theirs.view(theirs.dtype[0]))
    else:
        same(ours, theirs)


@pytest.mark.parametrize("dtype", [24, 25])
def test_eight_bit_floats(tmp_path, dtype):
    path, graph = constant_graph(
        tmp_path / "c.pb", dtype=dtype, shape=[2], tensor_content=b"\x3c\x41"
    )
    same(constants(path)["c"].load(), evaluated(graph))
    path, graph = constant_graph(tmp_path / "c.pb", dtype=dtype, shape=[3], float8_val=b"\x3c\x41")
    same(constants(path)["c"].load(), evaluated(graph))


@settings(max_examples=40)
@given(values=hnp.arrays("S4", st.integers(0, 5)))
def test_strings_in_one_piece(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "strings.pb"
    strings = [bytes(v) for v in values]
    content = bytes(map(len, strings)) + b"".join(strings)
    _, graph = constant_graph(path, dtype=7, shape=[len(strings)], tensor_content=content)
    found = constants(path)["c"]
    assert found.kind.dtype is bytes
    assert found.load().tolist() == strings == evaluated(graph).tolist()


def test_what_torch_cannot_hold_is_listed_by_its_name(tmp_path):
    path, _ = constant_graph(tmp_path / "c.pb", dtype=29, shape=[2], int_val=[1, 2])
    found = constants(path)["c"]
    assert found.kind.dtype == "int4"
    with pytest.raises(CheckpointError, match="c is of dtype int4, which no tensor can hold"):
        found.load()


def test_a_large_constant_is_mapped_and_writing_to_it_does_not_reach_the_file(tmp_path):
    path, _ = constant_graph(tmp_path / "c.pb", dtype=4, shape=[2**20], tensor_content=bytes(2**20))
    constants(path)["c"].load().add_(1)
    assert constants(path)["c"].load().count_nonzero() == 0


def test_a_graph_with_variables_is_told_apart_from_a_frozen_one(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.get_variable("a/w", [2])
    path = write(tmp_path / "graph.pb", graph.as_graph_def())
    with pytest.raises(CheckpointError, match=r"not frozen: it has 1 variables, such as 'a/w'"):
        constants(path)


def test_a_graph_as_text_is_refused_with_what_to_do(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.constant(1.0)
        for name in "graph.pbtxt", "graph.pb":
            tf.io.write_graph(graph, str(tmp_path), name, as_text=True)
            with pytest.raises(CheckpointError, match="as_text=False"):
                constants(tmp_path / name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shape": [-1], "float_val": [1.0]}, "c cannot have the shape [-1]"),
        (
            {"shape": [2**62, 2], "float_val": [1.0]},
            "c cannot have the shape [4611686018427387904, 2]",
        ),
        ({"shape": [10**9, 10**9], "float_val": [1.0]}, "c cannot have the shape"),
        ({"shape": [10**9, 10**7], "float_val": [1.0]}, "would fill 40000000000000000 bytes"),
        ({"shape": [3], "tensor_content": b"1234"}, "has 4 bytes where 12 were expected"),
        ({"shape": [1] * 40, "dtype": 7}, "strings in 40 dimensions"),
    ],
    ids=str,
)
def test_a_constant_that_lies_is_refused(tmp_path, fields, message):
    path, _ = constant_graph(tmp_path / "c.pb", **{"dtype": 1} | fields)
    with pytest.raises(CheckpointError) as error:
        constants(path)["c"].load()
    assert message in str(error.value)
    assert error.value.file == str(path)


def test_broken_files_are_refused(tmp_path):
    for content in b"", b"\x0a\xff\xff\xff\xff\x0f", b"\x08\x01", b"nothing at all":
        (tmp_path / "c.pb").write_bytes(content)
        with pytest.raises(CheckpointError, match=r"c\.pb."):
            constants(tmp_path / "c.pb")
    for missing in tmp_path / "no.pb", tmp_path:
        with pytest.raises(CheckpointError, match=r"cannot be opened|is a directory"):
            constants(missing)


def test_two_constants_of_one_name_are_refused(tmp_path):
    path, graph = constant_graph(tmp_path / "c.pb", dtype=1, shape=[], float_val=[1.0])
    graph.node.add().CopyFrom(graph.node[0])
    with pytest.raises(CheckpointError, match="Two constants have the name 'c'"):
        constants(write(path, graph))
