"""What a decoder's state remembers of each step: a list that grows, and is no part of the batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope.ops.static_shapes import TensorShape


class History:
    """The alignments of all steps so far, where TF1 has a tf.TensorArray.

    It never changes: to write is to make a longer one.

    >>> History(torch.float32, [2]).write(0, torch.ones(2)).write(1, torch.zeros(2)).stack()
    tensor([[1., 1.],
            [0., 0.]])

    Args:
        dtype: the dtype of a step.
        element_shape: its shape.
        steps: the steps so far.
    """

    __slots__ = ("_shape", "_steps", "dtype")

    def __init__(self, dtype: torch.dtype, element_shape: Any, steps: tuple[Any, ...] = ()) -> None:
        self.dtype = dtype
        self._shape = tuple(element_shape)
        self._steps = steps

    @property
    def element_shape(self) -> TensorShape:
        """The shape of a step."""
        return TensorShape(self._shape)

    def write(self, index: Any, value: Tensor, name: str | None = None) -> History:
        """One with another step at its end.

        Args:
            index: accepted for TF1 code: steps are written one after the other.
            value: the step.
            name: accepted for TF1 code; it has no effect.
        """
        return History(self.dtype, self._shape, (*self._steps, value))

    def zeros_if(self, done: Tensor) -> History:
        """The same with zeros for its last step, where that came too late."""
        last = self._steps[-1]
        held = torch.where(done, torch.zeros_like(last), last)
        return History(self.dtype, self._shape, (*self._steps[:-1], held))

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """One step.

        Raises:
            IndexError: there is none of that number.
        """
        step: Tensor = self._steps[int(index)]
        return step

    def size(self, name: str | None = None) -> int:
        """How many steps there are."""
        return len(self._steps)

    def stack(self, name: str | None = None) -> Tensor:
        """All steps in one tensor, the steps first."""
        if not self._steps:
            return torch.zeros((0, *self._shape), dtype=self.dtype)
        return torch.stack(self._steps)


def is_history(leaf: Any) -> bool:
    """Whether a leaf of a state is no tensor, but grows from step to step: TF1's tf.TensorArray, or ours."""
    return not isinstance(leaf, Tensor) and hasattr(leaf, "stack") and hasattr(leaf, "write")
