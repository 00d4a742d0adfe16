"""TensorBoard's messages and files, which the extra `tensorboard` brings."""

from __future__ import annotations

import importlib
from typing import Any

# In which of TensorBoard's files each message is.
_MESSAGES = {
    "Event": "event_pb2",
    "GraphDef": "graph_pb2",
    "HistogramProto": "summary_pb2",
    "SessionLog": "event_pb2",
    "Summary": "summary_pb2",
    "SummaryDescription": "summary_pb2",
    "SummaryMetadata": "summary_pb2",
    "TaggedRunMetadata": "event_pb2",
}


def module_of_extra(name: str, wanted: str) -> Any:
    """A module that the extra brings, of TensorBoard or Pillow.

    Args:
        name: its name.
        wanted: what was asked for, for the message.

    Raises:
        ImportError: the extra is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{wanted} needs the extra 'tensorboard', of which {error.name} is missing: "
            "pip install 'torchscope[tensorboard]'"
        ) from error


def message(name: str, wanted: str | None = None) -> Any:
    """The class of a message, such as Summary.

    Args:
        name: its name.
        wanted: what was asked for, for the message; the class itself by default.

    Raises:
        ImportError: the extra is not installed.
    """
    file = module_of_extra(f"tensorboard.compat.proto.{_MESSAGES[name]}", wanted or f"tf.{name}")
    return getattr(file, name)
