"""The few functions of TF1 on tensors that its guides to variables, and slim's networks, use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope import conversion
from torchscope.conversion import as_dtype, chooses_dtypes, dtype_name, shape_text
from torchscope.devices import device_of_the_net, on_device_of_the_net
from torchscope.initializers import Constant, RandomNormal, Seed
from torchscope.nn.arguments import (
    Axes,
    as_tensor,
    axes_of,
    check_broadcast,
    either,
    numbers_of,
    of_dtype,
    operands,
    shape_of,
    wanted,
)
from torchscope.registry import reset_default_registry

_NUMBERS = (
    *(torch.float32, torch.float64, torch.int32, torch.uint8, torch.int16, torch.int8),
    *(torch.complex64, torch.int64, torch.bfloat16, torch.uint16, torch.complex128),
    *(torch.float16, torch.uint32, torch.uint64),
)


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """The tensor that a value is, or is made into (tf.convert_to_tensor).

    >>> convert_to_tensor([23, 42], "float64")
    tensor([23., 42.], dtype=torch.float64)

    Args:
        value: a tensor, which is given back, a numpy array, a number, or nested lists of these.
        dtype: what to make of it; by default the dtype of an array, int32 for Python integers and
            float32 for Python floats.
        name: accepted for TF1 code; it has no effect.
        preferred_dtype: as `dtype`, where it can hold the value.
        dtype_hint: another name of it.

    Returns:
        The tensor, on the device of the net that runs if it was made.

    Raises:
        ValueError: the value is None, a tensor of another dtype, or lists of different lengths.
        TypeError: it is no number and holds none, or the dtype cannot hold it.
    """
    preferred = either("dtype_hint", dtype_hint, "preferred_dtype", preferred_dtype)
    return conversion.convert_to_tensor(
        value if isinstance(value, Tensor) or value is None else _of_pieces(value),
        None if dtype is None else as_dtype(dtype),
        None if preferred is None else as_dtype(preferred),
        device_of_the_net(),
    )


def _of_pieces(value: Any) -> Any:
    """A variable in pieces as a tensor; anything else as it is."""
    return value.as_tensor() if hasattr(value, "as_tensor") else value


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str | None = None,
    verify_shape: bool = False,
) -> Tensor:
    """A tensor with the given values (tf.constant).

    >>> constant([23, 42])
    tensor([23, 42], dtype=torch.int32)

    Args:
        value: a number, nested sequences of numbers, or a numpy array.
        dtype: by default int32 for Python integers and float32 for Python floats.
        shape: the shape to fill; a value that is too short is filled up with its last number.
        name: accepted for TF1 code; it has no effect.
        verify_shape: refuses a value that has not that shape.

    Returns:
        The tensor, on the device of the net that runs.

    Raises:
        TypeError: the value is no number and holds none, is a tensor, or has not the shape.
        ValueError: there are more numbers than the shape takes, or the value is None.
    """
    if isinstance(value, Tensor):
        raise TypeError(
            "Expected any non-tensor type, but got a tensor instead. A tensor is what it is; "
            "tf.identity copies it, and x.detach() takes it out of the graph."
        )
    device = device_of_the_net()
    tensor = conversion.convert_to_tensor(
        value, None if dtype is None else as_dtype(dtype), device=device
    )
    if shape is None:
        return tensor
    with on_device_of_the_net():
        return Constant(tensor, verify_shape=verify_shape)(shape_of(shape), tensor.dtype)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """A draw from a normal distribution (tf.random_normal).

    >>> random_normal([1, 10, 10, 32]).shape
    torch.Size([1, 10, 10, 32])

    Args:
        shape: its dimensions, integers or a tensor of them.
        mean: the mean, or a tensor of means, through which gradients flow.
        stddev: the standard deviation, as the mean.
        dtype: a floating dtype.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The draw, on the device of the net that runs.

    Raises:
        ValueError: the shape is none, or does not go with those of mean and stddev.
        TypeError: the dtype is not floating, or a dimension is no integer.
    """
    dtype, sizes = as_dtype(dtype), shape_of(shape)
    plain = all(type(each) in (int, float) for each in (mean, stddev))
    with on_device_of_the_net():
        if plain:
            return RandomNormal(mean, stddev, seed)(sizes, dtype)
        draw = RandomNormal(seed=seed)(sizes, dtype)
    for what, given in (("stddev", stddev), ("mean", mean)):
        try:
            number = conversion.convert_to_tensor(_of_pieces(given), dtype, device=draw.device)
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from None
        try:
            draw = draw * number if what == "stddev" else draw + number
        except RuntimeError:
            check_broadcast((what, number), ("the draw", draw))
            raise
    return draw


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the same values, through which gradients flow (tf.identity).

    >>> identity([1.0, 2.0])
    tensor([1., 2.])

    Args:
        input: a tensor or what makes one.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: it is None.
        TypeError: it is no number and holds none.
    """
    return as_tensor(wanted("input", input)).clone()


def reset_default_graph() -> None:
    """Starts the default registry afresh (tf.reset_default_graph): `ts.reset_default_registry`."""
    reset_default_registry()


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


def squeeze(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    squeeze_dims: Any = None,
) -> Tensor:
    """A tensor without its axes of length 1 (tf.squeeze).

    >>> squeeze(torch.ones(1, 3, 1), [0]).shape
    torch.Size([3, 1])

    Args:
        input: a tensor.
        axis: the axes; all of length 1 by default.
        name: accepted for TF1 code; it has no effect.
        squeeze_dims: another name of `axis`.

    Raises:
        ValueError: an axis is longer, or is not there.
        TypeError: an axis is no integer.
    """
    tensor = as_tensor(wanted("input", input))
    axis = either("squeeze_dims", squeeze_dims, "axis", axis)
    given = [] if axis is None else numbers_of(axis, "axis")
    axes = given if isinstance(given, list) else [given]
    for place, each in enumerate(axes):
        if not -tensor.ndim <= each < tensor.ndim:
            raise ValueError(
                f"squeeze_dims[{place}] not in [{-tensor.ndim},{tensor.ndim}). It is {each}; the "
                f"input has shape {shape_text(tensor.shape)}."
            )
        if tensor.shape[each] != 1:
            raise ValueError(
                f"Can not squeeze dim[{each % tensor.ndim}], expected a dimension of 1, got "
                f"{tensor.shape[each]}. The input has shape {shape_text(tensor.shape)}."
            )
    return tensor.squeeze(list({each % tensor.ndim for each in axes})) if axes else tensor.squeeze()


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """A tensor with numbers put before and after it, along each axis (tf.pad).

    >>> pad([[1, 2]], [[0, 0], [1, 0]]).tolist()
    [[0, 1, 2]]

    Args:
        tensor: a tensor.
        paddings: how many before and how many after, for each axis: integers, or a tensor of them.
        mode: 'CONSTANT', or 'REFLECT' or 'SYMMETRIC', which mirror it without and with its border.
        name: accepted for TF1 code; it has no effect.
        constant_values: what is put there, a number or a tensor of one.

    Raises:
        ValueError: there are more or fewer paddings than axes, one is negative, a mirror image would
            be longer than what is mirrored, or the mode is unknown.
        TypeError: a padding is no integer, or what is put there is of another dtype.
    """
    padded = as_tensor(wanted("input", tensor))
    pairs = _pairs(paddings, padded)
    upper = mode.upper() if isinstance(mode, str) else mode
    if upper == "CONSTANT":
        return _framed(padded, pairs, constant_values)
    if upper not in ("REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
            f"Received `mode` = {upper}"
        )
    for axis, (before, after) in enumerate(pairs):
        padded = padded.index_select(axis, _mirrored(padded, axis, before, after, upper))
    return padded


def _pairs(paddings: Any, tensor: Tensor) -> list[tuple[int, int]]:
    """A pair of numbers for each axis."""
    rows: Any = numbers_of(paddings, "paddings")

    def refused(sentence: str) -> ValueError:
        return ValueError(
            f"{sentence}: there is one pair of paddings for each axis, and the tensor has shape "
            f"{shape_text(tensor.shape)}."
        )

    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise refused(f"Shape must be rank 2 but is rank {int(isinstance(rows, list))}")
    for row in rows:
        if len(row) != 2:
            raise refused(f"Dimension must be 2 but is {len(row)}")
    if len(rows) != tensor.ndim:
        raise refused(f"Shape must be rank {len(rows)} but is rank {tensor.ndim}")
    if any(number < 0 for row in rows for number in row):
        raise refused("Paddings must be non-negative")
    return [(before, after) for before, after in rows]


def _framed(tensor: Tensor, pairs: Sequence[tuple[int, int]], number: Any) -> Tensor:
    """A tensor in the middle of a number."""
    around = [count for pair in reversed(pairs) for count in pair]
    if not isinstance(number, Tensor):
        number = operands("PadV2", input=tensor, constant_values=number)[1] if number else number
    if not isinstance(number, Tensor):
        return torch.constant_pad_nd(tensor, around, 0)
    if number.dtype != tensor.dtype:
        raise TypeError(
            f"Input 'constant_values' of 'PadV2' Op has type {dtype_name(number.dtype)} that does "
            f"not match type {dtype_name(tensor.dtype)} of argument 'input'. Convert one of them."
        )
    if number.ndim:
        raise ValueError(
            f"constant_values must be a scalar. Found: {shape_text(number.shape)}: it is one number."
        )
    outside = torch.constant_pad_nd(torch.zeros_like(tensor, dtype=torch.bool), around, True)
    # TF1 gives no gradient to it.
    return torch.where(outside, number.detach(), torch.constant_pad_nd(tensor, around, 0))


def _mirrored(tensor: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    """The indices along an axis that is continued by its mirror image."""
    length, skipped = tensor.shape[axis], int(mode == "REFLECT")
    if max(before, after) > length - skipped:
        raise ValueError(
            f"paddings must be no greater than the dimension size: {before}, {after} greater than "
            f"{length - skipped}"
        )
    first = range(before - 1 + skipped, skipped - 1, -1)
    last = range(length - 1 - skipped, length - 1 - skipped - after, -1)
    return torch.tensor([*first, *range(length), *last], device=tensor.device)


def reduce_mean(
    input_tensor: Any,
    axis: Axes = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Axes = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The mean over some axes (tf.reduce_mean).

    >>> reduce_mean([[1.0, 3.0], [5.0, 7.0]], axis=1)
    tensor([2., 6.])
    >>> reduce_mean([1, -4])  # cut off towards 0
    tensor(-1, dtype=torch.int32)

    Args:
        input_tensor: a tensor of numbers. The mean of integers is an integer.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        name: accepted for TF1 code; it has no effect.
        reduction_indices: another name of `axis`.
        keep_dims: another name of `keepdims`.

    Raises:
        ValueError: an axis is not there, or named twice; or an argument has both of its names.
        TypeError: the numbers are bools, or an axis is no integer.
    """
    axis = either("reduction_indices", reduction_indices, "axis", axis)
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    tensor = of_dtype(input_tensor, "input", _NUMBERS)
    axes = axes_of(axis, tensor.ndim)
    if not axes:
        # To PyTorch no axes are all of them.
        return tensor.clone()
    if tensor.is_floating_point() or tensor.is_complex():
        return tensor.mean(axes, keepdim=keep)
    count = math.prod(tensor.shape[each] for each in axes)
    total = tensor.sum(axes, keepdim=keep, dtype=torch.int64)
    # The mean of no integers is 0 to TF1.
    return total.div(max(count, 1), rounding_mode="trunc").to(tensor.dtype)
