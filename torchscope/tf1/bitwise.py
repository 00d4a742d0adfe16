"""tf.bitwise: the bits of integers."""

from torchscope._core.ops.comparing import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    invert,
    left_shift,
    right_shift,
)

__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"]


def __dir__() -> list[str]:
    return __all__
