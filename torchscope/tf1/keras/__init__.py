"""tf.keras: what model code takes from it beside models and layers."""

from torchscope.tf1.keras import initializers, regularizers
from torchscope.tf1.missing import missing as _missing

__all__ = ["initializers", "regularizers"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
