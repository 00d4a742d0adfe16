"""TF1's own spelling: ``import torchscope.tf1 as tf`` in the place of TensorFlow's import.

What a model function says of variables, scopes, collections and layers stays as it is. Of TensorFlow's
operations here are tf.nn, tf.image, tf.losses and those of `tensors.py`: others are PyTorch's.
"""

# ruff: noqa: I001 - grouped by what they are for

# Dtypes
from torch import bfloat16 as bfloat16
from torch import bool as bool  # noqa: A004 - tf.bool
from torch import complex64 as complex64
from torch import complex128 as complex128
from torch import float16 as float16
from torch import float32 as float32
from torch import float64 as float64
from torch import int8 as int8
from torch import int16 as int16
from torch import int32 as int32
from torch import int64 as int64
from torch import uint8 as uint8

# Variables, scopes, collections
from torchscope import AUTO_REUSE as AUTO_REUSE
from torchscope import GraphKeys as GraphKeys
from torchscope import Variable as Variable
from torchscope import VariableAggregation as VariableAggregation
from torchscope import VariableScope as VariableScope
from torchscope import VariableSynchronization as VariableSynchronization
from torchscope import add_to_collection as add_to_collection
from torchscope import add_to_collections as add_to_collections
from torchscope import assign as assign
from torchscope import assign_add as assign_add
from torchscope import assign_sub as assign_sub
from torchscope import constant_initializer as constant_initializer
from torchscope import fixed_size_partitioner as fixed_size_partitioner
from torchscope import get_collection as get_collection
from torchscope import get_collection_ref as get_collection_ref
from torchscope import get_local_variable as get_local_variable
from torchscope import get_variable as get_variable
from torchscope import get_variable_scope as get_variable_scope
from torchscope import global_variables as global_variables
from torchscope import global_variables_initializer as global_variables_initializer
from torchscope import glorot_normal_initializer as glorot_normal_initializer
from torchscope import glorot_uniform_initializer as glorot_uniform_initializer
from torchscope import image as image
from torchscope import initializers as initializers
from torchscope import is_variable_initialized as is_variable_initialized
from torchscope import layers as layers
from torchscope import local_variables as local_variables
from torchscope import local_variables_initializer as local_variables_initializer
from torchscope import losses as losses
from torchscope import make_template as make_template
from torchscope import min_max_variable_partitioner as min_max_variable_partitioner
from torchscope import model_variables as model_variables
from torchscope import moving_average_variables as moving_average_variables
from torchscope import name_scope as name_scope
from torchscope import no_regularizer as no_regularizer
from torchscope import ones_initializer as ones_initializer
from torchscope import orthogonal_initializer as orthogonal_initializer
from torchscope import random_normal_initializer as random_normal_initializer
from torchscope import random_uniform_initializer as random_uniform_initializer
from torchscope import report_uninitialized_variables as report_uninitialized_variables
from torchscope import trainable_variables as trainable_variables
from torchscope import truncated_normal_initializer as truncated_normal_initializer
from torchscope import uniform_unit_scaling_initializer as uniform_unit_scaling_initializer
from torchscope import variable_axis_size_partitioner as variable_axis_size_partitioner
from torchscope import variable_creator_scope as variable_creator_scope
from torchscope import variable_scope as variable_scope
from torchscope import variables_initializer as variables_initializer
from torchscope import variance_scaling_initializer as variance_scaling_initializer
from torchscope import zeros_initializer as zeros_initializer

# Older spellings
from torchscope import global_variables as all_variables
from torchscope import global_variables_initializer as initialize_all_variables
from torchscope import local_variables_initializer as initialize_local_variables
from torchscope import variables_initializer as initialize_variables

# Tensors, and what is grouped under a name of its own
from torchscope.conversion import as_dtype as as_dtype
from torchscope.nn import sigmoid as sigmoid
from torchscope.nn import tanh as tanh
from torchscope.tf1 import contrib as contrib
from torchscope.tf1 import debugging as debugging
from torchscope.tf1 import errors as errors
from torchscope.tf1 import nn as nn
from torchscope.tf1 import train as train
from torchscope.tf1.graphs import reset_default_graph as reset_default_graph

# Operations: how large a tensor is
from torchscope.ops.dimensions import rank as rank
from torchscope.ops.dimensions import shape as shape
from torchscope.ops.dimensions import shape_n as shape_n
from torchscope.ops.dimensions import size as size

# Operations: making tensors
from torchscope.ops.making import constant as constant
from torchscope.ops.making import convert_to_tensor as convert_to_tensor

# Operations: random numbers
from torchscope.ops.drawing import random_normal as random_normal

# Operations: putting together and taking apart
from torchscope.ops.joining import concat as concat

# Operations: shapes
from torchscope.ops.shaping import identity as identity
from torchscope.ops.shaping import pad as pad
from torchscope.ops.shaping import squeeze as squeeze

# Operations: dtypes

# Operations: arithmetic

# Operations: comparing

# Operations: numbers of many numbers
from torchscope.ops.reducing import reduce_mean as reduce_mean

# Operations: segments and counts

# Operations: picking and scattering

# Operations: matrices

# Sparse tensors

# Control flow
from torchscope.operation import Operation as Operation
from torchscope.operation import control_dependencies as control_dependencies
from torchscope.operation import group as group
from torchscope.operation import no_op as no_op
from torchscope.operation import tuple_of as tuple  # noqa: A004 - tf.tuple
from torchscope.ops.asserting import Assert as Assert
from torchscope.ops.asserting import add_check_numerics_ops as add_check_numerics_ops
from torchscope.ops.asserting import assert_equal as assert_equal
from torchscope.ops.asserting import assert_greater as assert_greater
from torchscope.ops.asserting import assert_greater_equal as assert_greater_equal
from torchscope.ops.asserting import assert_integer as assert_integer
from torchscope.ops.asserting import assert_less as assert_less
from torchscope.ops.asserting import assert_less_equal as assert_less_equal
from torchscope.ops.asserting import assert_near as assert_near
from torchscope.ops.asserting import assert_negative as assert_negative
from torchscope.ops.asserting import assert_non_negative as assert_non_negative
from torchscope.ops.asserting import assert_non_positive as assert_non_positive
from torchscope.ops.asserting import assert_none_equal as assert_none_equal
from torchscope.ops.asserting import assert_positive as assert_positive
from torchscope.ops.asserting import assert_proper_iterable as assert_proper_iterable
from torchscope.ops.asserting import assert_rank as assert_rank
from torchscope.ops.asserting import assert_rank_at_least as assert_rank_at_least
from torchscope.ops.asserting import assert_rank_in as assert_rank_in
from torchscope.ops.asserting import assert_scalar as assert_scalar
from torchscope.ops.asserting import assert_type as assert_type
from torchscope.ops.asserting import check_numerics as check_numerics
from torchscope.ops.asserting import verify_tensor_all_finite as verify_tensor_all_finite
from torchscope.ops.branching import case as case
from torchscope.ops.branching import cond as cond
from torchscope.ops.branching import switch_case as switch_case
from torchscope.ops.differentiating import AggregationMethod as AggregationMethod
from torchscope.ops.differentiating import GradientTape as GradientTape
from torchscope.ops.differentiating import RegisterGradient as RegisterGradient
from torchscope.ops.differentiating import UnconnectedGradients as UnconnectedGradients
from torchscope.ops.differentiating import custom_gradient as custom_gradient
from torchscope.ops.differentiating import gradients as gradients
from torchscope.ops.differentiating import hessians as hessians
from torchscope.ops.differentiating import stop_gradient as stop_gradient
from torchscope.ops.folding import foldl as foldl
from torchscope.ops.folding import foldr as foldr
from torchscope.ops.folding import map_fn as map_fn
from torchscope.ops.folding import scan as scan
from torchscope.ops.looping import while_loop as while_loop
from torchscope.ops.printing import Print as Print
from torchscope.ops.printing import print_ as print  # noqa: A004 - tf.print
from torchscope.ops.python import numpy_function as numpy_function
from torchscope.ops.python import py_func as py_func
from torchscope.ops.python import py_function as py_function

# Placeholders

# What scripts have beside models
