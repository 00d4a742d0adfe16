"""The numbers that TensorFlow's files give to dtypes."""

from __future__ import annotations

import torch

STRING = 7

TORCH: dict[int, torch.dtype] = {
    1: torch.float32,
    2: torch.float64,
    3: torch.int32,
    4: torch.uint8,
    5: torch.int16,
    6: torch.int8,
    8: torch.complex64,
    9: torch.int64,
    10: torch.bool,
    14: torch.bfloat16,
    17: torch.uint16,
    18: torch.complex128,
    19: torch.float16,
    22: torch.uint32,
    23: torch.uint64,
    24: torch.float8_e5m2,
    25: torch.float8_e4m3fn,
    # What is quantised is stored as plain integers.
    11: torch.int8,
    12: torch.uint8,
    13: torch.int32,
    15: torch.int16,
    16: torch.uint16,
}
"""The dtypes whose values a tensor can hold. Strings are bytes, not tensors."""

_NAMES = {
    STRING: "string",
    11: "qint8",
    12: "quint8",
    13: "qint32",
    15: "qint16",
    16: "quint16",
    20: "resource",
    21: "variant",
    26: "float8_e4m3fnuz",
    27: "float8_e4m3b11fnuz",
    28: "float8_e5m2fnuz",
    29: "int4",
    30: "uint4",
    31: "int2",
    32: "uint2",
}

NUMBERS: dict[torch.dtype, int] = {
    dtype: number for number, dtype in TORCH.items() if number not in _NAMES
}
"""The number under which a torch dtype is written."""


def name_of(number: int) -> str:
    """TensorFlow's name of a dtype number.

    >>> name_of(1), name_of(7), name_of(99)
    ('float32', 'string', 'dtype 99')
    """
    if number in _NAMES:
        return _NAMES[number]
    known = TORCH.get(number)
    return f"dtype {number}" if known is None else str(known).removeprefix("torch.")
