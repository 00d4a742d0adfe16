"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.ops.sizes import Sizes, integers_of, row_of, standing_for, tensor_of
