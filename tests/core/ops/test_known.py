"""Integers that are known stay known: shapes and axes that a model computes are never read from a tensor."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from torchscope._core.ops import known


def computes_shapes(x):
    """Sizes and axes by operations, as TF1's code computes them."""
    batch = tf.shape(x)[0]
    rows = tf.concat([tf.zeros([batch, 3]), tf.ones(tf.stack([batch, 2]))], 1)
    number = tf.tile(tf.expand_dims(tf.range(batch), 1), [1, tf.shape(rows)[1]])
    turned = tf.transpose(x, tf.concat([[1, 0], tf.range(2, tf.rank(x))], 0))
    halved = tf.reshape(turned, tf.concat([tf.shape(turned)[:2], [2, -1]], 0))
    return tf.where(tf.equal(number % 2, 0), rows, -rows), halved


@pytest.mark.unmeasured
def test_what_computes_shapes_is_compiled_once_for_all_sizes():
    net = ts.ScopedModule(computes_shapes)
    compiled = torch.compile(net, fullgraph=True, dynamic=True, backend="eager")
    graph = ts.graph(net, torch.randn(2, 3, 4))
    for size in (2, 3, 5):
        x = torch.randn(size, 3, 4)
        for run in (compiled, graph):
            torch.testing.assert_close(run(x), net(x), rtol=0, atol=0)
        assert net(x)[1].shape == (3, size, 2, 2)


def test_a_tensor_that_was_written_to_is_read():
    axes = tf.range(2)
    assert known.of(axes) == [0, 1]
    axes[0], axes[1] = 1, 0
    assert known.of(axes) is None
    assert tf.transpose(torch.ones(2, 3), axes).shape == (3, 2)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_rows_that_are_joined_stay_known(axis):
    joined = tf.concat(
        [[[0, 0], [1, 2]], tf.zeros([2, 2], tf.int32), tf.ones([2, 2], tf.int32)], axis
    )
    assert known.of(joined) == joined.tolist()
    assert known.of(tf.concat([[[0, 4]], tf.zeros([0, 2], tf.int32)], 0)) == [[0, 4]]
