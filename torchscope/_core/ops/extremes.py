"""Where the largest and the smallest numbers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import either, numbers_of, of_dtype, wanted
from torchscope._core.ops.reducing import ORDERED
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text

_INDICES = {
    torch.argmax: (torch.int16, torch.uint16, torch.int32, torch.int64),
    torch.argmin: (torch.int32, torch.int64),
}


def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = torch.int64,
) -> Tensor:
    """Where the largest number along an axis is (tf.argmax).

    >>> argmax([[1.0, 3.0, 3.0], [4.0, 0.0, 0.0]], 1)
    tensor([1, 0])

    Args:
        input: numbers, or bools.
        axis: the axis; the first by default.
        name: accepted for TF1 code; it has no effect.
        dimension: another name of `axis`.
        output_type: torch.int64, or int32, int16 or uint16.

    Returns:
        The index of the first of the largest numbers; where one is NaN, of that.

    Raises:
        ValueError: there is no such axis, or nothing along it, or both names of it were given.
        TypeError: the numbers are complex, the axis is no integer, or the output type is another.
    """
    return _place(torch.argmax, input, axis, dimension, output_type)


def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = torch.int64,
) -> Tensor:
    """Where the smallest number along an axis is (tf.argmin).

    >>> argmin([[1.0, 1.0, 3.0], [4.0, 0.0, 0.0]], 1)
    tensor([0, 1])

    Arguments and errors are those of `argmax`; the output type is torch.int64 or int32.
    """
    return _place(torch.argmin, input, axis, dimension, output_type)


def arg_max(
    input: Any, dimension: Any, output_type: Any = torch.int64, name: str | None = None
) -> Tensor:
    """Where the largest number along an axis is (tf.arg_max, the older name of `argmax`).

    >>> arg_max([[1.0, 3.0]], 1)
    tensor([1])

    Arguments and errors are those of `argmax`.
    """
    return argmax(input, dimension, output_type=output_type)


def arg_min(
    input: Any, dimension: Any, output_type: Any = torch.int64, name: str | None = None
) -> Tensor:
    """Where the smallest number along an axis is (tf.arg_min, the older name of `argmin`).

    >>> arg_min([[1.0, 3.0]], 1)
    tensor([0])

    Arguments and errors are those of `argmax`.
    """
    return argmin(input, dimension, output_type=output_type)


def _place(
    find: Callable[..., Tensor], input: Any, axis: Any, dimension: Any, output_type: Any
) -> Tensor:
    if dimension is not None:
        axis = either("dimension", dimension, "axis", axis)
    dtype = as_dtype(output_type)
    if dtype not in _INDICES[find]:
        raise TypeError(
            f"Value passed to parameter 'output_type' has DataType {dtype_name(dtype)} not in list "
            f"of allowed values: {', '.join(map(dtype_name, _INDICES[find]))}."
        )
    tensor = input
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
        tensor = of_dtype(wanted("input", input), "input", (*ORDERED, torch.bool))
    where = 0 if axis is None else axis
    if type(where) is not int:
        where = _integer(where)
    if not -tensor.ndim <= where < tensor.ndim:
        raise ValueError(
            f"Expected dimension in the range [{-tensor.ndim}, {tensor.ndim}), but got {where}: the "
            f"input has shape {shape_text(tensor.shape)}."
        )
    if tensor.shape[where] == 0:
        raise ValueError(
            f"Reduction axis {where} is empty in shape {shape_text(tensor.shape)}: nothing is the "
            "largest or smallest."
        )
    if tensor.dtype == torch.bool:
        tensor = tensor.to(torch.uint8)
    found = find(tensor, where)
    return found if dtype == torch.int64 else found.to(dtype)


def _integer(axis: Any) -> Any:
    try:
        found = numbers_of(int(axis) if isinstance(axis, bool) else axis, "axis")
    except TypeError:
        found = None
    if found is None or isinstance(found, list):
        raise TypeError(
            f"axis must be int or Tensor with integer datatype. It is {axis!r}: one axis."
        )
    return found
