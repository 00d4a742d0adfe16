"""tf.contrib.framework: arg_scope, and variables as slim asks for them."""

from torchscope.global_step import assert_global_step as assert_global_step
from torchscope.global_step import assert_or_get_global_step as assert_or_get_global_step
from torchscope.initializers import convolutional_delta_orthogonal as convolutional_delta_orthogonal
from torchscope.initializers import convolutional_orthogonal_1d as convolutional_orthogonal_1d
from torchscope.initializers import convolutional_orthogonal_2d as convolutional_orthogonal_2d
from torchscope.initializers import convolutional_orthogonal_3d as convolutional_orthogonal_3d
from torchscope.ops.asserting import assert_scalar as assert_scalar
from torchscope.ops.branching import smart_cond as smart_cond
from torchscope.ops.branching import smart_constant_value as smart_constant_value
from torchscope.ops.comparing import is_non_decreasing as is_non_decreasing
from torchscope.ops.comparing import is_numeric_tensor as is_numeric_tensor
from torchscope.ops.comparing import is_strictly_increasing as is_strictly_increasing
from torchscope.ops.making import is_tensor as is_tensor
from torchscope.ops.shape_assertions import assert_same_float_dtype as assert_same_float_dtype
from torchscope.ops.sorting import argsort as argsort
from torchscope.ops.sorting import sort as sort
from torchscope.slim import add_arg_scope as add_arg_scope
from torchscope.slim import add_model_variable as add_model_variable
from torchscope.slim import arg_scope as arg_scope
from torchscope.slim import arg_scope_func_key as arg_scope_func_key
from torchscope.slim import arg_scoped_arguments as arg_scoped_arguments
from torchscope.slim import assign_from_checkpoint as assign_from_checkpoint
from torchscope.slim import assign_from_checkpoint_fn as assign_from_checkpoint_fn
from torchscope.slim import assign_from_values as assign_from_values
from torchscope.slim import assign_from_values_fn as assign_from_values_fn
from torchscope.slim import create_global_step as create_global_step
from torchscope.slim import current_arg_scope as current_arg_scope
from torchscope.slim import filter_variables as filter_variables
from torchscope.slim import get_global_step as get_global_step
from torchscope.slim import get_local_variables as get_local_variables
from torchscope.slim import get_model_variables as get_model_variables
from torchscope.slim import get_or_create_global_step as get_or_create_global_step
from torchscope.slim import get_trainable_variables as get_trainable_variables
from torchscope.slim import get_unique_variable as get_unique_variable
from torchscope.slim import get_variable_full_name as get_variable_full_name
from torchscope.slim import get_variables as get_variables
from torchscope.slim import get_variables_by_name as get_variables_by_name
from torchscope.slim import get_variables_by_suffix as get_variables_by_suffix
from torchscope.slim import get_variables_to_restore as get_variables_to_restore
from torchscope.slim import global_variable as global_variable
from torchscope.slim import has_arg_scope as has_arg_scope
from torchscope.slim import local_variable as local_variable
from torchscope.slim import model_variable as model_variable
from torchscope.slim import variable as variable
from torchscope.slim.name_scopes import get_name_scope as get_name_scope
from torchscope.slim.name_scopes import prepend_name_scope as prepend_name_scope
from torchscope.slim.name_scopes import strip_name_scope as strip_name_scope
from torchscope.tf1 import nest as nest
from torchscope.tf1 import train as _train
from torchscope.tf1._deprecation import deprecated as deprecated
from torchscope.tf1._deprecation import deprecated_arg_values as deprecated_arg_values
from torchscope.tf1._deprecation import deprecated_args as deprecated_args
from torchscope.tf1.missing import missing as _missing

# Each needs the extra `checkpoint`, as in tf.train.
_OF_CHECKPOINTS = ("init_from_checkpoint", "list_variables", "load_checkpoint", "load_variable")


def __getattr__(name: str) -> object:
    if name in _OF_CHECKPOINTS:
        return getattr(_train, name)
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_OF_CHECKPOINTS})
