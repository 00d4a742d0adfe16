"""tf.contrib.cudnn_rnn: the cells whose weights are cuDNN's."""

from torchscope.rnn import CudnnCompatibleGRUCell as CudnnCompatibleGRUCell
from torchscope.rnn import CudnnCompatibleLSTMCell as CudnnCompatibleLSTMCell
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
