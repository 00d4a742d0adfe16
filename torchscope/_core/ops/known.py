"""Integers that a tensor was made of, so that nobody has to read them from its device.

TF1 code computes axes and shapes by operations (`tf.concat([[1, 0], tf.range(2, n)], 0)`), and PyTorch
wants Python's integers for them. To read them from a tensor stops a GPU, and cannot be recorded.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.values.static_shapes import Dimension, TensorShape

_ATTRIBUTE = "_ts_known"
MOST = 64


def note(tensor: Tensor, numbers: Any) -> Tensor:
    """Notes what integers a new tensor holds, and gives it back.

    >>> of(note(torch.tensor([2, 3]), [2, 3]))
    [2, 3]

    Args:
        tensor: a tensor that nobody else has yet.
        numbers: one integer, or nested lists of them. They may be symbols.
    """
    # What is changed in place has another version, but where nobody counts them.
    if (
        tensor.numel() <= MOST
        and not tensor.is_inference()
        and not torch.compiler.is_dynamo_compiling()
    ):
        setattr(tensor, _ATTRIBUTE, (tensor._version, numbers))
    return tensor


def of(value: Any) -> Any:
    """The integers that a value is known to hold, or None.

    >>> of(torch.tensor(2)), of(5), of([1, torch.ones(2)])
    (None, 5, None)

    Args:
        value: a tensor, an integer, or nested lists of them.
    """
    if isinstance(value, Tensor):
        version, numbers = getattr(value, _ATTRIBUTE, (None, None))
        return numbers if version is not None and value._version == version else None
    if isinstance(value, list | tuple):
        found = [of(each) for each in value]
        return None if any(each is None for each in found) else found
    if isinstance(value, int | torch.SymInt) and not isinstance(value, bool):
        return value
    if isinstance(value, Dimension):
        return value.value
    if isinstance(value, TensorShape) and value.is_fully_defined():
        return value.as_list()
    return None
