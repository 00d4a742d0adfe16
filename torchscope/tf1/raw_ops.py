"""tf.raw_ops: operations that other code calls by the names of their kinds."""

from torchscope.nn.lstm_block import lstm_block_cell as LSTMBlockCell
from torchscope.tf1.missing import missing as _missing

__all__ = ["LSTMBlockCell"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
