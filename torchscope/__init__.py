"""torchscope: TensorFlow 1's variables, shared by name, as a plug-in to nn.Module.

Four rooms are imported by themselves, since they need more, or are for other people's code: `torchscope.tf1`,
`torchscope.checkpoint`, `torchscope.graphs` and `torchscope.port`.
"""

# ruff: noqa: I001 - grouped by what they are for

from pathlib import Path as _Path

from torchscope import (
    image,
    initializers,
    layers,
    losses,
    nn,
    optim,
    regularizers,
    rnn,
    seq2seq,
    slim,
)

# Scopes, and asking for variables
from torchscope._core.requests.get_variable import get_local_variable, get_variable
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.passes.scopes import AUTO_REUSE, VariableScope
from torchscope._core.requests.variable_scope import (
    get_variable_scope,
    no_regularizer,
    variable_scope,
)
from torchscope._core.functions.templates import make_template
from torchscope._core.store.variables import Variable
from torchscope._core.functions.variable_creator_scope import variable_creator_scope

# Replicas
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization

# Collections
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.functions.collections import (
    add_to_collection,
    add_to_collections,
    get_collection,
    get_collection_ref,
    global_variables,
    local_variables,
    model_variables,
    moving_average_variables,
    trainable_variables,
)

# Running blocks
from torchscope._core.running.calling import call_in_scope, in_scope
from torchscope._core.running.recomputation import recompute

# Modules and registries
from torchscope._core.running.build import build
from torchscope._core.graphs.graph import Graph, graph
from torchscope._core.modules.scoped_module import ScopedModule
from torchscope._core.running.placeholders import feeding
from torchscope._core.modules.registry import (
    ScopedParameterRegistry,
    get_default_registry,
    reset_default_registry,
)

# Initializers, regularizers, partitioners
from torchscope.initializers import (
    constant_initializer,
    glorot_normal_initializer,
    glorot_uniform_initializer,
    he_normal_initializer,
    he_uniform_initializer,
    identity_initializer,
    lecun_normal_initializer,
    lecun_uniform_initializer,
    ones_initializer,
    orthogonal_initializer,
    random_normal_initializer,
    random_uniform_initializer,
    truncated_normal_initializer,
    uniform_unit_scaling_initializer,
    variance_scaling_initializer,
    zeros_initializer,
)
from torchscope._core.functions.partitioned_variables import create_partitioned_variables
from torchscope._core.values.partitioners import (
    fixed_size_partitioner,
    min_max_variable_partitioner,
    variable_axis_size_partitioner,
)
from torchscope._core.values.regularizers import (
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)

# Initialisation, assignment, the global step
from torchscope._core.functions.global_step import (
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)
from torchscope._core.functions.initialization import (
    assign,
    assign_add,
    assign_sub,
    global_variables_initializer,
    is_variable_initialized,
    local_variables_initializer,
    report_uninitialized_variables,
    variables_initializer,
)

# Functions and layers
from torchscope.layers import conv_relu

from torchscope._core.version import __version__ as __version__

__all__ = [
    "AUTO_REUSE",
    "Graph",
    "GraphKeys",
    "ScopedModule",
    "ScopedParameterRegistry",
    "Variable",
    "VariableAggregation",
    "VariableScope",
    "VariableSynchronization",
    "add_to_collection",
    "add_to_collections",
    "assign",
    "assign_add",
    "assign_sub",
    "build",
    "call_in_scope",
    "constant_initializer",
    "conv_relu",
    "create_global_step",
    "create_partitioned_variables",
    "feeding",
    "fixed_size_partitioner",
    "get_collection",
    "get_collection_ref",
    "get_default_registry",
    "get_global_step",
    "get_local_variable",
    "get_or_create_global_step",
    "get_variable",
    "get_variable_scope",
    "global_variables",
    "global_variables_initializer",
    "glorot_normal_initializer",
    "glorot_uniform_initializer",
    "graph",
    "he_normal_initializer",
    "he_uniform_initializer",
    "identity_initializer",
    "image",
    "in_scope",
    "initializers",
    "is_variable_initialized",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "layers",
    "lecun_normal_initializer",
    "lecun_uniform_initializer",
    "local_variables",
    "local_variables_initializer",
    "losses",
    "make_template",
    "min_max_variable_partitioner",
    "model_variables",
    "moving_average_variables",
    "name_scope",
    "nn",
    "no_regularizer",
    "ones_initializer",
    "optim",
    "orthogonal_initializer",
    "random_normal_initializer",
    "random_uniform_initializer",
    "recompute",
    "regularizers",
    "report_uninitialized_variables",
    "reset_default_registry",
    "rnn",
    "seq2seq",
    "slim",
    "sum_regularizer",
    "trainable_variables",
    "truncated_normal_initializer",
    "uniform_unit_scaling_initializer",
    "variable_axis_size_partitioner",
    "variable_creator_scope",
    "variable_scope",
    "variables_initializer",
    "variance_scaling_initializer",
    "zeros_initializer",
]

# What older releases have pickled is found where they had it.
_HERE = _Path(__file__).parent
__path__ = [*__path__, str(_HERE / "_core" / "former"), str(_HERE / "optim" / "former")]


def __dir__() -> list[str]:
    return __all__
