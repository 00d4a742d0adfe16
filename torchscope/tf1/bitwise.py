"""tf.bitwise: the bits of integers."""

from torchscope.ops.comparing import bitwise_and as bitwise_and
from torchscope.ops.comparing import bitwise_or as bitwise_or
from torchscope.ops.comparing import bitwise_xor as bitwise_xor
from torchscope.ops.comparing import invert as invert
from torchscope.ops.comparing import left_shift as left_shift
from torchscope.ops.comparing import right_shift as right_shift
