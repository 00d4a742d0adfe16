"""Normalizations that keep no averages: of layers, instances, groups and vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope import nn
from torchscope._core.ops.arguments import as_tensor, axes_of, of_dtype
from torchscope._core.values.conversion import shape_text
from torchscope.initializers import Ones, Zeros
from torchscope.layers.arguments import dtype_for
from torchscope.layers.opening import opened
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.model_layers import (
    Function,
    at,
    check_format,
    finished,
    own_variable,
)

_ZEROS, _ONES = Zeros(), Ones()


def _beta_and_gamma(
    center: bool,
    scale: bool,
    shape: Sequence[int],
    inputs: Tensor,
    initializers: Mapping[str, Any] | None,
    variables_collections: Any,
    trainable: bool,
) -> tuple[Any, Any]:
    """What is added to a normalized tensor, and what multiplies it."""

    def make(name: str, initializer: Any) -> Any:
        return own_variable(
            name,
            shape,
            dtype=dtype_for(inputs),
            initializer=(initializers or {}).get(name, initializer),
            trainable=trainable,
            variables_collections=variables_collections,
        )

    beta = make("beta", _ZEROS) if center else None
    return beta, make("gamma", _ONES) if scale else None


@add_arg_scope
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Function = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Tensor:
    """Normalizes each example over its axes (slim.layer_norm).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.layer_norm(torch.tensor([[1.0, 3.0]]))
    tensor([[-1.,  1.]], grad_fn=...)
    >>> [v.name for v in slim.get_model_variables()]
    ['LayerNorm/beta:0', 'LayerNorm/gamma:0']

    Args:
        inputs: (N, ...). 1e-12 is added to the variance; in float16 1e-3.
        center: whether 'beta' is added.
        scale: whether 'gamma' multiplies.
        activation_fn: a function of the output; None for none.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: collections that the variables are put into.
        outputs_collections: collections that the output is put into.
        trainable: whether the variables are trained.
        begin_norm_axis: the first of the axes that are normalized over, all up to the last.
        begin_params_axis: the first of the axes that beta and gamma have.
        scope: the name of the layer's scope, or a VariableScope.

    Raises:
        ValueError: the input has not that many axes, or the variables break the rules of
            `get_variable`.
    """
    with opened(scope, "LayerNorm", inputs, reuse=reuse) as sc:
        inputs = as_tensor(inputs)
        rank = inputs.ndim
        begin = begin_norm_axis + rank if begin_norm_axis < 0 else begin_norm_axis
        if begin_params_axis >= rank or begin >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin}) must be < "
                f"rank(inputs) ({rank}). {at(sc, inputs)}"
            )
        beta, gamma = _beta_and_gamma(
            center,
            scale,
            inputs.shape[begin_params_axis:],
            inputs,
            None,
            variables_collections,
            trainable,
        )
        mean, variance = nn.moments(inputs, list(range(begin, rank)), keep_dims=True)
        epsilon = 1e-3 if inputs.dtype is torch.float16 else 1e-12
        outputs = nn.batch_normalization(inputs, mean, variance, beta, gamma, epsilon)
        return finished(outputs, sc, outputs_collections, activation_fn)


@add_arg_scope
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Function = None,
    param_initializers: Mapping[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Normalizes each channel of each example over the spatial axes (slim.instance_norm).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.instance_norm(torch.randn(2, 5, 5, 3)).shape
    torch.Size([2, 5, 5, 3])

    Args:
        inputs: (N, ..., C), or (N, C, ...) with data_format='NCHW'.
        center: whether 'beta' is added.
        scale: whether 'gamma' multiplies.
        epsilon: is added to the variance.
        activation_fn: a function of the output; None for none.
        param_initializers: initializers by 'beta' and 'gamma'.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: collections that the variables are put into.
        outputs_collections: collections that the output is put into.
        trainable: whether the variables are trained.
        data_format: 'NHWC' or 'NCHW': the channels are last, or second.
        scope: the name of the layer's scope, or a VariableScope.

    Raises:
        ValueError: the format is unknown, or the variables break the rules of `get_variable`.
    """
    inputs = as_tensor(inputs)
    check_format(data_format)
    with opened(scope, "InstanceNorm", inputs, reuse=reuse) as sc:
        channels = 1 if data_format == "NCHW" else inputs.ndim - 1
        if inputs.ndim < 2:
            raise ValueError(f"Inputs should have rank 2 or more. {at(sc, inputs)}")
        beta, gamma = _beta_and_gamma(
            center,
            scale,
            [inputs.shape[channels]],
            inputs,
            param_initializers,
            variables_collections,
            trainable,
        )
        shape = [1] * inputs.ndim
        shape[channels] = -1
        over = [axis for axis in range(1, inputs.ndim) if axis != channels]
        mean, variance = nn.moments(inputs, over, keep_dims=True)
        outputs = nn.batch_normalization(
            inputs,
            mean,
            variance,
            None if beta is None else beta.reshape(shape),
            None if gamma is None else gamma.reshape(shape),
            epsilon,
        )
        return finished(outputs, sc, outputs_collections, activation_fn)


@add_arg_scope
def group_norm(
    inputs: Any,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Sequence[int] = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Function = None,
    param_initializers: Mapping[str, Any] | None = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Tensor:
    """Normalizes groups of channels over some axes (slim.group_norm).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.group_norm(torch.randn(2, 5, 5, 6), groups=3).shape
    torch.Size([2, 5, 5, 6])

    Args:
        inputs: a tensor of floats.
        groups: into how many groups the channels are cut.
        channels_axis: the axis of the channels.
        reduction_axes: the other axes that are normalized over.
        center: whether 'beta' is added.
        scale: whether 'gamma' multiplies.
        epsilon: is added to the variance.
        activation_fn: a function of the output; None for none.
        param_initializers: initializers by 'beta' and 'gamma'.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: collections that the variables are put into.
        outputs_collections: collections that the output is put into.
        trainable: whether the variables are trained.
        scope: the name of the layer's scope, or a VariableScope.
        mean_close_to_zero: whether the variance is the mean of the squares less the square of the
            mean.

    Raises:
        ValueError: an axis is none of the input's or is named twice, the channels cannot be cut so,
            or the variables break the rules of `get_variable`.
    """
    inputs = as_tensor(inputs)
    rank = inputs.ndim

    def refused(why: str) -> ValueError:
        return ValueError(f"{why} The input has shape {shape_text(inputs.shape)}.")

    axis = channels_axis + rank if channels_axis < 0 else channels_axis
    reduced = [each + rank if each < 0 else each for each in reduction_axes]
    if not all(0 <= each < rank for each in (axis, *reduced)):
        raise refused("Axis is out of bounds.")
    if axis in reduced:
        raise refused("reduction_axis must be mutually exclusive with channels_axis.")
    channels = inputs.shape[axis]
    if groups < 1:
        raise refused(f"groups must be positive. It is {groups}.")
    if groups > channels:
        raise refused(f"Invalid groups {groups} for {channels} channels.")
    if channels % groups:
        raise refused(f"{channels} channels is not commensurate with {groups} groups.")
    whole = inputs.shape
    parts = [groups, channels // groups]
    grouped = inputs.reshape(*whole[:axis], *parts, *whole[axis + 1 :])
    over = [axis + 1, *(each + 1 if each > axis else each for each in reduced)]
    with opened(scope, "GroupNorm", inputs, reuse=reuse) as sc:
        beta, gamma = _beta_and_gamma(
            center, scale, [channels], inputs, param_initializers, variables_collections, trainable
        )
        if mean_close_to_zero:
            mean = grouped.mean(over, keepdim=True)
            variance = grouped.square().mean(over, keepdim=True) - mean.square()
        else:
            mean, variance = nn.moments(grouped, over, keep_dims=True)
        shape = [1] * axis + parts + [1] * (rank - axis - 1)
        outputs = nn.batch_normalization(
            grouped,
            mean,
            variance,
            None if beta is None else beta.reshape(shape),
            None if gamma is None else gamma.reshape(shape),
            epsilon,
        )
        return finished(outputs.reshape(whole), sc, outputs_collections, activation_fn)


@add_arg_scope
def unit_norm(inputs: Tensor, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Tensor:
    """Vectors along an axis, divided by their length (slim.unit_norm).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.unit_norm(torch.tensor([[3.0, 4.0]]), 1)
    tensor([[0.6000, 0.8000]])

    Args:
        inputs: a tensor of floats.
        dim: the axis, not counted from the end.
        epsilon: is added to the square of the length.
        scope: the name of a scope, which has no variables.

    Raises:
        ValueError: the input has no such axis.
    """
    with opened(scope, "UnitNorm", inputs) as sc:
        inputs = of_dtype(inputs, "x")
        if not 0 <= dim < inputs.ndim:
            raise ValueError(
                f"dim must be positive but smaller than the input rank. It is {dim}. "
                f"{at(sc, inputs)}"
            )
        return inputs / (epsilon + inputs.square().sum(dim, keepdim=True)).sqrt()


def poincare_normalize(
    x: Any, axis: Any = 1, epsilon: float = 1e-5, name: str | None = None
) -> Tensor:
    """Vectors, drawn into the ball of radius 1 - epsilon (tf.contrib.layers.poincare_normalize).

    >>> poincare_normalize(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), epsilon=0.5)
    tensor([[0.3000, 0.4000],
            [0.3000, 0.4000]])

    Args:
        x: a tensor of floats.
        axis: the axis along which the vectors lie, or several.
        epsilon: how far from 1 the longest is.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: an axis is not there, or named twice.
        TypeError: the numbers are not floats.
    """
    x = of_dtype(x, "x")
    shrunk = torch.rsqrt(x.square().sum(axes_of(axis, x.ndim), keepdim=True)) * (1.0 - epsilon)
    outputs: Tensor = x * torch.where(shrunk <= 1.0, shrunk, 1.0)
    return outputs
