"""A regularizer applied to a list of variables (tf.contrib.layers.apply_regularization)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.functions.collections import add_to_collection, get_collection
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.regularizers import Regularizer


def apply_regularization(
    regularizer: Regularizer, weights_list: Iterable[Any] | None = None
) -> Tensor:
    """The loss of several variables, also put into REGULARIZATION_LOSSES.

    Answers to tf.contrib.layers.apply_regularization.

    >>> import torchscope as ts
    >>> w = ts.get_variable("w", initializer=[2.0, 1.0])
    >>> apply_regularization(ts.regularizers.l1_regularizer(0.5), [w]).item()
    1.5

    Args:
        regularizer: a function from a variable to a scalar, or to None.
        weights_list: the variables; what is in the collection 'weights' where there are none.

    Raises:
        ValueError: there are no variables, or the regularizer gives no scalar.
    """
    weights = list(weights_list or ()) or get_collection(GraphKeys.WEIGHTS)
    if not weights:
        raise ValueError(
            "No weights to regularize. Give a list, or put variables into the collection "
            "GraphKeys.WEIGHTS."
        )
    penalties = []
    for each in weights:
        penalty = regularizer(each)
        penalties.append(torch.tensor(0.0) if penalty is None else penalty)
        if penalties[-1].ndim:
            raise ValueError(
                "regularizer must return a scalar Tensor instead of a Tensor with rank "
                f"{penalties[-1].ndim}."
            )
    total = torch.stack(penalties).sum()
    add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
    return total
