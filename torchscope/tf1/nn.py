"""tf.nn: the functions of ts.nn, and what runs recurrent cells."""

from torchscope.nn import *  # noqa: F403 - all of them
from torchscope.rnn import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from torchscope.rnn import dynamic_rnn as dynamic_rnn
from torchscope.rnn import static_bidirectional_rnn as static_bidirectional_rnn
from torchscope.rnn import static_rnn as static_rnn
from torchscope.tf1 import rnn_cell as rnn_cell
from torchscope.tf1.missing import missing as _missing


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)
