"""Moving averages of tensors that a variable keeps (tensorflow.python.training.moving_averages)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import global_variables
from torchscope._core.initializers.determined import Zeros
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.operations.operation import Operation
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.saved_tensors import before_assignment
from torchscope._core.values.arithmetic import Number, move_towards
from torchscope._core.values.conversion import dtype_name


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

    Raises:
        TypeError: the variable is of integers, which TF1 never moves.
        ValueError: the shapes differ.
    """
    if not variable.dtype.is_floating_point:
        raise TypeError(
            f"{variable.name} is of {dtype_name(variable.dtype)}, which no average can follow: 1 - decay "
            "of a difference is no integer. Keep the average in a variable of floats."
        )
    with name_scope(name, "AssignMovingAvg") as scope:
        like = variable._like(value).detach()
        kept = beside(variable) if zero_debias else None
    if isinstance(decay, Tensor):
        decay = decay.detach().to(variable.dtype)

    def update() -> None:
        rate = 1.0 - decay
        if kept is None:
            move([(variable, like)], rate)
        else:
            move_debiased(variable, kept, like, rate)

    type = "Assign" if kept else "AssignSub"
    return Operation.named(scope, "AssignMovingAvg", update, type, [variable, *(kept or ())])


def weighted_moving_average(
    value: Any,
    decay: Any,
    weight: Any,
    truediv: bool = True,
    collections: Any = None,
    name: str | None = None,
) -> Tensor:
    """The average of values that count by their weights, moved towards the present one.

    It is the moving average of ``value * weight``, divided by that of `weight`. Both are variables that
    begin with zeros, and move at once: TF1 moves them whenever the result is computed.

    >>> import torchscope as ts
    >>> weighted_moving_average(torch.tensor([2.0, 4.0]), 0.5, torch.tensor(3.0))
    tensor([2., 4.])
    >>> [v.name for v in ts.global_variables()]
    ['WeightedMovingAvg/value_x_weight:0', 'WeightedMovingAvg/weight:0']

    Args:
        value: a tensor of floats.
        decay: a number or a tensor of one, from 0 to 1.
        weight: a tensor that multiplies `value`.
        truediv: whether integers give floats.
        collections: the collections that the two variables join, [GLOBAL_VARIABLES] by default.
        name: the scope of the variables; 'WeightedMovingAvg' by default, made unique.

    Raises:
        ValueError: the shapes do not fit.
    """
    keys = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
    averages = []
    with variable_scope(name, "WeightedMovingAvg"):
        for part, of in (("value_x_weight", value), ("weight", weight)):
            average = get_variable(
                part,
                shape=list(of.shape),
                dtype=of.dtype,
                initializer=Zeros(),
                trainable=False,
                collections=keys,
            )
            averages.append(average)
        numerator, denominator = averages
        assign_moving_average(numerator, value * weight, decay, zero_debias=False).run()
        assign_moving_average(denominator, weight, decay, zero_debias=False).run()
        quotient = torch.true_divide if truediv else torch.divide
        return quotient(numerator.detach(), denominator.detach())


def move(pairs: Iterable[tuple[Any, Tensor]], rate: Number) -> None:
    """Moves averages towards values, those of one device, dtype and layout together."""
    together: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}
    turns: dict[int, int] = {}
    for average, value in pairs:
        before_assignment(average, average._ts_record)
        # An average that is among them twice moves twice, one time after the other.
        turn = turns[id(average)] = turns.get(id(average), 0) + 1
        key = (turn, average.dtype, average.device)
        averages, values = together.setdefault(key, ([], []))
        averages.append(average.detach())
        values.append(value.detach().to(average.device, average.dtype))
    with torch.no_grad():
        for averages, values in together.values():
            _move_alike(averages, values, rate)


def _move_alike(averages: list[Tensor], values: list[Tensor], rate: Number) -> None:
    if isinstance(rate, Tensor):
        rate = rate.to(averages[0])
    if not fakes.are_used():
        move_towards(averages, values, rate)
        return
    # What is recorded has to show each tensor that is written to.
    for average, value in zip(averages, values, strict=True):
        average.lerp_(value, rate)


def beside(variable: Any) -> tuple[Any, Any]:
    """The average that begins at 0, and the number of updates, under the variable's full name.

    They are made in the current scope, under names that are free there.
    """
    with variable_scope(variable.op.name):
        biased = get_variable(
            _free("biased"),
            shape=list(variable.shape),
            dtype=variable.dtype,
            initializer=Zeros(),
            trainable=False,
        )
        return biased, get_variable(
            _free("local_step"),
            shape=[],
            dtype=variable.dtype,
            initializer=Zeros(),
            trainable=False,
        )


def move_debiased(variable: Any, kept: tuple[Any, Any], value: Tensor, rate: Number) -> None:
    """Moves the average that begins at 0, and gives the variable what follows of it."""
    biased, step = kept
    with torch.no_grad():
        rate = torch.as_tensor(rate, dtype=value.dtype, device=value.device)
        biased.assign_sub((biased - value) * rate)
        step.assign_add(torch.ones_like(step))
        variable.assign(biased / (1 - (1.0 - rate) ** step.to(rate.dtype)))


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
