"""Activations in place: the result takes the memory of what nobody reads again.

PyTorch cannot tell that nobody will read a convolution's output again once its activation is
computed. In a graph that is known. Backward computes these activations' gradients from their results, so
that it misses nothing either.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import fx

aten = torch.ops.aten

_IN_PLACE = {
    aten.relu.default: aten.relu_.default,
    aten.leaky_relu.default: aten.leaky_relu_.default,
    aten.sigmoid.default: aten.sigmoid_.default,
    aten.tanh.default: aten.tanh_.default,
}
# They give memory of their own, and backward does not need what they gave.
_MAKES = {
    aten.add.Tensor,
    aten.batch_norm.default,
    aten.conv1d.default,
    aten.conv2d.default,
    aten.conv3d.default,
    aten.conv_transpose2d.input,
    aten.conv_transpose3d.input,
    aten.sub.Tensor,
}


def reuse_memory(graph: fx.Graph) -> None:
    """Has an activation write to its input, where it is the only reader."""
    for node in graph.nodes:
        target: Any = node.target
        if target not in _IN_PLACE or _falls(node):
            continue
        source = node.args[0]
        alone = len(source.users) == 1 and source.target in _MAKES
        if alone and source.meta["val"].dtype is node.meta["val"].dtype:
            node.target = _IN_PLACE[target]


def _falls(node: fx.Node) -> bool:
    """Whether a leaky_relu has a negative slope, whose gradient needs the input."""
    slopes: Any = node.args[1:]
    return node.target is aten.leaky_relu.default and any(slope < 0 for slope in slopes)
