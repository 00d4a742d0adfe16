"""Which rows of variables a pass has gathered: their gradients are of those rows alone, as in TF1.

Several of TF1's optimizers leave a row alone that has no gradient, and the norm of a gradient counts a row as
often as it was gathered. Autograd's gradient of a gathered variable is as large as the variable, and tells of
neither. So a pass notes what it gathers, and a gradient is put together from those of what was gathered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchscope._core import current
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.pytorch import fakes


class Gathered(NamedTuple):
    """Rows that were gathered of a variable.

    Attributes:
        variable: of which.
        numbers: the numbers of the rows, of any shape.
        rows: the rows, (*numbers.shape, ...).
        own: which of them count, where others were gathered beside; None for all.
    """

    variable: Tensor
    numbers: Tensor
    rows: Tensor
    own: Tensor | None


def note(variable: Tensor, numbers: Tensor, rows: Tensor, own: Tensor | None = None) -> None:
    """Notes rows that were gathered of a variable, where gradients may be asked for in this pass."""
    pass_ = current.active()
    # One that no entry has begun may never end.
    if pass_ is None or pass_.entry is None or not rows.requires_grad or fakes.are_recorded():
        return
    if torch.compiler.is_dynamo_compiling():
        return
    noted = pass_.gathered.setdefault(id(variable), [])
    noted.append(Gathered(variable, numbers, rows, own))


def only_gathered(
    pass_: Any, outputs: Sequence[Tensor], variables: Sequence[Tensor]
) -> dict[int, list[Gathered]]:
    """Of the variables, by id, those of which the outputs depend on gathered rows alone, and these."""
    found = {id(v): pass_.gathered[id(v)] for v in variables if id(v) in pass_.gathered}
    if not found:
        return {}
    # The nodes that gathered: what else leads to the variable is another use of it.
    gathering = {_first(each) for noted in found.values() for each in noted}
    seen: set[Any] = set()
    waiting: list[Any] = [output.grad_fn for output in outputs if output.grad_fn is not None]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        for further, _ in node.next_functions:
            leaf = getattr(further, "variable", None)
            if leaf is not None and node not in gathering:
                found.pop(id(leaf), None)
            if further is not None:
                waiting.append(further)
    for key, noted in list(found.items()):
        found[key] = [each for each in noted if each.rows.grad_fn in seen]
    return {key: noted for key, noted in found.items() if noted}


def _first(gathered: Gathered) -> Any:
    """The node that gathered: the rows may have been reshaped since."""
    node: Any = gathered.rows.grad_fn
    while getattr(node.next_functions[0][0], "variable", None) is None:
        node = node.next_functions[0][0]
    return node


def slices_of(
    noted: Sequence[Gathered], gradients: Sequence[Tensor | None]
) -> IndexedSlices | None:
    """The gradient of a variable, of those of the rows that were gathered of it."""
    numbers, values = [], []
    for each, gradient in zip(noted, gradients, strict=True):
        if gradient is None:
            continue
        if each.own is None:
            numbers.append(each.numbers.reshape(-1))
            values.append(gradient.reshape(-1, *each.variable.shape[1:]))
        else:
            numbers.append(each.numbers[each.own])
            values.append(gradient[each.own])
    if not values:
        return None
    return IndexedSlices(torch.cat(values), torch.cat(numbers), noted[0].variable.shape)


def gradients_of(
    pass_: Any,
    outputs: Sequence[Tensor],
    weights: Sequence[Tensor],
    inputs: Sequence[Tensor],
    **options: Any,
) -> list[Any]:
    """Autograd's gradients; of variables of which rows were gathered alone, `IndexedSlices`."""
    rows = only_gathered(pass_, outputs, inputs)
    whole = [each for each in inputs if id(each) not in rows]
    parts = [each.rows for noted in rows.values() for each in noted]
    given = torch.autograd.grad(outputs, [*whole, *parts], weights, allow_unused=True, **options)
    found: dict[int, Any] = {id(each): g for each, g in zip(whole, given, strict=False)}
    place = len(whole)
    for key, noted in rows.items():
        found[key] = slices_of(noted, given[place : place + len(noted)])
        place += len(noted)
    return [found[id(each)] for each in inputs]
