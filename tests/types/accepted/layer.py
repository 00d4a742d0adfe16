"""Layers of one's own: a call gives what `call` gives."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from typing_extensions import assert_type

import torchscope as ts


class Scale(ts.layers.Layer):
    """A layer with a variable."""

    scale: ts.Variable

    def build(self, input_shape: Any) -> None:
        """Makes the variable."""
        self.scale = self.add_weight("scale", [input_shape[-1]], initializer=ts.ones_initializer())
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the output."""
        return inputs * self.scale


class Moments(ts.layers.Layer):
    """A layer that gives two tensors."""

    def call(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Computes the outputs."""
        return inputs.mean(), inputs.var()


def use(x: Tensor) -> Tensor:
    """Layers as objects."""
    mean, variance = Moments()(x)
    assert_type(mean, Tensor)
    assert_type(Scale()(x), Tensor)
    assert_type(Moments().apply(x), tuple[Tensor, Tensor])
    dense = ts.layers.Dense(3, activation=torch.relu)
    assert_type(dense(x), Tensor)
    assert_type(ts.layers.BatchNormalization()(x, training=True), Tensor)
    assert_type(ts.layers.Dense.from_config(dense.get_config()), ts.layers.Dense)
    return variance
