"""Slim: arg_scope, and layers that take their defaults from it (tf.contrib.slim)."""

# ruff: noqa: I001 - grouped by what they are for

from torchscope.slim import learning as learning
from torchscope.slim import losses as losses
from torchscope.slim import model_analyzer as model_analyzer
from torchscope.slim import utils as utils

# arg_scope, variables
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

# The global step
from torchscope.global_step import create_global_step as create_global_step
from torchscope.global_step import get_global_step as get_global_step
from torchscope.global_step import get_or_create_global_step as get_or_create_global_step

# Layers
from torchscope.slim.convolution import conv1d as conv1d
from torchscope.slim.convolution import conv2d as conv2d
from torchscope.slim.convolution import conv3d as conv3d
from torchscope.slim.convolution import convolution as convolution
from torchscope.slim.convolution import convolution1d as convolution1d
from torchscope.slim.convolution import convolution2d as convolution2d
from torchscope.slim.convolution import convolution3d as convolution3d
from torchscope.slim.transposed_convolution import conv2d_transpose as conv2d_transpose
from torchscope.slim.transposed_convolution import conv3d_transpose as conv3d_transpose
from torchscope.slim.transposed_convolution import (
    convolution2d_transpose as convolution2d_transpose,
)
from torchscope.slim.transposed_convolution import (
    convolution3d_transpose as convolution3d_transpose,
)
from torchscope.slim.separable_convolution import conv2d_in_plane as conv2d_in_plane
from torchscope.slim.separable_convolution import convolution2d_in_plane as convolution2d_in_plane
from torchscope.slim.separable_convolution import separable_conv2d as separable_conv2d
from torchscope.slim.separable_convolution import separable_convolution2d as separable_convolution2d
from torchscope.slim.fully_connected import elu as elu
from torchscope.slim.fully_connected import fully_connected as fully_connected
from torchscope.slim.fully_connected import legacy_fully_connected as legacy_fully_connected
from torchscope.slim.fully_connected import legacy_linear as legacy_linear
from torchscope.slim.fully_connected import legacy_relu as legacy_relu
from torchscope.slim.fully_connected import linear as linear
from torchscope.slim.fully_connected import relu as relu
from torchscope.slim.fully_connected import relu6 as relu6
from torchscope.slim.batch_normalization import batch_norm as batch_norm
from torchscope.slim.normalization import group_norm as group_norm
from torchscope.slim.normalization import instance_norm as instance_norm
from torchscope.slim.normalization import layer_norm as layer_norm
from torchscope.slim.normalization import unit_norm as unit_norm
from torchscope.slim.pooling import avg_pool2d as avg_pool2d
from torchscope.slim.pooling import avg_pool3d as avg_pool3d
from torchscope.slim.pooling import max_pool2d as max_pool2d
from torchscope.slim.pooling import max_pool3d as max_pool3d
from torchscope.slim.pooling import pool as pool
from torchscope.slim.functions import bias_add as bias_add
from torchscope.slim.functions import dropout as dropout
from torchscope.slim.functions import flatten as flatten
from torchscope.slim.functions import maxout as maxout
from torchscope.slim.functions import one_hot_encoding as one_hot_encoding
from torchscope.slim.functions import scale_gradient as scale_gradient
from torchscope.slim.functions import softmax as softmax
from torchscope.slim.functions import spatial_softmax as spatial_softmax
from torchscope.slim.repeating import repeat as repeat
from torchscope.slim.repeating import stack as stack
from torchscope.slim.gdn import GDN as GDN
from torchscope.slim.gdn import gdn as gdn
from torchscope.slim.sequences import dense_to_sparse as dense_to_sparse
from torchscope.slim.sequences import images_to_sequence as images_to_sequence
from torchscope.slim.sequences import sequence_to_images as sequence_to_images
from torchscope.slim.reversible import RevBlock as RevBlock
from torchscope.slim.reversible import rev_block as rev_block
from torchscope.slim.reversible import recompute_grad as recompute_grad

# Initializers and regularizers
from torchscope.slim.initializers import (
    variance_scaling_initializer as variance_scaling_initializer,
)
from torchscope.slim.initializers import xavier_initializer as xavier_initializer
from torchscope.slim.initializers import xavier_initializer_conv2d as xavier_initializer_conv2d
from torchscope.slim.regularizers import apply_regularization as apply_regularization
from torchscope.regularizers import l1_l2_regularizer as l1_l2_regularizer
from torchscope.regularizers import l1_regularizer as l1_regularizer
from torchscope.regularizers import l2_regularizer as l2_regularizer
from torchscope.regularizers import sum_regularizer as sum_regularizer

# Checkpoints
from torchscope.slim.checkpoints import assign_from_checkpoint as assign_from_checkpoint
from torchscope.slim.checkpoints import assign_from_checkpoint_fn as assign_from_checkpoint_fn
