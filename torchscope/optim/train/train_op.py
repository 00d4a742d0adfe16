"""Operations that train a net by a step and give the loss: create_train_op (tf.contrib.training)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import (
    add_to_collection,
    get_collection,
    trainable_variables,
)
from torchscope._core.functions.global_step import get_or_create_global_step
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.operations.operation import Operation, changes_of, no_op, run_all
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.asserting import check_numerics as checked
from torchscope._core.pytorch import fakes
from torchscope._core.store.graph_keys import GraphKeys
from torchscope.optim.train.gradients import Pairs, add_gradients_summaries
from torchscope.optim.train.optimizer import Optimizer

_LOGGER = logging.getLogger("tensorflow")
# What stands for the global step where none is given; None is for no step at all.
_USE_GLOBAL_STEP = 0


class TrainOp(Operation):
    """An operation that trains, and gives the loss that it was computed from.

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model(x):
    ...     loss = tf.square(x * ts.get_variable("w", initializer=2.0))
    ...     return tf.contrib.training.create_train_op(loss, tf.train.GradientDescentOptimizer(0.25))
    >>> net = ts.ScopedModule(model)
    >>> [net(torch.tensor(1.0)).run().item() for _ in range(3)]
    [4.0, 1.0, 0.25]
    """

    __slots__ = ("_loss",)
    _loss: Tensor

    @classmethod
    def of(
        cls, loss: Tensor, first: Iterable[Any], step: Operation, check: Callable[[Tensor], Any]
    ) -> TrainOp:
        """One that runs the operations `first` and then the step, once the loss has been checked."""
        before, given = list(first), loss.detach()

        def run() -> None:
            check(given)
            run_all([*before, step])

        made = cls.named(None, "control_dependency", run, "Identity", changes_of([*before, step]))
        assert isinstance(made, TrainOp)
        made._loss = given
        made.ready = step.make_ready
        return made

    def run(self, feed_dict: Any = None, session: Any = None) -> Tensor:
        """Trains, and gives the loss: see `Operation.run`."""
        super().run(feed_dict, session)
        return self._loss


def moving(
    optimizer: Any,
    loss: Tensor,
    variables: list[Any],
    transform: Callable[[Pairs], Pairs] | None,
    global_step: Any,
    name: str | None = None,
    **settings: Any,
) -> Operation:
    """What moves variables by gradients that `transform` has changed, if there is one.

    The gradients are computed now, for the names and variables of `transform` and what it notes belong to the
    pass. Without it they wait until the operation is run. Where gradients are off or recorded, `transform` sees
    zeros, and the operation is refused when it is run.
    """
    made: Operation
    if transform is not None and torch.is_grad_enabled() and not fakes.are_recorded():
        pairs = transform(optimizer.compute_gradients(loss, variables, **settings))
        made = optimizer.apply_gradients(pairs, global_step=global_step, name=name)
    else:
        if transform is not None:
            transform([(torch.zeros_like(variable), variable) for variable in variables])
        made = optimizer.minimize(loss, global_step, variables, name=name, **settings)
    return made


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _USE_GLOBAL_STEP,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: list[Any] | None = None,
    transform_grads_fn: Callable[[Pairs], Pairs] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> TrainOp:
    """An operation that trains by a step and gives the loss (tf.contrib.training.create_train_op).

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model(x):
    ...     loss = tf.square(x * ts.get_variable("w", initializer=2.0))
    ...     optimizer = tf.train.GradientDescentOptimizer(0.25)
    ...     clip = tf.contrib.training.clip_gradient_norms_fn(1.0)
    ...     return tf.contrib.training.create_train_op(loss, optimizer, transform_grads_fn=clip)
    >>> net = ts.ScopedModule(model)
    >>> train_op = net(torch.tensor(1.0))
    >>> train_op.run(), net.w.item(), net.global_step.item()
    (tensor(4.), 1.75, 1)

    Args:
        total_loss: the loss, a tensor.
        optimizer: one of tf.train.
        global_step: a variable to count by; by default the global step, which is made if there is none. None
            counts nothing.
        update_ops: operations to run before; those in the collection UPDATE_OPS by default.
        variables_to_train: variables; those that are trained by default.
        transform_grads_fn: a function of pairs of a gradient and its variable that gives such pairs. With it, the
            gradients are computed in the pass; without it, when the operation is run.
        summarize_gradients: whether tf.summary notes each gradient and its norm.
        gate_gradients: as in `Optimizer.minimize`.
        aggregation_method: as in `Optimizer.minimize`.
        colocate_gradients_with_ops: as in `Optimizer.minimize`.
        check_numerics: whether a loss that is not finite is refused when the operation is run.

    Raises:
        AssertionError: there are no variables, or one is not trained.
        ValueError: no path leads from the loss to any of them.
        InvalidArgumentError: when it is run: the loss is not finite. Nothing has moved.
    """
    loss = as_tensor(total_loss)
    step = get_or_create_global_step() if global_step is _USE_GLOBAL_STEP else global_step
    updates = _updates(update_ops)
    variables = _to_train(variables_to_train)

    def transform(pairs: Pairs) -> Pairs:
        if transform_grads_fn is not None:
            pairs = transform_grads_fn(pairs)
        if summarize_gradients:
            with name_scope("summarize_grads"):
                add_gradients_summaries(pairs)
        return pairs

    moved = moving(
        optimizer,
        loss,
        variables,
        transform if transform_grads_fn is not None or summarize_gradients else None,
        step,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )

    def check(value: Tensor) -> None:
        if check_numerics:
            checked(value, "LossTensor is inf or nan")

    with name_scope("train_op"):
        made = TrainOp.of(loss, updates, moved, check)
    add_to_collection(GraphKeys.TRAIN_OP, made)
    return made


def _updates(given: Iterable[Any] | None) -> list[Any]:
    """The operations that are to run before."""
    collected = get_collection(GraphKeys.UPDATE_OPS)
    updates = collected if given is None else list(given)
    if any(all(each is not other for other in updates) for each in collected):
        _LOGGER.warning(
            "update_ops in create_train_op does not contain all the update_ops in GraphKeys.UPDATE_OPS"
        )
    if updates:
        no_op("update_barrier")
    return updates


def _to_train(given: list[Any] | None) -> list[Any]:
    """The variables to train."""
    variables = trainable_variables() if given is None else list(given)
    if not variables:
        raise AssertionError(
            "There are no variables to train. Ask for those of the model before create_train_op is called, or "
            "name some in variables_to_train."
        )
    for each in variables:
        if not each.requires_grad:
            raise AssertionError(
                f"Variable {each.op.name} is in variables_to_train and is not trained (trainable=False). "
                "Leave it out."
            )
    return variables
