"""tf.contrib.slim."""

import importlib as _importlib

from torchscope.slim import *  # noqa: F403 - all of it
from torchscope.slim import __all__
from torchscope.tf1.missing import missing as _missing

# The one that says what to write in the place of a loop.
learning = _importlib.import_module(f"{__name__}.learning")


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
