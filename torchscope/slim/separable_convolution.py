"""Convolutions of each channel by itself (slim.separable_conv2d, conv2d_in_plane)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from torchscope import layers, nn
from torchscope._core.ops.arguments import as_tensor
from torchscope.initializers import Zeros
from torchscope.layers.arguments import dtype_for
from torchscope.layers.opening import opened
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.initializers import xavier_initializer
from torchscope.slim.model_layers import (
    Function,
    ModelLayer,
    check_format,
    computed,
    finished,
    format_in_layers,
    is_channels_first,
    own_variable,
    with_biases,
)
from torchscope.slim.utils import channel_dimension, last_dimension, two_element_tuple

Numbers = int | Sequence[int]
_XAVIER, _ZEROS = xavier_initializer(), Zeros()


class _SeparableConv2D(ModelLayer, layers.SeparableConv2D):
    pass


@add_arg_scope
def separable_convolution2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Numbers,
    depth_multiplier: int = 1,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Numbers = 1,
    activation_fn: Function = nn.relu,
    normalizer_fn: Function = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Any = _XAVIER,
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = _ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Tensor:
    """A convolution of each channel, then one of size 1 across all (slim.separable_conv2d).

    What is not said here is as in `convolution`.

    >>> import torch
    >>> from torchscope import slim
    >>> slim.separable_conv2d(torch.ones(1, 5, 5, 3), 4, 3).shape
    torch.Size([1, 5, 5, 4])
    >>> slim.separable_conv2d(torch.ones(1, 5, 5, 3), None, 3, depth_multiplier=2).shape
    torch.Size([1, 5, 5, 6])
    >>> [v.name for v in slim.get_variables_by_suffix("weights")]
    ['SeparableConv2d/depthwise_weights:0', 'SeparableConv2d/pointwise_weights:0', \
'SeparableConv2d_1/depthwise_weights:0']

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        num_outputs: the number of output channels; with None the second convolution is left out.
        kernel_size: of the first convolution.
        depth_multiplier: how many channels the first convolution makes of each.
        stride: of the first convolution.
        padding: 'SAME' or 'VALID'.
        data_format: 'NHWC' or 'NCHW'.
        rate: of the first convolution.
        activation_fn: a function of the output; None for none.
        normalizer_fn: a function in the place of the biases.
        normalizer_params: arguments for it.
        weights_initializer: for 'depthwise_weights', (height, width, C, depth_multiplier).
        pointwise_initializer: for 'pointwise_weights', (1, 1, C * depth_multiplier, num_outputs);
            the same by default.
        weights_regularizer: the share of both in REGULARIZATION_LOSSES.
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
    check_format(data_format)
    with opened(scope, "SeparableConv2d", inputs, reuse=reuse) as sc:
        inputs = as_tensor(inputs)
        if num_outputs is not None:
            pointwise = (
                weights_initializer if pointwise_initializer is None else (pointwise_initializer)
            )
            outputs = computed(
                _SeparableConv2D,
                inputs,
                {
                    "filters": num_outputs,
                    "kernel_size": kernel_size,
                    "strides": stride,
                    "padding": padding,
                    "data_format": format_in_layers(data_format),
                    "dilation_rate": two_element_tuple(rate),
                    "depth_multiplier": depth_multiplier,
                    "use_bias": not normalizer_fn and biases_initializer is not None,
                    "depthwise_initializer": weights_initializer,
                    "pointwise_initializer": pointwise,
                    "bias_initializer": biases_initializer,
                    "depthwise_regularizer": weights_regularizer,
                    "pointwise_regularizer": weights_regularizer,
                    "bias_regularizer": biases_regularizer,
                    "trainable": trainable,
                    "variables_collections": variables_collections,
                },
            )
        else:
            channels = channel_dimension(inputs.shape, format_in_layers(data_format), min_rank=4)
            weights = own_variable(
                "depthwise_weights",
                [*two_element_tuple(kernel_size), channels, depth_multiplier],
                dtype=dtype_for(inputs),
                initializer=weights_initializer,
                regularizer=weights_regularizer,
                trainable=trainable,
                variables_collections=variables_collections,
                group="weights",
            )
            outputs = nn.depthwise_conv2d(
                inputs,
                weights,
                _strides(stride, data_format),
                padding,
                rate=two_element_tuple(rate),
                data_format=data_format,
            )
            if normalizer_fn is None:
                outputs = with_biases(
                    outputs,
                    channels * depth_multiplier,
                    initializer=biases_initializer,
                    regularizer=biases_regularizer,
                    trainable=trainable,
                    variables_collections=variables_collections,
                    data_format=data_format,
                )
        return finished(
            outputs, sc, outputs_collections, activation_fn, normalizer_fn, normalizer_params
        )


def _strides(stride: Numbers, data_format: str) -> list[int]:
    height, width = two_element_tuple(stride)
    return [1, 1, height, width] if is_channels_first(data_format) else [1, height, width, 1]


@add_arg_scope
def convolution2d_in_plane(
    inputs: Tensor,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
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
    """A convolution of all channels with one and the same kernel (slim.conv2d_in_plane).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.conv2d_in_plane(torch.ones(1, 5, 5, 3), [2, 1]).shape
    torch.Size([1, 5, 5, 3])
    >>> [(v.name, tuple(v.shape)) for v in slim.get_model_variables()]
    [('ConvInPlane/weights:0', (2, 1, 1, 1)), ('ConvInPlane/biases:0', (3,))]

    The arguments are those of `convolution`, for images in the format 'NHWC'.

    Raises:
        ValueError: an argument is of the wrong kind, the shapes do not fit, or the variables break
            the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    with opened(scope, "ConvInPlane", inputs, reuse=reuse) as sc:
        kernel = two_element_tuple(kernel_size)
        channels = last_dimension(inputs.shape, min_rank=4)
        weights = own_variable(
            "weights",
            [*kernel, 1, 1],
            dtype=dtype_for(inputs),
            initializer=weights_initializer,
            regularizer=weights_regularizer,
            trainable=trainable,
            variables_collections=variables_collections,
        )
        outputs = nn.depthwise_conv2d(
            inputs, weights.tile(1, 1, channels, 1), _strides(stride, "NHWC"), padding
        )
        if normalizer_fn is None:
            outputs = with_biases(
                outputs,
                channels,
                initializer=biases_initializer,
                regularizer=biases_regularizer,
                trainable=trainable,
                variables_collections=variables_collections,
            )
        return finished(
            outputs, sc, outputs_collections, activation_fn, normalizer_fn, normalizer_params
        )


separable_conv2d = separable_convolution2d
conv2d_in_plane = convolution2d_in_plane
