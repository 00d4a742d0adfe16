"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.store.saved_tensors import Experience, Kept, Readings, before_assignment
