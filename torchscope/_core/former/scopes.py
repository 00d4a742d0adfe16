"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.passes.scopes import Settings, VariableScope, _ReuseMode, root_scope
from torchscope._core.requests.variable_scope import (
    get_variable_scope,
    no_regularizer,
    pure_variable_scope,
    unique_default_name,
    use_up_default_name,
    variable_scope,
)
