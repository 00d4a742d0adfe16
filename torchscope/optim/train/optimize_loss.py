"""tf.contrib.layers.optimize_loss: a training step from a loss, a rate and the name of an optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import get_collection, trainable_variables
from torchscope._core.functions.global_step import assert_global_step, get_global_step
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.clipping import clip_by_global_norm, global_norm
from torchscope._core.ops.drawing import truncated_normal
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.summaries.noting import histogram, scalar
from torchscope._core.values.conversion import shape_text
from torchscope.initializers import Constant
from torchscope.optim.train.gradients import Pairs, multiplier_of, times, values_of
from torchscope.optim.train.optimizer import Optimizer
from torchscope.optim.train.optimizers import (
    AdagradOptimizer,
    AdamOptimizer,
    FtrlOptimizer,
    GradientDescentOptimizer,
    MomentumOptimizer,
    RMSPropOptimizer,
)
from torchscope.optim.train.train_op import TrainOp, moving

# The names by which an optimizer is asked for.
OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Optimizer]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": lambda learning_rate: MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}

# What of a step can be noted.
OPTIMIZER_SUMMARIES = [
    "learning_rate",
    "loss",
    "gradients",
    "gradient_norm",
    "global_gradient_norm",
]


def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: float | None = None,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Iterable[Any] | None = None,
    variables: list[Any] | None = None,
    name: str | None = None,
    summaries: Iterable[str] | None = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> TrainOp:
    """An operation that trains by a step and gives the loss (tf.contrib.layers.optimize_loss).

    >>> import torch, torchscope as ts, torchscope.tf1 as tf
    >>> def model(x):
    ...     loss = tf.square(x * ts.get_variable("w", initializer=2.0))
    ...     return tf.contrib.layers.optimize_loss(loss, None, 0.25, "SGD", clip_gradients=1.0)
    >>> net = ts.ScopedModule(model)
    >>> net(torch.tensor(1.0)).run(), net.w.item(), list(net.registry.variables)
    (tensor(4.), 1.75, ['w', 'OptimizeLoss/learning_rate'])

    The gradients are computed in the pass where something is done to them or noted of them, as their norm is by
    default; with ``summaries=[]`` when the operation is run.

    Args:
        loss: a number, as a tensor.
        global_step: a variable to count by; None for the global step, if there is one.
        learning_rate: a float, which becomes a variable; a tensor of one number; or None, where the optimizer
            has its own.
        optimizer: a name of OPTIMIZER_CLS_NAMES; a class of tf.train; an optimizer; or a function of the rate, or
            of nothing if that is None, that gives one.
        gradient_noise_scale: by what random numbers are multiplied that are added to the gradients.
        gradient_multipliers: numbers by variable, or by its name (`v.name`).
        clip_gradients: a float, the global norm that gradients are clipped to; or a function of pairs.
        learning_rate_decay_fn: a function of the rate and the global step that gives the rate.
        update_ops: operations to run before; those in the collection UPDATE_OPS by default.
        variables: the variables to train; those that are trained by default.
        name: the scope of all that it makes; 'OptimizeLoss' by default.
        summaries: which of OPTIMIZER_SUMMARIES are noted; the loss, the rate and the gradients' global norm by
            default.
        colocate_gradients_with_ops: accepted for TF1 code; it has no effect.
        increment_global_step: whether the step is counted.

    Raises:
        ValueError: the loss is no single number; something is of a wrong type; there is no global step where
            one is needed; a summary or an optimizer is unknown; or no path leads to any variable.
    """
    loss = as_tensor(loss)
    if loss.ndim:
        raise ValueError(
            f"Expected scalar shape for the loss, saw shape: {shape_text(loss.shape)}. Make one number of it: "
            "tf.reduce_mean(loss)."
        )
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        updates = get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else list(update_ops)
        rate = _rate(learning_rate)
        noted = _noted(summaries)
        if rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError(
                    "global_step is required for learning_rate_decay_fn. Call "
                    "tf.train.get_or_create_global_step() before."
                )
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in noted:
                scalar("learning_rate", rate)
        made = _optimizer(optimizer, rate)
        change = _Change(
            gradient_noise_scale, gradient_multipliers, clip_gradients, noted, loss.detach()
        )
        step = moving(
            made,
            loss,
            trainable_variables() if variables is None else variables,
            change if change.is_any() else None,
            global_step if increment_global_step else None,
            "train",
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        return TrainOp.of(loss, updates, step, lambda _: None)


def _rate(learning_rate: Any) -> Any:
    """The rate as a tensor: of a float a variable, which is not trained."""
    if learning_rate is None or (isinstance(learning_rate, Tensor) and not learning_rate.ndim):
        return learning_rate
    if not isinstance(learning_rate, float):
        raise ValueError(
            f"Learning rate should be 0d Tensor or float. Got {learning_rate} of type {type(learning_rate)}"
        )
    if learning_rate < 0.0:
        raise ValueError(f"Invalid learning_rate {learning_rate}. It must not be negative.")
    return get_variable("learning_rate", [], initializer=Constant(learning_rate), trainable=False)


def _noted(summaries: Iterable[str] | None) -> list[str]:
    if summaries is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    asked = list(summaries)
    for each in asked:
        if each not in OPTIMIZER_SUMMARIES:
            raise ValueError(
                f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided {each}."
            )
    return asked


def _optimizer(asked: Any, rate: Any) -> Any:
    """The optimizer that is asked for, with this rate."""
    by_name = isinstance(asked, str)
    if by_name or (isinstance(asked, type) and issubclass(asked, Optimizer)):
        if rate is None:
            kind = "string" if by_name else "class"
            raise ValueError(
                f"Learning rate is None, but should be specified if optimizer is {kind} ({asked})."
            )
        if by_name and asked not in OPTIMIZER_CLS_NAMES:
            raise ValueError(
                f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided {asked}."
            )
        return (OPTIMIZER_CLS_NAMES[asked] if by_name else asked)(learning_rate=rate)
    if isinstance(asked, Optimizer):
        return asked
    if not callable(asked):
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of "
            f"Optimizer or function with one argument. Got {asked}."
        )
    made = asked() if rate is None else asked(rate)
    if not isinstance(made, Optimizer):
        raise ValueError(
            f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}."
        )
    return made


class _Change:
    """What is done to gradients, and noted of them and of the loss."""

    def __init__(
        self,
        noise: float | None,
        multipliers: Mapping[Any, Any] | None,
        clip: Any,
        noted: list[str],
        loss: Tensor,
    ) -> None:
        if clip is not None and not isinstance(clip, float) and not callable(clip):
            raise ValueError(
                f"Unknown type {type(clip)} for clip_gradients. Give a float or a function of pairs."
            )
        self.noise, self.multipliers, self.clip = noise, multipliers, clip
        self.noted, self.loss = noted, loss
        self.notes_norms = not {"global_gradient_norm", "gradient_norm"}.isdisjoint(noted)

    def is_any(self) -> bool:
        """Whether there is anything to do with gradients; if not, the loss is noted here and now."""
        wanted = (self.noise, self.multipliers, self.clip) != (None, None, None)
        if wanted or self.notes_norms or "gradients" in self.noted:
            return True
        if "loss" in self.noted:
            scalar("loss", self.loss)
        return False

    def __call__(self, pairs: Pairs) -> Pairs:
        if self.noise is not None:
            pairs = [(_noisy(gradient, self.noise), variable) for gradient, variable in pairs]
        if self.multipliers is not None:
            pairs = [
                (
                    times(gradient, multiplier_of(variable, variable.name, self.multipliers)),
                    variable,
                )
                for gradient, variable in pairs
            ]
        if self.notes_norms:
            scalar("global_norm/gradient_norm", _norm(pairs))
        if isinstance(self.clip, float):
            clipped, _ = clip_by_global_norm([gradient for gradient, _ in pairs], self.clip)
            pairs = list(zip(clipped, (variable for _, variable in pairs), strict=True))
        elif self.clip is not None:
            pairs = list(self.clip(pairs))
        self._note(pairs)
        return pairs

    def _note(self, pairs: Pairs) -> None:
        """Notes the loss, and the gradients that the variables move by."""
        if "loss" in self.noted:
            scalar("loss", self.loss)
        for gradient, variable in pairs:
            if gradient is None:
                continue
            name, values = variable.name.replace(":", "_"), values_of(gradient)
            if "gradients" in self.noted:
                histogram(f"gradients/{name}", values)
            if "gradient_norm" in self.noted:
                scalar(f"gradient_norm/{name}", global_norm([values]))
        if self.clip is not None and self.notes_norms:
            scalar("global_norm/clipped_gradient_norm", _norm(pairs))


def _norm(pairs: Pairs) -> Any:
    return global_norm([gradient for gradient, _ in pairs])


def _noisy(gradient: Any, scale: float) -> Any:
    """A gradient with random numbers added to it; all rows of a table get some."""
    if gradient is None:
        return None
    whole = gradient.to_dense() if isinstance(gradient, IndexedSlices) else gradient
    noise = truncated_normal(list(whole.shape), dtype=torch.float32)
    return whole + noise.to(whole.device, whole.dtype) * scale
