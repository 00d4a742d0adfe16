"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.functions.global_step import (
    assert_global_step,
    assert_or_get_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)
