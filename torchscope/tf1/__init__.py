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
from torch import double as double
from torch import float16 as float16
from torch import float32 as float32
from torch import float64 as float64
from torch import half as half
from torch import int8 as int8
from torch import int16 as int16
from torch import int32 as int32
from torch import int64 as int64
from torch import uint8 as uint8
from torch import uint16 as uint16
from torch import uint32 as uint32
from torch import uint64 as uint64

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
from torchscope.tf1 import bitwise as bitwise
from torchscope.tf1 import contrib as contrib
from torchscope.tf1 import debugging as debugging
from torchscope.tf1 import dtypes as dtypes
from torchscope.tf1 import linalg as linalg
from torchscope.tf1 import math as math
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
from torchscope.ops.casting import angle as angle
from torchscope.ops.casting import bitcast as bitcast
from torchscope.ops.casting import cast as cast
from torchscope.ops.casting import complex_of as complex  # noqa: A004 - tf.complex
from torchscope.ops.casting import conj as conj
from torchscope.ops.casting import imag as imag
from torchscope.ops.casting import real as real
from torchscope.ops.casting import saturate_cast as saturate_cast
from torchscope.ops.casting import to_bfloat16 as to_bfloat16
from torchscope.ops.casting import to_complex128 as to_complex128
from torchscope.ops.casting import to_complex64 as to_complex64
from torchscope.ops.casting import to_double as to_double
from torchscope.ops.casting import to_float as to_float
from torchscope.ops.casting import to_int32 as to_int32
from torchscope.ops.casting import to_int64 as to_int64

# Operations: arithmetic
from torchscope.ops.arithmetic import add as add
from torchscope.ops.arithmetic import atan2 as atan2
from torchscope.ops.arithmetic import div as div
from torchscope.ops.arithmetic import divide as divide
from torchscope.ops.arithmetic import floordiv as floor_div
from torchscope.ops.arithmetic import floordiv as floordiv
from torchscope.ops.arithmetic import floormod as floormod
from torchscope.ops.arithmetic import floormod as mod
from torchscope.ops.arithmetic import maximum as maximum
from torchscope.ops.arithmetic import minimum as minimum
from torchscope.ops.arithmetic import multiply as mul
from torchscope.ops.arithmetic import multiply as multiply
from torchscope.ops.arithmetic import power as pow  # noqa: A004 - tf.pow
from torchscope.ops.arithmetic import realdiv as realdiv
from torchscope.ops.arithmetic import squared_difference as squared_difference
from torchscope.ops.arithmetic import subtract as sub
from torchscope.ops.arithmetic import subtract as subtract
from torchscope.ops.arithmetic import truediv as truediv
from torchscope.ops.arithmetic import truncatediv as truncatediv
from torchscope.ops.arithmetic import truncatemod as truncatemod
from torchscope.ops.clipping import clip_by_average_norm as clip_by_average_norm
from torchscope.ops.clipping import clip_by_global_norm as clip_by_global_norm
from torchscope.ops.clipping import clip_by_norm as clip_by_norm
from torchscope.ops.clipping import clip_by_value as clip_by_value
from torchscope.ops.clipping import global_norm as global_norm
from torchscope.ops.combining import accumulate_n as accumulate_n
from torchscope.ops.combining import add_n as add_n
from torchscope.ops.combining import cross as cross
from torchscope.ops.combining import scalar_mul as scalar_mul
from torchscope.ops.elementwise import absolute as abs  # noqa: A004 - tf.abs
from torchscope.ops.elementwise import absolute as complex_abs
from torchscope.ops.elementwise import acos as acos
from torchscope.ops.elementwise import acosh as acosh
from torchscope.ops.elementwise import asin as asin
from torchscope.ops.elementwise import asinh as asinh
from torchscope.ops.elementwise import atan as atan
from torchscope.ops.elementwise import atanh as atanh
from torchscope.ops.elementwise import ceil as ceil
from torchscope.ops.elementwise import cos as cos
from torchscope.ops.elementwise import cosh as cosh
from torchscope.ops.elementwise import digamma as digamma
from torchscope.ops.elementwise import erf as erf
from torchscope.ops.elementwise import erfc as erfc
from torchscope.ops.elementwise import exp as exp
from torchscope.ops.elementwise import expm1 as expm1
from torchscope.ops.elementwise import floor as floor
from torchscope.ops.elementwise import lgamma as lgamma
from torchscope.ops.elementwise import log as log
from torchscope.ops.elementwise import log1p as log1p
from torchscope.ops.elementwise import log_sigmoid as log_sigmoid
from torchscope.ops.elementwise import negative as neg
from torchscope.ops.elementwise import negative as negative
from torchscope.ops.elementwise import reciprocal as inv
from torchscope.ops.elementwise import reciprocal as reciprocal
from torchscope.ops.elementwise import rint as rint
from torchscope.ops.elementwise import rounded as round  # noqa: A004 - tf.round
from torchscope.ops.elementwise import rsqrt as rsqrt
from torchscope.ops.elementwise import sign as sign
from torchscope.ops.elementwise import sin as sin
from torchscope.ops.elementwise import sinh as sinh
from torchscope.ops.elementwise import sqrt as sqrt
from torchscope.ops.elementwise import square as square
from torchscope.ops.elementwise import tan as tan
from torchscope.ops.no_nan import div_no_nan as div_no_nan
from torchscope.ops.special import igamma as igamma
from torchscope.ops.special import igammac as igammac
from torchscope.ops.special import lbeta as lbeta
from torchscope.ops.special import polygamma as polygamma
from torchscope.ops.special import zeta as zeta

# Operations: comparing
from torchscope.ops.comparing import equal as equal
from torchscope.ops.comparing import greater as greater
from torchscope.ops.comparing import greater_equal as greater_equal
from torchscope.ops.comparing import is_non_decreasing as is_non_decreasing
from torchscope.ops.comparing import is_numeric_tensor as is_numeric_tensor
from torchscope.ops.comparing import is_strictly_increasing as is_strictly_increasing
from torchscope.ops.comparing import less as less
from torchscope.ops.comparing import less_equal as less_equal
from torchscope.ops.comparing import logical_and as logical_and
from torchscope.ops.comparing import logical_not as logical_not
from torchscope.ops.comparing import logical_or as logical_or
from torchscope.ops.comparing import logical_xor as logical_xor
from torchscope.ops.comparing import not_equal as not_equal
from torchscope.ops.elementwise import is_finite as is_finite
from torchscope.ops.elementwise import is_inf as is_inf
from torchscope.ops.elementwise import is_nan as is_nan

# Operations: numbers of many numbers
from torchscope.ops.reducing import reduce_mean as reduce_mean

# Operations: segments and counts

# Operations: picking and scattering

# Operations: matrices

# Sparse tensors

# Control flow

# Placeholders

# What scripts have beside models
