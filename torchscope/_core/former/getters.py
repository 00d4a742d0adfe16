"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.requests.get_variable import (
    get_local_variable,
    get_variable,
)
