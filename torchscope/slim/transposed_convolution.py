"""Transposed convolutions (slim.conv2d_transpose, conv3d_transpose)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from torchscope import layers, nn
from torchscope._core.ops.arguments import as_tensor
from torchscope.initializers import Zeros
from torchscope.layers.opening import opened
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.initializers import xavier_initializer
from torchscope.slim.model_layers import (
    Function,
    ModelLayer,
    at,
    check_format,
    computed,
    finished,
    format_in_layers,
)

Numbers = int | Sequence[int]
_XAVIER, _ZEROS = xavier_initializer(), Zeros()


class _Conv2DTranspose(ModelLayer, layers.Conv2DTranspose):
    pass


class _Conv3DTranspose(ModelLayer, layers.Conv3DTranspose):
    pass


@add_arg_scope
def convolution2d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
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
    """The transpose of a 2-D convolution, a normalizer or biases, an activation.

    Answers to slim.conv2d_transpose. What is not said here is as in `convolution`.

    >>> import torch
    >>> from torchscope import slim
    >>> slim.conv2d_transpose(torch.ones(1, 5, 5, 3), 4, 3, stride=2).shape
    torch.Size([1, 10, 10, 4])
    >>> [(v.name, tuple(v.shape)) for v in slim.get_model_variables()]
    [('Conv2d_transpose/weights:0', (3, 3, 4, 3)), ('Conv2d_transpose/biases:0', (4,))]

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        num_outputs: the number of output channels.
        kernel_size: one number, or one for each spatial axis.
        stride: the same: how much longer the output's axes are.
        padding: 'SAME' or 'VALID'.
        data_format: 'NHWC' or 'NCHW'.
        activation_fn: a function of the output; None for none.
        normalizer_fn: a function in the place of the biases.
        normalizer_params: arguments for it.
        weights_initializer: for 'weights', (spatial axes, num_outputs, C).
        weights_regularizer: its share in REGULARIZATION_LOSSES.
        biases_initializer: for 'biases'; None for none.
        biases_regularizer: their share.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: collections that the variables are put into.
        outputs_collections: collections that the output is put into.
        trainable: whether the variables are trained.
        scope: the name of the layer's scope, or a VariableScope.

    Raises:
        ValueError: an argument is of the wrong kind, the shapes do not fit, or the variables break
            the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    with opened(scope, "Conv2d_transpose", inputs, reuse=reuse) as sc:
        check_format(data_format, "NCHW", "NHWC")
        inputs = as_tensor(inputs)
        if inputs.ndim != 4:
            raise ValueError(f"Inputs should have rank 4. {at(sc, inputs)}")
        outputs = computed(
            _Conv2DTranspose,
            inputs,
            {
                "filters": num_outputs,
                "kernel_size": kernel_size,
                "strides": stride,
                "padding": padding,
                "data_format": format_in_layers(data_format),
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


@add_arg_scope
def convolution3d_transpose(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str = "NDHWC",
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
    """The transpose of a 3-D convolution, a normalizer or biases, an activation.

    Answers to slim.conv3d_transpose. What is not said here is as in `convolution`.

    >>> import torch
    >>> from torchscope import slim
    >>> slim.conv3d_transpose(torch.ones(1, 2, 5, 5, 3), 4, 3, stride=2).shape
    torch.Size([1, 4, 10, 10, 4])
    >>> [(v.name, tuple(v.shape)) for v in slim.get_model_variables()]
    [('Conv3d_transpose/weights:0', (3, 3, 3, 4, 3)), ('Conv3d_transpose/biases:0', (4,))]

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='NCDHW'.
        num_outputs: the number of output channels.
        kernel_size: one number, or one for each spatial axis.
        stride: the same: how much longer the output's axes are.
        padding: 'SAME' or 'VALID'.
        data_format: 'NDHWC' or 'NCDHW'.
        activation_fn: a function of the output; None for none.
        normalizer_fn: a function in the place of the biases.
        normalizer_params: arguments for it.
        weights_initializer: for 'weights', (spatial axes, num_outputs, C).
        weights_regularizer: its share in REGULARIZATION_LOSSES.
        biases_initializer: for 'biases'; None for none.
        biases_regularizer: their share.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: collections that the variables are put into.
        outputs_collections: collections that the output is put into.
        trainable: whether the variables are trained.
        scope: the name of the layer's scope, or a VariableScope.

    Raises:
        ValueError: an argument is of the wrong kind, the shapes do not fit, or the variables break
            the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    with opened(scope, "Conv3d_transpose", inputs, reuse=reuse) as sc:
        check_format(data_format, "NCDHW", "NDHWC")
        inputs = as_tensor(inputs)
        if inputs.ndim != 5:
            raise ValueError(f"Inputs should have rank 5. {at(sc, inputs)}")
        outputs = computed(
            _Conv3DTranspose,
            inputs,
            {
                "filters": num_outputs,
                "kernel_size": kernel_size,
                "strides": stride,
                "padding": padding,
                "data_format": format_in_layers(data_format),
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


conv2d_transpose = convolution2d_transpose
conv3d_transpose = convolution3d_transpose
