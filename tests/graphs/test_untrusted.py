"""A GraphDef is untrusted: whatever it says, it is imported, or refused with an error of ours."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.graphs.written import write
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.checkpoint import CheckpointError
from torchscope.checkpoint.formats.protos import GraphDef
from torchscope.graphs.operations.table import TABLE
from torchscope.graphs.structure import STRUCTURE
from torchscope.tf1.errors import OpError

NAMES = [f"n{number}" for number in range(6)]
TYPES = [*sorted(STRUCTURE | TABLE.keys()), "Unheard"]


def attributes():
    """An attribute of any kind, under a name that operations go by."""
    names = sorted({name for each in TABLE.values() for name in each.attributes})
    fields = [
        ("i", st.integers(-(2**63), 2**63 - 1)),
        ("b", st.booleans()),
        ("s", st.binary(max_size=4) | st.just(b"SAME") | st.just(b"NHWC")),
        ("type", st.integers(0, 130)),
        ("f", st.floats(width=32)),
    ]
    values = st.sampled_from(fields).flatmap(lambda field: st.tuples(st.just(field[0]), field[1]))
    return st.lists(
        st.tuples(st.sampled_from(["dtype", "T", "frame_name", *names]), values), max_size=3
    )


INPUTS = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "", "", "^"]),
        st.sampled_from([*NAMES, *NAMES, "nowhere", ""]),
        st.sampled_from(["", "", ":1", ":x", ":9999999999"]),
    ),
    max_size=4,
)
NODES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(TYPES), INPUTS, attributes()),
    min_size=1,
    max_size=6,
    unique_by=lambda node: node[0],
)


def definition(nodes):
    made = GraphDef()
    for name, op, inputs, said in nodes:
        node = made.node.add(name=name, op=op, input=inputs)
        for key, (field, value) in said:
            entry = node.attr.add(key=key)
            setattr(entry.value, field, value)
        if op == "Const":
            entry = node.attr.add(key="value")
            entry.value.tensor.dtype = 1
            entry.value.tensor.float_val.append(2.0)
    return made.SerializeToString()


@given(nodes=NODES)
def test_a_graph_of_any_nodes_is_computed_or_refused(nodes):
    data = definition(nodes)
    feeds = {f"{name}:0": torch.ones(2) for name, op, *_ in nodes if op == "Placeholder"}
    try:
        net = graphs.import_graph_def(data)
        net(feeds=feeds, fetches=[name for name, *_ in nodes])
    except (CheckpointError, OpError):
        pass


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    def build():
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        y = tf.layers.dense(x, 3)
        y = tf.cond(tf.reduce_sum(y) > 0, lambda: y + 1, lambda: y * 2)
        return tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, z * 2), [tf.constant(0), y])[
            1
        ]

    return write(build, {"x:0": np.ones((2, 4), np.float32)}, tmp_path_factory.mktemp("files"))


@given(data=st.data())
def test_a_file_of_which_bytes_were_changed_is_computed_or_refused(written, tmp_path_factory, data):
    of_meta = data.draw(st.booleans())
    content = bytearray((written.meta if of_meta else written.frozen).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]
    path = tmp_path_factory.getbasetemp() / ("changed.meta" if of_meta else "changed.pb")
    path.write_bytes(content)
    try:
        net = graphs.import_meta_graph(path) if of_meta else graphs.import_graph_def(path)
        net(feeds={"x:0": torch.ones(2, 4)}, fetches=written.fetches)
    except (CheckpointError, OpError):
        pass


CIRCLE = [("a", "Relu", ["b"], []), ("b", "Relu", ["a"], [])]
REFUSED = {
    "a circle": (CIRCLE, "The graph goes in a circle, through the nodes"),
    "an input that is nobody's": (
        [("a", "Relu", ["b"], [])],
        "takes 'b', which the graph does not have",
    ),
    "two nodes of one name": (
        [("a", "NoOp", [], [])] * 2,
        "Two nodes of the graph have the name 'a'",
    ),
    "a call of nothing": (
        [("a", "PartitionedCall", [], [])],
        "The node 'a' says nothing of the function 'f' that it calls",
    ),
    "too many inputs": (
        [("x", "Placeholder", [], []), ("a", "Relu", ["x", "x"], [])],
        "The node 'a' is no Relu: it has 2 inputs",
    ),
    "an attribute that is missing": (
        [("x", "Placeholder", [], []), ("a", "Conv2D", ["x", "x"], [])],
        "The node 'a' is no Conv2D",
    ),
    "a switch without a merge": (
        [("x", "Placeholder", [], []), ("a", "Switch", ["x", "x"], [])],
        "gives a value on one of two sides",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_graph_that_makes_no_sense_says_where(case):
    nodes, message = REFUSED[case]
    with pytest.raises(graphs.GraphError, match=message):
        graphs.import_graph_def(definition(nodes))(
            feeds={"x:0": 1.0} if nodes[0][0] == "x" else {}, fetches="a:0"
        )


def images(*shape):
    return np.ones(shape, np.float32)


SLOPES = {
    "y_backprop": images(2, 4, 5, 3),
    "x": images(2, 4, 5, 3),
    "scale": images(3),
    "reserve_space_1": images(3),
    "reserve_space_2": images(3),
}
SAME_NUMBER = "{} must have the same number of elements as the channels of x, got {} and 3"
SAME_SHAPE = "x and y_backprop must have same shape"
ROUNDED = {"inputs": images(3), "min": np.float32(0), "max": np.float32(1)}
STEPPED = {"input": images(3), "input_min": np.float32(0), "input_max": np.float32(1)}
BITS = "num_bits must be between 2 and 16, inclusive"
WINDOW = {"strides": [1, 1, 1, 1], "padding": "SAME"}
OF_FILTER = {
    "input": images(2, 5, 6, 3),
    "filter_sizes": np.int32([3, 3, 3, 4]),
    "out_backprop": images(2, 5, 6, 4),
}
DEPTHWISE_FILTER = {**OF_FILTER, "filter_sizes": np.int32([3, 3, 3, 2])}
DEPTHWISE_INPUT = {"input_sizes": np.int32([2, 5, 6, 3]), "filter": images(3, 3, 3, 2)}
OF_MAXIMA = {"orig_input": images(2, 5, 6, 3), "orig_output": images(2, 5, 6, 3)}
BATCH = "input and out_backprop must have the same batch size"
COMPUTED = "Size of out_backprop doesn't match computed"
# A type of node, what it takes, its attributes; TensorFlow's words.
MISFITS = [
    *(
        ("FusedBatchNormGrad", {**SLOPES, name: images(n)}, {"is_training": training}, words)
        for training in (True, False)
        for name in ("scale", "reserve_space_1", "reserve_space_2")
        for n, words in [(n, SAME_NUMBER.format(name, n)) for n in (0, 1, 2, 4)]
    ),
    ("FusedBatchNormGrad", {**SLOPES, "y_backprop": images(2, 4, 5, 2)}, {}, SAME_SHAPE),
    ("FusedBatchNormGrad", {**SLOPES, "y_backprop": images(1, 4, 5, 3)}, {}, SAME_SHAPE),
    ("FusedBatchNormGrad", {**SLOPES, "x": images(3, 4, 5, 3)}, {}, SAME_SHAPE),
    *(
        ("Conv2DBackpropFilter", {**OF_FILTER, name: images(*shape)}, WINDOW, words)
        for name, shape, words in (
            ("input", (1, 5, 6, 3), BATCH),
            ("out_backprop", (1, 5, 6, 4), BATCH),
            ("out_backprop", (2, 4, 6, 4), COMPUTED),
            ("out_backprop", (2, 5, 7, 4), COMPUTED),
            ("out_backprop", (2, 5, 6, 8), "filter and out_backprop must have the same out_depth"),
        )
    ),
    *(
        (
            f"DepthwiseConv2dNativeBackprop{what}",
            {**given, "out_backprop": images(*shape)},
            WINDOW,
            w,
        )
        for what, given in (("Filter", DEPTHWISE_FILTER), ("Input", DEPTHWISE_INPUT))
        for shape, w in (
            ((1, 5, 6, 6), BATCH),
            ((2, 4, 6, 6), "Number of rows of out_backprop doesn't match computed"),
            ((2, 5, 6, 4), "depth_multiplier . in_depth not equal to out_depth"),
        )
    ),
    *(
        (
            op,
            {**OF_MAXIMA, "grad": images(*shape)},
            {"ksize": [1, 3, 3, 1], **WINDOW},
            "Expected grad",
        )
        for op in ("MaxPoolGrad", "MaxPoolGradGrad")
        for shape in ((1, 5, 6, 3), (2, 6, 6, 3), (2, 5, 6, 4))
    ),
    *(("FakeQuantWithMinMaxVars", ROUNDED, {"num_bits": n}, BITS) for n in (-1, 1, 17, 2**31 - 1)),
    *(
        ("QuantizeAndDequantizeV2", STEPPED, {"num_bits": n}, f"num_bits is out of range: {n} with")
        for n in (-1, 0, 62, 2**31 - 1)
    ),
]


@pytest.mark.parametrize(
    ("op", "given", "attributes", "words"),
    MISFITS,
    ids=[f"{n}-{m[0]}" for n, m in enumerate(MISFITS)],
)
def test_what_does_not_belong_together_is_refused_before_a_kernel_reads_it(
    op, given, attributes, words
):
    with tf.Graph().as_default() as graph, plain_session() as session:
        inputs = {
            name: tf.placeholder(value.dtype, None, name=name) for name, value in given.items()
        }
        made = getattr(tf.raw_ops, op)(**inputs, **attributes, name="made")
        feeds = {f"{name}:0": value for name, value in given.items()}
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            session.run(made, feeds)
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
    # Of what a convolution gives TensorFlow has words for each size.
    ours = f"{op[:4]}.*: {COMPUTED}" if "Conv2d" in op or "Conv2D" in op else words
    with pytest.raises(graphs.GraphError, match=f"^The node 'made' cannot be computed: {ours}"):
        net(feeds=feeds, fetches="made:0")


STATES = {
    "too few of h": ([(4, 3, 2), (1, 2, 2), (1, 3, 2)], "Invalid input_h shape"),
    "too many of h": ([(4, 3, 2), (1, 4, 2), (1, 4, 2)], "Invalid input_h shape"),
    "too few of c": ([(4, 3, 2), (1, 3, 2), (1, 1, 2)], "Invalid input_c shape"),
    "none of c": ([(4, 3, 2), (1, 3, 2), (1, 0, 2)], "Invalid input_c shape"),
    "too few of lengths": (
        [(4, 3, 2), (1, 3, 2), (1, 3, 2), (2,)],
        "Invalid sequence_lengths shape",
    ),
    "no lengths": ([(4, 3, 2), (1, 3, 2), (1, 3, 2), (0,)], "Invalid sequence_lengths shape"),
    "lengths of one axis more": (
        [(4, 3, 2), (1, 3, 2), (1, 3, 2), (3, 1)],
        "Invalid sequence_lengths shape",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_of_another_batch_is_refused_before_a_kernel_reads_it(case):
    """TensorFlow has no kernel of these for a CPU."""
    shapes, words = STATES[case]
    given = [torch.ones(shape) for shape in shapes[:3]]
    given += [torch.ones(48)] + [torch.full(shape, 4) for shape in shapes[3:]]
    names = [f"x{n}" for n in range(len(given))]
    op = "CudnnRNNV3" if len(given) > 4 else "CudnnRNN"
    nodes = [*((name, "Placeholder", [], []) for name in names), ("made", op, names, [])]
    net = graphs.import_graph_def(definition(nodes))
    feeds = {f"{name}:0": each for name, each in zip(names, given, strict=True)}
    with pytest.raises(graphs.GraphError, match=f"^The node 'made' cannot be computed: {words}"):
        net(feeds=feeds, fetches="made:0")


def test_a_dtype_that_pytorch_has_no_kernel_for_is_refused():
    nodes = [("x", "Placeholder", [], []), ("made", "LeakyReluGrad", ["x", "x"], [])]
    net = graphs.import_graph_def(definition(nodes))
    with pytest.raises(
        graphs.GraphError, match=r"'made' cannot be computed: .* not implemented for"
    ):
        net(feeds={"x:0": torch.ones(2, dtype=torch.complex64)}, fetches="made:0")


def test_a_function_that_calls_itself_is_refused():
    made = GraphDef()
    node = made.node.add(name="a", op="PartitionedCall")
    node.attr.add(key="f").value.func.name = "f"
    function = made.library.function.add()
    function.signature.name = "f"
    inner = function.node_def.add(name="b", op="PartitionedCall")
    inner.attr.add(key="f").value.func.name = "f"
    entry = function.control_ret.add()
    entry.key, entry.value = "b", "b"
    net = graphs.import_graph_def(made.SerializeToString())
    with pytest.raises(graphs.GraphError, match="are in each other more than 64 deep"):
        net(fetches="a:0")


def test_a_long_chain_is_walked_without_recursion():
    nodes = [
        ("n0", "Placeholder", [], []),
        *((f"n{i + 1}", "Neg", [f"n{i}"], []) for i in range(20_000)),
    ]
    net = graphs.import_graph_def(definition(nodes))
    assert net(torch.ones(1), fetches="n20000:0").item() == 1


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a graph at all", bytes(100)])
def test_what_is_no_graph_is_refused(data, tmp_path):
    path = tmp_path / "model.meta"
    path.write_bytes(data)
    for call in (
        lambda: graphs.import_graph_def(data),
        lambda: graphs.import_meta_graph(path),
        lambda: graphs.load_saved_model(tmp_path),
    ):
        with pytest.raises(CheckpointError, match=r"\w"):
            call()


def test_a_graph_as_text_is_refused_with_what_to_do(tmp_path):
    for name in ("model.meta", "model.pb", "saved_model.pb"):
        path = tmp_path / name
        path.write_text('node { name: "x" op: "Placeholder" }')
        call = {
            "model.meta": graphs.import_meta_graph,
            "model.pb": graphs.import_graph_def,
            "saved_model.pb": lambda path: graphs.load_saved_model(path.parent),
        }[name]
        with pytest.raises(graphs.GraphError, match="This is a graph as text, which is not read"):
            call(path)
