"""One step of an LSTM as the operation that TensorFlow's fused cells are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core.ops.arguments import as_tensor


class LSTMBlock(NamedTuple):
    """What the operation gives, each of shape (batch, units)."""

    i: Tensor
    cs: Tensor
    f: Tensor
    o: Tensor
    ci: Tensor
    co: Tensor
    h: Tensor


def lstm_block_cell(
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    forget_bias: float = 1.0,
    cell_clip: float = 3.0,
    use_peephole: bool = False,
    name: str | None = None,
) -> LSTMBlock:
    """One step of an LSTM with its gates (tf.raw_ops.LSTMBlockCell).

    >>> state, peep = torch.zeros(2, 3), torch.zeros(3)
    >>> w, b = torch.ones(7, 12), torch.zeros(12)
    >>> step = lstm_block_cell(torch.ones(2, 4), state, state, w, peep, peep, peep, b)
    >>> step.h.shape, step.cs[0, 0].item() < 1
    (torch.Size([2, 3]), True)

    The gradient knows nothing of `cell_clip`, as in TF1: it is that of the number before it is cut.

    Args:
        x: the input, (batch, inputs).
        cs_prev: the cell before, (batch, units).
        h_prev: the output before, (batch, units).
        w: (inputs + units, 4 * units): for the input gate, the new input, the forget gate, the output gate.
        wci: how the cell enters the input gate, (units,).
        wcf: how it enters the forget gate.
        wco: how it enters the output gate.
        b: the bias, (4 * units,).
        forget_bias: what is added to the forget gate.
        cell_clip: how large the cell may become; any size, where it is no more than 0.
        use_peephole: whether the cell enters the gates.
        name: accepted for TF1 code.
    """
    read = as_tensor(x)
    before = as_tensor(cs_prev, read)
    joined = torch.cat([read, as_tensor(h_prev, read)], 1)
    gates = torch.addmm(as_tensor(b, read), joined, as_tensor(w, read))
    of_i, of_f, of_o = (as_tensor(each, read) for each in (wci, wcf, wco))
    return of_gates(gates, before, of_i, of_f, of_o, forget_bias, cell_clip, use_peephole)


def of_gates(
    gates: Tensor,
    before: Tensor,
    wci: Tensor,
    wcf: Tensor,
    wco: Tensor,
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> LSTMBlock:
    """The same step, of what its product gives: (batch, 4 * units), with the bias."""
    entering, new, forget, leaving = gates.chunk(4, 1)
    if use_peephole:
        entering = entering + before * wci
        forget = forget + before * wcf
    i, ci, f = entering.sigmoid(), new.tanh(), (forget + forget_bias).sigmoid()
    cs = ci * i + before * f
    if cell_clip > 0:
        cut = cs.detach().clamp(-cell_clip, cell_clip)
        cs = cs + (cut - cs.detach())
    if use_peephole:
        leaving = leaving + cs * wco
    o, co = leaving.sigmoid(), cs.tanh()
    return LSTMBlock(i, cs, f, o, ci, co, co * o)
