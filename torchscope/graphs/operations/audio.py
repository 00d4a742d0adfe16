"""Sounds: spectrograms, and what is told of their timbre."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor, numbers_of
from torchscope.graphs.operations.table import op

# What is below has no logarithm of its own.
_FLOOR = 1e-12


@op("AudioSpectrogram")
def _spectrogram(
    input: Any, *, window_size: int, stride: int, magnitude_squared: bool = False
) -> Any:
    sound = as_tensor(input).t()
    if sound.shape[1] < window_size:
        length = 1 << (window_size - 1).bit_length()
        return sound.new_zeros(len(sound), 0, length // 2 + 1)
    frames = sound.unfold(1, window_size, stride).double()
    window = torch.hann_window(window_size, dtype=torch.float64, device=sound.device)
    spectrum = torch.fft.rfft(frames * window, 1 << (window_size - 1).bit_length())
    power = spectrum.real.square() + spectrum.imag.square()
    return (power if magnitude_squared else power.sqrt()).float()


@op("Mfcc")
def _mfcc(
    spectrogram: Any,
    sample_rate: Any,
    *,
    upper_frequency_limit: float = 4000,
    lower_frequency_limit: float = 20,
    filterbank_channel_count: int = 40,
    dct_coefficient_count: int = 13,
) -> Any:
    given, count = as_tensor(spectrogram), filterbank_channel_count
    ends = lower_frequency_limit, upper_frequency_limit
    filters = _filters(given.shape[-1], numbers_of(sample_rate, "sample_rate"), count, *ends)
    heard = given.double().sqrt() @ filters.to(given.device)
    places = torch.arange(count, dtype=torch.float64, device=given.device) + 0.5
    numbers = torch.arange(dct_coefficient_count, dtype=torch.float64, device=given.device)
    cosines = math.sqrt(2 / count) * torch.cos(math.pi / count * places[:, None] * numbers)
    return (heard.clamp(min=_FLOOR).log() @ cosines).float()


def _mel(frequency: Tensor) -> Tensor:
    return 1127 * torch.log1p(frequency / 700)


def _filters(bins: int, rate: int, count: int, lowest: float, highest: float) -> Tensor:
    """What each of some overlapping triangles on the mel scale weighs of each bin of a spectrum."""
    width = 0.5 * rate / (bins - 1)
    low, high = _mel(torch.tensor([lowest, highest], dtype=torch.float64))
    edges = low + (high - low) / (count + 1) * torch.arange(count + 2, dtype=torch.float64)
    numbers = torch.arange(bins)
    mels = _mel(numbers * torch.tensor(width, dtype=torch.float64))
    # The triangle on whose falling side a bin is; on the next one it is on the rising side.
    falling = torch.searchsorted(edges[1 : count + 1].contiguous(), mels)
    share = (edges[falling + 1] - mels) / (edges[falling + 1] - edges[falling])
    heard = (numbers >= int(1.5 + lowest / width)) & (numbers <= int(highest / width))
    weights = torch.zeros(bins, count + 2, dtype=torch.float64)
    weights[numbers, falling] = torch.where(heard, share, 0)
    weights[numbers, falling + 1] = torch.where(heard, 1 - share, 0)
    return weights[:, 1 : count + 1]
