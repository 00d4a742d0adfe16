"""TF1's basic recurrent unit over all steps: a loop that anything can look into, and one operation (see `gru.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def step_by_step(
    inputs: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    activation: Callable[..., Any] = torch.tanh,
    past: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The loop: the outputs, (T, B, N), and the last state.

    Args:
        inputs: (T, B, D).
        h: the state at first, (B, N).
        kernel: (D + N, N).
        bias: (N,).
        activation: gives the next state.
        past: (T, B), True where a sequence has ended; or None.
    """
    depth = inputs.shape[2]
    recurrent = kernel[depth:]
    outputs = []
    for time, given in enumerate((inputs @ kernel[:depth] + bias).unbind()):
        output = activation(torch.addmm(given, h, recurrent))
        h = held(past, time, h, output)
        outputs.append(output)
    return torch.stack(outputs), h


@torch.library.custom_op("torchscope::basic_rnn", mutates_args=())
def over_time(inputs: Tensor, h: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """The operation: the outputs. The arguments are those of `step_by_step`."""
    outputs, recurrent = products(inputs, kernel, bias), kernel[inputs.shape[2] :]
    for output in outputs.unbind():
        h = output.addmm_(h, recurrent).tanh_()
    return outputs


@over_time.register_fake
def _(inputs: Tensor, h: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    return h.new_empty(inputs.shape[0], *h.shape)


@torch.library.custom_op("torchscope::basic_rnn_backward", mutates_args=())
def _backward(
    gradient: Tensor,
    outputs: Tensor,
    inputs: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    of_inputs: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gradients of what `over_time` takes, in that order; of the inputs only if it is said."""
    back, into = kernel[inputs.shape[2] :].t(), 1 - outputs.square()
    # What reaches the state at first, and then each output; and from there its product.
    reaching = torch.cat([torch.zeros_like(h).unsqueeze(0), gradient])
    lists = reaching[:-1], reaching[1:], into
    for earlier, later, i in zip(*(reversed(each.unbind()) for each in lists), strict=True):
        earlier.addmm_(later.mul_(i), back)
    found = reaching[1:]
    return (
        inputs_gradient(inputs, (kernel, found)) if of_inputs else inputs.new_empty(0),
        reaching[0].clone(),
        kernel_gradient(inputs, before(h, outputs), found),
        found.sum((0, 1)),
    )


@_backward.register_fake
def _(gradient: Tensor, outputs: Tensor, *of: Any) -> tuple[Tensor, ...]:
    return gradients_without_values(*of)


differentiate(over_time, _backward, lambda *given: step_by_step(*given)[:1], 1)
