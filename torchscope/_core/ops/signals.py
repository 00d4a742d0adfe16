"""Signals in frames: windows, short-time Fourier transforms, cosine transforms, mel scales."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.ops.arguments import as_tensor, checked_axis, numbers_of, of_dtype, wanted
from torchscope._core.ops.spectral import irfft, rfft
from torchscope._core.values.conversion import as_dtype, shape_text

Window = Callable[..., Tensor]

_REAL = (torch.float32, torch.float64)


def hann_window(
    window_length: Any,
    periodic: bool = True,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """A Hann window (tf.signal.hann_window).

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])

    Args:
        window_length: how many numbers.
        periodic: whether it is to be repeated. As in TF1 this says nothing of an odd length.
        dtype: of the window.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the length is no integer.
    """
    return _raised_cosine(window_length, periodic, dtype, 0.5)


def hamming_window(
    window_length: Any,
    periodic: bool = True,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """A Hamming window (tf.signal.hamming_window).

    >>> hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])

    Arguments and errors are those of `hann_window`.
    """
    return _raised_cosine(window_length, periodic, dtype, 0.54)


def _raised_cosine(window_length: Any, periodic: bool, dtype: Any, mean: float) -> Tensor:
    length, device = numbers_of(window_length, "window_length"), device_of_the_net()
    if length == 1:
        return torch.ones(1, dtype=as_dtype(dtype), device=device)
    turns = length - 1 + (1 - length % 2 if periodic else 0)
    place = torch.arange(length, dtype=torch.float64, device=device)
    return (mean - (1.0 - mean) * torch.cos(2.0 * math.pi * place / turns)).to(as_dtype(dtype))


def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Tensor:
    """A signal in frames that may overlap (tf.signal.frame).

    >>> frame([1, 2, 3, 4, 5], 3, 2)
    tensor([[1, 2, 3],
            [3, 4, 5]], dtype=torch.int32)

    Args:
        signal: (..., samples, ...).
        frame_length: how many samples a frame has.
        frame_step: after how many the next one begins.
        pad_end: whether the last frames are filled up; else what does not fill one is left out.
        pad_value: by which number.
        axis: which axis the samples are along.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., frames, frame_length, ...).

    Raises:
        ValueError: there is no such axis.
        TypeError: a length is no integer.
    """
    tensor = as_tensor(wanted("signal", signal))
    length, step = numbers_of(frame_length, "frame_length"), numbers_of(frame_step, "frame_step")
    where = checked_axis(axis, tensor) % tensor.ndim
    samples = tensor.shape[where]
    tensor = tensor.movedim(where, -1)
    count = -(-samples // step) if pad_end else max(0, 1 + (samples - length) // step)
    needed = (count - 1) * step + length
    if needed > samples:
        tensor = pad(tensor, (0, needed - samples), value=pad_value)
    if count == 0:
        frames = tensor[..., :0, None].expand(*tensor.shape[:-1], 0, length)
    else:
        frames = tensor.unfold(-1, length, step)[..., :count, :]
    return frames.movedim((-2, -1), (where, where + 1))


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """The sum of frames, each where it was (tf.signal.overlap_and_add).

    >>> overlap_and_add([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 2)
    tensor([1., 2., 7., 5., 6.])

    Args:
        signal: (..., frames, frame_length).
        frame_step: after how many numbers the next frame begins.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (..., samples).

    Raises:
        ValueError: there are no frames.
        TypeError: the step is no integer.
    """
    tensor, step = as_tensor(wanted("signal", signal)), numbers_of(frame_step, "frame_step")
    if tensor.ndim < 2:
        raise ValueError(
            f"Shape {shape_text(tensor.shape)} must have rank at least 2: frames and their numbers."
        )
    count, length = tensor.shape[-2:]
    starts = torch.arange(count, device=tensor.device)[:, None] * step
    places = (starts + torch.arange(length, device=tensor.device)).reshape(-1)
    samples = tensor.new_zeros([*tensor.shape[:-2], (count - 1) * step + length])
    return samples.index_add(-1, places, tensor.reshape(*tensor.shape[:-2], count * length))


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """The short-time Fourier transform (tf.signal.stft).

    >>> stft(torch.ones(10), 4, 2).shape
    torch.Size([4, 3])

    Args:
        signals: floats, (..., samples).
        frame_length: how many samples a frame has.
        frame_step: after how many the next one begins.
        fft_length: over how many numbers to transform; by default the next power of 2.
        window_fn: what gives a window, of a length and `dtype=`; or None.
        pad_end: whether the last frames are filled up.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Complex numbers, (..., frames, fft_length // 2 + 1).

    Raises:
        ValueError: there are no samples.
        TypeError: a length is no integer, or the signals are no floats.
    """
    tensor = of_dtype(as_tensor(wanted("signals", signals)), "input", _REAL)
    length = numbers_of(frame_length, "frame_length")
    frames = frame(tensor, length, frame_step, pad_end)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype).to(frames.device)
    return rfft(frames, [_transformed(fft_length, length)])


def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = hann_window,
    name: str | None = None,
) -> Tensor:
    """Signals of short-time Fourier transforms (tf.signal.inverse_stft).

    >>> inverse_stft(stft(torch.ones(10), 4, 2), 4, 2, window_fn=inverse_stft_window_fn(2))
    tensor([0.0000, 0.5000, 1.0000, 1.0000, 1.0000, 1.0000, 1.0000, 1.0000, 1.0000,
            0.5000])

    Args:
        stfts: complex numbers, (..., frames, fft_length // 2 + 1).
        frame_length: as in `stft`.
        frame_step: as in `stft`.
        fft_length: as in `stft`.
        window_fn: what gives a window; see `inverse_stft_window_fn`.
        name: accepted for TF1 code; it has no effect.

    Returns:
        Floats, (..., samples).

    Raises:
        ValueError: there are no frames.
        TypeError: a length is no integer.
    """
    length = numbers_of(frame_length, "frame_length")
    frames = irfft(stfts, [_transformed(fft_length, length)])
    missing = length - frames.shape[-1]
    frames = pad(frames, (0, missing)) if missing > 0 else frames[..., :length]
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype).to(frames.device)
    return overlap_and_add(frames, frame_step)


def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Window = hann_window, name: str | None = None
) -> Window:
    """What gives the window by which `inverse_stft` undoes `stft` (tf.signal.inverse_stft_window_fn).

    >>> inverse_stft_window_fn(2)(4, dtype=torch.float32)
    tensor([0., 1., 1., 1.])

    Args:
        frame_step: that of `stft`.
        forward_window_fn: that of `stft`.
        name: accepted for TF1 code; it has no effect.
    """
    step = numbers_of(frame_step, "frame_step")

    def window(frame_length: Any, dtype: Any) -> Tensor:
        length = numbers_of(frame_length, "frame_length")
        forward = forward_window_fn(length, dtype=dtype)
        overlaps = -(-length // step)
        squares = pad(forward.square(), (0, overlaps * step - length)).reshape(overlaps, step)
        return forward / squares.sum(0).repeat(overlaps)[:length]

    return window


def _transformed(fft_length: Any, frame_length: int) -> int:
    if fft_length is not None:
        return numbers_of(fft_length, "fft_length")  # type: ignore[no-any-return]
    return 1 << (frame_length - 1).bit_length()


def dct(
    input: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The discrete cosine transform (tf.signal.dct, tf.spectral.dct).

    >>> dct([1.0, 1.0, 1.0])
    tensor([6., 0., 0.])

    Args:
        input: floats, (..., samples).
        type: which transform: 1, 2, 3 or 4.
        n: over how many samples: the input is cut off or filled up with 0.
        axis: -1.
        norm: None, or 'ortho' for an orthonormal transform.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there is no such transform.
        NotImplementedError: another axis.
        TypeError: the numbers are no floats.
    """
    if type not in (1, 2, 3, 4):
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
    if type == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")
    tensor = of_dtype(as_tensor(wanted("input", input), preferred=torch.float32), "input", _REAL)
    size = tensor.shape[checked_axis(-1, tensor)]
    if n is not None:
        missing = numbers_of(n, "n") - size
        tensor = pad(tensor, (0, missing)) if missing > 0 else tensor[..., : size + missing]
        size = size + missing
    if type == 1:
        return rfft(torch.cat([tensor, tensor[..., 1:-1].flip(-1)], -1)).real
    if type == 3:
        return _third(tensor, size, norm)
    if type == 4:
        found = _second(pad(tensor, (0, size)), 2 * size, None)[..., 1::2]
        return found if norm is None else found * math.sqrt(0.5 / size)
    return _second(tensor, size, norm)


def idct(
    input: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The inverse discrete cosine transform, but for a factor (tf.signal.idct, tf.spectral.idct).

    >>> idct([6.0, 0.0, 0.0])
    tensor([6., 6., 6.])

    Arguments and errors are those of `dct`.
    """
    if n is not None:
        raise NotImplementedError(f"`n` argument is not supported for inverse DCT: {n}.")
    return dct(input, {2: 3, 3: 2}.get(type, type), None, axis, norm)


def _angles(tensor: Tensor, size: int, sign: float) -> Tensor:
    place = torch.arange(size, dtype=torch.float64, device=tensor.device)
    angle = place * (sign * math.pi * 0.5 / size)
    return torch.polar(torch.full_like(angle, 2.0), angle).to(tensor.dtype.to_complex())


def _weights(tensor: Tensor, size: int, first: float, others: float) -> Tensor:
    """The first number, then the others."""
    place = torch.arange(size, device=tensor.device)
    return torch.where(place == 0, first, others).to(tensor.dtype)


def _second(tensor: Tensor, size: int, norm: str | None) -> Tensor:
    found = (rfft(tensor, [2 * size])[..., :size] * _angles(tensor, size, -1.0)).real
    if norm is None:
        return found
    first = 0.5 / math.sqrt(size)
    return found * _weights(tensor, size, first, first * math.sqrt(2.0))


def _third(tensor: Tensor, size: int, norm: str | None) -> Tensor:
    if norm is None:
        tensor = tensor * size
    else:
        first = math.sqrt(size)
        tensor = tensor * _weights(tensor, size, first, first * math.sqrt(0.5))
    return irfft(_angles(tensor, size, 1.0) * tensor, [2 * size])[..., :size]


def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: int = 129,
    sample_rate: float = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """The matrix that makes mel bins of the bins of a spectrogram (tf.signal.linear_to_mel_weight_matrix).

    >>> linear_to_mel_weight_matrix(20, 129).shape
    torch.Size([129, 20])

    Args:
        num_mel_bins: how many mel bins.
        num_spectrogram_bins: how many bins a spectrogram has.
        sample_rate: samples in a second.
        lower_edge_hertz: the lowest frequency of the mel bins.
        upper_edge_hertz: the highest one.
        dtype: of the matrix.
        name: accepted for TF1 code; it has no effect.

    Returns:
        (num_spectrogram_bins, num_mel_bins).

    Raises:
        ValueError: there are no bins, or the frequencies are not in order.
    """
    if num_mel_bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {num_mel_bins}")
    if lower_edge_hertz < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower_edge_hertz}")
    if lower_edge_hertz >= upper_edge_hertz:
        raise ValueError(
            f"lower_edge_hertz {lower_edge_hertz:.1f} >= upper_edge_hertz {upper_edge_hertz:.1f}"
        )
    if sample_rate <= 0.0:
        raise ValueError(f"sample_rate must be positive. Got: {sample_rate}")
    if upper_edge_hertz > sample_rate / 2:
        raise ValueError(
            "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). Got "
            f"{upper_edge_hertz} for sample_rate: {sample_rate}"
        )
    device = device_of_the_net()
    hertz = torch.linspace(
        0.0, sample_rate / 2, num_spectrogram_bins, dtype=torch.float64, device=device
    )
    edges = torch.linspace(
        1127.0 * math.log1p(lower_edge_hertz / 700.0),
        1127.0 * math.log1p(upper_edge_hertz / 700.0),
        num_mel_bins + 2,
        dtype=torch.float64,
        device=device,
    )
    mel = 1127.0 * torch.log1p(hertz / 700.0)[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    weights = torch.minimum(rising, falling).clamp(min=0.0)
    # The constant part of a signal is in no mel bin.
    return torch.where(hertz[:, None] > 0.0, weights, 0.0).to(as_dtype(dtype))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Mel-frequency cepstral coefficients (tf.signal.mfccs_from_log_mel_spectrograms).

    >>> mfccs_from_log_mel_spectrograms([1.0, 1.0])
    tensor([2., 0.])

    Args:
        log_mel_spectrograms: floats, (..., mel bins).
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: there are no bins.
        TypeError: the numbers are no floats.
    """
    tensor = as_tensor(wanted("log_mel_spectrograms", log_mel_spectrograms))
    bins = tensor.shape[checked_axis(-1, tensor)]
    if bins == 0:
        raise ValueError("num_mel_bins must be positive. Got: log_mel_spectrograms without bins")
    return dct(tensor) / math.sqrt(2.0 * bins)
