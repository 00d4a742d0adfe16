"""Moving averages of tensors that a variable keeps (tensorflow.python.training.moving_averages)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchscope import passes
from torchscope.collections import global_variables
from torchscope.getters import get_variable
from torchscope.initializers import Zeros
from torchscope.name_scopes import name_scope
from torchscope.operation import Operation
from torchscope.scopes import variable_scope


def assign_moving_average(
    variable: Any,
    value: Any,
    decay: Any,
    zero_debias: bool = True,
    name: str | None = None,
) -> Operation:
    """An operation that moves a variable towards a value, by ``1 - decay`` of the difference.

    >>> import torchscope as ts
    >>> mean = ts.get_variable("mean", initializer=[0.0, 0.0], trainable=False)
    >>> update = assign_moving_average(mean, torch.tensor([1.0, 2.0]), 0.9, zero_debias=False)
    >>> update.run()
    >>> mean.tolist()
    [0.10000000149011612, 0.20000000298023224]

    An average that begins at 0 is too small at first. So by default one that begins at 0 is kept beside
    it, with the number of updates, and the variable gets what follows of them; in variables that are made
    under the variable's full name within the current scope:

    >>> _ = assign_moving_average(mean, torch.tensor([1.0, 2.0]), 0.9)
    >>> [v.op.name for v in ts.global_variables()]
    ['mean', 'mean/biased', 'mean/local_step']

    Args:
        variable: the variable. It is written to when the operation is run.
        value: a tensor of its shape, or what makes one. No gradient flows through it.
        decay: a number or a tensor of one, from 0 to 1.
        zero_debias: see above.
        name: the operation's name; 'AssignMovingAvg' by default. The pass makes it unique.
    """
    with name_scope(name, "AssignMovingAvg") as scope:
        like = variable._like(value).detach()
        kept: tuple[Any, Any] | None = None
        if zero_debias:
            with variable_scope(variable.op.name):
                kept = _beside(variable)
    if isinstance(decay, Tensor):
        decay = decay.detach().to(variable.dtype)

    def update() -> None:
        with torch.no_grad():
            rate = torch.as_tensor(1.0 - decay, dtype=like.dtype, device=like.device)
            if kept is None:
                variable.assign_sub((variable - like) * rate)
                return
            biased, step = kept
            biased.assign_sub((biased - like) * rate)
            step.assign_add(torch.ones_like(step))
            variable.assign(biased / (1 - (1.0 - rate) ** step.to(rate.dtype)))

    return Operation.named(scope, "AssignMovingAvg", update, "Assign" if kept else "AssignSub")


def _beside(variable: Any) -> tuple[Any, Any]:
    """The average that begins at 0, and the number of updates, under names that are free here."""
    biased = get_variable(
        _free("biased"),
        shape=list(variable.shape),
        dtype=variable.dtype,
        initializer=Zeros(),
        trainable=False,
    )
    return biased, get_variable(_free("local_step"), shape=[], initializer=Zeros(), trainable=False)


def _free(name: str) -> str:
    """The name, or name_1 and so on where the scope has a variable of that name, unless it reuses."""
    scope = passes.current().scope
    if scope.reuse:
        return name
    taken = {each.op.name for each in global_variables(scope.name)}
    free, number = name, 0
    while f"{scope.name}/{free}" in taken:
        number += 1
        free = f"{name}_{number}"
    return free
