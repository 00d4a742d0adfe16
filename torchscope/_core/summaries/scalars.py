"""The value of tf.summary.scalar."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.summaries.protocol import message
from torchscope._core.values.conversion import shape_text


def scalar_values(name: str, tag: str, tensor: Tensor) -> list[Any]:
    """A number, as a float32.

    Args:
        name: the name of the operation.
        tag: under which it is shown.
        tensor: the number, of shape ().

    Raises:
        InvalidArgumentError: it is no number, but several.
    """
    if tensor.ndim:
        shape = shape_text(tensor.shape).strip("()").rstrip(",").replace(" ", "")
        raise InvalidArgumentError(
            None,
            None,
            f"tags and values are not the same shape: [] != [{shape}] (tag '{tag}'). Give the summary "
            f"{name} one number, such as tf.reduce_mean(x), or use tf.summary.histogram.",
        )
    return [message("Summary").Value(tag=tag, simple_value=tensor.to(torch.float32).item())]
