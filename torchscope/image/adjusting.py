"""Images made brighter, richer in contrast or in other colors; by a number, or by one that is drawn."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.operations.devices import on_device_of_the_net
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.values.conversion import shape_text
from torchscope.image.colors import hsv_to_rgb, rgb_to_hsv
from torchscope.image.dtypes import convert_image_dtype, in_floats
from torchscope.image.geometry import at_least_three, flip_left_right, flip_up_down
from torchscope.initializers import RandomUniform, Seed


def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """An image with a number added to all pixels (tf.image.adjust_brightness).

    >>> adjust_brightness([[[0.25]]], 0.5)
    tensor([[[0.7500]]])

    Args:
        image: of any real dtype.
        delta: the number, where the range of the image counts from 0 to 1.

    Returns:
        The same dtype; integers are kept within what it holds.
    """
    floats, dtype = in_floats(image)
    return _back(floats + _number(delta, floats), dtype)


def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Each channel's distance from its mean, times a factor (tf.image.adjust_contrast).

    >>> adjust_contrast([[[0.25], [0.75]]], 0.5).flatten()
    tensor([0.3750, 0.6250])

    Args:
        images: (..., H, W, C), of any real dtype.
        contrast_factor: the factor.

    Returns:
        The same dtype; integers are kept within what it holds.

    Raises:
        ValueError: the rank is below 3, or the factor is no single number.
    """
    floats, dtype = in_floats(images)
    factor = _number(contrast_factor, floats)
    for tensor, least in ((floats, 3), (factor, 0)):
        if tensor.ndim < least or (least == 0 and tensor.ndim):
            at_least = "at least rank" if least else "rank"
            raise ValueError(
                f"Shape must be {at_least} {least} but is rank {tensor.ndim}: the shape is "
                f"{shape_text(tensor.shape)}."
            )
    mean = floats.mean((-3, -2), keepdim=True)
    return _back((floats - mean) * factor + mean, dtype)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """Pixels to the power of gamma, times gain (tf.image.adjust_gamma).

    >>> adjust_gamma([[[0.5]]], 2.0)
    tensor([[[0.2500]]])

    Args:
        image: of any real dtype.
        gamma: the exponent, not negative.
        gain: the factor.

    Returns:
        The same dtype; integers are kept within what it holds.

    Raises:
        ValueError: gamma is negative.
    """
    floats, dtype = in_floats(image)
    if not isinstance(gamma, Tensor) and gamma < 0:
        raise ValueError(f"Gamma should be a non-negative real number. It is {gamma}.")
    return _back(gain * floats ** _number(gamma, floats), dtype)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """Colors turned around the circle of hues (tf.image.adjust_hue).

    >>> adjust_hue([[[1.0, 0.0, 0.0]]], 1 / 3)
    tensor([[[0., 1., 0.]]])

    Args:
        image: (..., H, W, 3), of any real dtype.
        delta: by which part of the circle.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The same dtype.

    Raises:
        ValueError: the rank is below 3, or the last dimension is not 3.
    """
    floats, dtype = _rgb(image)
    hue, saturation, value = rgb_to_hsv(floats).unbind(-1)
    turned = torch.stack([(hue + _number(delta, floats)) % 1.0, saturation, value], -1)
    return _back(hsv_to_rgb(turned), dtype, saturate=False)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """Colors with their saturation times a factor (tf.image.adjust_saturation).

    >>> adjust_saturation([[[1.0, 0.5, 0.5]]], 0.0)
    tensor([[[1., 1., 1.]]])

    Args:
        image: (..., H, W, 3), of any real dtype.
        saturation_factor: the factor; the saturation is kept within 0 and 1.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The same dtype.

    Raises:
        ValueError: the rank is below 3, or the last dimension is not 3.
    """
    floats, dtype = _rgb(image)
    hue, saturation, value = rgb_to_hsv(floats).unbind(-1)
    changed = (saturation * _number(saturation_factor, floats)).clamp(0, 1)
    return _back(hsv_to_rgb(torch.stack([hue, changed, value], -1)), dtype, saturate=False)


def random_brightness(image: Any, max_delta: float, seed: Seed = None) -> Tensor:
    """`adjust_brightness` by a number that is drawn (tf.image.random_brightness).

    >>> bool((random_brightness([[[0.5]]], 0.25) - 0.5).abs() <= 0.25)
    True

    Args:
        image: of any real dtype.
        max_delta: how large the number is at most, whatever its sign.
        seed: an int for the same draw each time, or a torch.Generator.

    Raises:
        ValueError: max_delta is negative.
    """
    if max_delta < 0:
        raise ValueError(f"max_delta must be non-negative. It is {max_delta}.")
    return adjust_brightness(image, _drawn(-max_delta, max_delta, seed))


def random_hue(image: Any, max_delta: float, seed: Seed = None) -> Tensor:
    """`adjust_hue` by a number that is drawn (tf.image.random_hue).

    >>> random_hue([[[0.5, 0.5, 0.5]]], 0.5)
    tensor([[[0.5000, 0.5000, 0.5000]]])

    Args:
        image: (..., H, W, 3), of any real dtype.
        max_delta: how large the number is at most, whatever its sign; 0.5 or less.
        seed: an int for the same draw each time, or a torch.Generator.

    Raises:
        ValueError: max_delta is negative or above 0.5; or as `adjust_hue`.
    """
    if max_delta > 0.5:
        raise ValueError(f"max_delta must be <= 0.5. It is {max_delta}.")
    if max_delta < 0:
        raise ValueError(f"max_delta must be non-negative. It is {max_delta}.")
    return adjust_hue(image, _drawn(-max_delta, max_delta, seed))


def random_contrast(image: Any, lower: float, upper: float, seed: Seed = None) -> Tensor:
    """`adjust_contrast` by a factor that is drawn (tf.image.random_contrast).

    >>> random_contrast([[[0.5]]], 0.5, 1.5)
    tensor([[[0.5000]]])

    Args:
        image: (..., H, W, C), of any real dtype.
        lower: the least factor.
        upper: the factor is below it.
        seed: an int for the same draw each time, or a torch.Generator.

    Raises:
        ValueError: the bounds are negative or not in order; or as `adjust_contrast`.
    """
    return adjust_contrast(image, _drawn(*_bounds(lower, upper), seed))


def random_saturation(image: Any, lower: float, upper: float, seed: Seed = None) -> Tensor:
    """`adjust_saturation` by a factor that is drawn (tf.image.random_saturation).

    >>> random_saturation([[[0.5, 0.5, 0.5]]], 0.5, 1.5)
    tensor([[[0.5000, 0.5000, 0.5000]]])

    Args:
        image: (..., H, W, 3), of any real dtype.
        lower: the least factor.
        upper: the factor is below it.
        seed: an int for the same draw each time, or a torch.Generator.

    Raises:
        ValueError: the bounds are negative or not in order; or as `adjust_saturation`.
    """
    return adjust_saturation(image, _drawn(*_bounds(lower, upper), seed))


def random_flip_left_right(image: Any, seed: Seed = None) -> Tensor:
    """Images of which about half are flipped (tf.image.random_flip_left_right).

    >>> random_flip_left_right([[[0.5], [0.5]]]).flatten()
    tensor([0.5000, 0.5000])

    Args:
        image: (N, H, W, C), each flipped or not by itself, or (H, W, C).
        seed: an int for the same draw each time, or a torch.Generator.

    Raises:
        ValueError: the rank is another, or the image is empty.
    """
    return _some(image, flip_left_right(image), seed)


def random_flip_up_down(image: Any, seed: Seed = None) -> Tensor:
    """Images of which about half are turned upside down (tf.image.random_flip_up_down).

    >>> random_flip_up_down([[[0.5]], [[0.5]]]).flatten()
    tensor([0.5000, 0.5000])

    Args:
        image: (N, H, W, C), each flipped or not by itself, or (H, W, C).
        seed: an int for the same draw each time, or a torch.Generator.

    Raises:
        ValueError: the rank is another, or the image is empty.
    """
    return _some(image, flip_up_down(image), seed)


def _some(image: Any, flipped: Tensor, seed: Seed) -> Tensor:
    shape = (len(flipped), 1, 1, 1) if flipped.ndim == 4 else ()
    chance = _drawn(0.0, 1.0, seed, shape)
    return torch.where(chance.to(flipped.device) < 0.5, flipped, as_tensor(image, flipped))


def _drawn(low: float, high: float, seed: Seed, shape: tuple[int, ...] = ()) -> Tensor:
    with on_device_of_the_net():
        return RandomUniform(low, high, seed)(shape, torch.float32)


def _bounds(lower: float, upper: float) -> tuple[float, float]:
    if upper <= lower:
        raise ValueError(f"upper must be > lower. They are {upper} and {lower}.")
    if lower < 0:
        raise ValueError(f"lower must be non-negative. It is {lower}.")
    return lower, upper


def _rgb(image: Any) -> tuple[Tensor, torch.dtype]:
    floats, dtype = in_floats(image)
    if floats.ndim < 3:
        raise ValueError(f"Shape must be at least rank 3 but is rank {floats.ndim}: (H, W, 3).")
    at_least_three(floats)
    if floats.shape[-1] != 3:
        raise ValueError(f"input must have 3 channels but instead has {floats.shape[-1]} channels.")
    return floats, dtype


def _number(value: Any, floats: Tensor) -> Tensor:
    tensor = as_tensor(value, floats)
    return tensor.to(floats.device, floats.dtype)


def _back(floats: Tensor, dtype: torch.dtype, *, saturate: bool = True) -> Tensor:
    return convert_image_dtype(floats, dtype, saturate)
