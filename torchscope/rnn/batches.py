"""The axes of sequences: the batch and the steps."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from torchscope._core.values.conversion import convert_to_tensor, shape_text


def transpose_batch_time(x: Any) -> Tensor:
    """A tensor with its first two axes changed places (tf.contrib.rnn.transpose_batch_time).

    >>> import torch
    >>> transpose_batch_time(torch.ones(2, 5, 3)).shape
    torch.Size([5, 2, 3])

    Args:
        x: (B, T, ...), or (T, B, ...); what has fewer than two axes stays as it is.
    """
    tensor = convert_to_tensor(x)
    return tensor if tensor.ndim < 2 else tensor.transpose(0, 1)


def best_effort_input_batch_size(flat_input: Any) -> int:
    """The number of rows of inputs with the steps first (tf.contrib.rnn.best_effort_input_batch_size).

    >>> import torch
    >>> best_effort_input_batch_size([torch.ones(5, 2, 3)])
    2

    Args:
        flat_input: a list of tensors (T, B, ...).

    Raises:
        ValueError: the first has fewer than two axes.
    """
    first = convert_to_tensor(flat_input[0])
    if first.ndim < 2:
        raise ValueError(
            f"Input tensor should have rank >= 2. Received an input of shape "
            f"{shape_text(first.shape)} and rank {first.ndim}"
        )
    return first.shape[1]
