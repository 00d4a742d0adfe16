"""tf.contrib.rnn: the cells of tf.nn.rnn_cell, those that only contrib had, and what runs them."""

from torchscope.rnn import BasicLSTMCell as BasicLSTMCell
from torchscope.rnn import BasicRNNCell as BasicRNNCell
from torchscope.rnn import DeviceWrapper as DeviceWrapper
from torchscope.rnn import DropoutWrapper as DropoutWrapper
from torchscope.rnn import GRUCell as GRUCell
from torchscope.rnn import LayerNormBasicLSTMCell as LayerNormBasicLSTMCell
from torchscope.rnn import LSTMCell as LSTMCell
from torchscope.rnn import LSTMStateTuple as LSTMStateTuple
from torchscope.rnn import MultiRNNCell as MultiRNNCell
from torchscope.rnn import ResidualWrapper as ResidualWrapper
from torchscope.rnn import RNNCell as RNNCell
from torchscope.rnn import best_effort_input_batch_size as best_effort_input_batch_size
from torchscope.rnn import stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn
from torchscope.rnn import stack_bidirectional_rnn as stack_bidirectional_rnn
from torchscope.rnn import static_bidirectional_rnn as static_bidirectional_rnn
from torchscope.rnn import static_rnn as static_rnn
from torchscope.rnn import static_state_saving_rnn as static_state_saving_rnn
from torchscope.rnn import transpose_batch_time as transpose_batch_time
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
