"""Resizing as TF1 does it: where each new pixel lies in the old image, and what it takes from it.

There are three ways to lay the new pixels over the old ones, along each axis. TF1's own puts pixel i
at ``i * old / new``; no mode of PyTorch does that. With `align_corners` the first and the last pixels
meet. With `half_pixel_centers` pixels are squares, and it is their edges that meet.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_float32, as_tensor, of_dtype
from torchscope._core.values.conversion import shape_text
from torchscope.image.geometry import pad_to_bounding_box

_INTEGERS_AND_FLOATS = (
    *(torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32, torch.int64),
    *(torch.float16, torch.float32, torch.float64, torch.bfloat16),
)
# In TF1's order, which differs for the bilinear one.
_BILINEAR = (
    *(torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32, torch.int64),
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64, torch.bfloat16),
)


class ResizeMethod:
    """The numbers of the methods of `resize_images` (tf.image.ResizeMethod).

    >>> ResizeMethod.NEAREST_NEIGHBOR
    1
    """

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


def resize_bilinear(
    images: Tensor,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Images of another size, linear between the old pixels (tf.image.resize_bilinear).

    >>> row = torch.tensor([0.0, 4.0]).reshape(1, 1, 2, 1)
    >>> resize_bilinear(row, [1, 4]).flatten()
    tensor([0., 2., 4., 4.])
    >>> resize_bilinear(row, [1, 4], half_pixel_centers=True).flatten()
    tensor([0., 1., 3., 4.])

    Args:
        images: (N, H, W, C), of integers or floats.
        size: the new height and width.
        align_corners: the corners of both images meet.
        name: accepted for TF1 code; it has no effect.
        half_pixel_centers: pixels are squares, and their edges meet.

    Returns:
        (N, height, width, C), float32 whatever the images are.

    Raises:
        ValueError: the rank is not 4, the images are empty, the size is not two positive numbers,
            or both flags are given.
        TypeError: the dtype is bool or complex, or the size is not of integers.
    """
    images, height, width = _arguments(images, size, _BILINEAR, align_corners, half_pixel_centers)
    images = rearrange(images.to(torch.float32), "n h w c -> n c h w")
    if align_corners or half_pixel_centers:
        resized = F.interpolate(
            images, (height, width), mode="bilinear", align_corners=align_corners
        )
    else:
        # With one more pixel in both images, those of the old one repeated, their corners meet.
        images = F.pad(images, (0, 1, 0, 1), mode="replicate")
        resized = F.interpolate(
            images, (height + 1, width + 1), mode="bilinear", align_corners=True
        )[..., :height, :width]
    return rearrange(resized, "n c h w -> n h w c")


def resize_nearest_neighbor(
    images: Tensor,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Images of another size, of the old pixels (tf.image.resize_nearest_neighbor).

    >>> row = torch.tensor([1, 2, 3]).reshape(1, 1, 3, 1)
    >>> resize_nearest_neighbor(row, [1, 5]).flatten()
    tensor([1, 1, 2, 2, 3])

    Args:
        images: (N, H, W, C), of integers or floats.
        size: the new height and width.
        align_corners: the corners of both images meet.
        name: accepted for TF1 code; it has no effect.
        half_pixel_centers: pixels are squares, and their edges meet.

    Returns:
        (N, height, width, C), in the dtype of the images.

    Raises:
        ValueError: the rank is not 4, the images are empty, the size is not two positive numbers,
            or both flags are given.
        TypeError: the dtype is bool or complex, or the size is not of integers.
    """
    images, height, width = _arguments(
        images, size, _INTEGERS_AND_FLOATS, align_corners, half_pixel_centers
    )
    for axis, length in ((2, width), (1, height)):
        # A square is found by its edge; else the nearest point is, or the one before.
        places = _places(images, axis, length, align_corners, half_pixel_centers, edge=True)
        nearest = places.floor()
        if align_corners:
            nearest = torch.where(places - nearest >= 0.5, nearest + 1, nearest)
        images = images.index_select(axis, nearest.clamp(0, images.shape[axis] - 1).int())
    return images


def resize_bicubic(
    images: Tensor,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Images of another size, by cubic convolution (tf.image.resize_bicubic).

    As in TF1 the cubic is that of a = -0.75, and of a = -0.5 with half_pixel_centers, where pixels
    beyond the border count for nothing; else the border is repeated.

    >>> row = torch.tensor([0.0, 0.0, 4.0, 4.0]).reshape(1, 1, 4, 1)
    >>> resize_bicubic(row, [1, 8]).flatten()
    tensor([ 0.0000, -0.3750,  0.0000,  2.0000,  4.0000,  4.3750,  4.0000,  4.0000])

    Args:
        images: (N, H, W, C), of integers or floats.
        size: the new height and width.
        align_corners: the corners of both images meet.
        name: accepted for TF1 code; it has no effect.
        half_pixel_centers: pixels are squares, and their edges meet.

    Returns:
        (N, height, width, C), float32 whatever the images are.

    Raises:
        ValueError: the rank is not 4, the images are empty, the size is not two positive numbers,
            or both flags are given.
        TypeError: the dtype is bool or complex, or the size is not of integers.
    """
    images, height, width = _arguments(
        images, size, _INTEGERS_AND_FLOATS, align_corners, half_pixel_centers
    )
    images = images.to(torch.float32)
    for axis, length in ((2, width), (1, height)):
        places = _places(images, axis, length, align_corners, half_pixel_centers)
        images = _weighed(images, axis, *_cubic(places, images.shape[axis], half_pixel_centers))
    return images


def resize_area(
    images: Tensor, size: Any, align_corners: bool = False, name: str | None = None
) -> Tensor:
    """Images of another size, each pixel the mean of the area that it covers (tf.image.resize_area).

    It has a gradient, which TF1's has not.

    >>> row = torch.tensor([0.0, 2.0, 4.0]).reshape(1, 1, 3, 1)
    >>> resize_area(row, [1, 2]).flatten()
    tensor([0.6667, 3.3333])

    Args:
        images: (N, H, W, C), of integers or floats.
        size: the new height and width.
        align_corners: the corners of both images meet.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (N, height, width, C), float32 whatever the images are.

    Raises:
        ValueError: the rank is not 4, the images are empty, or the size is not two positive
            numbers.
        TypeError: the dtype is bool or complex, or the size is not of integers.
    """
    images, height, width = _arguments(images, size, _INTEGERS_AND_FLOATS, align_corners)
    images = images.to(torch.float32)
    for axis, length in ((2, width), (1, height)):
        # One pixel has no step between its corners: it is repeated.
        step = _step(images.shape[axis], length, align_corners) or 1.0
        images = _weighed(images, axis, *_area(images, axis, length, step))
    return images


_METHODS: dict[Any, Callable[..., Tensor]] = {
    ResizeMethod.BILINEAR: resize_bilinear,
    ResizeMethod.NEAREST_NEIGHBOR: resize_nearest_neighbor,
    ResizeMethod.BICUBIC: resize_bicubic,
    ResizeMethod.AREA: resize_area,
    "bilinear": resize_bilinear,
    "nearest": resize_nearest_neighbor,
    "bicubic": resize_bicubic,
    "area": resize_area,
}


def resize_images(
    images: Tensor,
    size: Any,
    method: int | str = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """Images of another size, by one of four methods (tf.image.resize_images).

    >>> resize_images(torch.ones(4, 6, 3), [2, 2], preserve_aspect_ratio=True).shape
    torch.Size([1, 2, 3])

    Args:
        images: (N, H, W, C) or (H, W, C), of integers or floats.
        size: the new height and width.
        method: one of `ResizeMethod`.
        align_corners: the corners of both images meet.
        preserve_aspect_ratio: the size is the largest that is wanted: the images keep their
            proportions.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (N, height, width, C) or (height, width, C). Images that have the size already, and
        are to have that very size, are returned as they are; others become float32, unless the
        method is NEAREST_NEIGHBOR.

    Raises:
        ValueError: the rank is not 3 or 4, the size is not two positive integers, the images are
            empty, or there is no such method.
        TypeError: the dtype is bool or complex.
    """
    images = as_tensor(images)
    if images.ndim not in (3, 4):
        raise ValueError(
            "'images' must have either 3 or 4 dimensions. They have the shape "
            f"{shape_text(images.shape)}; (N, H, W, C) or (H, W, C) is expected."
        )
    batch = images if images.ndim == 4 else images.unsqueeze(0)
    try:
        height, width = _pair(size)
    except TypeError as error:
        raise ValueError(f"'size' must be a 1-D int32 Tensor: {error}") from None
    except ValueError as error:
        if size is None:
            raise ValueError("'size' must be a 1-D int32 Tensor: it is None.") from None
        raise ValueError(
            f"'size' must be a 1-D Tensor of 2 elements: new_height, new_width. {error}"
        ) from None
    if preserve_aspect_ratio:
        old_height, old_width = batch.shape[1], batch.shape[2]
        if 0 in (old_height, old_width):
            raise ValueError(
                f"input image must be of non-zero size: the images are {shape_text(batch.shape)}."
            )
        scale = min(as_float32(height / old_height), as_float32(width / old_width))
        height, width = (round(as_float32(scale * old)) for old in (old_height, old_width))
    elif batch.shape[1:3] == (height, width):
        # TF1 does not see it of a size that it works out.
        return images
    resize = None if isinstance(method, bool) else _METHODS.get(method)
    if resize is None:
        raise ValueError(
            f"Resize method is not implemented: {method}. There are BILINEAR, NEAREST_NEIGHBOR, "
            "BICUBIC and AREA in ResizeMethod."
        )
    resized = resize(batch, [height, width], align_corners)
    return resized if images.ndim == 4 else resized.squeeze(0)


def resize_image_with_pad(
    image: Any,
    target_height: int,
    target_width: int,
    method: int | str = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Tensor:
    """Images that fit into another size, in the middle of zeros (tf.image.resize_image_with_pad).

    >>> resize_image_with_pad(torch.ones(1, 2, 1), 2, 2).squeeze()
    tensor([[1., 1.],
            [0., 0.]])

    Args:
        image: (N, H, W, C) or (H, W, C).
        target_height: the new height.
        target_width: the new width.
        method: as in `resize_images`.
        align_corners: the same.

    Returns:
        (N, target_height, target_width, C), or without N.

    Raises:
        ValueError: the rank is another, a size is not positive, or as `resize_images`.
        TypeError: as `resize_images`.
    """
    images = as_tensor(image)
    if images.ndim not in (3, 4):
        raise ValueError(
            f"'image' (shape {shape_text(images.shape)}) must have either 3 or 4 dimensions."
        )
    for size, what in ((target_width, "target_width"), (target_height, "target_height")):
        if size <= 0:
            raise ValueError(f"{what} must be > 0. It is {size}.")
    height, width = images.shape[-3], images.shape[-2]
    # TF1 divides in float32.
    ratio = max(as_float32(width / target_width), as_float32(height / target_height))
    tall, wide = as_float32(height / ratio), as_float32(width / ratio)
    resized = resize_images(images, [int(tall), int(wide)], method, align_corners)
    above, before = (int((target_height - tall) // 2), int((target_width - wide) // 2))
    return pad_to_bounding_box(resized, max(above, 0), max(before, 0), target_height, target_width)


def _pair(size: Any) -> tuple[int, int]:
    """The new height and width."""
    if size is None:
        raise ValueError(
            "Tried to convert 'size' to a tensor and failed. Error: None values not supported."
        )
    numbers_ = size.tolist() if hasattr(size, "tolist") else size
    if isinstance(numbers_, numbers.Number):
        raise ValueError(
            f"Shape must be rank 1 but is rank 0: the size is {size}, not a height and a width."
        )
    sequence = list(numbers_) if isinstance(numbers_, Sequence | torch.Size) else [numbers_]
    if any(isinstance(each, list | tuple) for each in sequence):
        raise ValueError(f"Shape must be rank 1 but is rank 2: the size is {size}.")
    for each in sequence:
        if isinstance(each, float | str) or not hasattr(each, "__index__"):
            raise TypeError(f"Expected int32, but got {each} of type '{type(each).__name__}'.")
    if len(sequence) != 2:
        raise ValueError(
            f"Dimension must be 2 but is {len(sequence)}: the size is {size}, not a height and a "
            "width."
        )
    return sequence[0], sequence[1]


def _arguments(
    images: Any,
    size: Any,
    dtypes: Sequence[torch.dtype],
    align_corners: bool,
    half_pixel_centers: bool = False,
) -> tuple[Tensor, int, int]:
    """Images, height and width, checked."""
    images = of_dtype(images, "images", dtypes)
    if images.ndim != 4:
        raise ValueError(
            f"Shape must be rank 4 but is rank {images.ndim}: the images have the shape "
            f"{shape_text(images.shape)}, and (N, H, W, C) is expected."
        )
    height, width = _pair(size)
    if half_pixel_centers and align_corners:
        raise ValueError("If half_pixel_centers is True, align_corners must be False.")
    if height <= 0 or width <= 0:
        raise ValueError(f"output dimensions must be positive: the size is ({height}, {width}).")
    if 0 in images.shape[1:3]:
        raise ValueError(
            f"input image must be of non-zero size: the images are {shape_text(images.shape)}."
        )
    if images.shape[3] == 0:
        raise ValueError(
            f"image must have at least one channel: the images are {shape_text(images.shape)}."
        )
    return images, height, width


def _step(old: int, new: int, align_corners: bool) -> float:
    """How many old pixels one new pixel is."""
    return (old - 1) / (new - 1) if align_corners and new > 1 else old / new


def _places(
    images: Tensor,
    axis: int,
    length: int,
    align_corners: bool,
    half_pixel_centers: bool,
    edge: bool = False,
) -> Tensor:
    """Where along the axis the new pixels lie, counted in old ones, in float32 as in TF1.

    Args:
        images: the old ones.
        axis: 1 or 2.
        length: how many pixels there are to be.
        align_corners: the first and the last pixels meet.
        half_pixel_centers: pixels are squares; a place is the middle of one.
        edge: the middle of a square is counted from the edge of the image.
    """
    step = _step(images.shape[axis], length, align_corners)
    numbers_ = torch.arange(length, dtype=torch.float32, device=images.device)
    if not half_pixel_centers:
        return numbers_ * step
    middles = (numbers_ + 0.5) * step
    return middles if edge else middles - 0.5


def _along(axis: int, weights: Tensor) -> Tensor:
    """Weights of pixels, (..., length), to multiply images with along an axis."""
    return weights.reshape(*weights.shape, *(1,) * (3 - axis))


def _weighed(images: Tensor, axis: int, indices: Tensor, weights: Tensor) -> Tensor:
    """New pixels as weighed sums of old ones, given by index: both (taken, length)."""
    taken = images.index_select(axis, indices.reshape(-1))
    taken = taken.reshape(*images.shape[:axis], *indices.shape, *images.shape[axis + 1 :])
    return (taken * _along(axis, weights)).sum(axis)


def _cubic(places: Tensor, old: int, squares: bool) -> tuple[Tensor, Tensor]:
    """The four neighbours of each place, and their weights."""
    a = -0.5 if squares else -0.75
    low = places.floor()
    # TF1 has a table of 1024 steps between two pixels.
    share = ((places - low) * 1024).round() / 1024
    near = torch.stack([share, 1 - share])
    far = near + 1
    near = ((a + 2) * near - (a + 3)) * near * near + 1
    far = ((a * far - 5 * a) * far + 8 * a) * far - 4 * a
    weights = torch.stack([far[0], near[0], near[1], far[1]])
    neighbours = low.int() + torch.arange(-1, 3, device=places.device, dtype=torch.int32)[:, None]
    indices = neighbours.clamp(0, old - 1)
    if squares:
        weights = torch.where(indices == neighbours, weights, 0.0)
        weights = weights / weights.sum(0)
    return indices, weights


def _area(images: Tensor, axis: int, length: int, step: float) -> tuple[Tensor, Tensor]:
    """The old pixels that each new one may cover, and how much of it they are."""
    old = images.shape[axis]
    start = torch.arange(length, dtype=torch.float32, device=images.device) * step
    end = torch.arange(1, length + 1, dtype=torch.float32, device=images.device) * step
    covered = torch.arange(int(step) + 2, dtype=torch.float32, device=images.device)[:, None]
    left = start.floor() + covered
    # The last pixel goes on beyond the border.
    weights = (torch.minimum(left + 1, end) - torch.maximum(left, start)).clamp(min=0) / step
    return left.clamp(max=old - 1).int(), weights


# TF1's second name of it.
resize = resize_images
