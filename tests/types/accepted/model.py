"""A model function, whose variables are shared by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from typing_extensions import assert_type

import torchscope as ts
import torchscope.tf1 as tf


def tower(images: Tensor) -> Tensor:
    """Layers, and variables of one's own."""
    hidden = ts.layers.conv2d(images, 8, 3, activation=tf.nn.relu)
    hidden = ts.layers.batch_normalization(hidden, training=True)
    hidden = ts.layers.max_pooling2d(hidden, 2, 2)
    hidden = tf.reshape(hidden, [tf.shape(hidden)[0], -1])
    weights = ts.get_variable("weights", [hidden.shape[-1], 2])
    assert_type(weights, ts.Variable)
    assert_type(weights.name, str)
    assert_type(weights.op.name, str)
    assert_type(weights.assign(torch.zeros(2)), ts.Variable)
    return hidden @ weights + ts.get_variable("biases", [2], initializer=ts.zeros_initializer())


class Siamese(torch.nn.Module):
    """Two towers of one model function."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = ts.ScopedParameterRegistry(self)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Runs both."""
        with ts.variable_scope("model") as scope:
            assert_type(scope, ts.VariableScope)
            features_a = tower(a)
        with ts.variable_scope(scope, reuse=True):
            return features_a, tower(b)


@ts.in_scope("head")
def head(features: Tensor, units: int = 1) -> Tensor:
    """A block with a scope of its own."""
    return ts.layers.dense(features, units)


def scaled(x: Tensor, by: float = 1.0) -> Tensor:
    """A function that is made a module."""
    return x * by * ts.get_variable("scale", [])


def placeholders() -> Tensor:
    """A function that takes its inputs from placeholders."""
    return tf.placeholder(tf.float32, [None, 3], name="x") * 2


def use() -> None:
    """Nets, and what they give."""
    images = torch.ones(2, 9, 9, 3)
    net = ts.build(Siamese(), images, images)
    assert_type(net, Siamese)
    graph = ts.graph(net, images, images)
    assert_type(graph(images, images), tuple[Tensor, Tensor])
    module = ts.ScopedModule(scaled, example_inputs=(images,))
    assert_type(module(images, by=2.0), Tensor)
    assert_type(ts.build(module, images)(images), Tensor)
    fed = ts.ScopedModule(placeholders)
    assert_type(fed(feeds={"x": torch.ones(1, 3)}), Tensor)
    assert_type(fed(torch.ones(1, 3)), Tensor)
    assert_type(head(images, units=3), Tensor)
    assert_type(ts.call_in_scope("a", scaled, images), Tensor)
    assert_type(ts.recompute(scaled, images, by=2.0), Tensor)


def pieces(partitioner: Callable[..., list[int]]) -> Tensor:
    """A variable in pieces is no tensor, and makes one."""
    table = ts.get_variable("table", [10, 2], partitioner=partitioner)
    assert_type(table.partitions, list[int])
    local = ts.get_local_variable("count", [], dtype=torch.int32)
    assert_type(local, ts.Variable)
    made = ts.Variable([1.0, 2.0], name="made")
    assert_type(made, ts.Variable)
    return table.as_tensor() + made + local
