"""tf.nn: the functions of ts.nn, and what runs recurrent cells."""

from torchscope import nn as _nn
from torchscope._core.ops.blocks import depth_to_space, space_to_batch, space_to_depth
from torchscope.nn import *  # noqa: F403 - all of them
from torchscope.nn import swish as silu
from torchscope.rnn import (
    bidirectional_dynamic_rnn,
    dynamic_rnn,
    raw_rnn,
    static_bidirectional_rnn,
    static_rnn,
    static_state_saving_rnn,
)
from torchscope.tf1 import rnn_cell
from torchscope.tf1.missing import missing as _missing

__all__ = [
    "bidirectional_dynamic_rnn",
    "depth_to_space",
    "dynamic_rnn",
    "raw_rnn",
    "rnn_cell",
    "silu",
    "space_to_batch",
    "space_to_depth",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
]
__all__ += _nn.__all__


def __getattr__(name: str) -> object:
    raise _missing(__name__, name)


def __dir__() -> list[str]:
    return __all__
