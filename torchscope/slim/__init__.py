"""Slim: arg_scope, and layers that take their defaults from it (tf.contrib.slim)."""

# ruff: noqa: I001 - grouped by what they are for

from torchscope.slim import learning, losses, model_analyzer, utils

# arg_scope, variables
from torchscope.slim.arg_scope import (
    add_arg_scope,
    arg_scope,
    arg_scope_func_key,
    arg_scoped_arguments,
    current_arg_scope,
    has_arg_scope,
)
from torchscope.slim.variables import (
    add_model_variable,
    assign_from_values,
    assign_from_values_fn,
    filter_variables,
    get_local_variables,
    get_model_variables,
    get_trainable_variables,
    get_unique_variable,
    get_variable_full_name,
    get_variables,
    get_variables_by_name,
    get_variables_by_suffix,
    get_variables_to_restore,
    global_variable,
    local_variable,
    model_variable,
    variable,
)

# The global step
from torchscope._core.functions.global_step import (
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)

# Layers
from torchscope.slim.convolution import (
    conv1d,
    conv2d,
    conv3d,
    convolution,
    convolution1d,
    convolution2d,
    convolution3d,
)
from torchscope.slim.transposed_convolution import (
    conv2d_transpose,
    conv3d_transpose,
    convolution2d_transpose,
    convolution3d_transpose,
)
from torchscope.slim.separable_convolution import (
    conv2d_in_plane,
    convolution2d_in_plane,
    separable_conv2d,
    separable_convolution2d,
)
from torchscope.slim.fully_connected import (
    elu,
    fully_connected,
    legacy_fully_connected,
    legacy_linear,
    legacy_relu,
    linear,
    relu,
    relu6,
)
from torchscope.slim.batch_normalization import batch_norm
from torchscope.slim.normalization import group_norm, instance_norm, layer_norm, unit_norm
from torchscope.slim.pooling import avg_pool2d, avg_pool3d, max_pool2d, max_pool3d, pool
from torchscope.slim.functions import (
    bias_add,
    dropout,
    flatten,
    maxout,
    one_hot_encoding,
    scale_gradient,
    softmax,
    spatial_softmax,
)
from torchscope.slim.repeating import repeat, stack
from torchscope.slim.gdn import GDN, gdn
from torchscope.slim.sequences import dense_to_sparse, images_to_sequence, sequence_to_images
from torchscope.slim.reversible import RevBlock, rev_block, recompute_grad

# Initializers and regularizers
from torchscope.slim.initializers import (
    variance_scaling_initializer,
    xavier_initializer,
    xavier_initializer_conv2d,
)
from torchscope.slim.regularizers import apply_regularization
from torchscope._core.values.regularizers import (
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)

# Checkpoints
from torchscope.slim.checkpoints import assign_from_checkpoint, assign_from_checkpoint_fn

__all__ = [
    "GDN",
    "RevBlock",
    "add_arg_scope",
    "add_model_variable",
    "apply_regularization",
    "arg_scope",
    "arg_scope_func_key",
    "arg_scoped_arguments",
    "assign_from_checkpoint",
    "assign_from_checkpoint_fn",
    "assign_from_values",
    "assign_from_values_fn",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bias_add",
    "conv1d",
    "conv2d",
    "conv2d_in_plane",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "convolution",
    "convolution1d",
    "convolution2d",
    "convolution2d_in_plane",
    "convolution2d_transpose",
    "convolution3d",
    "convolution3d_transpose",
    "create_global_step",
    "current_arg_scope",
    "dense_to_sparse",
    "dropout",
    "elu",
    "filter_variables",
    "flatten",
    "fully_connected",
    "gdn",
    "get_global_step",
    "get_local_variables",
    "get_model_variables",
    "get_or_create_global_step",
    "get_trainable_variables",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
    "get_variables_to_restore",
    "global_variable",
    "group_norm",
    "has_arg_scope",
    "images_to_sequence",
    "instance_norm",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "layer_norm",
    "learning",
    "legacy_fully_connected",
    "legacy_linear",
    "legacy_relu",
    "linear",
    "local_variable",
    "losses",
    "max_pool2d",
    "max_pool3d",
    "maxout",
    "model_analyzer",
    "model_variable",
    "one_hot_encoding",
    "pool",
    "recompute_grad",
    "relu",
    "relu6",
    "repeat",
    "rev_block",
    "scale_gradient",
    "separable_conv2d",
    "separable_convolution2d",
    "sequence_to_images",
    "softmax",
    "spatial_softmax",
    "stack",
    "sum_regularizer",
    "unit_norm",
    "utils",
    "variable",
    "variance_scaling_initializer",
    "xavier_initializer",
    "xavier_initializer_conv2d",
]


def __dir__() -> list[str]:
    return __all__
