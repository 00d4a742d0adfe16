"""One HTML page that shows a model against a checkpoint: what matches, what does not, and sizes.

The page is a file of its own: it asks for nothing, and runs no script but its own. Only what
describes the variables is read, no values.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from torch import nn

from torchscope._core import pages
from torchscope.checkpoint.formats.whole_files import write_whole
from torchscope.checkpoint.inspecting.comparing import Diff, Only, diff
from torchscope.checkpoint.inspecting.descriptions import Description, Side
from torchscope.checkpoint.renaming import Rename

MATCHED, MISSING, UNEXPECTED, OTHER_SHAPE, OTHER_DTYPE = range(5)


def report(
    model: Side,
    checkpoint: Side,
    path: str | os.PathLike[str] | None = None,
    *,
    titles: tuple[str, str] | None = None,
    rename: Rename | None = None,
    only: Only | None = None,
) -> str:
    """A self-contained HTML page for a model against a checkpoint.

    It has the tree of scopes, each variable matched, missing, unexpected or of another shape or
    dtype, the likeliest partner of what does not match, and a map of the sizes.

    >>> import torch
    >>> page = report(torch.nn.Linear(2, 3), {"weight": torch.zeros(3, 2)})
    >>> page[:15], "<title>Linear and checkpoint</title>" in page
    ('<!doctype html>', True)

    Args:
        model: a module, or another of what a checkpoint may be.
        checkpoint: a checkpoint or its path, or another dict of tensors, or a module.
        path: the file to write the page to, if any.
        titles: what to call the two; the class of a module and the path of a checkpoint otherwise.
        rename: what the checkpoint's names are in the model, as for `diff`.
        only: shows some of the names alone, as for `diff`.

    Returns:
        The page.

    Raises:
        TypeError: one of the two is something else.
        CheckpointError: the file cannot be written.
    """
    names = titles or (_title(model, "model"), _title(checkpoint, "checkpoint"))
    found = diff(model, checkpoint, values=False, rename=rename, only=only)
    data = {"model": names[0], "checkpoint": names[1], "variables": _variables(found)}
    page = pages.page(__package__, f"{names[0]} and {names[1]}", data)
    if path is not None:
        write_whole(Path(path), pages.encoded(page))
    return page


def _variables(found: Diff) -> list[list[Any]]:
    """Each variable as the page reads it: name, kind, what it is on both sides, partner."""
    kinds: dict[str, tuple[int, Description | None, Description | None]] = {}
    for pair in found.pairs:
        kind = (
            OTHER_SHAPE if pair.a.shape != pair.b.shape else MATCHED if pair.same else OTHER_DTYPE
        )
        kinds[pair.name] = (kind, pair.a, pair.b)
    kinds.update((name, (MISSING, seen, None)) for name, seen in found.only_a.items())
    kinds.update((name, (UNEXPECTED, None, seen)) for name, seen in found.only_b.items())
    names = sorted(kinds)
    index = {name: i for i, name in enumerate(names)}
    partners: dict[str, list[Any]] = {}
    for ours, partner in found.partners.items():
        told = [partner.same_shape, partner.likeness]
        partners[ours] = [index[partner.name], *told]
        # A name of two shapes has a partner for each; the model's is shown.
        if partner.name not in found.partners:
            partners[partner.name] = [index[ours], *told]
    return [
        [name, kinds[name][0], *map(_seen, kinds[name][1:]), partners.get(name)] for name in names
    ]


def _seen(description: Description | None) -> list[Any] | None:
    if description is None:
        return None
    return [list(description.shape), description.dtype, description.nbytes]


def _title(given: Any, otherwise: str) -> str:
    if isinstance(given, nn.Module):
        return type(given).__name__
    if isinstance(given, str | os.PathLike):
        return os.fspath(given)
    return str(getattr(given, "path", otherwise))
