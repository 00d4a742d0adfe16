"""tf.io: files."""

from torchscope.tf1.io import gfile as gfile
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
