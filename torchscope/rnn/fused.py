"""A plain LSTM over all steps at once, by PyTorch's own kernels (oneDNN, cuDNN).

In a compiled graph it is an operation of its own, since torch.compile would take these kernels apart,
into hundreds of steps. The operation's gradient needs nothing from the forward but the outputs: these
are the hidden states that each step began with, so all gates are computed again by one large product.
What is left for the loop over time is what depends on the later step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope.conversion import chooses_dtypes
from torchscope.nn import layouts

# What makes a gate's sigmoid exactly 0 or 1, whatever else is added; half precision has less room.
_LARGE, _LARGE_IN_HALF = 1e6, 3e4

# How a kernel lies in memory so that the gates are put in another order fastest: units, inputs.
_UNITS_FIRST = (1, 0)


def fits(*tensors: Tensor) -> bool:
    """Whether `lstm` can run on these: all of one floating dtype, and nothing rewrites operations.

    Autocast chooses a dtype for each product, and torch.func looks into each operation: both want
    the loop.
    """
    first = tensors[0]
    return (
        all(each.dtype is first.dtype for each in tensors)
        and first.dtype.is_floating_point
        and first.numel() > 0
        and not chooses_dtypes(first.device)
        and (
            torch.compiler.is_dynamo_compiling() or not torch._C._are_functorch_transforms_active()
        )
    )


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
    run = _over_time if torch.compiler.is_dynamo_compiling() else _by_kernel
    outputs, last_h, last_c = run(inputs, h, c, from_inputs, from_outputs, bias)
    if past is not None:
        # The output of the last step that counts.
        lasts = (~past).sum(0)
        begun = lasts > 0
        at = (lasts - 1).clamp(min=0).reshape(1, -1, 1).expand(1, -1, h.shape[1])
        last_h = torch.where(begun.unsqueeze(1), outputs.gather(0, at).squeeze(0), h)
    return outputs, last_c, last_h


def _by_kernel(
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


@torch.library.custom_op("torchscope::lstm", mutates_args=())
def _over_time(
    inputs: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """`_by_kernel`, as an operation."""
    with torch.no_grad():
        outputs, last_h, last_c = _by_kernel(inputs, h, c, w_ih, w_hh, bias)
    # They are to be of another memory than the outputs.
    return outputs, last_h.clone(), last_c.clone()


@_over_time.register_fake
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
    """The gradients of what `_over_time` takes, in that order."""
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


_over_time.register_autograd(_gradients, setup_context=_save)
