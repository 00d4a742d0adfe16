"""A layer that is refused leaves nothing: what it made is taken back, and the error says where it was.

What a layer can be asked is more than can be checked beforehand: a function that normalizes or
activates may refuse what it gets when the variables are made already.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from torch import Tensor

from torchscope._core.passes.one_pass import Pass
from torchscope._core.store.records import Kind
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.structures import flatten

Point = tuple[int, int]


def point(pass_: Pass) -> Point:
    """How far a pass has come: to how many claims, and to how many variables in its registry."""
    return len(pass_.claims), len(pass_.store.records)


def tell(error: Exception, scope: str, inputs: Any) -> None:
    """Adds to the message of an error where it was, unless it says so.

    >>> error = ValueError("This cannot be.")
    >>> tell(error, "model/dense", [1.0])
    >>> print(error)
    This cannot be. The layer's scope is 'model/dense'.

    Args:
        error: what was raised.
        scope: the full name of the layer's scope.
        inputs: what the layer was called with. Its shapes are told.
    """
    if not scope or len(error.args) != 1 or not isinstance(error, TypeError | ValueError):
        return
    message = error.args[0]
    if not isinstance(message, str) or f"'{scope}" in message or f"{scope}/" in message:
        return
    shapes = [shape_text(each.shape) for each in flatten(inputs) if isinstance(each, Tensor)]
    given = f", its input has shape {', '.join(shapes)}" if shapes else ""
    if message[-1:] not in (".", "?", "!"):
        message += "."
    error.args = (f"{message} The layer's scope is '{scope}'{given}.",)


def take_back(pass_: Pass, since: Point, scope: str) -> None:
    """Takes back what a pass claimed and made inside a scope since it was at a point.

    Other threads may have made variables meanwhile, in other scopes.
    """
    claimed, made = since
    store, prefix = pass_.store, f"{scope}/" if scope else ""
    back = [r for r in islice(pass_.claims, claimed, None) if r.requested.startswith(prefix)]
    if not back:
        return
    new = set(islice(store.records, made, None))
    made_now = [r for r in back if r in new and r.kind is not Kind.OWNED]
    pass_.collected.take_back(back, made_now, store)
    pass_.name_table.take_back(back)
    names = {record.requested for record in back}
    for name in [each for each in pass_.partitioned if f"{each}/part_0" in names]:
        del pass_.partitioned[name]
    with store.lock:
        store.take_back(made_now)
