"""tf.metrics: measures that go on from batch to batch."""

from torchscope.metrics import *  # noqa: F403 - all of it
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
