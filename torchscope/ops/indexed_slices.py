"""Rows of a tensor that is zero elsewhere: what TF1 has as the gradient of a lookup."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import dtype_name, shape_text
from torchscope.ops.arguments import as_tensor, shape_of, wanted


class IndexedSlices:
    """Rows, and which rows of a tensor they are (tf.IndexedSlices).

    A row may be there several times: then what stands for it is the sum. Gradients are tensors here, that
    of a lookup too, so nothing gives such slices but your own code.

    >>> rows = IndexedSlices([[1.0, 2.0], [3.0, 4.0]], [2, 0], [3, 2])
    >>> rows
    IndexedSlices(values=(2, 2) of float32, dense_shape=(3, 2))
    >>> rows.to_dense()
    tensor([[3., 4.],
            [0., 0.],
            [1., 2.]])

    Args:
        values: (N, ...), the rows.
        indices: (N,), integers.
        dense_shape: the shape of the whole, where it is known.

    Raises:
        ValueError: the values or indices are None.
    """

    __slots__ = ("dense_shape", "indices", "values")

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values = as_tensor(wanted("values", values))
        self.indices = as_tensor(wanted("indices", indices), self.values)
        self.dense_shape = None if dense_shape is None else shape_of(dense_shape)

    @property
    def dtype(self) -> torch.dtype:
        """That of the values."""
        return self.values.dtype

    @property
    def device(self) -> torch.device:
        """That of the values."""
        return self.values.device

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

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
        return whole.index_add(0, self.indices.long(), self.values)

    def __repr__(self) -> str:
        values = f"{shape_text(self.values.shape)} of {dtype_name(self.dtype)}"
        return f"IndexedSlices(values={values}, dense_shape={self.dense_shape})"
