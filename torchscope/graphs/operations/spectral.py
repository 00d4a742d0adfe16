"""Fourier transforms. Those whose names begin with Batch are of old files."""

from __future__ import annotations

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import op

op("FFT", "BatchFFT")(tf.signal.fft)
op("FFT2D", "BatchFFT2D")(tf.signal.fft2d)
op("FFT3D", "BatchFFT3D")(tf.signal.fft3d)
op("IFFT", "BatchIFFT")(tf.signal.ifft)
op("IFFT2D", "BatchIFFT2D")(tf.signal.ifft2d)
op("IFFT3D", "BatchIFFT3D")(tf.signal.ifft3d)
op("RFFT")(tf.signal.rfft)
op("RFFT2D")(tf.signal.rfft2d)
op("RFFT3D")(tf.signal.rfft3d)
op("IRFFT")(tf.signal.irfft)
op("IRFFT2D")(tf.signal.irfft2d)
op("IRFFT3D")(tf.signal.irfft3d)
