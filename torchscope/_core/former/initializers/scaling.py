"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    UniformUnitScaling,
    VarianceScaling,
)
