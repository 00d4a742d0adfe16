"""Separable convolutions as layers (tf.layers.SeparableConv1D, SeparableConv2D)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from torchscope import nn
from torchscope.initializers import Zeros
from torchscope.layers.arguments import Activation, refused
from torchscope.layers.convolution import Convolution
from torchscope.layers.functions import called

_ZEROS = Zeros()
_SETS = ("depthwise_kernel", "pointwise_kernel", "bias")
Numbers = int | Sequence[int]
Regularizer = Callable[..., Any] | None
Constraint = Callable[..., Any] | None


class SeparableConvolution(Convolution):
    """A convolution of each channel by itself, then one of size 1 across all of them.

    The classes for one and two spatial axes derive from it; they have no arguments of their own.
    What is not said here is as in `Convolution`.

    Args:
        filters: the number of output channels.
        kernel_size: of the first convolution.
        strides: of the first convolution.
        padding: of the first convolution.
        data_format: 'channels_last' or 'channels_first'.
        dilation_rate: of the first convolution.
        depth_multiplier: how many channels the first convolution makes of each.
        activation: a function of the output.
        use_bias: whether there is a bias.
        depthwise_initializer: for 'depthwise_kernel', (spatial axes, channels, depth_multiplier).
        pointwise_initializer: for 'pointwise_kernel', (ones, channels * depth_multiplier, filters).
        bias_initializer: for 'bias', (filters,).
        depthwise_regularizer: the first kernel's share in REGULARIZATION_LOSSES.
        pointwise_regularizer: the second kernel's.
        bias_regularizer: the bias's.
        activity_regularizer: the output's.
        depthwise_constraint: see `get_variable`.
        pointwise_constraint: the same.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: an argument is of the wrong kind, or the input's rank or channels do not fit.
        TypeError: the input is no floating-point tensor.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Numbers,
        strides: Numbers = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Numbers = 1,
        depth_multiplier: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        depthwise_regularizer: Regularizer = None,
        pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            None,
            bias_initializer,
            None,
            bias_regularizer,
            activity_regularizer,
            None,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        if depth_multiplier < 1:
            raise refused(
                "Depth of filter must not be 0: depth_multiplier, the number of channels made of "
                f"each, is to be 1 or more. Received: depth_multiplier={depth_multiplier}"
            )
        self.depthwise_initializer = depthwise_initializer
        self.pointwise_initializer = pointwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_constraint = pointwise_constraint
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def _check(self, shape: Any, channels: int) -> None:
        if len(shape) != self.spatial + 2:
            # TF1 takes one spatial axis for an image, as we do.
            rank = len(shape) + 2 - self.spatial
            raise ValueError(
                f"Shape must be rank 4 but is rank {rank}: there is one axis for the batch. "
                f"{self._at(shape)}"
            )
        super()._check(shape, channels)

    def _too_large(self, shape: Any, reach: int, length: int) -> str:
        return f"Negative dimension size caused by subtracting {reach} from {length}."

    def _make_kernels(self, channels: int) -> None:
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            [*self.kernel_size, channels, self.depth_multiplier],
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            [*(1,) * self.spatial, channels * self.depth_multiplier, self.filters],
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )

    def _filtered(self, inputs: Tensor, padding: str) -> Tensor:
        # One spatial axis is taken for an image of height 1, as TF1 does.
        axis = 2 if self._first else 1
        depthwise, pointwise = self.depthwise_kernel, self.pointwise_kernel
        strides, rates, form = self.strides, self.dilation_rate, self.data_format
        if self.spatial == 1:
            inputs = inputs.unsqueeze(axis)
            depthwise, pointwise = depthwise.unsqueeze(0), pointwise.unsqueeze(0)
            # TF1 has one stride for both axes, and the axis of length 1 minds none.
            strides, rates = (1, *strides), (1, *rates)
            form = "NCHW" if self._first else "NHWC"
        outputs = nn.separable_conv2d(
            inputs, depthwise, pointwise, strides, padding, rates, data_format=form
        )
        if self.spatial == 1:
            outputs = outputs.squeeze(axis)
        if self.bias is None:
            return outputs
        return nn.bias_add(outputs, self.bias, "NCHW" if self._first else None)


class SeparableConv1D(SeparableConvolution, sets=_SETS):
    """A separable 1-D convolution (tf.layers.SeparableConv1D).

    Its arguments are those of `SeparableConvolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.SeparableConv1D(4, 3)
    >>> layer(torch.ones(1, 9, 3)).shape
    torch.Size([1, 7, 4])
    >>> [v.op.name for v in layer.weights]
    ['separable_conv1d/depthwise_kernel', 'separable_conv1d/pointwise_kernel', \
'separable_conv1d/bias']
    """

    spatial = 1


class SeparableConv2D(SeparableConvolution, sets=_SETS):
    """A separable 2-D convolution (tf.layers.SeparableConv2D).

    Its arguments are those of `SeparableConvolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.SeparableConv2D(4, 3)
    >>> layer(torch.ones(1, 9, 9, 3)).shape
    torch.Size([1, 7, 7, 4])
    >>> [v.op.name for v in layer.weights]
    ['separable_conv2d/depthwise_kernel', 'separable_conv2d/pointwise_kernel', \
'separable_conv2d/bias']
    """

    spatial = 2


def separable_conv1d(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Numbers = 1,
    depth_multiplier: int = 1,
    activation: Activation = None,
    use_bias: bool = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    depthwise_regularizer: Regularizer = None,
    pointwise_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    activity_regularizer: Regularizer = None,
    depthwise_constraint: Constraint = None,
    pointwise_constraint: Constraint = None,
    bias_constraint: Constraint = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Makes a `SeparableConv1D` layer and calls it (tf.layers.separable_conv1d).

    >>> import torch, torchscope as ts
    >>> ts.layers.separable_conv1d(torch.ones(1, 9, 3), 4, 3).shape
    torch.Size([1, 7, 4])

    Args:
        inputs: (N, W, C), or (N, C, W) with data_format='channels_first'.
        filters: see `SeparableConvolution`, as for what is not said here.
        kernel_size: of the first convolution.
        strides: its steps.
        padding: 'valid' or 'same' or 'causal'.
        data_format: where the channels are.
        dilation_rate: the distances of its kernel's elements.
        depth_multiplier: how many channels it makes of each.
        activation: a function of the output.
        use_bias: whether there is a bias.
        depthwise_initializer: for 'depthwise_kernel'.
        pointwise_initializer: for 'pointwise_kernel'.
        bias_initializer: for 'bias'.
        depthwise_regularizer: the first kernel's loss.
        pointwise_regularizer: the second kernel's.
        bias_regularizer: the bias's.
        activity_regularizer: the output's.
        depthwise_constraint: see `get_variable`.
        pointwise_constraint: the same.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the name of the layer's scope; without one it takes the next free one.
        reuse: as the `reuse` of a variable_scope: True shares the variables of that name.

    Raises:
        ValueError: the shapes do not fit, or the variables break the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    return called(SeparableConv1D, locals())


def separable_conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Numbers = (1, 1),
    depth_multiplier: int = 1,
    activation: Activation = None,
    use_bias: bool = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    depthwise_regularizer: Regularizer = None,
    pointwise_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    activity_regularizer: Regularizer = None,
    depthwise_constraint: Constraint = None,
    pointwise_constraint: Constraint = None,
    bias_constraint: Constraint = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Makes a `SeparableConv2D` layer and calls it (tf.layers.separable_conv2d).

    >>> import torch, torchscope as ts
    >>> ts.layers.separable_conv2d(torch.ones(1, 9, 9, 3), 4, 3).shape
    torch.Size([1, 7, 7, 4])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='channels_first'.
        filters: see `SeparableConvolution`, as for what is not said here.
        kernel_size: of the first convolution.
        strides: its steps.
        padding: 'valid' or 'same'.
        data_format: where the channels are.
        dilation_rate: the distances of its kernel's elements.
        depth_multiplier: how many channels it makes of each.
        activation: a function of the output.
        use_bias: whether there is a bias.
        depthwise_initializer: for 'depthwise_kernel'.
        pointwise_initializer: for 'pointwise_kernel'.
        bias_initializer: for 'bias'.
        depthwise_regularizer: the first kernel's loss.
        pointwise_regularizer: the second kernel's.
        bias_regularizer: the bias's.
        activity_regularizer: the output's.
        depthwise_constraint: see `get_variable`.
        pointwise_constraint: the same.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the name of the layer's scope; without one it takes the next free one.
        reuse: as the `reuse` of a variable_scope: True shares the variables of that name.

    Raises:
        ValueError: the shapes do not fit, or the variables break the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    return called(SeparableConv2D, locals())
