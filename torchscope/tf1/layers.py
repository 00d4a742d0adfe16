"""tf.layers: all of ts.layers."""

from torchscope.layers import *  # noqa: F403 - all of it
from torchscope.layers import __all__
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
