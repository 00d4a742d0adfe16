"""The gradients of a loss, computed when somebody wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor

from torchscope._core.ops.gathered import gradients_of
from torchscope._core.passes import one_pass as passes
from torchscope._core.pytorch import fakes


class Backward:
    """The gradients of a loss with respect to variables, which nothing computes before they are asked for.

    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> unused = torch.ones(1, requires_grad=True)
    >>> backward = Backward((w * w).sum(), [w, unused])
    >>> [each is w for each in backward.reached()], backward.gradients([w])
    ([True], [tensor([2., 4.])])

    Args:
        loss: what is differentiated; the sum of it where it has several elements, as in TF1.
        variables: with respect to which.
        weight: by what the loss is multiplied; None for 1.
    """

    __slots__ = ("__weakref__", "_loss", "_others", "_pass", "_variables", "_weight")

    def __init__(self, loss: Tensor, variables: Sequence[Tensor], weight: Any = None) -> None:
        self._loss: Tensor | None = loss
        self._variables = list(variables)
        self._weight = weight
        self._pass: Any = passes.current()
        if self._pass.backwards is None:
            self._pass.backwards = WeakSet()
        # Of a pass that is over its backwards alone are wanted.
        self._others = self._pass.backwards
        self._others.add(self)

    def reached(self) -> list[Tensor]:
        """The variables to which a path leads from the loss; all of them where nobody keeps paths."""
        loss = self._loss
        if not torch.is_grad_enabled():
            return self._variables
        if loss is None or loss.grad_fn is None:
            return [each for each in self._variables if each is loss and each.requires_grad]
        leaves: set[int] = set()
        seen = {loss.grad_fn}
        waiting: list[Any] = [loss.grad_fn]
        while waiting:
            node = waiting.pop()
            for further, _ in node.next_functions:
                if further is None or further in seen:
                    continue
                seen.add(further)
                leaf = getattr(further, "variable", None)
                if leaf is None:
                    waiting.append(further)
                else:
                    leaves.add(id(leaf))
        return [each for each in self._variables if id(each) in leaves]

    def gradients(self, variables: Sequence[Tensor]) -> list[Any]:
        """The gradients, once.

        What autograd keeps is let go of with the last of those that may want it: in the pass itself others
        may come.

        Raises:
            RuntimeError: no gradients were kept; or a variable has been written to since.
        """
        loss, self._loss = self._loss, None
        assert loss is not None
        if fakes.are_recorded():
            raise RuntimeError(
                "An optimizer's operation was run in a call that is recorded for a graph (ts.graph, "
                "torch.compile, torch.export), which holds the operations of forward, and not those of a "
                "backward within. Call the net itself, or train what the graph gives by torchscope.optim."
            )
        if not loss.requires_grad:
            raise RuntimeError(
                "The loss was computed where gradients are off (torch.no_grad, torch.inference_mode), or "
                "it depends on no variable that is trained: there is nothing to differentiate. Call the "
                "net with gradients on, and leave its train_op alone where it is only evaluated."
            )
        wanted = any(other is not self and other._loss is not None for other in self._others)
        weight = torch.ones_like(loss) if self._weight is None else self._weight
        try:
            pass_, self._pass = self._pass, None
            keep = wanted or passes.active() is pass_
            return gradients_of(pass_, [loss], [weight], variables, retain_graph=keep)
        except RuntimeError as error:
            if "modified by an inplace operation" not in str(error):
                raise
            raise RuntimeError(
                "A variable that the loss was computed with has been written to since, by another "
                "optimizer's step perhaps, and its gradients would be those of other numbers. Call the "
                "net again and run what that call gives, as each run of a session computed all anew; "
                "or run both at once, by tf.group(first, second)."
            ) from error
