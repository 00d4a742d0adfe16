"""tf.compat: texts and bytes, and TensorFlow 1 under its other name."""

from __future__ import annotations

import importlib as _importlib
import numbers as _numbers
import os as _os
from typing import Any as _Any

from torchscope.tf1.missing import missing as _missing

__all__ = [
    "as_bytes",
    "as_str",
    "as_str_any",
    "as_text",
    "bytes_or_text_types",
    "complex_types",
    "integral_types",
    "path_to_str",
    "real_types",
]

bytes_or_text_types: tuple[type, ...] = (bytes, str)
complex_types: tuple[type, ...] = (_numbers.Complex,)
integral_types: tuple[type, ...] = (_numbers.Integral,)
real_types: tuple[type, ...] = (_numbers.Real,)


def as_bytes(bytes_or_text: bytes | str, encoding: str = "utf-8") -> bytes:
    """Bytes, encoded if need be (tf.compat.as_bytes).

    >>> as_bytes("a")
    b'a'

    Raises:
        TypeError: it is neither bytes nor a text.
    """
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text: bytes | str, encoding: str = "utf-8") -> str:
    """A text, decoded if need be (tf.compat.as_text, tf.compat.as_str).

    >>> as_text(b"a")
    'a'

    Raises:
        TypeError: it is neither bytes nor a text.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_str_any(value: _Any, encoding: str = "utf-8") -> str:
    """A text of anything (tf.compat.as_str_any).

    >>> as_str_any(1), as_str_any(b"a")
    ('1', 'a')
    """
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


def path_to_str(path: _Any) -> _Any:
    """A path as a text; what is no path stays (tf.compat.path_to_str)."""
    return as_text(_os.fspath(path)) if hasattr(path, "__fspath__") else path


def __getattr__(name: str) -> object:
    if name == "v1":
        return _importlib.import_module("torchscope.tf1")
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return [*__all__, "v1"]
