"""What is done to gradients between compute_gradients and apply_gradients: clipped, multiplied, noted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from torchscope._core.ops.arguments import as_tensor
from torchscope._core.ops.clipping import clip_by_norm, global_norm
from torchscope._core.ops.indexed_slices import IndexedSlices
from torchscope._core.summaries.noting import histogram, scalar

Pairs = list[tuple[Any, Any]]

_LOGGER = logging.getLogger("tensorflow")


def values_of(gradient: Any) -> Any:
    """The numbers of a gradient: of slices, those that they have."""
    return gradient.values if isinstance(gradient, IndexedSlices) else gradient


def with_values(gradient: Any, change: Callable[[Any], Any]) -> Any:
    """A gradient with other numbers in the same places.

    >>> with_values(IndexedSlices([[1.0]], [2], [3, 1]), lambda values: values * 2).values
    tensor([[2.]])
    """
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(change(gradient.values), gradient.indices, gradient.dense_shape)
    return change(gradient)


def clip_gradient_norms(gradients_to_variables: Any, max_norm: Any) -> Pairs:
    """Clips each gradient by its own norm (slim.learning.clip_gradient_norms).

    >>> import torch
    >>> clip_gradient_norms([(torch.tensor([3.0, 4.0]), "w"), (None, "v")], 1.0)
    [(tensor([0.6000, 0.8000]), 'w'), (None, 'v')]

    Args:
        gradients_to_variables: pairs of a gradient and its variable. None stays None.
        max_norm: the norm that no gradient exceeds.
    """
    return [
        (
            None
            if gradient is None
            else with_values(gradient, lambda v: clip_by_norm(v, max_norm)),
            v,
        )
        for gradient, v in gradients_to_variables
    ]


def clip_gradient_norms_fn(max_norm: Any) -> Callable[[Any], Pairs]:
    """A function of pairs that clips as `clip_gradient_norms` does (tf.contrib.training).

    >>> import torch
    >>> clip_gradient_norms_fn(1.0)([(torch.tensor([3.0, 4.0]), "w")])
    [(tensor([0.6000, 0.8000]), 'w')]

    Args:
        max_norm: the norm that no gradient exceeds.
    """
    return lambda pairs: clip_gradient_norms(pairs, max_norm)


def multiply_gradients(grads_and_vars: Pairs, gradient_multipliers: Mapping[Any, Any]) -> Pairs:
    """Multiplies the gradients of some variables (slim.learning.multiply_gradients).

    >>> import torch, torchscope as ts
    >>> w, v = (ts.get_variable(name, [1]) for name in "wv")
    >>> pairs = multiply_gradients([(torch.ones(1), w), (torch.ones(1), v)], {"v": 10.0})
    >>> [gradient.item() for gradient, _ in pairs]
    [1.0, 10.0]

    Args:
        grads_and_vars: a list of pairs of a gradient and its variable.
        gradient_multipliers: numbers by variable, or by its name (`v.op.name`).

    Raises:
        ValueError: it is no list of pairs, or no dict, or one without entries; or what is to be multiplied is
            None.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError(f"`grads_and_vars` must be a list. It is {type(grads_and_vars).__name__}.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(gradient_multipliers, dict):
        raise ValueError(
            f"`gradient_multipliers` must be a dict. It is {type(gradient_multipliers).__name__}."
        )
    multiplied = []
    for gradient, variable in grads_and_vars:
        multiplier = multiplier_of(variable, variable.op.name, gradient_multipliers)
        if multiplier is not None and gradient is None:
            raise ValueError(
                f"Requested multiple of `None` gradient. The loss does not depend on {variable.op.name}."
            )
        multiplied.append((times(gradient, multiplier), variable))
    return multiplied


def multiplier_of(variable: Any, name: str, multipliers: Mapping[Any, Any]) -> Any:
    """What the gradient of a variable is multiplied by; None where nothing is said."""
    return multipliers.get(variable, multipliers.get(name))


def times(gradient: Any, multiplier: Any) -> Any:
    """A gradient that is multiplied, in its own dtype; by None it stays as it is, and None stays None."""
    if gradient is None or multiplier is None:
        return gradient

    def change(values: Tensor) -> Tensor:
        return values * as_tensor(multiplier, beside=values).to(values.dtype)

    return with_values(gradient, change)


def add_gradients_summaries(grads_and_vars: Pairs, separator: str = "_") -> list[Any]:
    """Notes each gradient and its norm (tf.contrib.training.add_gradients_summaries).

    >>> import torch, torchscope as ts
    >>> [made.name for made in add_gradients_summaries([(torch.ones(1), ts.get_variable("w", [1]))])]
    ['w_gradient', 'w_gradient_norm']

    Args:
        grads_and_vars: pairs of a gradient and its variable. Of None nothing is noted.
        separator: what is between the variable's name and the rest: slim.learning has a slash.
    """
    noted: list[Any] = []
    for gradient, variable in grads_and_vars:
        name = variable.op.name
        if gradient is None:
            _LOGGER.info("Var %s has no gradient", name)
            continue
        values = values_of(gradient)
        noted += [
            histogram(f"{name}{separator}gradient", values),
            scalar(f"{name}{separator}gradient_norm", global_norm([values])),
        ]
    return noted
