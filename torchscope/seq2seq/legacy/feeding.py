"""Feeding back: what was written at a step is the input of the next, always, never, or as a tensor says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.extremes import argmax
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.running.branching import cond
from torchscope._core.values.conversion import shape_text
from torchscope.nn.embedding import embedding_lookup
from torchscope.nn.linear import xw_plus_b

# Gives the next input, of the last output and the number of the step.
LoopFunction = Callable[[Any, int], Any]


def likeliest(embedding: Any, projection: Any, *, trains: bool) -> LoopFunction:
    """A function that embeds the likeliest class of the last output.

    Args:
        embedding: the table.
        projection: weights and biases that make logits of outputs; or None, where they are logits.
        trains: whether the table gets gradients by what was fed back.
    """

    def feed(previous: Tensor, number: int) -> Tensor:
        logits = previous if projection is None else xw_plus_b(previous, *projection)
        embedded = embedding_lookup(embedding, argmax(logits, 1))
        return embedded if trains else embedded.detach()

    return feed


def check_projection(projection: Any, symbols: int, dtype: Any) -> None:
    """Refuses weights and biases, (N, symbols) and (symbols,), that make other than so many logits.

    Raises:
        ValueError: a shape is another.
    """
    if projection is None:
        return
    sizes: list[list[int | None]] = [[None, symbols], [symbols]]
    for given, wanted in zip(projection, sizes, strict=True):
        shape = as_tensor(given, dtype=None if isinstance(given, Tensor) else dtype).shape
        if len(shape) != len(wanted) or shape[-1] != symbols:
            raise ValueError(
                f"Shapes {shape_text(shape)} and {shape_text(wanted)} are incompatible. They are of "
                "the output_projection and of what makes logits of all symbols: give weights and biases "
                f"for {symbols} symbols."
            )


def as_said(feed_previous: Any, decode: Callable[..., Any]) -> Any:
    """What a decoder gives where the last output is fed back, or is not, as a bool or a tensor says.

    Args:
        feed_previous: a bool, or a tensor of one. Of a tensor both ways are built, and one is taken.
        decode: ``decode(feed_previous, trains)`` gives outputs and state. The table gets gradients by
            what is fed back if `trains`, which TF1 leaves out where a tensor decides.
    """
    if isinstance(feed_previous, bool):
        return decode(feed_previous, trains=True)

    def way(fed: bool) -> Any:
        with variable_scope(get_variable_scope(), reuse=None if fed else True):
            return decode(fed, trains=False)

    return cond(feed_previous, lambda: way(True), lambda: way(False))
