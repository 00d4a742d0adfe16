"""Source that is written from a graph: it runs, gives the graph's numbers, takes its checkpoint, and is short."""

import importlib
import runpy
import subprocess
import sys

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import torchscope as ts
from tests.tensorflow1 import tf, tf_slim
from torchscope import graphs
from torchscope.checkpoint import restore
from torchscope.graphs import GraphError
from torchscope.port.graph_source.command import app
from torchscope.port.graph_source.file import source_of

# What TensorFlow says of its older layers.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated and will be removed:UserWarning")


class Graph:
    """A graph that TensorFlow has written: the .meta file, a checkpoint beside it, the frozen graph, and a run."""

    def __init__(self, folder, build, **feeds):
        self.folder = folder
        self.meta, self.frozen = folder / "model.ckpt.meta", folder / "frozen.pb"
        self.checkpoint = folder / "model.ckpt"
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.set_random_seed(0)
            outputs = build(tf)
            outputs = outputs if isinstance(outputs, list) else [outputs]
            self.outputs = [each.name for each in outputs]
            self.feeds = {f"{name}:0": value for name, value in feeds.items()}
            if tf.global_variables():
                session.run(tf.global_variables_initializer())
                # Averages of zero would hide that they are taken for something else.
                generator = np.random.RandomState(0)
                for each in tf.global_variables():
                    shape = each.shape.as_list()
                    if "moving" in each.name:
                        first, last = (0.5, 1.5) if "variance" in each.name else (-0.1, 0.1)
                        value = generator.uniform(first, last, shape)
                        each.load(value.astype(np.float32), session)
                tf.train.Saver().save(session, str(self.checkpoint))
            else:
                self.checkpoint = None
                tf.train.export_meta_graph(str(self.meta))
            self.given = session.run(outputs, self.feeds)
            names = [each.op.name for each in outputs]
            frozen = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), names
            )
            self.frozen.write_bytes(frozen.SerializeToString())

    def source(self, path=None):
        """The source, written to model.py."""
        made = source_of(path or self.meta, self.folder / "model.py", outputs=self.outputs)
        made.save(self.folder / "model.py")
        return made

    def net(self):
        model = runpy.run_path(str(self.folder / "model.py"))["model"]
        return ts.ScopedModule(model)

    def compare(self, near=1e-4):
        """Runs the source with the graph's checkpoint, and compares with what TensorFlow gave."""
        net = self.net()
        if self.checkpoint is not None:
            restore(net, self.checkpoint)
        inputs = [torch.from_numpy(np.asarray(each)) for each in self.feeds.values()]
        with torch.no_grad():
            given = net(*inputs)
        for mine, theirs in zip(
            given if isinstance(given, tuple) else (given,), self.given, strict=True
        ):
            largest = float(np.abs(theirs).max())
            assert largest > 0
            np.testing.assert_allclose(np.asarray(mine) / largest, theirs / largest, atol=near)
        return net


def numbers(*shape, seed=0):
    return np.random.RandomState(seed).randn(*shape).astype(np.float32)


def resnet(tf):
    images = tf.placeholder(tf.float32, [None, 64, 64, 3], name="images")
    tf_slim.conv2d  # noqa: B018 - imports it
    resnet_utils = importlib.import_module("tf_slim.nets.resnet_utils")
    resnet_v1 = importlib.import_module("tf_slim.nets.resnet_v1")
    with tf_slim.arg_scope(resnet_utils.resnet_arg_scope()):
        return resnet_v1.resnet_v1_50(images, 101, is_training=False)[0]


def inception(tf):
    images = tf.placeholder(tf.float32, [None, 224, 224, 3], name="images")
    tf_slim.conv2d  # noqa: B018
    inception_v1 = importlib.import_module("tf_slim.nets.inception_v1")
    with tf_slim.arg_scope(inception_v1.inception_v1_arg_scope()):
        return inception_v1.inception_v1(images, 101, is_training=False)[0]


def siamese(tf):
    def tower(x):
        with tf.variable_scope("tower", reuse=tf.AUTO_REUSE):
            for name, filters in (("c1", 4), ("c2", 8)):
                with tf.variable_scope(name):
                    kernel = tf.get_variable("kernel", [3, 3, x.shape[-1], filters])
                    bias = tf.get_variable("bias", [filters])
                    x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 2, "SAME"), bias))
            return tf.reduce_mean(x, [1, 2])

    a = tf.placeholder(tf.float32, [None, 16, 16, 1], name="a")
    b = tf.placeholder(tf.float32, [None, 16, 16, 1], name="b")
    return tf.reduce_sum(tf.abs(tower(a) - tower(b)), -1, name="distance")


def transformer(tf):
    width, heads = 16, 4

    def dense(x, units, name):
        with tf.variable_scope(name):
            kernel = tf.get_variable("kernel", [x.shape[-1], units])
            return tf.nn.bias_add(
                tf.matmul(x, kernel),
                tf.get_variable("bias", [units], initializer=tf.ones_initializer),
            )

    def normalized(x, name):
        with tf.variable_scope(name):
            mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
            scale = tf.get_variable("gamma", [width], initializer=tf.ones_initializer)
            shift = tf.get_variable("beta", [width], initializer=tf.ones_initializer)
            return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-6)

    ids = tf.placeholder(tf.int32, [None, 6], name="ids")
    table = tf.get_variable("embeddings/table", [50, width])
    x = tf.reshape(tf.gather(table, ids), [-1, width])
    batch = tf.shape(ids)[0]

    def split(x):
        return tf.transpose(tf.reshape(x, [batch, 6, heads, width // heads]), [0, 2, 1, 3])

    with tf.variable_scope("encoder"):
        for number in range(4):
            with tf.variable_scope(f"layer_{number}"):
                with tf.variable_scope("attention"):
                    query, key, value = (split(dense(x, width, n)) for n in ("q", "k", "v"))
                    scores = tf.matmul(query, key, transpose_b=True) * 0.5
                    mixed = tf.matmul(tf.nn.softmax(scores), value)
                    mixed = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width])
                x = normalized(x + dense(mixed, width, "output"), "norm_1")
                inner = tf.nn.relu(dense(x, 32, "inner"))
                x = normalized(x + dense(inner, width, "outer"), "norm_2")
    return tf.matmul(x, table, transpose_b=True, name="logits")


def test_a_resnet_is_a_page_of_source_whose_units_are_called_in_a_loop(tmp_path):
    graph = Graph(tmp_path, resnet, images=numbers(2, 64, 64, 3))
    made = graph.source()
    assert made.text.count("\n") < 120
    assert (made.scopes, made.functions, made.repeated) == (123, 7, 6)
    assert "123 scopes of the graph became 7 functions; 6 of them stand for several" in made.text
    assert (
        'for i in range(2, 6):\n            x = bottleneck_v1_2(\n                x, f"block3/unit_{i}/'
        in made.text
    )
    assert 'weights = tf.get_variable("weights", [size, size, x.shape[-1], filters])' in made.text
    net = graph.compare()
    saved = {each.op.name for each in net.registry.global_variables()}
    assert "resnet_v1_50/block4/unit_3/bottleneck_v1/conv2/BatchNorm/moving_variance" in saved
    assert not net.registry.variables["resnet_v1_50/conv1/BatchNorm/moving_mean"].requires_grad
    assert net.registry.variables["resnet_v1_50/conv1/weights"].requires_grad


def test_a_frozen_graph_gives_the_same_source_and_its_constants_fill_it(tmp_path):
    graph = Graph(tmp_path, inception, images=numbers(1, 224, 224, 3))
    from_meta = graph.source().text.partition('"""\n\n')[2]
    made = graph.source(graph.frozen)
    # A frozen graph does not say what was trained.
    assert made.text.partition('"""\n\n')[2] == from_meta
    assert made.text.count("\n") < 200
    graph.checkpoint = graph.frozen
    graph.compare()


def test_a_model_that_is_called_twice_is_one_function_that_reuses_its_variables(tmp_path):
    graph = Graph(tmp_path, siamese, a=numbers(3, 16, 16, 1), b=numbers(3, 16, 16, 1, seed=1))
    made = graph.source()
    assert "def model(a, b):" in made.text
    assert "return tf.reduce_sum(tf.abs(tower(a) - tower(b)), -1)" in made.text
    assert made.text.count("tf.AUTO_REUSE") == 2
    assert len(graph.compare().state_dict()) == 4


def test_variables_are_in_the_scopes_that_their_names_say_wherever_operations_are(tmp_path):
    def dense(tf, x, units, name):
        with tf.variable_scope(name):
            x = tf.matmul(x, tf.get_variable("kernel", [x.shape[-1], units]))
            return tf.nn.relu(x + tf.get_variable("bias", [units]))

    def straight(tf, x):
        return tf.exp(x) + tf.sin(x) + tf.cos(x) + tf.sigmoid(x) + tf.abs(x)

    def build(tf):
        x = tf.placeholder(tf.float32, [None, 6], name="x")
        with tf.variable_scope("net"):
            for scope in (tf.variable_scope("block"), tf.name_scope("net")):
                with scope:
                    x = dense(tf, dense(tf, straight(tf, x), 5, "first"), 6, "second")
            x = tf.nn.softmax(straight(tf, x))
        with tf.name_scope("attention"):
            y = straight(tf, x)
            with tf.name_scope("logits"):
                y = dense(tf, dense(tf, y, 5, "mlp_0"), 6, "mlp_1")
            return tf.multiply(x, y, name="out")

    graph = Graph(tmp_path, build, x=numbers(3, 6))
    text = graph.source().text
    assert 'x = block(x, "block")' in text
    assert "x = block(x, tf.get_variable_scope())" in text
    assert 'variable_scope("attention")' not in text
    graph.compare()


def test_the_layers_of_a_transformer_are_one_function_in_a_loop(tmp_path):
    graph = Graph(tmp_path, transformer, ids=np.arange(12, dtype=np.int32).reshape(2, 6))
    made = graph.source()
    assert (
        'for i in range(4):\n        x = layer(x, strided_slice, f"encoder/layer_{i}")' in made.text
    )
    assert made.text.count("\n") < 70
    assert "tf.reshape(" in made.text
    assert "tf.stack" not in made.text
    graph.compare()


def test_branches_and_loops_are_functions_inside(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        w = tf.get_variable("w", [4, 4])

        def body(i, y):
            y = tf.cond(
                tf.equal(i % 2, 0), lambda: tf.tanh(tf.matmul(y, w)), lambda: y - tf.to_float(i)
            )
            return i + 1, y

        y = tf.while_loop(lambda i, y: i < 5, body, [tf.constant(0), x])[1]
        a, b = tf.cond(tf.reduce_sum(x) > 0, lambda: (y * 2, y), lambda: (y, y * 3))
        return [tf.identity(a, name="first"), tf.identity(b, name="second")]

    graph = Graph(tmp_path, build, x=numbers(3, 4))
    text = graph.source().text
    assert "def condition(i, x):\n        return i < 5" in text
    assert "tf.while_loop(condition, body, [0, x])" in text
    assert "tf.cond(tf.equal(i % 2, 0), if_true, if_false)" in text
    assert "this is straight-line code" in text
    graph.compare()
    graph.feeds = {"x:0": -graph.feeds["x:0"]}
    net = graph.net()
    restore(net, graph.checkpoint)
    imported = graphs.import_meta_graph(graph.meta)
    x = torch.from_numpy(graph.feeds["x:0"])
    torch.testing.assert_close(list(net(x)), imported(feeds={"x:0": x}, fetches=graph.outputs))


def test_an_lstm_is_a_loop_with_arrays(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 7, 5], name="x")
        cells = [tf.nn.rnn_cell.LSTMCell(8) for _ in range(2)]
        cell = tf.nn.rnn_cell.MultiRNNCell(cells)
        states = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)[0]
        return tf.reduce_sum(states, 2, name="sums")

    graph = Graph(tmp_path, build, x=numbers(3, 7, 5))
    made = graph.source()
    for part in (
        "tf.TensorArray(tf.float32, ",
        ".unstack(",
        ".read(j)",
        ".write(j, ",
        ".stack()",
    ):
        assert part in made.text
    assert "[1, 0, 2]" in made.text
    assert not made.unspelled
    assert made.text.count("\n") < 75
    graph.compare()


def test_a_name_stays_what_it_is_until_the_last_part_of_it_is_taken(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        cell = tf.nn.rnn_cell.LSTMCell(4)
        hidden, _ = tf.nn.static_rnn(cell, [x, -x], dtype=tf.float32)
        first, second = tf.split(tf.tanh(hidden[-1]), 2, axis=1)
        y = tf.nn.relu(first + 1.0)
        return tf.concat([y, tf.exp(second) * y], 1, name="out")

    graph = Graph(tmp_path, build, x=numbers(3, 4))
    graph.source()
    graph.compare()


def test_what_is_inside_of_a_loop_tells_no_sizes_outside(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
        for number in range(2):
            with tf.variable_scope(f"cell_{number}"):
                w = tf.get_variable("w", [4, 4])
                x = tf.scan(lambda a, b, w=w: tf.matmul(tf.tanh(a) + b, w), x, tf.zeros([3, 4]))
                x = tf.nn.relu(x + tf.get_variable("b", [4]))
        return tf.identity(x, name="out")

    graph = Graph(tmp_path, build, x=numbers(5, 3, 4))
    assert 'tf.get_variable("w", [4, 4])' in graph.source().text
    graph.compare()


def test_volumes_and_images_are_laid_out_as_the_graph_has_them(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 4, 4, 4, 1], name="x")
        x = tf.nn.conv3d(x, tf.get_variable("w1", [3, 3, 3, 1, 2]), [1, 1, 1, 1, 1], "SAME")
        x = tf.nn.max_pool3d(x, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "SAME")
        w = tf.get_variable("w2", [2, 2, 2, 3, 2])
        x = tf.nn.conv3d_transpose(x, w, [2, 4, 4, 4, 3], [1, 2, 2, 2, 1])
        x = tf.reduce_mean(x, 1)
        w = tf.get_variable("w3", [2, 2, 4, 3])
        x = tf.nn.conv2d_transpose(x, w, [tf.shape(x)[0], 8, 8, 4], [1, 2, 2, 1])
        x = tf.image.resize_bilinear(tf.depth_to_space(x, 2), [5, 6], align_corners=True)
        return tf.reverse_sequence(x, tf.constant([2, 3]), seq_axis=1, name="out")

    graph = Graph(tmp_path, build, x=numbers(2, 4, 4, 4, 1))
    made = graph.source()
    assert not made.unspelled
    assert "tf.nn.conv2d_transpose(" in made.text
    graph.compare()


def test_what_changes_a_variable_stays_in_its_order(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [4], name="x")
        with tf.variable_scope("norm"):
            mean = tf.get_variable("mean", [4], initializer=tf.zeros_initializer, use_resource=True)
            first = tf.assign_add(mean, x)
            with tf.control_dependencies([first]):
                second = tf.assign(mean, mean.read_value() * 2.0 + x)
            with tf.control_dependencies([second]):
                return tf.identity(mean.read_value(), name="out")

    graph = Graph(tmp_path, build, x=numbers(4))
    made = graph.source()
    text = made.text
    assert text.index("tf.assign_add(") < text.index("tf.assign(")
    net = graph.net()
    x = torch.from_numpy(graph.feeds["x:0"])
    net(x)
    with torch.no_grad():
        net.registry.variables["norm/mean"].zero_()
    np.testing.assert_allclose(net(x).detach().numpy(), graph.given[0], rtol=1e-5)


@pytest.mark.parametrize("resource", [False, True])
def test_parts_of_a_variable_are_assigned_by_the_functions_of_their_types(resource, tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [2], name="x")
        table = tf.get_variable(
            "table", [4], initializer=tf.ones_initializer, use_resource=resource
        )
        made = table
        for name in ("update", "add", "sub", "mul", "div", "min", "max"):
            with tf.control_dependencies([made]):
                made = getattr(tf, f"scatter_{name}")(table, [0, 2], x)
        for name in ("update", "add", "sub"):
            with tf.control_dependencies([made]):
                made = getattr(tf, f"scatter_nd_{name}")(table, [[1], [3]], x)
        with tf.control_dependencies([made]):
            return tf.multiply(table.read_value() if resource else table, 2.0, name="out")

    graph = Graph(tmp_path, build, x=np.array([2.0, 3.0], np.float32))
    made = graph.source()
    assert not made.unspelled
    for name in ("update", "div", "max", "nd_update", "nd_sub"):
        assert f"tf.scatter_{name}(" in made.text
    graph.compare()


def test_what_has_a_default_is_an_argument_with_one_and_a_dense_layer_is_a_tensordot(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, None, 6], name="x")
        training = tf.placeholder_with_default(False, [], name="is_training")
        for number in range(3):
            x = tf.layers.dense(x, 6, tf.nn.relu, name=f"dense_{number}")
        x = tf.layers.batch_normalization(x, training=training, name="bn")
        return tf.identity(x, name="out")

    graph = Graph(tmp_path, build, x=numbers(2, 3, 6))
    made = graph.source()
    assert "def model(x, is_training=False):" in made.text
    assert 'tf.tensordot(x, tf.get_variable("kernel", [6, 6]), [[2], [0]])' in made.text
    assert "tf.cond(is_training, " in made.text
    net = graph.compare()
    x = torch.from_numpy(graph.feeds["x:0"])
    imported = graphs.import_meta_graph(graph.meta)
    expected = imported(feeds={"x:0": x, "is_training:0": True}, fetches="out:0")
    torch.testing.assert_close(net(x, True), expected)


def test_the_test_of_a_variable_in_pieces_fills_them_from_the_graph(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 6], name="x")
        w = tf.get_variable("w", [6, 4], partitioner=tf.fixed_size_partitioner(3))
        return tf.matmul(x, tf.convert_to_tensor(w), name="out")

    graph = Graph(tmp_path, build, x=numbers(3, 6))
    graph.source()
    test = runpy.run_path(str(tmp_path / "test_model.py"))
    test["test_the_source_gives_what_the_graph_gives"]()


def test_what_is_large_lies_beside_the_source_and_what_has_no_spelling_is_called_by_its_type(
    tmp_path,
):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 5, 4], name="x")
        y = x + tf.constant(numbers(5, 4), name="bias/table")
        return tf.add(tf.math.special.spence(tf.abs(y)), y, name="sum")

    graph = Graph(tmp_path, build, x=numbers(2, 5, 4))
    made = graph.source()
    assert list(made.constants) == ["bias/table"]
    assert made.unspelled == ["Spence"]
    assert 'tf.constant(CONSTANTS["bias/table"])' in made.text
    assert "TF1 has no function that says the same: Spence." in made.text
    graph.compare()


def test_what_is_known_of_numbers_is_worked_out_as_their_dtype_has_it(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        # tf.range of floats, of which Python's range knows nothing, and of more integers than lists should have.
        steps = tf.range(0.5, 2.0, 0.5) + tf.to_float(tf.reduce_max(tf.range(10**6)))
        largest = tf.add(tf.constant(2**31 - 1), 1)
        return tf.add(x * steps, tf.to_float(largest), name="out")

    graph = Graph(tmp_path, build, x=numbers(2, 3))
    text = graph.source().text
    assert "tf.range(0.5, 2.0, 0.5, dtype=tf.float32)" in text
    assert "tf.range(1000000)" in text
    assert "-2147483648" in text
    graph.compare()


def test_gradients_are_written_but_those_of_arrays_are_refused(tmp_path):
    def of_loop(tf):
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        w = tf.get_variable("w", [3, 3])
        _, y = tf.while_loop(
            lambda i, _: i < 3, lambda i, y: (i + 1, tf.tanh(tf.matmul(y, w))), [0, x]
        )
        return tf.gradients(y, [w, x])

    graph = Graph(tmp_path, of_loop, x=numbers(2, 3))
    graph.source()
    graph.compare()

    def of_array(tf):
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        return tf.gradients(tf.map_fn(tf.tanh, x), x)

    graph = Graph(tmp_path, of_array, x=numbers(2, 3))
    with pytest.raises(GraphError, match="TensorArrayGradV3: such as 'gradients/"):
        graph.source()


def test_what_is_returned_is_compared_whatever_it_is(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        z = tf.placeholder(tf.complex64, [None], name="z")
        nothing = tf.constant([], tf.int32)
        return [
            tf.log(x, name="not_numbers"),
            tf.conj(z, name="complex"),
            tf.shape(x, name="sizes"),
            tf.constant(0.5, name="number"),
            tf.add(tf.constant([1, 2]), 3, name="integers"),
            tf.reduce_prod(nothing, name="of_nothing"),
            tf.pad(tf.reduce_sum(x), tf.zeros([0, 2], tf.int32), name="of_no_axes"),
            tf.reshape(tf.reduce_sum(x, 0)[0], nothing, name="of_no_sizes"),
        ]

    graph = Graph(tmp_path, build, x=numbers(2, 3), z=numbers(2).astype(np.complex64))
    text = graph.source().text
    assert "tf.constant(0.5)" in text
    assert "tf.zeros([0, 2], dtype=tf.int32)" in text
    assert "tf.reshape(tf.reduce_sum(x, 0)[0], [])" in text
    test = runpy.run_path(str(tmp_path / "test_model.py"))
    test["test_the_source_gives_what_the_graph_gives"]()


def test_where_a_type_of_node_does_other_than_tf1s_function_of_its_name_that_is_said(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [2, 2, 2, 3], name="x")
        i = tf.placeholder(tf.int32, [3], name="i")
        z = tf.complex(x, 1 - x)
        raw = tf.raw_ops
        ones = tf.ones([3])
        normed = raw.FusedBatchNorm(x=x, scale=ones, offset=ones, mean=[], variance=[], epsilon=0.1)
        return [
            raw.Div(x=i, y=tf.constant([2, -3, 2]), name="div"),
            raw.NotEqual(x=i, y=tf.constant([1, 2]), incompatible_shape_error=False),
            raw.OneHot(indices=i, depth=9, on_value=True, off_value=False),
            raw.TopKV2(input=i, k=2, index_type=tf.int64)[1],
            raw.ListDiff(x=tf.constant([3, 1]), y=tf.constant([3]))[0],
            tf.matmul(z, z, adjoint_b=True),
            normed[4],
        ]

    graph = Graph(tmp_path, build, x=numbers(2, 2, 2, 3), i=np.array([-7, 7, 5], np.int32))
    made = graph.source()
    assert made.unspelled == ["FusedBatchNorm", "NotEqual"]
    graph.compare()


def test_a_text_table_is_refused_and_named(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.int32, [None], name="x")
        return tf.gather(tf.constant([f"word {n}" for n in range(20)], name="words"), x)

    graph = Graph(tmp_path, build, x=np.array([1], np.int32))
    with pytest.raises(
        GraphError, match="cannot be written as source:\n  Const of texts: such as 'words'"
    ):
        graph.source()


def test_dropout_and_a_loss_are_spelled_as_tf1_has_them(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        labels = tf.placeholder(tf.int32, [None], name="labels")
        logits = tf.layers.dense(tf.nn.dropout(x, rate=1e-7), 3, name="dense")
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = tf.reduce_mean(losses, name="loss")
        tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        return loss

    graph = Graph(tmp_path, build, x=numbers(3, 4), labels=np.array([0, 1, 2], np.int32))
    # What trains is no end of the model, and what needs labels neither.
    assert "labels" not in source_of(graph.meta, tmp_path / "model.py").text
    made = source_of(graph.meta, tmp_path / "model.py", outputs=["loss:0"])
    made.save(tmp_path / "model.py")
    assert "tf.nn.sparse_softmax_cross_entropy_with_logits(" in made.text
    assert "labels=labels, logits=" in made.text
    assert "tf.random_uniform(tf.shape(x))" in made.text
    assert "gradients" not in made.text
    graph.compare()


def run(*arguments):
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_the_command_writes_the_source_and_a_test_that_passes(tmp_path):
    graph = Graph(tmp_path, siamese, a=numbers(3, 16, 16, 1), b=numbers(3, 16, 16, 1))
    out = tmp_path / "sub"
    out.mkdir()
    command = [sys.executable, "-m", "torchscope.port", "graph", graph.meta, "-o", out / "model.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (
        "model.py: 33 lines. 6 scopes of the graph became 2 functions; 2 of them stand for"
        in done.stdout
    )
    assert str(out / "test_model.py") in done.stdout
    test = runpy.run_path(str(out / "test_model.py"))
    assert test["INPUTS"] == ["a:0", "b:0"]
    assert test["OUTPUTS"] == "distance:0"
    test["test_the_source_gives_what_the_graph_gives"]()
    # A mistake in the source is seen by it.
    text = (out / "model.py").read_text()
    (out / "model.py").write_text(text.replace("tower(a) - tower(b)", "tower(a) + tower(b)"))
    with pytest.raises(AssertionError, match="not close"):
        test["test_the_source_gives_what_the_graph_gives"]()


def test_a_meta_file_without_a_name_goes_by_its_folders(tmp_path, monkeypatch):
    graph = Graph(tmp_path, siamese, a=numbers(3, 16, 16, 1), b=numbers(3, 16, 16, 1, seed=1))
    folder = tmp_path / "tagger"
    folder.mkdir()
    for file in tmp_path.glob("model.ckpt.*"):
        file.rename(folder / file.name.removeprefix("model.ckpt"))
    monkeypatch.chdir(folder)
    for path in (folder / ".meta", ".meta"):
        text = graph.source(path).text
        assert '"""tagger/.meta as source, written by torchscope-port graph.' in text
        assert 'torchscope.checkpoint.restore(net, "tagger/.meta")' in text
        graph.checkpoint = folder / ".meta"
        graph.compare()
        test = runpy.run_path(str(tmp_path / "test_model.py"))
        test["test_the_source_gives_what_the_graph_gives"]()
    # Its folder is no checkpoint.
    (folder / ".index").unlink()
    assert 'torchscope.checkpoint.restore(net, "model.ckpt")' in graph.source(".meta").text


def test_other_inputs_and_outputs_may_be_asked_for(tmp_path):
    graph = Graph(tmp_path, siamese, a=numbers(3, 16, 16, 1), b=numbers(3, 16, 16, 1))
    out = tmp_path / "model.py"
    done = run(graph.meta, "-o", out, "--inputs", "tower/c2/Relu:0", "--outputs", "tower/Mean:0")
    assert done.exit_code == 0
    assert "def model(relu):" in out.read_text()
    assert "reduce_mean(relu, [1, 2])" in out.read_text()


def test_what_cannot_be_written_is_one_line_and_status_2(tmp_path):
    graph = Graph(tmp_path, siamese, a=numbers(3, 16, 16, 1), b=numbers(3, 16, 16, 1))
    out = tmp_path / "model.py"
    for arguments, said in (
        ([tmp_path / "none.meta", "-o", out], "No such file"),
        ([graph.meta, "-o", tmp_path], "the name of a Python file is wanted, model.py"),
        ([graph.meta, "-o", out, "--outputs", "tower/Meen:0"], "Did you mean 'tower/Mean'"),
        (
            [graph.checkpoint.with_suffix(".ckpt.index"), "-o", out],
            "A .meta file, a frozen .pb or a SavedModel was expected",
        ),
    ):
        done = run(*arguments)
        assert done.exit_code == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not out.exists()


def test_what_torchscope_does_not_have_is_listed_with_what_to_do(tmp_path):
    def build(tf):
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        image = tf.image.decode_png(tf.constant(b"", name="file"), channels=3, name="decoded")
        return tf.add(tf.reduce_sum(x), tf.reduce_sum(tf.cast(image, tf.float32, "cast")), "sum")

    with tf.Graph().as_default():
        build(tf)
        tf.train.export_meta_graph(str(tmp_path / "model.meta"))
    out = tmp_path / "model.py"
    refused = run(tmp_path / "model.meta", "-o", out)
    assert refused.exit_code == 2
    assert "DecodePng: 1 nodes, such as 'decoded'" in refused.stderr
    assert "Here that is --inputs; --outputs may name an earlier tensor." in refused.stderr
    assert run(tmp_path / "model.meta", "-o", out, "--inputs", "x:0,cast:0").exit_code == 0
    assert "def model(x, cast):" in out.read_text()
