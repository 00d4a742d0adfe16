"""tf.dtypes: dtypes, and what makes another of one."""

from torch import (
    bfloat16,
    bool,  # noqa: A004 - tf.bool
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)

from torchscope._core.ops.casting import cast, saturate_cast
from torchscope._core.ops.casting import complex_of as complex  # noqa: A004 - tf.complex
from torchscope._core.values.conversion import as_dtype
from torchscope.tf1._texts import string

__all__ = [
    "as_dtype",
    "bfloat16",
    "bool",
    "cast",
    "complex",
    "complex64",
    "complex128",
    "double",
    "float16",
    "float32",
    "float64",
    "half",
    "int8",
    "int16",
    "int32",
    "int64",
    "saturate_cast",
    "string",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


def __dir__() -> list[str]:
    return __all__
