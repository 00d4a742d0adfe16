"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.modules.registry import (
    ScopedParameterRegistry,
    get_default_registry,
    lasting_pass,
    reset_default_registry,
)
