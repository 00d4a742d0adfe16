"""A training loop, with an optimizer of PyTorch's and one of TF1's."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import assert_type

import torchscope as ts
import torchscope.tf1 as tf
from torchscope import slim


def loss_of(x: Tensor, labels: Tensor) -> Tensor:
    """A loss, with that of the regularizers."""
    with slim.arg_scope([slim.fully_connected], weights_regularizer=slim.l2_regularizer(1e-4)):
        logits = slim.stack(x, slim.fully_connected, [4, 2])
    assert_type(logits, Tensor)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    return loss + tf.losses.get_regularization_loss()


def train(batches: list[tuple[Tensor, Tensor]]) -> float:
    """By PyTorch's own optimizer."""
    net = ts.build(ts.ScopedModule(loss_of), *batches[0])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    last = 0.0
    for x, labels in batches:
        optimizer.zero_grad()
        loss = net(x, labels)
        torch.autograd.backward(loss)
        optimizer.step()
        last = loss.item()
    return last


def train_as_tf1(x: Tensor, labels: Tensor) -> Tensor:
    """By one of tf.train, inside the model."""

    def step(x: Tensor, labels: Tensor) -> Tensor:
        loss = loss_of(x, labels)
        global_step = tf.train.get_or_create_global_step()
        assert_type(global_step, ts.Variable)
        rate = tf.train.exponential_decay(0.1, global_step, 10, 0.5)
        optimizer = tf.train.MomentumOptimizer(rate, 0.9)
        with tf.control_dependencies([optimizer.minimize(loss, global_step=global_step)]):
            return tf.identity(loss)

    return ts.ScopedModule(step)(x, labels)
