"""Dropout as a layer (tf.layers.Dropout)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchscope import nn
from torchscope.layers.arguments import refused
from torchscope.layers.base import Layer


class Dropout(Layer):
    """Drops elements in training, and scales the others up (tf.layers.Dropout).

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Dropout(0.2)
    >>> layer(torch.ones(3)), sorted(set(layer(torch.ones(1000), training=True).tolist()))
    (tensor([1., 1., 1.]), [0.0, 1.25])

    Args:
        rate: the probability with which an element is dropped.
        noise_shape: the shape of what is drawn; None in it is the input's dimension.
        seed: a torch.Generator to draw from. A number has no effect: see `nn.dropout`.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: the rate is not between 0 and 1.
    """

    def __init__(
        self,
        rate: float = 0.5,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if isinstance(rate, int | float) and not 0 <= rate <= 1:
            raise refused(
                f"Invalid value {rate} received for `rate`, expected a value between 0 and 1. It is "
                "the part that is dropped; tf.nn.dropout's keep_prob is the part that stays."
            )
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:
        """Drops if `training`, a bool or a tensor with one; else gives the input as it is."""
        if not training:
            return inputs
        return nn.dropout(inputs, noise_shape=self.noise_shape, seed=self.seed, rate=self.rate)

    # Any: of the very type that is given.
    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the input, as it was given; see `Layer`."""
        return input_shape


def dropout(
    inputs: Tensor,
    rate: float = 0.5,
    noise_shape: Sequence[int | None] | None = None,
    seed: int | None = None,
    training: Any = False,
    name: Any = None,
) -> Tensor:
    """Drops elements in training, and scales the others up (tf.layers.dropout).

    >>> import torch, torchscope as ts
    >>> ts.layers.dropout(torch.ones(3))  # not in training
    tensor([1., 1., 1.])

    Args:
        inputs: a tensor of floats.
        rate: the probability with which an element is dropped.
        noise_shape: see `Dropout`.
        seed: a torch.Generator to draw from. A number has no effect: see `nn.dropout`.
        training: whether to drop; a bool, or a tensor with one.
        name: the layer's name.

    Raises:
        ValueError: the rate is not between 0 and 1.
    """
    return Dropout(rate, noise_shape, seed, name)(inputs, training=training)
