"""tf.contrib.rnn: the cells of tf.nn.rnn_cell, those that only contrib had, and what runs them."""

from torchscope.rnn import AttentionCellWrapper as AttentionCellWrapper
from torchscope.rnn import BasicLSTMCell as BasicLSTMCell
from torchscope.rnn import BasicRNNCell as BasicRNNCell
from torchscope.rnn import BidirectionalGridLSTMCell as BidirectionalGridLSTMCell
from torchscope.rnn import CFNCell as CFNCell
from torchscope.rnn import CompiledWrapper as CompiledWrapper
from torchscope.rnn import Conv1DLSTMCell as Conv1DLSTMCell
from torchscope.rnn import Conv2DLSTMCell as Conv2DLSTMCell
from torchscope.rnn import Conv3DLSTMCell as Conv3DLSTMCell
from torchscope.rnn import ConvLSTMCell as ConvLSTMCell
from torchscope.rnn import CoupledInputForgetGateLSTMCell as CoupledInputForgetGateLSTMCell
from torchscope.rnn import DeviceWrapper as DeviceWrapper
from torchscope.rnn import DropoutWrapper as DropoutWrapper
from torchscope.rnn import EmbeddingWrapper as EmbeddingWrapper
from torchscope.rnn import FusedRNNCell as FusedRNNCell
from torchscope.rnn import FusedRNNCellAdaptor as FusedRNNCellAdaptor
from torchscope.rnn import GLSTMCell as GLSTMCell
from torchscope.rnn import GridLSTMCell as GridLSTMCell
from torchscope.rnn import GRUBlockCell as GRUBlockCell
from torchscope.rnn import GRUBlockCellV2 as GRUBlockCellV2
from torchscope.rnn import GRUCell as GRUCell
from torchscope.rnn import HighwayWrapper as HighwayWrapper
from torchscope.rnn import IndRNNCell as IndRNNCell
from torchscope.rnn import IndyGRUCell as IndyGRUCell
from torchscope.rnn import IndyLSTMCell as IndyLSTMCell
from torchscope.rnn import InputProjectionWrapper as InputProjectionWrapper
from torchscope.rnn import IntersectionRNNCell as IntersectionRNNCell
from torchscope.rnn import LayerNormBasicLSTMCell as LayerNormBasicLSTMCell
from torchscope.rnn import LayerNormLSTMCell as LayerNormLSTMCell
from torchscope.rnn import LSTMBlockCell as LSTMBlockCell
from torchscope.rnn import LSTMBlockFusedCell as LSTMBlockFusedCell
from torchscope.rnn import LSTMBlockWrapper as LSTMBlockWrapper
from torchscope.rnn import LSTMCell as LSTMCell
from torchscope.rnn import LSTMStateTuple as LSTMStateTuple
from torchscope.rnn import MinimalRNNCell as MinimalRNNCell
from torchscope.rnn import MultiRNNCell as MultiRNNCell
from torchscope.rnn import NASCell as NASCell
from torchscope.rnn import OutputProjectionWrapper as OutputProjectionWrapper
from torchscope.rnn import PhasedLSTMCell as PhasedLSTMCell
from torchscope.rnn import ResidualWrapper as ResidualWrapper
from torchscope.rnn import RNNCell as RNNCell
from torchscope.rnn import SRUCell as SRUCell
from torchscope.rnn import TimeFreqLSTMCell as TimeFreqLSTMCell
from torchscope.rnn import TimeReversedFusedRNN as TimeReversedFusedRNN
from torchscope.rnn import UGRNNCell as UGRNNCell
from torchscope.rnn import WeightNormLSTMCell as WeightNormLSTMCell
from torchscope.rnn import best_effort_input_batch_size as best_effort_input_batch_size
from torchscope.rnn import stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn
from torchscope.rnn import stack_bidirectional_rnn as stack_bidirectional_rnn
from torchscope.rnn import static_bidirectional_rnn as static_bidirectional_rnn
from torchscope.rnn import static_rnn as static_rnn
from torchscope.rnn import static_state_saving_rnn as static_state_saving_rnn
from torchscope.rnn import transpose_batch_time as transpose_batch_time
from torchscope.rnn.linear import Linear as _Linear
from torchscope.rnn.linear import linear as _linear
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
