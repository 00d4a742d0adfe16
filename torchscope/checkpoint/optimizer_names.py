"""What the optimizers of torchscope.optim keep, under the names that TF1 gives it in a checkpoint.

Of each parameter an optimizer keeps slots, which are called as the parameter's variable is, and then as the
optimizer; and once it keeps numbers, such as Adam's powers. TF1 numbers what a second optimizer of that name
keeps, and puts before it the scopes that were open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from torchscope._core.store.variable_store import VariableStore
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.partitioners import PartitionInfo
from torchscope.checkpoint.saveables import Saveable
from torchscope.optim import Optimizer


class InScope(NamedTuple):
    """An optimizer that TF1 code used in a scope, which is in the names of what it keeps.

    >>> import tempfile, torch, torchscope as ts
    >>> from torchscope import optim
    >>> from torchscope.checkpoint import InScope, Saver, load_checkpoint
    >>> net = ts.ScopedModule(lambda x: x * ts.get_variable("w", [2]))
    >>> _ = net(torch.ones(2))
    >>> optimizer = optim.Adam(net.parameters())
    >>> path = f"{tempfile.mkdtemp()}/model.ckpt"
    >>> _ = Saver().save(net, path, optimizer=InScope(optimizer, "train"))
    >>> list(load_checkpoint(path))
    ['train/beta1_power', 'train/beta2_power', 'train/w/Adam', 'train/w/Adam_1', 'w']

    To restore there is seldom need for it: scopes are found where the checkpoint has one alone.

    Attributes:
        optimizer: the optimizer.
        scope: the variable scope in which ``minimize`` was called, for the slots: 'train'. None where it is
            to be found, or there is none.
        name_scope: the name scope, for the numbers; by default that of the variable scope. Where TF1 code called
            ``minimize`` in ``tf.name_scope("train")`` alone, it is 'train', and `scope` is ''. A variable scope
            that is opened a second time has the name scope 'train_1'.
    """

    optimizer: Optimizer
    scope: str | None = None
    name_scope: str | None = None


# What TF1 hands to an optimizer that counts steps is the net's own.
STEP = "global_step"
Optimizers: TypeAlias = "Optimizer | InScope | Sequence[Optimizer | InScope]"


def asked(optimizers: Any) -> list[InScope]:
    """The optimizers that were given, in TF1's order.

    Raises:
        TypeError: something else is among them.
    """
    several = optimizers if isinstance(optimizers, list | tuple) else [optimizers]
    if isinstance(optimizers, InScope):
        several = [optimizers]
    found = [each if isinstance(each, InScope) else InScope(each) for each in several]
    for each in found:
        if not isinstance(each.optimizer, Optimizer):
            hint = ""
            if isinstance(each.optimizer, torch.optim.Optimizer):
                hint = (
                    " Those of torch.optim compute otherwise than TF1; optim.from_torch(optimizer) makes one "
                    "of torchscope.optim, with its state, where there is one."
                )
            raise TypeError(
                "optimizer is one of torchscope.optim, an InScope of one, or a list of these; not "
                f"{type(each.optimizer).__name__}.{hint}"
            )
    return found


# Both ways


class Held(NamedTuple):
    """A parameter that an optimizer moves, and what it is saved as."""

    parameter: Tensor
    group: dict[str, Any]
    saved: Saveable


def held_by(
    optimizer: Optimizer,
    saveables: Sequence[Saveable],
    stores: Sequence[VariableStore],
    *,
    all_of_them: bool,
) -> list[Held]:
    """The parameters that are saved.

    Raises:
        ValueError: all should be, and one is none of the net's.
    """
    saved = {id(saveable.tensor(stores)): saveable for saveable in saveables}
    held, strange = [], []
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if id(parameter) in saved:
                held.append(Held(parameter, group, saved[id(parameter)]))
            elif not any(store.record_of(parameter) for store in stores):
                strange.append(shape_text(parameter.shape))
    if strange and all_of_them:
        raise ValueError(
            f"This {type(optimizer).__name__} holds {len(strange)} parameters that are none of the net's "
            f"variables, so they have no names in a checkpoint: {', '.join(strange[:10])}. Make the optimizer "
            "of net.parameters() when the net has run, and one for each net."
        )
    return held


def number_names(optimizer: Optimizer) -> list[str]:
    """What it keeps once.

    Raises:
        ValueError: its groups begin with different values: TF1 has one.
    """
    first, *others = [optimizer.numbers(group) for group in optimizer.param_groups]
    for other in others:
        if other != first:
            raise _differ(optimizer, first, other)
    return list(first)


def _differ(optimizer: Optimizer, one: Mapping[str, Any], other: Mapping[str, Any]) -> ValueError:
    name = next(name for name in one if one[name] != other[name])
    return ValueError(
        f"TF1 keeps one {name} for an optimizer, and groups of this {type(optimizer).__name__} have "
        f"{one[name]} and {other[name]}. Give each such group an optimizer of its own, and hand over the list: "
        "optimizer=[first, second]."
    )


def joined(*parts: str | None) -> str:
    """A name of scopes, which may be missing, and names."""
    return "/".join(part for part in parts if part)


def free_name(name: str, taken: set[str]) -> str:
    """The name, with the first number that is free where it is taken; from now on it is."""
    free, number = name, 0
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free


def _endings(optimizer: Optimizer, held: Held, scope: str, taken: set[str]) -> dict[str, str]:
    """What follows the name of a parameter's variable in those of its slots."""
    before = f"{joined(scope, held.saved.name)}/"
    endings = {}
    for slot, ending in optimizer.slot_names(held.group, held.parameter).items():
        ours = re.fullmatch(rf"{re.escape(optimizer.name)}(_\d+)?", ending)
        name = free_name(before + (optimizer.name if ours else ending), taken)
        endings[slot] = name.removeprefix(before)
    return endings


def endings_of(
    optimizer: Optimizer, held: Sequence[Held], scope: str, taken: set[str]
) -> dict[str, dict[str, str]]:
    """The same of all parameters, by the names of their variables: pieces have one name."""
    found: dict[str, dict[str, str]] = {}
    for each in held:
        if each.saved.name not in found:
            found[each.saved.name] = _endings(optimizer, each, scope, taken)
    return found


def partition_of(saved: Saveable, parameter: Tensor, slot: Tensor) -> PartitionInfo | None:
    """Where a slot lies in the whole, if its parameter is a piece.

    Raises:
        ValueError: it is cut otherwise than its parameter.
    """
    if saved.partition is not None and slot.shape != parameter.shape:
        raise ValueError(
            f"{saved.name} is in pieces, and of each the optimizer keeps what has another shape, "
            f"{shape_text(slot.shape)}: TF1's checkpoints cannot say that. Make the variable whole."
        )
    return saved.partition


# Saving


def kept(
    optimizers: Any,
    saveables: Sequence[Saveable],
    stores: Sequence[VariableStore],
    *,
    all_of_them: bool,
) -> list[Saveable]:
    """What optimizers keep of what is saved.

    As in TF1 a parameter that has not moved yet has slots, and one that is frozen has none.

    Args:
        optimizers: as a Saver takes them.
        saveables: what is saved.
        stores: those of the net.
        all_of_them: whether each parameter is to be saved.

    Raises:
        TypeError: something is no optimizer of torchscope.optim.
        ValueError: a parameter is none of the net's; or TF1 has no names for what is kept.
    """
    taken = {saveable.name for saveable in saveables}
    found = []
    for optimizer, given_scope, name_scope in asked(optimizers):
        scope = given_scope or ""
        held = [
            each
            for each in held_by(optimizer, saveables, stores, all_of_them=all_of_them)
            if each.parameter.requires_grad or optimizer.state.get(each.parameter)
        ]
        endings = endings_of(optimizer, held, scope, taken)
        for parameter, group, saved in held:
            state = optimizer.state.get(parameter) or optimizer.first_state(parameter, group)
            for slot, ending in endings[saved.name].items():
                name = joined(scope, saved.name, ending)
                found.append(
                    Saveable(name, state[slot], partition_of(saved, parameter, state[slot]))
                )
        if held:
            once = scope if name_scope is None else name_scope
            found += _kept_once(optimizer, once, taken, saveables, stores)
    return found


def _kept_once(
    optimizer: Optimizer,
    scope: str,
    taken: set[str],
    saveables: Sequence[Saveable],
    stores: Sequence[VariableStore],
) -> Iterator[Saveable]:
    names = number_names(optimizer)
    # A group that has not moved yet has counted nothing; in TF1 it has the count of the others.
    moved = [g for g in optimizer.param_groups if any(map(optimizer.state.get, g["params"]))]
    first, *others = [
        {name: float(group[name]) for name in names}
        for group in moved or optimizer.param_groups[:1]
    ]
    for other in others:
        if other != first:
            raise _differ(optimizer, first, other)
    for name in names:
        if name != STEP:
            value = torch.tensor(first[name], dtype=torch.float32, device="cpu")
            yield Saveable(free_name(joined(scope, name), taken), value)
            continue
        step = next((saveable for saveable in saveables if saveable.name == STEP), None)
        if step is None:
            if STEP not in taken:
                taken.add(STEP)
                yield Saveable(STEP, torch.tensor(int(first[STEP]), device="cpu"))
        elif int(step.tensor(stores)) != first[STEP]:
            raise ValueError(
                f"The net's {STEP} is {int(step.tensor(stores))}, and this {type(optimizer).__name__} has "
                f"counted {int(first[STEP])} steps. TF1 has one count. Add 1 to the net's at each step: "
                "ts.get_global_step().assign_add(1)."
            )
