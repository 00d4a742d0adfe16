"""tf.metrics: measures that go on from batch to batch."""

from torchscope.metrics import *  # noqa: F403 - all of it


def __getattr__(name: str) -> object:
    from torchscope.tf1.missing import missing  # noqa: PLC0415 - seldom read

    raise missing(__name__, name)
