"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.functions.assign_moving_average import (
    assign_moving_average,
    beside,
    move,
    move_debiased,
    weighted_moving_average,
)
