"""Types of nodes for which tf.raw_ops has no function: those that optimizing a graph makes, and old ones."""

import numpy as np
import pytest
import torch

from tests.graphs.kit import compare
from tests.graphs.registry import REGISTRY
from tests.tensorflow1 import plain_session, tf
from torchscope import graphs
from torchscope.graphs.operations.table import TABLE

RANDOM = np.random.RandomState(5)


def floats(*shape):
    return RANDOM.randn(*shape).astype(np.float32)


def of_one_node(op, inputs, attributes, producer=None):
    """A GraphDef of constants and a node that takes them."""
    with tf.Graph().as_default() as graph:
        for place, value in enumerate(inputs):
            tf.constant(value, name=f"input_{place}")
        definition = graph.as_graph_def()
        if producer is not None:
            definition.versions.producer = producer
    node = definition.node.add(name="node", op=op)
    node.input.extend(f"input_{place}" for place in range(len(inputs)))
    node.attr["T"].type = tf.float32.as_datatype_enum
    for name, value in attributes.items():
        said = node.attr[name]
        if isinstance(value, bool):
            said.b = value
        elif isinstance(value, int):
            said.i = value
        elif isinstance(value, float):
            said.f = value
        elif isinstance(value, str):
            said.s = value.encode()
        elif value and isinstance(value[0], str):
            said.list.s.extend(each.encode() for each in value)
        elif value and isinstance(value[0], tf.DType):
            said.list.type.extend(each.as_datatype_enum for each in value)
        else:
            said.list.i.extend(value)
    return definition


def check(op, inputs, attributes, producer=None, few=None):
    definition = of_one_node(op, inputs, attributes, producer)
    count = few or len(REGISTRY[op].output_arg)
    fetches = [f"node:{place}" for place in range(count)]
    with tf.Graph().as_default(), plain_session() as session:
        expected = session.run(tf.import_graph_def(definition, return_elements=fetches))
    net = graphs.import_graph_def(definition.SerializeToString())
    for found, wanted in zip(net(fetches=fetches), expected, strict=True):
        compare(found, wanted, 1e-5, op)


IMAGES, KERNEL, VOLUMES = floats(2, 6, 5, 3), floats(3, 2, 3, 4), floats(2, 4, 5, 3, 3)
BIAS = floats(4)
STATISTICS = [floats(4), floats(4), floats(4), np.square(floats(4)) + 0.5]
MOVES = {"strides": [1, 2, 1, 1], "padding": "SAME"}
FUSED = [
    (["BiasAdd"], [BIAS]),
    (["BiasAdd", "Relu"], [BIAS]),
    (["BiasAdd", "Relu6"], [BIAS]),
    (["BiasAdd", "Elu"], [BIAS]),
    (["BiasAdd", "LeakyRelu"], [BIAS]),
    (["FusedBatchNorm"], STATISTICS),
    (["FusedBatchNorm", "Relu"], STATISTICS),
    (["FusedBatchNorm", "LeakyRelu"], STATISTICS),
]


@pytest.mark.parametrize(("fused", "args"), FUSED, ids=["-".join(each) for each, _ in FUSED])
def test_a_fused_convolution_gives_what_it_gives_in_tensorflow(fused, args):
    said = {
        "fused_ops": fused,
        "num_args": len(args),
        "TArgs": [tf.float32] * len(args),
        "leakyrelu_alpha": 0.3,
        "epsilon": 0.01,
    }
    check("_FusedConv2D", [IMAGES, KERNEL, *args], {**MOVES, **said})
    explicit = {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0]}
    check("_FusedConv2D", [IMAGES, KERNEL, *args], {**MOVES, **said, **explicit})


@pytest.mark.parametrize(
    "fused",
    [
        ["BiasAdd"],
        ["BiasAdd", "Relu"],
        ["BiasAdd", "LeakyRelu"],
        ["BiasAdd", "Tanh"],
        ["BiasAdd", "Sigmoid"],
    ],
    ids="-".join,
)
def test_a_fused_product_gives_what_it_gives_in_tensorflow(fused):
    said = {"fused_ops": fused, "num_args": 1, "leakyrelu_alpha": 0.3}
    check("_FusedMatMul", [floats(5, 3), floats(3, 4), BIAS], said)
    check("_FusedMatMul", [floats(5, 3), floats(4, 3), BIAS], {**said, "transpose_b": True})


def test_other_fused_nodes_are_what_they_were_fused_from():
    # TensorFlow's own kernels of these are cuDNN's and oneDNN's.
    volumes, cube, images = map(torch.from_numpy, (VOLUMES, floats(2, 2, 2, 3, 4), IMAGES))
    bias = torch.from_numpy(BIAS)
    moves = {"strides": [1, 1, 2, 1, 1], "padding": "SAME"}
    found = TABLE["_FusedConv3D"].function(
        volumes, cube, bias, fused_ops=["BiasAdd", "Relu"], **moves
    )
    expected = (TABLE["Conv3D"].function(volumes, cube, **moves) + bias).relu()
    torch.testing.assert_close(found, expected)
    kernel, bias = torch.from_numpy(floats(3, 2, 3, 2)), torch.from_numpy(floats(6))
    found = TABLE["_FusedDepthwiseConv2dNative"].function(
        images, kernel, bias, fused_ops=["BiasAdd", "Relu"], **MOVES
    )
    expected = (TABLE["DepthwiseConv2dNative"].function(images, kernel, **MOVES) + bias).relu()
    torch.testing.assert_close(found, expected)
    scale, offset = torch.from_numpy(floats(3)), torch.from_numpy(floats(3))
    x, side = images.clone().requires_grad_(), torch.from_numpy(floats(*IMAGES.shape))
    none = torch.zeros(0)
    y, *_, mean, variance, more = TABLE["_FusedBatchNormEx"].function(
        x, scale, offset, none, none, side, activation_mode="Relu"
    )
    plain = TABLE["FusedBatchNormV3"].function(x, scale, offset, none, none)[0]
    torch.testing.assert_close(y, (plain + side).relu())
    gradient = torch.from_numpy(floats(*IMAGES.shape))
    found = TABLE["_FusedBatchNormGradEx"].function(
        gradient,
        x,
        scale,
        mean,
        variance,
        more,
        offset,
        y,
        num_side_inputs=1,
        activation_mode="Relu",
    )
    torch.testing.assert_close(found[0], torch.autograd.grad(y, x, gradient)[0])
    torch.testing.assert_close(found[5], gradient * (y > 0))


@pytest.mark.parametrize("scaled", [True, False])
def test_batch_normalization_of_old_graphs_gives_what_it_gives_in_tensorflow(scaled):
    scale, offset, mean, variance = STATISTICS
    images = floats(2, 3, 2, 4)
    said = {"variance_epsilon": 0.01, "scale_after_normalization": scaled}
    inputs = [images, mean, variance, offset, scale]
    check("BatchNormWithGlobalNormalization", inputs, said, producer=8)
    back = [images, mean, variance, scale, floats(2, 3, 2, 4)]
    check("BatchNormWithGlobalNormalizationGrad", back, said, producer=8)


@pytest.mark.parametrize("back", ["Input", "Filter"])
def test_old_gradients_of_volumes_are_those_of_now(back):
    cube, gradient = floats(2, 2, 2, 3, 4), floats(2, 4, 5, 3, 4)
    said = {"strides": [1] * 5, "padding": "SAME"}
    check(f"Conv3DBackprop{back}", [VOLUMES, cube, gradient], said, producer=9)


@pytest.mark.parametrize("is_training", [True, False])
def test_batch_normalization_can_be_differentiated_twice(is_training):
    x = torch.randn(3, 2, 2, 4, dtype=torch.float64, requires_grad=True)
    scale, offset = (torch.randn(4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    mean, variance = torch.randn(4).double(), torch.rand(4).double() + 0.5
    slope = torch.randn(3, 2, 2, 4, dtype=torch.float64, requires_grad=True)

    def gradients(slope, x, scale):
        own = (variance, mean) if not is_training else torch.var_mean(x, (0, 1, 2), correction=0)
        function = TABLE["FusedBatchNormGrad"].function
        return function(slope, x, scale, own[1], own[0], is_training=is_training)[:2]

    def formula(slope, x, scale):
        spread, center = (
            (variance, mean) if not is_training else torch.var_mean(x, (0, 1, 2), correction=0)
        )
        y = (x - center) * torch.rsqrt(spread + 0.0001) * scale + offset
        return torch.autograd.grad(y, [x, scale], slope, create_graph=True)

    found, expected = gradients(slope, x, scale), formula(slope, x, scale)
    torch.testing.assert_close(found, expected)
    weights = [torch.randn_like(each) for each in expected]
    twice, wanted = (
        torch.autograd.grad(each, [slope, x, scale], weights, allow_unused=True)
        for each in (found, expected)
    )
    torch.testing.assert_close(twice, wanted)


def test_the_second_loss_of_alignments_has_the_first_class_for_a_blank():
    logits, indices = torch.from_numpy(floats(6, 2, 4)), torch.tensor([[0, 0], [0, 1], [1, 0]])
    values, lengths = torch.tensor([0, 2, 1], dtype=torch.int32), torch.tensor([6, 5])
    loss, gradient = TABLE["CTCLoss"].function(logits, indices, values, lengths)
    second, of_second = TABLE["CTCLossV2"].function(logits.roll(1, 2), indices, values + 1, lengths)
    torch.testing.assert_close(second, loss)
    torch.testing.assert_close(of_second, gradient.roll(1, 2))


def optimized(build, fetch):
    """A graph as TensorFlow runs it: what follows on convolutions and products is made one node with them."""
    from tensorflow.python.grappler import tf_optimizer  # noqa: PLC0415

    with tf.Graph().as_default() as graph, tf.device("/CPU:0"):
        build()
        meta = tf.train.export_meta_graph()
        meta.collection_def["train_op"].node_list.value.append(fetch)
        config = tf.ConfigProto()
        rewrites = config.graph_options.rewrite_options
        rewrites.meta_optimizer_iterations = rewrites.TWO
        rewrites.min_graph_nodes = -1
        rewrites.optimizers.extend(["constfold", "remap"])
        made = tf_optimizer.OptimizeGraph(config, meta)
        return graph.as_graph_def(), made


def test_a_graph_that_tensorflow_has_optimized_gives_what_it_gave():
    def build():
        x = tf.placeholder(tf.float32, [2, 6, 5, 3], "x")
        x = tf.nn.conv2d(x, tf.constant(KERNEL, name="kernel"), [1, 2, 1, 1], "SAME")
        x = tf.nn.relu(tf.nn.bias_add(x, tf.constant(BIAS, name="bias")))
        x = tf.nn.conv2d(x, tf.constant(floats(1, 1, 4, 4), name="second"), [1, 1, 1, 1], "VALID")
        scale, offset, mean, variance = map(tf.constant, STATISTICS)
        x, _, _ = tf.nn.fused_batch_norm(x, scale, offset, mean, variance, is_training=False)
        x = tf.reshape(tf.nn.relu(x), [2, -1])
        x = tf.matmul(x, tf.constant(floats(60, 7), name="dense"))
        tf.nn.relu(tf.nn.bias_add(x, tf.constant(floats(7), name="last")), name="y")

    plain, fused = optimized(build, "y")
    assert {"_FusedConv2D", "_FusedMatMul"} <= {each.op for each in fused.node}
    expected, found = (
        graphs.import_graph_def(each.SerializeToString(), trainable=True) for each in (plain, fused)
    )
    given = {"x:0": torch.from_numpy(IMAGES)}
    torch.testing.assert_close(
        found(feeds=given, fetches="y:0"), expected(feeds=given, fetches="y:0")
    )
    assert {"kernel", "bias", "dense", "last"} <= dict(found.named_parameters()).keys()


def test_the_weights_of_fused_nodes_are_weights():
    said = {"fused_ops": ["FusedBatchNorm"], "num_args": 4, "TArgs": [tf.float32] * 4, **MOVES}
    definition = of_one_node("_FusedConv2D", [IMAGES, KERNEL, *STATISTICS], said)
    net = graphs.import_graph_def(definition.SerializeToString(), trainable=True)
    net(fetches="node:0")
    assert list(net.state_dict()) == [f"input_{place}" for place in range(1, 6)]
