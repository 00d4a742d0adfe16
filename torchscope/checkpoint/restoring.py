"""restore: a net takes its values from a checkpoint, variable by variable, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor

from torchscope._core.modules.entry_methods import Entry
from torchscope._core.modules.registry import ScopedParameterRegistry, get_default_registry
from torchscope._core.pytorch import sharding
from torchscope.checkpoint.at_once import interrupts_wait, write
from torchscope.checkpoint.matching import Kind, Match, Problem, Restored, Wanted, match, refusal
from torchscope.checkpoint.optimizer_names import Optimizers
from torchscope.checkpoint.optimizer_restoring import Found, Place, look_up, warn
from torchscope.checkpoint.renaming import Rename, names_in_net
from torchscope.checkpoint.saveables import all_saveables, registry_of, stores_of
from torchscope.checkpoint.sources import Readable, Source
from torchscope.checkpoint.variables import Target, target_of, targets_of
from torchscope.checkpoint.waiting import Waiting

Only = str | re.Pattern[str] | Callable[[str], bool] | Iterable[str | Tensor]


def restore(
    net: Any,
    source: Readable,
    *,
    strict: bool = True,
    rename: Rename | None = None,
    only: Only | None = None,
    convert_dtypes: bool = False,
    moving_averages: bool | str = False,
    optimizer: Optimizers | None = None,
) -> Restored:
    """Fills the variables of a net from a checkpoint, by name (tf.train.Saver().restore).

    >>> import torch, torchscope as ts
    >>> from torchscope.checkpoint import restore
    >>> net = ts.ScopedModule(lambda x: x * ts.get_variable("scale", [2]))
    >>> saved = {"scale": torch.tensor([3.0, 4.0]), "scale/Adam": torch.zeros(2)}
    >>> restore(net, saved)
    Restored(0 matched, 2 waiting)
      waiting: scale, scale/Adam
    >>> net(torch.ones(2)).tolist()
    [3.0, 4.0]
    >>> restore(net, saved)
    Restored(1 matched, 1 unexpected)
      unexpected: scale/Adam

    As in TF1 every variable must be in the checkpoint, with its shape and dtype; local variables are
    left out; what the checkpoint has beyond is no error. The module's own parameters and buffers,
    of an nn.Linear say, are variables by the names of their keys, ``own/weight``: so `Saver` saves
    them. All is checked, checksums too, before anything is written: a restore that fails leaves the
    net as it was. Ctrl-C waits while values are written, unless it is pressed twice. Values go into
    the memory that the variables have, whatever its layout and device.

    Variables that no pass has asked for yet are filled when one makes them, in the place of their
    initializers. A net that never ran has only such variables. Where one is not in the checkpoint
    the request for it fails; `ts.build(net, *inputs)` before `restore` has all of them named at once.
    Values wait until each entry method of the net has completed a pass. The default registry
    has no such end: there nothing waits, unless it has no variable yet.

    Variables in pieces are filled whichever way they were cut when they were saved, or not cut.

    With `optimizer` its state is restored as well, from the slots beside the variables that it holds. A variable
    that has none in the checkpoint begins afresh; a warning and the result name it. Slots of another optimizer,
    or of another number, shape or dtype, are as such a variable is: refused, or with ``strict=False`` afresh.

    >>> from torchscope import optim
    >>> optimizer = optim.Momentum(net.parameters(), 0.1, 0.9)
    >>> restore(net, {"scale": torch.ones(2), "train/scale/Momentum": torch.ones(2)}, optimizer=optimizer)
    Restored(2 matched)
    >>> optimizer.state[net.registry.variables["scale"]]["momentum"].tolist()
    [1.0, 1.0]

    Args:
        net: a module with a registry, wrapped or compiled too; a registry; or None for the default
            registry. For a module without one there is `restore_module`.
        source: the path of a checkpoint, as `load_checkpoint` takes it, or a mapping from names to
            tensors.
        strict: whether each variable must be found. If not, those that are not found keep their
            values, and the result names them.
        rename: a function from a name in the checkpoint to the name in the net, or None for what is
            to be left out; or pairs of a regular expression and its replacement, applied in order.
        only: fills some variables alone: a regular expression that their names begin with, as for
            `get_collection`; a function of the name; or a list of names or variables.
        convert_dtypes: whether values of another dtype are converted, among floats, among
            integers, and to what holds more (not from floats to integers).
        moving_averages: whether a variable is filled from its moving average where the checkpoint
            has one, as by ``ema.variables_to_restore()``. A text is the `name` of the
            tf.train.ExponentialMovingAverage, if it was given one.
        optimizer: one of torchscope.optim, an `InScope` of one, or a list of all in the order in which TF1 code
            used them: their names alone tell whose a number such as 'beta1_power_1' is.

    Returns:
        What was filled and what was not; its repr is a summary.

    Raises:
        CheckpointError: the checkpoint cannot be read, or a checksum is wrong, or `strict` and
            something does not fit: then all that does not fit is listed. Or the disk failed while
            values were written: then it says how many were. A ValueError.
        ValueError: `rename` gives one name to several tensors, `only` names an unknown variable,
            the module has no registry, or an optimizer holds what is no variable of the net.
        TypeError: an argument is of another kind.
    """
    registry = registry_of(net)
    store = registry.store
    opened = Source(source)
    names = names_in_net(opened.names, rename, moving_averages)
    late = _entries_to_come(registry)
    chosen = _chooser(only, registry, may_come=bool(late))
    if store.anchor.is_meta:
        raise opened.fail(
            "The net is on the meta device, where tensors have no values. Build it, give it memory "
            "by net.to_empty(device=...), and restore then."
        )
    sharding.reshard(registry.module)
    with store.lock:
        targets = [target for target in targets_of(store) if chosen(target.wanted)]
        kept = None
        if optimizer is not None:
            saveables = all_saveables(store)
            to_fill = [s for s in saveables if chosen(target_of(store, s).wanted)]
            plain = names_in_net(opened.names, rename)
            place = Place(opened, plain, saveables, to_fill, stores_of(registry), convert_dtypes)
            kept = look_up(optimizer, place, all_of_them=True)
        fills, result = _checked(
            targets, opened, names, strict=strict, convert_dtypes=convert_dtypes, kept=kept
        )
        waiting_ = Waiting(
            opened, names, chosen, strict=strict, convert_dtypes=convert_dtypes, entries=late
        )
        with interrupts_wait():
            _write(fills, opened, kept)
            store.pending = waiting_ if late else None
    if kept is not None:
        warn(kept, opened)
    if not late:
        return result
    unused = set(result.unexpected)
    waiting = tuple(name for name, tensor in names.items() if tensor in unused)
    return replace(result, unexpected=(), waiting=waiting)


def fill(
    targets: Iterable[Target],
    source: Source,
    names: Mapping[str, str],
    *,
    strict: bool = True,
    convert_dtypes: bool = False,
    kept: Found | None = None,
) -> Restored:
    """Fills variables, once all has been checked.

    Args:
        targets: the variables.
        source: where their values are read from.
        names: from names in the net, of pieces that of the whole, to names in the source.
        strict: whether each variable must be found.
        convert_dtypes: whether values of another dtype are converted.
        kept: what was found of what optimizers keep.

    Raises:
        CheckpointError: `strict` and something does not fit, or a checksum is wrong.
    """
    fills, result = _checked(
        targets, source, names, strict=strict, convert_dtypes=convert_dtypes, kept=kept
    )
    with interrupts_wait():
        _write(fills, source, kept)
    if kept is not None:
        warn(kept, source)
    return result


_Fills = list[tuple[Target, Match]]


def _write(fills: _Fills, source: Source, kept: Found | None) -> None:
    """Fills variables; first those that somebody's own code fills, which may refuse."""
    in_order = sorted(fills, key=lambda each: not each[0].computed)
    writes = [(t.wanted.name, partial(t.fill, found, source)) for t, found in in_order]
    write([*writes, *([] if kept is None else kept.resets)], source)


def _checked(
    targets: Iterable[Target],
    source: Source,
    names: Mapping[str, str],
    *,
    strict: bool,
    convert_dtypes: bool,
    kept: Found | None = None,
) -> tuple[_Fills, Restored]:
    """What fills which variable, once all that can be wrong has been looked for."""
    fills: _Fills = []
    problems: list[Problem] = []
    for target in targets:
        found = match(target.wanted, source, names, convert_dtypes=convert_dtypes)
        if isinstance(found, Match):
            fills.append((target, found))
        elif not (target.preloaded and found.kind is Kind.MISSING):
            problems.append(found)
    if kept is not None:
        fills += kept.fills
        problems += kept.problems
    used = {part.name for _, found in fills for part in found.parts}
    if strict and problems:
        raise refusal(source, problems, used, len(fills) + len(problems))
    for name in sorted(used):
        source.verify(name)
    return fills, Restored(
        matched={target.wanted.name: found.name for target, found in fills},
        missing=tuple(p.wanted.name for p in problems if p.kind is Kind.MISSING),
        other_shape={p.wanted.name: p.found for p in problems if p.kind is Kind.SHAPE},
        other_dtype={p.wanted.name: p.found for p in problems if p.kind is Kind.DTYPE},
        unexpected=tuple(name for name in source.names if name not in used),
        afresh=() if kept is None else tuple(kept.afresh),
    )


def _entries_to_come(registry: ScopedParameterRegistry) -> set[str]:
    """The entry methods that have not completed a pass, and so may make variables."""
    store = registry.store
    if registry is get_default_registry():
        return set() if store.records else {"forward"}
    entries = {name for name, value in registry.module.__dict__.items() if isinstance(value, Entry)}
    # Once one has completed, those that made variables are taken to have run.
    done = {record.entry for record in store.records} if registry.has_run else set()
    return entries - done


def _chooser(
    only: Only | None, registry: ScopedParameterRegistry, *, may_come: bool
) -> Callable[[Wanted], bool]:
    """Whether a variable is among those that are to be filled."""
    if only is None:
        return _all
    if isinstance(only, str | re.Pattern):
        return partial(_begins_with, re.compile(only))
    if callable(only):
        return partial(_says, only)
    if not isinstance(only, Iterable):
        raise TypeError(
            "only must be a regular expression, a function of a name, or a list of names or "
            f"variables; not {only!r:.200}"
        )
    names = {
        each.removesuffix(":0") if isinstance(each, str) else registry.name_of(each)
        for each in only
    }
    known = {n for t in targets_of(registry.store) for n in (t.wanted.name, t.wanted.whole)}
    if not may_come and not names <= known:
        raise ValueError(
            f"only names variables that the net has not: {', '.join(sorted(names - known))}."
        )
    return partial(_is_among, names)


def _all(wanted: Wanted) -> bool:
    return True


def _begins_with(pattern: re.Pattern[str], wanted: Wanted) -> bool:
    return pattern.match(wanted.name) is not None


def _says(function: Callable[[str], bool], wanted: Wanted) -> bool:
    return function(wanted.name)


def _is_among(names: set[str], wanted: Wanted) -> bool:
    return wanted.name in names or wanted.whole in names
