"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.functions.initialization import (
    assign,
    assign_add,
    assign_sub,
    global_variables_initializer,
    is_variable_initialized,
    local_variables_initializer,
    report_uninitialized_variables,
    variables_initializer,
)
