"""A convolution, a bias and a rectifier, with variables under the current scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope.initializers import Constant, RandomNormal
from torchscope.nn import relu
from torchscope.nn.convolution import convolve

# They hold no state, and so are made once.
_NORMAL, _ZEROS = RandomNormal(), Constant(0.0)


def conv_relu(
    input: Tensor,
    kernel_shape: Sequence[int],
    bias_shape: Sequence[int],
    strides: int | Sequence[int] = 1,
    padding: Any = "SAME",
) -> Tensor:
    """``relu(conv2d(input, weights) + biases)``, as TF1's guide to variables writes it.

    The variables are called 'weights', drawn from a standard normal distribution, and 'biases',
    zeros.

    >>> import torch, torchscope as ts
    >>> with ts.variable_scope("conv1"):
    ...     ts.conv_relu(torch.zeros(1, 8, 8, 3), [5, 5, 3, 16], [16]).shape
    torch.Size([1, 8, 8, 16])
    >>> [v.name for v in ts.trainable_variables()]
    ['conv1/weights:0', 'conv1/biases:0']

    Args:
        input: images, (N, H, W, C).
        kernel_shape: (height, width, C, O).
        bias_shape: (O,).
        strides: as `nn.conv2d` takes them.
        padding: as `nn.conv2d` takes it.

    Raises:
        ValueError: the shapes do not fit, or the variables break the rules of `get_variable`.
    """
    weights = get_variable("weights", kernel_shape, initializer=_NORMAL)
    biases = get_variable("biases", bias_shape, initializer=_ZEROS)
    return relu(convolve(input, weights, biases, strides, padding))
