"""Numbers of tensors as text, as TF1 shows them in messages."""

from __future__ import annotations

from itertools import chain
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.values.conversion import shape_text


def text_of(value: Any, most: int) -> str:
    """Some of the numbers of a tensor, as TF1 shows them.

    >>> text_of([[1.0, 2.0], [3.0, 4.0]], 3)
    '[1 2][3...]...'
    """
    if isinstance(value, str):
        return value
    tensor = as_tensor(value).detach()
    if tensor.is_meta or isinstance(tensor, FakeTensor):
        return f"a tensor of shape {shape_text(tensor.shape)}"
    numbers = tensor.cpu().reshape(-1)
    most = len(numbers) if most < 0 else most
    write = _of_float32 if numbers.dtype == torch.float32 else _number
    texts = [write(each) for each in numbers[: most if tensor.ndim else 1].tolist()]
    shown = _nested(iter(texts), tuple(tensor.shape), inside=False)
    return shown + ("..." if tensor.ndim and len(numbers) > most else "")


def _number(value: Any) -> str:
    """A number as TF1 writes it."""
    if isinstance(value, float):
        short = f"{value:.15g}"
        return short if float(short) == value else f"{value:.17g}"
    return str(int(value)) if isinstance(value, bool) else str(value)


def _of_float32(value: float) -> str:
    short = f"{value:.6g}"
    return short if torch.tensor(float(short)).item() == value else f"{value:.9g}"


def _nested(texts: Any, shape: tuple[int, ...], *, inside: bool) -> str:
    """Numbers in brackets, for as long as there are any."""
    if not shape:
        return next(texts, "")
    parts: list[str] = []
    for _ in range(shape[0]):
        if len(shape) == 1:
            text = next(texts, None)
            if text is None:
                return " ".join(parts) + ("..." if inside else "")
            parts.append(text)
            continue
        first = next(texts, None)
        if first is None:
            break
        parts.append(f"[{_nested(chain([first], texts), shape[1:], inside=True)}]")
    return (" " if len(shape) == 1 else "").join(parts)
