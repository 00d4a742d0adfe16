"""What one node alone does not show of arrays, images and quantized numbers."""

import itertools

import numpy as np
import pytest
import torch

from tests.graphs.kit import compare
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.tf1.errors import InvalidArgumentError

RANDOM = np.random.RandomState(0)
QUANTIZED = {"quint8": "uint8", "qint8": "int8", "quint16": "uint16", "qint16": "int16"}


def same(build, *arrays, near=1e-5):
    """Compares what a graph gives with TensorFlow's."""
    with tf.Graph().as_default() as graph, plain_session() as session:
        given = [tf.placeholder(each.dtype, each.shape) for each in arrays]
        made = tf.nest.flatten(build(*given))
        feeds = {each.name: array for each, array in zip(given, arrays, strict=True)}
        expected = session.run(made, feeds)
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
    found = net(feeds=feeds, fetches=[each.name for each in made])
    for mine, theirs, tensor in zip(found, expected, made, strict=True):
        compare(mine, theirs, near, tensor.name)


@pytest.mark.parametrize(
    ("mode", "kind", "axis"),
    [
        *itertools.product(["MIN_COMBINED", "SCALED"], QUANTIZED, [-1, 1]),
        ("MIN_FIRST", "quint8", -1),
        ("MIN_FIRST", "qint8", -1),
    ],
)
def test_numbers_are_quantized_and_back(mode, kind, axis):
    narrow = mode == "SCALED" and kind.startswith("qint")
    numbers = (2 * RANDOM.randn(5, 3)).astype(np.float32)
    ends = np.array([[-1.2, -0.3, 0.5], [2.5, 0.0, 0.5]], np.float32)
    ends = ends if axis == 1 else ends[:, 0]

    def build(x, least, most):
        made, low, high = tf.raw_ops.QuantizeV2(
            input=x,
            min_range=least,
            max_range=most,
            T=getattr(tf, kind),
            mode=mode,
            narrow_range=narrow,
            axis=axis,
        )
        back = tf.raw_ops.Dequantize(
            input=made, min_range=low, max_range=high, mode=mode, narrow_range=narrow, axis=axis
        )
        return tf.bitcast(made, QUANTIZED[kind]), low, high, back

    same(build, numbers, *ends)


@pytest.mark.parametrize("kind", QUANTIZED)
def test_weights_that_were_stored_quantized_are_dequantized(kind):
    """What TensorFlow's graph transforms made of a frozen graph to have a smaller file."""
    numbers = RANDOM.randint(0, 100, [3, 4])
    with tf.Graph().as_default() as graph, plain_session() as session:
        stored = tf.constant(numbers.astype(QUANTIZED[kind]))
        weights = tf.constant(
            session.run(tf.bitcast(stored, getattr(tf, kind))), getattr(tf, kind), name="weights"
        )
        made = tf.raw_ops.Dequantize(input=weights, min_range=-1.5, max_range=2.5, mode="MIN_FIRST")
        expected = session.run(made)
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
    compare(net(fetches=[made.name])[0], expected, 1e-5, made.name)


SWAPPED = (0, 3, 1, 2)


@pytest.mark.parametrize("op", ["SpaceToDepth", "DepthToSpace"])
def test_channels_may_come_first(op):
    images = RANDOM.randn(2, 4, 6, 8).astype(np.float32)
    with tf.Graph().as_default() as graph:
        given = tf.placeholder(tf.float32, [2, 8, 4, 6], name="given")
        getattr(tf.raw_ops, op)(input=given, block_size=2, data_format="NCHW", name="made")
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
    with tf.Graph().as_default(), plain_session() as session:
        expected = session.run(getattr(tf.raw_ops, op)(input=images, block_size=2))
    found = net(feeds={"given:0": images.transpose(SWAPPED)}, fetches="made:0")
    compare(found, expected.transpose(SWAPPED), 1e-6, op)


def test_sizes_of_64_bits_are_computed_with():
    def build(x):
        size = tf.shape(x, out_type=tf.int64)[1]
        one = tf.constant(1, tf.int64)
        compared = tf.raw_ops.Less(x=size, y=one + tf.cast(x[0, 0], tf.int64))
        return one + size, tf.floor_div(size, tf.size(x, out_type=tf.int64)), compared

    same(build, np.arange(12, dtype=np.float32).reshape(3, 4))


@pytest.mark.parametrize(
    "build",
    [
        lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], "REFLECT"),
        lambda x: tf.space_to_batch_nd(x, [1, 2], [[0, 0], [0, 0]]),
        lambda x: tf.reduce_mean(x, 2),
        lambda x: tf.reduce_prod(x, [1, -1]),
        lambda x: tf.tile(x, [1, 1, 2, 1]),
        lambda x: tf.slice(x, [0, 1, 0, 0], [-1, 2, -1, 1]),
        lambda x: tf.transpose(x, [0, 2, 1, 3]),
        lambda x: tf.nn.top_k(x, 2).values,
        lambda x: tf.dynamic_stitch([[1, 0], [2, 3]], [x, x * 2]),
        lambda x: tf.image.resize_bilinear(x, tf.shape(x)[1:3] * 2),
        lambda x: x[:, -1, ::2],
    ],
)
def test_no_value_is_read_for_a_shape_so_that_the_gradients_compile(build):
    x = RANDOM.rand(2, 5, 6, 3).astype(np.float32)
    with tf.Graph().as_default() as graph:
        given = tf.placeholder(tf.float32, [None] * 4)
        made = build(given)
        names = [made.name, tf.gradients(made, given)[0].name]
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString(), return_elements=names)
    expected = net(torch.from_numpy(x))
    found = torch.compile(net, fullgraph=True, backend="aot_eager")(torch.from_numpy(x))
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_parts_of_images_are_drawn():
    boxes = np.array([[[0.1, 0.2, 0.6, 0.9]]], np.float32)
    kinds = {
        "SampleDistortedBoundingBox": {},
        "SampleDistortedBoundingBoxV2": {"min_object_covered": 0.5},
        "StatelessSampleDistortedBoundingBox": {"min_object_covered": 0.5, "seed": [3, -4]},
    }
    with tf.Graph().as_default() as graph:
        for name, given in kinds.items():
            getattr(tf.raw_ops, name)(
                image_size=[20, 30, 3], bounding_boxes=boxes, name=name, **given
            )
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
    for name in kinds:
        drawn = set()
        for _ in range(10):
            begin, size, box = net(fetches=[f"{name}:{place}" for place in range(3)])
            assert begin.dtype == size.dtype == torch.int32
            assert (begin >= 0).all()
            assert (begin + size)[:2].le(torch.tensor([20, 30])).all()
            assert (begin[2], size[2]) == (0, -1)
            assert box.shape == (1, 1, 4)
            drawn.add(tuple(box.flatten().tolist()))
        assert len(drawn) == 1 if name.startswith("Stateless") else len(drawn) > 5


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
def test_glimpses_beyond_the_border_are_noise(noise):
    images = RANDOM.rand(1, 40, 40, 1).astype(np.float32) + 3
    with tf.Graph().as_default() as graph:
        tf.raw_ops.ExtractGlimpse(
            input=images,
            size=[60, 60],
            offsets=[[0.0, 0.0]],
            uniform_noise=noise == "uniform",
            noise=noise,
            name="made",
        )
    net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
    found = net(fetches="made:0")
    np.testing.assert_array_equal(found[:, 10:50, 10:50].numpy(), images)
    border = found[:, :10]
    assert abs(border.mean() - images.mean()) < 0.1
    assert abs(border.std() - images.std()) < 0.05
    if noise == "uniform":
        assert border.min() >= images.min()
        assert border.max() <= images.max()


def old(kind, inputs, **attributes):
    """A graph of one node, as TensorFlow made it when it had such nodes."""
    definition = tf.GraphDef()
    definition.versions.producer = 1
    for name, value in inputs.items():
        node = definition.node.add(name=name, op="Const")
        node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    made = definition.node.add(name="made", op=kind, input=list(inputs))
    made.attr["T"].type = 1
    for name, value in attributes.items():
        made.attr[name].i = value
    return definition


IMAGE = RANDOM.rand(4, 6, 3).astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (
            "AdjustContrast",
            {"a": IMAGE, "b": np.float32(1.5), "c": np.float32(0.2), "d": np.float32(0.8)},
        ),
        ("QuantizeAndDequantize", {"a": IMAGE}),
    ],
)
def test_nodes_that_are_made_no_more_give_what_they_gave(kind, inputs):
    definition = old(kind, inputs)
    with tf.Graph().as_default() as graph, plain_session() as session:
        tf.import_graph_def(definition, name="")
        expected = session.run(graph.get_tensor_by_name("made:0"))
    net = graphs.import_graph_def(definition.SerializeToString())
    compare(net(fetches="made:0"), expected, 1e-5, kind)


def test_nodes_that_tensorflow_runs_no_more_give_what_those_after_them_give():
    image = torch.from_numpy(IMAGE)
    net = graphs.import_graph_def(old("TopK", {"a": IMAGE}, k=2).SerializeToString())
    values, places = net(fetches=["made:0", "made:1"])
    torch.testing.assert_close(values, image.topk(2).values)
    assert places.dtype == torch.int32
    inputs = {"a": np.tile(IMAGE, [1, 2, 3]), "b": np.array([1, 2, 3], np.int32)}
    net = graphs.import_graph_def(old("TileGrad", inputs).SerializeToString())
    torch.testing.assert_close(net(fetches="made:0"), 6 * image)
    inputs = {"a": IMAGE, "b": np.array([2, 3])}
    net = graphs.import_graph_def(old("RandomCrop", inputs).SerializeToString())
    found = net(fetches="made:0")
    parts = image.unfold(0, 2, 1).unfold(1, 3, 1).permute(0, 1, 3, 4, 2).flatten(0, 1)
    assert (parts == found).flatten(1).all(1).any()


def test_what_checks_a_tensor_refuses_what_tensorflow_refuses():
    with tf.Graph().as_default() as graph, plain_session() as session:
        x = tf.placeholder(tf.float32, None, name="x")
        tf.check_numerics(x, "so many", name="numbers")
        tf.ensure_shape(x, [None, 2], name="pairs")
        good, bad = np.ones((3, 2), np.float32), np.full((3, 3), np.nan, np.float32)
        net = graphs.import_graph_def(graph.as_graph_def().SerializeToString())
        for name in ("numbers:0", "pairs:0"):
            compare(net(good, fetches=name), session.run(name, {"x:0": good}), 0, name)
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"so many|not compatible"):
                session.run(name, {"x:0": bad})
    with pytest.raises(InvalidArgumentError, match="so many : Tensor had NaN values"):
        net(bad, fetches="numbers:0")
    with pytest.raises(graphs.GraphError, match="The node 'pairs' cannot be computed: Dimension 1"):
        net(bad, fetches="pairs:0")
