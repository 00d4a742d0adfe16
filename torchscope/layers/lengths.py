"""How long a layer's output is, where a length of its input may not be known yet."""

from __future__ import annotations

from typing import Any

from torchscope._core.values.static_shapes import TensorShape


def conv_output_length(length: Any, window: int, padding: str, stride: int, dilation: int) -> Any:
    """How many windows an axis has; None where its length is None.

    >>> conv_output_length(9, 3, "VALID", 2, 1), conv_output_length(9, 3, "SAME", 2, 1)
    (4, 5)
    """
    if length is None:
        return None
    # What is causal is padded before, so that the output is as long as by SAME.
    reach = (window - 1) * dilation if padding == "VALID" else 0
    return (length - reach + stride - 1) // stride


def deconv_output_length(length: Any, window: int, padding: str, stride: int) -> Any:
    """How long an axis is after the transpose of a convolution; None where its length is None.

    >>> deconv_output_length(9, 3, "VALID", 2), deconv_output_length(9, 3, "SAME", 2)
    (19, 18)
    """
    if length is None:
        return None
    return length * stride + (max(window - stride, 0) if padding == "VALID" else 0)


def dimensions(input_shape: Any, rank: int, *, exactly: bool = False) -> list[Any]:
    """The dimensions of a shape that has at least, or exactly, this rank.

    >>> dimensions([None, 3], 2)
    [None, 3]

    Raises:
        ValueError: it has another rank.
    """
    shape = TensorShape(input_shape)
    shape = shape.with_rank(rank) if exactly else shape.with_rank_at_least(rank)
    return shape.as_list()
