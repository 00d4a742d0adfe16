"""init_from_checkpoint: variables take their first values from a checkpoint, by a map of names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope._core.modules.registry import ScopedParameterRegistry
from torchscope._core.modules.registry import registry_of as of_pass
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes, sharding
from torchscope._core.store.records import Initial, Record
from torchscope._core.store.records import Kind as MadeBy
from torchscope._core.values import errors
from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.partitioners import PartitionedVariable, PartitionInfo
from torchscope.checkpoint.at_once import interrupts_wait, write
from torchscope.checkpoint.errors import visible
from torchscope.checkpoint.matching import Kind, Match, Problem, Wanted, match, refusal
from torchscope.checkpoint.optimizer_names import Optimizers
from torchscope.checkpoint.optimizer_restoring import Found, Place, look_up, warn
from torchscope.checkpoint.saveables import all_saveables, registry_of, stores_of
from torchscope.checkpoint.sources import Readable, Source
from torchscope.checkpoint.variables import filler, wanted_of

AssignmentMap = Mapping[str, Any] | Iterable[tuple[str, Any]]


def init_from_checkpoint(
    ckpt_dir_or_file: Readable,
    assignment_map: AssignmentMap,
    net: Any = None,
    *,
    optimizer: Optimizers | None = None,
) -> None:
    """Has variables take their first values from a checkpoint (tf.train.init_from_checkpoint).

    >>> import torch, torchscope as ts
    >>> from torchscope.checkpoint import init_from_checkpoint
    >>> with ts.variable_scope("new"):
    ...     w = ts.get_variable("w", [2])
    >>> init_from_checkpoint({"old/w": torch.tensor([1.0, 2.0])}, {"old/": "new/"})
    >>> w.tolist()
    [1.0, 2.0]

    The map leads from names in the checkpoint to the variables of the current graph, which here is
    the pass that one is in: those that it has asked for so far. Its items can be:

    - ``'scope_a/': 'scope_b/'``: all variables in ``scope_b``, from ``scope_a``;
    - ``'/': 'scope/'``: all variables in ``scope``, from the root of the checkpoint;
    - ``'old/name': 'new/name'``: one variable, or one in pieces;
    - ``'old/name': variable``: a variable, or the list of the pieces of one.

    The values are there at once. They are also what the variables were initialised with:
    `initialize_` gives them again. In the forward of a net it stands behind what makes the
    variables, as in a TF1 model function. There it gives first values only: the calls of later
    passes, and those for variables that were loaded, leave them as they are. With `net` it can
    be called between passes, and always writes. Nothing is written before all is checked.

    Args:
        ckpt_dir_or_file: the path of a checkpoint or of the directory that has it, or a mapping
            from names to tensors.
        assignment_map: a dict, or a list of pairs, in which a name of the checkpoint can stand
            more than once.
        net: a module with a registry, or a registry, to do it to all of its variables.
        optimizer: as for `restore`: what it keeps of the variables comes from beside their tensors.

    Raises:
        ValueError: the checkpoint lacks a tensor, or has it in another shape or dtype; or no
            variable has a name of the map. A CheckpointError where it cannot be read, or a slot
            does not fit.
    """
    pass_ = passes.current()
    if pass_.again:
        return
    registry = of_pass(pass_) if net is None else registry_of(net)
    inside = (
        torch.inference_mode(mode=False) if torch.is_inference_mode_enabled() else nullcontext()
    )
    with fakes.outside(), inside, torch.no_grad():
        _assign(
            registry, pass_ if net is None else None, ckpt_dir_or_file, assignment_map, optimizer
        )


def _assign(
    registry: ScopedParameterRegistry,
    pass_: passes.Pass | None,
    ckpt_dir_or_file: Readable,
    assignment_map: AssignmentMap,
    optimizer: Any,
) -> None:
    """Gives the variables that a pass has asked for, or all, the values of a checkpoint."""
    store = registry.store
    records = store.records if pass_ is None else pass_.claims
    source = Source(ckpt_dir_or_file)
    known = {r.requested: r for r in records if r.kind is not MadeBy.MADE}
    pairs = assignment_map.items() if isinstance(assignment_map, Mapping) else assignment_map
    assigned: list[tuple[Record, str]] = []
    for tensor_name, current in sorted(pairs, key=lambda pair: pair[0]):
        found = _variables_of(current, known, store)
        if found is None:
            assigned += _in_scope(tensor_name, current, known, source)
        else:
            if tensor_name not in source.names:
                near = errors.nearest(tensor_name, source.names)
                raise ValueError(
                    visible(f"Tensor {tensor_name} is not found in {source} checkpoint.{near}")
                )
            assigned += [(record, tensor_name) for record in found]
    only_first = pass_ is not None and pass_.entry is not None
    fills: list[tuple[Record, Match, str]] = []
    for record, tensor_name in assigned:
        if only_first and record.loaded:
            continue
        wanted = wanted_of(store, record)
        matched = match(wanted, source, {wanted.whole: tensor_name})
        if isinstance(matched, Problem):
            raise _does_not_fit(matched, tensor_name, source)
        fills.append((record, matched, tensor_name))
    kept = Found()
    if optimizer is not None:
        kept = _kept(registry, source, {record: name for record, _, name in fills}, optimizer)
    for matched in [*(m for _, m, _ in fills), *(m for _, m in kept.fills)]:
        for part in matched.parts:
            source.verify(part.name)
    # A path that holds wherever the program is, and whatever is saved, by the time it is read again.
    given = ckpt_dir_or_file if source.path is None else os.path.abspath(source.path)
    sharding.reshard(registry.module)
    # First those that may refuse.
    fills.sort(key=lambda each: not store.is_computed(each[0]))
    with interrupts_wait():
        writes = [(r.name, partial(filler(store, r), found, source)) for r, found, _ in fills]
        writes += [(t.wanted.name, partial(t.fill, found, source)) for t, found in kept.fills]
        write([*writes, *kept.resets], source)
        for record, _, tensor_name in fills:
            if record.initial is not None:
                saved = Saved(given, tensor_name, record.name)
                partition = record.initial.partition
                record.initial = Initial(saved, record.shape, record.dtype, partition)
            record.loaded = True
    warn(kept, source)


def _kept(
    registry: ScopedParameterRegistry, source: Source, filled: dict[Record, str], optimizer: Any
) -> Found:
    """What optimizers keep of variables, beside the tensors that fill them.

    Raises:
        CheckpointError: something does not fit.
    """
    saveables = all_saveables(registry.store)
    chosen = [s for s in saveables if isinstance(s.source, Record) and s.source in filled]
    names = {name: name for name in source.names}
    names |= {each.name: filled[each.source] for each in chosen if isinstance(each.source, Record)}
    place = Place(source, names, saveables, chosen, stores_of(registry))
    kept = look_up(optimizer, place, all_of_them=True)
    if kept.problems:
        raise refusal(source, kept.problems, set(), len(kept.problems) + len(kept.fills))
    return kept


@dataclass(frozen=True)
class Saved:
    """An initializer: what a checkpoint has under a name.

    Attributes:
        source: the path of the checkpoint, or a mapping.
        tensor_name: the name in it.
        variable: the name of the variable.
    """

    source: Readable
    tensor_name: str
    variable: str

    def __call__(
        self,
        shape: Sequence[int],
        dtype: torch.dtype = torch.float32,
        partition_info: PartitionInfo | None = None,
    ) -> Tensor:
        """Reads the value.

        Raises:
            ValueError: the checkpoint has changed, and does not fit any more.
        """
        source = Source(self.source)
        wanted = Wanted(self.variable, tuple(shape), (dtype,), "initialize_", partition_info)
        matched = match(wanted, source, {wanted.whole: self.tensor_name})
        if isinstance(matched, Problem):
            raise _does_not_fit(matched, self.tensor_name, source)
        return matched.value(source, shape, dtype)


def _variables_of(current: Any, known: Mapping[str, Record], store: Any) -> list[Record] | None:
    """What an item of a map means by a variable or its name; None where it can only be a scope."""
    if isinstance(current, str):
        record = known.get(current)
        if record is not None:
            return [record]
        pieces: list[Record] = []
        while (piece := known.get(f"{current}/part_{len(pieces)}")) is not None:
            pieces.append(piece)
        return pieces or None
    several = isinstance(current, list | tuple | PartitionedVariable)
    found = [store.record_of(each) for each in (current if several else [current])]
    if not found or None in found:
        raise ValueError(
            "An assignment map leads to variables of this registry or their names, or to scopes "
            f"('scope/'); not to {current!r:.200}"
        )
    if several:
        wholes = [record.requested.rpartition("/part_")[0] for record in found]
        for whole, record in zip(wholes, found, strict=True):
            partition = None if record.initial is None else record.initial.partition
            if partition is None or whole != wholes[0]:
                raise ValueError(
                    "Slices must all be from the same tensor: "
                    f"{wholes[0] or found[0].name} != {whole or record.name}. A list is to hold the "
                    "pieces of one variable."
                )
    return found


def _in_scope(
    tensor_name: str, current: str, known: Mapping[str, Record], source: Source
) -> list[tuple[Record, str]]:
    """The variables of a scope, each with the tensor that is to fill it."""
    scope = current.rpartition("/")[0]
    if not tensor_name.endswith("/"):
        message = (
            f"Assignment map with scope only name {scope} should map to scope only {tensor_name}. "
            "Should be 'scope/': 'other_scope/'."
        )
        if not current.endswith("/"):
            message += f" There is no variable {current!r}.{errors.nearest(current, known)}"
        raise ValueError(visible(message))
    assigned = []
    for name, record in known.items():
        if scope and not name.startswith(f"{scope}/"):
            continue
        partition = None if record.initial is None else record.initial.partition
        whole = name if partition is None else name.rpartition("/part_")[0]
        full = whole[len(scope) :]
        if current != "/":
            # As in TF1, where a scope is what comes before a slash, and the slash goes.
            full = full[1:]
        if tensor_name != "/":
            full = tensor_name + full
        full = full.removesuffix("/")
        if full not in source.names:
            raise ValueError(
                visible(
                    f"Tensor {full} ({whole[len(scope) + 1 :]} in {tensor_name}) is not found in "
                    f"{source} checkpoint.{errors.nearest(full, source.names)}"
                )
            )
        assigned.append((record, full))
    return assigned


def _does_not_fit(problem: Problem, tensor_name: str, source: Source) -> ValueError:
    wanted = problem.wanted
    if problem.kind is Kind.DTYPE:
        return ValueError(
            f"tensor_name = {tensor_name}; expected dtype {dtype_name(wanted.dtypes[0])} does not "
            f"equal original dtype {source.dtype_text(tensor_name)}. Variable {wanted.name} was "
            f"first made at {wanted.made_at}."
        )
    shape = wanted.shape if wanted.partition is None else wanted.partition.full_shape
    return ValueError(
        f"Shape of variable {wanted.whole}:0 ({shape_text(shape)}) doesn't match with shape of "
        f"tensor {tensor_name} ({list(source.shape(tensor_name))}) from checkpoint reader. It was "
        f"first made at {wanted.made_at}."
    )
