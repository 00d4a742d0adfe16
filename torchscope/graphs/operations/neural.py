"""Convolutions, pooling, normalization, activations and losses."""

from __future__ import annotations

from typing import Any

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

op("Relu")(tf.nn.relu)
op("Relu6")(tf.nn.relu6)
op("Elu")(tf.nn.elu)
op("Selu")(tf.nn.selu)
op("Softplus")(tf.nn.softplus)
op("Softsign")(tf.nn.softsign)
op("Softmax")(tf.nn.softmax)
op("LogSoftmax")(tf.nn.log_softmax)


@op("LeakyRelu")
def _leaky_relu(features: Any, *, alpha: float = 0.2) -> Any:
    return tf.nn.leaky_relu(features, alpha)


@op("BiasAdd", "BiasAddV1")
def bias_add(value: Any, bias: Any, *, data_format: str = "NHWC") -> Any:
    """A bias, added to each channel."""
    return tf.nn.bias_add(value, bias, data_format)
