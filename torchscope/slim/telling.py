"""Arguments told apart by what they are, as text: for a graph that was made where they held."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import torch

from torchscope._core.graphs.closures import closed_over

_PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)
# What is deeper is told by which object it is.
_DEPTH = 6


def told(value: Any, depth: int = _DEPTH) -> str:
    """A text that is another one where a value may lead to another result.

    >>> told({"a": [1, 2.0]}) == told({"a": [1, 2.0]}), told([1]) == told([2])
    (True, False)

    Two functions that the same line made are alike if what they close over is.
    """
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__} {value!r}"
    if depth:
        parts = _parts(value)
        if parts is not None:
            return f"{type(value).__qualname__}({', '.join(told(p, depth - 1) for p in parts)})"
    return f"{type(value).__qualname__} {id(value)}"


def _parts(value: Any) -> list[Any] | None:
    """What a value is made of; None where it is told by itself."""
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, FunctionType):
        given = closed_over(value), value.__defaults__, value.__kwdefaults__
        return [id(value.__code__), *given]
    if isinstance(value, type | torch.Tensor):
        return None
    attributes = getattr(value, "__dict__", None)
    return [id(type(value)), attributes] if attributes else None
