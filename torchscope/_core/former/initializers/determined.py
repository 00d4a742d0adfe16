"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.initializers.determined import Constant, Identity, Ones, Zeros
