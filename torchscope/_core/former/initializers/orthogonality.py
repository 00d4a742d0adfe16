"""Where older releases had what is now elsewhere: see `torchscope._core.former`."""

from torchscope._core.initializers.orthogonality import (
    ConvolutionDeltaOrthogonal,
    ConvolutionOrthogonal1D,
    ConvolutionOrthogonal2D,
    ConvolutionOrthogonal3D,
    Orthogonal,
    _ConvolutionOrthogonal,
)
