"""tf.io: files."""

from torchscope.tf1.io import gfile
from torchscope.tf1.missing import missing as _missing

__all__ = ["gfile"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
