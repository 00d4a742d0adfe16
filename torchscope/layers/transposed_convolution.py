"""Transposed convolutions as layers (tf.layers.Conv2DTranspose, Conv3DTranspose)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from torch import Tensor

from torchscope import nn
from torchscope.initializers import Zeros
from torchscope.layers.arguments import Activation
from torchscope.layers.convolution import Convolution
from torchscope.layers.functions import called
from torchscope.layers.lengths import deconv_output_length

_ZEROS = Zeros()
Numbers = int | Sequence[int]
Regularizer = Callable[..., Any] | None
Constraint = Callable[..., Any] | None


class TransposedConvolution(Convolution):
    """The transpose of a convolution, a bias and an activation, over two or three spatial axes.

    The output's spatial lengths are the input's times the strides; with padding 'valid' they are
    longer by what a kernel reaches beyond its stride. The classes for two and three axes derive
    from it; they have no arguments of their own. Arguments and errors are those of `Convolution`,
    without a dilation_rate; the kernel is (spatial axes, filters, channels).
    """

    transpose: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        filters: int,
        kernel_size: Numbers,
        strides: Numbers = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
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
            1,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            trainable,
            name,
            **kwargs,
        )

    def _kernel_shape(self, channels: int) -> list[int]:
        return [*self.kernel_size, self.filters, channels]

    def _check(self, shape: Any, channels: int) -> None:
        if len(shape) != self.spatial + 2:
            raise ValueError(
                f"Inputs should have rank {self.spatial + 2}. Received input_shape={tuple(shape)}. "
                f"{self._at(shape)}"
            )
        super()._check(shape, channels)

    def _check_fits(self, shape: Any) -> None:
        """Its output is longer than its input: any kernel fits."""

    def _length(self, length: Any, axis: int) -> Any:
        return deconv_output_length(
            length, self.kernel_size[axis], self.padding, self.strides[axis]
        )

    def _filtered(self, inputs: Tensor, padding: str) -> Tensor:
        first = self._first
        lengths = inputs.shape[2:] if first else inputs.shape[1:-1]
        longer = [self._length(length, axis) for axis, length in enumerate(lengths)]
        shape = [inputs.shape[0], *longer]
        shape.insert(1 if first else len(shape), self.filters)
        outputs = type(self).transpose(
            inputs, self.kernel, shape, self.strides, padding, self.data_format
        )
        if self.bias is None:
            return outputs
        return nn.bias_add(outputs, self.bias, "NCHW" if first else None)


class Conv2DTranspose(TransposedConvolution, sets=("kernel", "bias")):
    """The transpose of a 2-D convolution (tf.layers.Conv2DTranspose).

    Its arguments are those of `TransposedConvolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Conv2DTranspose(4, 3, strides=2, padding="same")
    >>> layer(torch.ones(1, 5, 5, 3)).shape, tuple(layer.kernel.shape)
    (torch.Size([1, 10, 10, 4]), (3, 3, 4, 3))
    """

    spatial = 2
    transpose: ClassVar[Callable[..., Tensor]] = staticmethod(nn.conv2d_transpose)


class Conv3DTranspose(TransposedConvolution, sets=("kernel", "bias")):
    """The transpose of a 3-D convolution (tf.layers.Conv3DTranspose).

    Its arguments are those of `TransposedConvolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Conv3DTranspose(4, 3, strides=2, padding="same")
    >>> layer(torch.ones(1, 5, 5, 5, 3)).shape, tuple(layer.kernel.shape)
    (torch.Size([1, 10, 10, 10, 4]), (3, 3, 3, 4, 3))
    """

    spatial = 3
    transpose: ClassVar[Callable[..., Tensor]] = staticmethod(nn.conv3d_transpose)


def conv2d_transpose(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    activation: Activation = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    kernel_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    activity_regularizer: Regularizer = None,
    kernel_constraint: Constraint = None,
    bias_constraint: Constraint = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Makes a `Conv2DTranspose` layer and calls it (tf.layers.conv2d_transpose).

    >>> import torch, torchscope as ts
    >>> ts.layers.conv2d_transpose(torch.ones(1, 5, 5, 3), 4, 3, strides=2, padding="same").shape
    torch.Size([1, 10, 10, 4])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='channels_first'.
        filters: the number of output channels.
        kernel_size: one number, or one for each spatial axis.
        strides: the same: how much longer the output's axes are.
        padding: 'valid' or 'same'.
        data_format: where the channels are.
        activation: a function of the output.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel', (spatial axes, filters, C).
        bias_initializer: for 'bias', (filters,).
        kernel_regularizer: the kernel's loss.
        bias_regularizer: the bias's.
        activity_regularizer: the output's.
        kernel_constraint: see `get_variable`.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the name of the layer's scope; without one it takes the next free one.
        reuse: as the `reuse` of a variable_scope: True shares the variables of that name.

    Raises:
        ValueError: the shapes do not fit, or the variables break the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    return called(Conv2DTranspose, locals())


def conv3d_transpose(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = (1, 1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    activation: Activation = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    kernel_regularizer: Regularizer = None,
    bias_regularizer: Regularizer = None,
    activity_regularizer: Regularizer = None,
    kernel_constraint: Constraint = None,
    bias_constraint: Constraint = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Makes a `Conv3DTranspose` layer and calls it (tf.layers.conv3d_transpose).

    >>> import torch, torchscope as ts
    >>> ts.layers.conv3d_transpose(torch.ones(1, 5, 5, 5, 3), 4, 3, strides=2, padding="same").shape
    torch.Size([1, 10, 10, 10, 4])

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='channels_first'.
        filters: the number of output channels.
        kernel_size: one number, or one for each spatial axis.
        strides: the same: how much longer the output's axes are.
        padding: 'valid' or 'same'.
        data_format: where the channels are.
        activation: a function of the output.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel', (spatial axes, filters, C).
        bias_initializer: for 'bias', (filters,).
        kernel_regularizer: the kernel's loss.
        bias_regularizer: the bias's.
        activity_regularizer: the output's.
        kernel_constraint: see `get_variable`.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the name of the layer's scope; without one it takes the next free one.
        reuse: as the `reuse` of a variable_scope: True shares the variables of that name.

    Raises:
        ValueError: the shapes do not fit, or the variables break the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    return called(Conv3DTranspose, locals())
