"""tf.io: files."""

from torchscope.tf1.io import gfile as gfile


def __getattr__(name: str) -> object:
    from torchscope.tf1.missing import missing  # noqa: PLC0415 - seldom read

    raise missing(__name__, name)
