"""Parts of images, images in larger frames, and mirrored ones."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope._core.values.conversion import shape_text


def crop_to_bounding_box(
    image: Tensor, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Tensor:
    """The part of an image that a box covers (tf.image.crop_to_bounding_box).

    >>> crop_to_bounding_box(torch.arange(9).reshape(3, 3, 1), 1, 0, 2, 2).squeeze()
    tensor([[3, 4],
            [6, 7]])

    Args:
        image: (N, H, W, C) or (H, W, C).
        offset_height: the upper edge of the box.
        offset_width: its left edge.
        target_height: its height.
        target_width: its width.

    Returns:
        (N, target_height, target_width, C), or without N.

    Raises:
        ValueError: the rank is another, the image is empty, or the box is not inside of it.
        TypeError: a number is no integer.
    """
    image = _three_or_four(image)
    top, left = _integer("begin", offset_height), _integer("begin", offset_width)
    tall, wide = _integer("size", target_height), _integer("size", target_width)
    height, width = image.shape[-3], image.shape[-2]
    box = f" The box is {tall} x {wide} at ({top}, {left}), the image {shape_text(image.shape)}."
    for fits, sentence in (
        (left >= 0, "offset_width must be >= 0."),
        (top >= 0, "offset_height must be >= 0."),
        (wide > 0, "target_width must be > 0."),
        (tall > 0, "target_height must be > 0."),
        (width >= wide + left, "width must be >= target + offset."),
        (height >= tall + top, "height must be >= target + offset."),
    ):
        if not fits:
            raise ValueError(sentence + box)
    return image[..., top : top + tall, left : left + wide, :]


def pad_to_bounding_box(
    image: Tensor, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Tensor:
    """An image with zeros around it (tf.image.pad_to_bounding_box).

    >>> pad_to_bounding_box(torch.ones(1, 1, 1), 1, 0, 2, 3).squeeze()
    tensor([[0., 0., 0.],
            [1., 0., 0.]])

    Args:
        image: (N, H, W, C) or (H, W, C).
        offset_height: how many rows of zeros go above.
        offset_width: how many columns of zeros go to the left.
        target_height: the height of the result.
        target_width: its width.

    Returns:
        (N, target_height, target_width, C), or without N.

    Raises:
        ValueError: the rank is another, the image is empty, or it does not fit in.
        TypeError: a number is no integer.
    """
    image = _three_or_four(image)
    top, left = _integer("paddings", offset_height), _integer("paddings", offset_width)
    below = _integer("paddings", target_height) - top - image.shape[-3]
    right = _integer("paddings", target_width) - left - image.shape[-2]
    for fits, sentence in (
        (top >= 0, "offset_height must be >= 0"),
        (left >= 0, "offset_width must be >= 0"),
        (right >= 0, "width must be <= target - offset"),
        (below >= 0, "height must be <= target - offset"),
    ):
        if not fits:
            raise ValueError(
                f"{sentence}: the image {shape_text(image.shape)} is to be put at ({top}, {left}) "
                f"of {target_height} x {target_width}."
            )
    return F.pad(image, (0, 0, left, right, top, below))


def resize_image_with_crop_or_pad(image: Tensor, target_height: int, target_width: int) -> Tensor:
    """An image of another size: its middle, or in the middle of zeros, along each axis.

    Answers to tf.image.resize_image_with_crop_or_pad.

    >>> resize_image_with_crop_or_pad(torch.ones(1, 4, 1), 2, 2).squeeze()
    tensor([[1., 1.],
            [0., 0.]])

    Args:
        image: (N, H, W, C) or (H, W, C).
        target_height: the new height.
        target_width: the new width.

    Returns:
        (N, target_height, target_width, C), or without N.

    Raises:
        ValueError: the rank is another, the image is empty, or a size is not positive.
        TypeError: a number is no integer.
    """
    image = _three_or_four(image)
    tall, wide = _integer("size", target_height), _integer("size", target_width)
    for size, what in ((wide, "target_width"), (tall, "target_height")):
        if size <= 0:
            raise ValueError(f"{what} must be > 0. It is {size}.")
    height, width = image.shape[-3], image.shape[-2]
    image = crop_to_bounding_box(
        image,
        max((height - tall) // 2, 0),
        max((width - wide) // 2, 0),
        min(tall, height),
        min(wide, width),
    )
    return pad_to_bounding_box(
        image, max((tall - height) // 2, 0), max((wide - width) // 2, 0), tall, wide
    )


# TF1's second name of it.
resize_with_crop_or_pad = resize_image_with_crop_or_pad


def central_crop(image: Tensor, central_fraction: float) -> Tensor:
    """The middle of an image (tf.image.central_crop).

    >>> central_crop(torch.ones(6, 8, 3), 0.5).shape
    torch.Size([4, 4, 3])

    Args:
        image: (N, H, W, C) or (H, W, C).
        central_fraction: which part of each axis to keep, in (0, 1].

    Returns:
        The part; a pixel more than the fraction where the rest is not even.

    Raises:
        ValueError: the rank is another, the image is empty, or the fraction is not in (0, 1].
    """
    if not 0.0 < central_fraction <= 1.0:
        raise ValueError(f"central_fraction must be within (0, 1]. It is {central_fraction}.")
    image = _three_or_four(image)
    height, width = image.shape[-3], image.shape[-2]
    top = int((height - height * central_fraction) / 2)
    left = int((width - width * central_fraction) / 2)
    return image[..., top : height - top, left : width - left, :]


def flip_left_right(image: Tensor) -> Tensor:
    """An image with its columns in the opposite order (tf.image.flip_left_right).

    >>> flip_left_right(torch.arange(3).reshape(1, 3, 1)).flatten()
    tensor([2, 1, 0])

    Args:
        image: (N, H, W, C) or (H, W, C).

    Raises:
        ValueError: the rank is another, or the image is empty.
    """
    return torch.flip(_flippable(image), (-2,))


def flip_up_down(image: Tensor) -> Tensor:
    """An image with its rows in the opposite order (tf.image.flip_up_down).

    >>> flip_up_down(torch.arange(3).reshape(3, 1, 1)).flatten()
    tensor([2, 1, 0])

    Args:
        image: (N, H, W, C) or (H, W, C).

    Raises:
        ValueError: the rank is another, or the image is empty.
    """
    return torch.flip(_flippable(image), (-3,))


def rot90(image: Tensor, k: Any = 1, name: str | None = None) -> Tensor:
    """An image turned counter-clockwise by quarters (tf.image.rot90).

    >>> rot90(torch.arange(2).reshape(1, 2, 1)).flatten()
    tensor([1, 0])

    Args:
        image: (N, H, W, C) or (H, W, C).
        k: how many quarters; a negative number turns it the other way.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the rank is another, the image is empty, or k is no single number.
        TypeError: k is no integer.
    """
    quarters = numbers_of(k, "k")
    if isinstance(quarters, list):
        raise ValueError(f"Shape {shape_text([len(quarters)])} must have rank 0. It is {k!r}.")
    return torch.rot90(_flippable(image), quarters % 4, (-3, -2))


def transpose_image(image: Tensor, name: str | None = None) -> Tensor:
    """An image with rows for columns (tf.image.transpose_image).

    >>> transpose_image(torch.ones(2, 5, 3)).shape
    torch.Size([5, 2, 3])

    Args:
        image: (N, H, W, C) or (H, W, C).
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the rank is another, or the image is empty.
    """
    return _flippable(image).transpose(-3, -2)


# TF1's second name of it.
transpose = transpose_image


def at_least_three(image: Tensor) -> Tensor:
    """An image, or any number of them, (..., H, W, C), none of these 0.

    Raises:
        ValueError: the rank is below 3, or a dimension is 0.
    """
    image = as_tensor(image)
    if image.ndim < 3:
        raise ValueError(
            f"'image' (shape {shape_text(image.shape)}) must be at least three-dimensional. "
            "(H, W, C) is expected."
        )
    if 0 in image.shape[-3:]:
        raise ValueError(
            f"inner 3 dims of 'image.shape' must be > 0: {shape_text(image.shape)}. They are "
            "height, width and channels."
        )
    return image


def _three_or_four(image: Tensor) -> Tensor:
    image = as_tensor(image)
    if image.ndim not in (3, 4):
        raise ValueError(
            f"'image' (shape {shape_text(image.shape)}) must have either 3 or 4 dimensions. "
            "(N, H, W, C) or (H, W, C) is expected."
        )
    if 0 in image.shape[-3:]:
        raise ValueError(
            f"inner 3 dims of 'image.shape' must be > 0: "
            f"{shape_text((1, *image.shape)[-4:])}. They are height, width and channels."
        )
    return image


def _flippable(image: Tensor) -> Tensor:
    image = at_least_three(image)
    if image.ndim > 4:
        raise ValueError(
            f"'image' (shape {shape_text(image.shape)})must have either 3 or 4 dimensions. "
            "(N, H, W, C) or (H, W, C) is expected."
        )
    return image


def _integer(parameter: str, number: Any) -> int:
    """A pixel's number or a count of them; tensors of one integer too."""
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(
            f"Value passed to parameter '{parameter}' has DataType float32 not in list of allowed "
            f"values: int32, int64. It is {number!r}."
        ) from None
