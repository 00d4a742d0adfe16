"""What kind of tensor a file tells of: its dtype and its shape, believed only as far as they make sense."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope.checkpoint.errors import CheckpointError, visible
from torchscope.checkpoint.formats import dtypes

# The most dimensions that TensorFlow has, and values whose bytes can still be counted.
_MOST_DIMENSIONS = 254
_MOST_VALUES = 1 << 59


class Kind(NamedTuple):
    """The number of a dtype, and a shape."""

    number: int
    shape: torch.Size

    @property
    def dtype(self) -> torch.dtype | type[bytes] | str:
        """The dtype in torch; bytes for strings; TensorFlow's name for what torch cannot hold."""
        if self.number == dtypes.STRING:
            return bytes
        return dtypes.TORCH.get(self.number) or dtypes.name_of(self.number)

    def torch_dtype(self, name: str, file: str) -> torch.dtype:
        """The dtype of a tensor, or CheckpointError where there is none."""
        dtype = self.dtype
        if not isinstance(dtype, torch.dtype):
            raise CheckpointError(
                f"{name} is of dtype {dtypes.name_of(self.number)}, which no tensor can hold.", file
            )
        return dtype

    def check_target(self, name: str, out: Tensor, file: str) -> None:
        """Raises ValueError unless a tensor is of this dtype and shape."""
        dtype = self.torch_dtype(name, file)
        if out.dtype != dtype or out.shape != self.shape:
            raise ValueError(
                f"{visible(name)} is {list(self.shape)} of {dtype} in {visible(file)}, and the tensor"
                f" to read it into is {list(out.shape)} of {out.dtype}."
            )


def check_shape(message: Any, name: str, file: str) -> torch.Size:
    """The shape that a TensorShape tells, or CheckpointError where no tensor can have it."""
    shape = [dimension.size for dimension in message.dim]
    if len(shape) > _MOST_DIMENSIONS or message.unknown_rank:
        raise CheckpointError(
            f"{name} has {len(shape)} dimensions, and at most {_MOST_DIMENSIONS} are"
            " expected, and a rank that is known.",
            file,
        )
    count = 1
    for size in shape:
        count *= max(size, 1)
        if size < 0 or count > _MOST_VALUES:
            raise CheckpointError(f"{name} cannot have the shape {shape[:8]}.", file)
    return torch.Size(shape)
