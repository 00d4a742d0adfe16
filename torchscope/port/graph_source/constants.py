"""Constants of a graph, as Python writes them: a literal where that says the same, and else `tf.constant`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from torchscope.port.graph_source.expressions import Call, Code, Index, Literal, Row

# A constant of more numbers is no literal.
SMALL = 16
_DIRECT = {torch.float32, torch.int32, torch.bool}


class Constant(NamedTuple):
    """A constant of the graph.

    Args:
        name: its node.
        value: a number or text, or nested lists of these; None where it is too large for a literal.
        dtype: its dtype, or TensorFlow's name of it.
        filled: of one that is the same number everywhere, that number and the shape.
    """

    name: str
    value: Any
    dtype: Any
    filled: tuple[float, tuple[int, ...]] | None = None

    @property
    def scalar(self) -> bool:
        """Whether it is a single number or text."""
        return self.value is not None and not isinstance(self.value, list)


def argument(value: Any) -> Any:
    """A constant as an argument of a function; what is none stays."""
    if not isinstance(value, Constant):
        return value
    if value.filled is not None:
        return filled(value, Literal)
    if value.value is None:
        return Call("tf.constant", (Index(Code("CONSTANTS"), (Literal(value.name, "name"),)),))
    texts = not isinstance(value.dtype, torch.dtype)
    direct = texts or (value.dtype in _DIRECT if value.scalar else value.dtype is torch.int32)
    # An empty list is taken for one of floats.
    return row(value.value) if direct and value.value != [] else _constant(value)


def tensor(value: Any) -> Any:
    """A constant as a tensor, where a number would be one of Python's."""
    known = isinstance(value, Constant) and value.value is not None
    return _constant(value) if known else argument(value)


def operand(value: Any) -> Any:
    """A constant beside an operator."""
    if isinstance(value, Constant) and value.filled is not None:
        return argument(value)
    if isinstance(value, Constant) and value.scalar and isinstance(value.dtype, torch.dtype):
        return row(value.value)
    return (
        argument(value)
        if not isinstance(value, Constant) or value.value is None
        else _constant(value)
    )


def filled(value: Constant, size: Callable[[int], Any]) -> Any:
    """A constant that is the same number everywhere."""
    assert value.filled is not None
    number, shape = value.filled
    dtype = () if value.dtype is torch.float32 else (("dtype", Literal(value.dtype, "dtype")),)
    sizes = Row(tuple(map(size, shape)))
    if number in {0, 1}:
        return Call("tf.ones" if number else "tf.zeros", (sizes,), dtype)
    return Call("tf.fill", (sizes, _constant(value._replace(value=number, filled=None))))


def _constant(value: Constant) -> Any:
    # An empty list and float32 are what a list of numbers is taken for.
    told = value.dtype is torch.float32 and value.value != []
    dtype = (
        () if told or not isinstance(value.dtype, torch.dtype) else (Literal(value.dtype, "dtype"),)
    )
    return Call("tf.constant", (row(value.value), *dtype))


def row(value: Any, hint: str = "value") -> Any:
    """Nested lists as an expression, in which each number may become an argument.

    >>> row([1, 2], "stride").items[0]
    Literal(value=1, hint='stride', otherwise=None)
    """
    if isinstance(value, list | tuple):
        return Row(tuple(row(each, hint) for each in value))
    return Literal(value, hint)


def rounded(value: float) -> float:
    """A float as short as float32 tells it.

    >>> rounded(0.0010000000474974513)
    0.001
    """
    import numpy as np  # noqa: PLC0415

    return float(str(np.float32(value)))
