"""tf.nn: the functions of ts.nn, and what runs recurrent cells."""

from torchscope.nn import *  # noqa: F403 - all of them
from torchscope.nn import swish as silu
from torchscope.ops.blocks import depth_to_space as depth_to_space
from torchscope.ops.blocks import space_to_batch as space_to_batch
from torchscope.ops.blocks import space_to_depth as space_to_depth
from torchscope.rnn import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from torchscope.rnn import dynamic_rnn as dynamic_rnn
from torchscope.rnn import raw_rnn as raw_rnn
from torchscope.rnn import static_bidirectional_rnn as static_bidirectional_rnn
from torchscope.rnn import static_rnn as static_rnn
from torchscope.rnn import static_state_saving_rnn as static_state_saving_rnn
from torchscope.tf1 import rnn_cell as rnn_cell
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
