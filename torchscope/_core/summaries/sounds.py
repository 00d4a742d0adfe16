"""The values of tf.summary.audio: WAV files."""

from __future__ import annotations

import io
import wave
from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.errors import InvalidArgumentError
from torchscope._core.summaries.protocol import message


def sound_values(name: str, tag: str, tensor: Tensor, rate: Tensor, most: int) -> list[Any]:
    """The first sounds of a batch, with 16 bits for each number.

    Args:
        name: the name of the operation.
        tag: under which they are shown, followed by /audio and their number.
        tensor: sounds of shape (N, T) or (N, T, channels), in numbers from -1 to 1.
        rate: how many numbers are of one second, of shape ().
        most: how many sounds are kept.

    Raises:
        InvalidArgumentError: it has another shape; or the rate is no positive number.
    """
    if tensor.ndim not in (2, 3):
        raise InvalidArgumentError(
            None,
            None,
            f"Tensor must be 3-D or 2-D, got: [{','.join(map(str, tensor.shape))}]. It is what the "
            f"summary {name} is of: sounds are (N, T) or (N, T, channels), so add a dimension, "
            "tf.expand_dims.",
        )
    a_second = rate.item()
    if not a_second > 0:
        raise InvalidArgumentError(
            None,
            None,
            f"sample_rate must be > 0. It is {a_second} in the summary {name}: how many numbers are of "
            "one second.",
        )
    summary = message("Summary")
    made = []
    sounds = tensor if tensor.ndim == 3 else tensor.unsqueeze(2)
    for number, sound in enumerate(sounds[:most].cpu()):
        frames, channels = sound.shape
        made.append(
            summary.Value(
                tag=f"{tag}/audio" if most == 1 else f"{tag}/audio/{number}",
                audio=summary.Audio(
                    sample_rate=a_second,
                    num_channels=channels,
                    length_frames=frames,
                    encoded_audio_string=_wav(sound, max(1, round(a_second))),
                    content_type="audio/wav",
                ),
            )
        )
    return made


def _wav(sound: Tensor, a_second: int) -> bytes:
    # Halves go away from 0, as C's rounding has it.
    scaled = sound.double() * (1 << 15)
    rounded = (scaled.abs() + 0.5).floor().copysign(scaled)
    numbers = rounded.clamp(-(1 << 15), (1 << 15) - 1).to(torch.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(sound.shape[1])
        written.setsampwidth(2)
        written.setframerate(a_second)
        written.writeframes(numbers.numpy().astype("<i2").tobytes())
    return file.getvalue()
