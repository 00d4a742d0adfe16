"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.ops.tensor_array import TensorArray, zeros_since
