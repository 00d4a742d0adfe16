"""Assertions of several tensors at once: sizes that are the same, and one dtype of floats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.asserting import assert_rank, assert_rank_at_least, assert_rank_in
from torchscope._core.values.conversion import as_dtype, dtype_name, shape_text


def assert_same_float_dtype(tensors: Iterable[Any] | None = None, dtype: Any = None) -> torch.dtype:
    """The one floating dtype that all have (tf.assert_same_float_dtype).

    >>> assert_same_float_dtype([torch.ones(2, dtype=torch.float64), None])
    torch.float64

    Args:
        tensors: tensors, or None for what is not there.
        dtype: the dtype that is expected; that of the first tensor by default, and float32 where there is none.

    Raises:
        ValueError: two dtypes differ, or it is no floating one.
    """
    expected: torch.dtype | None = None if dtype is None else as_dtype(dtype)
    for tensor in tensors or ():
        if tensor is None:
            continue
        found = as_tensor(tensor).dtype
        expected = found if expected is None else expected
        if found != expected:
            raise ValueError(
                f"Tensor, type={_text(found)}, must be of the same type ({_text(expected)})."
            )
    if expected is None:
        return torch.float32
    if not expected.is_floating_point:
        raise ValueError(f"Expected floating point type, got {_text(expected)}.")
    return expected


def _text(dtype: torch.dtype) -> str:
    return f"<dtype: '{dtype_name(dtype)}'>"


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Refuses tensors whose sizes are not those that are said (tf.debugging.assert_shapes).

    >>> x, y = torch.ones(2, 3), torch.ones(5, 3)
    >>> assert_shapes([(x, ("N", "C")), (y, ("M", "C"))]).name
    'assert_shapes'

    Args:
        shapes: pairs of a tensor and its shape, in a list or a dict. A shape has numbers; letters or
            words, each of which is one size wherever it stands; None or '.' for any size; and '...' or '*' in
            the first place, for any number of sizes.
        data: accepted for TF1 code; it has no effect.
        summarize: accepted for TF1 code; it has no effect.
        message: what the message is to begin with.
        name: the operation's name. The pass makes it unique.

    Raises:
        ValueError: a rank or a size is another, or a shape cannot be read.
    """
    before = f"{message}.  " if message else ""
    sizes: dict[Any, tuple[Any, str]] = {}
    for given, shape in shapes.items() if isinstance(shapes, Mapping) else shapes:
        if shape is None:
            continue
        tensor = given if hasattr(given, "dense_shape") else as_tensor(given)
        for place, symbol, size in _sizes_of(tensor, shape, before, message):
            known = _number(symbol)
            if known is None and symbol not in sizes:
                sizes[symbol] = (
                    size,
                    f"Specified by tensor {shape_text(tensor.shape)} dimension {place}",
                )
                continue
            wanted, said = sizes[symbol] if known is None else (known, "Specified explicitly")
            if size != wanted:
                raise ValueError(
                    f"{before}{said}.  Tensor dimension {place} must have size {wanted}.  Received size "
                    f"{size}, shape {shape_text(tensor.shape)}"
                )
    return Operation.named(name, "assert_shapes", None, "NoOp")


def _sizes_of(
    tensor: Any, shape: Any, before: str, message: str | None
) -> list[tuple[int, Any, Any]]:
    """Place, what is said, and size of each dimension of which something is said."""
    found = shape_text(tensor.shape)
    if not (hasattr(shape, "__iter__") or hasattr(shape, "__getitem__")):
        raise ValueError(
            f"{before}Tensor {found}.  Specified shape must be an iterable.  An iterable has the attribute "
            f"`__iter__` or `__getitem__`.  Received specified shape: {shape}"
        )
    symbols = tuple(shape)
    for place, symbol in enumerate(symbols):
        if place and (symbol is Ellipsis or symbol == "*"):
            raise ValueError(
                f"{before}Tensor {found} specified shape index {place}.  Symbol `...` or `*` for a variable "
                "number of unspecified dimensions is only allowed as the first entry"
            )
    innermost = bool(symbols) and (symbols[0] is Ellipsis or symbols[0] == "*")
    # A scalar is one number, as a vector of one is.
    symbols = symbols[innermost:] or (1,)
    own = tuple(tensor.shape) or (1,)
    if len(symbols) > 1:
        check = assert_rank_at_least if innermost else assert_rank
        check(tensor, len(symbols), message=message)
    elif not innermost:
        assert_rank_in(tensor, [0, 1], message=message)
    places = range(-len(symbols), 0) if innermost else range(len(symbols))
    return [
        (place, symbol, own[place])
        for place, symbol in zip(places, symbols, strict=True)
        if symbol is not None and symbol != "."
    ]


def _number(symbol: Any) -> Any:
    """The size that is said by a number; None where it is a word."""
    try:
        return symbol if isinstance(symbol, torch.SymInt) else int(symbol)
    except (TypeError, ValueError):
        return None
