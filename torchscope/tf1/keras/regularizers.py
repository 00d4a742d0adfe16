"""tf.keras.regularizers: losses of weights, which are not halved."""

from torchscope._core.values.regularizers import keras_l1 as l1
from torchscope._core.values.regularizers import keras_l1_l2 as l1_l2
from torchscope._core.values.regularizers import keras_l2 as l2
from torchscope.tf1.missing import missing as _missing

__all__ = ["l1", "l1_l2", "l2"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
