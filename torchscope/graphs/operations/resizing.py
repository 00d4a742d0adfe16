"""Images at another size, and the gradients for them as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import numbers_of
from torchscope.graphs.operations.table import op


@op("ResizeArea")
def _resize_area(images: Any, size: Any, *, align_corners: bool = False) -> Any:
    return tf.image.resize_area(images, size, align_corners)


_RESIZED: dict[str, Callable[..., Tensor]] = {
    "ResizeBilinear": tf.image.resize_bilinear,
    "ResizeBicubic": tf.image.resize_bicubic,
    "ResizeNearestNeighbor": tf.image.resize_nearest_neighbor,
}


def _resize(method: Callable[..., Tensor]) -> Callable[..., Any]:
    def function(
        images: Any, size: Any, *, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Any:
        return method(images, size, align_corners, half_pixel_centers=half_pixel_centers)

    return function


def _resize_grad(method: Callable[..., Tensor]) -> Callable[..., Any]:
    def function(
        grads: Any, original: Any, *, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Any:
        """The gradient for images, by themselves or by their height and width."""
        whole = isinstance(original, Tensor) and original.ndim == 4
        sizes = original.shape[1:3] if whole else numbers_of(original, "size")
        # What each new row or column takes of each old one: so the unit matrix is resized.
        rows, columns = (
            method(
                torch.eye(old, device=grads.device).reshape(1, old, old, 1),
                [new, old],
                align_corners,
                half_pixel_centers=half_pixel_centers,
            )
            .reshape(new, old)
            .to(grads.dtype)
            for old, new in zip(sizes, grads.shape[1:3], strict=True)
        )
        found = weighed(grads, rows.t(), columns.t())
        return found.to(original.dtype) if whole else found

    return function


for _type, _method in _RESIZED.items():
    op(_type)(_resize(_method))
    op(f"{_type}Grad")(_resize_grad(_method))


def weighed(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Images whose new rows and columns are sums of old ones, by a matrix for each."""
    return torch.einsum("nhwc,yh,xw->nyxc", images, rows, columns)
