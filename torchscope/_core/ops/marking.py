"""Numbers as rows that mark them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, numbers_of, of_dtype, wanted
from torchscope._core.values.conversion import as_dtype, dtype_name

_INDICES = (torch.uint8, torch.int8, torch.int32, torch.int64)


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """For each number a row of zeros with a one at its place (tf.one_hot).

    >>> one_hot([0, 2, -1], 3)
    tensor([[1., 0., 0.],
            [0., 0., 1.],
            [0., 0., 0.]])

    Args:
        indices: the numbers. One that has no place in the row gives zeros.
        depth: how long a row is.
        on_value: what is put at the place; 1 by default.
        off_value: what is put elsewhere; 0 by default.
        axis: along which axis of the result the rows lie; -1, the last, by default.
        dtype: that of the result; by default that of the values, or float32.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such axis, or the depth is negative or no number.
        TypeError: the numbers are no integers, or the values are of several dtypes.
    """
    given = as_tensor(wanted("indices", indices))
    if not isinstance(indices, Tensor) and given.dtype in (torch.bool, torch.int16):
        given = given.to(torch.int32)
    numbers = of_dtype(given, "indices", _INDICES)
    count = _depth(depth)
    where = -1 if axis is None else int(axis)
    rank = numbers.ndim + 1
    if where < -1:
        raise ValueError(f"axis must be >= -1. It is {where}.")
    if where >= rank:
        raise ValueError(f"Expected axis to be -1 or between [0, {rank}).  But received: {where}")
    on, off, kind = _values(on_value, off_value, dtype, numbers)
    shape = [1] * rank
    shape[where] = count
    places = torch.arange(count, dtype=torch.int64, device=numbers.device).reshape(shape)
    marks = numbers.unsqueeze(where) == places
    if on is None and off is None:
        return marks.to(kind)
    return torch.where(
        marks,
        _value(1 if on is None else on, kind, numbers, "on_value"),
        _value(0 if off is None else off, kind, numbers, "off_value"),
    )


def _depth(depth: Any) -> int:
    wanted("depth", depth)
    if isinstance(depth, float):
        raise TypeError(
            f"Expected int32 passed to parameter 'depth' of op 'OneHot', got {depth} of type "
            f"'float' instead. Error: Expected int32, but got {depth} of type 'float'."
        )
    count = numbers_of(depth, "depth")
    if isinstance(count, list):
        raise ValueError(f"Input must be scalar but has rank 1: the depth is {depth!r}.")
    if count < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 1, must be non-negative but is {count}: it is "
            "the depth."
        )
    return count  # type: ignore[no-any-return]


def _values(on: Any, off: Any, dtype: Any, beside: Tensor) -> tuple[Any, Any, torch.dtype]:
    """What is put in, and the dtype of it."""
    kind = None if dtype is None else as_dtype(dtype)
    # As TF1 does: a value is read as that dtype, if it can hold it.
    on, off = (
        None if each is None else each if isinstance(each, Tensor) else _read(each, kind, beside)
        for each in (on, off)
    )
    for each, what in ((on, "on_value"), (off, "off_value")):
        if each is not None and kind is not None and each.dtype != kind and dtype is not None:
            raise TypeError(
                f"dtype {_text(each.dtype)} of {what} does not match dtype parameter {_text(kind)}. "
                "Leave the dtype out, or convert the value."
            )
    if on is not None and off is not None and on.dtype != off.dtype:
        raise TypeError(
            f"dtype {_text(on.dtype)} of on_value does not match dtype {_text(off.dtype)} of "
            "off_value. Convert one of them."
        )
    if kind is None:
        kind = on.dtype if on is not None else off.dtype if off is not None else torch.float32
    if kind == torch.bool and (on is None or off is None):
        number = 1 if on is None else 0
        raise TypeError(
            f"Expected bool, but got {number} of type 'int'. Give on_value and off_value as bools."
        )
    return on, off, kind


def _read(value: Any, kind: torch.dtype | None, beside: Tensor) -> Tensor:
    try:
        return as_tensor(value, beside, preferred=kind)
    except TypeError:
        return as_tensor(value, beside)


def _value(value: Any, kind: torch.dtype, beside: Tensor, what: str) -> Tensor:
    if not isinstance(value, Tensor):
        return torch.scalar_tensor(value, dtype=kind, device=beside.device)
    if value.ndim:
        raise ValueError(f"{what} must be a scalar, but got: {list(value.shape)}")
    # TF1 gives no gradient to it.
    return value.detach()


def _text(dtype: torch.dtype) -> str:
    return f"<dtype: '{dtype_name(dtype)}'>"


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = torch.bool, name: str | None = None
) -> Tensor:
    """For each length a row that is true as far as it reaches (tf.sequence_mask).

    >>> sequence_mask([1, 3], 4, dtype="int32").tolist()
    [[1, 0, 0, 0], [1, 1, 1, 0]]

    Args:
        lengths: the lengths, of any shape.
        maxlen: how long a row is; by default as the longest length. If that is a tensor's, it must
            be read from its device.
        dtype: that of the result.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (*lengths.shape, maxlen)

    Raises:
        ValueError: maxlen is no number.
    """
    tensor = as_tensor(wanted("lengths", lengths))
    if maxlen is None:
        numbers = known.of(lengths)
        if numbers is None:
            count = int(tensor.max().clamp(min=0)) if tensor.numel() else 0
        else:
            flat = as_list(numbers)
            count = max(0, *flat) if flat else 0
    else:
        count = int(maxlen) if isinstance(maxlen, float) else numbers_of(maxlen, "maxlen")
    if isinstance(count, list):
        raise ValueError(
            f"Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = {maxlen!r}."
        )
    marks = torch.arange(count, device=tensor.device) < tensor.unsqueeze(-1)
    return marks.to(as_dtype(dtype))


def as_list(numbers: Any) -> list[Any]:
    """All numbers of nested lists, one after the other.

    >>> as_list([[1, 2], [3]]), as_list(4)
    ([1, 2, 3], [4])
    """
    if not isinstance(numbers, list):
        return [numbers]
    return [each for part in numbers for each in as_list(part)]
