"""Convolutions as layers (tf.layers.Conv1D, Conv2D, Conv3D)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import functional as F

from torchscope._core.values.conversion import dtype_name, shape_text
from torchscope._core.values.static_shapes import TensorShape
from torchscope.initializers import Zeros
from torchscope.layers.arguments import (
    Activation,
    activation_of,
    is_channels_first,
    numbers,
    padding_of,
    refused,
)
from torchscope.layers.base import Layer
from torchscope.layers.functions import called
from torchscope.layers.input_spec import InputSpec
from torchscope.layers.lengths import conv_output_length, dimensions
from torchscope.nn.convolution import convolve
from torchscope.nn.layouts import FORMATS

_ZEROS = Zeros()
_SPECS = {spatial: InputSpec(min_ndim=spatial + 2) for spatial in (1, 2, 3)}
Numbers = int | Sequence[int]
Regularizer = Callable[..., Any] | None
Constraint = Callable[..., Any] | None


class Convolution(Layer):
    """A convolution, a bias and an activation, over any number of spatial axes.

    The classes for one, two and three axes derive from it; they have no arguments of their own.
    What comes before the last axes of an input, one or several, is the batch.

    Args:
        filters: the number of output channels.
        kernel_size: one number, or one for each spatial axis.
        strides: the same.
        padding: 'valid' or 'same', in any case; with one spatial axis also 'causal'.
        data_format: 'channels_last' or 'channels_first'.
        dilation_rate: as `strides`; one of the two must be 1.
        activation: a function of the output, or its name in `nn`.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel', (spatial axes, channels, filters); Glorot's uniform by
            default.
        bias_initializer: for 'bias', (filters,); zeros by default.
        kernel_regularizer: the kernel's share in REGULARIZATION_LOSSES.
        bias_regularizer: the bias's.
        activity_regularizer: the output's, divided by the batch's size.
        kernel_constraint: see `get_variable`.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the layer's name.
        groups: into how many groups the channels are divided; a filter sees the channels of one.
        **kwargs: see `Layer`.

    Raises:
        ValueError: an argument is of the wrong kind, or the input's rank or channels do not fit.
        TypeError: the input is no floating-point tensor.
    """

    spatial: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: Numbers,
        strides: Numbers = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Numbers = 1,
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
        *,
        groups: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        self.filters: int = _filters(filters)
        self.groups = groups
        if groups < 1 or self.filters % groups:
            raise refused(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={self.filters}"
            )
        self.kernel_size: tuple[int, ...] = numbers("kernel_size", kernel_size, self.spatial)
        self.strides: tuple[int, ...] = numbers("strides", strides, self.spatial, least=0)
        if not all(self.strides):
            raise refused(f"The argument `strides` cannot contains 0(s). Received: {self.strides}")
        self.padding: str = padding_of(padding)
        self._first = is_channels_first(data_format)
        self.data_format: str = FORMATS[self.spatial][self._first]
        self.dilation_rate: tuple[int, ...] = numbers("dilation_rate", dilation_rate, self.spatial)
        self.activation: Callable[..., Tensor] | None = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        if self.padding == "CAUSAL" and self.spatial != 1:
            raise refused("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise refused(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self._channels_axis = -1 - self.spatial if self._first else -1
        self.input_spec = _SPECS[self.spatial]
        self.kernel: Any = None
        self.bias: Any = None

    def _kernel_shape(self, channels: int) -> list[int]:
        return [*self.kernel_size, channels // self.groups, self.filters]

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        channels = input_shape[self._channels_axis]
        self._check(input_shape, channels)
        self._make_kernels(channels)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                [self.filters],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec: Any = InputSpec(
            min_ndim=self.spatial + 2, axes={self._channels_axis: channels}
        )
        super().build(input_shape)

    def _check(self, shape: Any, channels: int) -> None:
        """Refuses an input before anything is made for it."""
        dtype = self.dtype
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                "A convolution can only be built with a floating-point dtype. Received: "
                f"dtype=<dtype: '{dtype_name(dtype)}'>. {self._at(shape)} Convert it, with .float() "
                "for example."
            )
        if channels == 0:
            raise ValueError(
                f"Depth of filter must not be 0: the input has no channels. {self._at(shape)}"
            )
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. "
                f"Received groups={self.groups}, but the input has {channels} channels (full input "
                f"shape is {shape_text(shape)}). {self._at(shape)}"
            )
        if self.padding == "VALID":
            self._check_fits(shape)

    def _check_fits(self, shape: Any) -> None:
        """Refuses a kernel that is larger than the input."""
        lengths = shape[-self.spatial :] if self._first else shape[-1 - self.spatial : -1]
        for length, size, rate in zip(lengths, self.kernel_size, self.dilation_rate, strict=True):
            reach = (size - 1) * rate + 1
            if reach > length:
                raise ValueError(
                    f"{self._too_large(shape, reach, length)} The kernel is "
                    f"{shape_text(self.kernel_size)}, its dilation rates "
                    f"{shape_text(self.dilation_rate)}; padding='same' makes the output as long as "
                    f"the input. {self._at(shape)}"
                )

    def _too_large(self, shape: Any, reach: int, length: int) -> str:
        return (
            "One of the dimensions in the output is <= 0 due to downsampling in "
            f"{self.name}. Consider increasing the input size. Received input shape "
            f"{list(shape)} which would produce output shape with a zero or negative value "
            "in a dimension."
        )

    def _make_kernels(self, channels: int) -> None:
        self.kernel = self.add_weight(
            "kernel",
            self._kernel_shape(channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    def call(self, inputs: Tensor) -> Tensor:
        """Filters, adds and activates."""
        padding, further = self.padding, inputs.ndim - 2 - self.spatial
        batch = inputs.shape[: 1 + further] if further else ()
        if further:
            inputs = inputs.flatten(0, further)
        if padding == "CAUSAL":
            inputs, padding = self._pad_before(inputs), "VALID"
        outputs: Any = self._filtered(inputs, padding)
        if further:
            outputs = outputs.reshape(*batch, *outputs.shape[1:])
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output; see `Layer`.

        Raises:
            ValueError: the rank does not fit.
        """
        return self._shape_of(dimensions(input_shape, self.spatial + 2))

    def _shape_of(self, shape: list[Any]) -> TensorShape:
        """The output's, for an input's dimensions."""
        begin = len(shape) - self.spatial - (0 if self._first else 1)
        lengths = [
            self._length(length, axis) for axis, length in enumerate(shape[begin:][: self.spatial])
        ]
        batch = shape[: begin - 1] if self._first else shape[:begin]
        return TensorShape(
            [*batch, self.filters, *lengths] if self._first else [*batch, *lengths, self.filters]
        )

    def _length(self, length: Any, axis: int) -> Any:
        """The output's length on a spatial axis."""
        return conv_output_length(
            length,
            self.kernel_size[axis],
            self.padding,
            self.strides[axis],
            self.dilation_rate[axis],
        )

    def _filtered(self, inputs: Tensor, padding: str) -> Tensor:
        """What the kernels and the bias make of the input."""
        return convolve(
            inputs,
            self.kernel,
            self.bias,
            self.strides,
            padding,
            self.data_format,
            self.dilation_rate,
            self.spatial,
        )

    def _pad_before(self, inputs: Tensor) -> Tensor:
        """The input of a causal convolution: an output sees nothing that comes after it."""
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        return F.pad(inputs, (before, 0) if self._first else (0, 0, before, 0))


def _filters(filters: Any) -> int:
    number = 0 if filters is None else int(filters)
    if number <= 0:
        raise refused(
            f"Invalid value for argument `filters`. Expected a strictly positive value. "
            f"Received filters={filters}."
        )
    return number


class Conv1D(Convolution, sets=("kernel", "bias")):
    """A 1-D convolution (tf.layers.Conv1D). Its arguments are those of `Convolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Conv1D(4, 3)
    >>> layer(torch.ones(2, 10, 3)).shape
    torch.Size([2, 8, 4])
    >>> [(v.name, tuple(v.shape)) for v in layer.weights]
    [('conv1d/kernel:0', (3, 3, 4)), ('conv1d/bias:0', (4,))]
    """

    spatial = 1


class Conv2D(Convolution, sets=("kernel", "bias")):
    """A 2-D convolution (tf.layers.Conv2D). Its arguments are those of `Convolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Conv2D(4, 3)
    >>> layer(torch.ones(2, 10, 10, 3)).shape
    torch.Size([2, 8, 8, 4])
    >>> [(v.name, tuple(v.shape)) for v in layer.weights]
    [('conv2d/kernel:0', (3, 3, 3, 4)), ('conv2d/bias:0', (4,))]
    """

    spatial = 2


class Conv3D(Convolution, sets=("kernel", "bias")):
    """A 3-D convolution (tf.layers.Conv3D). Its arguments are those of `Convolution`.

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Conv3D(4, 3)
    >>> layer(torch.ones(2, 6, 10, 10, 3)).shape
    torch.Size([2, 4, 8, 8, 4])
    >>> [(v.name, tuple(v.shape)) for v in layer.weights]
    [('conv3d/kernel:0', (3, 3, 3, 3, 4)), ('conv3d/bias:0', (4,))]
    """

    spatial = 3


def conv1d(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Numbers = 1,
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
    """Makes a `Conv1D` layer and calls it (tf.layers.conv1d).

    >>> import torch, torchscope as ts
    >>> ts.layers.conv1d(torch.ones(2, 10, 3), 4, 3, name="conv").shape
    torch.Size([2, 8, 4])
    >>> [v.name for v in ts.trainable_variables()]
    ['conv/kernel:0', 'conv/bias:0']

    Args:
        inputs: (N, W, C), or (N, C, W) with data_format='channels_first'.
        filters: see `Convolution`, as for what is not said here.
        kernel_size: the kernel is (W, C, filters).
        strides: the steps of the kernel.
        padding: 'valid' or 'same' or 'causal'.
        data_format: where the channels are.
        dilation_rate: the distances of the kernel's elements.
        activation: a function of the output.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel'.
        bias_initializer: for 'bias'.
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
    return called(Conv1D, locals())


def conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Numbers = (1, 1),
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
    """Makes a `Conv2D` layer and calls it (tf.layers.conv2d).

    >>> import torch, torchscope as ts
    >>> ts.layers.conv2d(torch.ones(2, 10, 10, 3), 4, 3, name="conv").shape
    torch.Size([2, 8, 8, 4])
    >>> [v.name for v in ts.trainable_variables()]
    ['conv/kernel:0', 'conv/bias:0']

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='channels_first'.
        filters: see `Convolution`, as for what is not said here.
        kernel_size: the kernel is (H, W, C, filters).
        strides: the steps of the kernel.
        padding: 'valid' or 'same'.
        data_format: where the channels are.
        dilation_rate: the distances of the kernel's elements.
        activation: a function of the output.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel'.
        bias_initializer: for 'bias'.
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
    return called(Conv2D, locals())


def conv3d(
    inputs: Any,
    filters: int,
    kernel_size: Numbers,
    strides: Numbers = (1, 1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Numbers = (1, 1, 1),
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
    """Makes a `Conv3D` layer and calls it (tf.layers.conv3d).

    >>> import torch, torchscope as ts
    >>> ts.layers.conv3d(torch.ones(2, 6, 10, 10, 3), 4, 3, name="conv").shape
    torch.Size([2, 4, 8, 8, 4])
    >>> [v.name for v in ts.trainable_variables()]
    ['conv/kernel:0', 'conv/bias:0']

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='channels_first'.
        filters: see `Convolution`, as for what is not said here.
        kernel_size: the kernel is (D, H, W, C, filters).
        strides: the steps of the kernel.
        padding: 'valid' or 'same'.
        data_format: where the channels are.
        dilation_rate: the distances of the kernel's elements.
        activation: a function of the output.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel'.
        bias_initializer: for 'bias'.
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
    return called(Conv3D, locals())
