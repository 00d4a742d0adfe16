"""A cell of one's own, and what runs it over a sequence."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import assert_type

import torchscope as ts
import torchscope.tf1 as tf


class Sum(ts.rnn.RNNCell):
    """A cell whose state is a sum."""

    @property
    def state_size(self) -> int:
        """The size of the state."""
        return 3

    @property
    def output_size(self) -> int:
        """The size of the output."""
        return 3

    def call(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Computes one step."""
        state = state + inputs * ts.get_variable("w", [3])
        return state, state


def use(x: Tensor) -> Tensor:
    """Runs cells."""
    outputs, state = ts.rnn.dynamic_rnn(Sum(), x, dtype=torch.float32)
    assert_type(outputs, Tensor)
    assert_type(state, Tensor)
    outputs, last = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(4), x, dtype=tf.float32)
    assert_type(outputs, Tensor)
    steps, state = tf.nn.static_rnn(tf.nn.rnn_cell.GRUCell(4), x.unbind(1), dtype=tf.float32)
    assert_type(steps, list[Tensor])
    both, _ = tf.nn.bidirectional_dynamic_rnn(Sum(), Sum(), x, dtype=tf.float32)
    assert_type(both, tuple[Tensor, Tensor])
    stacked = ts.rnn.MultiRNNCell([ts.rnn.BasicLSTMCell(4), Sum()])
    top, _ = ts.rnn.dynamic_rnn(stacked, x, dtype=torch.float32)
    hidden: Tensor = top + last.h
    return outputs + state + hidden
