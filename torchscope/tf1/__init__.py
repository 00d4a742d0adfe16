"""TF1's own spelling: ``import torchscope.tf1 as tf`` in the place of TensorFlow's import.

What a model function says of variables, scopes, collections, layers and operations on tensors stays as
it is. What TF1 has and is not here says what to write (`missing.py`).
"""

# ruff: noqa: I001 - grouped by what they are for

import importlib as _importlib
import typing as _typing

# Dtypes
from torch import bfloat16
from torch import bool  # noqa: A004 - tf.bool
from torch import (
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from torchscope.tf1._texts import string

# Variables, scopes, collections
from torchscope import (
    AUTO_REUSE,
    GraphKeys,
    Variable,
    VariableAggregation,
    VariableScope,
    VariableSynchronization,
    add_to_collection,
    add_to_collections,
    assign,
    assign_add,
    assign_sub,
    constant_initializer,
    create_partitioned_variables,
    fixed_size_partitioner,
    get_collection,
    get_collection_ref,
    get_local_variable,
    get_variable,
    get_variable_scope,
    global_variables,
    global_variables_initializer,
    glorot_normal_initializer,
    glorot_uniform_initializer,
    is_variable_initialized,
    local_variables,
    local_variables_initializer,
    make_template,
    min_max_variable_partitioner,
    model_variables,
    moving_average_variables,
    name_scope,
    no_regularizer,
    ones_initializer,
    orthogonal_initializer,
    random_normal_initializer,
    random_uniform_initializer,
    report_uninitialized_variables,
    trainable_variables,
    truncated_normal_initializer,
    uniform_unit_scaling_initializer,
    variable_axis_size_partitioner,
    variable_creator_scope,
    variable_scope,
    variables_initializer,
    variance_scaling_initializer,
    zeros_initializer,
)

# Older spellings
from torchscope import global_variables as all_variables
from torchscope import global_variables_initializer as initialize_all_variables
from torchscope import local_variables_initializer as initialize_local_variables
from torchscope import variables_initializer as initialize_variables

# Tensors, and what is grouped under a name of its own
from torch import Tensor
from torch import dtype as DType
from torchscope._core.values.conversion import as_dtype
from torchscope.nn import sigmoid, tanh
from torchscope.tf1 import (
    bitwise,
    contrib,
    linalg,
    nest,
    debugging,
    dtypes,
    math,
    image,
    keras,
    layers,
    losses,
    errors,
    nn,
    random,
    raw_ops,
    signal,
    spectral,
    train,
)
from torchscope.tf1.graphs import (
    Graph,
    colocate_with,
    container,
    device,
    get_default_graph,
    reset_default_graph,
)

# Operations: how large a tensor is
from torchscope._core.ops.dimensions import rank, shape, shape_n, size
from torchscope._core.values.static_shapes import (
    Dimension,
    TensorShape,
    dimension_at_index,
    dimension_value,
)

# Operations: making tensors
from torchscope._core.ops.making import (
    constant,
    convert_to_tensor,
    convert_to_tensor_or_indexed_slices,
    eye,
    fill,
    is_tensor,
)
from torchscope._core.ops.making import linspace as lin_space
from torchscope._core.ops.making import linspace
from torchscope._core.ops.making import number_range as range  # noqa: A004 - tf.range
from torchscope._core.ops.making import ones, ones_like, zeros, zeros_like

# Operations: random numbers
from torchscope._core.ops.drawing import (
    multinomial,
    random_crop,
    random_gamma,
    random_normal,
    random_poisson,
    random_shuffle,
    random_uniform,
    set_random_seed,
    truncated_normal,
)

# Operations: putting together and taking apart
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.ops.joining import concat, meshgrid
from torchscope._core.ops.joining import stack as pack
from torchscope._core.ops.joining import parallel_stack, split, split_v, stack
from torchscope._core.ops.joining import unstack as unpack
from torchscope._core.ops.joining import unstack
from torchscope._core.ops.stitching import dynamic_partition, dynamic_stitch

# Operations: shapes
from torchscope._core.ops.shaping import (
    ensure_shape,
    expand_dims,
    guarantee_const,
    identity,
    identity_n,
    reshape,
    squeeze,
)
from torchscope._core.ops.padding import pad
from torchscope._core.ops.reordering import (
    invert_permutation,
    reverse,
    reverse_sequence,
    reverse_v2,
    roll,
    transpose,
)
from torchscope._core.ops.repeating import (
    broadcast_dynamic_shape,
    broadcast_static_shape,
    broadcast_to,
    repeat,
    tile,
)
from torchscope._core.ops.blocks import (
    batch_to_space,
    batch_to_space_nd,
    depth_to_space,
    required_space_to_batch_paddings,
    space_to_batch,
    space_to_batch_nd,
    space_to_depth,
)
from torchscope._core.ops.patches import extract_image_patches, extract_volume_patches
from torchscope.tf1 import manip

# Operations: dtypes
from torchscope._core.ops.casting import angle, bitcast, cast
from torchscope._core.ops.casting import complex_of as complex  # noqa: A004 - tf.complex
from torchscope._core.ops.casting import (
    conj,
    imag,
    real,
    saturate_cast,
    to_bfloat16,
    to_complex128,
    to_complex64,
    to_double,
    to_float,
    to_int32,
    to_int64,
)

# Operations: arithmetic
from torchscope._core.ops.arithmetic import add, atan2, div, divide
from torchscope._core.ops.arithmetic import floordiv as floor_div
from torchscope._core.ops.arithmetic import floordiv, floormod
from torchscope._core.ops.arithmetic import floormod as mod
from torchscope._core.ops.arithmetic import maximum, minimum
from torchscope._core.ops.arithmetic import multiply as mul
from torchscope._core.ops.arithmetic import multiply
from torchscope._core.ops.arithmetic import power as pow  # noqa: A004 - tf.pow
from torchscope._core.ops.arithmetic import realdiv, squared_difference
from torchscope._core.ops.arithmetic import subtract as sub
from torchscope._core.ops.arithmetic import subtract, truediv, truncatediv, truncatemod
from torchscope._core.ops.clipping import (
    clip_by_average_norm,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
from torchscope._core.ops.combining import accumulate_n, add_n, scalar_mul
from torchscope._core.ops.elementwise import absolute as abs  # noqa: A004 - tf.abs
from torchscope._core.ops.elementwise import absolute as complex_abs
from torchscope._core.ops.elementwise import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    ceil,
    cos,
    cosh,
    digamma,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    lgamma,
    log,
    log1p,
    log_sigmoid,
)
from torchscope._core.ops.elementwise import negative as neg
from torchscope._core.ops.elementwise import negative
from torchscope._core.ops.elementwise import reciprocal as inv
from torchscope._core.ops.elementwise import reciprocal, rint
from torchscope._core.ops.elementwise import rounded as round  # noqa: A004 - tf.round
from torchscope._core.ops.elementwise import rsqrt, sign, sin, sinh, sqrt, square, tan
from torchscope._core.ops.no_nan import div_no_nan
from torchscope._core.ops.special import igamma, igammac, lbeta, polygamma, zeta

# Operations: comparing
from torchscope._core.ops.comparing import (
    equal,
    greater,
    greater_equal,
    is_non_decreasing,
    is_numeric_tensor,
    is_strictly_increasing,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
)
from torchscope._core.ops.elementwise import is_finite, is_inf, is_nan

# Operations: numbers of many numbers
from torchscope._core.ops.cumulating import cumprod, cumsum
from torchscope._core.ops.extremes import arg_max, arg_min, argmax, argmin
from torchscope._core.ops.norms import norm
from torchscope._core.ops.reducing import (
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)

# Operations: patches of images

# Operations: segments and counts
from torchscope._core.ops.counting import (
    bincount,
    confusion_matrix,
    count_nonzero,
    histogram_fixed_width,
    histogram_fixed_width_bins,
    setdiff1d,
    unique,
    unique_with_counts,
)
from torchscope._core.ops.segments import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    sparse_segment_mean,
    sparse_segment_sqrt_n,
    sparse_segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from torchscope._core.ops.counting import setdiff1d as listdiff

# Operations: picking and scattering
from torchscope._core.ops.choosing import where as select
from torchscope._core.ops.choosing import where, where_v2
from torchscope._core.ops.marking import one_hot, sequence_mask
from torchscope._core.ops.picking import (
    batch_gather,
    boolean_mask,
    gather,
    gather_nd,
    unravel_index,
)
from torchscope._core.ops.scattering import scatter_nd, tensor_scatter_add
from torchscope._core.ops.scattering import tensor_scatter_add as tensor_scatter_nd_add
from torchscope._core.ops.scattering import tensor_scatter_max as tensor_scatter_nd_max
from torchscope._core.ops.scattering import tensor_scatter_min as tensor_scatter_nd_min
from torchscope._core.ops.scattering import tensor_scatter_sub as tensor_scatter_nd_sub
from torchscope._core.ops.scattering import tensor_scatter_update as tensor_scatter_nd_update
from torchscope._core.ops.scattering import tensor_scatter_sub, tensor_scatter_update
from torchscope._core.ops.slicing import slice_of as slice  # noqa: A004 - tf.slice
from torchscope._core.ops.slicing import strided_slice
from torchscope._core.ops.sorting import argsort, searchsorted, sort
from torchscope._core.ops.updating import (
    batch_scatter_update,
    scatter_add,
    scatter_div,
    scatter_max,
    scatter_min,
    scatter_mul,
    scatter_nd_add,
    scatter_nd_sub,
    scatter_nd_update,
    scatter_sub,
    scatter_update,
)

# Operations: matrices
from torchscope._core.ops.decompositions import (
    cholesky,
    matrix_determinant,
    qr,
    self_adjoint_eig,
    self_adjoint_eigvals,
    svd,
)
from torchscope._core.ops.matrices import (
    diag,
    diag_part,
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
    matrix_transpose,
    trace,
)
from torchscope._core.ops.products import batch_matmul, cross, einsum, matmul, tensordot
from torchscope._core.ops.solving import (
    cholesky_solve,
    matrix_inverse,
    matrix_solve,
    matrix_solve_ls,
    matrix_triangular_solve,
)

# Operations: Fourier transforms
from torchscope._core.ops.spectral import fft, fft2d, fft3d, ifft, ifft2d, ifft3d

# Sparse tensors
from torchscope._core.ops.sparse.distances import edit_distance
from torchscope._core.ops.sparse.arranging import sparse_concat, sparse_fill_empty_rows
from torchscope._core.ops.sparse.making import sparse_reduce_max_sparse, sparse_reduce_sum_sparse
from torchscope._core.ops.sparse.arranging import (
    sparse_reorder,
    sparse_reset_shape,
    sparse_reshape,
    sparse_retain,
    sparse_slice,
    sparse_split,
    sparse_transpose,
)
from torchscope._core.ops.sparse.computing import (
    sparse_add,
    sparse_maximum,
    sparse_minimum,
    sparse_softmax,
)
from torchscope._core.ops.sparse.densifying import (
    sparse_matmul,
    sparse_reduce_max,
    sparse_reduce_sum,
    sparse_tensor_dense_matmul,
    sparse_tensor_to_dense,
    sparse_to_dense,
)
from torchscope._core.ops.sparse.tensor import SparseTensor, SparseTensorValue
from torchscope.tf1 import sparse

# Control flow
from torchscope._core.operations.operation import Operation
from torchscope._core.operations.control_dependencies import control_dependencies
from torchscope._core.operations.operation import group, no_op
from torchscope._core.operations.operation import tuple_of as tuple  # noqa: A004 - tf.tuple
from torchscope._core.ops.shape_assertions import assert_same_float_dtype
from torchscope._core.ops.asserting import (
    Assert,
    add_check_numerics_ops,
    assert_equal,
    assert_greater,
    assert_greater_equal,
    assert_integer,
    assert_less,
    assert_less_equal,
    assert_near,
    assert_negative,
    assert_non_negative,
    assert_non_positive,
    assert_none_equal,
    assert_positive,
    assert_proper_iterable,
    assert_rank,
    assert_rank_at_least,
    assert_rank_in,
    assert_scalar,
    assert_type,
    check_numerics,
    verify_tensor_all_finite,
)
from torchscope._core.running.branching import case, cond, switch_case
from torchscope._core.running.differentiating import (
    AggregationMethod,
    GradientTape,
    RegisterGradient,
    UnconnectedGradients,
    custom_gradient,
)
from torchscope.slim import recompute_grad
from torchscope._core.running.differentiating import gradients, hessians, stop_gradient
from torchscope._core.running.folding import foldl, foldr, map_fn, scan
from torchscope._core.running.looping import while_loop
from torchscope._core.ops.tensor_array import TensorArray
from torchscope._core.ops.printing import Print
from torchscope._core.ops.printing import print_ as print  # noqa: A004 - tf.print
from torchscope._core.ops.python import numpy_function, py_func, py_function

# Placeholders
from torchscope._core.running.placeholders import placeholder, placeholder_with_default

# What says which TensorFlow this is
from torchscope.tf1 import compat, estimator
from torchscope.tf1.switches import (
    disable_control_flow_v2,
    disable_eager_execution,
    disable_resource_variables,
    disable_tensor_equality,
    disable_v2_behavior,
    disable_v2_tensorshape,
    enable_control_flow_v2,
    enable_eager_execution,
    enable_resource_variables,
    executing_eagerly,
    executing_eagerly_outside_functions,
    init_scope,
)

# What scripts have beside models
from torchscope._core.ops.errors import OpError
from torchscope.tf1 import gfile, initializers, io, logging, metrics, summary
from torchscope.tf1.logging import get_logger
from torchscope.tf1.sessions import (
    ConfigProto,
    GPUOptions,
    GraphOptions,
    InteractiveSession,
    OptimizerOptions,
    RunMetadata,
    RunOptions,
    Session,
    get_default_session,
)
from torchscope._core.summaries.older import (
    audio_summary,
    histogram_summary,
    image_summary,
    merge_all_summaries,
    merge_summary,
    scalar_summary,
)
from torchscope._core.summaries.protocol import message as _message
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "AUTO_REUSE",
    "VERSION",
    "AggregationMethod",
    "Assert",
    "ConfigProto",
    "DType",
    "Dimension",
    "GPUOptions",
    "GradientTape",
    "Graph",
    "GraphKeys",
    "GraphOptions",
    "IndexedSlices",
    "InteractiveSession",
    "OpError",
    "Operation",
    "OptimizerOptions",
    "Print",
    "RegisterGradient",
    "RunMetadata",
    "RunOptions",
    "Session",
    "SparseTensor",
    "SparseTensorValue",
    "Tensor",
    "TensorArray",
    "TensorShape",
    "UnconnectedGradients",
    "Variable",
    "VariableAggregation",
    "VariableScope",
    "VariableSynchronization",
    "abs",
    "accumulate_n",
    "acos",
    "acosh",
    "add",
    "add_check_numerics_ops",
    "add_n",
    "add_to_collection",
    "add_to_collections",
    "all_variables",
    "angle",
    "arg_max",
    "arg_min",
    "argmax",
    "argmin",
    "argsort",
    "as_dtype",
    "asin",
    "asinh",
    "assert_equal",
    "assert_greater",
    "assert_greater_equal",
    "assert_integer",
    "assert_less",
    "assert_less_equal",
    "assert_near",
    "assert_negative",
    "assert_non_negative",
    "assert_non_positive",
    "assert_none_equal",
    "assert_positive",
    "assert_proper_iterable",
    "assert_rank",
    "assert_rank_at_least",
    "assert_rank_in",
    "assert_same_float_dtype",
    "assert_scalar",
    "assert_type",
    "assign",
    "assign_add",
    "assign_sub",
    "atan",
    "atan2",
    "atanh",
    "audio_summary",
    "batch_gather",
    "batch_matmul",
    "batch_scatter_update",
    "batch_to_space",
    "batch_to_space_nd",
    "bfloat16",
    "bincount",
    "bitcast",
    "bitwise",
    "bool",
    "boolean_mask",
    "broadcast_dynamic_shape",
    "broadcast_static_shape",
    "broadcast_to",
    "case",
    "cast",
    "ceil",
    "check_numerics",
    "cholesky",
    "cholesky_solve",
    "clip_by_average_norm",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "colocate_with",
    "compat",
    "complex",
    "complex64",
    "complex128",
    "complex_abs",
    "concat",
    "cond",
    "confusion_matrix",
    "conj",
    "constant",
    "constant_initializer",
    "container",
    "contrib",
    "control_dependencies",
    "convert_to_tensor",
    "convert_to_tensor_or_indexed_slices",
    "cos",
    "cosh",
    "count_nonzero",
    "create_partitioned_variables",
    "cross",
    "cumprod",
    "cumsum",
    "custom_gradient",
    "debugging",
    "depth_to_space",
    "device",
    "diag",
    "diag_part",
    "digamma",
    "dimension_at_index",
    "dimension_value",
    "disable_control_flow_v2",
    "disable_eager_execution",
    "disable_resource_variables",
    "disable_tensor_equality",
    "disable_v2_behavior",
    "disable_v2_tensorshape",
    "div",
    "div_no_nan",
    "divide",
    "double",
    "dtypes",
    "dynamic_partition",
    "dynamic_stitch",
    "edit_distance",
    "einsum",
    "enable_control_flow_v2",
    "enable_eager_execution",
    "enable_resource_variables",
    "ensure_shape",
    "equal",
    "erf",
    "erfc",
    "errors",
    "estimator",
    "executing_eagerly",
    "executing_eagerly_outside_functions",
    "exp",
    "expand_dims",
    "expm1",
    "extract_image_patches",
    "extract_volume_patches",
    "eye",
    "fft",
    "fft2d",
    "fft3d",
    "fill",
    "fixed_size_partitioner",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_div",
    "floordiv",
    "floormod",
    "foldl",
    "foldr",
    "gather",
    "gather_nd",
    "get_collection",
    "get_collection_ref",
    "get_default_graph",
    "get_default_session",
    "get_local_variable",
    "get_logger",
    "get_variable",
    "get_variable_scope",
    "gfile",
    "global_norm",
    "global_variables",
    "global_variables_initializer",
    "glorot_normal_initializer",
    "glorot_uniform_initializer",
    "gradients",
    "greater",
    "greater_equal",
    "group",
    "guarantee_const",
    "half",
    "hessians",
    "histogram_fixed_width",
    "histogram_fixed_width_bins",
    "histogram_summary",
    "identity",
    "identity_n",
    "ifft",
    "ifft2d",
    "ifft3d",
    "igamma",
    "igammac",
    "imag",
    "image",
    "image_summary",
    "init_scope",
    "initialize_all_variables",
    "initialize_local_variables",
    "initialize_variables",
    "initializers",
    "int8",
    "int16",
    "int32",
    "int64",
    "inv",
    "invert_permutation",
    "io",
    "is_finite",
    "is_inf",
    "is_nan",
    "is_non_decreasing",
    "is_numeric_tensor",
    "is_strictly_increasing",
    "is_tensor",
    "is_variable_initialized",
    "keras",
    "layers",
    "lbeta",
    "less",
    "less_equal",
    "lgamma",
    "lin_space",
    "linalg",
    "linspace",
    "listdiff",
    "local_variables",
    "local_variables_initializer",
    "log",
    "log1p",
    "log_sigmoid",
    "logging",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "losses",
    "make_template",
    "manip",
    "map_fn",
    "math",
    "matmul",
    "matrix_band_part",
    "matrix_determinant",
    "matrix_diag",
    "matrix_diag_part",
    "matrix_inverse",
    "matrix_set_diag",
    "matrix_solve",
    "matrix_solve_ls",
    "matrix_transpose",
    "matrix_triangular_solve",
    "maximum",
    "merge_all_summaries",
    "merge_summary",
    "meshgrid",
    "metrics",
    "min_max_variable_partitioner",
    "minimum",
    "mod",
    "model_variables",
    "moving_average_variables",
    "mul",
    "multinomial",
    "multiply",
    "name_scope",
    "neg",
    "negative",
    "nest",
    "newaxis",
    "nn",
    "no_op",
    "no_regularizer",
    "norm",
    "not_equal",
    "numpy_function",
    "one_hot",
    "ones",
    "ones_initializer",
    "ones_like",
    "orthogonal_initializer",
    "pack",
    "pad",
    "parallel_stack",
    "placeholder",
    "placeholder_with_default",
    "polygamma",
    "pow",
    "print",
    "py_func",
    "py_function",
    "qr",
    "random",
    "random_crop",
    "random_gamma",
    "random_normal",
    "random_normal_initializer",
    "random_poisson",
    "random_shuffle",
    "random_uniform",
    "random_uniform_initializer",
    "range",
    "rank",
    "raw_ops",
    "real",
    "realdiv",
    "reciprocal",
    "recompute_grad",
    "reduce_all",
    "reduce_any",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
    "repeat",
    "report_uninitialized_variables",
    "required_space_to_batch_paddings",
    "reset_default_graph",
    "reshape",
    "reverse",
    "reverse_sequence",
    "reverse_v2",
    "rint",
    "roll",
    "round",
    "rsqrt",
    "saturate_cast",
    "scalar_mul",
    "scalar_summary",
    "scan",
    "scatter_add",
    "scatter_div",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_nd",
    "scatter_nd_add",
    "scatter_nd_sub",
    "scatter_nd_update",
    "scatter_sub",
    "scatter_update",
    "searchsorted",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "select",
    "self_adjoint_eig",
    "self_adjoint_eigvals",
    "sequence_mask",
    "set_random_seed",
    "setdiff1d",
    "shape",
    "shape_n",
    "sigmoid",
    "sign",
    "signal",
    "sin",
    "sinh",
    "size",
    "slice",
    "sort",
    "space_to_batch",
    "space_to_batch_nd",
    "space_to_depth",
    "sparse",
    "sparse_add",
    "sparse_concat",
    "sparse_fill_empty_rows",
    "sparse_matmul",
    "sparse_maximum",
    "sparse_minimum",
    "sparse_reduce_max",
    "sparse_reduce_max_sparse",
    "sparse_reduce_sum",
    "sparse_reduce_sum_sparse",
    "sparse_reorder",
    "sparse_reset_shape",
    "sparse_reshape",
    "sparse_retain",
    "sparse_segment_mean",
    "sparse_segment_sqrt_n",
    "sparse_segment_sum",
    "sparse_slice",
    "sparse_softmax",
    "sparse_split",
    "sparse_tensor_dense_matmul",
    "sparse_tensor_to_dense",
    "sparse_to_dense",
    "sparse_transpose",
    "spectral",
    "split",
    "split_v",
    "sqrt",
    "square",
    "squared_difference",
    "squeeze",
    "stack",
    "stop_gradient",
    "strided_slice",
    "string",
    "sub",
    "subtract",
    "summary",
    "svd",
    "switch_case",
    "tan",
    "tanh",
    "tensor_scatter_add",
    "tensor_scatter_nd_add",
    "tensor_scatter_nd_max",
    "tensor_scatter_nd_min",
    "tensor_scatter_nd_sub",
    "tensor_scatter_nd_update",
    "tensor_scatter_sub",
    "tensor_scatter_update",
    "tensordot",
    "tile",
    "to_bfloat16",
    "to_complex64",
    "to_complex128",
    "to_double",
    "to_float",
    "to_int32",
    "to_int64",
    "trace",
    "train",
    "trainable_variables",
    "transpose",
    "truediv",
    "truncated_normal",
    "truncated_normal_initializer",
    "truncatediv",
    "truncatemod",
    "tuple",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uniform_unit_scaling_initializer",
    "unique",
    "unique_with_counts",
    "unpack",
    "unravel_index",
    "unsorted_segment_max",
    "unsorted_segment_mean",
    "unsorted_segment_min",
    "unsorted_segment_prod",
    "unsorted_segment_sqrt_n",
    "unsorted_segment_sum",
    "unstack",
    "variable_axis_size_partitioner",
    "variable_creator_scope",
    "variable_scope",
    "variables_initializer",
    "variance_scaling_initializer",
    "verify_tensor_all_finite",
    "where",
    "where_v2",
    "while_loop",
    "zeros",
    "zeros_initializer",
    "zeros_like",
    "zeta",
]

# The last TensorFlow 1: code asks which one it runs on.
__version__ = VERSION = "1.15.5"
# Indexing by it adds an axis.
newaxis = None

# What needs more than PyTorch is imported when it is first asked for.
_LATER = ("app", "flags", "test")
# TensorBoard's messages, which the extra `tensorboard` brings.
_MESSAGES = ("Event", "HistogramProto", "SessionLog", "Summary", "SummaryMetadata")


if _typing.TYPE_CHECKING:
    from torchscope.tf1 import app as app
    from torchscope.tf1 import flags as flags
    from torchscope.tf1 import test as test

    Event: _typing.Any
    HistogramProto: _typing.Any
    SessionLog: _typing.Any
    Summary: _typing.Any
    SummaryMetadata: _typing.Any
else:

    def __getattr__(name: str) -> _typing.Any:
        if name in _LATER:
            return _importlib.import_module(f"torchscope.tf1.{name}")
        if name in _MESSAGES:
            return _message(name)
        raise _missing(__name__, name)


def __dir__() -> list[str]:
    return [*__all__, *_LATER, *_MESSAGES]
