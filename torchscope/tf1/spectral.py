"""tf.spectral."""

from torchscope.ops.signals import dct as dct
from torchscope.ops.signals import idct as idct
from torchscope.ops.spectral import fft as fft
from torchscope.ops.spectral import fft2d as fft2d
from torchscope.ops.spectral import fft3d as fft3d
from torchscope.ops.spectral import ifft as ifft
from torchscope.ops.spectral import ifft2d as ifft2d
from torchscope.ops.spectral import ifft3d as ifft3d
from torchscope.ops.spectral import irfft as irfft
from torchscope.ops.spectral import irfft2d as irfft2d
from torchscope.ops.spectral import irfft3d as irfft3d
from torchscope.ops.spectral import rfft as rfft
from torchscope.ops.spectral import rfft2d as rfft2d
from torchscope.ops.spectral import rfft3d as rfft3d
