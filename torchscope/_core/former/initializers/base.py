"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.initializers.base import Initializer, Random
