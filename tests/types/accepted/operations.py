"""What the operations of TF1 give: tensors, and of sizes integers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from typing_extensions import assert_type

import torchscope.tf1 as tf


def shapes(x: Tensor) -> Tensor:
    """Sizes stay sizes, and one of them is an integer."""
    batch = tf.shape(x)[0]
    rest = tf.shape(x)[1:]
    assert_type(tf.reduce_prod(tf.shape(x)), int)
    assert_type(tf.stack([2, 3]).as_tensor(), Tensor)
    flat = tf.reshape(x, [batch, tf.reduce_prod(rest)])
    return tf.tile(flat, [2, 1])


def computed(x: Tensor, y: Tensor) -> Tensor:
    """Tensors of tensors."""
    assert_type(tf.add(x, y), Tensor)
    assert_type(tf.concat([x, y], 0), Tensor)
    assert_type(tf.reduce_sum(x, 1), Tensor)
    assert_type(tf.cast(x, tf.float32), Tensor)
    assert_type(tf.gather(x, y), Tensor)
    assert_type(tf.clip_by_value(x, 0.0, 1.0), Tensor)
    assert_type(tf.nn.softmax(x), Tensor)
    assert_type(tf.losses.mean_squared_error(x, y), Tensor)
    assert_type(tf.image.resize_bilinear(x, [2, 2]), Tensor)
    assert_type(tf.svd(x, compute_uv=False), Tensor)
    assert_type(tf.expand_dims(tf.squeeze(x), 0), Tensor)
    return tf.transpose(x) + tf.zeros([2], dtype=torch.float32)


@tf.custom_gradient
def clipped(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """A function with a gradient of its own."""

    def gradient(dy: Tensor) -> Tensor:
        return dy.clip(-1, 1)

    return x, gradient


def use(x: Tensor) -> Tensor:
    """It takes what the function takes, and gives the first of what that gives."""
    return clipped(x)
