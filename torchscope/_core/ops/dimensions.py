"""How large a tensor is: its sizes, and what they are together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.sizes import Sizes


def shape(
    input: Any, name: str | None = None, out_type: Any = torch.int32, optimize: bool = True
) -> Sizes:
    """The sizes of a tensor (tf.shape), as integers that stand for a tensor of them.

    >>> shape(torch.ones(2, 3)), shape(5)
    (Sizes([2, 3]), Sizes([]))

    Args:
        input: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.
        out_type: torch.int32 or torch.int64: the dtype of the tensor that they become.
        optimize: accepted for TF1 code; it has no effect.
    """
    return Sizes(input.shape if isinstance(input, Tensor) else _sizes(input), out_type)


def rank(input: Any, name: str | None = None) -> int:
    """The number of a tensor's dimensions (tf.rank).

    >>> rank(torch.ones(2, 3))
    2

    Args:
        input: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.
    """
    return len(_sizes(input))


def size(input: Any, name: str | None = None, out_type: Any = torch.int32) -> int:
    """The number of a tensor's elements (tf.size).

    >>> size(torch.ones(2, 3))
    6

    Args:
        input: a tensor, or what makes one.
        name: accepted for TF1 code; it has no effect.
        out_type: accepted for TF1 code; a Python integer has no dtype.
    """
    number: int = 1
    for each in _sizes(input):
        number = number * each
    return number


def shape_n(input: Any, out_type: Any = torch.int32, name: str | None = None) -> list[Sizes]:
    """The sizes of several tensors (tf.shape_n).

    >>> shape_n([torch.ones(2), torch.ones(3, 4)])
    [Sizes([2]), Sizes([3, 4])]

    Args:
        input: the tensors.
        out_type: as in `shape`.
        name: accepted for TF1 code; it has no effect.
    """
    return [shape(each, out_type=out_type) for each in input]


def _sizes(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.shape
    if isinstance(value, Sizes):
        return (len(value),)
    return as_tensor(value).shape
