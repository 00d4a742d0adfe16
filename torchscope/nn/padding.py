"""Padding as TF1 means it: how many zeros go before and after each spatial axis."""

from __future__ import annotations

from collections.abc import Sequence

Pads = tuple[int, int]


def same(size: int, window: int, stride: int, dilation: int) -> Pads:
    """The zeros that SAME puts before and after an axis; the odd one goes after.

    >>> same(10, 3, 1, 1), same(10, 3, 2, 1), same(11, 3, 2, 1)
    ((1, 1), (0, 1), (1, 1))

    Args:
        size: the length of the axis.
        window: the size of the kernel along it.
        stride: the step of the window.
        dilation: the distance of the kernel's elements.
    """
    total = (window - 1) * dilation
    if stride != 1:
        steps = -(-size // stride)
        total += (steps - 1) * stride + 1 - size
    total = max(total, 0)
    return total // 2, total - total // 2


def output_size(size: int, window: int, stride: int, dilation: int, pads: Pads) -> int:
    """How many windows fit on a padded axis.

    >>> output_size(10, 3, 2, 1, (0, 1))
    5
    """
    return (size + sum(pads) - (window - 1) * dilation - 1) // stride + 1


def explicit(padding: Sequence[Sequence[int]], channels_axis: int, rank: int = 4) -> list[Pads]:
    """The spatial entries of an explicit padding list, as tf.nn.conv2d takes it.

    >>> explicit([[0, 0], [1, 2], [3, 0], [0, 0]], channels_axis=3)
    [(1, 2), (3, 0)]

    Raises:
        ValueError: it has not one pair for each axis, or pads the batch or the channels.
    """
    for index, pair in enumerate(padding):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ValueError(
                "When `padding` is a list, each element of `padding` must be a list/tuple of size "
                f"2. Received: padding={padding} with {pair!r} at index {index}"
            )
    if len(padding) != rank:
        raise ValueError(
            f"When padding is a list, it must be of size {rank}. Received: padding={padding} of "
            f"size {len(padding)}"
        )
    pairs = [(int(before), int(after)) for before, after in padding]
    if any(pairs[0]) or any(pairs[channels_axis]):
        raise ValueError(
            "Nonzero explicit padding in the batch or depth dimensions is not supported. "
            f"Received: padding={padding}"
        )
    if min(min(pair) for pair in pairs) < 0:
        raise ValueError(f"All elements of explicit_paddings must be nonnegative: {padding}")
    return [pair for axis, pair in enumerate(pairs) if axis not in (0, channels_axis)]
