"""Some of the rows of a tensor, which may name a row several times: the gradient of what was gathered of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.values.conversion import convert_to_tensor, dtype_name, shape_text
from torchscope._core.values.static_shapes import TensorShape


class IndexedSlices:
    """Rows of a tensor whose other rows are 0 (tf.IndexedSlices).

    It is what `tf.gradients` gives for a variable of which rows are gathered and nothing else. Functions that
    take tensors take it as the whole tensor, in which rows of one number are added up.

    >>> slices = IndexedSlices([[1.0], [2.0], [3.0]], [2, 0, 2], [4, 1])
    >>> slices.to_dense().tolist(), slices.get_shape().as_list()
    ([[2.0], [0.0], [4.0], [0.0]], [4, 1])

    Args:
        values: the rows, (N, ...): a tensor, or what makes one.
        indices: their numbers, (N,): the same.
        dense_shape: the shape of the whole tensor; None where it is not known.

    Raises:
        ValueError: the values or indices are None.
    """

    __slots__ = ("dense_shape", "indices", "values")

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values: Tensor = convert_to_tensor(values)
        self.indices: Tensor = convert_to_tensor(indices, device=self.values.device)
        # Integers that are known are not read from a device, and there are none in a recording.
        sizes = known.of(dense_shape)
        sizes = dense_shape if sizes is None else sizes
        self.dense_shape: tuple[int, ...] | None = (
            None if sizes is None else tuple(int(size) for size in sizes)
        )

    @property
    def dtype(self) -> torch.dtype:
        """That of the values."""
        return self.values.dtype

    @property
    def device(self) -> torch.device:
        """That of the values."""
        return self.values.device

    @property
    def shape(self) -> torch.Size | None:
        """The shape of the whole tensor; None where it is not known."""
        return None if self.dense_shape is None else torch.Size(self.dense_shape)

    def get_shape(self) -> TensorShape:
        """The shape as TF1 code asks for it."""
        return TensorShape(self.dense_shape)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

    def __repr__(self) -> str:
        values = f"{shape_text(self.values.shape)} of {dtype_name(self.dtype)}"
        return f"IndexedSlices(values={values}, dense_shape={self.dense_shape})"

    def to_dense(self) -> Tensor:
        """The whole tensor.

        Raises:
            ValueError: its shape is not known.
        """
        if self.dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices for argument `value` without "
                f"dense_shape: {self!r}. Give it: IndexedSlices(values, indices, dense_shape)."
            )
        whole = self.values.new_zeros(self.dense_shape)
        return whole.index_add(0, self.indices.to(torch.int64), self.values)

    def summed(self) -> IndexedSlices:
        """The same with each row once: those of one number are added up.

        >>> slices = IndexedSlices([1.0, 2.0, 3.0], [2, 0, 2], [4])
        >>> slices.summed().indices.tolist(), slices.summed().values.tolist()
        ([0, 2], [2.0, 4.0])
        """
        rows, places = torch.unique(self.indices, return_inverse=True)
        sums = self.values.new_zeros((len(rows), *self.values.shape[1:]))
        return IndexedSlices(sums.index_add(0, places, self.values), rows, self.dense_shape)
