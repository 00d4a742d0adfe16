"""How far images are from each other, and how much is in them: PSNR, SSIM, differences of neighbors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.ops.arguments import as_tensor, check_broadcast, of_dtype, wanted
from torchscope._core.values.conversion import shape_text
from torchscope.image.dtypes import convert_image_dtype

_SOBEL = ((-1.0, -2.0, -1.0), (0.0, 0.0, 0.0), (1.0, 2.0, 1.0))


def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of how much neighboring pixels differ (tf.image.total_variation).

    >>> total_variation([[[1.0], [3.0]], [[1.0], [0.0]]])
    tensor(6.)

    Args:
        images: (N, H, W, C) or (H, W, C).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (N,), or one number.

    Raises:
        ValueError: the rank is another.
    """
    images = as_tensor(wanted("images", images))
    if images.ndim not in (3, 4):
        raise ValueError(
            f"'images' must be either 3 or 4-dimensional. The shape is {shape_text(images.shape)}."
        )
    total = sum(images.diff(dim=axis).abs().sum((-3, -2, -1)) for axis in (-3, -2))
    assert isinstance(total, Tensor)
    return total.to(images.dtype)


def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """How much each pixel differs from the next below and to the right (tf.image.image_gradients).

    >>> dy, dx = image_gradients([[[[1.0], [3.0]], [[1.0], [0.0]]]])
    >>> dy.flatten(), dx.flatten()
    (tensor([ 0., -3.,  0.,  0.]), tensor([ 2.,  0., -1.,  0.]))

    Args:
        image: (N, H, W, C).

    Returns:
        Two tensors of the same shape; the last row, or column, is 0.

    Raises:
        ValueError: the rank is another.
    """
    image = as_tensor(wanted("image", image))
    if image.ndim != 4:
        raise ValueError(
            "image_gradients expects a 4D tensor [batch_size, h, w, d], not "
            f"{shape_text(image.shape)}."
        )
    return F.pad(image.diff(dim=1), (0, 0, 0, 0, 0, 1)), F.pad(image.diff(dim=2), (0, 0, 0, 1))


def sobel_edges(image: Any) -> Tensor:
    """Sobel's edges (tf.image.sobel_edges).

    >>> sobel_edges(torch.ones(1, 4, 5, 3)).shape
    torch.Size([1, 4, 5, 3, 2])

    Args:
        image: (N, H, W, C), floating, of two rows and columns at least; it is mirrored at its border.

    Returns:
        (N, H, W, C, 2): what changes downwards, and to the right.

    Raises:
        ValueError: the rank is another, or the image is smaller.
        TypeError: the dtype is not floating.
    """
    image = of_dtype(image, "input")
    if image.ndim != 4:
        raise ValueError(
            f"Shape must be rank 4 but is rank {image.ndim}: (N, H, W, C) is expected."
        )
    if min(image.shape[1], image.shape[2]) < 2:
        raise ValueError(
            "paddings must be less than the dimension size: the image is mirrored at its border, and "
            f"its shape is {shape_text(image.shape)}."
        )
    channels = image.shape[3]
    down = image.new_tensor(_SOBEL)
    kernels = torch.stack([down, down.t()]).repeat(channels, 1, 1).unsqueeze(1)
    padded = F.pad(image.movedim(3, 1), (1, 1, 1, 1), mode="reflect")
    edges = F.conv2d(padded, kernels, groups=channels)
    return rearrange(edges, "n (c direction) h w -> n h w c direction", c=channels)


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """The peak signal-to-noise ratio of images, in decibels (tf.image.psnr).

    >>> psnr(torch.ones(2, 2, 1), torch.zeros(2, 2, 1), 10.0)
    tensor(20.)

    Args:
        a: (..., H, W, C), of any real dtype.
        b: the same.
        max_val: how far the least and the largest number of a pixel may be apart.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (...), float32; infinite for equal images.

    Raises:
        ValueError: the rank is below 3, or the shapes do not fit together.
    """
    one, other, most = _measured(a, b, max_val)
    for tensor in (one, other):
        if tensor.ndim < 3:
            raise ValueError(
                f"Invalid reduction dimension -3 for input with {tensor.ndim} dimensions. Images are "
                "(..., H, W, C)."
            )
    check_broadcast(("b", other), ("a", one))
    error = (one - other).square().mean((-3, -2, -1))
    return 20 * most.log() / math.log(10) - 10 / math.log(10) * error.log()


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Tensor:
    """The structural similarity of images (tf.image.ssim).

    >>> image = torch.rand(12, 12, 3)
    >>> ssim(image, image, 1.0)
    tensor(1.)

    Args:
        img1: (..., H, W, C), of any real dtype.
        img2: the same.
        max_val: how far the least and the largest number of a pixel may be apart.
        filter_size: the size of the Gaussian window.
        filter_sigma: its width.
        k1: what keeps the comparison of means from a division by 0.
        k2: the same for deviations.
        return_index_map: whether to give the similarity at each place, not its mean.

    Returns:
        (...), or (..., H - filter_size + 1, W - filter_size + 1), float32.

    Raises:
        ValueError: the rank is below 3, the shapes differ, or the image is smaller than the window.
    """
    one, other, most = _measured(img1, img2, max_val)
    similar, _ = _similarities(one, other, most, filter_size, filter_sigma, k1, k2)
    return similar.mean(-1) if return_index_map else similar.mean((-3, -2)).mean(-1)


def _similarities(
    one: Tensor,
    other: Tensor,
    most: Tensor,
    filter_size: int,
    filter_sigma: float,
    k1: float,
    k2: float,
) -> tuple[Tensor, Tensor]:
    """The similarity of each place and channel, and the part of it that is not about means."""
    if one.ndim < 3 or one.shape[-3:] != other.shape[-3:]:
        raise ValueError(
            f"The shapes of two images are to be (..., H, W, C) and alike: {shape_text(one.shape)}, "
            f"{shape_text(other.shape)}."
        )
    for size in one.shape[-3:-1]:
        if size < filter_size:
            raise ValueError(
                f"Negative dimension size caused by subtracting {filter_size} from {size}: the images "
                "are smaller than filter_size."
            )
    steps = torch.arange(filter_size, dtype=one.dtype, device=one.device) - (filter_size - 1) / 2
    window = (-0.5 * (steps / filter_sigma).square()).softmax(0) if filter_size else steps
    first, second = (k1 * most) ** 2, (k2 * most) ** 2

    def smooth(image: Tensor) -> Tensor:
        lines = image.unfold(-3, filter_size, 1) @ window
        return lines.unfold(-2, filter_size, 1) @ window

    mean_one, mean_other = smooth(one), smooth(other)
    products = mean_one * mean_other * 2
    squares = mean_one.square() + mean_other.square()
    means = (products + first) / (squares + first)
    crossed = smooth(one * other) * 2
    spread = smooth(one.square() + other.square())
    contrasts = (crossed - products + second) / (spread - squares + second)
    return means * contrasts, contrasts


# How much each scale counts, the finest first.
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Sequence[float] = _SCALES,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The structural similarity of images over several scales (tf.image.ssim_multiscale).

    >>> image = torch.rand(180, 180, 3)
    >>> ssim_multiscale(image, image, 1.0)
    tensor(1.)

    Args:
        img1: (..., H, W, C), of any real dtype.
        img2: the same.
        max_val: how far the least and the largest number of a pixel may be apart.
        power_factors: how much each scale counts. Each is half as large as the one before.
        filter_size: the size of the Gaussian window.
        filter_sigma: its width.
        k1: what keeps the comparison of means from a division by 0.
        k2: the same for deviations.

    Returns:
        (...), float32.

    Raises:
        ValueError: the rank is below 3, the shapes differ, or an image is smaller than the window at
            one of the scales.
    """
    one, other, most = _measured(img1, img2, max_val)
    parts: list[Tensor] = []
    for number in range(len(power_factors)):
        if number:
            one, other = _halved(one), _halved(other)
        similar, contrasts = _similarities(one, other, most, filter_size, filter_sigma, k1, k2)
        last = number == len(power_factors) - 1
        parts.append((similar if last else contrasts).mean((-3, -2)).relu())
    powers = torch.tensor(power_factors, dtype=one.dtype, device=one.device)
    return torch.stack(parts, -1).pow(powers).prod(-1).mean(-1)


def _halved(image: Tensor) -> Tensor:
    """The means of two by two pixels; a last odd row or column counts twice."""
    planes = image.movedim(-1, -3)
    *outer, height, width = planes.shape
    flat = F.pad(
        planes.reshape(-1, 1, height, width), (0, width % 2, 0, height % 2), mode="replicate"
    )
    means = F.avg_pool2d(flat, 2)
    return means.reshape(*outer, *means.shape[2:]).movedim(-3, -1)


def _measured(a: Any, b: Any, max_val: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Two images and the range of the first, as float32."""
    one = as_tensor(wanted("a", a))
    other = as_tensor(wanted("b", b), one)
    most = as_tensor(max_val, one).to(one.device, one.dtype)
    first, second, third = (convert_image_dtype(each, torch.float32) for each in (one, other, most))
    return first, second, third
