"""Convolutions (slim.conv1d, conv2d, conv3d)."""

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
    computed,
    finished,
    format_in_layers,
)

Numbers = int | Sequence[int]
_XAVIER, _ZEROS = xavier_initializer(), Zeros()
_FORMATS = (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW")


class _Conv1D(ModelLayer, layers.Conv1D):
    pass


class _Conv2D(ModelLayer, layers.Conv2D):
    pass


class _Conv3D(ModelLayer, layers.Conv3D):
    pass


_OF_RANK = {3: _Conv1D, 4: _Conv2D, 5: _Conv3D}


def _convolve(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers,
    padding: str,
    data_format: str | None,
    rate: Numbers,
    activation_fn: Function,
    normalizer_fn: Function,
    normalizer_params: Mapping[str, Any] | None,
    weights_initializer: Any,
    weights_regularizer: Any,
    biases_initializer: Any,
    biases_regularizer: Any,
    reuse: Any,
    variables_collections: Any,
    outputs_collections: Any,
    trainable: bool,
    scope: Any,
    conv_dims: int | None,
) -> Tensor:
    if data_format not in _FORMATS:
        raise ValueError(f"Invalid data_format: {data_format!r}. Known are {_FORMATS[1:]}.")
    with opened(scope, "Conv", inputs, reuse=reuse) as sc:
        inputs = as_tensor(inputs)
        if conv_dims is not None and conv_dims + 2 != inputs.ndim:
            raise ValueError(
                f"Convolution expects input with rank {conv_dims + 2}, got {inputs.ndim}. "
                f"{at(sc, inputs)}"
            )
        if inputs.ndim not in _OF_RANK:
            raise ValueError(
                f"Convolution not supported for input with rank {inputs.ndim}. {at(sc, inputs)}"
            )
        outputs = computed(
            _OF_RANK[inputs.ndim],
            inputs,
            {
                "filters": num_outputs,
                "kernel_size": kernel_size,
                "strides": stride,
                "padding": padding,
                "data_format": format_in_layers(data_format),
                "dilation_rate": rate,
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
def convolution(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Numbers = 1,
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
    conv_dims: int | None = None,
) -> Tensor:
    """A convolution over one to three axes, then a normalizer or biases, then an activation.

    Answers to slim.convolution.

    >>> import torch, torchscope as ts
    >>> from torchscope import slim
    >>> slim.convolution(torch.ones(2, 10, 10, 3), 4, [3, 3], stride=2).shape
    torch.Size([2, 5, 5, 4])
    >>> [v.name for v in slim.get_model_variables()]
    ['Conv/weights:0', 'Conv/biases:0']

    Args:
        inputs: (N, spatial axes, C), or (N, C, spatial axes) if `data_format` begins with 'NC'.
        num_outputs: the number of output channels.
        kernel_size: one number, or one for each spatial axis. 'weights' is
            (spatial axes, C, num_outputs).
        stride: the same.
        padding: 'SAME' or 'VALID'.
        data_format: 'NWC', 'NHWC', 'NDHWC', or 'NCW', 'NCHW', 'NCDHW'.
        rate: the distances of the kernel's elements; one of `stride` and `rate` must be 1.
        activation_fn: a function of the output; None for none.
        normalizer_fn: a function such as `batch_norm`. With one there are no biases.
        normalizer_params: arguments for it.
        weights_initializer: for 'weights'.
        weights_regularizer: its share in REGULARIZATION_LOSSES.
        biases_initializer: for 'biases', (num_outputs,); None for no biases.
        biases_regularizer: their share.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: the names of collections that the variables are put into, or a dict
            of such lists by 'weights' and 'biases'.
        outputs_collections: the names of those that the output is put into, under its scope's name.
        trainable: whether the variables are trained.
        scope: the name of the layer's scope, or a VariableScope.
        conv_dims: the number of spatial axes; by default what the input has.

    Raises:
        ValueError: an argument is of the wrong kind, the shapes do not fit, or the variables break
            the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    return _convolve(
        inputs,
        num_outputs,
        kernel_size,
        stride,
        padding,
        data_format,
        rate,
        activation_fn,
        normalizer_fn,
        normalizer_params,
        weights_initializer,
        weights_regularizer,
        biases_initializer,
        biases_regularizer,
        reuse,
        variables_collections,
        outputs_collections,
        trainable,
        scope,
        conv_dims,
    )


@add_arg_scope
def convolution1d(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Numbers = 1,
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
    """`convolution` of an input of rank 3, whose arguments and errors it has (slim.conv1d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.conv1d(torch.ones(2, 10, 3), 4, 3, scope="conv1").shape
    torch.Size([2, 10, 4])
    """
    return _convolve(
        inputs,
        num_outputs,
        kernel_size,
        stride,
        padding,
        data_format,
        rate,
        activation_fn,
        normalizer_fn,
        normalizer_params,
        weights_initializer,
        weights_regularizer,
        biases_initializer,
        biases_regularizer,
        reuse,
        variables_collections,
        outputs_collections,
        trainable,
        scope,
        conv_dims=1,
    )


@add_arg_scope
def convolution2d(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Numbers = 1,
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
    """`convolution` of an input of rank 4, whose arguments and errors it has (slim.conv2d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.conv2d(torch.ones(2, 10, 10, 3), 4, 3, scope="conv1").shape
    torch.Size([2, 10, 10, 4])
    """
    return _convolve(
        inputs,
        num_outputs,
        kernel_size,
        stride,
        padding,
        data_format,
        rate,
        activation_fn,
        normalizer_fn,
        normalizer_params,
        weights_initializer,
        weights_regularizer,
        biases_initializer,
        biases_regularizer,
        reuse,
        variables_collections,
        outputs_collections,
        trainable,
        scope,
        conv_dims=2,
    )


@add_arg_scope
def convolution3d(
    inputs: Any,
    num_outputs: int,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Numbers = 1,
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
    """`convolution` of an input of rank 5, whose arguments and errors it has (slim.conv3d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.conv3d(torch.ones(2, 6, 10, 10, 3), 4, 3, scope="conv1").shape
    torch.Size([2, 6, 10, 10, 4])
    """
    return _convolve(
        inputs,
        num_outputs,
        kernel_size,
        stride,
        padding,
        data_format,
        rate,
        activation_fn,
        normalizer_fn,
        normalizer_params,
        weights_initializer,
        weights_regularizer,
        biases_initializer,
        biases_regularizer,
        reuse,
        variables_collections,
        outputs_collections,
        trainable,
        scope,
        conv_dims=3,
    )


conv1d = convolution1d
conv2d = convolution2d
conv3d = convolution3d
