"""A net of images with all that its layers are made of: its loss and gradients, by autograd and by TensorFlow's nodes."""

import numpy as np
import pytest
import torch

from tests.tensorflow1 import plain_session, tf
from torchscope import graphs

RANDOM = np.random.RandomState(8)
IMAGES = RANDOM.randn(3, 12, 10, 3).astype(np.float32)
LABELS = np.array([1, 0, 3], np.int32)


def weight(name, *shape):
    return tf.get_variable(name, initializer=RANDOM.randn(*shape).astype(np.float32) * 0.3)


def loss_of(images, labels):
    x = tf.nn.conv2d(images, weight("conv", 3, 3, 3, 8), [1, 2, 2, 1], "SAME")
    x = tf.nn.bias_add(x, weight("bias", 8))
    x, _, _ = tf.nn.fused_batch_norm(x, weight("scale", 8), weight("offset", 8))
    x = tf.nn.max_pool(tf.nn.relu(x), [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
    x = tf.nn.depthwise_conv2d_native(x, weight("each", 2, 2, 8, 2), [1, 1, 1, 1], "SAME")
    x = tf.nn.lrn(x, 2, bias=2.0, alpha=0.1, beta=0.75)
    shape = tf.stack([tf.shape(x)[0], 6, 6, 4])
    x = tf.nn.conv2d_transpose(x, weight("up", 3, 3, 4, 16), shape, [1, 2, 2, 1])
    x = tf.nn.avg_pool(x, [1, 3, 3, 1], [1, 3, 3, 1], "VALID")
    x = tf.matmul(tf.reshape(x, [-1, 16]), weight("dense", 16, 5))
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "net.meta"
    with tf.Graph().as_default(), plain_session() as session:
        images = tf.placeholder(tf.float32, [None, 12, 10, 3], "images")
        loss = loss_of(images, tf.placeholder(tf.int32, [None], "labels"))
        variables = tf.trainable_variables()
        slopes = tf.gradients(loss, [images, *variables])
        session.run(tf.global_variables_initializer())
        feeds = {"images:0": IMAGES, "labels:0": LABELS}
        expected = session.run([loss, *slopes], feeds)
        tf.train.export_meta_graph(str(path))
        names = [each.op.name for each in variables]
    # Its variables begin with constants, which the file has.
    return (
        graphs.import_meta_graph(path),
        [loss.name, *(each.name for each in slopes)],
        expected,
        names,
    )


def test_its_gradients_are_those_of_tensorflow_by_nodes_and_by_autograd(built):
    net, fetches, expected, names = built
    images = torch.from_numpy(IMAGES).requires_grad_()
    feeds = {"images:0": images, "labels:0": torch.from_numpy(LABELS)}
    for found, wanted in zip(net(feeds=feeds, fetches=fetches), expected, strict=True):
        np.testing.assert_allclose(found.detach().numpy(), wanted, 1e-4, 1e-4)
    loss = net(feeds=feeds, fetches=fetches[0])
    own = dict(net.named_parameters())
    slopes = torch.autograd.grad(loss, [images, *(own[name] for name in names)])
    for found, wanted in zip(slopes, expected[1:], strict=True):
        np.testing.assert_allclose(found.numpy(), wanted, 1e-4, 1e-4)


def test_its_gradients_nodes_are_one_graph_for_a_compiler(built):
    net, fetches, expected, _ = built

    def step(images, labels):
        return net(feeds={"images:0": images, "labels:0": labels}, fetches=fetches)

    compiled = torch.compile(step, fullgraph=True, backend="aot_eager")
    given = compiled(torch.from_numpy(IMAGES), torch.from_numpy(LABELS))
    for found, wanted in zip(given, expected, strict=True):
        np.testing.assert_allclose(found.detach().numpy(), wanted, 1e-4, 1e-4)
