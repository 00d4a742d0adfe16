"""Dense: a matrix and a bias (tf.layers.Dense)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from torchscope._core.values.conversion import as_shape, dtype_name, last_dimension, shape_text
from torchscope._core.values.static_shapes import TensorShape
from torchscope.initializers import Zeros
from torchscope.layers.arguments import Activation, activation_of, refused
from torchscope.layers.base import Layer
from torchscope.layers.functions import called
from torchscope.layers.input_spec import InputSpec
from torchscope.layers.lengths import dimensions

_ZEROS, _MATRIX = Zeros(), InputSpec(min_ndim=2)
Regularizer = Callable[..., Any] | None
Constraint = Callable[..., Any] | None


class Dense(Layer, sets=("kernel", "bias")):
    """``activation(inputs @ kernel + bias)`` over the last axis (tf.layers.Dense).

    >>> import torch, torchscope as ts
    >>> layer = ts.layers.Dense(4, activation=ts.nn.relu)
    >>> layer(torch.ones(2, 7, 3)).shape
    torch.Size([2, 7, 4])
    >>> [(v.name, tuple(v.shape)) for v in layer.weights]
    [('dense/kernel:0', (3, 4)), ('dense/bias:0', (4,))]

    Args:
        units: the length of the last axis of the output.
        activation: a function of the output, or its name in `nn`.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel', (inputs, units); Glorot's uniform by default.
        bias_initializer: for 'bias', (units,); zeros by default.
        kernel_regularizer: the kernel's share in REGULARIZATION_LOSSES.
        bias_regularizer: the bias's.
        activity_regularizer: the output's, divided by the batch's size.
        kernel_constraint: see `get_variable`.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the layer's name.
        **kwargs: see `Layer`.

    Raises:
        ValueError: `units` is negative or no number, the input is of rank 1, or its last axis is of
            another length than in an earlier call.
        TypeError: the input is no floating-point tensor.
    """

    def __init__(
        self,
        units: int,
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
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        self.units: int = int(units)
        if self.units < 0:
            raise refused(
                "Received an invalid value for `units`, expected a positive integer. "
                f"Received: units={units}"
            )
        self.activation: Callable[..., Tensor] | None = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.input_spec = _MATRIX
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        dtype = self.dtype
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "A Dense layer can only be built with a floating-point dtype. Received: "
                f"dtype=<dtype: '{dtype_name(dtype)}'>. {self._at(input_shape)} Convert it, with "
                ".float() for example."
            )
        depth = last_dimension(input_shape)
        if depth is None:
            raise ValueError(
                "The last dimension of the inputs to a Dense layer should be defined. Found None. "
                f"Full input shape received: {shape_text(as_shape(input_shape))}"
            )
        self.kernel = self.add_weight(
            "kernel",
            [depth, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                [self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec: Any = InputSpec(min_ndim=2, axes={-1: depth})
        super().build(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """Multiplies, adds and activates."""
        outputs = F.linear(inputs, self.kernel.t(), self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The input's, with `units` last; see `Layer`.

        Raises:
            ValueError: the rank is below 2, or the last dimension is None.
        """
        shape = dimensions(input_shape, 2)
        if shape[-1] is None:
            raise ValueError(
                "The last dimension of the input shape of a Dense layer should be defined. Found None. "
                f"Received: input_shape={TensorShape(shape)}"
            )
        return TensorShape([*shape[:-1], self.units])


def dense(
    inputs: Any,
    units: int,
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
    """Makes a `Dense` layer and calls it (tf.layers.dense).

    >>> import torch, torchscope as ts
    >>> x = torch.ones(2, 3)
    >>> _ = ts.layers.dense(x, 4), ts.layers.dense(x, 5), ts.layers.dense(x, 6, name="last")
    >>> [v.name for v in ts.trainable_variables()][::2]
    ['dense/kernel:0', 'dense_1/kernel:0', 'last/kernel:0']

    Args:
        inputs: (N, ..., C).
        units: see `Dense`, as for what is not said here.
        activation: a function of the output.
        use_bias: whether there is a bias.
        kernel_initializer: for 'kernel', (C, units).
        bias_initializer: for 'bias', (units,).
        kernel_regularizer: the kernel's loss.
        bias_regularizer: the bias's.
        activity_regularizer: the output's.
        kernel_constraint: see `get_variable`.
        bias_constraint: the same.
        trainable: whether the variables are trained.
        name: the name of the layer's scope; without one it takes the next free one.
        reuse: as the `reuse` of a variable_scope: True shares the variables of that name.

    Returns:
        (N, ..., units).

    Raises:
        ValueError: the shapes do not fit, or the variables break the rules of `get_variable`.
        TypeError: the input is no floating-point tensor.
    """
    return called(Dense, locals())
