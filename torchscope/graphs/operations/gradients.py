"""What TensorFlow computes gradients with, beside the operations that models are made of."""

from __future__ import annotations

from typing import Any

import torchscope.tf1 as tf
from torchscope._core.ops.sizes import Sizes
from torchscope.graphs.operations.table import op


@op("BroadcastGradientArgs", outputs=("r0", "r1"))
def _broadcast_gradient_args(s0: Any, s1: Any) -> Any:
    first, second = tuple(map(int, s0)), tuple(map(int, s1))
    rank = max(len(first), len(second))
    first, second = (1,) * (rank - len(first)) + first, (1,) * (rank - len(second)) + second
    # Where both are of size one, both are summed over, which changes nothing.
    return (
        Sizes(axis for axis in range(rank) if first[axis] == 1),
        Sizes(axis for axis in range(rank) if second[axis] == 1),
    )


@op("ReluGrad")
def _relu_grad(gradients: Any, features: Any) -> Any:
    return tf.where(tf.greater(features, 0), gradients, tf.zeros_like(gradients))
