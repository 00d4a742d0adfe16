"""Activation functions."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def relu(features: Tensor, name: str | None = None) -> Tensor:
    """The positive part of each element (tf.nn.relu).

    >>> import torch
    >>> relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])

    Args:
        features: a tensor of any shape.
        name: accepted for TF1 code; it has no effect.
    """
    return F.relu(features)
