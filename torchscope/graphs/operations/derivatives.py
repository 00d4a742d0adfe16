"""The nodes by which TensorFlow computes the gradients of functions by element: mostly of what these gave, not of what they took."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

# As they are in TensorFlow: the slope of selu above 0, and its lowest value with the sign turned.
_SCALE = 1.0507009873554804934193349852946
_SCALE_ALPHA = 1.7580993408473768599402175208123


def _conjugate(y: Any) -> Tensor:
    return tf.convert_to_tensor(y).conj()


@op("SigmoidGrad")
def _sigmoid_grad(y: Any, dy: Any) -> Any:
    return dy * y * (1 - y)


@op("TanhGrad")
def _tanh_grad(y: Any, dy: Any) -> Any:
    return dy * (1 - y * y)


@op("SqrtGrad")
def _sqrt_grad(y: Any, dy: Any) -> Any:
    return 0.5 * dy / _conjugate(y)


@op("RsqrtGrad")
def _rsqrt_grad(y: Any, dy: Any) -> Any:
    y = _conjugate(y)
    return dy * y * (-0.5 * y * y)


@op("ReciprocalGrad", "InvGrad")
def _reciprocal_grad(y: Any, dy: Any) -> Any:
    y = _conjugate(y)
    return -dy * y * y


@op("SoftplusGrad")
def _softplus_grad(gradients: Any, features: Any) -> Any:
    return gradients * torch.sigmoid(features)


@op("SoftsignGrad")
def _softsign_grad(gradients: Any, features: Any) -> Any:
    return gradients / (1 + tf.abs(features)).square()


@op("EluGrad")
def _elu_grad(gradients: Any, outputs: Any) -> Any:
    return torch.where(outputs < 0, (outputs + 1) * gradients, gradients)


@op("SeluGrad")
def _selu_grad(gradients: Any, outputs: Any) -> Any:
    return torch.where(outputs < 0, (outputs + _SCALE_ALPHA) * gradients, gradients * _SCALE)


@op("Relu6Grad")
def _relu6_grad(gradients: Any, features: Any) -> Any:
    return tf.where((features > 0) & (features < 6), gradients, tf.zeros_like(gradients))


@op("LeakyReluGrad")
def _leaky_relu_grad(gradients: Any, features: Any, *, alpha: float = 0.2) -> Any:
    return torch.where(features > 0, gradients, gradients * alpha)
