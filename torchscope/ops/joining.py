"""Tensors put together, and taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import chooses_dtypes, dtype_name, shape_text
from torchscope.ops.arguments import (
    as_tensor,
    numbers_of,
)


def concat(values: Any, axis: Any, name: str | None = None) -> Tensor:
    """Tensors one after the other along an axis (tf.concat).

    >>> concat([[1.0], [2.0, 3.0]], 0)
    tensor([1., 2., 3.])

    Args:
        values: tensors of one dtype, and what makes them; or one, which is given back.
        axis: the axis.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the dtypes differ, or the axis is no integer.
        ValueError: there are no values, the shapes do not fit, or there is no such axis.
    """
    where = numbers_of(axis, "axis")
    if isinstance(where, list):
        raise ValueError(f"Shape must be rank 0 but is rank 1: the axis is {axis!r}, not a number.")
    if not isinstance(values, list | tuple):
        return as_tensor(values)
    if not values:
        raise ValueError(
            "List argument 'values' to 'ConcatV2' Op with length 0 shorter than minimum length 2."
        )
    tensors = _of_one_dtype("values", "ConcatV2", values)
    first = tensors[0]
    if len(tensors) == 1:
        return first
    shapes = f"the shapes are {', '.join(shape_text(each.shape) for each in tensors)}."
    if first.ndim == 0:
        raise ValueError(f"Can't concatenate scalars (use tf.stack instead): {shapes}")
    least = where + 1 if where >= 0 else -where
    if first.ndim < least:
        raise ValueError(
            f"Shape must be at least rank {least} but is rank {first.ndim}: there is no axis "
            f"{where}; {shapes}"
        )
    where %= first.ndim
    for each in tensors:
        if each.ndim != first.ndim:
            raise ValueError(f"Shape must be rank {first.ndim} but is rank {each.ndim}: {shapes}")
        for other, (size, own) in enumerate(zip(first.shape, each.shape, strict=True)):
            if other != where and size != own:
                # TF1 counts without the axis.
                raise ValueError(
                    f"Dimension {other - (other > where)} in both shapes must be equal, but are "
                    f"{size} and {own}: along axis {where}, {shapes}"
                )
    return torch.cat(tensors, dim=where)


def _of_one_dtype(parameter: str, operation: str, values: Sequence[Any]) -> list[Tensor]:
    """What a list holds as tensors; the first that is a tensor says of which dtype numbers are."""
    beside = next((each for each in values if isinstance(each, Tensor)), None)
    dtype = None if beside is None else beside.dtype
    try:
        tensors = [as_tensor(each, beside, dtype) for each in values]
        first = tensors[0]
        if all(each.dtype == first.dtype for each in tensors) or chooses_dtypes(first.device):
            return tensors
    except (TypeError, ValueError):
        pass
    # What they are by themselves.
    names = [
        "<NOT CONVERTIBLE TO TENSOR>" if each is None else dtype_name(as_tensor(each).dtype)
        for each in values
    ]
    raise TypeError(
        f"Tensors in list passed to '{parameter}' of '{operation}' Op have types "
        f"[{', '.join(names)}] that don't all match. Convert them to one dtype."
    )
