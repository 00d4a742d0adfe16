"""Refusals that a compiled forward with dynamic shapes makes: in the words of an uncompiled one."""

import pytest
import torch

import torchscope as ts
import torchscope.tf1 as tf
from torchscope import slim


def image(x):
    """An image of as many rows as there are examples."""
    return x.reshape(1, -1, 3, 1)


# Of each refusal, what a forward does with numbers of shape (N, 3).
REFUSED = {
    "get_variable": lambda x: ts.get_variable("w", [x.shape[0]]),
    "get_variable of a list": lambda x: ts.get_variable("w", list(x.shape)),
    "dense": lambda x: tf.layers.dense(x, 2, name="dense"),
    "slim.fully_connected": lambda x: slim.fully_connected(x, 2, scope="dense"),
    "slim.conv2d": lambda x: slim.conv2d(x, 2, [1, 1], scope="conv"),
    "conv2d, rank": lambda x: tf.nn.conv2d(x, torch.ones(1, 1, 3, 2), 1, "SAME"),
    "conv2d, channels": lambda x: tf.nn.conv2d(image(x), torch.ones(1, 1, 2, 2), 1, "SAME"),
    "conv2d, window": lambda x: tf.nn.conv2d(image(x), torch.ones(9, 9, 1, 2), 1, "VALID"),
    "conv1d": lambda x: tf.nn.conv1d(x, torch.ones(1, 3, 2), 1, "SAME"),
    "convolution": lambda x: tf.nn.convolution(image(x), torch.ones(1, 1, 2, 2), "SAME"),
    "depthwise_conv2d": lambda x: tf.nn.depthwise_conv2d(
        image(x), torch.ones(1, 1, 2, 2), [1] * 4, "SAME"
    ),
    "separable_conv2d": lambda x: tf.nn.separable_conv2d(
        image(x), torch.ones(1, 1, 1, 2), torch.ones(2, 1, 2, 2), [1] * 4, "SAME"
    ),
    "conv2d_transpose": lambda x: tf.nn.conv2d_transpose(
        image(x), torch.ones(1, 1, 2, 1), [1, x.shape[0] + 1, 3, 2], 1, "SAME"
    ),
    "conv2d_transpose, rank": lambda x: tf.nn.conv2d_transpose(
        image(x), torch.ones(1, 1, 2, 1), [x.shape[0], 3, 2], 1, "SAME"
    ),
    "max_pool": lambda x: tf.nn.max_pool(x, 2, 2, "SAME"),
    "avg_pool": lambda x: tf.nn.avg_pool(image(x), 9, 1, "VALID"),
    "pool": lambda x: tf.nn.pool(x, [2, 2], "MAX", "SAME"),
    "bias_add": lambda x: tf.nn.bias_add(x, torch.ones(x.shape[0])),
    "xw_plus_b": lambda x: tf.nn.xw_plus_b(x, torch.ones(x.shape[0], 2), torch.ones(2)),
    "moments": lambda x: tf.nn.moments(x, [2])[0],
    "l2_normalize": lambda x: tf.nn.l2_normalize(x, -3),
    "weighted_moments": lambda x: tf.nn.weighted_moments(x, 0, torch.ones(x.shape[0], 2))[0],
    "batch_normalization": lambda x: tf.nn.batch_normalization(
        x, x[:, 0], x[:, 0] ** 2, None, None, 0.1
    ),
    "fused_batch_norm": lambda x: tf.nn.fused_batch_norm(image(x), x[:, 0], x[:, 0])[0],
    "fused_batch_norm, rank": lambda x: tf.nn.fused_batch_norm(x, x[0], x[0])[0],
    "lrn": tf.nn.lrn,
    "softmax": lambda x: tf.nn.softmax(x, 2),
    "crelu": lambda x: tf.nn.crelu(x, axis=3),
    "dropout": lambda x: tf.nn.dropout(x, 0.5, noise_shape=[x.shape[0], 2]),
    "top_k": lambda x: tf.nn.top_k(x, 4).values,
    "in_top_k": lambda x: tf.nn.in_top_k(x, torch.ones(2), 1),
    "softmax_cross_entropy": lambda x: tf.nn.softmax_cross_entropy_with_logits_v2(
        torch.ones(x.shape[0] + 1, 3), x
    ),
    "sparse_softmax_cross_entropy": lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=torch.ones(x.shape[0] + 1, dtype=torch.int32), logits=x
    ),
    "sigmoid_cross_entropy": lambda x: tf.nn.sigmoid_cross_entropy_with_logits(
        labels=x[:, :2], logits=x
    ),
    "a dtype": lambda x: tf.nn.relu(x > 0),
    "losses": lambda x: tf.losses.mean_squared_error(x, x[:, :2]),
    "losses, weights": lambda x: tf.losses.mean_squared_error(x, x, torch.ones(x.shape[0], 2)),
    "slim.losses": lambda x: slim.losses.mean_squared_error(x, x, torch.ones(x.shape[0] + 1)),
    "image": lambda x: tf.image.crop_to_bounding_box(image(x), 2, 0, x.shape[0], 3),
    "resize": lambda x: tf.image.resize_bilinear(x, [2, 2]),
    "concat": lambda x: tf.concat([x, x[:, :2]], 0),
    "squeeze": lambda x: tf.squeeze(x, [0]),
    "pad": lambda x: tf.pad(x, [[1, 1]]),
    "mirror": lambda x: tf.pad(x, [[x.shape[0], 0], [0, 0]], "REFLECT"),
    "reduce_mean": lambda x: tf.reduce_mean(x, 2),
    "layers.flatten": lambda x: tf.layers.flatten(x[0, 0]),
    "layers.conv2d": lambda x: tf.layers.conv2d(x, 2, 1, name="conv"),
    "layers.batch_normalization": lambda x: tf.layers.batch_normalization(x, axis=2, name="norm"),
    "dynamic_rnn": lambda x: tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.BasicRNNCell(2), x[:, 0], dtype=torch.float32
    )[0],
}


def bare(text):
    """Without quotation marks: the compiler puts more of them around texts that are put together."""
    return text.translate(str.maketrans("", "", "\\'\""))


@pytest.mark.parametrize("fullgraph", [True, False])
@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_the_same_where_shapes_are_dynamic(name, fullgraph):
    def forward(x, refused):
        w = ts.get_variable("w", [3], initializer=ts.ones_initializer())
        ts.get_variable("dense/kernel", [2, 2])
        ts.get_variable("dense/weights", [2, 2])
        with ts.variable_scope("", reuse=ts.AUTO_REUSE):
            return REFUSED[name](x * w) if refused else x * w

    torch._dynamo.reset()
    net, x = ts.ScopedModule(forward), torch.ones(4, 3)
    net(x, False)
    with pytest.raises((ValueError, TypeError)) as expected:
        net(x, True)
    compiled = torch.compile(net, fullgraph=fullgraph, dynamic=True, backend="eager")
    with pytest.raises(Exception) as refusal:
        compiled(x, True)
    # The compiler repeats the text as Python writes it, and what is behind it.
    sentence = str(expected.value).split(". ")[0].split(" at ")[0]
    assert bare(sentence) in bare(str(refusal.value))
    if not fullgraph:
        assert type(refusal.value) is type(expected.value)
