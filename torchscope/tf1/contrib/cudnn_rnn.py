"""tf.contrib.cudnn_rnn: the cells whose weights are cuDNN's."""

from torchscope.rnn import CudnnCompatibleGRUCell, CudnnCompatibleLSTMCell
from torchscope.tf1.missing import missing as _missing

__all__ = ["CudnnCompatibleGRUCell", "CudnnCompatibleLSTMCell"]


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
