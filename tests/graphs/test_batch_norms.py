"""Batch norms that go into kernels: the same numbers, from variables that are still the graph's."""

import numpy as np
import pytest

from tests.graphs.written import near, write
from tests.tensorflow1 import tf
from torchscope import graphs
from torchscope.checkpoint import restore

X = np.random.RandomState(0).randn(3, 9, 9, 2).astype(np.float32)


def normalized(x, name):
    """A batch norm whose statistics and factors are no zeros and ones."""
    with tf.variable_scope(name):
        size = [x.shape[-1]]
        draw = tf.random_uniform_initializer(0.5, 1.5)
        names = ("gamma", "beta", "mean", "variance")
        given = [tf.get_variable(each, size, initializer=draw) for each in names]
        return tf.nn.fused_batch_norm(x, *given, epsilon=0.01, is_training=False)[0]


def convolved(x, depth, name, *, bias=False):
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [3, 3, x.shape[-1], depth])
        x = tf.nn.conv2d(x, kernel, 1, "SAME")
        if not bias:
            return x
        draw = tf.random_normal_initializer()
        return tf.nn.bias_add(x, tf.get_variable("bias", [depth], initializer=draw))


def plain():
    x = tf.placeholder(tf.float32, [None, 9, 9, 2], name="x")
    x = tf.nn.relu(normalized(convolved(x, 4, "first"), "norm1"))
    return normalized(convolved(x, 5, "second", bias=True), "norm2")


def written_out():
    """Batch norms of many operations, with a factor of their own and without; and one over rows, which has no kernel."""
    x = tf.placeholder(tf.float32, [None, 9, 9, 2], name="x")
    draw = tf.random_uniform_initializer(0.5, 1.5)

    def norm(x, name, *, scale):
        with tf.variable_scope(name):
            names = ("mean", "variance", "beta", "gamma")
            given = [
                tf.get_variable(each, x.shape[-1:], initializer=draw) for each in names[: 3 + scale]
            ]
            return tf.nn.batch_normalization(x, *given, *([] if scale else [None]), 0.01)

    x = tf.nn.relu(norm(convolved(x, 4, "first"), "norm1", scale=True))
    x = tf.nn.relu(norm(convolved(x, 5, "second", bias=True), "norm2", scale=False))
    return norm(tf.reduce_mean(x, [1, 2]), "norm3", scale=True)


def looked_at():
    """Somebody else takes what the convolution gives, and another batch norm has the same variables."""
    x = tf.placeholder(tf.float32, [None, 9, 9, 2], name="x")
    first = convolved(x, 4, "first")
    y = normalized(first, "norm1") + first
    z = normalized(convolved(x, 4, "second"), "norm2")
    with tf.variable_scope("", reuse=True):
        return y + z + normalized(convolved(x, 4, "second"), "norm2")


@pytest.mark.parametrize(("build", "count"), [(plain, 2), (written_out, 2), (looked_at, 0)])
def test_the_numbers_stay(build, count, tmp_path):
    written = write(build, {"x:0": X}, tmp_path)
    for net in (graphs.import_meta_graph(written.meta), graphs.import_graph_def(written.frozen)):
        before = {name: value.clone() for name, value in net.state_dict().items()}
        assert net.fold_batch_norms() == count
        near(net(feeds={"x:0": X}, fetches=written.fetches), written.given, 1e-4)
        assert list(net.state_dict()) == list(before)
        changed = any((before[name] != value).any() for name, value in net.state_dict().items())
        assert changed == bool(count)


def test_what_is_folded_computes_less(tmp_path):
    written = write(plain, {"x:0": X}, tmp_path)
    net = graphs.import_graph_def(written.frozen, return_elements=written.fetches)
    net.fold_batch_norms()
    net(X)
    assert not [node for node in net.graph.nodes if "batch_norm" in str(node.target)]
    assert net.fold_batch_norms() == 0


def test_tensorflow_computes_the_same_with_the_variables(tmp_path):
    written = write(plain, {"x:0": X}, tmp_path)
    net = graphs.import_meta_graph(written.meta)
    net.fold_batch_norms()
    net.save(tmp_path / "folded.ckpt")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(str(written.meta)).restore(
            session, str(tmp_path / "folded.ckpt")
        )
        found = session.run(written.fetches, {"x:0": X})
    np.testing.assert_allclose(found[0], written.given[0], 1e-4, 1e-4)


def test_values_that_are_loaded_later_are_folded_as_well(tmp_path):
    written = write(plain, {"x:0": X}, tmp_path)
    net = graphs.import_meta_graph(written.meta)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    net.fold_batch_norms()
    for load in (
        lambda: net.restore(written.meta.with_suffix("")),
        lambda: restore(net, written.meta.with_suffix("")),
        lambda: net.load_state_dict(before),
        lambda: net.load_state_dict(before, assign=True),
        lambda: net.load_state_dict(net.state_dict()),
    ):
        load()
        near(net(feeds={"x:0": X}, fetches=written.fetches), written.given, 1e-4)


def test_moving_averages_of_a_frozen_graph_are_not_trained(tmp_path):
    def build():
        x = tf.placeholder(tf.float32, [None, 9, 9, 2], name="x")
        return tf.layers.batch_normalization(convolved(x, 4, "conv"), name="norm")

    written = write(build, {"x:0": X}, tmp_path)
    frozen = graphs.import_graph_def(written.frozen, trainable=True)
    whole = graphs.import_meta_graph(written.meta)
    assert {name for name, each in frozen.named_parameters() if each.requires_grad} == {
        name for name, each in whole.named_parameters() if each.requires_grad
    }
    by_name = graphs.import_graph_def(written.frozen, trainable="moving_mean")
    assert [v.op.name for v in by_name.parameters() if v.requires_grad] == ["norm/moving_mean"]
