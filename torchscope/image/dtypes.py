"""Images of other dtypes: floats from 0 to 1, integers over all that they hold."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, wanted
from torchscope._core.values.conversion import as_dtype

_WHOLE = (
    *(torch.uint8, torch.uint16, torch.uint32),
    *(torch.int8, torch.int16, torch.int32, torch.int64),
)


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Tensor:
    """An image of another dtype, with its numbers brought to that one's range.

    Answers to tf.image.convert_image_dtype.

    >>> convert_image_dtype(torch.tensor([0, 51, 255], dtype=torch.uint8), torch.float32)
    tensor([0.0000, 0.2000, 1.0000])

    Args:
        image: a tensor of integers, or of floats, which count from 0 to 1.
        dtype: floating or integer.
        saturate: whether numbers outside of what the dtype holds become its nearest.
        name: accepted for TF1 code; it has no effect.

    Raises:
        AttributeError: a dtype is neither floating nor integer.
        ValueError: the image is None.
    """
    tensor: Tensor = as_tensor(wanted("image", image))
    to: torch.dtype = as_dtype(dtype)
    for what, each in (("dtype", to), ("image dtype", tensor.dtype)):
        if not each.is_floating_point and each not in _WHOLE:
            raise AttributeError(
                f"{what} must be either floating point or integer. It is {each}: `.to({to})` "
                "converts without a change of range."
            )
    if tensor.dtype == to:
        return tensor.clone()
    if tensor.is_floating_point():
        if to.is_floating_point:
            return tensor.to(to)
        scaled = tensor * (torch.iinfo(to).max + 0.5)
        return saturated(scaled, to) if saturate else scaled.to(to)
    if to.is_floating_point:
        return tensor.to(to) * (1.0 / torch.iinfo(tensor.dtype).max)
    largest, limit = torch.iinfo(tensor.dtype).max, torch.iinfo(to).max
    # PyTorch computes little with unsigned integers.
    wide = tensor.to(torch.int64)
    if largest > limit:
        wide = wide.div((largest + 1) // (limit + 1), rounding_mode="floor")
        return saturated(wide, to) if saturate else wide.to(to)
    if saturate:
        wide = wide.clamp(torch.iinfo(to).min, limit)
    wide = wide * ((limit + 1) // (largest + 1))
    return wide.to(to)


def saturated(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Numbers of an integer dtype: those outside become its nearest.

    >>> saturated(torch.tensor([-3.0, 300.0]), torch.uint8)
    tensor([  0, 255], dtype=torch.uint8)
    """
    limits = torch.iinfo(dtype)
    low: float = limits.min
    high: float = limits.max
    if tensor.is_floating_point():
        floats = torch.finfo(tensor.dtype)
        # The largest below the end: the end itself would become the smallest integer.
        high = min((limits.max + 1) * (1 - floats.eps / 2), floats.max)
        low = max(low, floats.min)
    return tensor.clamp(low, high).to(dtype)


def in_floats(image: Any) -> tuple[Tensor, torch.dtype]:
    """An image to compute with, float16 or float32, and the dtype that it had."""
    tensor = as_tensor(wanted("image", image))
    if tensor.dtype in (torch.float16, torch.float32):
        return tensor, tensor.dtype
    return convert_image_dtype(tensor, torch.float32), tensor.dtype
