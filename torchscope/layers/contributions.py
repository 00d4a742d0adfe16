"""What a layer adds to the loss and to the updates of the pass that it is called in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import add_to_collection, get_collection
from torchscope._core.operations.operation import Operation
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.passes import one_pass as passes
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import Variable
from torchscope._core.values.structures import flatten
from torchscope.layers.weights import pieces_of

# A loss, and the tensors that it was said to be about, if any.
_Loss = tuple[Tensor, list[Any] | None]


class Contributions:
    """What a layer has added in one pass. Tuples, since a copy must not notice what comes later."""

    losses: tuple[_Loss, ...] = ()
    computed: tuple[tuple[Callable[[], Any], list[Any] | None], ...] = ()
    updates: tuple[Operation, ...] = ()


class Contributing:
    """The part of a layer that is about losses and updates."""

    trainable: bool
    # Whether the call has done what it leaves among the updates.
    _moved = False

    @property
    def _contributions(self) -> Contributions:
        raise NotImplementedError

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds to its losses, and to REGULARIZATION_LOSSES of the pass (tf.layers.Layer.add_loss).

        Args:
            losses: one or several: a tensor, a number, or a function without arguments that gives
                one; it is called now, and whenever `losses` is read. None is no loss.
            inputs: the tensors that they are about; None where they are about none.
        """
        of = self._contributions
        about = None if inputs is None else flatten(inputs)
        for each in flatten(losses):
            loss = each() if _is_function(each) else each
            if _is_function(each):
                of.computed += ((each, about),)
            if loss is None:
                continue
            loss = as_tensor(loss, dtype=None if isinstance(loss, Tensor) else torch.float32)
            if not _is_function(each):
                of.losses += ((loss, about),)
            add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)

    @property
    def losses(self) -> list[Any]:
        """What `add_loss` added in this pass, then its variables' regularization losses.

        These are computed when they are read. Only the layer that a variable was first asked for by
        in the pass has its loss.
        """
        return [loss for loss, _ in self._all_losses()]

    def _all_losses(self) -> list[_Loss]:
        of = self._contributions
        found = list(of.losses)
        for function, about in of.computed:
            loss = function()
            if loss is not None:
                found.append((as_tensor(loss), about))
        return found

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """The losses about some tensors, or those that are about none (tf.layers.Layer.get_losses_for).

        Args:
            inputs: the very tensors that `add_loss` was told of, or that the layer with an
                activity_regularizer was called with; None for losses that are about none. In TF1
                tensors from which these were computed do as well.

        Raises:
            ValueError: all losses that are about tensors are about others.
        """
        losses = self._all_losses()
        if inputs is None:
            return [loss for loss, about in losses if about is None]
        asked = flatten(inputs)
        others = [(loss, about) for loss, about in losses if about is not None]
        found = [loss for loss, about in others if any(a is b for a in about or () for b in asked)]
        if others and not found:
            raise ValueError(
                "The losses of this layer are about other tensors than these, and without a graph "
                "nothing tells whether they were computed from these. Ask with the very tensors that "
                "the layer was called with."
            )
        return found

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds operations to its updates, which go into UPDATE_OPS (tf.layers.Layer.add_update).

        They get there when the layer's call ends, if the layer is trainable, as in TF1; they are run
        by who waits for them.

        Args:
            updates: an operation or several; functions without arguments are called for one. A
                tensor, such as `assign_add` gives, has been computed already.
            inputs: accepted for TF1 code; it has no effect.

        Raises:
            TypeError: an update is none of these.
        """
        of = self._contributions
        for each in updates if isinstance(updates, list | tuple) else [updates]:
            update = each() if _is_function(each) else each
            if isinstance(update, Tensor):
                update = Operation.named("update", "update", None)
            if not isinstance(update, Operation):
                raise TypeError(
                    f"Can not convert a {type(update).__name__} into a Tensor or Operation. An update is "
                    f"an operation, or a function that gives one. Received: {update!r}"
                )
            of.updates += (update,)

    @property
    def updates(self) -> list[Operation]:
        """The operations that `add_update` was given in this pass; none where it is not trainable."""
        return list(self._contributions.updates) if self.trainable else []

    def _collect_updates(self) -> None:
        """Puts what is new among its updates into UPDATE_OPS."""
        if not self._contributions.updates:
            return
        held = get_collection(GraphKeys.UPDATE_OPS)
        for update in self.updates:
            if all(update is not each for each in held):
                add_to_collection(GraphKeys.UPDATE_OPS, update)

    def _regularize(self, variable: Any, regularizer: Callable[..., Any] | None) -> None:
        """Notes the losses of a variable that it got, where the pass has asked for it first."""
        if regularizer is None:
            return
        claims = passes.current().claims
        of = self._contributions
        for each in pieces_of(variable):
            if not isinstance(each, Variable) or claims.get(each._ts_record) == 1:
                of.computed += ((partial(regularizer, each), None),)


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, Tensor | Operation)
