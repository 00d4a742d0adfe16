"""Initializers: TF1's, by their numbers, under both of its spellings.

Each is called with a shape and a dtype and gives a new tensor on the current default device.
`seed` is an int, for the same draw on every call and every machine; a torch.Generator, which is
drawn from; or None, for PyTorch's own generator.
"""

from torchscope.initializers.base import Initializer as Initializer
from torchscope.initializers.base import Random as Random
from torchscope.initializers.base import Seed as Seed
from torchscope.initializers.determined import Constant as Constant
from torchscope.initializers.determined import Identity as Identity
from torchscope.initializers.determined import Ones as Ones
from torchscope.initializers.determined import Zeros as Zeros
from torchscope.initializers.distributions import RandomNormal as RandomNormal
from torchscope.initializers.distributions import RandomUniform as RandomUniform
from torchscope.initializers.distributions import TruncatedNormal as TruncatedNormal
from torchscope.initializers.orthogonality import (
    ConvolutionDeltaOrthogonal as ConvolutionDeltaOrthogonal,
)
from torchscope.initializers.orthogonality import ConvolutionOrthogonal1D as ConvolutionOrthogonal1D
from torchscope.initializers.orthogonality import ConvolutionOrthogonal2D as ConvolutionOrthogonal2D
from torchscope.initializers.orthogonality import ConvolutionOrthogonal3D as ConvolutionOrthogonal3D
from torchscope.initializers.orthogonality import Orthogonal as Orthogonal
from torchscope.initializers.scaling import GlorotNormal as GlorotNormal
from torchscope.initializers.scaling import GlorotUniform as GlorotUniform
from torchscope.initializers.scaling import HeNormal as HeNormal
from torchscope.initializers.scaling import HeUniform as HeUniform
from torchscope.initializers.scaling import LecunNormal as LecunNormal
from torchscope.initializers.scaling import LecunUniform as LecunUniform
from torchscope.initializers.scaling import UniformUnitScaling as UniformUnitScaling
from torchscope.initializers.scaling import VarianceScaling as VarianceScaling
from torchscope.initializers.scaling import compute_fans as compute_fans

# TF1's two spellings.
zeros = zeros_initializer = Zeros
ones = ones_initializer = Ones
constant = constant_initializer = Constant
random_normal = random_normal_initializer = RandomNormal
random_uniform = random_uniform_initializer = RandomUniform
truncated_normal = truncated_normal_initializer = TruncatedNormal
variance_scaling = variance_scaling_initializer = VarianceScaling
glorot_uniform = glorot_uniform_initializer = GlorotUniform
glorot_normal = glorot_normal_initializer = GlorotNormal
he_normal = he_normal_initializer = HeNormal
he_uniform = he_uniform_initializer = HeUniform
lecun_normal = lecun_normal_initializer = LecunNormal
lecun_uniform = lecun_uniform_initializer = LecunUniform
orthogonal = orthogonal_initializer = Orthogonal
identity = identity_initializer = Identity
uniform_unit_scaling = uniform_unit_scaling_initializer = UniformUnitScaling
convolutional_delta_orthogonal = ConvolutionDeltaOrthogonal
convolutional_orthogonal_1d = ConvolutionOrthogonal1D
convolutional_orthogonal_2d = ConvolutionOrthogonal2D
convolutional_orthogonal_3d = ConvolutionOrthogonal3D
