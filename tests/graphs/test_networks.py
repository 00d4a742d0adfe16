"""Whole networks: what an imported graph gives, and its gradients, against TensorFlow's run of the same file."""

import importlib

import numpy as np
import pytest
import torch

from tests.graphs.written import near, write
from tests.tensorflow1 import tf, tf_slim
from torchscope import graphs

RANDOM = np.random.RandomState(0)


def of_slim(module, function, size, **arguments):
    def build():
        _ = tf_slim.conv2d
        made = importlib.import_module(f"tf_slim.nets.{module}")
        x = tf.placeholder(tf.float32, [None, size, size, 3], name="x")
        scope = "resnet_arg_scope" if "resnet" in module else f"{function}_arg_scope"
        with tf_slim.arg_scope(getattr(made, scope)()):
            return getattr(made, function)(x, 11, **arguments)[0]

    return build, {"x:0": RANDOM.randn(2, size, size, 3).astype(np.float32)}


def attention():
    x = tf.placeholder(tf.float32, [None, 6, 16], name="x")
    heads = []
    for name in ("query", "key", "value"):
        made = tf.layers.dense(x, 16, name=name)
        heads.append(tf.transpose(tf.reshape(made, [-1, 6, 4, 4]), [0, 2, 1, 3]))
    query, key, value = heads
    scores = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) / 2.0)
    mixed = tf.reshape(tf.transpose(tf.matmul(scores, value), [0, 2, 1, 3]), [-1, 6, 16])
    return tf.layers.dense(mixed, 5, name="out")


def loop():
    x = tf.placeholder(tf.float32, [None, 8], name="x")
    w = tf.get_variable("w", [8, 8])

    def body(i, y):
        inner = tf.while_loop(
            lambda j, _: j < i,
            lambda j, z: (j + 1, z + tf.cast(j, tf.float32) * x),
            [tf.constant(0), y],
        )[1]
        turned = tf.cond(tf.equal(i % 2, 0), lambda: inner * 1.5, lambda: inner - 1.0)
        return i + 1, tf.tanh(tf.matmul(turned, w))

    return tf.while_loop(lambda i, _: i < 5, body, [tf.constant(0), x])[1]


def branches():
    x = tf.placeholder(tf.float32, [None, 8], name="x")
    first, number = tf.cond(
        tf.reduce_sum(x) > 0, lambda: (x * 2, tf.constant(1.0)), lambda: (x * 3, tf.constant(2.0))
    )
    return tf.cond(
        tf.reduce_sum(first) > 0,
        lambda: tf.cond(number > 1.5, lambda: first + 1, lambda: first - 1),
        lambda: first * first,
    )


def recurrent(cell, *, unrolled=False):
    def build():
        x = tf.placeholder(tf.float32, [None, 5, 8], name="x")
        made = getattr(tf.nn.rnn_cell, cell)(6)
        if unrolled:
            outputs, _ = tf.nn.static_rnn(made, tf.unstack(x, 5, 1), dtype=tf.float32)
            return tf.stack(outputs, 1)
        return tf.nn.dynamic_rnn(made, x, tf.constant([5, 2, 3]), dtype=tf.float32)[0]

    return build, {"x:0": RANDOM.randn(3, 5, 8).astype(np.float32)}


def shared_tower():
    x = tf.placeholder(tf.float32, [None, 12, 12, 3], name="x")

    def tower(x, *, reuse):
        with tf.variable_scope("tower", reuse=reuse):
            x = tf.layers.conv2d(x, 4, 3, activation=tf.nn.relu, name="conv")
            return tf.layers.dense(tf.layers.flatten(x), 5, name="fc")

    return tf.reduce_sum(tf.square(tower(x, reuse=False) - tower(x[:, ::-1], reuse=True)), 1)


def upwards():
    x = tf.placeholder(tf.float32, [None, 6, 6, 3], name="x")
    x = tf.layers.conv2d_transpose(x, 4, 3, 2, padding="same", activation=tf.nn.relu)
    return tf.layers.conv2d(x, 4, 3, 2, padding="same")


def resized():
    x = tf.placeholder(tf.float32, [None, 6, 6, 3], name="x")
    return tf.image.resize_bilinear(tf.layers.conv2d(x, 4, 3), [13, 9])


def images(size):
    return {"x:0": RANDOM.randn(2, size, size, 3).astype(np.float32)}


def wide():
    return RANDOM.randn(4, 8).astype(np.float32)


NETWORKS = {
    "ResNet-50": of_slim("resnet_v1", "resnet_v1_50", 64, is_training=False),
    "ResNet v2": of_slim("resnet_v2", "resnet_v2_50", 64, is_training=False),
    "ResNet-50 in training": of_slim("resnet_v1", "resnet_v1_50", 64, is_training=True),
    "Inception v1": of_slim("inception_v1", "inception_v1", 224, is_training=False),
    "Inception v3": of_slim("inception_v3", "inception_v3", 299, is_training=False),
    "AlexNet": of_slim("alexnet", "alexnet_v2", 224, is_training=False),
    "Inception v2": of_slim("inception_v2", "inception_v2", 224, is_training=False),
    "a tower that is shared": (shared_tower, images(12)),
    "transposed convolution": (upwards, images(6)),
    "resizing": (resized, images(6)),
    "LSTM": recurrent("LSTMCell"),
    "GRU": recurrent("GRUCell"),
    "LSTM, unrolled": recurrent("BasicLSTMCell", unrolled=True),
    "attention": (attention, {"x:0": RANDOM.randn(3, 6, 16).astype(np.float32)}),
    "loops in each other": (loop, {"x:0": wide()}),
    "branches": (branches, {"x:0": abs(wide())}),
    "other branches": (branches, {"x:0": -abs(wide())}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_what_it_gives_in_tensorflow(name, tmp_path):
    build, feeds = NETWORKS[name]
    written = write(build, feeds, tmp_path)
    net = graphs.import_meta_graph(written.meta)
    # Batch statistics of four numbers each: TensorFlow's own float32 is no nearer to the truth. And fifty layers round.
    deep = "ResNet" in name or "Inception" in name
    bound = 1e-2 if "training" in name else 1e-4 if deep else 1e-5
    near(net(feeds=feeds, fetches=written.fetches), written.given, bound)
    frozen = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    near(frozen(*map(torch.from_numpy, feeds.values())), written.given, bound)


@pytest.mark.parametrize(
    "name", ["AlexNet", "attention", "loops in each other", "LSTM", "GRU", "a tower that is shared"]
)
def test_gradients_are_tensorflows(name, tmp_path):
    build, feeds = NETWORKS[name]
    written = write(build, feeds, tmp_path)
    net = graphs.import_meta_graph(written.meta)
    net(feeds=feeds, fetches=written.fetches)[0].square().mean().backward()
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(str(written.meta))
        saver.restore(session, str(written.meta.with_suffix("")))
        loss = tf.reduce_mean(tf.square(graph.get_tensor_by_name(written.fetches[0])))
        variables = tf.trainable_variables()
        slopes = session.run(tf.gradients(loss, variables), feeds)
    names = [each.op.name for each in variables]
    near([net.registry.variables[each].grad for each in names], slopes)
