"""tf.initializers: initializers, and what initializes variables."""

from torchscope.initialization import global_variables_initializer as global_variables
from torchscope.initialization import local_variables_initializer as local_variables
from torchscope.initialization import variables_initializer as variables
from torchscope.initializers import constant as constant
from torchscope.initializers import glorot_normal as glorot_normal
from torchscope.initializers import glorot_uniform as glorot_uniform
from torchscope.initializers import he_normal as he_normal
from torchscope.initializers import he_uniform as he_uniform
from torchscope.initializers import identity as identity
from torchscope.initializers import lecun_normal as lecun_normal
from torchscope.initializers import lecun_uniform as lecun_uniform
from torchscope.initializers import ones as ones
from torchscope.initializers import orthogonal as orthogonal
from torchscope.initializers import random_normal as random_normal
from torchscope.initializers import random_uniform as random_uniform
from torchscope.initializers import truncated_normal as truncated_normal
from torchscope.initializers import uniform_unit_scaling as uniform_unit_scaling
from torchscope.initializers import variance_scaling as variance_scaling
from torchscope.initializers import zeros as zeros
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
