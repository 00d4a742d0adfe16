"""slim.learning: a training step whose gradients are clipped and multiplied. The loop is one of your own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torchscope._core.operations.name_scopes import name_scope
from torchscope.optim.train import gradients
from torchscope.optim.train.gradients import Pairs
from torchscope.optim.train.gradients import clip_gradient_norms as _clip_gradient_norms
from torchscope.optim.train.gradients import multiply_gradients as _multiply_gradients
from torchscope.optim.train.optimizer import Optimizer
from torchscope.optim.train.train_op import TrainOp
from torchscope.optim.train.train_op import create_train_op as _create_train_op

__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "create_train_op",
    "multiply_gradients",
]

clip_gradient_norms = _clip_gradient_norms
multiply_gradients = _multiply_gradients


def add_gradients_summaries(grads_and_vars: Pairs) -> list[Any]:
    """Notes each gradient and its norm (slim.learning.add_gradients_summaries).

    >>> import torch, torchscope as ts
    >>> [made.name for made in add_gradients_summaries([(torch.ones(1), ts.get_variable("w", [1]))])]
    ['w/gradient', 'w/gradient_norm']

    Args:
        grads_and_vars: pairs of a gradient and its variable. Of None nothing is noted.
    """
    return gradients.add_gradients_summaries(grads_and_vars, "/")


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = 0,
    update_ops: Iterable[Any] | None = None,
    variables_to_train: list[Any] | None = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    check_numerics: bool = True,
) -> TrainOp:
    """An operation that trains by a step and gives the loss (slim.learning.create_train_op).

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> from torchscope import slim
    >>> def model(x):
    ...     loss = tf.square(x * ts.get_variable("w", initializer=2.0))
    ...     optimizer = tf.train.GradientDescentOptimizer(0.25)
    ...     return slim.learning.create_train_op(loss, optimizer, clip_gradient_norm=1.0)
    >>> net = ts.ScopedModule(model)
    >>> net(torch.tensor(1.0)).run(), net.w.item()
    (tensor(4.), 1.75)

    Args:
        total_loss: the loss, a tensor.
        optimizer: one of tf.train.
        global_step: a variable to count by; by default the global step, which is made if there is none. None
            counts nothing.
        update_ops: operations to run before; those in the collection UPDATE_OPS by default.
        variables_to_train: variables; those that are trained by default.
        clip_gradient_norm: the norm that no gradient exceeds; 0 clips nothing.
        summarize_gradients: whether tf.summary notes each gradient and its norm.
        gate_gradients: as in `Optimizer.minimize`.
        aggregation_method: as in `Optimizer.minimize`.
        colocate_gradients_with_ops: as in `Optimizer.minimize`.
        gradient_multipliers: numbers by variable, or by its name (`v.op.name`).
        check_numerics: whether a loss that is not finite is refused when the operation is run.

    Raises:
        AssertionError: there are no variables, or one is not trained.
        ValueError: no path leads from the loss to any of them, or not to one that is to be multiplied.
        InvalidArgumentError: when it is run: the loss is not finite. Nothing has moved.
    """

    def transform(pairs: Pairs) -> Pairs:
        if gradient_multipliers:
            with name_scope("multiply_grads"):
                pairs = multiply_gradients(pairs, gradient_multipliers)
        if clip_gradient_norm > 0:
            with name_scope("clip_grads"):
                pairs = clip_gradient_norms(pairs, clip_gradient_norm)
        return pairs

    changes = bool(gradient_multipliers) or clip_gradient_norm > 0
    return _create_train_op(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        transform if changes else None,
        summarize_gradients,
        gate_gradients,
        aggregation_method,
        colocate_gradients_with_ops,
        check_numerics,
    )


def __dir__() -> list[str]:
    return __all__
