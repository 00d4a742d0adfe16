"""Pooling as layers (tf.layers.MaxPooling1D and the others). They have no variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from torch import Tensor

from torchscope import nn
from torchscope._core.values.static_shapes import TensorShape
from torchscope.layers.arguments import format_of, numbers, padding_of, refused
from torchscope.layers.base import Layer
from torchscope.layers.input_spec import InputSpec
from torchscope.layers.lengths import conv_output_length, dimensions

Numbers = int | Sequence[int]


class Pooling(Layer):
    """A window that moves over any number of spatial axes.

    The classes for one, two and three axes derive from it; they have no arguments of their own.

    Args:
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same', in any case. What was padded counts nowhere.
        data_format: 'channels_last' or 'channels_first'.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """

    spatial: ClassVar[int]
    pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        pool_size: Numbers,
        strides: Numbers,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if strides is None:
            raise refused(
                "Argument `strides` must not be None. Give pool_size, where windows are not to "
                "overlap."
            )
        self.pool_size: tuple[int, ...] = numbers("pool_size", pool_size, self.spatial)
        self.strides: tuple[int, ...] = numbers("strides", strides, self.spatial, least=0)
        if not all(self.strides):
            raise refused(f"Stride must be > 0, but got 0: strides={self.strides}")
        self.padding: str = padding_of(padding)
        if self.padding == "CAUSAL":
            raise refused("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
        self.data_format: str = format_of(data_format, self.spatial)
        self.input_spec: Any = InputSpec(ndim=self.spatial + 2)

    def call(self, inputs: Tensor) -> Tensor:
        """Pools."""
        return type(self).pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output; see `Layer`.

        Raises:
            ValueError: the rank does not fit.
        """
        shape = dimensions(input_shape, self.spatial + 2, exactly=True)
        begin = 2 if self.data_format.startswith("NC") else 1
        for axis, (size, stride) in enumerate(
            zip(self.pool_size, self.strides, strict=True), begin
        ):
            shape[axis] = conv_output_length(shape[axis], size, self.padding, stride, 1)
        return TensorShape(shape)


class MaxPooling1D(Pooling):
    """The largest number of each window (tf.layers.MaxPooling1D). See `Pooling` for its arguments.

    >>> import torch, torchscope as ts
    >>> ts.layers.MaxPooling1D(2, 2)(torch.ones(1, 8, 3)).shape
    torch.Size([1, 4, 3])
    """

    spatial = 1
    pool: ClassVar[Callable[..., Tensor]] = staticmethod(nn.max_pool1d)


class MaxPooling2D(Pooling):
    """The largest number of each window (tf.layers.MaxPooling2D). See `Pooling` for its arguments.

    >>> import torch, torchscope as ts
    >>> ts.layers.MaxPooling2D(2, 2)(torch.ones(1, 8, 8, 3)).shape
    torch.Size([1, 4, 4, 3])
    """

    spatial = 2
    pool: ClassVar[Callable[..., Tensor]] = staticmethod(nn.max_pool)


class MaxPooling3D(Pooling):
    """The largest number of each window (tf.layers.MaxPooling3D). See `Pooling` for its arguments.

    >>> import torch, torchscope as ts
    >>> ts.layers.MaxPooling3D(2, 2)(torch.ones(1, 8, 8, 8, 3)).shape
    torch.Size([1, 4, 4, 4, 3])
    """

    spatial = 3
    pool: ClassVar[Callable[..., Tensor]] = staticmethod(nn.max_pool3d)


class AveragePooling1D(Pooling):
    """The mean of each window (tf.layers.AveragePooling1D). See `Pooling` for its arguments.

    >>> import torch, torchscope as ts
    >>> ts.layers.AveragePooling1D(2, 2)(torch.ones(1, 8, 3)).shape
    torch.Size([1, 4, 3])
    """

    spatial = 1
    pool: ClassVar[Callable[..., Tensor]] = staticmethod(nn.avg_pool1d)


class AveragePooling2D(Pooling):
    """The mean of each window (tf.layers.AveragePooling2D). See `Pooling` for its arguments.

    >>> import torch, torchscope as ts
    >>> ts.layers.AveragePooling2D(2, 2)(torch.ones(1, 8, 8, 3)).shape
    torch.Size([1, 4, 4, 3])
    """

    spatial = 2
    pool: ClassVar[Callable[..., Tensor]] = staticmethod(nn.avg_pool)


class AveragePooling3D(Pooling):
    """The mean of each window (tf.layers.AveragePooling3D). See `Pooling` for its arguments.

    >>> import torch, torchscope as ts
    >>> ts.layers.AveragePooling3D(2, 2)(torch.ones(1, 8, 8, 8, 3)).shape
    torch.Size([1, 4, 4, 4, 3])
    """

    spatial = 3
    pool: ClassVar[Callable[..., Tensor]] = staticmethod(nn.avg_pool3d)


def max_pooling1d(
    inputs: Any,
    pool_size: Numbers,
    strides: Numbers,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """The largest number of each window (tf.layers.max_pooling1d).

    >>> import torch, torchscope as ts
    >>> ts.layers.max_pooling1d(torch.ones(1, 8, 3), 3, 2, padding="same").shape
    torch.Size([1, 4, 3])

    Args:
        inputs: (N, W, C), or (N, C, W) with data_format='channels_first'.
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same'. What was padded counts nowhere.
        data_format: where the channels are.
        name: the layer's name.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    return MaxPooling1D(pool_size, strides, padding, data_format, name)(inputs)


def max_pooling2d(
    inputs: Any,
    pool_size: Numbers,
    strides: Numbers,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """The largest number of each window (tf.layers.max_pooling2d).

    >>> import torch, torchscope as ts
    >>> ts.layers.max_pooling2d(torch.ones(1, 8, 8, 3), 3, 2, padding="same").shape
    torch.Size([1, 4, 4, 3])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='channels_first'.
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same'. What was padded counts nowhere.
        data_format: where the channels are.
        name: the layer's name.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    return MaxPooling2D(pool_size, strides, padding, data_format, name)(inputs)


def max_pooling3d(
    inputs: Any,
    pool_size: Numbers,
    strides: Numbers,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """The largest number of each window (tf.layers.max_pooling3d).

    >>> import torch, torchscope as ts
    >>> ts.layers.max_pooling3d(torch.ones(1, 8, 8, 8, 3), 3, 2, padding="same").shape
    torch.Size([1, 4, 4, 4, 3])

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='channels_first'.
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same'. What was padded counts nowhere.
        data_format: where the channels are.
        name: the layer's name.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    return MaxPooling3D(pool_size, strides, padding, data_format, name)(inputs)


def average_pooling1d(
    inputs: Any,
    pool_size: Numbers,
    strides: Numbers,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """The mean of each window (tf.layers.average_pooling1d).

    >>> import torch, torchscope as ts
    >>> ts.layers.average_pooling1d(torch.ones(1, 8, 3), 3, 2, padding="same").shape
    torch.Size([1, 4, 3])

    Args:
        inputs: (N, W, C), or (N, C, W) with data_format='channels_first'.
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same'. What was padded counts nowhere.
        data_format: where the channels are.
        name: the layer's name.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    return AveragePooling1D(pool_size, strides, padding, data_format, name)(inputs)


def average_pooling2d(
    inputs: Any,
    pool_size: Numbers,
    strides: Numbers,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """The mean of each window (tf.layers.average_pooling2d).

    >>> import torch, torchscope as ts
    >>> ts.layers.average_pooling2d(torch.ones(1, 8, 8, 3), 3, 2, padding="same").shape
    torch.Size([1, 4, 4, 3])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='channels_first'.
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same'. What was padded counts nowhere.
        data_format: where the channels are.
        name: the layer's name.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    return AveragePooling2D(pool_size, strides, padding, data_format, name)(inputs)


def average_pooling3d(
    inputs: Any,
    pool_size: Numbers,
    strides: Numbers,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: Any = None,
) -> Tensor:
    """The mean of each window (tf.layers.average_pooling3d).

    >>> import torch, torchscope as ts
    >>> ts.layers.average_pooling3d(torch.ones(1, 8, 8, 8, 3), 3, 2, padding="same").shape
    torch.Size([1, 4, 4, 4, 3])

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='channels_first'.
        pool_size: the window: one number, or one for each spatial axis.
        strides: its steps, the same.
        padding: 'valid' or 'same'. What was padded counts nowhere.
        data_format: where the channels are.
        name: the layer's name.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    return AveragePooling3D(pool_size, strides, padding, data_format, name)(inputs)
