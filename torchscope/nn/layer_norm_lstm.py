"""An LSTM whose gates and memory are normalized over the units, over all steps: one operation (see `gru.py`)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope.nn.recurrence import (
    before,
    differentiate,
    gradients_without_values,
    inputs_gradient,
    kernel_gradient,
    products,
)


def step_by_step(
    inputs: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    gains: Tensor,
    shifts: Tensor,
    masks: Tensor | None,
    forget_bias: float,
    epsilon: float,
) -> tuple[Tensor, Tensor]:
    """The loop: the memories and the outputs, both (T, B, N).

    Args:
        inputs: (T, B, D).
        c: the memory at first, (B, N).
        h: the output at first, (B, N).
        kernel: (D + N, 4 N), with the gates in the order i, j, f, o.
        gains: of these gates, and of c, (5, N).
        shifts: the same.
        masks: what the new inputs are multiplied by, (T, B, N); or None.
        forget_bias: what is added to the forget gate.
        epsilon: is added to variances.
    """
    units = c.shape[1:]
    memories, outputs = [], []
    for time, given in enumerate(inputs.unbind()):
        gates = (torch.cat([given, h], 1) @ kernel).view(-1, 4, *units)
        gates = F.layer_norm(gates, units, None, None, epsilon) * gains[:4] + shifts[:4]
        i, j, f, o = gates.unbind(1)
        new = j.tanh() if masks is None else j.tanh() * masks[time]
        c = c * (f + forget_bias).sigmoid() + i.sigmoid() * new
        c = F.layer_norm(c, units, gains[4], shifts[4], epsilon)
        h = c.tanh() * o.sigmoid()
        memories.append(c)
        outputs.append(h)
    return torch.stack(memories), torch.stack(outputs)


@torch.library.custom_op("torchscope::layer_norm_lstm", mutates_args=())
def over_time(
    inputs: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    gains: Tensor,
    shifts: Tensor,
    masks: Tensor | None,
    forget_bias: float,
    epsilon: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The operation: the memories and the outputs, and what its gradient needs.

    That is the gates, what was normalized (the gates' and the memories' inputs), and the means and the
    inverse deviations of both. The arguments are those of `step_by_step`.
    """
    (steps, batch, depth), units = inputs.shape, c.shape[1]
    given = products(inputs, kernel, kernel.new_zeros(4 * units))
    recurrent = kernel[depth:]
    scale, shift = gains[:4], shifts[:4].clone()
    shift[2] += forget_bias
    gates = given.new_empty(steps, batch, 4, units)
    unscaled, memories, outputs = (given.new_empty(steps, batch, units) for _ in range(3))
    bent = torch.empty_like(memories[0])
    lists = [given, given.view(gates.shape), gates, gates[:, :, ::2], *gates.unbind(2)]
    lists += [unscaled, memories, outputs]
    drops = [None] * steps if masks is None else masks.unbind()
    statistics = []
    for flat, apart, all_, i_and_f, i, j, f, o, new_c, memory, output, drop in zip(
        *(each.unbind() for each in lists), drops, strict=True
    ):
        flat.addmm_(h, recurrent)
        normal, *of_gates = torch.native_layer_norm(apart, (units,), None, None, epsilon)
        torch.addcmul(shift, normal, scale, out=all_)
        i_and_f.sigmoid_()
        j.tanh_()
        torch.mul(f, c, out=new_c).addcmul_(i, j if drop is None else j * drop)
        normal, *of_c = torch.native_layer_norm(new_c, (units,), None, None, epsilon)
        c = torch.addcmul(shifts[4], normal, gains[4], out=memory)
        h = torch.mul(o.sigmoid_(), torch.tanh(c, out=bent), out=output)
        statistics.append((*of_gates, *of_c))
    each = [torch.stack(of_steps) for of_steps in zip(*statistics, strict=True)]
    # The kernel of the gradient reads each step's as one piece of memory.
    return memories, outputs, gates, given, unscaled, torch.stack(each[:2]), torch.stack(each[2:])


@over_time.register_fake
def _(inputs: Tensor, c: Tensor, *_: Any) -> tuple[Tensor, ...]:
    (steps, batch), units = inputs.shape[:2], c.shape[1]
    shapes: list[tuple[int, ...]] = [(units,), (units,), (4, units), (4 * units,), (units,)]
    kept = (c.new_empty(2, steps, batch, *shape) for shape in ((4, 1), (1,)))
    return *(c.new_empty(steps, batch, *shape) for shape in shapes), *kept


@torch.library.custom_op("torchscope::layer_norm_lstm_backward", mutates_args=())
def _backward(
    of_memories: Tensor,
    of_outputs: Tensor,
    memories: Tensor,
    outputs: Tensor,
    gates: Tensor,
    given: Tensor,
    unscaled: Tensor,
    statistics: Tensor,
    c_statistics: Tensor,
    inputs: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    gains: Tensor,
    shifts: Tensor,
    masks: Tensor | None,
    forget_bias: float,
    epsilon: float,
    of_inputs: bool,
) -> list[Tensor]:
    """The gradients of the tensors that `over_time` takes, in that order; of the inputs only if it is said."""
    units, depth = c.shape[1], inputs.shape[2]
    i, j, f, o = gates.unbind(2)
    cs, hs, bent = before(c, memories), before(h, outputs), memories.tanh()
    dropped = i if masks is None else i * masks
    # How the new memory follows from its gates, and the output from o and from c.
    into = torch.stack([dropped * (1 - i) * j, dropped * (1 - j.square()), f * (1 - f) * cs], 2)
    into_o, into_c = outputs * (1 - o), o * (1 - bent.square())
    # What reaches the state at first, and then that of each step.
    reaching_c, reaching_h = (
        torch.cat([torch.zeros_like(first).unsqueeze(0), gradient])
        for first, gradient in ((c, of_memories), (h, of_outputs))
    )
    wanted = torch.empty_like(gates)
    apart, back = given.view(gates.shape), kernel[depth:].t()
    normalize = torch.ops.aten.native_layer_norm_backward
    alone = [True, False, False]
    (means, deviations), (c_mean, c_deviation) = statistics, c_statistics
    lists = [reaching_c[:-1], reaching_c[1:], reaching_h[:-1], reaching_h[1:], f, into, into_o]
    lists += [into_c, wanted, wanted[:, :, :3], wanted[:, :, 3], apart, means, deviations]
    lists += [unscaled, c_mean, c_deviation]
    found = []
    scale, c_scale = gains[:4], gains[4]
    for of_step in zip(*(reversed(each.unbind()) for each in lists), strict=True):
        c_before, dc, h_before, dh, f_, into_, into_o_, into_c_, all_, three, last = of_step[:11]
        x, mean, deviation, c_, mean_c, deviation_c = of_step[11:]
        torch.mul(dh, into_o_, out=last)
        dc.addcmul_(dh, into_c_)
        new = normalize(dc, c_, (units,), mean_c, deviation_c, c_scale, None, alone)[0]
        torch.mul(new.unsqueeze(1), into_, out=three)
        c_before.addcmul_(new, f_)
        of_x = normalize(all_ * scale, x, (units,), mean, deviation, None, None, alone)[0]
        found.append(of_x.flatten(1))
        h_before.addmm_(found[-1], back)
    of_products = torch.stack(found[::-1])
    normal = (apart - means) * deviations
    normal_c = (unscaled - c_mean) * c_deviation
    of_c = reaching_c[1:]
    result = [
        inputs_gradient(inputs, (kernel, of_products)) if of_inputs else inputs.new_empty(0),
        reaching_c[0].clone(),
        reaching_h[0].clone(),
        kernel_gradient(inputs, hs, of_products),
        torch.cat([(wanted * normal).sum((0, 1)), (of_c * normal_c).sum((0, 1)).unsqueeze(0)]),
        torch.cat([wanted.sum((0, 1)), of_c.sum((0, 1)).unsqueeze(0)]),
    ]
    if masks is not None:
        # Nobody asks for it: they are drawn.
        result.append(torch.zeros_like(masks))
    return result


@_backward.register_fake
def _(
    of_memories: Tensor,
    of_outputs: Tensor,
    memories: Tensor,
    outputs: Tensor,
    gates: Tensor,
    given: Tensor,
    unscaled: Tensor,
    statistics: Tensor,
    c_statistics: Tensor,
    *of: Any,
) -> list[Tensor]:
    return list(gradients_without_values(*of))


differentiate(over_time, _backward, step_by_step, 2)
