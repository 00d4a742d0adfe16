"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.modules.entry_methods import Entry
