"""Cells of recurrent nets that are one node, for a step or for all, and their gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope.graphs.operations.table import op
from torchscope.nn.lstm_block import lstm_block_cell, of_gates

_GATES = ("i", "cs", "f", "o", "ci", "co", "h")
_PEEPHOLES = ("wci_grad", "wcf_grad", "wco_grad")


@op("LSTMBlockCell", outputs=_GATES)
def _lstm_block_cell(
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    *,
    forget_bias: float = 1,
    cell_clip: float = 3,
    use_peephole: bool = False,
) -> Any:
    return lstm_block_cell(
        x, cs_prev, h_prev, w, wci, wcf, wco, b, forget_bias, cell_clip, use_peephole
    )


def _over_time(
    last: Any,
    x: Tensor,
    cs: Tensor,
    h: Tensor,
    w: Tensor,
    peepholes: tuple[Tensor, Tensor, Tensor],
    b: Tensor,
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Tensor, ...]:
    """All steps; of those from `last` on the cell and the output are zeros. Gradients go by these two, as in TensorFlow."""
    if len(x) == 0:
        return tuple(x.new_zeros(0, *h.shape) for _ in _GATES)
    steps = []
    depth = x.shape[2]
    of_state = w[depth:]
    # What the inputs give is one product for all steps.
    for given in (x @ w[:depth] + b).unbind():
        gates = torch.addmm(given, h, of_state)
        step = of_gates(gates, cs, *peepholes, forget_bias, cell_clip, use_peephole)
        cs, h = step.cs, step.h
        steps.append(step)
    i, cs, f, o, ci, co, h = map(torch.stack, zip(*steps, strict=True))
    counts = _counts(x, last)
    whole = [torch.where(counts, each, 0) for each in (cs, h)]
    return i.detach(), whole[0], f.detach(), o.detach(), ci.detach(), co.detach(), whole[1]


def _counts(x: Tensor, last: Any) -> Tensor:
    """Which steps count."""
    steps = torch.arange(len(x), device=x.device)[:, None, None]
    return steps < last  # type: ignore[no-any-return]


@op("BlockLSTM", outputs=_GATES)
def _block_lstm(
    seq_len_max: Any,
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    *,
    forget_bias: float = 1,
    cell_clip: float = 3,
    use_peephole: bool = False,
) -> Any:
    return _over_time(
        seq_len_max,
        x,
        cs_prev,
        h_prev,
        w,
        (wci, wcf, wco),
        b,
        forget_bias,
        cell_clip,
        use_peephole,
    )


def _exchanged(gates: Tensor) -> Tensor:
    """The gates in the order i, new input, f, o, of those in the order i, f, new input, o; or the other way."""
    i, second, third, o = gates.chunk(4, -1)
    return torch.cat([i, third, second, o], -1)


@op("BlockLSTMV2", outputs=_GATES)
def _block_lstm_v2(
    seq_len_max: Any,
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    *,
    cell_clip: float = 0,
    use_peephole: bool = False,
) -> Any:
    """Its gradient is its own. TensorFlow takes the gates for those of `BlockLSTM` there."""
    weights = _exchanged(w), (wci, wcf, wco), _exchanged(b)
    return _over_time(seq_len_max, x, cs_prev, h_prev, *weights, 0.0, cell_clip, use_peephole)


# Gradients


def _step_back(
    cs_prev: Tensor,
    gates: tuple[Tensor, ...],
    peepholes: tuple[Tensor, ...],
    cs_grad: Tensor,
    h_grad: Tensor,
    use_peephole: bool,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The gradients of the cell before, and of what enters i, the new input, f and o."""
    i, f, o, ci, co = gates
    of_o = o * (1 - o) * h_grad * co
    of_cs = (1 - co * co) * h_grad * o + cs_grad
    if use_peephole:
        of_cs = of_cs + of_o * peepholes[2]
    of_ci = (1 - ci * ci) * of_cs * i
    of_f = f * (1 - f) * of_cs * cs_prev
    of_i = i * (1 - i) * of_cs * ci
    before = of_cs * f
    if use_peephole:
        before = before + of_i * peepholes[0] + of_f * peepholes[1]
    return before, (of_i, of_ci, of_f, of_o)


def _of_peepholes(
    cs_prev: Tensor, cs: Tensor, gates: tuple[Tensor, ...], use_peephole: bool
) -> tuple[Tensor, ...]:
    of_i, _, of_f, of_o = gates
    if not use_peephole:
        return tuple(of_i.new_zeros(of_i.shape[-1]) for _ in range(3))
    over = list(range(of_i.ndim - 1))
    return (of_i * cs_prev).sum(over), (of_f * cs_prev).sum(over), (of_o * cs).sum(over)


@op("LSTMBlockCellGrad", outputs=("cs_prev_grad", "dicfo", *_PEEPHOLES))
def _lstm_block_cell_grad(
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    i: Any,
    cs: Any,
    f: Any,
    o: Any,
    ci: Any,
    co: Any,
    cs_grad: Any,
    h_grad: Any,
    *,
    use_peephole: bool,
) -> Any:
    before, gates = _step_back(
        cs_prev, (i, f, o, ci, co), (wci, wcf, wco), cs_grad, h_grad, use_peephole
    )
    return before, torch.cat(gates, 1), *_of_peepholes(cs_prev, cs, gates, use_peephole)


def _back_over_time(
    last: Any,
    x: Tensor,
    first: tuple[Tensor, Tensor],
    w: Tensor,
    peepholes: tuple[Tensor, ...],
    forward: dict[str, Tensor],
    cs_grad: Tensor,
    h_grad: Tensor,
    use_peephole: bool,
) -> tuple[Tensor, ...]:
    """The gradients of all that `_over_time` takes; of kernel and bias with the gates in its order."""
    cs_prev, h_prev = first
    if len(x) == 0:
        zeros = (torch.zeros_like(each) for each in (x, cs_prev, h_prev, w, *peepholes))
        return *zeros, w.new_zeros(w.shape[1])
    counts = _counts(x, last)
    cs_grad, h_grad = (torch.where(counts, each, 0) for each in (cs_grad, h_grad))
    # What was computed of steps that do not count may be anything.
    kept = {name: torch.where(counts, each, 0) for name, each in forward.items()}
    cells = torch.cat([cs_prev[None], kept["cs"][:-1]])
    outputs = torch.cat([h_prev[None], kept["h"][:-1]])
    each_step = [kept[name].unbind() for name in ("i", "f", "o", "ci", "co")]
    steps = list(zip(cells.unbind(), cs_grad.unbind(), h_grad.unbind(), *each_step, strict=True))
    of_cs, of_h = torch.zeros_like(cs_prev), torch.zeros_like(h_prev)
    found: list[tuple[Tensor, ...]] = []
    of_state = w[x.shape[2] :].t()
    for cell, of_cell, of_output, *gates in reversed(steps):
        of_cs, back = _step_back(
            cell, tuple(gates), peepholes, of_cell + of_cs, of_output + of_h, use_peephole
        )
        of_h = torch.cat(back, 1) @ of_state
        found.append(back)
    entering = tuple(torch.stack(each[::-1]) for each in zip(*found, strict=True))
    whole = torch.cat(entering, 2)
    of_w = torch.cat([x, outputs], 2).flatten(0, 1).t() @ whole.flatten(0, 1)
    of_peepholes = _of_peepholes(cells, kept["cs"], entering, use_peephole)
    of_x = whole @ w[: x.shape[2]].t()
    return of_x, of_cs, of_h, of_w, *of_peepholes, whole.sum((0, 1))


_OVER_TIME = ("x_grad", "cs_prev_grad", "h_prev_grad", "w_grad", *_PEEPHOLES, "b_grad")


@op("BlockLSTMGrad", outputs=_OVER_TIME)
def _block_lstm_grad(
    seq_len_max: Any,
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    i: Any,
    cs: Any,
    f: Any,
    o: Any,
    ci: Any,
    co: Any,
    h: Any,
    cs_grad: Any,
    h_grad: Any,
    *,
    use_peephole: bool,
) -> Any:
    forward = dict(zip(_GATES, (i, cs, f, o, ci, co, h), strict=True))
    return _back_over_time(
        seq_len_max,
        x,
        (cs_prev, h_prev),
        w,
        (wci, wcf, wco),
        forward,
        cs_grad,
        h_grad,
        use_peephole,
    )


@op("BlockLSTMGradV2", outputs=_OVER_TIME)
def _block_lstm_grad_v2(
    seq_len_max: Any,
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    wci: Any,
    wcf: Any,
    wco: Any,
    b: Any,
    i: Any,
    cs: Any,
    f: Any,
    o: Any,
    ci: Any,
    co: Any,
    h: Any,
    cs_grad: Any,
    h_grad: Any,
    *,
    use_peephole: bool,
) -> Any:
    forward = dict(zip(_GATES, (i, cs, f, o, ci, co, h), strict=True))
    of_x, of_cs, of_h, of_w, *of_peepholes, of_b = _back_over_time(
        seq_len_max,
        x,
        (cs_prev, h_prev),
        _exchanged(w),
        (wci, wcf, wco),
        forward,
        cs_grad,
        h_grad,
        use_peephole,
    )
    return of_x, of_cs, of_h, _exchanged(of_w), *of_peepholes, _exchanged(of_b)


# Gated recurrent units


@op("GRUBlockCell", outputs=("r", "u", "c", "h"))
def _gru_block_cell(x: Any, h_prev: Any, w_ru: Any, w_c: Any, b_ru: Any, b_c: Any) -> Any:
    r, u = torch.addmm(b_ru, torch.cat([x, h_prev], 1), w_ru).sigmoid().chunk(2, 1)
    c = torch.addmm(b_c, torch.cat([x, r * h_prev], 1), w_c).tanh()
    return r, u, c, u * h_prev + (1 - u) * c


@op("GRUBlockCellGrad", outputs=("d_x", "d_h_prev", "d_c_bar", "d_r_bar_u_bar"))
def _gru_block_cell_grad(
    x: Any,
    h_prev: Any,
    w_ru: Any,
    w_c: Any,
    b_ru: Any,
    b_c: Any,
    r: Any,
    u: Any,
    c: Any,
    d_h: Any,
) -> Any:
    depth = x.shape[1]
    of_c = d_h * (1 - u) * (1 - c * c)
    of_u = d_h * (h_prev - c) * u * (1 - u)
    back = of_c @ w_c.t()
    of_r = back[:, depth:] * h_prev * r * (1 - r)
    of_gates = torch.cat([of_r, of_u], 1)
    both = of_gates @ w_ru.t()
    of_h = back[:, depth:] * r + d_h * u + both[:, depth:]
    return back[:, :depth] + both[:, :depth], of_h, of_c, of_gates
