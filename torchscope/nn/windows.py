"""A window that moves over the spatial axes: how TF1 says its strides, its dilations, its padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchscope._core.values.conversion import shape_text
from torchscope.nn import padding as pads

Strides = int | Sequence[int] | None
Padding = str | Sequence[Sequence[int]] | None


def numbers(what: str, value: Any, spatial: int, channels_axis: int) -> tuple[int, ...]:
    """The spatial numbers of a strides, dilations or ksize argument.

    >>> numbers("strides", [1, 2, 3, 1], 2, channels_axis=3), numbers("strides", 2, 3, 4)
    ((2, 3), (2, 2, 2))

    Args:
        what: the argument's name.
        value: one number, one for each spatial axis or for each axis, or None for ones.
        spatial: how many spatial axes there are.
        channels_axis: the axis of the channels.

    Raises:
        ValueError: there are too few or too many, or one is not positive or not of a spatial axis.
        TypeError: one is no number.
    """
    if type(value) is int and value > 0:
        return (value,) * spatial
    value = 1 if value is None else value
    given = value
    if not isinstance(value, (list, tuple)):
        given = list(value) if hasattr(value, "__len__") else [value]
    if len(given) == spatial + 2:
        if given[0] != 1 or given[channels_axis] != 1:
            raise ValueError(
                f"Current implementation does not yet support {what} in the batch and depth "
                f"dimensions. Received: {what}={value}"
            )
        given = given[2:] if channels_axis == 1 else given[1:-1]
    elif len(given) not in (1, spatial):
        raise ValueError(
            f"{what} should be of length 1, {spatial} or {spatial + 2}. Received: {what}={value} "
            f"of length {len(given)}"
        )
    for number in given:
        if type(number) is not int or number < 1:
            given = _positive(what, given)
            break
    return tuple(given) if len(given) == spatial else tuple(given) * spatial


def _positive(what: str, given: Sequence[Any]) -> list[int]:
    """Numbers as TF1 takes them: numpy's too, and floats, which it cuts off."""
    found = [_integer(what, number) for number in given]
    for number in found:
        if number < 1 and what == "ksize":
            raise ValueError(f"`ksize` cannot be zero. Received: ksize={given}")
        if number < 1:
            rule = "Dilation rate must be >= 1" if what == "dilations" else "Stride must be > 0"
            raise ValueError(f"{rule}, but got {number}")
    return found


def _integer(what: str, number: Any) -> int:
    try:
        if isinstance(number, str):
            raise TypeError
        return int(number)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument '{what}' not {number!r}.") from None


def paddings(
    operation: str,
    padding: Padding,
    size: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    channels_axis: int,
    *,
    explicit: bool,
) -> Sequence[pads.Pads]:
    """What goes before and after each spatial axis.

    Args:
        operation: TF1's name of it.
        padding: 'SAME', 'VALID', or where `explicit` allows it a pair for each axis of the tensor.
        size: the lengths of the spatial axes.
        window: the sizes of the window along them; more numbers may follow.
        strides: its steps.
        dilations: the distances of its elements.
        channels_axis: the axis of the channels.
        explicit: whether the operation takes pairs.

    Raises:
        ValueError: there is no such padding, or the pairs do not fit.
        TypeError: it is no padding at all.
    """
    if padding == "SAME":
        return list(map(pads.same, size, window, strides, dilations))
    if padding == "VALID":
        return [(0, 0)] * len(size)
    if explicit:
        if isinstance(padding, (list, tuple)):
            return pads.explicit(padding, channels_axis, len(size) + 2)
        if padding == "EXPLICIT":
            raise ValueError(
                "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, "
                "`padding` must be a list."
            )
    if isinstance(padding, str):
        known = '"SAME", "VALID", "EXPLICIT"' if explicit else '"SAME", "VALID"'
        raise ValueError(
            f"Attr 'padding' of '{operation}' Op passed string '{padding}' not in: {known}."
        )
    raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")


def check_fits(
    shape: Sequence[int],
    window: Sequence[int],
    size: Sequence[int],
    dilations: Sequence[int],
    added: Sequence[pads.Pads],
) -> None:
    """Refuses a window that is larger than the padded input.

    Raises:
        ValueError: it is.
    """
    if 0 in window:
        raise ValueError(
            f"The window {shape_text(window)} is empty: the input has shape {shape_text(shape)}."
        )
    for length, extent, dilation, pair in zip(size, window, dilations, added, strict=False):
        reach, padded = (extent - 1) * dilation + 1, length + sum(pair)
        if reach > padded:
            raise ValueError(
                f"Negative dimension size caused by subtracting {reach} from {padded}: the window "
                f"{shape_text(window)} does not fit into the input {shape_text(shape)}."
            )


def overruns(size: int, extent: int, step: int, added: pads.Pads) -> bool:
    """Whether oneDNN's gradient of a kernel of volumes would write beyond the kernel: by how it goes over their depth.

    It counts wrongly where a first window lies in the padding and few others are inside (PyTorch 2.13).

    >>> overruns(5, 7, 2, (3, 3)), overruns(16, 7, 2, (3, 3)), overruns(5, 3, 2, (1, 1))
    (True, False, False)

    Args:
        size: the length of the axis.
        extent: the size of the window.
        step: its stride.
        added: what goes before and after the axis.
    """
    # Of a compiled graph sizes are asked last.
    return step > 1 and extent > 2 * step and added[0] > step and size < extent + step


def uneven(
    added: Sequence[pads.Pads], *, apart: bool = False
) -> tuple[list[int] | None, list[int]]:
    """What PyTorch's functions cannot pad: where it differs between the sides of an axis.

    >>> uneven([(1, 1), (2, 2)]), uneven([(1, 1), (0, 1)])
    ((None, [1, 2]), ([0, 1, 1, 1], [0, 0]))

    Args:
        added: what is to go before and after each spatial axis.
        apart: whether PyTorch's function is to pad nothing.

    Returns:
        What is to be padded before, as F.pad takes it, or None; and the padding that is left to PyTorch's
        function: all of it where both sides are alike, else none.
    """
    if not apart and all(before == after for before, after in added):
        return None, [before for before, _ in added]
    # All of it, since there is a copy anyway: what both sides share would be a number that a compiled
    # graph is made for, where sizes are dynamic.
    return [side for pair in reversed(added) for side in pair], [0] * len(added)
