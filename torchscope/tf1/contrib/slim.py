"""tf.contrib.slim."""

from torchscope.slim import *  # noqa: F403 - all of it
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
