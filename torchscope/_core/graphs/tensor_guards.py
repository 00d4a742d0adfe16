"""The shapes, dtypes and devices of a net's tensors, compared on every call of its graph.

`get_variable` compares them, where an operation would broadcast or promote without a word. Reading
them one by one takes a microsecond for each tensor. PyTorch's compiler has a function of C++ for
many at once, which compares more: classes, what is trained, the mode of the thread. So its yes
counts, and after its no they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from torch import Tensor
from torch._C._dynamo.guards import TensorGuards

_kind = attrgetter("shape", "dtype", "device")


class Kinds:
    """Those of some tensors as they are now.

    Args:
        tensors: the tensors.
    """

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._kinds = list(map(_kind, tensors))
        self._check = _all_at_once(tensors)

    def hold(self, tensors: Sequence[Tensor | None]) -> bool:
        """Whether these have the same; None where one is gone."""
        if self._check(*tensors):
            return True
        there = [each for each in tensors if each is not None]
        if len(there) < len(tensors) or list(map(_kind, there)) != self._kinds:
            return False
        self._check = _all_at_once(there)
        return True


def _all_at_once(tensors: Sequence[Tensor]) -> Any:
    # Their strides are nobody's business.
    free: Any = [[None] * tensor.dim() for tensor in tensors]
    return TensorGuards(*tensors, dynamic_dims_sizes=None, dynamic_dims_strides=free).check
