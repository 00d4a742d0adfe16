"""Recurrent cells and what runs them over sequences, with TF1's names and numbers (tf.nn.rnn_cell, tf.contrib.rnn)."""

from torchscope.rnn.attention import AttentionCellWrapper
from torchscope.rnn.basic import BasicRNNCell, GRUCell
from torchscope.rnn.batches import best_effort_input_batch_size, transpose_batch_time
from torchscope.rnn.block import (
    CudnnCompatibleGRUCell,
    CudnnCompatibleLSTMCell,
    GRUBlockCell,
    GRUBlockCellV2,
    LSTMBlockCell,
)
from torchscope.rnn.cell import LSTMStateTuple, RNNCell
from torchscope.rnn.convolutional import (
    Conv1DLSTMCell,
    Conv2DLSTMCell,
    Conv3DLSTMCell,
    ConvLSTMCell,
)
from torchscope.rnn.coupled import CoupledInputForgetGateLSTMCell, GLSTMCell
from torchscope.rnn.frequency import BidirectionalGridLSTMCell, GridLSTMCell, TimeFreqLSTMCell
from torchscope.rnn.gated import (
    CFNCell,
    IntersectionRNNCell,
    MinimalRNNCell,
    NASCell,
    SRUCell,
    UGRNNCell,
)
from torchscope.rnn.highway import HighwayWrapper
from torchscope.rnn.independent import IndRNNCell, IndyGRUCell, IndyLSTMCell
from torchscope.rnn.lstm import BasicLSTMCell, LSTMCell
from torchscope.rnn.normalized import LayerNormBasicLSTMCell, LayerNormLSTMCell, WeightNormLSTMCell
from torchscope.rnn.phased import PhasedLSTMCell
from torchscope.rnn.projections import (
    EmbeddingWrapper,
    InputProjectionWrapper,
    OutputProjectionWrapper,
)
from torchscope.rnn.raw import raw_rnn
from torchscope.rnn.running import (
    bidirectional_dynamic_rnn,
    dynamic_rnn,
    static_bidirectional_rnn,
    static_rnn,
)
from torchscope.rnn.saving import static_state_saving_rnn
from torchscope.rnn.stacking import stack_bidirectional_dynamic_rnn, stack_bidirectional_rnn
from torchscope.rnn.whole_sequences import (
    FusedRNNCell,
    FusedRNNCellAdaptor,
    LSTMBlockFusedCell,
    LSTMBlockWrapper,
    TimeReversedFusedRNN,
)
from torchscope.rnn.wrappers import (
    CompiledWrapper,
    DeviceWrapper,
    DropoutWrapper,
    MultiRNNCell,
    ResidualWrapper,
)

__all__ = [
    "AttentionCellWrapper",
    "BasicLSTMCell",
    "BasicRNNCell",
    "BidirectionalGridLSTMCell",
    "CFNCell",
    "CompiledWrapper",
    "Conv1DLSTMCell",
    "Conv2DLSTMCell",
    "Conv3DLSTMCell",
    "ConvLSTMCell",
    "CoupledInputForgetGateLSTMCell",
    "CudnnCompatibleGRUCell",
    "CudnnCompatibleLSTMCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "EmbeddingWrapper",
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "GLSTMCell",
    "GRUBlockCell",
    "GRUBlockCellV2",
    "GRUCell",
    "GridLSTMCell",
    "HighwayWrapper",
    "IndRNNCell",
    "IndyGRUCell",
    "IndyLSTMCell",
    "InputProjectionWrapper",
    "IntersectionRNNCell",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMBlockWrapper",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerNormBasicLSTMCell",
    "LayerNormLSTMCell",
    "MinimalRNNCell",
    "MultiRNNCell",
    "NASCell",
    "OutputProjectionWrapper",
    "PhasedLSTMCell",
    "RNNCell",
    "ResidualWrapper",
    "SRUCell",
    "TimeFreqLSTMCell",
    "TimeReversedFusedRNN",
    "UGRNNCell",
    "WeightNormLSTMCell",
    "best_effort_input_batch_size",
    "bidirectional_dynamic_rnn",
    "dynamic_rnn",
    "raw_rnn",
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
    "transpose_batch_time",
]


def __dir__() -> list[str]:
    return __all__
