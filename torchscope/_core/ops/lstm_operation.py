"""PyTorch's kernel of an LSTM over all steps (`lstm.py`) as one operation.

torch.compile would take the kernel apart, into hundreds of steps, and in training on a CPU it fails over
it (PyTorch 2.13). So what is compiled has an operation of our own. The operation's gradient needs nothing
from the forward but the outputs: these are the hidden states that each step began with, so all gates are
computed again by one large product. What is left for the loop over time is what depends on the later
step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope._core.ops.lstm import by_kernel


@torch.library.custom_op("torchscope::lstm", mutates_args=())
def over_time(
    inputs: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`by_kernel`, as an operation."""
    with torch.no_grad():
        outputs, last_h, last_c = by_kernel(inputs, h, c, w_ih, w_hh, bias)
    # They are to be of another memory than the outputs.
    return outputs, last_h.clone(), last_c.clone()


@over_time.register_fake
def _(
    inputs: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    outputs = inputs.new_empty(inputs.shape[0], *h.shape)
    return outputs, inputs.new_empty(h.shape), inputs.new_empty(c.shape)


@torch.library.custom_op("torchscope::lstm_backward", mutates_args=())
def _backward(
    grad_outputs: Tensor,
    grad_h: Tensor,
    grad_c: Tensor,
    outputs: Tensor,
    inputs: Tensor,
    h: Tensor,
    c: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    bias: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The gradients of what `over_time` takes, in that order."""
    steps, batch, units = outputs.shape
    hs = torch.cat([h.unsqueeze(0), outputs[:-1]])
    gates = torch.addmm(bias, inputs.reshape(steps * batch, -1), w_ih.t())
    gates = gates.addmm_(hs.reshape(steps * batch, units), w_hh.t())
    gates = gates.view(steps, batch, 4, units)
    i, f, o = gates[:, :, 0].sigmoid(), gates[:, :, 1].sigmoid(), gates[:, :, 3].sigmoid()
    g = gates[:, :, 2].tanh()
    cs = outputs.new_empty(steps + 1, batch, units)
    cs[0] = c
    added = i * g
    for t in range(steps):
        torch.addcmul(added[t], f[t], cs[t], out=cs[t + 1])
    bent = cs[1:].tanh()
    # How c follows from h, and the gates' inputs i, f, g from c, and o from h.
    into_c = o * (1 - bent * bent)
    into_gates = torch.stack([added * (1 - i), cs[:-1] * f * (1 - f), i * (1 - g * g)], 2)
    into_o = bent * o * (1 - o)
    grad_gates = torch.empty_like(gates)
    dh, dc = grad_h.clone(), grad_c.clone()
    for t in range(steps - 1, -1, -1):
        dh = dh.add_(grad_outputs[t])
        dc = dc.addcmul_(dh, into_c[t])
        here = grad_gates[t]
        torch.mul(dc.unsqueeze(1), into_gates[t], out=here[:, :3])
        torch.mul(dh, into_o[t], out=here[:, 3])
        dc = dc.mul_(f[t])
        dh = torch.mm(here.view(batch, 4 * units), w_hh)
    flat = grad_gates.view(steps * batch, 4 * units)
    return (
        (flat @ w_ih).view(inputs.shape),
        dh,
        dc,
        flat.t() @ inputs.reshape(steps * batch, -1),
        flat.t() @ hs.view(steps * batch, units),
        flat.sum(0),
    )


@_backward.register_fake
def _(
    grad_outputs: Tensor, grad_h: Tensor, grad_c: Tensor, outputs: Tensor, *of: Tensor
) -> tuple[Tensor, ...]:
    return tuple(each.new_empty(each.shape) for each in of)


def _save(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(output[0], *inputs)


def _gradients(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor, ...]:
    outputs, inputs, h, c, *weights = ctx.saved_tensors
    given = [
        torch.zeros_like(like) if gradient is None else gradient
        for gradient, like in zip(gradients, (outputs, h, c), strict=True)
    ]
    result: tuple[Tensor, ...] = _backward(*given, outputs, inputs, h, c, *weights)
    return result


over_time.register_autograd(_gradients, setup_context=_save)
