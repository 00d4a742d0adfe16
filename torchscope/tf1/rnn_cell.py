"""tf.nn.rnn_cell: the recurrent cells."""

from torchscope.rnn import BasicLSTMCell as BasicLSTMCell
from torchscope.rnn import BasicRNNCell as BasicRNNCell
from torchscope.rnn import DeviceWrapper as DeviceWrapper
from torchscope.rnn import DropoutWrapper as DropoutWrapper
from torchscope.rnn import GRUCell as GRUCell
from torchscope.rnn import LSTMCell as LSTMCell
from torchscope.rnn import LSTMStateTuple as LSTMStateTuple
from torchscope.rnn import MultiRNNCell as MultiRNNCell
from torchscope.rnn import ResidualWrapper as ResidualWrapper
from torchscope.rnn import RNNCell as RNNCell
from torchscope.rnn.linear import Linear as _Linear
from torchscope.rnn.linear import linear as _linear
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
