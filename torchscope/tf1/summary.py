"""tf.summary: what model functions note of their tensors, and the files that TensorBoard shows."""

from typing import TYPE_CHECKING, Any

from torchscope._core.summaries.noting import (
    audio,
    histogram,
    image,
    merge,
    merge_all,
    scalar,
    tensor_summary,
    text,
)
from torchscope._core.summaries.protocol import message as _message
from torchscope._core.summaries.writer import FileWriter
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "FileWriter",
    "audio",
    "histogram",
    "image",
    "merge",
    "merge_all",
    "scalar",
    "tensor_summary",
    "text",
]

# TensorBoard's messages, which the extra `tensorboard` brings.
_MESSAGES = ("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata")


if TYPE_CHECKING:
    Event: Any
    SessionLog: Any
    Summary: Any
    SummaryDescription: Any
    TaggedRunMetadata: Any
else:

    def __getattr__(name: str) -> Any:
        if name in _MESSAGES:
            return _message(name, f"tf.summary.{name}")
        raise _missing(__name__, name)


def __dir__() -> list[str]:
    return [*__all__, *_MESSAGES]
