"""The same numbers several times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import torch
from torch import Tensor

from torchscope._core.ops import known
from torchscope._core.ops.arguments import as_tensor, numbers_of, shape_of, wanted
from torchscope._core.ops.sizes import Sizes, row_of, standing_for
from torchscope._core.values.conversion import shape_text


@overload
def tile(input: Sequence[int], multiples: Any, name: str | None = None) -> Sizes: ...


@overload
def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor: ...


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """A tensor several times after itself along each axis (tf.tile).

    >>> tile([[1.0, 2.0]], [2, 2])
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])

    Args:
        input: a tensor.
        multiples: how many times along each axis: integers, or a tensor of them.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The tensor, or `Sizes` of what are sizes.

    Raises:
        ValueError: there are more or fewer numbers than axes, or one is negative.
        TypeError: one is no integer.
    """
    if type(multiples) is list and isinstance(input, Tensor) and len(multiples) == input.ndim:
        for each in multiples:
            if type(each) is not int or each < 0:
                break
        else:
            return input.repeat(multiples)
    times = numbers_of(multiples, "multiples")
    if not isinstance(times, list) or any(isinstance(each, list) for each in times):
        raise ValueError(
            f"Shape must be rank 1 but is rank {2 if isinstance(times, list) else 0}: there is one "
            f"number for each axis. Received: multiples={multiples!r}"
        )
    sizes = row_of(input)
    if sizes is not None and len(times) == 1 and type(times[0]) is int and times[0] >= 0:
        return standing_for(sizes * times[0], input)
    tensor = as_tensor(wanted("input", input))
    if len(times) != tensor.ndim:
        raise ValueError(
            f"Shape must be rank {tensor.ndim} but is rank {len(times)}: multiples are {times}, and "
            f"the tensor has shape {shape_text(tensor.shape)}."
        )
    for place, each in enumerate(times):
        if each < 0:
            raise ValueError(f"Expected multiples[{place}] >= 0, but got {each}.")
    return tensor.repeat(times)


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose elements come several times each, along an axis (tf.repeat).

    >>> repeat([1, 2], [2, 3]).tolist()
    [1, 1, 2, 2, 2]

    Args:
        input: a tensor.
        repeats: how many times: one number, or one for each element along the axis.
        axis: the axis; by default the tensor is made flat.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such axis, there are more or fewer numbers than elements, or one is
            negative.
        TypeError: a number is no integer.
    """
    tensor = as_tensor(wanted("input", input))
    if axis is None:
        tensor, where = tensor.reshape(-1), 0
    else:
        where = numbers_of(axis, "axis")
        tensor = tensor.reshape(-1) if tensor.ndim == 0 else tensor
    if not -tensor.ndim <= where < tensor.ndim:
        raise ValueError(
            f"axis={where} out of bounds: expected {-tensor.ndim}<=axis<{tensor.ndim}. The tensor "
            f"has shape {shape_text(tensor.shape)}."
        )
    if isinstance(repeats, Tensor) and repeats.ndim == 1 and known.of(repeats) is None:
        times: Any = repeats
        count = times.shape[0]
    else:
        times = _times(repeats)
        count = len(times) if isinstance(times, list) else 1
    if isinstance(times, list) and count == 1:
        (times,) = times
    if count not in (1, tensor.shape[where]):
        raise ValueError(
            f"Dimensions {tensor.shape[where]} and {count} are not compatible: there is one number, "
            f"or one for each element along axis {where} of {shape_text(tensor.shape)}."
        )
    if isinstance(times, Tensor):
        return tensor.repeat_interleave(times.expand(tensor.shape[where]), where)
    for each in times if isinstance(times, list) else [times]:
        if each < 0:
            raise ValueError(f"Expected repeats >= 0, but got {each}.")
    if not isinstance(times, list):
        return tensor.repeat_interleave(times, where)
    index = [place for place, number in enumerate(times) for _ in range(number)]
    return tensor.index_select(where, torch.tensor(index, dtype=torch.int64, device=tensor.device))


def _times(repeats: Any) -> Any:
    try:
        times = numbers_of(repeats, "repeats")
    except TypeError:
        raise TypeError(
            f"Argument `tensor` (name: repeats) must be of type integer. Received: {repeats!r}"
        ) from None
    if isinstance(times, list) and any(isinstance(each, list) for each in times):
        shape = shape_text(as_tensor(repeats).shape)
        raise ValueError(f"Shape {shape} must have rank at most 1: repeats is {repeats!r}.")
    return times


def repeat_with_axis(data: Any, repeats: Any, axis: Any, name: str | None = None) -> Tensor:
    """A tensor whose elements come several times each: `repeat` (array_ops.repeat_with_axis).

    >>> repeat_with_axis([[1, 2]], 2, 1).tolist()
    [[1, 1, 2, 2]]

    Args:
        data: a tensor.
        repeats: as in `repeat`.
        axis: as in `repeat`.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `repeat`.
        TypeError: as in `repeat`.
    """
    return repeat(data, repeats, axis)


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor repeated along axes of length 1, and along new ones before, to a shape.

    Answers to tf.broadcast_to.

    >>> broadcast_to([1.0, 2.0], [2, 2])
    tensor([[1., 2.],
            [1., 2.]])

    Args:
        input: a tensor.
        shape: its sizes: integers, or a tensor of them.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the shapes do not fit, or a size is negative.
        TypeError: a size is no integer.
    """
    tensor = as_tensor(wanted("input", input))
    sizes = shape_of(shape)
    if len(sizes) < tensor.ndim:
        raise ValueError(
            f"Shape must be at most rank {len(sizes)} but is rank {tensor.ndim}: the tensor has "
            f"shape {shape_text(tensor.shape)}, and is to get {shape_text(sizes)}."
        )
    try:
        return tensor.expand(sizes)
    except RuntimeError:
        for own, size in zip(reversed(tensor.shape), reversed(sizes), strict=False):
            if own not in (1, size):
                raise ValueError(
                    f"Dimensions must be equal, but are {own} and {size}: the tensor has shape "
                    f"{shape_text(tensor.shape)}, and is to get {shape_text(sizes)}."
                ) from None
        raise


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Sizes:
    """The shape of what two tensors make together (tf.broadcast_dynamic_shape).

    >>> broadcast_dynamic_shape([2, 1], [3])
    Sizes([2, 3])

    Args:
        shape_x: the sizes of one: integers, or a tensor of them.
        shape_y: the sizes of the other.

    Raises:
        ValueError: they do not fit.
        TypeError: a size is no integer.
    """
    x, y = numbers_of(shape_x, "s0"), numbers_of(shape_y, "s1")
    found = standing_for(list(_broadcast(x, y)), shape_x, shape_y)
    assert isinstance(found, Sizes)
    return found


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> tuple[int | None, ...]:
    """The shape of what two tensors make together (tf.broadcast_static_shape).

    >>> broadcast_static_shape([2, 1], [None, 3])
    (2, 3)

    Args:
        shape_x: the shape of one; None is a size that is not known.
        shape_y: the shape of the other.

    Raises:
        ValueError: they do not fit.
    """
    return _broadcast(shape_x, shape_y)


def _broadcast(shape_x: Any, shape_y: Any) -> tuple[Any, ...]:
    most = max(len(shape_x), len(shape_y))
    made = []
    for x, y in zip(
        [1] * (most - len(shape_x)) + list(shape_x),
        [1] * (most - len(shape_y)) + list(shape_y),
        strict=True,
    ):
        if x is None or y is None:
            other = y if x is None else x
            made.append(None if other == 1 else other)
        elif x in (1, y):
            made.append(y)
        elif y == 1:
            made.append(x)
        else:
            raise ValueError(
                "Incompatible shapes for broadcasting. Two shapes are compatible if for each "
                "dimension pair they are either equal or one of them is 1. Received: "
                f"{shape_text(shape_x)} and {shape_text(shape_y)}."
            )
    return tuple(made)
