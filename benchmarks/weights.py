"""The same weights on both sides: what TF1's layers keep, in the modules of a hand-written net."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

import torch
from torch import Tensor, nn

from torchscope import ScopedParameterRegistry

_NORMS = (nn.BatchNorm2d, nn.LayerNorm)
_LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
# What TF1's layers call their variables, and where a hand-written layer has the same.
_PLACES = {
    "weights": (_LAYERS, "weight"),
    "kernel": (_LAYERS, "weight"),
    "biases": (_LAYERS, "bias"),
    "bias": (_LAYERS, "bias"),
    "gamma": (_NORMS, "weight"),
    "beta": (_NORMS, "bias"),
    "moving_mean": (_NORMS, "running_mean"),
    "moving_variance": (_NORMS, "running_var"),
}


@torch.no_grad()
def give_weights(scopes: ScopedParameterRegistry, theirs: nn.Module) -> None:
    """Draws what is all zeros or ones at first, and gives the other side what there is.

    Args:
        scopes: the registry of our net, which has run.
        theirs: the other net. Its layers are in the order in which they run.
    """
    waiting: dict[Any, deque[Tensor]] = defaultdict(deque)
    for full_name, variable in scopes.variables.items():
        name = full_name.rpartition("/")[2]
        place = _PLACES[name]
        if place[0] is _NORMS:
            (nn.init.uniform_ if name == "moving_variance" else nn.init.normal_)(variable, 0.5, 1.0)
        waiting[place].append(variable)
    for layer in theirs.modules():
        if isinstance(layer, nn.LSTM):
            kernel, bias = (waiting[_PLACES[name]].popleft() for name in ("kernel", "bias"))
            _give_gates(kernel, bias, layer)
        for place in set(_PLACES.values()):
            tensor = getattr(layer, place[1], None)
            if isinstance(layer, place[0]) and tensor is not None:
                variable = waiting[place].popleft()
                tensor.copy_(variable.permute(*_order(variable)))
    left = [place for place, variables in waiting.items() if variables]
    assert not left, f"The other side has no place for {left}."


def _give_gates(kernel: Tensor, bias: Tensor, lstm: nn.LSTM) -> None:
    """TF1's gates are i, j, f, o, and 1 is added to f; PyTorch's are i, f, g, o."""
    i, j, f, o = torch.cat([kernel, bias.unsqueeze(0)]).t().chunk(4)
    f = f.clone()
    f[:, -1] += 1
    rows = torch.cat([i, f, j, o])
    depth = lstm.input_size
    lstm.weight_ih_l0.copy_(rows[:, :depth])
    lstm.weight_hh_l0.copy_(rows[:, depth:-1])
    lstm.bias_ih_l0.copy_(rows[:, -1])
    lstm.bias_hh_l0.zero_()


def _order(variable: Tensor) -> tuple[int, ...]:
    """TF1's kernels are (spatial axes, in, out), PyTorch's weights (out, in, spatial axes)."""
    return {4: (3, 2, 0, 1), 2: (1, 0)}.get(variable.ndim, tuple(range(variable.ndim)))
