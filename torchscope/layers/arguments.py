"""What the layers of tf.layers take: kernel sizes, paddings, formats and activations, in its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchscope import nn
from torchscope.nn.layouts import FORMATS

Activation = Callable[..., Any] | str | None


def numbers(name: str, value: Any, count: int, *, least: int = 1) -> tuple[int, ...]:
    """As many integers as there are spatial axes, of one or of a sequence.

    >>> numbers("strides", 2, 3), numbers("kernel_size", [3, 5], 2)
    ((2, 2, 2), (3, 5))

    Raises:
        ValueError: there are more or fewer, or one is no integer or too small.
    """
    if type(value) is int and value >= least:
        return (value,) * count
    given = [value] * count if isinstance(value, int) else value
    wrong = f"The `{name}` argument must be a tuple of {count} integers. Received: {value}"
    try:
        found = tuple(int(number) for number in given)
    except (TypeError, ValueError):
        raise ValueError(wrong) from None
    if len(found) != count:
        raise ValueError(wrong)
    small = {number for number in found if number < least}
    if small:
        raise ValueError(
            f"{wrong} including {small} that does not satisfy the requirement "
            f"`{'>' if least else '>='} 0`."
        )
    return found


def padding_of(value: str) -> str:
    """A padding as functions of `nn` take it; 'CAUSAL' pads before only.

    >>> padding_of("same")
    'SAME'

    Raises:
        ValueError: there is no such padding.
    """
    padding = value.upper() if isinstance(value, str) else value
    if padding not in {"VALID", "SAME", "CAUSAL"}:
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", '
            f"only for `Conv1D). Received: {value}"
        )
    return padding


def is_channels_first(data_format: str) -> bool:
    """Whether the channels come before the spatial axes.

    Raises:
        ValueError: the format is neither 'channels_first' nor 'channels_last'.
    """
    if str(data_format).lower() not in {"channels_first", "channels_last"}:
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", "channels_last". '
            f"Received: {data_format}"
        )
    return data_format.lower() == "channels_first"


def format_of(data_format: str, spatial: int) -> str:
    """The format's name in `nn`.

    >>> format_of("channels_first", 2)
    'NCHW'
    """
    return FORMATS[spatial][is_channels_first(data_format)]


def activation_of(value: Activation) -> Callable[..., Any] | None:
    """The function meant by a function, by its name in `nn`, or by None or 'linear'.

    Raises:
        ValueError: `nn` has no such function.
    """
    if value is None or callable(value) or value == "linear":
        return value if callable(value) else None
    function = getattr(nn, value, None)
    if not callable(function):
        raise ValueError(
            f"Unknown activation function: '{value}'. Give a function, or the name of one in "
            "torchscope.nn."
        )
    return function  # type: ignore[no-any-return]
