"""TF1's gated recurrent unit over all steps: a loop that anything can look into, and one operation.

The state is reset before its product, so PyTorch's kernels, and cuDNN's, compute something else. The
operation writes into memory that is there, in six kernels a step, and nothing is recorded of its steps:
the gradients of the weights are one product each, over all steps. It has an activation of tanh.
"""

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

Given = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""The state, (B, N), and the kernels, each with its bias: (D + N, 2 N) of the gates, (D + N, N) of the candidate."""


def step(
    x: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
    activation: Callable[..., Any],
) -> Tensor:
    """One step, of (B, D): see `step_by_step`."""
    gates = torch.addmm(gate_bias, torch.cat([x, h], 1), gate_kernel)
    reset, update = gates.sigmoid().chunk(2, 1)
    joined = torch.cat([x, reset * h], 1)
    candidate = activation(torch.addmm(candidate_bias, joined, candidate_kernel))
    output: Tensor = update * h + (1 - update) * candidate
    return output


def step_by_step(
    inputs: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
    activation: Callable[..., Any] = torch.tanh,
    past: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The loop: the outputs, (T, B, N), and the last state.

    Args:
        inputs: (T, B, D).
        h: the state at first, (B, N).
        gate_kernel: (D + N, 2 N), reset and update.
        gate_bias: (2 N,).
        candidate_kernel: (D + N, N).
        candidate_bias: (N,).
        activation: that of the candidate.
        past: (T, B), True where a sequence has ended; or None.
    """
    depth, units = inputs.shape[2], h.shape[1]
    # What the inputs give is one product for all steps.
    kernels = torch.cat([gate_kernel[:depth], candidate_kernel[:depth]], 1)
    biases = torch.cat([gate_bias, candidate_bias])
    gates_of_state, candidate_of_state = gate_kernel[depth:], candidate_kernel[depth:]
    outputs = []
    for time, given in enumerate((inputs @ kernels + biases).unbind()):
        of_gates, of_candidate = torch.split(given, [2 * units, units], 1)
        reset, update = torch.addmm(of_gates, h, gates_of_state).sigmoid().chunk(2, 1)
        candidate = activation(torch.addmm(of_candidate, reset * h, candidate_of_state))
        output = update * h + (1 - update) * candidate
        h = held(past, time, h, output)
        outputs.append(output)
    return torch.stack(outputs), h


@torch.library.custom_op("torchscope::gru", mutates_args=())
def over_time(
    inputs: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """The operation: the outputs, and for its gradient the gates and the candidates of all steps.

    The arguments are those of `step_by_step`.
    """
    depth, units = inputs.shape[2], h.shape[1]
    gates = products(inputs, gate_kernel, gate_bias)
    candidates = products(inputs, candidate_kernel, candidate_bias)
    outputs = torch.empty_like(candidates)
    gates_of_state, candidate_of_state = gate_kernel[depth:], candidate_kernel[depth:]
    reset_state = torch.empty_like(h, memory_format=torch.contiguous_format)
    lists = gates, *torch.split(gates, units, 2), candidates, outputs
    for both, reset, update, candidate, output in zip(
        *(each.unbind() for each in lists), strict=True
    ):
        both.addmm_(h, gates_of_state).sigmoid_()
        torch.mul(reset, h, out=reset_state)
        candidate.addmm_(reset_state, candidate_of_state).tanh_()
        h = torch.lerp(candidate, h, update, out=output)
    return outputs, gates, candidates


@over_time.register_fake
def _(inputs: Tensor, h: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    steps, (batch, units) = inputs.shape[0], h.shape
    outputs, candidates = (h.new_empty(steps, batch, units) for _ in range(2))
    return outputs, h.new_empty(steps, batch, 2 * units), candidates


@torch.library.custom_op("torchscope::gru_backward", mutates_args=())
def _backward(
    gradient: Tensor,
    outputs: Tensor,
    gates: Tensor,
    candidates: Tensor,
    inputs: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
    of_inputs: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The gradients of what `over_time` takes, in that order; of the inputs only if it is said."""
    (steps, batch, units), depth = outputs.shape, inputs.shape[2]
    states = before(h, outputs)
    reset, update = torch.split(gates, units, 2)
    reset_states = reset * states
    # How the update and the candidate follow from the output, and the reset from its product.
    into = torch.stack(
        [(states - candidates) * update * (1 - update), (1 - update) * (1 - candidates.square())],
        2,
    )
    into_reset = reset_states * (1 - reset)
    # Of the reset, the update and the candidate.
    found = gates.new_empty(steps, batch, 3, units)
    of_gates, of_candidates = torch.split(found.flatten(2), [2 * units, units], 2)
    # What reaches the state at first, and then each output.
    reaching = torch.cat([torch.zeros_like(h).unsqueeze(0), gradient])
    product = torch.empty_like(reaching[0])
    gates_back, candidate_back = gate_kernel[depth:].t(), candidate_kernel[depth:].t()
    lists = [found[:, :, 1:], of_candidates, found[:, :, 0], of_gates, into, into_reset]
    lists += [update, reset, reaching[:-1], reaching[1:].unsqueeze(2)]
    for of_both, of_candidate, of_reset, of_gate, i, i_reset, u, r, earlier, later in zip(
        *(reversed(each.unbind()) for each in lists), strict=True
    ):
        torch.mul(later, i, out=of_both)
        torch.mm(of_candidate, candidate_back, out=product)
        torch.mul(product, i_reset, out=of_reset)
        earlier.addcmul_(later.squeeze(1), u).addcmul_(product, r).addmm_(of_gate, gates_back)
    given = inputs.new_empty(0)
    if of_inputs:
        given = inputs_gradient(inputs, (gate_kernel, of_gates), (candidate_kernel, of_candidates))
    return (
        given,
        reaching[0].clone(),
        kernel_gradient(inputs, states, of_gates),
        of_gates.sum((0, 1)),
        kernel_gradient(inputs, reset_states, of_candidates),
        of_candidates.sum((0, 1)),
    )


@_backward.register_fake
def _(
    gradient: Tensor, outputs: Tensor, gates: Tensor, candidates: Tensor, *of: Any
) -> tuple[Tensor, ...]:
    return gradients_without_values(*of)


differentiate(over_time, _backward, lambda *given: step_by_step(*given)[:1], 1)
