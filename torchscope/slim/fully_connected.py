"""Fully connected layers (slim.fully_connected)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from torchscope import layers, nn
from torchscope._core.functions.collections import add_to_collections
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.requests.get_variable import get_variable
from torchscope._core.requests.variable_scope import variable_scope
from torchscope._core.store.graph_keys import GraphKeys
from torchscope._core.values.conversion import shape_text
from torchscope.initializers import Zeros
from torchscope.layers.arguments import dtype_for
from torchscope.layers.opening import opened
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.initializers import xavier_initializer
from torchscope.slim.model_layers import Function, ModelLayer, computed, finished

_XAVIER, _ZEROS = xavier_initializer(), Zeros()


class _Dense(ModelLayer, layers.Dense):
    pass


@add_arg_scope
def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Function = nn.relu,
    normalizer_fn: Function = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Any = _XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Tensor:
    """A matrix over the last axis, then a normalizer or biases, then an activation.

    Answers to slim.fully_connected.

    >>> import torch
    >>> from torchscope import slim
    >>> slim.fully_connected(torch.ones(2, 3), 4, scope="fc").shape
    torch.Size([2, 4])
    >>> [v.name for v in slim.get_model_variables()]
    ['fc/weights:0', 'fc/biases:0']

    Args:
        inputs: (..., C), of rank 2 at least.
        num_outputs: the length of the output's last axis.
        activation_fn: a function of the output; None for none.
        normalizer_fn: a function such as `batch_norm`. With one there are no biases.
        normalizer_params: arguments for it.
        weights_initializer: for 'weights', (C, num_outputs).
        weights_regularizer: its share in REGULARIZATION_LOSSES.
        biases_initializer: for 'biases', (num_outputs,); None for no biases.
        biases_regularizer: their share.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: the names of collections that the variables are put into, or a dict
            of such lists by 'weights' and 'biases'.
        outputs_collections: the names of those that the output is put into, under its scope's name.
        trainable: whether the variables are trained.
        scope: the name of the layer's scope, or a VariableScope.

    Raises:
        ValueError: `num_outputs` is no integer, the input is of rank 1, or the variables break the
            rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    if not isinstance(num_outputs, int):
        raise ValueError(
            f"num_outputs type should be one of [<class 'int'>], got {type(num_outputs)}."
        )
    with opened(scope, "fully_connected", inputs, reuse=reuse) as sc:
        inputs = as_tensor(inputs)
        outputs = computed(
            _Dense,
            inputs,
            {
                "units": num_outputs,
                "use_bias": not normalizer_fn and biases_initializer is not None,
                "kernel_initializer": weights_initializer,
                "bias_initializer": biases_initializer,
                "kernel_regularizer": weights_regularizer,
                "bias_regularizer": biases_regularizer,
                "trainable": trainable,
                "variables_collections": variables_collections,
            },
        )
        return finished(
            outputs, sc, outputs_collections, activation_fn, normalizer_fn, normalizer_params
        )


elu: Callable[..., Tensor] = functools.partial(fully_connected, activation_fn=nn.elu)
linear: Callable[..., Tensor] = functools.partial(fully_connected, activation_fn=None)
relu: Callable[..., Tensor] = functools.partial(fully_connected, activation_fn=nn.relu)
relu6: Callable[..., Tensor] = functools.partial(fully_connected, activation_fn=nn.relu6)


def legacy_fully_connected(
    x: Any,
    num_output_units: int,
    activation_fn: Function = None,
    weight_init: Any = _XAVIER,
    bias_init: Any = _ZEROS,
    name: Any = None,
    weight_collections: Sequence[str] | None = (GraphKeys.WEIGHTS,),
    bias_collections: Sequence[str] | None = (GraphKeys.BIASES,),
    output_collections: Sequence[str] | None = (GraphKeys.ACTIVATIONS,),
    trainable: bool = True,
    weight_regularizer: Any = None,
    bias_regularizer: Any = None,
) -> Tensor:
    """A matrix over the last axis, a bias and an activation, under older names.

    Answers to tf.contrib.layers.legacy_fully_connected. The variables are 'weights' and 'bias', and
    are no model variables.

    >>> import torch, torchscope as ts
    >>> from torchscope import slim
    >>> slim.legacy_fully_connected(torch.ones(2, 3), 4).shape
    torch.Size([2, 4])
    >>> [v.name for v in ts.global_variables()]
    ['fully_connected/weights:0', 'fully_connected/bias:0']

    Args:
        x: (..., C), of rank 2 at least.
        num_output_units: the length of the output's last axis.
        activation_fn: a function of the output; None for none.
        weight_init: for 'weights', (C, num_output_units).
        bias_init: for 'bias', (num_output_units,); None for no bias.
        name: the name of the layer's scope, or a VariableScope.
        weight_collections: the names of collections that 'weights' is put into.
        bias_collections: of those that 'bias' is put into.
        output_collections: of those that the output is put into, beside ACTIVATIONS.
        trainable: whether the variables are trained.
        weight_regularizer: the weights' share in REGULARIZATION_LOSSES.
        bias_regularizer: the bias's.

    Raises:
        ValueError: the rank is below 2, or the variables break the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    with variable_scope(name, "fully_connected", [x]):
        x = as_tensor(x)
        if x.ndim < 2:
            raise ValueError(
                f"rank of x must be at least 2 not: {x.ndim}. Its shape is {shape_text(x.shape)}."
            )
        weights = get_variable(
            "weights",
            [x.shape[-1], num_output_units],
            dtype_for(x),
            weight_init,
            weight_regularizer,
            trainable,
            [*(weight_collections or ()), GraphKeys.GLOBAL_VARIABLES],
        )
        outputs: Tensor = x @ weights
        if bias_init is not None:
            bias = get_variable(
                "bias",
                [num_output_units],
                dtype_for(x),
                bias_init,
                bias_regularizer,
                trainable,
                [*(bias_collections or ()), GraphKeys.GLOBAL_VARIABLES],
            )
            outputs = outputs + bias
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        add_to_collections([*(output_collections or ()), GraphKeys.ACTIVATIONS], outputs)
        return outputs


legacy_linear: Callable[..., Tensor] = functools.partial(legacy_fully_connected, activation_fn=None)
legacy_relu: Callable[..., Tensor] = functools.partial(
    legacy_fully_connected, activation_fn=nn.relu
)
