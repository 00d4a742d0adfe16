"""How a layer gets a variable, and what it then counts as: the scope's getter has a say in both."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from torch import Tensor

from torchscope._core.functions.collections import add_to_collection
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.passes import one_pass as passes
from torchscope._core.requests.variable_scope import get_variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import Variable
from torchscope._core.values.regularizers import sum_regularizer
from torchscope._core.values.replicas import VariableSynchronization
from torchscope.layers.plans import Request

# A variable, or what a getter made of it; and whether it is one that was to be trained.
Weight = tuple[Any, bool]


def trainable_of(trainable: bool | None, synchronization: Any) -> bool:
    """Whether a layer's variable is to be trained: what replicas write by themselves is not.

    >>> trainable_of(None, None), trainable_of(None, VariableSynchronization.ON_READ)
    (True, False)

    Raises:
        ValueError: it is to be trained, and written by replicas.
    """
    on_read = synchronization is VariableSynchronization.ON_READ
    if on_read and trainable:
        raise ValueError(
            "Synchronization value can be set to VariableSynchronization.ON_READ only for "
            "non-trainable variables. You have specified trainable=True and "
            "synchronization=VariableSynchronization.ON_READ. Leave one of them out."
        )
    return not on_read and (trainable is None or bool(trainable))


def got(
    get: Callable[..., Any],
    name: str,
    shape: Any,
    regularizer: Callable[..., Any] | None,
    noted: list[Request] | None = None,
    **how: Any,
) -> Any:
    """What `get`, which is `get_variable` or like it, gives a layer in the scope that is open.

    The layer's regularizer does not take the place of the scope's: both count. And it is of what the
    layer computes with, so that a getter which computes something of the variable is heard first.

    Args:
        get: the function.
        name: the variable's name in the scope.
        shape: its dimensions.
        regularizer: the layer's.
        noted: gets the request, for a plan.
        **how: the other arguments of the request.
    """
    scope = get_variable_scope()
    if regularizer is None or scope.custom_getter is None:
        if regularizer is not None:
            how["regularizer"] = sum_regularizer([scope.regularizer, regularizer])
        variable = get(name, shape, **how)
        if noted is not None:
            noted.append(Request(variable, name, shape, regularizer, how))
        return variable
    records = passes.current().store.records
    made = len(records)
    variable = get(name, shape, **how)
    new = set(islice(records, made, None))
    for each in pieces_of(variable):
        if not isinstance(each, Variable):
            with name_scope(f"{name}/Regularizer"):
                loss = regularizer(each)
                if loss is not None:
                    add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        elif each._ts_record in new:
            each._ts_record.regularize(regularizer)
    return variable


def pieces_of(variable: Any) -> tuple[Any, ...]:
    """A variable; or its pieces, where a partitioner cut it."""
    return (variable,) if isinstance(variable, Tensor) else tuple(variable)


def with_weights(
    weights: tuple[Weight, ...], variable: Any, *, trainable: bool, getter: Any
) -> tuple[Weight, ...]:
    """The weights that a layer has, and a variable that it got, if that is not among them.

    Args:
        weights: those it has.
        variable: what was got.
        trainable: whether it was to be trained.
        getter: the getter that it came through, if any. What that computes is no variable.
    """
    for each in pieces_of(variable):
        for had, _ in weights:
            if had is each:
                break
        else:
            counts = trainable and (getter is None or isinstance(each, Variable))
            weights = (*weights, (each, counts))
    return weights


def is_trained(weight: Weight) -> bool:
    """Whether a weight is among the trainable variables: a getter may have frozen it."""
    value, trainable = weight
    record = getattr(value, "_ts_record", None)
    return trainable and (record is None or GraphKeys.TRAINABLE_VARIABLES in record.collections)
