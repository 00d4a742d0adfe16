"""Images with mean 0 and variance 1."""

from __future__ import annotations

import torch
from torch import Tensor

from torchscope.image.geometry import at_least_three


def per_image_standardization(image: Tensor) -> Tensor:
    """Each image less its mean, by its standard deviation (tf.image.per_image_standardization).

    >>> per_image_standardization(torch.tensor([1, 3]).reshape(1, 2, 1)).flatten()
    tensor([-1.,  1.])

    Args:
        image: (..., H, W, C), of any real dtype.

    Returns:
        The same shape, float32. The deviation counts as 1 / sqrt(H * W * C) at least, lest even
        images blow up.

    Raises:
        ValueError: the rank is below 3, or an image is empty.
    """
    image = at_least_three(image).to(torch.float32)
    axes = (-1, -2, -3)
    image = image - image.mean(axes, keepdim=True)
    variance = image.square().mean(axes, keepdim=True)
    return image / variance.clamp(min=1 / image.shape[-3:].numel()).sqrt()
