"""What all measures are made of: totals that are variables, a value, and an update to be run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import add_to_collections
from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.passes import one_pass as passes
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import shape_text
from torchscope.losses.arguments import both
from torchscope.losses.weighting import checked_weights


class UpdateOp(Operation):
    """What adds a batch to the totals of a measure, when it is run, and gives the value with it.

    Args:
        name: its name.
        function: adds the batch, and gives the value afterwards.
    """

    __slots__ = ("_value",)

    def __init__(self, name: str, function: Callable[[], Tensor]) -> None:
        def add() -> None:
            self._value = function()

        super().__init__(name, add, type="AssignAdd")

    def run(self, feed_dict: Any = None, session: Any = None) -> Tensor:
        """Adds the batch, and gives the value of the measure with it: see `Operation.run`."""
        super().run(feed_dict, session)
        return self._value


def total(name: str, shape: Sequence[int] = (), dtype: torch.dtype = torch.float32) -> Variable:
    """A variable of zeros that a measure adds to: in LOCAL_VARIABLES and METRIC_VARIABLES."""
    return Variable(
        lambda: torch.zeros(list(shape), dtype=dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        name=name,
    )


def measured(
    totals: Sequence[Any],
    added: Callable[[], Sequence[Tensor]],
    result: Callable[..., Tensor],
    metrics_collections: Any,
    updates_collections: Any,
) -> tuple[Tensor, UpdateOp]:
    """The value of a measure, and the update that adds a batch to it.

    Args:
        totals: the variables.
        added: what the batch adds to each of them.
        result: the measure, of the totals.
        metrics_collections: the collections for the value.
        updates_collections: the collections for the update.
    """

    def value() -> Tensor:
        # Of copies: what is assigned later is not to change a value that was given.
        return result(*[variable.detach().clone() for variable in totals])

    @torch.no_grad()
    def update() -> Tensor:
        for variable, more in zip(totals, added(), strict=True):
            variable.assign_add(more)
        return value()

    with torch.no_grad():
        now = value()
    operation = UpdateOp(f"{passes.current().name_scope}/update_op", update)
    if metrics_collections:
        add_to_collections(metrics_collections, now)
    if updates_collections:
        add_to_collections(updates_collections, operation)
    return now, operation


def pair(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    """Labels and predictions of one shape: where one has a last dimension of 1 more, it goes.

    Raises:
        ValueError: one is None, or the shapes differ.
    """
    labels, predictions = both("labels", labels, "predictions", predictions)
    if predictions.ndim == labels.ndim + 1 and predictions.shape[-1] == 1:
        predictions = predictions.squeeze(-1)
    elif labels.ndim == predictions.ndim + 1 and labels.shape[-1] == 1:
        labels = labels.squeeze(-1)
    if labels.shape != predictions.shape:
        raise ValueError(
            f"Shapes {shape_text(predictions.shape)} and {shape_text(labels.shape)} are incompatible: "
            "those of `predictions` and `labels` must be the same."
        )
    return labels, predictions


def weights_for(values: Tensor, weights: Any) -> Tensor:
    """A weight for each value, as float32: 1 where none are given.

    Raises:
        ValueError: they do not broadcast to the values.
    """
    if weights is None:
        return torch.ones((), device=values.device).expand(values.shape)
    weights = as_tensor(weights, beside=values)
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        weights = weights.squeeze(-1)
    elif weights.ndim and weights.ndim == values.ndim - 1:
        weights = weights.unsqueeze(-1)
    return checked_weights(weights, values).expand(values.shape)


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole``, and 0 where the whole is none.

    >>> ratio(torch.tensor([1.0, 1.0]), torch.tensor([2.0, 0.0]))
    tensor([0.5000, 0.0000])
    """
    some = whole > 0
    return torch.where(some, part, 0) / torch.where(some, whole, 1)
