"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.ops.indexed_slices import IndexedSlices
