"""A layer as a function: made for one call, and by a plan where it was called like that before."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from torchscope._core.passes import one_pass as passes
from torchscope._core.passes.scopes import VariableScope
from torchscope.layers import plans
from torchscope.layers.arguments import activation_of
from torchscope.layers.base import Layer
from torchscope.layers.opening import opened
from torchscope.layers.plans import Request


def called(layer_class: type[Layer], arguments: dict[str, Any]) -> Tensor:
    """The output of a new layer, as its function in tf.layers gives it.

    Args:
        layer_class: its class.
        arguments: those of the function: `inputs`, `name` and `reuse`; `training`, where the layer's `call`
            has it; and those of the layer, always in the same order. An activation may be another in each
            call.
    """
    given = arguments.copy()
    inputs, name, reuse = given.pop("inputs"), given.pop("name"), given.pop("reuse")
    activation = given.pop("activation", None)
    how = {"training": given.pop("training")} if "training" in given else {}
    pass_ = passes.current()
    plan = plans.find(pass_, layer_class, given, inputs)
    if plan is None:
        return _made(layer_class, inputs, given, name, reuse, activation, how)
    function = activation if activation is None else activation_of(activation)
    default = layer_class._default_name
    if not name or isinstance(name, VariableScope):
        pass_.numbered[default] = pass_.numbered.get(default, 0) + 1
    with opened(name or (default if reuse else None), default, inputs, reuse):
        layer = plan.copy()
        layer.activation = function
        outputs: Tensor = layer.call(inputs, **how)
    if layer._collects:
        layer._collect_updates()
    return outputs


def _made(
    layer_class: type[Layer],
    inputs: Any,
    given: dict[str, Any],
    name: Any,
    reuse: Any,
    activation: Any,
    how: dict[str, Any],
) -> Tensor:
    """The output of a layer that is made, and of which a plan is kept if there can be one."""
    arguments = given if activation is None else {**given, "activation": activation}
    layer = layer_class(**arguments, name=name, _reuse=reuse)
    requests: list[Request] = []
    layer._state.noted = requests
    outputs: Tensor = layer(inputs, scope=name or None, **how)
    if layer.activity_regularizer is None:
        plans.keep(passes.current(), layer, given, inputs, requests)
    return outputs
