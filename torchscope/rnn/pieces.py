"""A variable that TF1's older cells ask for in pieces, each by a number of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.requests.get_variable import get_variable
from torchscope.rnn.cell import whole


def in_pieces(name: str, shape: list[int], dtype: torch.dtype, pieces: int) -> Tensor:
    """A variable of this shape, joined from pieces along its first axis: '<name>_0' and so on.

    >>> import torch, torchscope as ts
    >>> in_pieces("W", [5, 2], torch.float32, 2).shape
    torch.Size([5, 2])
    >>> [(v.name, tuple(v.shape)) for v in ts.global_variables()]
    [('W_0:0', (3, 2)), ('W_1:0', (2, 2))]

    Raises:
        ValueError: there are more pieces than rows.
    """
    if pieces > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={pieces}")
    size, longer = divmod(shape[0], pieces)
    made: list[Any] = [
        whole(get_variable(f"{name}_{n}", [size + (n < longer), *shape[1:]], dtype))
        for n in range(pieces)
    ]
    return made[0] if pieces == 1 else torch.cat(made)
