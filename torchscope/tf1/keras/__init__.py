"""tf.keras: what model code takes from it beside models and layers."""

from torchscope.tf1.keras import initializers as initializers
from torchscope.tf1.keras import regularizers as regularizers
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
