"""The values of tf.summary.image: PNG files of numbers that TF1 has scaled."""

from __future__ import annotations

import io
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.summaries.protocol import message, module_of_extra

# What is lighter than this in all its pixels is black.
_NOTHING = 1e-6
# The pixels that hold no number.
_BAD = (255, 0, 0, 255)


def image_values(name: str, tag: str, tensor: Tensor, most: int) -> list[Any]:
    """The first images of a batch.

    Args:
        name: the name of the operation.
        tag: under which they are shown, followed by /image and their number.
        tensor: images of shape (N, H, W, C), of 1, 3 or 4 channels: uint8 as they are, floats scaled.
        most: how many of them are shown.

    Raises:
        InvalidArgumentError: it has another shape.
    """
    if tensor.ndim != 4 or tensor.shape[3] not in (1, 3, 4):
        raise InvalidArgumentError(
            None,
            None,
            "Tensor must be 4-D with last dim 1, 3, or 4, not "
            f"[{','.join(map(str, tensor.shape))}]. It is what the summary {name} is of: images are "
            "(N, H, W, C), so add a dimension, tf.expand_dims, or choose channels, x[..., :3].",
        )
    summary = message("Summary")
    made = []
    for number, image in enumerate(tensor[:most].cpu()):
        height, width, channels = image.shape
        made.append(
            summary.Value(
                tag=f"{tag}/image" if most == 1 else f"{tag}/image/{number}",
                image=summary.Image(
                    height=height,
                    width=width,
                    colorspace=channels,
                    encoded_image_string=_png(_pixels(image)),
                ),
            )
        )
    return made


def _pixels(image: Tensor) -> Tensor:
    """An image as uint8: what has no negative numbers from 0 to 255, else with 0 in the middle."""
    if image.dtype == torch.uint8:
        return image
    finite = image.isfinite().all(dim=2)
    numbers = image[finite]
    pixels = torch.tensor(_BAD[: image.shape[2]], dtype=torch.uint8).expand(image.shape).clone()
    if len(numbers):
        scale, offset = _scale(numbers.float())
        scaled = numbers * scale.to(image.dtype) + offset
        # A sum that is rounded up to 256 begins again at 0.
        pixels[finite] = scaled.to(torch.int16).to(torch.uint8)
    return pixels


def _scale(numbers: Tensor) -> tuple[Tensor, int]:
    """What pixels are multiplied by, and what is added to them."""
    smallest, largest = numbers.aminmax()
    reach, width, offset = largest, 255.0, 0
    if smallest < 0:
        reach, width, offset = torch.maximum(-smallest, largest.abs()), 127.0, 128
    # A number over a tensor would be multiplied by the reciprocal, which is rounded twice.
    return torch.where(reach < _NOTHING, 0.0, torch.tensor(width) / reach), offset


def _png(pixels: Tensor) -> bytes:
    pillow = module_of_extra("PIL.Image", "tf.summary.image")
    shown = pixels.squeeze(2) if pixels.shape[2] == 1 else pixels
    file = io.BytesIO()
    pillow.fromarray(shown.numpy()).save(file, "png")
    return file.getvalue()
