"""Mistakes, each of which every type checker reports where its comment says so, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import torchscope as ts
import torchscope.tf1 as tf
from torchscope import checkpoint


def variables(partitioner: Callable[..., list[int]]) -> None:
    """Of variables."""
    weights = ts.get_variable("weights", [2])
    weights.nmae  # error: it is `name`
    weights.assign()  # error: no value
    weights.name.foo()  # error: a name is a str
    ts.get_variable(3)  # error: a name is a str
    ts.get_variable("w", [2], initialiser=ts.zeros_initializer())  # error: it is `initializer`
    ts.Variable([1.0], trainable="yes")  # error: a bool
    ts.Variable(value=[1.0])  # error: it is `initial_value`
    ts.get_variable("w", [2], partitioner=partitioner).assing([1.0])  # fine: any method of a tensor
    number: int = ts.get_variable("w", [2])  # error: no number
    tf.get_variabel("w", [2])  # error: it is `get_variable`
    tf.train.Savre()  # error: it is `Saver`


def layers(x: Tensor) -> None:
    """Of layers."""
    ts.layers.dense(x, 3).foo()  # error: a tensor
    ts.layers.Dense(3)(x).foo()  # error: a tensor
    ts.layers.dense(x, units="3")  # error: a number
    ts.layers.conv2d(x, 3)  # error: no kernel size
    first, _ = Pair()(x)
    first.foo()  # error: a tensor
    _, _, _ = Pair()(x)  # error: two tensors


class Pair(ts.layers.Layer):
    """A layer that gives two tensors."""

    def call(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Computes them."""
        return inputs, inputs


def function(x: Tensor, units: int) -> Tensor:
    """What is called by modules and templates."""
    return x * units


def calls(x: Tensor) -> None:
    """Of what calls functions."""
    net = ts.ScopedModule(function)
    net(x)  # error: no units
    net(x, 3).foo()  # error: a tensor
    net(x, "3")  # error: a number
    ts.graph(net, x, 3)(x)  # error: no units
    ts.graph(function, x, 3)  # error: no module
    template = ts.make_template("t", function)
    template(x, unit=3)  # error: it is `units`
    template(x, 3).foo()  # error: a tensor
    ts.make_template("t", function, units=3)(x).foo()  # error: a tensor
    ts.in_scope("a")(function)(x)  # error: no units
    ts.call_in_scope("a", function, x, 3).foo()  # error: a tensor


def cells(x: Tensor) -> None:
    """Of cells, and of what runs them."""
    outputs, state = ts.rnn.dynamic_rnn(ts.rnn.GRUCell(3), x, dtype=torch.float32)
    outputs.foo()  # error: a tensor
    state.h  # error: one tensor
    ts.rnn.static_rnn(ts.rnn.GRUCell(3), [x])[0].shape  # error: a list
    ts.rnn.dynamic_rnn(3, x)  # error: no cell


def operations(x: Tensor) -> None:
    """Of operations."""
    tf.add(x, x).foo()  # error: a tensor
    tf.shape(x).foo()  # error: sizes
    tf.reduce_sum(tf.shape(x)).foo()  # error: an integer
    tf.nn.softmax(x).foo()  # error: a tensor
    tf.losses.mean_squared_error(x).foo()  # error: no predictions


def checkpoints(path: str) -> None:
    """Of checkpoints."""
    checkpoint.load_variable(path, "w").foo()  # error: a tensor
    checkpoint.load_checkpoint(path)["w"].foo()  # error: a tensor
    checkpoint.latest_checkpoint(path).foo()  # error: a str, or None
