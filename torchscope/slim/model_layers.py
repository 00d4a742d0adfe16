"""What slim's layers are made of: layers whose variables are model variables, under slim's names.

A layer of slim opens its scope, lets a layer of `layers` compute in it, and normalizes and activates
what that gives. This file has what they share.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from torchscope import nn
from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.scopes import VariableScope
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import get_variable_scope, variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.store.variables import Variable
from torchscope._core.values.conversion import shape_text
from torchscope._core.values.replicas import VariableSynchronization
from torchscope.layers import input_spec, plans
from torchscope.layers.arguments import dtype_for, initializer_of, regularizer_of
from torchscope.layers.base import Layer
from torchscope.layers.plans import Request
from torchscope.layers.weights import got, trainable_of
from torchscope.slim.utils import collect_named_outputs, get_variable_collections
from torchscope.slim.variables import join, model_variable

Function = Callable[..., Any] | None
Collections = Any

# The names of variables in `layers`, and in slim.
_NAMES = {
    "kernel": "weights",
    "bias": "biases",
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
}
# Both kernels of a separable convolution are in the collections of the 'weights'.
_GROUPS = {"depthwise_weights": "weights", "pointwise_weights": "weights"}
_MODEL = (GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES)


class ModelLayer(Layer):
    """A layer that a layer of slim computes with, once, in the scope that is open.

    It goes before the class that says what is computed. As it is used once it needs no scope of its
    own, and keeps no state in the pass.
    """

    built = False
    _used_once = True
    # The requests that it makes, for a plan.
    _noted: list[Request] | None = None

    def __init__(
        self, *args: Any, variables_collections: Collections = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.variables_collections = variables_collections

    @property
    def scope_name(self) -> str:
        """The full name of the scope that is open."""
        return get_variable_scope().name

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Function = None,
        trainable: bool | None = None,
        constraint: Function = None,
        use_resource: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        partitioner: Function = None,
    ) -> Variable:
        """Makes or finds a model variable, under the name that slim has for it."""
        initializer, regularizer = initializer_of(initializer), regularizer_of(regularizer)
        name = _NAMES.get(name, name)
        wanted = collections_of(self.variables_collections, _GROUPS.get(name, name))
        get: Callable[..., Any] = get_variable
        if synchronization is VariableSynchronization.ON_READ:
            get = functools.partial(uncut, get)
        variable: Variable = got(
            get,
            name,
            shape,
            regularizer,
            self._noted,
            dtype=self.dtype if dtype is None else dtype,
            initializer=initializer,
            trainable=trainable_of(trainable, synchronization) and self.trainable,
            collections=[*wanted, *_MODEL],
            constraint=constraint,
            use_resource=use_resource,
            partitioner=partitioner,
            synchronization=synchronization,
            aggregation=aggregation,
        )
        join(variable, wanted)
        if self._noted and wanted:
            self._noted[-1].then = functools.partial(join, collections=wanted)
        return variable


def uncut(get: Callable[..., Any], *args: Any, **how: Any) -> Any:
    """What `get` gives where variables are not cut into pieces, whatever the scope says."""
    if get_variable_scope().partitioner is None:
        return get(*args, **how)
    with variable_scope(get_variable_scope()) as scope:
        scope.set_partitioner(None)
        return get(*args, **how)


def computed(
    layer_class: type[ModelLayer], inputs: Tensor, given: dict[str, Any], **how: Any
) -> Any:
    """The output of a layer in the scope that is open.

    Args:
        layer_class: its class.
        inputs: its input.
        given: its arguments, but for the name and the dtype.
        **how: further arguments of its `call`.
    """
    pass_ = passes.current()
    plan = plans.find(pass_, layer_class, given, inputs)
    if plan is not None:
        layer = plan.copy()
        outputs = layer.call(inputs, **how)
    else:
        layer = layer_class(**given, name=pass_.scope.name, dtype=dtype_for(inputs))
        input_spec.check(layer.input_spec, inputs, layer.name, layer.scope_name)
        requests = layer._noted = []
        layer.build(inputs.shape)
        outputs = layer.call(inputs, **how)
        layer._noted = None
        plans.keep(pass_, layer, given, inputs, requests)
    if layer._collects:
        layer._collect_updates()
    return outputs


def own_variable(
    name: str,
    shape: Any,
    *,
    variables_collections: Collections,
    initializer: Any,
    group: str | None = None,
    **how: Any,
) -> Any:
    """A model variable of a layer of slim that computes by itself."""
    wanted = collections_of(variables_collections, group or name)
    return model_variable(
        name, shape, initializer=initializer_of(initializer), collections=wanted, **how
    )


def collections_of(variables_collections: Collections, name: str) -> list[str]:
    """The collections that a layer's variable of this name is to be in."""
    wanted = get_variable_collections(variables_collections, name)
    return [wanted] if isinstance(wanted, str) else list(wanted or ())


def finished(
    outputs: Tensor,
    scope: VariableScope,
    outputs_collections: Any,
    activation_fn: Function,
    normalizer_fn: Function = None,
    normalizer_params: Mapping[str, Any] | None = None,
) -> Tensor:
    """What a layer gives: normalized, activated, and put into collections under its scope's name."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    if outputs_collections:
        collect_named_outputs(outputs_collections, scope.name, outputs)
    return outputs


def with_biases(
    outputs: Tensor,
    count: int,
    *,
    initializer: Any,
    regularizer: Any,
    trainable: bool,
    variables_collections: Collections,
    data_format: str = "NHWC",
) -> Tensor:
    """The outputs of a layer that computes by itself, and its biases; None makes none."""
    if initializer is None:
        return outputs
    biases = own_variable(
        "biases",
        [count],
        dtype=dtype_for(outputs),
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        variables_collections=variables_collections,
    )
    return nn.bias_add(outputs, biases, data_format=data_format)


def check_format(data_format: Any, first: str = "NCHW", last: str = "NHWC") -> None:
    """Refuses a data_format that is neither of the two.

    Raises:
        ValueError: it is another.
    """
    if data_format not in (first, last):
        raise ValueError(f"data_format has to be either {first} or {last}. It is {data_format!r}.")


def is_channels_first(data_format: str | None) -> bool:
    """Whether the channels come before the spatial axes."""
    return bool(data_format and data_format.startswith("NC"))


def format_in_layers(data_format: str | None) -> str:
    """The name that `layers` has for a format.

    >>> format_in_layers("NCHW"), format_in_layers(None)
    ('channels_first', 'channels_last')
    """
    return "channels_first" if is_channels_first(data_format) else "channels_last"


def at(scope: VariableScope | str, inputs: Tensor) -> str:
    """Where an error is, for its message."""
    name = scope if isinstance(scope, str) else scope.name
    return f"The input of '{name.rstrip('/')}' has shape {shape_text(inputs.shape)}."
