"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.operations.name_scopes import name_scope, open_name_scope, take_name
