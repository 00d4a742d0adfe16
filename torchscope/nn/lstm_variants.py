"""LSTMs that PyTorch's kernels do not know, over all steps: with peepholes, clipping and projections.

There is a loop that anything can look into, and one operation, as for the gated recurrent unit
(`gru.py`). The gates are in TF1's order i, j, f, o.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope.nn.recurrence import (
    before,
    differentiate,
    gradients_without_values,
    held,
    inputs_gradient,
    kernel_gradient,
    products,
)


class Options(NamedTuple):
    """What an LSTM may have.

    Attributes:
        peepholes: by what i, f and o see c, (3, N); or None.
        projection: from the units to the outputs, (N, P), or None; then P is N.
        forget_bias: what is added to the forget gate.
        cell_clip: the largest absolute value of c; or None.
        proj_clip: the largest absolute value of a projected output; or None.
        through_clip: whether the gradient of c knows nothing of its clipping.
    """

    peepholes: Tensor | None
    projection: Tensor | None
    forget_bias: float
    cell_clip: float | None
    proj_clip: float | None
    through_clip: bool

    def step(
        self, gates: Tensor, c: Tensor, activation: Callable[..., Any] = torch.tanh
    ) -> tuple[Tensor, Tensor]:
        """The next c and the next output, of what the kernel gives, (B, 4 N)."""
        peepholes, clip = self.peepholes, self.cell_clip
        i, j, f, o = gates.chunk(4, 1)
        f = f + self.forget_bias
        if peepholes is not None:
            i, f = i + peepholes[0] * c, f + peepholes[1] * c
        c = f.sigmoid() * c + i.sigmoid() * activation(j)
        if clip is not None:
            cut = c.clamp(-clip, clip)
            c = c + (cut - c).detach() if self.through_clip else cut
        if peepholes is not None:
            o = o + peepholes[2] * c
        h = o.sigmoid() * activation(c)
        if self.projection is not None:
            h = h @ self.projection
            if self.proj_clip is not None:
                h = h.clamp(-self.proj_clip, self.proj_clip)
        return c, h


def step_by_step(
    inputs: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    options: Options,
    activation: Callable[..., Any] = torch.tanh,
    past: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The loop: the memories, (T, B, N), the outputs, (T, B, P), and the last of both that count.

    Args:
        inputs: (T, B, D).
        c: the memory at first, (B, N).
        h: the output at first, (B, P).
        kernel: (D + P, 4 N).
        bias: (4 N,).
        options: what it has.
        activation: that of j, and of c.
        past: (T, B), True where a sequence has ended; or None.
    """
    depth = inputs.shape[2]
    recurrent = kernel[depth:]
    memories, outputs = [], []
    for time, given in enumerate((inputs @ kernel[:depth] + bias).unbind()):
        new_c, new_h = options.step(torch.addmm(given, h, recurrent), c, activation)
        memories.append(new_c)
        outputs.append(new_h)
        c, h = held(past, time, c, new_c), held(past, time, h, new_h)
    return torch.stack(memories), torch.stack(outputs), c, h


@torch.library.custom_op("torchscope::lstm_variant", mutates_args=())
def over_time(
    inputs: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    peepholes: Tensor | None,
    projection: Tensor | None,
    forget_bias: float,
    cell_clip: float | None,
    proj_clip: float | None,
    through_clip: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """The operation: the memories and the outputs, and for its gradient the gates of all steps.

    The arguments are those of `step_by_step`, and what `Options` has.
    """
    (steps, batch, depth), units = inputs.shape, c.shape[1]
    shifted = bias.clone()
    shifted[2 * units : 3 * units].add_(forget_bias)
    gates = products(inputs, kernel, shifted)
    recurrent = kernel[depth:]
    memories, outputs = (each.new_empty(steps, batch, each.shape[1]) for each in (c, h))
    bent = torch.empty_like(memories[0])
    apart = gates.view(steps, batch, 4, units)
    lists = gates, apart[:, :, ::2], *torch.split(gates, units, 2), memories, outputs
    for all_, i_and_f, i, j, f, o, memory, output in zip(
        *(each.unbind() for each in lists), strict=True
    ):
        all_.addmm_(h, recurrent)
        if peepholes is not None:
            i_and_f.addcmul_(peepholes[:2], c.unsqueeze(1))
        i_and_f.sigmoid_()
        c = torch.mul(f, c, out=memory).addcmul_(i, j.tanh_())
        if cell_clip is not None:
            c.clamp_(-cell_clip, cell_clip)
        if peepholes is not None:
            o.addcmul_(peepholes[2], c)
        torch.tanh(c, out=bent)
        if projection is None:
            h = torch.mul(o.sigmoid_(), bent, out=output)
        else:
            h = torch.mm(bent.mul_(o.sigmoid_()), projection, out=output)
            if proj_clip is not None:
                h.clamp_(-proj_clip, proj_clip)
    return memories, outputs, gates


@over_time.register_fake
def _(inputs: Tensor, c: Tensor, h: Tensor, kernel: Tensor, *_: Any) -> tuple[Tensor, ...]:
    columns = c.shape[1], h.shape[1], kernel.shape[1]
    return tuple(h.new_empty(*inputs.shape[:2], each) for each in columns)


@torch.library.custom_op("torchscope::lstm_variant_backward", mutates_args=())
def _backward(
    of_memories: Tensor,
    of_outputs: Tensor,
    memories: Tensor,
    outputs: Tensor,
    gates: Tensor,
    inputs: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    peepholes: Tensor | None,
    projection: Tensor | None,
    forget_bias: float,
    cell_clip: float | None,
    proj_clip: float | None,
    through_clip: bool,
    of_inputs: bool,
) -> list[Tensor]:
    """The gradients of the tensors that `over_time` takes, in that order; of the inputs only if it is said."""
    (steps, batch, units), depth = memories.shape, inputs.shape[2]
    i, j, f, o = torch.split(gates, units, 2)
    cs, hs = before(c, memories), before(h, outputs)
    bent = memories.tanh()
    unprojected = o * bent
    # How c follows from its gates, and the output from o and from c.
    into = torch.stack([i * (1 - i) * j, i * (1 - j.square()), f * (1 - f) * cs], 2)
    into_o, into_c = unprojected * (1 - o), o * (1 - bent.square())
    if cell_clip is not None and not through_clip:
        inside = (f * cs + i * j).abs() <= cell_clip
        into, f = into * inside.unsqueeze(2), f * inside
    # What reaches the state at first, and then that of each step.
    reaching_c, reaching_h = (
        torch.cat([torch.zeros_like(first).unsqueeze(0), gradient])
        for first, gradient in ((c, of_memories), (h, of_outputs))
    )
    counted = None
    if projection is not None and proj_clip is not None:
        counted = ((unprojected @ projection).abs() <= proj_clip).to(h.dtype).unbind()
    found = gates.new_empty(steps, batch, 4, units)
    back = kernel[depth:].t()
    lists = [reaching_c[:-1], reaching_c[1:], reaching_h[:-1], reaching_h[1:], f, into, into_o]
    lists += [into_c, found.flatten(2), found[:, :, :3], *found.unbind(2)]
    each_step = list(zip(*(each.unbind() for each in lists), strict=True))
    for time in range(steps - 1, -1, -1):
        c_before, dc, h_before, dh, f_, into_, into_o_, into_c_, all_, three, i_, _, f_gate, o_ = (
            each_step[time]
        )
        if counted is not None:
            dh.mul_(counted[time])
        if projection is not None:
            dh = dh @ projection.t()
        torch.mul(dh, into_o_, out=o_)
        dc.addcmul_(dh, into_c_)
        if peepholes is not None:
            dc.addcmul_(o_, peepholes[2])
        torch.mul(dc.unsqueeze(1), into_, out=three)
        c_before.addcmul_(dc, f_)
        if peepholes is not None:
            c_before.addcmul_(i_, peepholes[0]).addcmul_(f_gate, peepholes[1])
        h_before.addmm_(all_, back)
    of_gates = found.flatten(2)
    result = [
        inputs_gradient(inputs, (kernel, of_gates)) if of_inputs else inputs.new_empty(0),
        reaching_c[0].clone(),
        reaching_h[0].clone(),
        kernel_gradient(inputs, hs, of_gates),
        of_gates.sum((0, 1)),
    ]
    if peepholes is not None:
        seen = torch.stack([cs, cs, memories], 2)
        result.append((found[:, :, [0, 2, 3]] * seen).sum((0, 1)))
    if projection is not None:
        result.append(unprojected.flatten(0, 1).t() @ reaching_h[1:].flatten(0, 1))
    return result


@_backward.register_fake
def _(
    of_memories: Tensor,
    of_outputs: Tensor,
    memories: Tensor,
    outputs: Tensor,
    gates: Tensor,
    *of: Any,
) -> list[Tensor]:
    return list(gradients_without_values(*of))


def _again(*given: Any) -> tuple[Tensor, ...]:
    inputs, c, h, kernel, bias, *options = given
    return step_by_step(inputs, c, h, kernel, bias, Options(*options))[:2]


differentiate(over_time, _backward, _again, 2)
