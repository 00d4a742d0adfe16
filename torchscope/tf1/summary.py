"""tf.summary: what model functions note of their tensors, and the files that TensorBoard shows."""

from typing import Any

from torchscope.summaries.noting import audio as audio
from torchscope.summaries.noting import histogram as histogram
from torchscope.summaries.noting import image as image
from torchscope.summaries.noting import merge as merge
from torchscope.summaries.noting import merge_all as merge_all
from torchscope.summaries.noting import scalar as scalar
from torchscope.summaries.noting import tensor_summary as tensor_summary
from torchscope.summaries.noting import text as text
from torchscope.summaries.protocol import message as _message
from torchscope.summaries.writer import FileWriter as FileWriter
from torchscope.tf1.missing import missing as _missing

# TensorBoard's messages, which the extra `tensorboard` brings.
_MESSAGES = ("Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata")


def __getattr__(name: str) -> Any:
    if name in _MESSAGES:
        return _message(name, f"tf.summary.{name}")
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MESSAGES})
