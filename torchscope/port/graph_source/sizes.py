"""Sizes of variables that are those of what they are multiplied with: `x.shape[-1]` says them as well as a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torchscope.port.graph_source.expressions import (
    Attribute,
    Call,
    Index,
    Literal,
    Ref,
    Row,
    keys,
    walk,
)
from torchscope.port.graph_source.steps import Step

# Which size of which argument is the last one of the first argument.
_CHANNELS = {
    "tf.nn.conv2d": ((1, 2),),
    "tf.nn.depthwise_conv2d_native": ((1, 2),),
    "tf.matmul": ((1, 0),),
    "tf.nn.bias_add": ((1, 0),),
    "tf.nn.fused_batch_norm": ((1, 0), (2, 0), (3, 0), (4, 0)),
}
_OTHERWISE = {"data_format", "transpose_a", "transpose_b"}


def sized(made: Sequence[Step]) -> list[Step]:
    """Steps in which variables know what else says their sizes, and are asked for after that.

    It holds where an operation of the variable's own scope is the first to take it.
    """
    asked = {step.id: step for step in made if step.variable is not None}
    first: set[int] = set()
    changed: dict[int, Step] = {}
    for step in sorted(made, key=lambda each: each.order):
        for number, dimension, like in _told(step.expression):
            variable = asked.get(number)
            if variable is None or number in first or like.key.step == number:
                continue
            if step.path.startswith(f"{variable.path.rpartition('/')[0]}/"):
                changed[number] = _with(variable, dimension, like)
        first.update(key.step for key in keys(step.expression))
    return [changed.get(step.id, step) for step in made]


def _told(expression: Any) -> Iterable[tuple[int, int, Ref]]:
    """Steps that ask for variables, a dimension of each, and whose last size that is."""
    # What a loop or a branch has computed itself is not there outside.
    outside = set(keys(expression))
    for each in walk(expression):
        if not isinstance(each, Call) or _OTHERWISE & {key for key, _ in each.keywords}:
            continue
        for place, dimension in _CHANNELS.get(each.function, ()):
            if place >= len(each.arguments):
                continue
            like, variable = each.arguments[0], each.arguments[place]
            if isinstance(like, Ref) and isinstance(variable, Ref) and like.key in outside:
                yield variable.key.step, dimension, like


def _with(step: Step, dimension: int, like: Ref) -> Step:
    name, row, *more = step.expression.arguments
    sizes = list(row.items)
    channels = Index(Attribute(like, "shape"), (Literal(-1),))
    sizes[dimension] = sizes[dimension]._replace(otherwise=channels)
    expression = step.expression._replace(arguments=(name, Row(tuple(sizes)), *more))
    return step._replace(expression=expression, after=(like.key,))
