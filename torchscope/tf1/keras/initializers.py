"""tf.keras.initializers: those that are what tf.initializers has under another name."""

from torchscope.initializers import VarianceScaling
from torchscope.tf1.missing import missing as _missing

__all__ = ["VarianceScaling"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
