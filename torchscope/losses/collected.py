"""The collection of losses, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import add_to_collections, get_collection
from torchscope._core.operations.devices import device_of_the_net
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import dtype_name, shape_text


def add_loss(loss: Tensor, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Puts a loss into the collection of losses (tf.losses.add_loss).

    >>> import torchscope as ts
    >>> ts.losses.add_loss(torch.tensor(0.5))
    >>> ts.losses.get_losses()
    [tensor(0.5000)]

    Args:
        loss: the loss.
        loss_collection: the name of the collection; None puts it into none.
    """
    if loss_collection:
        add_to_collections(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[Any]:
    """A new list of the losses of this pass (tf.losses.get_losses).

    >>> import torchscope as ts
    >>> with ts.name_scope("tower"):
    ...     _ = ts.losses.mean_squared_error([1.0], [3.0])
    >>> ts.losses.get_losses(), ts.losses.get_losses("other")
    ([tensor(4.)], [])

    Args:
        scope: a regular expression that the name scope of a loss must match from its start.
        loss_collection: the name of the collection.
    """
    return get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The regularization losses of the variables (tf.losses.get_regularization_losses).

    >>> import torchscope as ts
    >>> _ = ts.get_variable("w", initializer=[2.0], regularizer=ts.l2_regularizer(0.5))
    >>> [loss.item() for loss in ts.losses.get_regularization_losses()]
    [1.0]

    Args:
        scope: a regular expression that the variable's name must match from its start.
    """
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(
    scope: str | None = None, name: str | None = "total_regularization_loss"
) -> Tensor:
    """The sum of the regularization losses; 0 where there are none.

    Answers to tf.losses.get_regularization_loss.

    >>> import torchscope as ts
    >>> ts.losses.get_regularization_loss()
    tensor(0.)

    Args:
        scope: a regular expression that the variable's name must match from its start.
        name: accepted for TF1 code; it has no effect.
    """
    losses = get_regularization_losses(scope)
    return _added(losses) if losses else torch.zeros((), device=device_of_the_net())


def get_total_loss(
    add_regularization_losses: bool = True,
    name: str | None = "total_loss",
    scope: str | None = None,
) -> Tensor:
    """The sum of all losses of this pass (tf.losses.get_total_loss).

    >>> import torchscope as ts
    >>> _ = ts.get_variable("w", initializer=[2.0], regularizer=ts.l2_regularizer(0.5))
    >>> _ = ts.losses.mean_squared_error([1.0], [3.0])
    >>> ts.losses.get_total_loss().item()
    5.0

    Args:
        add_regularization_losses: takes those of the variables as well.
        name: accepted for TF1 code; it has no effect.
        scope: a regular expression that the names of losses and variables must match from their
            start.

    Raises:
        ValueError: there are no losses, or of different shapes.
        TypeError: they have different dtypes.
    """
    losses = get_losses(scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope)
    return _added(losses)


def _added(losses: Sequence[Tensor]) -> Tensor:
    """A sum of tensors of one shape and dtype."""
    if not losses:
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype "
            "and shape. There are no losses in this pass: a loss function puts them there, unless "
            "its loss_collection is another."
        )
    total = losses[0]
    for loss in losses[1:]:
        if loss.dtype != total.dtype:
            dtypes = ", ".join(dtype_name(each.dtype) for each in losses)
            raise TypeError(
                f"Tensors in list passed to 'inputs' of 'AddN' Op have types [{dtypes}] that don't "
                "all match. Convert the losses to one dtype before they are added."
            )
        if loss.ndim != total.ndim:
            raise ValueError(
                f"Shapes must be equal rank, but are {total.ndim} and {loss.ndim}: {_shapes(losses)}"
            )
        if loss.shape != total.shape:
            axis = next(a for a in range(loss.ndim) if loss.shape[a] != total.shape[a])
            raise ValueError(
                f"Dimension {axis} in both shapes must be equal, but are {total.shape[axis]} and "
                f"{loss.shape[axis]}: {_shapes(losses)}"
            )
        total = total + loss
    return total


def _shapes(losses: Sequence[Tensor]) -> str:
    shapes = ", ".join(shape_text(loss.shape) for loss in losses)
    return f"the losses have the shapes {shapes}. Reduce them before they are added."
