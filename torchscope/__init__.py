"""torchscope: TensorFlow 1's variables, shared by name, as a plug-in to nn.Module."""

# ruff: noqa: I001 - grouped by what they are for

from torchscope import image as image
from torchscope import initializers as initializers
from torchscope import layers as layers
from torchscope import legacy_seq2seq as legacy_seq2seq
from torchscope import losses as losses
from torchscope import nn as nn
from torchscope import optim as optim
from torchscope import regularizers as regularizers
from torchscope import rnn as rnn
from torchscope import seq2seq as seq2seq
from torchscope import slim as slim
from torchscope import training as training

# Scopes, and asking for variables
from torchscope.getters import get_local_variable as get_local_variable
from torchscope.getters import get_variable as get_variable
from torchscope.name_scopes import name_scope as name_scope
from torchscope.scopes import AUTO_REUSE as AUTO_REUSE
from torchscope.scopes import VariableScope as VariableScope
from torchscope.scopes import get_variable_scope as get_variable_scope
from torchscope.scopes import no_regularizer as no_regularizer
from torchscope.scopes import variable_scope as variable_scope
from torchscope.templates import make_template as make_template
from torchscope.variables import Variable as Variable
from torchscope.variables import variable_creator_scope as variable_creator_scope

# Replicas
from torchscope.replicas import VariableAggregation as VariableAggregation
from torchscope.replicas import VariableSynchronization as VariableSynchronization

# Collections
from torchscope.collections import GraphKeys as GraphKeys
from torchscope.collections import add_to_collection as add_to_collection
from torchscope.collections import add_to_collections as add_to_collections
from torchscope.collections import get_collection as get_collection
from torchscope.collections import get_collection_ref as get_collection_ref
from torchscope.collections import global_variables as global_variables
from torchscope.collections import local_variables as local_variables
from torchscope.collections import model_variables as model_variables
from torchscope.collections import moving_average_variables as moving_average_variables
from torchscope.collections import trainable_variables as trainable_variables

# Running blocks
from torchscope.calling import call_in_scope as call_in_scope
from torchscope.calling import in_scope as in_scope
from torchscope.recomputation import recompute as recompute

# Modules and registries
from torchscope.build import build as build
from torchscope.capture.graph import Graph as Graph
from torchscope.capture.graph import graph as graph
from torchscope.modules import ScopedModule as ScopedModule
from torchscope.placeholders import feeding as feeding
from torchscope.registry import ScopedParameterRegistry as ScopedParameterRegistry
from torchscope.registry import get_default_registry as get_default_registry
from torchscope.registry import reset_default_registry as reset_default_registry

# Initializers, regularizers, partitioners
from torchscope.initializers import constant_initializer as constant_initializer
from torchscope.initializers import glorot_normal_initializer as glorot_normal_initializer
from torchscope.initializers import glorot_uniform_initializer as glorot_uniform_initializer
from torchscope.initializers import he_normal_initializer as he_normal_initializer
from torchscope.initializers import he_uniform_initializer as he_uniform_initializer
from torchscope.initializers import identity_initializer as identity_initializer
from torchscope.initializers import lecun_normal_initializer as lecun_normal_initializer
from torchscope.initializers import lecun_uniform_initializer as lecun_uniform_initializer
from torchscope.initializers import ones_initializer as ones_initializer
from torchscope.initializers import orthogonal_initializer as orthogonal_initializer
from torchscope.initializers import random_normal_initializer as random_normal_initializer
from torchscope.initializers import random_uniform_initializer as random_uniform_initializer
from torchscope.initializers import truncated_normal_initializer as truncated_normal_initializer
from torchscope.initializers import (
    uniform_unit_scaling_initializer as uniform_unit_scaling_initializer,
)
from torchscope.initializers import variance_scaling_initializer as variance_scaling_initializer
from torchscope.initializers import zeros_initializer as zeros_initializer
from torchscope.partitioned_variables import (
    create_partitioned_variables as create_partitioned_variables,
)
from torchscope.partitioners import fixed_size_partitioner as fixed_size_partitioner
from torchscope.partitioners import min_max_variable_partitioner as min_max_variable_partitioner
from torchscope.partitioners import variable_axis_size_partitioner as variable_axis_size_partitioner
from torchscope.regularizers import l1_l2_regularizer as l1_l2_regularizer
from torchscope.regularizers import l1_regularizer as l1_regularizer
from torchscope.regularizers import l2_regularizer as l2_regularizer
from torchscope.regularizers import sum_regularizer as sum_regularizer

# Initialisation, assignment, the global step
from torchscope.global_step import create_global_step as create_global_step
from torchscope.global_step import get_global_step as get_global_step
from torchscope.global_step import get_or_create_global_step as get_or_create_global_step
from torchscope.initialization import assign as assign
from torchscope.initialization import assign_add as assign_add
from torchscope.initialization import assign_sub as assign_sub
from torchscope.initialization import global_variables_initializer as global_variables_initializer
from torchscope.initialization import is_variable_initialized as is_variable_initialized
from torchscope.initialization import local_variables_initializer as local_variables_initializer
from torchscope.initialization import (
    report_uninitialized_variables as report_uninitialized_variables,
)
from torchscope.initialization import variables_initializer as variables_initializer

# Functions and layers
from torchscope.layers import conv_relu as conv_relu

__version__ = "0.1.0"
