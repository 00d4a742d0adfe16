"""The few functions of TF1 on tensors that its guides to variables, and slim's networks, use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import as_dtype, convert_to_tensor, shape_text
from torchscope.initializers import Constant, RandomNormal, Seed
from torchscope.nn.arguments import as_tensor, either
from torchscope.registry import reset_default_registry


def constant(
    value: Any,
    dtype: Any = None,
    shape: Sequence[int] | None = None,
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

    Raises:
        TypeError: the value is no number and holds none, or has not the shape.
        ValueError: there are more numbers than the shape takes.
    """
    tensor = convert_to_tensor(value, None if dtype is None else as_dtype(dtype))
    if shape is None:
        return tensor.clone()
    return Constant(tensor, verify_shape=verify_shape)(shape, tensor.dtype)


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = torch.float32,
    seed: Seed = None,
    name: str | None = None,
) -> Tensor:
    """A draw from a normal distribution (tf.random_normal).

    >>> random_normal([1, 10, 10, 32]).shape
    torch.Size([1, 10, 10, 32])

    Args:
        shape: its dimensions.
        mean: the mean.
        stddev: the standard deviation.
        dtype: a floating dtype.
        seed: an int for the same draw each time, or a torch.Generator.
        name: accepted for TF1 code; it has no effect.
    """
    return RandomNormal(mean, stddev, seed)(shape, as_dtype(dtype))


def identity(input: Any, name: str | None = None) -> Tensor:
    """A tensor with the same values, through which gradients flow (tf.identity).

    >>> identity([1.0, 2.0])
    tensor([1., 2.])

    Args:
        input: a tensor or what makes one.
        name: accepted for TF1 code; it has no effect.
    """
    return as_tensor(input).clone()


def reset_default_graph() -> None:
    """Starts the default registry afresh (tf.reset_default_graph): `ts.reset_default_registry`."""
    reset_default_registry()


def concat(values: Sequence[Any], axis: int, name: str | None = None) -> Tensor:
    """Tensors one after the other along an axis (tf.concat).

    >>> concat([[1.0], [2.0, 3.0]], 0)
    tensor([1., 2., 3.])

    Args:
        values: tensors, or one, which is given back.
        axis: the axis.
        name: accepted for TF1 code; it has no effect.
    """
    if isinstance(values, Tensor):
        return values
    return torch.cat([as_tensor(value) for value in values], dim=axis)


def squeeze(
    input: Any,
    axis: int | Sequence[int] | None = None,
    name: str | None = None,
    squeeze_dims: int | Sequence[int] | None = None,
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
        ValueError: an axis is longer.
    """
    tensor = as_tensor(input)
    axis = either("squeeze_dims", squeeze_dims, "axis", axis)
    if axis is None:
        return tensor.squeeze()
    axes = _axes(tensor, axis)
    for each in axes:
        if tensor.shape[each] != 1:
            raise ValueError(
                f"Can not squeeze dim[{each}], expected a dimension of 1, got {tensor.shape[each]}. "
                f"The input has shape {shape_text(tensor.shape)}."
            )
    return tensor.squeeze(axes) if axes else tensor.squeeze()


def pad(
    tensor: Any,
    paddings: Sequence[Sequence[int]],
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: float = 0,
) -> Tensor:
    """A tensor with numbers put before and after it, along each axis (tf.pad).

    >>> pad([[1, 2]], [[0, 0], [1, 0]]).tolist()
    [[0, 1, 2]]

    Args:
        tensor: a tensor.
        paddings: how many before and how many after, for each axis.
        mode: 'CONSTANT', or 'REFLECT' or 'SYMMETRIC', which mirror it without and with its border.
        name: accepted for TF1 code; it has no effect.
        constant_values: what is put there.

    Raises:
        ValueError: there are more or fewer paddings than axes, or the mode is unknown.
    """
    padded = as_tensor(tensor)
    if len(paddings) != padded.ndim:
        raise ValueError(
            f"Shape must be rank {len(paddings)} but is rank {padded.ndim}: there is one pair of "
            f"paddings for each axis. The tensor has shape {shape_text(padded.shape)}."
        )
    mode = mode.upper()
    if mode == "CONSTANT":
        around = [int(count) for pair in reversed(paddings) for count in pair]
        result: Tensor = torch.nn.functional.pad(padded, around, value=constant_values)
        return result
    if mode not in ("REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
            f"Received `mode` = {mode}"
        )
    for axis, (before, after) in enumerate(paddings):
        padded = padded.index_select(axis, _mirrored(padded, axis, before, after, mode))
    return padded


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
    axis: int | Sequence[int] | None = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: int | Sequence[int] | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The mean over some axes (tf.reduce_mean).

    >>> reduce_mean([[1.0, 3.0], [5.0, 7.0]], axis=1)
    tensor([2., 6.])

    Args:
        input_tensor: a tensor of floats.
        axis: the axes; all by default.
        keepdims: whether they stay, with length 1.
        name: accepted for TF1 code; it has no effect.
        reduction_indices: another name of `axis`.
        keep_dims: another name of `keepdims`.
    """
    axis = either("reduction_indices", reduction_indices, "axis", axis)
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    tensor = as_tensor(input_tensor)
    axes = _axes(tensor, axis)
    # To PyTorch no axes are all of them.
    return tensor.mean(axes, keepdim=keep) if axes else tensor.clone()


def _axes(tensor: Tensor, axis: Any) -> list[int]:
    """The axes that an argument names; all where it is None."""
    if axis is None:
        return list(range(tensor.ndim))
    return [axis] if isinstance(axis, int) else list(axis)
