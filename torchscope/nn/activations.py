"""Activation functions."""

from __future__ import annotations

import numbers
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import (
    COMPLEX_TOO,
    as_float32,
    as_tensor,
    checked_axis,
    either,
    of_dtype,
)
from torchscope._core.values.conversion import shape_text

_REAL = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.int64, torch.bfloat16, torch.uint16, torch.float16, torch.uint32, torch.uint64),
)

_SELU_SCALE = 1.0507009873554804934193349852946


def relu(features: Tensor, name: str | None = None) -> Tensor:
    """The positive part of each element (tf.nn.relu).

    >>> import torch
    >>> relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])

    Args:
        features: a tensor of any shape, of floats or integers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is bool or complex.
    """
    return torch.relu(of_dtype(features, "features", _REAL))


def relu6(features: Tensor, name: str | None = None) -> Tensor:
    """Each element, but not below 0 and not above 6 (tf.nn.relu6).

    >>> relu6(torch.tensor([-1.0, 2.0, 7.0]))
    tensor([0., 2., 6.])

    Args:
        features: a tensor of any shape, of floats or integers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is bool or complex.
    """
    features = of_dtype(features, "features", _REAL)
    return F.relu6(features) if features.is_floating_point() else features.clamp(0, 6)


def crelu(features: Tensor, name: str | None = None, axis: int = -1) -> Tensor:
    """The positive part, and beside it the negative part with its sign changed (tf.nn.crelu).

    >>> crelu(torch.tensor([[-1.0, 2.0]]))
    tensor([[0., 2., 1., 0.]])

    Args:
        features: a tensor of rank 1 or more, of floats or signed integers.
        name: accepted for TF1 code; it has no effect.
        axis: along which the two are put together; it doubles.

    Raises:
        TypeError: the dtype is another.
        ValueError: there is no such axis.
    """
    features = of_dtype(
        features,
        "x",
        (
            *(torch.bfloat16, torch.float16, torch.float32, torch.float64),
            *(torch.int8, torch.int16, torch.int32, torch.int64),
            *(torch.complex64, torch.complex128),
        ),
    )
    if features.ndim == 0:
        raise ValueError(
            "Can't concatenate scalars (use tf.stack instead): crelu wants a tensor of rank 1 or "
            "more."
        )
    least = axis + 1 if axis >= 0 else -axis
    if features.ndim < least:
        raise ValueError(
            f"Shape must be at least rank {least} but is rank {features.ndim}: the shape "
            f"{shape_text(features.shape)} has no axis {axis}."
        )
    return relu(torch.cat([features, -features], axis))


def leaky_relu(features: Tensor, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """Each element, times `alpha` where it is negative (tf.nn.leaky_relu).

    >>> leaky_relu(torch.tensor([-1.0, 2.0]))
    tensor([-0.2000,  2.0000])

    Args:
        features: a tensor of any shape; integers become float32.
        alpha: the slope below 0.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is bool or complex, or `alpha` is no number.
    """
    features = as_tensor(features)
    if not (features.is_floating_point() or features.is_complex() or features.dtype == torch.bool):
        features = features.to(torch.float32)
    if not isinstance(alpha, numbers.Real):
        raise TypeError(f"Expected float for argument 'alpha' not {alpha!r}.")
    return F.leaky_relu(of_dtype(features, "features"), as_float32(float(alpha)))


def elu(features: Tensor, name: str | None = None) -> Tensor:
    """``exp(x) - 1`` below 0, ``x`` above (tf.nn.elu).

    >>> elu(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])

    Args:
        features: a tensor of any shape, of floats.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is not floating.
    """
    return F.elu(of_dtype(features, "features"))


def selu(features: Tensor, name: str | None = None) -> Tensor:
    """An elu scaled so that layers keep mean 0 and variance 1 (tf.nn.selu).

    >>> selu(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])

    Args:
        features: a tensor of any shape, of floats.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is not floating.
    """
    features = of_dtype(features, "features")
    # At 0 itself TF1's gradient is that from above, and PyTorch's that from below.
    return torch.where(features < 0, F.selu(features), _SELU_SCALE * features)


def softplus(features: Tensor, name: str | None = None) -> Tensor:
    """``log(exp(x) + 1)`` (tf.nn.softplus).

    >>> softplus(torch.tensor([-1.0, 2.0]))
    tensor([0.3133, 2.1269])

    Args:
        features: a tensor of any shape, of floats.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is not floating.
    """
    # PyTorch takes x itself above its threshold of 20, where float64 still sees a difference.
    return F.softplus(of_dtype(features, "features"), threshold=40)


def softsign(features: Tensor, name: str | None = None) -> Tensor:
    """``x / (abs(x) + 1)`` (tf.nn.softsign).

    >>> softsign(torch.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])

    Args:
        features: a tensor of any shape, of floats.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is not floating.
    """
    return F.softsign(of_dtype(features, "features"))


def swish(features: Tensor, beta: Any = 1.0) -> Tensor:
    """``x * sigmoid(beta * x)`` (tf.nn.swish).

    >>> swish(torch.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])

    Args:
        features: a tensor of any shape, of floats.
        beta: a number, or a tensor of one.

    Raises:
        TypeError: the dtype is of integers or bool.
    """
    features = of_dtype(features, "x", COMPLEX_TOO)
    if isinstance(beta, numbers.Real):
        return F.silu(features) if beta == 1 else features * torch.sigmoid(float(beta) * features)
    return features * torch.sigmoid(as_tensor(beta).to(features.dtype) * features)


def sigmoid(x: Tensor, name: str | None = None) -> Tensor:
    """``1 / (1 + exp(-x))`` (tf.nn.sigmoid).

    >>> sigmoid(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])

    Args:
        x: a tensor of any shape, of floats or complex numbers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of integers or bool.
    """
    return torch.sigmoid(of_dtype(x, "x", COMPLEX_TOO))


def tanh(x: Tensor, name: str | None = None) -> Tensor:
    """The hyperbolic tangent (tf.nn.tanh).

    >>> tanh(torch.tensor([0.0, 2.0]))
    tensor([0.0000, 0.9640])

    Args:
        x: a tensor of any shape, of floats or complex numbers.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtype is of integers or bool.
    """
    return torch.tanh(of_dtype(x, "x", COMPLEX_TOO))


def softmax(
    logits: Tensor, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """``exp(x)``, divided by its sum along an axis (tf.nn.softmax).

    >>> softmax(torch.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])

    Args:
        logits: a tensor of rank 1 or more, of floats.
        axis: the axis along which the result sums to 1; the last by default.
        name: accepted for TF1 code; it has no effect.
        dim: another name of `axis`.

    Raises:
        TypeError: the dtype is not floating.
        ValueError: there is no such axis, or both of its names are given.
    """
    axis = either("dim", dim, "axis", axis)
    logits = of_dtype(logits, "logits")
    return F.softmax(logits, checked_axis(-1 if axis is None else axis, logits))


def log_softmax(
    logits: Tensor, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """The logarithm of `softmax` (tf.nn.log_softmax).

    >>> log_softmax(torch.tensor([0.0, 0.0]))
    tensor([-0.6931, -0.6931])

    Args:
        logits: a tensor of rank 1 or more, of floats.
        axis: the axis along which the exponentials sum to 1; the last by default.
        name: accepted for TF1 code; it has no effect.
        dim: another name of `axis`.

    Raises:
        TypeError: the dtype is not floating.
        ValueError: there is no such axis, or both of its names are given.
    """
    axis = either("dim", dim, "axis", axis)
    logits = of_dtype(logits, "logits")
    return F.log_softmax(logits, checked_axis(-1 if axis is None else axis, logits))
