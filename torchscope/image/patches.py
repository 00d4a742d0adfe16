"""The patches that a window sees when it moves over images."""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import Tensor

from torchscope.nn.windows import paddings
from torchscope.ops.arguments import as_tensor, check_rank, either, numbers_of, wanted


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """Each patch of images, its numbers in one row (tf.extract_image_patches).

    >>> images = torch.arange(9.0).reshape(1, 3, 3, 1)
    >>> patches = extract_image_patches(images, [1, 2, 2, 1], [1] * 4, [1] * 4, "VALID")
    >>> patches.shape, patches[0, 0, 0]
    (torch.Size([1, 2, 2, 4]), tensor([0., 1., 3., 4.]))

    Args:
        images: (N, H, W, C).
        ksizes: [1, height, width, 1] of the window.
        strides: [1, down, right, 1]: how far it moves.
        rates: [1, down, right, 1]: how far what it sees lies apart.
        padding: 'SAME' or 'VALID'.
        name: accepted for TF1 code; it has no effect.
        sizes: another name of `ksizes`.

    Returns:
        (N, rows, columns, height * width * C).

    Raises:
        ValueError: the rank is another, a list has not four numbers or the first or last of them is
            not 1, a number is not positive, or the window does not fit.
        TypeError: a list or the padding is missing.
    """
    ksizes = either("ksizes", ksizes, "sizes", sizes)
    given = (("ksizes", ksizes), ("strides", strides), ("rates", rates))
    window, steps, apart = (_two(what, value) for what, value in given)
    tensor = as_tensor(wanted("images", images))
    check_rank("images", tensor, 4)
    size = tensor.shape[1:3]
    added = paddings("ExtractImagePatches", padding, size, window, steps, apart, 3, explicit=False)
    counts = []
    for length, extent, step, rate, pair in zip(size, window, steps, apart, added, strict=True):
        reach = (extent - 1) * rate + 1
        # TF1 cuts off towards 0: a window that is a little too large sees nothing.
        room = length + sum(pair) - reach + step
        counts.append(room // step if room >= 0 else -(-room // step))
        if counts[-1] < 0:
            raise ValueError(
                f"Computed output size would be negative: {counts[-1]} [input_size: {length}, "
                f"effective_filter_size: {reach}, stride: {step}]"
            )
    if 0 in counts:
        numbers = window[0] * window[1] * tensor.shape[3]
        return tensor.new_zeros([tensor.shape[0], *counts, numbers])
    (above, below), (left, right) = added
    if above or below or left or right:
        tensor = torch.constant_pad_nd(tensor, [0, 0, left, right, above, below], 0)
    for axis, extent, step, rate in zip((1, 2), window, steps, apart, strict=True):
        tensor = tensor.unfold(axis, (extent - 1) * rate + 1, step)[..., ::rate]
    return rearrange(tensor, "n y x c height width -> n y x (height width c)")


def _two(what: str, value: Any) -> tuple[int, int]:
    """The numbers of an argument for height and width."""
    if value is None:
        raise TypeError(
            f"Expected list for '{what}' argument to 'extract_image_patches' Op, not {value}."
        )
    found = numbers_of(value, what)
    if not isinstance(found, list) or len(found) < 4:
        raise ValueError(
            f"Attr '{what}' of 'ExtractImagePatches' Op passed list of length "
            f"{len(found) if isinstance(found, list) else 0} less than minimum 4."
        )
    if len(found) != 4 or found[0] != 1 or found[3] != 1:
        raise ValueError(f"Only patches of height and width: {what} is {found}, not [1, h, w, 1].")
    for number in found:
        if number < 1:
            told = {"strides": "Stride must be > 0", "rates": "Dilation rate must be >= 1"}
            raise ValueError(f"{told.get(what, f'{what} must be > 0')}, but got {number}")
    return found[1], found[2]
