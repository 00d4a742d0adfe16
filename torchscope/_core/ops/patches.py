"""Patches of images and volumes as the channels of points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from einops import rearrange
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, check_rank, either, numbers_of, wanted


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """The patches of images, each as the channels of one point (tf.extract_image_patches).

    >>> images = torch.arange(9.0).reshape(1, 3, 3, 1)
    >>> extract_image_patches(images, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID")[0, 0, 0]
    tensor([0., 1., 3., 4.])

    Args:
        images: (N, H, W, C).
        ksizes: how high and wide a patch is, (1, height, width, 1).
        strides: how far patches are apart, (1, rows, columns, 1).
        rates: how far the points of a patch are apart, (1, rows, columns, 1).
        padding: 'VALID', or 'SAME' for patches that reach over the border, with zeros.
        name: accepted for TF1 code; it has no effect.
        sizes: another name of `ksizes`.

    Returns:
        (N, rows, columns, height * width * C)

    Raises:
        ValueError: a list is not of that form, the rank is not 4, or the padding is another.
        TypeError: a number is no integer.
    """
    tensor = as_tensor(wanted("images", images))
    check_rank("images", tensor, 4)
    sizes = either("ksizes", ksizes, "sizes", sizes)
    operation = "ExtractImagePatches"
    length, step, rate = (
        _across_space(operation, what, given, 4)
        for what, given in (("ksizes", sizes), ("strides", strides), ("rates", rates))
    )
    windows = _windows(operation, tensor, length, step, rate, padding)
    return rearrange(windows, "n h w c a b -> n h w (a b c)")


def extract_patches(
    images: Any,
    sizes: Any,
    strides: Any,
    rates: Any,
    padding: str,
    name: str | None = None,
) -> Tensor:
    """The patches of images: `extract_image_patches` (tf.image.extract_patches).

    >>> ones = [1, 1, 1, 1]
    >>> extract_patches(torch.ones(1, 3, 3, 1), [1, 2, 2, 1], ones, ones, "VALID").shape
    torch.Size([1, 2, 2, 4])

    Args:
        images: (N, H, W, C).
        sizes: how high and wide a patch is, (1, height, width, 1).
        strides: how far patches are apart, (1, rows, columns, 1).
        rates: how far the points of a patch are apart, (1, rows, columns, 1).
        padding: 'VALID' or 'SAME'.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: as in `extract_image_patches`.
        TypeError: as in `extract_image_patches`.
    """
    return extract_image_patches(images, sizes, strides, rates, padding)


def extract_volume_patches(
    input: Any, ksizes: Any, strides: Any, padding: str, name: str | None = None
) -> Tensor:
    """The patches of volumes, each as the channels of one point (tf.extract_volume_patches).

    >>> volumes = torch.ones(1, 3, 3, 3, 2)
    >>> extract_volume_patches(volumes, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "VALID").shape
    torch.Size([1, 2, 2, 2, 16])

    Args:
        input: (N, D, H, W, C).
        ksizes: how large a patch is, (1, depth, height, width, 1).
        strides: how far patches are apart, as `ksizes`.
        padding: 'VALID', or 'SAME' for patches that reach over the border, with zeros.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (N, planes, rows, columns, depth * height * width * C)

    Raises:
        ValueError: a list is not of that form, the rank is not 5, or the padding is another.
        TypeError: a number is no integer.
    """
    tensor = as_tensor(wanted("input", input))
    check_rank("input", tensor, 5)
    operation = "ExtractVolumePatches"
    length = _across_space(operation, "ksizes", ksizes, 5)
    step = _across_space(operation, "strides", strides, 5)
    windows = _windows(operation, tensor, length, step, [1, 1, 1], padding)
    return rearrange(windows, "n d h w c a b e -> n d h w (a b e c)")


def _across_space(operation: str, what: str, given: Any, rank: int) -> list[int]:
    """The numbers for the axes of space."""
    numbers = numbers_of(given, what)
    if not isinstance(numbers, list) or len(numbers) != rank:
        count = len(numbers) if isinstance(numbers, list) else 1
        raise ValueError(
            f"Attr '{what}' of '{operation}' Op passed list of length {count} less than minimum "
            f"{rank}."
            if count < rank
            else f"{what} must have {rank} numbers: {given!r}."
        )
    if numbers[0] != 1 or numbers[-1] != 1:
        raise ValueError(f"Only support {what} across space. The first and last are 1: {numbers}.")
    for each in numbers:
        if each < 1:
            word = {"strides": "Stride", "rates": "Rate"}.get(what, "Size")
            raise ValueError(f"{word} must be > 0, but got {each}")
    return numbers[1:-1]


def _windows(
    operation: str,
    tensor: Tensor,
    sizes: Sequence[int],
    strides: Sequence[int],
    rates: Sequence[int],
    padding: Any,
) -> Tensor:
    """A view of the patches: (N, where they are, C, where a point is in its patch)."""
    if padding not in ("SAME", "VALID"):
        raise ValueError(
            f"Attr 'padding' of '{operation}' Op passed string '{padding}' not in: \"SAME\", "
            '"VALID".'
        )
    reach = [size + (size - 1) * (rate - 1) for size, rate in zip(sizes, rates, strict=True)]
    if padding == "SAME":
        around = [0, 0]
        for axis in range(len(sizes), 0, -1):
            length, stride = tensor.shape[axis], strides[axis - 1]
            count = -(-length // stride)
            missing = max((count - 1) * stride + reach[axis - 1] - length, 0)
            around += [missing // 2, missing - missing // 2]
        tensor = torch.constant_pad_nd(tensor, around, 0)
    for axis, (length, stride) in enumerate(zip(reach, strides, strict=True), 1):
        if tensor.shape[axis] < length:
            # There is no patch.
            shape = list(tensor.shape)
            shape[axis] = 0
            tensor = tensor.new_empty((*shape, length))
        else:
            tensor = tensor.unfold(axis, length, stride)
    points: Any = (..., *(slice(None, None, rate) for rate in rates))
    return tensor[points]
