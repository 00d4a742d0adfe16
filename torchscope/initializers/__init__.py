"""Initializers: TF1's, by their numbers, under both of its spellings.

Each is called with a shape and a dtype and gives a new tensor on the current default device.
`seed` is an int, for the same draw on every call and every machine; a torch.Generator, which is
drawn from; or None, for PyTorch's own generator.
"""

from pathlib import Path as _Path

from torchscope._core.initializers.base import Initializer, Random, Seed
from torchscope._core.initializers.determined import Constant, Identity, Ones, Zeros
from torchscope._core.initializers.distributions import RandomNormal, RandomUniform, TruncatedNormal
from torchscope._core.initializers.orthogonality import (
    ConvolutionDeltaOrthogonal,
    ConvolutionOrthogonal1D,
    ConvolutionOrthogonal2D,
    ConvolutionOrthogonal3D,
    Orthogonal,
)
from torchscope._core.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    UniformUnitScaling,
    VarianceScaling,
    compute_fans,
)

__all__ = [
    "Constant",
    "ConvolutionDeltaOrthogonal",
    "ConvolutionOrthogonal1D",
    "ConvolutionOrthogonal2D",
    "ConvolutionOrthogonal3D",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "Random",
    "RandomNormal",
    "RandomUniform",
    "Seed",
    "TruncatedNormal",
    "UniformUnitScaling",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "constant_initializer",
    "convolutional_delta_orthogonal",
    "convolutional_orthogonal_1d",
    "convolutional_orthogonal_2d",
    "convolutional_orthogonal_3d",
    "glorot_normal",
    "glorot_normal_initializer",
    "glorot_uniform",
    "glorot_uniform_initializer",
    "he_normal",
    "he_normal_initializer",
    "he_uniform",
    "he_uniform_initializer",
    "identity",
    "identity_initializer",
    "lecun_normal",
    "lecun_normal_initializer",
    "lecun_uniform",
    "lecun_uniform_initializer",
    "ones",
    "ones_initializer",
    "orthogonal",
    "orthogonal_initializer",
    "random_normal",
    "random_normal_initializer",
    "random_uniform",
    "random_uniform_initializer",
    "truncated_normal",
    "truncated_normal_initializer",
    "uniform_unit_scaling",
    "uniform_unit_scaling_initializer",
    "variance_scaling",
    "variance_scaling_initializer",
    "zeros",
    "zeros_initializer",
]

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

# What older releases have pickled is found where they had it.
__path__ = [*__path__, str(_Path(__file__).parents[1] / "_core" / "former" / "initializers")]


def __dir__() -> list[str]:
    return __all__
