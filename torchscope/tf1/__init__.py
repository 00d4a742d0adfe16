"""TF1's own spelling: ``import torchscope.tf1 as tf`` in the place of TensorFlow's import.

What a model function says of variables, scopes, collections, layers and operations on tensors stays as
it is. What TF1 has and is not here says what to write (`missing.py`).
"""

# ruff: noqa: I001 - grouped by what they are for

import importlib as _importlib
from typing import Any as _Any

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
from torchscope.tf1._texts import string as string

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
from torchscope import create_partitioned_variables as create_partitioned_variables
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
from torchscope import is_variable_initialized as is_variable_initialized
from torchscope import local_variables as local_variables
from torchscope import local_variables_initializer as local_variables_initializer
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
from torch import Tensor as Tensor
from torch import dtype as DType
from torchscope.conversion import as_dtype as as_dtype
from torchscope.nn import sigmoid as sigmoid
from torchscope.nn import tanh as tanh
from torchscope.tf1 import bitwise as bitwise
from torchscope.tf1 import contrib as contrib
from torchscope.tf1 import linalg as linalg
from torchscope.tf1 import nest as nest
from torchscope.tf1 import debugging as debugging
from torchscope.tf1 import dtypes as dtypes
from torchscope.tf1 import math as math
from torchscope.tf1 import image as image
from torchscope.tf1 import keras as keras
from torchscope.tf1 import layers as layers
from torchscope.tf1 import losses as losses
from torchscope.tf1 import errors as errors
from torchscope.tf1 import nn as nn
from torchscope.tf1 import random as random
from torchscope.tf1 import raw_ops as raw_ops
from torchscope.tf1 import signal as signal
from torchscope.tf1 import spectral as spectral
from torchscope.tf1 import train as train
from torchscope.tf1.graphs import Graph as Graph
from torchscope.tf1.graphs import colocate_with as colocate_with
from torchscope.tf1.graphs import container as container
from torchscope.tf1.graphs import device as device
from torchscope.tf1.graphs import get_default_graph as get_default_graph
from torchscope.tf1.graphs import reset_default_graph as reset_default_graph

# Operations: how large a tensor is
from torchscope.ops.dimensions import rank as rank
from torchscope.ops.dimensions import shape as shape
from torchscope.ops.dimensions import shape_n as shape_n
from torchscope.ops.dimensions import size as size
from torchscope.ops.static_shapes import Dimension as Dimension
from torchscope.ops.static_shapes import TensorShape as TensorShape
from torchscope.ops.static_shapes import dimension_at_index as dimension_at_index
from torchscope.ops.static_shapes import dimension_value as dimension_value

# Operations: making tensors
from torchscope.ops.making import constant as constant
from torchscope.ops.making import convert_to_tensor as convert_to_tensor
from torchscope.ops.making import (
    convert_to_tensor_or_indexed_slices as convert_to_tensor_or_indexed_slices,
)
from torchscope.ops.making import eye as eye
from torchscope.ops.making import fill as fill
from torchscope.ops.making import is_tensor as is_tensor
from torchscope.ops.making import linspace as lin_space
from torchscope.ops.making import linspace as linspace
from torchscope.ops.making import number_range as range  # noqa: A004 - tf.range
from torchscope.ops.making import ones as ones
from torchscope.ops.making import ones_like as ones_like
from torchscope.ops.making import zeros as zeros
from torchscope.ops.making import zeros_like as zeros_like

# Operations: random numbers
from torchscope.ops.drawing import multinomial as multinomial
from torchscope.ops.drawing import random_crop as random_crop
from torchscope.ops.drawing import random_gamma as random_gamma
from torchscope.ops.drawing import random_normal as random_normal
from torchscope.ops.drawing import random_poisson as random_poisson
from torchscope.ops.drawing import random_shuffle as random_shuffle
from torchscope.ops.drawing import random_uniform as random_uniform
from torchscope.ops.drawing import set_random_seed as set_random_seed
from torchscope.ops.drawing import truncated_normal as truncated_normal

# Operations: putting together and taking apart
from torchscope.ops.indexed_slices import IndexedSlices as IndexedSlices
from torchscope.ops.joining import concat as concat
from torchscope.ops.joining import meshgrid as meshgrid
from torchscope.ops.joining import stack as pack
from torchscope.ops.joining import parallel_stack as parallel_stack
from torchscope.ops.joining import split as split
from torchscope.ops.joining import split_v as split_v
from torchscope.ops.joining import stack as stack
from torchscope.ops.joining import unstack as unpack
from torchscope.ops.joining import unstack as unstack
from torchscope.ops.stitching import dynamic_partition as dynamic_partition
from torchscope.ops.stitching import dynamic_stitch as dynamic_stitch

# Operations: shapes
from torchscope.ops.shaping import ensure_shape as ensure_shape
from torchscope.ops.shaping import expand_dims as expand_dims
from torchscope.ops.shaping import guarantee_const as guarantee_const
from torchscope.ops.shaping import identity as identity
from torchscope.ops.shaping import identity_n as identity_n
from torchscope.ops.shaping import reshape as reshape
from torchscope.ops.shaping import squeeze as squeeze
from torchscope.ops.padding import pad as pad
from torchscope.ops.reordering import invert_permutation as invert_permutation
from torchscope.ops.reordering import reverse as reverse
from torchscope.ops.reordering import reverse_sequence as reverse_sequence
from torchscope.ops.reordering import reverse_v2 as reverse_v2
from torchscope.ops.reordering import roll as roll
from torchscope.ops.reordering import transpose as transpose
from torchscope.ops.repeating import broadcast_dynamic_shape as broadcast_dynamic_shape
from torchscope.ops.repeating import broadcast_static_shape as broadcast_static_shape
from torchscope.ops.repeating import broadcast_to as broadcast_to
from torchscope.ops.repeating import repeat as repeat
from torchscope.ops.repeating import tile as tile
from torchscope.ops.blocks import batch_to_space as batch_to_space
from torchscope.ops.blocks import batch_to_space_nd as batch_to_space_nd
from torchscope.ops.blocks import depth_to_space as depth_to_space
from torchscope.ops.blocks import (
    required_space_to_batch_paddings as required_space_to_batch_paddings,
)
from torchscope.ops.blocks import space_to_batch as space_to_batch
from torchscope.ops.blocks import space_to_batch_nd as space_to_batch_nd
from torchscope.ops.blocks import space_to_depth as space_to_depth
from torchscope.ops.patches import extract_image_patches as extract_image_patches
from torchscope.ops.patches import extract_volume_patches as extract_volume_patches
from torchscope.tf1 import manip as manip

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
from torchscope.ops.cumulating import cumprod as cumprod
from torchscope.ops.cumulating import cumsum as cumsum
from torchscope.ops.extremes import arg_max as arg_max
from torchscope.ops.extremes import arg_min as arg_min
from torchscope.ops.extremes import argmax as argmax
from torchscope.ops.extremes import argmin as argmin
from torchscope.ops.norms import norm as norm
from torchscope.ops.reducing import reduce_all as reduce_all
from torchscope.ops.reducing import reduce_any as reduce_any
from torchscope.ops.reducing import reduce_logsumexp as reduce_logsumexp
from torchscope.ops.reducing import reduce_max as reduce_max
from torchscope.ops.reducing import reduce_mean as reduce_mean
from torchscope.ops.reducing import reduce_min as reduce_min
from torchscope.ops.reducing import reduce_prod as reduce_prod
from torchscope.ops.reducing import reduce_sum as reduce_sum

# Operations: patches of images

# Operations: segments and counts
from torchscope.ops.counting import bincount as bincount
from torchscope.ops.counting import confusion_matrix as confusion_matrix
from torchscope.ops.counting import count_nonzero as count_nonzero
from torchscope.ops.counting import histogram_fixed_width as histogram_fixed_width
from torchscope.ops.counting import histogram_fixed_width_bins as histogram_fixed_width_bins
from torchscope.ops.counting import setdiff1d as setdiff1d
from torchscope.ops.counting import unique as unique
from torchscope.ops.counting import unique_with_counts as unique_with_counts
from torchscope.ops.segments import segment_max as segment_max
from torchscope.ops.segments import segment_mean as segment_mean
from torchscope.ops.segments import segment_min as segment_min
from torchscope.ops.segments import segment_prod as segment_prod
from torchscope.ops.segments import segment_sum as segment_sum
from torchscope.ops.segments import sparse_segment_mean as sparse_segment_mean
from torchscope.ops.segments import sparse_segment_sqrt_n as sparse_segment_sqrt_n
from torchscope.ops.segments import sparse_segment_sum as sparse_segment_sum
from torchscope.ops.segments import unsorted_segment_max as unsorted_segment_max
from torchscope.ops.segments import unsorted_segment_mean as unsorted_segment_mean
from torchscope.ops.segments import unsorted_segment_min as unsorted_segment_min
from torchscope.ops.segments import unsorted_segment_prod as unsorted_segment_prod
from torchscope.ops.segments import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from torchscope.ops.segments import unsorted_segment_sum as unsorted_segment_sum
from torchscope.ops.counting import setdiff1d as listdiff

# Operations: picking and scattering
from torchscope.ops.choosing import where as select
from torchscope.ops.choosing import where as where
from torchscope.ops.choosing import where_v2 as where_v2
from torchscope.ops.marking import one_hot as one_hot
from torchscope.ops.marking import sequence_mask as sequence_mask
from torchscope.ops.picking import batch_gather as batch_gather
from torchscope.ops.picking import boolean_mask as boolean_mask
from torchscope.ops.picking import gather as gather
from torchscope.ops.picking import gather_nd as gather_nd
from torchscope.ops.picking import unravel_index as unravel_index
from torchscope.ops.scattering import scatter_nd as scatter_nd
from torchscope.ops.scattering import tensor_scatter_add as tensor_scatter_add
from torchscope.ops.scattering import tensor_scatter_add as tensor_scatter_nd_add
from torchscope.ops.scattering import tensor_scatter_max as tensor_scatter_nd_max
from torchscope.ops.scattering import tensor_scatter_min as tensor_scatter_nd_min
from torchscope.ops.scattering import tensor_scatter_sub as tensor_scatter_nd_sub
from torchscope.ops.scattering import tensor_scatter_update as tensor_scatter_nd_update
from torchscope.ops.scattering import tensor_scatter_sub as tensor_scatter_sub
from torchscope.ops.scattering import tensor_scatter_update as tensor_scatter_update
from torchscope.ops.slicing import slice_of as slice  # noqa: A004 - tf.slice
from torchscope.ops.slicing import strided_slice as strided_slice
from torchscope.ops.sorting import argsort as argsort
from torchscope.ops.sorting import searchsorted as searchsorted
from torchscope.ops.sorting import sort as sort
from torchscope.ops.updating import batch_scatter_update as batch_scatter_update
from torchscope.ops.updating import scatter_add as scatter_add
from torchscope.ops.updating import scatter_div as scatter_div
from torchscope.ops.updating import scatter_max as scatter_max
from torchscope.ops.updating import scatter_min as scatter_min
from torchscope.ops.updating import scatter_mul as scatter_mul
from torchscope.ops.updating import scatter_nd_add as scatter_nd_add
from torchscope.ops.updating import scatter_nd_sub as scatter_nd_sub
from torchscope.ops.updating import scatter_nd_update as scatter_nd_update
from torchscope.ops.updating import scatter_sub as scatter_sub
from torchscope.ops.updating import scatter_update as scatter_update

# Operations: matrices
from torchscope.ops.decompositions import cholesky as cholesky
from torchscope.ops.decompositions import matrix_determinant as matrix_determinant
from torchscope.ops.decompositions import qr as qr
from torchscope.ops.decompositions import self_adjoint_eig as self_adjoint_eig
from torchscope.ops.decompositions import self_adjoint_eigvals as self_adjoint_eigvals
from torchscope.ops.decompositions import svd as svd
from torchscope.ops.matrices import diag as diag
from torchscope.ops.matrices import diag_part as diag_part
from torchscope.ops.matrices import matrix_band_part as matrix_band_part
from torchscope.ops.matrices import matrix_diag as matrix_diag
from torchscope.ops.matrices import matrix_diag_part as matrix_diag_part
from torchscope.ops.matrices import matrix_set_diag as matrix_set_diag
from torchscope.ops.matrices import matrix_transpose as matrix_transpose
from torchscope.ops.matrices import trace as trace
from torchscope.ops.products import batch_matmul as batch_matmul
from torchscope.ops.products import cross as cross
from torchscope.ops.products import einsum as einsum
from torchscope.ops.products import matmul as matmul
from torchscope.ops.products import tensordot as tensordot
from torchscope.ops.solving import cholesky_solve as cholesky_solve
from torchscope.ops.solving import matrix_inverse as matrix_inverse
from torchscope.ops.solving import matrix_solve as matrix_solve
from torchscope.ops.solving import matrix_solve_ls as matrix_solve_ls
from torchscope.ops.solving import matrix_triangular_solve as matrix_triangular_solve

# Operations: Fourier transforms
from torchscope.ops.spectral import fft as fft
from torchscope.ops.spectral import fft2d as fft2d
from torchscope.ops.spectral import fft3d as fft3d
from torchscope.ops.spectral import ifft as ifft
from torchscope.ops.spectral import ifft2d as ifft2d
from torchscope.ops.spectral import ifft3d as ifft3d

# Sparse tensors
from torchscope.ops.sparse.distances import edit_distance as edit_distance
from torchscope.ops.sparse.arranging import sparse_concat as sparse_concat
from torchscope.ops.sparse.arranging import sparse_fill_empty_rows as sparse_fill_empty_rows
from torchscope.ops.sparse.making import sparse_reduce_max_sparse as sparse_reduce_max_sparse
from torchscope.ops.sparse.making import sparse_reduce_sum_sparse as sparse_reduce_sum_sparse
from torchscope.ops.sparse.arranging import sparse_reorder as sparse_reorder
from torchscope.ops.sparse.arranging import sparse_reset_shape as sparse_reset_shape
from torchscope.ops.sparse.arranging import sparse_reshape as sparse_reshape
from torchscope.ops.sparse.arranging import sparse_retain as sparse_retain
from torchscope.ops.sparse.arranging import sparse_slice as sparse_slice
from torchscope.ops.sparse.arranging import sparse_split as sparse_split
from torchscope.ops.sparse.arranging import sparse_transpose as sparse_transpose
from torchscope.ops.sparse.computing import sparse_add as sparse_add
from torchscope.ops.sparse.computing import sparse_maximum as sparse_maximum
from torchscope.ops.sparse.computing import sparse_minimum as sparse_minimum
from torchscope.ops.sparse.computing import sparse_softmax as sparse_softmax
from torchscope.ops.sparse.densifying import sparse_matmul as sparse_matmul
from torchscope.ops.sparse.densifying import sparse_reduce_max as sparse_reduce_max
from torchscope.ops.sparse.densifying import sparse_reduce_sum as sparse_reduce_sum
from torchscope.ops.sparse.densifying import (
    sparse_tensor_dense_matmul as sparse_tensor_dense_matmul,
)
from torchscope.ops.sparse.densifying import sparse_tensor_to_dense as sparse_tensor_to_dense
from torchscope.ops.sparse.densifying import sparse_to_dense as sparse_to_dense
from torchscope.ops.sparse.tensor import SparseTensor as SparseTensor
from torchscope.ops.sparse.tensor import SparseTensorValue as SparseTensorValue
from torchscope.tf1 import sparse as sparse

# Control flow
from torchscope.operation import Operation as Operation
from torchscope.dependencies import control_dependencies as control_dependencies
from torchscope.operation import group as group
from torchscope.operation import no_op as no_op
from torchscope.operation import tuple_of as tuple  # noqa: A004 - tf.tuple
from torchscope.ops.shape_assertions import assert_same_float_dtype as assert_same_float_dtype
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
from torchscope.slim import recompute_grad as recompute_grad
from torchscope.ops.differentiating import gradients as gradients
from torchscope.ops.differentiating import hessians as hessians
from torchscope.ops.differentiating import stop_gradient as stop_gradient
from torchscope.ops.folding import foldl as foldl
from torchscope.ops.folding import foldr as foldr
from torchscope.ops.folding import map_fn as map_fn
from torchscope.ops.folding import scan as scan
from torchscope.ops.looping import while_loop as while_loop
from torchscope.ops.tensor_array import TensorArray as TensorArray
from torchscope.ops.printing import Print as Print
from torchscope.ops.printing import print_ as print  # noqa: A004 - tf.print
from torchscope.ops.python import numpy_function as numpy_function
from torchscope.ops.python import py_func as py_func
from torchscope.ops.python import py_function as py_function

# Placeholders
from torchscope.placeholders import placeholder as placeholder
from torchscope.placeholders import placeholder_with_default as placeholder_with_default

# What says which TensorFlow this is
from torchscope.tf1 import compat as compat
from torchscope.tf1 import estimator as estimator
from torchscope.tf1.switches import disable_control_flow_v2 as disable_control_flow_v2
from torchscope.tf1.switches import disable_eager_execution as disable_eager_execution
from torchscope.tf1.switches import disable_resource_variables as disable_resource_variables
from torchscope.tf1.switches import disable_tensor_equality as disable_tensor_equality
from torchscope.tf1.switches import disable_v2_behavior as disable_v2_behavior
from torchscope.tf1.switches import disable_v2_tensorshape as disable_v2_tensorshape
from torchscope.tf1.switches import enable_control_flow_v2 as enable_control_flow_v2
from torchscope.tf1.switches import enable_eager_execution as enable_eager_execution
from torchscope.tf1.switches import enable_resource_variables as enable_resource_variables
from torchscope.tf1.switches import executing_eagerly as executing_eagerly
from torchscope.tf1.switches import (
    executing_eagerly_outside_functions as executing_eagerly_outside_functions,
)
from torchscope.tf1.switches import init_scope as init_scope

# What scripts have beside models
from torchscope.ops.errors import OpError as OpError
from torchscope.tf1 import gfile as gfile
from torchscope.tf1 import initializers as initializers
from torchscope.tf1 import io as io
from torchscope.tf1 import logging as logging
from torchscope.tf1 import metrics as metrics
from torchscope.tf1 import summary as summary
from torchscope.tf1.logging import get_logger as get_logger
from torchscope.tf1.sessions import ConfigProto as ConfigProto
from torchscope.tf1.sessions import GPUOptions as GPUOptions
from torchscope.tf1.sessions import GraphOptions as GraphOptions
from torchscope.tf1.sessions import InteractiveSession as InteractiveSession
from torchscope.tf1.sessions import OptimizerOptions as OptimizerOptions
from torchscope.tf1.sessions import RunMetadata as RunMetadata
from torchscope.tf1.sessions import RunOptions as RunOptions
from torchscope.tf1.sessions import Session as Session
from torchscope.tf1.sessions import get_default_session as get_default_session
from torchscope.summaries.older import audio_summary as audio_summary
from torchscope.summaries.older import histogram_summary as histogram_summary
from torchscope.summaries.older import image_summary as image_summary
from torchscope.summaries.older import merge_all_summaries as merge_all_summaries
from torchscope.summaries.older import merge_summary as merge_summary
from torchscope.summaries.older import scalar_summary as scalar_summary
from torchscope.summaries.protocol import message as _message
from torchscope.tf1.missing import missing as _missing

# The last TensorFlow 1: code asks which one it runs on.
__version__ = VERSION = "1.15.5"
# Indexing by it adds an axis.
newaxis = None

# What needs more than PyTorch is imported when it is first asked for.
_LATER = ("app", "flags", "test")
# TensorBoard's messages, which the extra `tensorboard` brings.
_MESSAGES = ("Event", "HistogramProto", "SessionLog", "Summary", "SummaryMetadata")


def __getattr__(name: str) -> _Any:
    if name in _LATER:
        return _importlib.import_module(f"torchscope.tf1.{name}")
    if name in _MESSAGES:
        return _message(name)
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_MESSAGES})
