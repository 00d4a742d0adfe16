"""A plain LSTM over all steps at once, by PyTorch's own kernels (oneDNN, cuDNN)."""

from __future__ import annotations

import torch
from torch import Tensor

from torchscope._core.ops.lstm import by_kernel
from torchscope.nn import layouts

# What makes a gate's sigmoid exactly 0 or 1, whatever else is added; half precision has less room.
_LARGE, _LARGE_IN_HALF = 1e6, 3e4

# How a kernel lies in memory so that the gates are put in another order fastest: units, inputs.
_UNITS_FIRST = (1, 0)


def lstm(
    inputs: Tensor,
    kernel: Tensor,
    bias: Tensor,
    forget_bias: float,
    c: Tensor,
    h: Tensor,
    past: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Runs BasicLSTMCell's formula over all steps.

    Args:
        inputs: (T, B, D), with at least one step.
        kernel: TF1's, (D + N, 4 N), with the gates in the order i, j, f, o.
        bias: (4 N,).
        forget_bias: what is added to the forget gate.
        c: the state at first, (B, N).
        h: the output at first, (B, N).
        past: (T, B), True where a sequence has ended; or None.

    Returns:
        The outputs, (T, B, N), which mean nothing where `past`; and the last c and h, (B, N).
    """
    layouts.lay_out(kernel, _UNITS_FIRST)
    units = h.shape[1]
    # Of two by two gates, i j and f o, PyTorch's order i, f, j, o is the columns.
    from_inputs, from_outputs = (
        part.view(-1, 2, 2, units).permute(2, 1, 3, 0).reshape(4 * units, -1)
        for part in torch.split(kernel, [inputs.shape[2], units])
    )
    i, j, f, o = bias.chunk(4)
    bias = torch.cat([i, f + forget_bias, j, o])
    if past is not None:
        # The kernels know no lengths. A further input closes the input gate and opens the forget
        # gate of what has ended, so that c stays as it is, to the last bit.
        inputs = torch.cat([inputs, past.to(inputs.dtype).unsqueeze(2)], 2)
        large = _LARGE_IN_HALF if inputs.dtype is torch.float16 else _LARGE
        row = inputs.new_zeros(4, units)
        row[0], row[1] = -large, large
        from_inputs = torch.cat([from_inputs, row.reshape(4 * units, 1)], 1)
    outputs, last_h, last_c = by_kernel(inputs, h, c, from_inputs, from_outputs, bias)
    if past is not None:
        # The output of the last step that counts.
        lasts = (~past).sum(0)
        begun = lasts > 0
        at = (lasts - 1).clamp(min=0).reshape(1, -1, 1).expand(1, -1, h.shape[1])
        last_h = torch.where(begun.unsqueeze(1), outputs.gather(0, at).squeeze(0), h)
    return outputs, last_c, last_h
