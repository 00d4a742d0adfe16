"""Images in other color spaces: grey, HSV, YUV, YIQ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import FLOATS, as_tensor, of_dtype, wanted
from torchscope._core.values.conversion import shape_text
from torchscope.image.dtypes import convert_image_dtype

_LUMINANCE = (0.2989, 0.587, 0.114)


def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """The luminance of colors (tf.image.rgb_to_grayscale).

    >>> rgb_to_grayscale([[[1.0, 0.0, 0.0]]])
    tensor([[[0.2989]]])

    Args:
        images: (..., 3), of any real dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., 1), of the same dtype.

    Raises:
        ValueError: the last dimension is not 3.
        AttributeError: the dtype is neither floating nor integer.
    """
    images = _colored(images)
    floats = convert_image_dtype(images, torch.float32)
    weights = floats.new_tensor(_LUMINANCE)
    return convert_image_dtype((floats * weights).sum(-1, keepdim=True), images.dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Grey images with three equal channels (tf.image.grayscale_to_rgb).

    >>> grayscale_to_rgb([[[0.5]]])
    tensor([[[0.5000, 0.5000, 0.5000]]])

    Args:
        images: (..., 1).
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., 3).

    Raises:
        ValueError: the rank is less than 2, or the last dimension is not 1.
    """
    images = as_tensor(wanted("images", images))
    if images.ndim < 2:
        raise ValueError(
            f"A grayscale image (shape {shape_text(images.shape)}) must be at least two-dimensional."
        )
    if images.shape[-1] != 1:
        raise ValueError(
            "Last dimension of a grayscale image should be size 1. The shape is "
            f"{shape_text(images.shape)}."
        )
    result: Tensor = images.expand(*images.shape[:-1], 3).clone()
    return result


def rgb_to_hsv(images: Any, name: str | None = None) -> Tensor:
    """Hue, saturation and value of colors (tf.image.rgb_to_hsv).

    >>> rgb_to_hsv([[[0.0, 0.5, 0.0]]])
    tensor([[[0.3333, 1.0000, 0.5000]]])

    Args:
        images: (..., 3), floating, from 0 to 1.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The same shape; hue and saturation are from 0 to 1.

    Raises:
        ValueError: the last dimension is not 3.
        TypeError: the dtype is not floating.
    """
    images = _colored(of_dtype(images, "images", FLOATS))
    red, green, blue = images.unbind(-1)
    value, least = images.amax(-1), images.amin(-1)
    span = value - least
    one = torch.ones_like(value)
    saturation = torch.where(value > 0, span / torch.where(value > 0, value, one), 0)
    unit = 1 / (6 * torch.where(span > 0, span, one))
    hue = torch.where(
        red == value,
        unit * (green - blue),
        torch.where(green == value, unit * (blue - red) + 2 / 6, unit * (red - green) + 4 / 6),
    )
    hue = torch.where(span > 0, torch.where(hue < 0, hue + 1, hue), 0)
    return torch.stack([hue, saturation, value], -1)


def hsv_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Colors of hue, saturation and value (tf.image.hsv_to_rgb).

    >>> hsv_to_rgb([[[0.0, 1.0, 0.5]]])
    tensor([[[0.5000, 0.0000, 0.0000]]])

    Args:
        images: (..., 3), floating, from 0 to 1.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The same shape.

    Raises:
        ValueError: the last dimension is not 3.
        TypeError: the dtype is not floating.
    """
    images = _colored(of_dtype(images, "images", FLOATS))
    hue, saturation, value = images.unsqueeze(-1).unbind(-2)
    sixths = 6 * hue
    shades = torch.cat(
        [(sixths - 3).abs() - 1, 2 - (sixths - 2).abs(), 2 - (sixths - 4).abs()], -1
    ).clamp(0, 1)
    result: Tensor = (1 - saturation + saturation * shades) * value
    return result


def _colored(images: Any) -> Tensor:
    images = as_tensor(wanted("images", images))
    if not images.ndim:
        raise ValueError("Shape must be at least rank 1 but is rank 0: (..., 3) is expected.")
    if images.shape[-1] != 3:
        raise ValueError(
            f"Dimension must be 3 but is {images.shape[-1]}: red, green and blue are the last "
            f"dimension. The shape is {shape_text(images.shape)}."
        )
    result: Tensor = images
    return result


def _linear(name: str, to: str, *rows: tuple[float, float, float]) -> Callable[[Any], Tensor]:
    """A change of color space that is a matrix: a row for each channel of what is given."""
    source = name.partition("_")[0].upper()

    def convert(images: Any) -> Tensor:
        images = _colored(of_dtype(images, "images", FLOATS))
        result: Tensor = images @ images.new_tensor(rows)
        return result

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"""Colors of {source} in {to} (tf.image.{name}).

    >>> {name}([[[0.0, 0.0, 0.0]]])
    tensor([[[0., 0., 0.]]])

    Args:
        images: (..., 3), floating.

    Returns:
        The same shape.

    Raises:
        ValueError: the last dimension is not 3.
        TypeError: the dtype is not floating.
    """
    return convert


rgb_to_yiq: Callable[[Any], Tensor] = _linear(
    *("rgb_to_yiq", "YIQ"),
    (0.299, 0.59590059, 0.2115),
    (0.587, -0.27455667, -0.52273617),
    (0.114, -0.32134392, 0.31119955),
)
yiq_to_rgb: Callable[[Any], Tensor] = _linear(
    *("yiq_to_rgb", "RGB"),
    (1.0, 1.0, 1.0),
    (0.95598634, -0.27201283, -1.10674021),
    (0.6208248, -0.64720424, 1.70423049),
)
rgb_to_yuv: Callable[[Any], Tensor] = _linear(
    *("rgb_to_yuv", "YUV"),
    (0.299, -0.14714119, 0.61497538),
    (0.587, -0.28886916, -0.51496512),
    (0.114, 0.43601035, -0.10001026),
)
yuv_to_rgb: Callable[[Any], Tensor] = _linear(
    *("yuv_to_rgb", "RGB"),
    (1.0, 1.0, 1.0),
    (0.0, -0.394642334, 2.03206185),
    (1.13988303, -0.58062185, 0.0),
)
