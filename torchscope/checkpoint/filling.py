"""The tensors of a Saver's var_list as they are filled: under the names that it gives them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torchscope import distributed
from torchscope.catalogue import Catalogue
from torchscope.checkpoint import restoring
from torchscope.checkpoint.matching import Match, Part
from torchscope.checkpoint.saveables import Saveable, catalogues_of
from torchscope.checkpoint.sources import Source
from torchscope.checkpoint.variables import Target, target_of
from torchscope.registry import ScopedParameterRegistry


def fill(
    saveables: Sequence[Saveable],
    registry: ScopedParameterRegistry,
    source: Source,
    *,
    reshape: bool,
) -> None:
    """Fills tensors from a checkpoint: all of them, or none.

    Args:
        saveables: the tensors.
        registry: that of the net whose variables they are.
        source: what they are filled from.
        reshape: whether values of another shape, with as many elements, will do.

    Raises:
        CheckpointError: a tensor is not in the checkpoint, or has another shape or dtype there.
        ValueError: a variable is not one of this net.
    """
    names = {name: name for name in source.names}
    catalogues = catalogues_of(registry)
    targets = []
    for saveable in saveables:
        target = _target(saveable, saveable.catalogue(catalogues))
        if reshape and saveable.partition is None and saveable.name in names:
            target = _reshaped(target, source.shape(saveable.name))
        targets.append(target)
    distributed.reshard(registry.module)
    restoring.fill(targets, source, names)


def _target(saveable: Saveable, catalogue: Catalogue) -> Target:
    target = target_of(catalogue, saveable)
    # A piece is looked for by the name of its whole.
    name = saveable.name if saveable.partition is None else f"{saveable.name}/part_0"
    return target._replace(wanted=target.wanted._replace(name=name, partition=saveable.partition))


def _reshaped(target: Target, saved: tuple[int, ...]) -> Target:
    """A target that takes values of the shape that is saved, if they are as many."""
    wanted = target.wanted
    if saved == wanted.shape or math.prod(saved) != math.prod(wanted.shape):
        return target

    def fill(found: Match, source: Source) -> None:
        value = found.value(source, saved, wanted.dtypes[-1]).reshape(wanted.shape)
        target.fill(Match(wanted.name, (Part(wanted.name),)), Source({wanted.name: value}))

    return target._replace(wanted=wanted._replace(shape=saved), fill=fill)
