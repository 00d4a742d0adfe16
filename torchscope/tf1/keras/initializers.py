"""tf.keras.initializers: those that are what tf.initializers has under another name."""

from torchscope.initializers import VarianceScaling as VarianceScaling
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
