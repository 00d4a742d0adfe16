"""Blocks of space that become channels or batches, and back."""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import Tensor

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import as_tensor, check_rank, either, numbers_of, wanted
from torchscope._core.ops.sizes import tensor_of
from torchscope._core.values.conversion import shape_text

_FORMATS = ("NHWC", "NCHW", "NCHW_VECT_C")


def space_to_depth(
    input: Any, block_size: Any, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """Each block of an image as the channels of one point (tf.space_to_depth).

    >>> space_to_depth(torch.arange(4.0).reshape(1, 2, 2, 1), 2).tolist()
    [[[[0.0, 1.0, 2.0, 3.0]]]]

    Args:
        input: images, (N, H, W, C).
        block_size: how high and wide a block is.
        name: accepted for TF1 code; it has no effect.
        data_format: 'NHWC', or 'NCHW' for (N, C, H, W).

    Raises:
        ValueError: the rank is not 4, or the blocks do not make up the images.
    """
    tensor, size, first = _images("SpaceToDepth", input, block_size, data_format)
    for each in tensor.shape[first : first + 2]:
        _check_divisible(size, each, tensor)
    if first == 1:
        return rearrange(tensor, "n (h a) (w b) c -> n h w (a b c)", a=size, b=size)
    return rearrange(tensor, "n c (h a) (w b) -> n (a b c) h w", a=size, b=size)


def depth_to_space(
    input: Any, block_size: Any, name: str | None = None, data_format: str = "NHWC"
) -> Tensor:
    """The channels of each point as a block of a larger image (tf.depth_to_space).

    >>> depth_to_space(torch.arange(4.0).reshape(1, 1, 1, 4), 2).squeeze()
    tensor([[0., 1.],
            [2., 3.]])

    Args:
        input: images, (N, H, W, C).
        block_size: how high and wide a block is.
        name: accepted for TF1 code; it has no effect.
        data_format: 'NHWC', or 'NCHW' for (N, C, H, W).

    Raises:
        ValueError: the rank is not 4, or the channels do not make up blocks.
    """
    tensor, size, first = _images("DepthToSpace", input, block_size, data_format)
    _check_divisible(size * size, tensor.shape[3 if first == 1 else 1], tensor)
    if first == 1:
        return rearrange(tensor, "n h w (a b c) -> n (h a) (w b) c", a=size, b=size)
    return rearrange(tensor, "n (a b c) h w -> n c (h a) (w b)", a=size, b=size)


def _images(operation: str, input: Any, block_size: Any, layout: str) -> tuple[Tensor, int, int]:
    """The images, the size of a block, and the first axis of space."""
    size = int(block_size)
    if size < 2:
        raise ValueError(
            f"Attr 'block_size' of '{operation}' Op passed {size} less than minimum 2."
        )
    if layout not in _FORMATS:
        raise ValueError(
            f"Attr 'data_format' of '{operation}' Op passed string '{layout}' not in: "
            f'"{_FORMATS[0]}", "{_FORMATS[1]}", "{_FORMATS[2]}".'
        )
    if layout == _FORMATS[2]:
        raise ValueError(
            "NCHW_VECT_C is a layout of 8-bit numbers in TensorFlow's GPU kernels alone."
        )
    tensor = as_tensor(wanted("input", input))
    check_rank("the input", tensor, 4)
    return tensor, size, 1 if layout == "NHWC" else 2


def _check_divisible(by: int, size: int, tensor: Tensor) -> None:
    if size % by:
        raise ValueError(
            f"Dimension size must be evenly divisible by {by} but is {size}: blocks are to make up "
            f"the shape {shape_text(tensor.shape)}."
        )


def space_to_batch_nd(
    input: Any, block_shape: Any, paddings: Any, name: str | None = None
) -> Tensor:
    """The points at one place of all blocks, as an image of its own (tf.space_to_batch_nd).

    >>> space_to_batch_nd([[0.0, 1.0, 2.0, 3.0]], [2], [[0, 0]])
    tensor([[0., 2.],
            [1., 3.]])

    Args:
        input: (N, axes of space, anything).
        block_shape: how long a block is along each axis of space.
        paddings: for each of these how many zeros go before and after.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (N times the size of a block, shorter axes of space, anything), the place in the block before N.

    Raises:
        ValueError: there are fewer axes, the blocks do not make up the padded axes, or a padding is
            negative.
        TypeError: a number is no integer.
    """
    tensor, block, pairs = _blocks(input, block_shape, paddings, "paddings")
    around = [0, 0] * (tensor.ndim - 1 - len(block))
    around += [count for pair in reversed(pairs) for count in pair]
    padded = torch.constant_pad_nd(tensor, around, 0) if any(around) else tensor
    for size, length in zip(block, padded.shape[1:], strict=False):
        _check_divisible(size, length, padded)
    axes = range(len(block))
    inner, outer = (" ".join(f"{letter}{axis}" for axis in axes) for letter in "bs")
    split = " ".join(f"(s{axis} b{axis})" for axis in axes)
    sizes = {f"b{axis}": size for axis, size in enumerate(block)}
    return rearrange(padded, f"n {split} ... -> ({inner} n) {outer} ...", **sizes)


def batch_to_space_nd(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Tensor:
    """What `space_to_batch_nd` has taken apart, put together (tf.batch_to_space_nd).

    >>> batch_to_space_nd([[0.0, 2.0], [1.0, 3.0]], [2], [[0, 1]])
    tensor([[0., 1., 2.]])

    Args:
        input: (N times the size of a block, axes of space, anything).
        block_shape: how long a block is along each axis of space.
        crops: for each of these how many points go away at the beginning and at the end.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are fewer axes, the batches do not make up blocks, or more goes away than
            there is.
        TypeError: a number is no integer.
    """
    tensor, block, pairs = _blocks(input, block_shape, crops, "crops")
    whole = tensor.shape[0]
    for size in block:
        _check_divisible(size, whole, tensor)
        whole //= size
    axes = range(len(block))
    inner, outer = (" ".join(f"{letter}{axis}" for axis in axes) for letter in "bs")
    joined = " ".join(f"(s{axis} b{axis})" for axis in axes)
    sizes = {f"b{axis}": size for axis, size in enumerate(block)}
    made = rearrange(tensor, f"({inner} n) {outer} ... -> n {joined} ...", **sizes)
    for axis, (before, after) in enumerate(pairs, 1):
        length = made.shape[axis] - before
        if length < after:
            raise ValueError(
                f"Negative dimension size caused by subtracting {after} from {length}: of "
                f"{shape_text(made.shape)} the crops are {pairs}."
            )
    kept = [slice(b, s - a) for (b, a), s in zip(pairs, made.shape[1:], strict=False)]
    parts = (slice(None), *kept)
    return made[parts]


def _blocks(
    input: Any, block_shape: Any, pairs: Any, what: str
) -> tuple[Tensor, list[int], list[list[int]]]:
    """The tensor, the size of a block, and what is put on or cut off."""
    tensor = as_tensor(wanted("input", input))
    block, rows = numbers_of(block_shape, "block_shape"), numbers_of(pairs, what)
    if not isinstance(block, list):
        raise ValueError(f"block_shape must have rank 1. It is {block_shape!r}.")
    for size in block:
        if size < 1:
            raise ValueError(f"block_shape must be positive: it is {block}.")
    if not isinstance(rows, list) or any(
        not isinstance(row, list) or len(row) != 2 for row in rows
    ):
        raise ValueError(f"{what} must have the shape [{len(block)}, 2]: {pairs!r}.")
    if len(rows) != len(block):
        raise ValueError(
            f"Dimension 0 in both shapes must be equal, but are {len(rows)} and {len(block)}. "
            f"Shapes are [{len(rows)},2] and [{len(block)},2]."
        )
    if tensor.ndim <= len(block):
        raise ValueError(
            f"Shape must be at least rank {len(block) + 1} but is rank {tensor.ndim}: there is an "
            "axis of batches, and one for each number of block_shape."
        )
    if any(number < 0 for row in rows for number in row):
        raise ValueError(f"{what} cannot be negative: they are {rows}.")
    return tensor, block, rows


def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """The points at one place of all blocks, as images of their own (tf.space_to_batch).

    >>> space_to_batch(torch.arange(4.0).reshape(1, 2, 2, 1), [[0, 0], [0, 0]], 2).flatten()
    tensor([0., 1., 2., 3.])

    Args:
        input: images, (N, H, W, C).
        paddings: how many zeros go above and below, and left and right.
        block_size: how high and wide a block is.
        name: accepted for TF1 code; it has no effect.
        block_shape: the same.

    Raises:
        ValueError: as in `space_to_batch_nd`.
        TypeError: there is no block size.
    """
    return space_to_batch_nd(input, _square(block_size, block_shape), paddings)


def batch_to_space(
    input: Any,
    crops: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """What `space_to_batch` has taken apart, put together (tf.batch_to_space).

    >>> batch_to_space(torch.arange(4.0).reshape(4, 1, 1, 1), [[0, 0], [0, 0]], 2).squeeze()
    tensor([[0., 1.],
            [2., 3.]])

    Args:
        input: images, (N, H, W, C).
        crops: how many rows and columns go away.
        block_size: how high and wide a block is.
        name: accepted for TF1 code; it has no effect.
        block_shape: the same.

    Raises:
        ValueError: as in `batch_to_space_nd`.
        TypeError: there is no block size.
    """
    return batch_to_space_nd(input, _square(block_size, block_shape), crops)


def _square(block_size: Any, block_shape: Any) -> list[int]:
    if block_size is not None and block_shape is not None:
        raise ValueError("Cannot specify both 'block_size' and 'block_shape'.")
    size = either("block_shape", block_shape, "block_size", block_size)
    if size is None:
        raise TypeError("int() argument must be a number: there is no block_size.")
    return numbers_of(size, "block_shape") if isinstance(size, list | tuple) else [int(size)] * 2


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """What must be put on so that blocks make up a shape, and what is cut off again afterwards.

    Answers to tf.required_space_to_batch_paddings.

    >>> [each.tolist() for each in required_space_to_batch_paddings([5, 6], [2, 4])]
    [[[0, 1], [0, 2]], [[0, 1], [0, 2]]]

    Args:
        input_shape: the sizes of the axes of space.
        block_shape: how long a block is along each of them.
        base_paddings: what is put on in any case, (before, after) each.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The paddings and the crops, int32, (axes, 2) each.

    Raises:
        ValueError: the lists differ in length.
        TypeError: a number is no integer.
    """
    sizes, block = _row(input_shape, "input_shape"), _row(block_shape, "block_shape")
    base = (
        [[0, 0] for _ in block] if base_paddings is None else numbers_of(base_paddings, "paddings")
    )
    if len(sizes) != len(block):
        raise ValueError(
            f"Shapes ({len(sizes)},) and [{len(block)}] are incompatible: {sizes}, {block}."
        )
    if len(base) != len(block):
        raise ValueError(f"Shapes ({len(base)}, 2) and [{len(block)}, 2] are incompatible: {base}.")
    more = [
        -(size + before + after) % length
        for size, length, (before, after) in zip(sizes, block, base, strict=True)
    ]
    paddings = [[before, after + each] for (before, after), each in zip(base, more, strict=True)]
    crops = [[0, each] for each in more]
    device = device_of_the_net()
    return tensor_of(paddings, torch.int32, device), tensor_of(crops, torch.int32, device)


def _row(value: Any, parameter: str) -> list[int]:
    if isinstance(value, list | tuple):
        for each in value:
            if isinstance(each, float):
                raise TypeError(f"Expected int32, but got {each} of type 'float'.")
    found: Any = numbers_of(value, parameter)
    if not isinstance(found, list) or any(isinstance(each, list) for each in found):
        shape = shape_text(as_tensor(value).shape)
        raise ValueError(
            f"Shapes {shape} and [?] are incompatible: {parameter} is a list of sizes."
        )
    return found
