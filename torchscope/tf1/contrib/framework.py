"""tf.contrib.framework: arg_scope, and variables as slim asks for them."""

from torchscope._core.functions.global_step import assert_global_step, assert_or_get_global_step
from torchscope._core.ops.asserting import assert_scalar
from torchscope._core.ops.comparing import (
    is_non_decreasing,
    is_numeric_tensor,
    is_strictly_increasing,
)
from torchscope._core.ops.making import is_tensor
from torchscope._core.ops.shape_assertions import assert_same_float_dtype
from torchscope._core.ops.sorting import argsort, sort
from torchscope._core.running.branching import smart_cond, smart_constant_value
from torchscope.initializers import (
    convolutional_delta_orthogonal,
    convolutional_orthogonal_1d,
    convolutional_orthogonal_2d,
    convolutional_orthogonal_3d,
)
from torchscope.slim import (
    add_arg_scope,
    add_model_variable,
    arg_scope,
    arg_scope_func_key,
    arg_scoped_arguments,
    assign_from_checkpoint,
    assign_from_checkpoint_fn,
    assign_from_values,
    assign_from_values_fn,
    create_global_step,
    current_arg_scope,
    filter_variables,
    get_global_step,
    get_local_variables,
    get_model_variables,
    get_or_create_global_step,
    get_trainable_variables,
    get_unique_variable,
    get_variable_full_name,
    get_variables,
    get_variables_by_name,
    get_variables_by_suffix,
    get_variables_to_restore,
    global_variable,
    has_arg_scope,
    local_variable,
    model_variable,
    variable,
)
from torchscope.slim.name_scopes import get_name_scope, prepend_name_scope, strip_name_scope
from torchscope.tf1 import nest
from torchscope.tf1 import train as _train
from torchscope.tf1._deprecation import deprecated, deprecated_arg_values, deprecated_args
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "add_arg_scope",
    "add_model_variable",
    "arg_scope",
    "arg_scope_func_key",
    "arg_scoped_arguments",
    "argsort",
    "assert_global_step",
    "assert_or_get_global_step",
    "assert_same_float_dtype",
    "assert_scalar",
    "assign_from_checkpoint",
    "assign_from_checkpoint_fn",
    "assign_from_values",
    "assign_from_values_fn",
    "convolutional_delta_orthogonal",
    "convolutional_orthogonal_1d",
    "convolutional_orthogonal_2d",
    "convolutional_orthogonal_3d",
    "create_global_step",
    "current_arg_scope",
    "deprecated",
    "deprecated_arg_values",
    "deprecated_args",
    "filter_variables",
    "get_global_step",
    "get_local_variables",
    "get_model_variables",
    "get_name_scope",
    "get_or_create_global_step",
    "get_trainable_variables",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
    "get_variables_to_restore",
    "global_variable",
    "has_arg_scope",
    "is_non_decreasing",
    "is_numeric_tensor",
    "is_strictly_increasing",
    "is_tensor",
    "local_variable",
    "model_variable",
    "nest",
    "prepend_name_scope",
    "smart_cond",
    "smart_constant_value",
    "sort",
    "strip_name_scope",
    "variable",
]

# Each needs the extra `checkpoint`, as in tf.train.
_OF_CHECKPOINTS = ("init_from_checkpoint", "list_variables", "load_checkpoint", "load_variable")


def __getattr__(name: str) -> object:
    if name in _OF_CHECKPOINTS:
        return getattr(_train, name)
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return [*__all__, *_OF_CHECKPOINTS]
