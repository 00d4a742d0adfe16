"""What a layer decided when it was built, kept for the next time that the same is asked for.

A function of a layer makes the layer anew on every call: it checks its arguments, works out shapes, asks for its
variables. All that follows from the arguments, the input's shape and what the scope hands down. So a plan keeps the
layer as it was once it was built, without its variables, and the requests by which it got them. Where the same is
asked for again, a copy of the layer gets its variables by the same requests from the same `get_variable`. So reuse,
claims and refusals are those of any other call, and nothing has to agree with them.

A layer that is an object is built anew in each pass. What it is given then are its settings, as they are at the time:
a plan of one like it has the requests, and what else `build` sets.

Plans are kept by the variable store of the variables. What may differ unseen has none: arguments that hold tensors, scopes
with a custom getter or a partitioner, inputs that are being recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchscope._core.passes.one_pass import Pass
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.values.replicas import VariableAggregation, VariableSynchronization
from torchscope.layers.arguments import dtype_for

# Beyond so many shapes of inputs all is forgotten, and beyond so many plans for one shape the oldest.
_SHAPES, _OF_ONE_SHAPE = 1000, 16
_PLAIN = (type(None), bool, int, float, str, torch.dtype)


class Request:
    """A request that a layer made while it was built.

    Attributes:
        arguments: what `get_variable` was given, in its order.
        trainable: whether the variable is to be trained.
        variable: what it gave; a plan lets go of it.
        regularizer: the layer's own, if any.
        then: what the layer does with a variable that it gets, beside computing with it.
    """

    __slots__ = ("arguments", "regularizer", "then", "trainable", "variable")

    def __init__(
        self, variable: Any, name: str, shape: Any, regularizer: Any, how: dict[str, Any]
    ) -> None:
        self.variable: Any = variable
        self.regularizer: Any = regularizer
        self.trainable: bool = how["trainable"]
        self.then: Callable[[Any], Any] | None = None
        self.arguments: tuple[Any, ...] = (
            name,
            list(shape),
            how["dtype"],
            how["initializer"],
            how.get("regularizer"),
            how["trainable"],
            how.get("collections"),
            None,
            how["partitioner"],
            True,
            how["use_resource"],
            None,
            how["constraint"],
            how["synchronization"] or VariableSynchronization.AUTO,
            how["aggregation"] or VariableAggregation.NONE,
        )


class Plan:
    """A layer that was built, without its variables, and how it gets them.

    Attributes:
        given: what it depends on, beside its input and what the scope hands down.
        kinds: the types of that.
        regularizer: the scope's.
        layer: the class.
        state: what was set when it was built; all that it has, of a layer that is used once.
        requests: its requests, by the attributes that hold what they gave.
    """

    __slots__ = ("given", "kinds", "layer", "regularizer", "requests", "state")

    def __init__(
        self,
        layer: Any,
        given: dict[str, Any],
        regularizer: Any,
        requests: dict[str, Request],
        made: frozenset[str] | None,
    ) -> None:
        self.given: Any = _kept(given)
        self.kinds: list[type] = list(map(type, given.values()))
        self.regularizer: Any = regularizer
        self.layer: type[Any] = type(layer)
        self.state: dict[str, Any] = {
            key: value
            for key, value in vars(layer).items()
            if key not in requests and (made is None or key in made)
        }
        if made is None:
            # It may have worked it out of its input. And it is in no scope but the one that is open.
            # An activation comes with each call.
            self.state.update(_dtype=layer.dtype, _used_once=True, activation=None)
        for request in requests.values():
            request.variable = None
        self.requests: list[tuple[str, Request]] = list(requests.items())

    def copy(self) -> Any:
        """The layer with its variables, in the scope that is open."""
        layer = object.__new__(self.layer)
        state = layer.__dict__
        state.update(self.state)
        for attribute, request in self.requests:
            variable = state[attribute] = get_variable(*request.arguments)
            if request.then is not None:
                request.then(variable)
        return layer


def find(pass_: Pass, layer: type, given: dict[str, Any], inputs: Any) -> Plan | None:
    """The plan of a layer of this class that was given this, for such inputs; None where there is none.

    Args:
        pass_: the current pass.
        layer: the class.
        given: the arguments of the layer that it depends on, always in the same order.
        inputs: its input.
    """
    if type(inputs) is not Tensor or torch.compiler.is_dynamo_compiling():
        return None
    found: list[Plan] | None = pass_.store.plans.get((layer, inputs.shape, _dtype(inputs)))
    if found is None:
        return None
    settings = pass_.scope._settings
    if settings.custom_getter is not None or settings.partitioner is not None:
        return None
    kinds = list(map(type, given.values()))
    for plan in found:
        # Of one kind first: True is 1, and a tensor may be equal to a number.
        if plan.kinds == kinds and plan.given == given and plan.regularizer == settings.regularizer:
            return plan
    return None


def keep(
    pass_: Pass,
    layer: Any,
    given: dict[str, Any],
    inputs: Any,
    requests: list[Request],
    made: frozenset[str] | None = None,
) -> None:
    """Keeps a plan of a layer that was built, where there can be one.

    Args:
        pass_: the current pass.
        layer: the layer.
        given: as in `find`.
        inputs: its input.
        requests: those that it made.
        made: what was set when it was built; None for all that it has, of a layer that is used once.
    """
    settings = pass_.scope._settings
    if (
        type(inputs) is not Tensor
        or torch.compiler.is_dynamo_compiling()
        or settings.custom_getter is not None
        or settings.partitioner is not None
        or not _can_be_kept(given)
        or any(callable(getattr(type(layer), key, None)) for key in given)
    ):
        return
    # In the order of the requests, which is that of the claims.
    by_attribute = {
        key: request
        for request in requests
        for key, value in vars(layer).items()
        if value is request.variable
    }
    rest = (value for key, value in vars(layer).items() if key not in by_attribute)
    if len(by_attribute) != len(requests) or any(isinstance(value, Tensor) for value in rest):
        return
    plans = pass_.store.plans
    if len(plans) >= _SHAPES:
        plans.clear()
    of_shape = plans.setdefault((type(layer), inputs.shape, _dtype(inputs)), [])
    if len(of_shape) >= _OF_ONE_SHAPE:
        del of_shape[0]
    of_shape.append(Plan(layer, given, settings.regularizer, by_attribute, made))


def _dtype(inputs: Tensor) -> torch.dtype:
    """The dtype of the variables."""
    dtype = inputs.dtype
    return dtype if dtype is torch.float32 else dtype_for(inputs)


def _can_be_kept(value: Any) -> bool:
    """Whether to compare with it tells whether the same was given."""
    if isinstance(value, _PLAIN):
        return True
    if callable(value):
        # One that closes over something may be another in each pass, and hold what that has computed.
        return getattr(value, "__closure__", None) is None
    if type(value) is dict:
        return all(_can_be_kept(each) for pair in value.items() for each in pair)
    return type(value) in (list, tuple) and all(map(_can_be_kept, value))


def _kept(value: Any) -> Any:
    """A value that stays as it is when its owner changes it."""
    if type(value) is dict:
        return {key: _kept(each) for key, each in value.items()}
    return type(value)(map(_kept, value)) if type(value) in (list, tuple) else value
