"""tf.signal."""

from torchscope.ops.signals import dct as dct
from torchscope.ops.signals import frame as frame
from torchscope.ops.signals import hamming_window as hamming_window
from torchscope.ops.signals import hann_window as hann_window
from torchscope.ops.signals import idct as idct
from torchscope.ops.signals import inverse_stft as inverse_stft
from torchscope.ops.signals import inverse_stft_window_fn as inverse_stft_window_fn
from torchscope.ops.signals import linear_to_mel_weight_matrix as linear_to_mel_weight_matrix
from torchscope.ops.signals import (
    mfccs_from_log_mel_spectrograms as mfccs_from_log_mel_spectrograms,
)
from torchscope.ops.signals import overlap_and_add as overlap_and_add
from torchscope.ops.signals import stft as stft
from torchscope.ops.spectral import fft as fft
from torchscope.ops.spectral import fft2d as fft2d
from torchscope.ops.spectral import fft3d as fft3d
from torchscope.ops.spectral import fftshift as fftshift
from torchscope.ops.spectral import ifft as ifft
from torchscope.ops.spectral import ifft2d as ifft2d
from torchscope.ops.spectral import ifft3d as ifft3d
from torchscope.ops.spectral import ifftshift as ifftshift
from torchscope.ops.spectral import irfft as irfft
from torchscope.ops.spectral import irfft2d as irfft2d
from torchscope.ops.spectral import irfft3d as irfft3d
from torchscope.ops.spectral import rfft as rfft
from torchscope.ops.spectral import rfft2d as rfft2d
from torchscope.ops.spectral import rfft3d as rfft3d
