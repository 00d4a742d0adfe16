"""What the optimizers of torchscope.optim keep, looked for in a checkpoint, and restored."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope._core.pytorch import sharding
from torchscope._core.store.variable_store import VariableStore
from torchscope.checkpoint.errors import visible
from torchscope.checkpoint.matching import Kind, Match, Problem, Wanted, match
from torchscope.checkpoint.optimizer_names import (
    STEP,
    Held,
    InScope,
    asked,
    endings_of,
    free_name,
    held_by,
    joined,
    number_names,
    partition_of,
)
from torchscope.checkpoint.saveables import Saveable
from torchscope.checkpoint.slots import Slot, slots_by_variable
from torchscope.checkpoint.sources import Source
from torchscope.checkpoint.variables import Target, reshaped
from torchscope.optim import Optimizer


@dataclass
class Found:
    """What a checkpoint has of what optimizers keep.

    Attributes:
        fills: what fills what.
        problems: what does not fit.
        afresh: the variables that have no slots in the checkpoint, and so begin afresh.
        resets: what lets them, each with the name of its variable.
    """

    fills: list[tuple[Target, Match]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    afresh: list[str] = field(default_factory=list)
    resets: list[tuple[str, Callable[[], Any]]] = field(default_factory=list)


@dataclass
class Place:
    """Where what optimizers keep is looked for, and what will do.

    Attributes:
        source: the checkpoint.
        names: from names in the net to names in the checkpoint.
        saveables: all variables of the net that are saved.
        chosen: those whose slots are to be restored.
        stores: those of the net.
        convert_dtypes: whether other dtypes will do.
        reshape: whether another shape with as many elements will do.
    """

    source: Source
    names: Mapping[str, str]
    saveables: Sequence[Saveable]
    chosen: Sequence[Saveable]
    stores: Sequence[VariableStore]
    convert_dtypes: bool = False
    reshape: bool = False

    def __post_init__(self) -> None:
        self._usable = set(self.names.values())

    def file_name(self, name: str) -> str:
        """What a variable of the net is called in the checkpoint."""
        return self.names.get(name, name)

    def slot(self, scope: str, name: str, ending: str) -> str | None:
        """What a slot is called in the checkpoint; None if it has none.

        A slot is beside its variable, whatever that is called there. Or it was renamed itself.
        """
        beside = joined(scope, self.file_name(name), ending)
        if beside in self._usable:
            return beside
        own = joined(scope, name, ending)
        renamed = self.names.get(own)
        return renamed if renamed != own else None


def look_up(optimizers: Any, place: Place, *, all_of_them: bool) -> Found:
    """Looks for what optimizers keep, and writes nothing.

    Args:
        optimizers: as `Saver.restore` takes them.
        place: where it is looked for.
        all_of_them: whether each parameter is to be a variable of the net.

    Raises:
        TypeError: something is no optimizer of torchscope.optim.
        ValueError: a parameter is none of the net's; TF1 has no names for what is kept; or the checkpoint has it
            in several scopes, and which is meant was not said. Then it is a CheckpointError.
    """
    found = Found()
    taken = {saveable.name for saveable in place.saveables}
    in_net = {place.file_name(name) for name in taken}
    chosen = {id(saveable.source) for saveable in place.chosen}
    given = asked(optimizers)
    saved = slots_by_variable(place.source.names, [each.optimizer.name for each in given])
    meant = set(place.names.values()) - in_net
    saved = {v: [slot for slot in of if slot.name in meant] for v, of in saved.items()}
    expected: list[tuple[InScope, list[Held], dict[str, dict[str, str]]]] = []
    for optimizer, scope, name_scope in given:
        every = held_by(optimizer, place.saveables, place.stores, all_of_them=all_of_them)
        held = [each for each in every if id(each.saved.source) in chosen]
        here = _scope_of(optimizer, held, place, saved) if scope is None else scope
        endings = endings_of(optimizer, held, here, taken)
        once = scope if name_scope is None else name_scope
        expected.append((InScope(optimizer, here, once), held, endings))
    ours = {
        place.slot(where.scope or "", name, ending)
        for where, _, endings in expected
        for name, of in endings.items()
        for ending in of.values()
    }
    numbers: set[str] = set(taken)
    for where, held, endings in expected:
        optimizer, restored = where.optimizer, False
        for each in held:
            beside = saved.get(place.file_name(each.saved.name), ())
            others = [slot for slot in beside if slot.name not in ours]
            restored |= _find_slots(where, each, endings[each.saved.name], others, place, found)
        if restored:
            _find_once(where, place, found, numbers)
            continue
        scope = where.scope if where.name_scope is None else where.name_scope
        for name in number_names(optimizer):
            if name != STEP:
                free_name(joined(scope, name), numbers)
            if held:
                found.resets.append((name, partial(_set, optimizer, name, None)))
    _check_none_left(expected, place, numbers)
    return found


def _find_slots(
    where: InScope,
    held: Held,
    endings: Mapping[str, str],
    others: Sequence[Slot],
    place: Place,
    found: Found,
) -> bool:
    """Looks for the slots of a parameter, beside which others are, and says whether they are there."""
    optimizer, parameter, name = where.optimizer, held.parameter, held.saved.name
    if not endings:
        return False
    names = {slot: place.slot(where.scope or "", name, e) for slot, e in endings.items()}
    there = [each for each in names.values() if each is not None]
    pattern = re.compile(rf".*/{re.escape(optimizer.name)}(_\d+)?", re.DOTALL)
    more = any(pattern.fullmatch(slot.name) and slot.scope == where.scope for slot in others)
    state = optimizer.state.get(parameter)
    problems, fills = [], []
    if there or others:
        first = state or optimizer.first_state(parameter, held.group)
        if len(there) < len(names) or more:
            wanted = _wanted(joined(where.scope, name, next(iter(endings.values()))), parameter)
            all_saved = ", ".join([*there, *(slot.name for slot in others)])
            text = f"{' and '.join(endings.values())} here, {all_saved} saved"
            problems.append(Problem(wanted, Kind.SLOTS, text))
        else:
            for slot, saved_as in names.items():
                assert saved_as is not None
                full = joined(where.scope, name, endings[slot])
                target = _target(optimizer, held, full, first, slot)
                if place.reshape and held.saved.partition is None:
                    target = reshaped(target, place.source.shape(saved_as))
                meant = {target.wanted.whole: saved_as}
                result = match(
                    target.wanted, place.source, meant, convert_dtypes=place.convert_dtypes
                )
                if isinstance(result, Match):
                    fills.append((target, result))
                else:
                    problems.append(result)
    found.problems += problems
    if fills and not problems:
        found.fills += fills
        return True
    if parameter.requires_grad or state:
        found.afresh += [name] if name not in found.afresh else []
        found.resets.append((name, partial(_begin, optimizer, held)))
    return False


def _begin(optimizer: Optimizer, held: Held) -> None:
    """Lets a parameter be one that has not moved yet."""
    optimizer.state.pop(held.parameter, None)
    if optimizer.moves_at_rest:
        optimizer.state[held.parameter] = optimizer.first_state(held.parameter, held.group)


def _wanted(name: str, tensor: Tensor, partition: Any = None) -> Wanted:
    # A piece is looked for by the name of its whole.
    name = name if partition is None else f"{name}/part_0"
    return Wanted(name, tuple(tensor.shape), (tensor.dtype,), "its optimizer", partition)


def _target(
    optimizer: Optimizer, held: Held, name: str, state: dict[str, Any], slot: str
) -> Target:
    """A slot as what is filled. That of a parameter which has not moved yet appears."""

    def fill(match_: Match, source: Source) -> None:
        optimizer.state[held.parameter] = state
        tensor = state[slot]
        if sharding.is_sharded(tensor):
            whole = match_.value(source, tensor.shape, tensor.dtype).to(tensor.device)
            tensor.copy_(sharding.part_of(whole, tensor))
        else:
            match_.read_into(source, tensor)

    partition = partition_of(held.saved, held.parameter, state[slot])
    return Target(_wanted(name, state[slot], partition), fill)


def _scope_of(
    optimizer: Optimizer, held: Sequence[Held], place: Place, saved: Mapping[str, Sequence[Slot]]
) -> str:
    """The scope in which a checkpoint has slots of the most of an optimizer's variables.

    Raises:
        CheckpointError: several scopes have as many.
    """
    variables = {place.file_name(each.saved.name) for each in held}
    scopes = Counter(
        slot.scope
        for variable in variables
        for slot in saved.get(variable, ())
        if slot.name.endswith(f"/{optimizer.name}")
    )
    most = max(scopes.values(), default=0)
    likely = sorted(scope for scope, number in scopes.items() if number == most)
    if len(likely) > 1 and "" not in likely:
        raise _several(place.source, f"slots of {optimizer.name}", likely, "scope")
    return likely[0] if likely else ""


def _several(source: Source, what: str, scopes: Sequence[str], argument: str) -> Exception:
    return source.fail(
        f"It has {what} in several scopes: {visible(', '.join(scopes))}. Say which is meant: "
        f"optimizer=InScope(optimizer, {argument}={scopes[0]!r}). Nothing was written."
    )


def _find_once(where: InScope, place: Place, found: Found, taken: set[str]) -> None:
    """Looks for what an optimizer keeps once."""
    optimizer, names = where.optimizer, number_names(where.optimizer)
    if not names:
        return
    scope = where.name_scope
    if scope is None:
        scope = _name_scope_of(where.scope or "", names, place) if names[0] != STEP else ""
    for name in names:
        counts = name == STEP
        full = STEP if counts else free_name(joined(scope, name), taken)
        dtypes = (torch.int64, torch.int32) if counts else (torch.float32,)
        wanted = Wanted(full, (), dtypes, "its optimizer")
        result = match(wanted, place.source, place.names)
        if isinstance(result, Match):
            found.fills.append((Target(wanted, partial(_fill_number, optimizer, name)), result))
        else:
            found.problems.append(result)
            found.resets.append((full, partial(_set, optimizer, name, None)))


def _name_scope_of(scope: str, names: Sequence[str], place: Place) -> str:
    """The name scope in which a checkpoint has an optimizer's numbers.

    Raises:
        CheckpointError: there are several.
    """
    in_net = {saveable.name for saveable in place.saveables}
    ending = f"/{names[0]}"
    free = [name for name in place.names if name not in in_net]
    scopes = {"" for name in free if name == names[0]}
    scopes |= {name.removesuffix(ending) for name in free if name.endswith(ending)}
    if scope in scopes or not scopes:
        return scope
    if len(scopes) > 1:
        raise _several(place.source, names[0], sorted(scopes), "name_scope")
    return scopes.pop()


def _fill_number(optimizer: Optimizer, name: str, match_: Match, source: Source) -> None:
    dtype = torch.int64 if name == STEP else torch.float32
    _set(optimizer, name, match_.value(source, (), dtype).item())


def _set(optimizer: Optimizer, name: str, value: float | None) -> None:
    """Sets what is kept once; None is its first value."""
    for group in optimizer.param_groups:
        new = optimizer.numbers(group)[name] if value is None else value
        if isinstance(group[name], Tensor):
            group[name].fill_(new)
        else:
            group[name] = new


def _check_none_left(expected: Sequence[Any], place: Place, taken: set[str]) -> None:
    """Refuses a checkpoint of more optimizers than were given, whose numbers differ.

    Which of them is meant is told by their order alone.

    Raises:
        CheckpointError: it is one.
    """
    for where, _, _ in expected:
        for number in where.optimizer.numbers(where.optimizer.param_groups[0]):
            if number == STEP:
                continue
            for name in [name for name in taken if re.search(rf"(^|/){re.escape(number)}$", name)]:
                last = free_name(name, set(taken))
                if last in place.names and name in place.names:
                    values = [place.source.tensor(place.names[n]).item() for n in (name, last)]
                    if values[0] != values[1]:
                        raise place.source.fail(
                            f"It has {visible(f'{name} and {last}')}, which differ, so it is of more optimizers "
                            "than were given. Give all of them, in the order in which TF1 code used them: "
                            "optimizer=[first, second]. Nothing was written."
                        )


def warn(found: Found, source: Source) -> None:
    """Says which variables begin afresh."""
    if found.afresh:
        more = "" if len(found.afresh) <= 10 else ", ..."
        warnings.warn(
            f"{source} has no slots for {len(found.afresh)} of the optimizer's variables, which begin afresh: "
            f"{visible(', '.join(found.afresh[:10]))}{more}. If all are to, leave optimizer= out; if TF1 code used "
            "the optimizer under another name, give it that, as name='Adam'.",
            stacklevel=4,
        )
