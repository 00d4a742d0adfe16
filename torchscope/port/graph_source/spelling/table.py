"""The spellings of all types of nodes in a table; what has no line in it is called by its type."""

from __future__ import annotations

from functools import cache
from typing import Any

import torchscope.tf1 as tf
from torchscope.graphs.operations.table import Operation
from torchscope.port.graph_source.constants import argument, row
from torchscope.port.graph_source.expressions import Call, Code
from torchscope.port.graph_source.spelling import (
    arithmetic,
    arrays,
    matrices,
    neural,
    tensor_arrays,
    variables,
)
from torchscope.port.graph_source.spelling.given import Given, Spelling

OWN = "node"
"""What the written source calls for a type of node that has no spelling."""

SPELLINGS: dict[str, Spelling] = {
    **arithmetic.SPELLINGS,
    **arrays.SPELLINGS,
    **matrices.SPELLINGS,
    **neural.SPELLINGS,
    **tensor_arrays.SPELLINGS,
    **variables.SPELLINGS,
}
"""The spelling of each type of node; of those that are not here, TF1's functions are taken that compute them."""

FIRST: dict[str, Spelling] = {**neural.FIRST, **tensor_arrays.FIRST}
"""The same for types that give several values, which TF1's functions give as one, or of which they give the first."""

_OLD = {"sub", "mul", "neg", "inv", "select", "floor_div", "pack", "unpack"}


def spell(given: Given, operation: Operation | None) -> tuple[Any, bool]:
    """The source of a node, and whether TF1 has a spelling for it."""
    spelling = SPELLINGS.get(given.op)
    found = spelling(given) if spelling is not None else None
    if found is None and operation is not None and not operation.attributes:
        name = _public().get(id(operation.function))
        if name is not None:
            found = Call(name, tuple(map(argument, given.inputs)))
    if found is not None:
        return found, True
    attributes = operation.attributes if operation is not None else ()
    keywords = tuple(
        (name, row(given.attributes[name], name)) for name in attributes if name in given.attributes
    )
    inputs = tuple(map(argument, given.inputs))
    return Call(OWN, (Code(f'"{given.op}"'), *inputs), keywords), False


@cache
def _public() -> dict[int, str]:
    """The names under which TF1 has functions, by their ids."""
    found: dict[int, str] = {}
    for room, prefix in (
        (tf, "tf"),
        (tf.nn, "tf.nn"),
        (tf.math, "tf.math"),
        (tf.linalg, "tf.linalg"),
        (tf.image, "tf.image"),
        (tf.signal, "tf.signal"),
    ):
        names = sorted(getattr(room, "__all__", dir(room)))
        # The plainest of several: abs and not math.abs, subtract and not sub.
        for name in sorted(names, key=lambda each: (each in _OLD, each)):
            function = getattr(room, name, None)
            if callable(function) and not name.startswith("_"):
                found.setdefault(id(function), f"{prefix}.{name}")
    return found
