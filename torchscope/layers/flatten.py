"""Flatten: all axes but the first become one (tf.layers.Flatten)."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from torchscope._core.values.static_shapes import TensorShape
from torchscope.layers.arguments import is_channels_first
from torchscope.layers.base import Layer
from torchscope.layers.input_spec import InputSpec
from torchscope.layers.lengths import dimensions


class Flatten(Layer):
    """All axes but the first become one (tf.layers.Flatten).

    >>> import torch, torchscope as ts
    >>> ts.layers.Flatten()(torch.ones(2, 4, 4, 3)).shape
    torch.Size([2, 48])

    Args:
        data_format: with 'channels_first' the channels go last before, so that the numbers come in
            the order in which they would have come from 'channels_last'.
        **kwargs: see `Layer`.

    Raises:
        ValueError: there is no such format, or the input is a single number.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._first = is_channels_first(data_format or "channels_last")
        self.input_spec: Any = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        """Flattens; a tensor of rank 1 becomes a column."""
        if self._first and inputs.ndim > 1:
            inputs = inputs.movedim(1, -1)
        # Not -1: an empty batch has no element to tell the other axis by.
        columns = 1
        for length in inputs.shape[1:]:
            columns *= length
        return inputs.reshape(inputs.shape[0], columns)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The batch, and the product of all other dimensions, or None; see `Layer`.

        Raises:
            ValueError: it is the shape of a single number.
        """
        batch, *others = dimensions(input_shape, 1)
        return TensorShape([batch, None if None in others else math.prod(others)])


def flatten(inputs: Tensor, name: Any = None, data_format: str = "channels_last") -> Tensor:
    """All axes but the first become one (tf.layers.flatten).

    >>> import torch, torchscope as ts
    >>> ts.layers.flatten(torch.ones(2, 4, 3)).shape
    torch.Size([2, 12])

    Args:
        inputs: (N, ...).
        name: the layer's name.
        data_format: see `Flatten`.

    Raises:
        ValueError: there is no such format, or the input is a single number.
    """
    return Flatten(data_format, name=name)(inputs)
