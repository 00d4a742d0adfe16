"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.operations.operation import (
    Operation,
    can_be_waited_for,
    changes_of,
    group,
    make_all_ready,
    no_op,
    run_all,
    tuple_of,
)
