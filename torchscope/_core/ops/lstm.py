"""PyTorch's kernels of cells over all steps (oneDNN, cuDNN)."""

from __future__ import annotations

import torch
from torch import Tensor


def by_kernel(
    inputs: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The outputs, and the last h and c; gates in PyTorch's order i, f, g, o."""
    weights = _for_kernel(inputs, w_ih, w_hh, bias, torch.zeros_like(bias))
    state = [h.unsqueeze(0).contiguous(), c.unsqueeze(0).contiguous()]
    train = torch.is_grad_enabled()
    outputs, last_h, last_c = torch.lstm(
        inputs.contiguous(), state, weights, True, 1, 0.0, train, False, False
    )
    # PyTorch before 2.13 gives shapes without values one axis more.
    return outputs, last_h.reshape(h.shape), last_c.reshape(c.shape)


def gru_by_kernel(
    inputs: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """The outputs of PyTorch's gated recurrent unit; gates in its order reset, update, new."""
    weights = _for_kernel(inputs, w_ih, w_hh, b_ih, b_hh)
    state = h.unsqueeze(0).contiguous()
    train = torch.is_grad_enabled()
    outputs: Tensor = torch.gru(
        inputs.contiguous(), state, weights, True, 1, 0.0, train, False, False
    )[0]
    return outputs


def _for_kernel(inputs: Tensor, *given: Tensor) -> list[Tensor]:
    weights = [each.contiguous() for each in given]
    if not inputs.is_cuda:
        return weights
    # cuDNN wants them in one piece of memory.
    piece = torch.cat([each.view(-1) for each in weights])
    parts = torch.split(piece, [each.numel() for each in weights])
    return [part.view(each.shape) for part, each in zip(parts, weights, strict=True)]
