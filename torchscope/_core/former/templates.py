"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.functions.templates import Template, make_template
