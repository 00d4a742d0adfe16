"""PyTorch's kernel of an LSTM over all steps (oneDNN, cuDNN)."""

from __future__ import annotations

import torch
from torch import Tensor


def by_kernel(
    inputs: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The outputs, and the last h and c; gates in PyTorch's order i, f, g, o."""
    weights = [w_ih.contiguous(), w_hh.contiguous(), bias, torch.zeros_like(bias)]
    if inputs.is_cuda:
        # cuDNN wants them in one piece of memory.
        piece = torch.cat([each.view(-1) for each in weights])
        parts = torch.split(piece, [each.numel() for each in weights])
        weights = [part.view(each.shape) for part, each in zip(parts, weights, strict=True)]
    state = [h.unsqueeze(0).contiguous(), c.unsqueeze(0).contiguous()]
    train = torch.is_grad_enabled()
    outputs, last_h, last_c = torch.lstm(
        inputs.contiguous(), state, weights, True, 1, 0.0, train, False, False
    )
    # PyTorch before 2.13 gives shapes without values one axis more.
    return outputs, last_h.reshape(h.shape), last_c.reshape(c.shape)
