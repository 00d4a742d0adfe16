"""Recurrent cells and what runs them over sequences, with TF1's names and numbers (tf.nn.rnn_cell)."""

from torchscope.rnn.basic import BasicRNNCell as BasicRNNCell
from torchscope.rnn.basic import GRUCell as GRUCell
from torchscope.rnn.batches import best_effort_input_batch_size as best_effort_input_batch_size
from torchscope.rnn.batches import transpose_batch_time as transpose_batch_time
from torchscope.rnn.cell import LSTMStateTuple as LSTMStateTuple
from torchscope.rnn.cell import RNNCell as RNNCell
from torchscope.rnn.lstm import BasicLSTMCell as BasicLSTMCell
from torchscope.rnn.lstm import LayerNormBasicLSTMCell as LayerNormBasicLSTMCell
from torchscope.rnn.lstm import LSTMCell as LSTMCell
from torchscope.rnn.raw import raw_rnn as raw_rnn
from torchscope.rnn.running import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from torchscope.rnn.running import dynamic_rnn as dynamic_rnn
from torchscope.rnn.running import static_bidirectional_rnn as static_bidirectional_rnn
from torchscope.rnn.running import static_rnn as static_rnn
from torchscope.rnn.saving import static_state_saving_rnn as static_state_saving_rnn
from torchscope.rnn.stacking import (
    stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn,
)
from torchscope.rnn.stacking import stack_bidirectional_rnn as stack_bidirectional_rnn
from torchscope.rnn.wrappers import DeviceWrapper as DeviceWrapper
from torchscope.rnn.wrappers import DropoutWrapper as DropoutWrapper
from torchscope.rnn.wrappers import MultiRNNCell as MultiRNNCell
from torchscope.rnn.wrappers import ResidualWrapper as ResidualWrapper
