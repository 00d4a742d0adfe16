"""LSTMs of a graph that is compiled: each over all its steps is one operation (`_core/ops/lstm_operation.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx

from torchscope._core.ops.lstm_operation import over_time


def keep_lstms_whole(graph: fx.Graph) -> None:
    """Has an operation of its own do what each LSTM of one layer and one direction does."""
    for node in graph.nodes:
        if node.target is torch.ops.aten.lstm.input and _is_plain(node):
            node.target = _whole


def _is_plain(node: fx.Node) -> bool:
    given: Any = node.args
    _, _, weights, has_biases, layers, _, _, bidirectional, batch_first = given
    tensors = [each.meta["val"] for each in node.all_input_nodes]
    dtypes = {each.dtype for each in tensors}
    return bool(
        has_biases
        and len(weights) == 4
        and (layers, bidirectional, batch_first) == (1, False, False)
        and len(dtypes) == 1
        and not torch.is_autocast_enabled(tensors[0].device.type)
    )


def _whole(
    inputs: Tensor, state: Sequence[Tensor], weights: Sequence[Tensor], *_: Any
) -> tuple[Tensor, Tensor, Tensor]:
    """What torch.lstm gives."""
    w_ih, w_hh, b_ih, b_hh = weights
    h, c = state
    outputs, last_h, last_c = over_time(inputs, h[0], c[0], w_ih, w_hh, b_ih + b_hh)
    return outputs, last_h.unsqueeze(0), last_c.unsqueeze(0)
