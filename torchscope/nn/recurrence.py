"""What operations share that run a cell over all steps (`gru.py`, `lstm_variants.py`).

A loop of PyTorch's operations records each of them, and finds the gradient of a weight step by step.
An operation of our own writes into memory that is there, and finds the gradient of a weight by one
product over all steps. In a graph, and to a compiler, it is one operation, however many steps there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from torchscope._core.values.conversion import chooses_dtypes


def fits(*tensors: Tensor | None) -> bool:
    """Whether an operation may run on these: all of one floating dtype, and nothing rewrites operations.

    Autocast chooses a dtype for each product, torch.func and forward gradients look into each
    operation, and a DTensor knows only PyTorch's own: all of them want the loop.
    """
    given = [each for each in tensors if each is not None]
    first = given[0]
    return (
        all(each.dtype is first.dtype for each in given)
        and first.dtype.is_floating_point
        and first.numel() > 0
        and not chooses_dtypes(first.device)
        and not torch._C._are_functorch_transforms_active()
        and forward_ad._current_level < 0
        and not any(map(is_traceable_wrapper_subclass, given))
    )


def held(past: Tensor | None, time: int, old: Tensor, new: Tensor) -> Tensor:
    """The new state, (B, N), or the old one where a sequence has ended, by (T, B)."""
    return new if past is None else torch.where(past[time].unsqueeze(1), old, new)


def lasts(past: Tensor | None, pairs: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Of each pair of a state at first, (B, N), and those of all steps: that of the last step that counts."""
    if past is None:
        return [states[-1] for _, states in pairs]
    count = (~past).sum(0).unsqueeze(1)
    at = (count - 1).clamp(min=0).unsqueeze(0)
    found = []
    for first, states in pairs:
        last = states.gather(0, at.expand(1, *first.shape)).squeeze(0)
        found.append(torch.where(count > 0, last, first))
    return found


def before(first: Tensor, states: Tensor) -> Tensor:
    """The states that the steps began with, (T, B, N)."""
    return torch.cat([first.unsqueeze(0), states[:-1]])


def products(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """What the inputs, (T, B, D), give by the first D rows of a kernel: new memory."""
    steps, batch, depth = inputs.shape
    flat = torch.addmm(bias, inputs.reshape(steps * batch, depth), kernel[:depth])
    return flat.view(steps, batch, kernel.shape[1])


def kernel_gradient(inputs: Tensor, states: Tensor, gradient: Tensor) -> Tensor:
    """That of a kernel, (D + N, G), of which (T, B, G) is that of its products."""
    depth, units, columns = inputs.shape[2], states.shape[2], gradient.shape[2]
    made = gradient.new_empty(depth + units, columns)
    flat = gradient.flatten(0, 1)
    torch.mm(inputs.flatten(0, 1).t(), flat, out=made[:depth])
    torch.mm(states.flatten(0, 1).t(), flat, out=made[depth:])
    return made


def inputs_gradient(inputs: Tensor, *of: tuple[Tensor, Tensor]) -> Tensor:
    """That of the inputs, by each of their kernels, and the gradient, (T, B, G), of its products."""
    steps, batch, depth = inputs.shape
    made = inputs.new_zeros(steps * batch, depth)
    for kernel, gradient in of:
        made.addmm_(gradient.flatten(0, 1), kernel[:depth].t())
    return made.view(steps, batch, depth)


def gradients_without_values(*given: Any) -> tuple[Tensor, ...]:
    """What a backward operation gives, for what compiles it: see `differentiate`."""
    *of, of_inputs = given
    inputs, *others = (each for each in of if isinstance(each, Tensor))
    first = inputs.new_empty(inputs.shape if of_inputs else 0)
    return first, *(each.new_empty(each.shape) for each in others)


def differentiate(
    operation: Any,
    backward: Callable[..., Any],
    loop: Callable[..., tuple[Tensor, ...]],
    count: int,
) -> None:
    """Gives an operation its gradient.

    Args:
        operation: gives what can be differentiated, and then what it keeps for the gradient.
        backward: gives the gradients of the tensors that the operation was given. Its arguments are the
            gradients of what can be differentiated, all results, what the operation was given, and
            whether the gradient of the inputs is wanted.
        loop: gives what can be differentiated, by operations whose gradients have gradients.
        count: how many results that are.
    """

    def save(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        output = (output,) if isinstance(output, Tensor) else output
        ctx.results = len(output)
        ctx.others = [None if isinstance(each, Tensor) else each for each in inputs]
        tensors = (each if isinstance(each, Tensor) else None for each in inputs)
        ctx.save_for_backward(*output, *tensors)

    def gradients(ctx: Any, *given: Tensor | None) -> tuple[Any, ...]:
        saved = ctx.saved_tensors
        results, tensors = saved[: ctx.results], saved[ctx.results :]
        inputs = [
            other if tensor is None else tensor
            for tensor, other in zip(tensors, ctx.others, strict=True)
        ]
        wanted = ctx.needs_input_grad
        if torch.is_grad_enabled():
            return _by_loop(loop, inputs, wanted, given)
        given = tuple(
            torch.zeros_like(like) if each is None else each
            for each, like in zip(given[:count], results, strict=False)
        )
        found = iter(backward(*given, *results, *inputs, wanted[0]))
        return tuple(None if tensor is None else next(found) for tensor in tensors)

    operation.register_autograd(gradients, setup_context=save)


def _by_loop(
    loop: Callable[..., tuple[Tensor, ...]],
    inputs: Sequence[Any],
    wanted: Sequence[bool],
    given: Sequence[Tensor | None],
) -> tuple[Tensor | None, ...]:
    """The gradients, which can be differentiated themselves."""
    which = [n for n, is_wanted in enumerate(wanted) if is_wanted]
    pairs = [
        (result, each)
        for result, each in zip(loop(*inputs), given, strict=False)
        if each is not None
    ]
    results, weights = zip(*pairs, strict=True)
    found = torch.autograd.grad(
        results, [inputs[n] for n in which], weights, create_graph=True, allow_unused=True
    )
    by_place = dict(zip(which, found, strict=True))
    return tuple(by_place.get(n) for n in range(len(inputs)))
