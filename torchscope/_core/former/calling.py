"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.running.calling import call_in_scope, in_scope
