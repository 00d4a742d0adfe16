"""Slim: arg_scope, and layers that take their defaults from it (tf.contrib.slim)."""

from torchscope.slim import utils as utils
from torchscope.slim.arg_scope import add_arg_scope as add_arg_scope
from torchscope.slim.arg_scope import arg_scope as arg_scope
from torchscope.slim.arg_scope import arg_scope_func_key as arg_scope_func_key
from torchscope.slim.arg_scope import arg_scoped_arguments as arg_scoped_arguments
from torchscope.slim.arg_scope import current_arg_scope as current_arg_scope
from torchscope.slim.arg_scope import has_arg_scope as has_arg_scope
from torchscope.slim.variables import add_model_variable as add_model_variable
from torchscope.slim.variables import assign_from_values as assign_from_values
from torchscope.slim.variables import assign_from_values_fn as assign_from_values_fn
from torchscope.slim.variables import filter_variables as filter_variables
from torchscope.slim.variables import get_local_variables as get_local_variables
from torchscope.slim.variables import get_model_variables as get_model_variables
from torchscope.slim.variables import get_trainable_variables as get_trainable_variables
from torchscope.slim.variables import get_unique_variable as get_unique_variable
from torchscope.slim.variables import get_variable_full_name as get_variable_full_name
from torchscope.slim.variables import get_variables as get_variables
from torchscope.slim.variables import get_variables_by_name as get_variables_by_name
from torchscope.slim.variables import get_variables_by_suffix as get_variables_by_suffix
from torchscope.slim.variables import get_variables_to_restore as get_variables_to_restore
from torchscope.slim.variables import global_variable as global_variable
from torchscope.slim.variables import local_variable as local_variable
from torchscope.slim.variables import model_variable as model_variable
from torchscope.slim.variables import variable as variable
