"""The tensors of a Saver's var_list as they are filled: under the names that it gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchscope._core.modules.registry import ScopedParameterRegistry
from torchscope._core.pytorch import sharding
from torchscope._core.store.variable_store import VariableStore
from torchscope.checkpoint import restoring
from torchscope.checkpoint.optimizer_restoring import Place, look_up
from torchscope.checkpoint.saveables import Saveable, stores_of
from torchscope.checkpoint.sources import Source
from torchscope.checkpoint.variables import Target, reshaped, target_of


def fill(
    saveables: Sequence[Saveable],
    registry: ScopedParameterRegistry,
    source: Source,
    *,
    reshape: bool,
    optimizer: Any = None,
) -> None:
    """Fills tensors from a checkpoint: all of them, or none.

    Args:
        saveables: the tensors.
        registry: that of the net whose variables they are.
        source: what they are filled from.
        reshape: whether values of another shape, with as many elements, will do.
        optimizer: optimizers whose slots of them are filled as well.

    Raises:
        CheckpointError: a tensor is not in the checkpoint, or has another shape or dtype there.
        ValueError: a variable is not one of this net.
        TypeError: an optimizer is none of torchscope.optim.
    """
    names = {name: name for name in source.names}
    stores = stores_of(registry)
    targets = []
    for saveable in saveables:
        target = _target(saveable, saveable.store(stores))
        if reshape and saveable.partition is None and saveable.name in names:
            target = reshaped(target, source.shape(saveable.name))
        targets.append(target)
    sharding.reshard(registry.module)
    kept = None
    if optimizer is not None:
        place = Place(source, names, saveables, saveables, stores, reshape=reshape)
        kept = look_up(optimizer, place, all_of_them=False)
    restoring.fill(targets, source, names, kept=kept)


def _target(saveable: Saveable, store: VariableStore) -> Target:
    target = target_of(store, saveable)
    # A piece is looked for by the name of its whole.
    name = saveable.name if saveable.partition is None else f"{saveable.name}/part_0"
    return target._replace(wanted=target.wanted._replace(name=name, partition=saveable.partition))
