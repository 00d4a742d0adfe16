"""Layers of slim that compute little, most of them without variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchscope import layers, nn
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor, check_rank, checked_axis, of_dtype
from torchscope.initializers import Constant, Ones, Zeros
from torchscope.layers.opening import opened
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.model_layers import (
    Function,
    at,
    check_format,
    collections_of,
    finished,
    with_biases,
)
from torchscope.slim.utils import collect_named_outputs, last_dimension
from torchscope.slim.variables import model_variable

_ZEROS, _ONES = Zeros(), Ones()
_INTEGERS = (torch.uint8, torch.int8, torch.int32, torch.int64)


@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Function = None,
    initializer: Any = _ZEROS,
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Adds a number to each channel (slim.bias_add).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.bias_add(torch.ones(2, 3)).shape, slim.get_model_variables()[0].name
    (torch.Size([2, 3]), 'BiasAdd/biases:0')

    Args:
        inputs: (N, ..., C), or (N, C, H, W) with data_format='NCHW'.
        activation_fn: a function of the output; None for none.
        initializer: for 'biases', (C,).
        regularizer: their share in REGULARIZATION_LOSSES.
        reuse: as the `reuse` of a variable_scope.
        variables_collections: collections that the variable is put into.
        outputs_collections: collections that the output is put into.
        trainable: whether the variable is trained.
        data_format: 'NHWC' or 'NCHW': the channels are last, or second.
        scope: the name of the layer's scope, or a VariableScope.

    Raises:
        ValueError: the format is unknown or does not go with the rank, or the variable breaks the
            rules of `get_variable`.
    """
    check_format(data_format)
    with opened(scope, "BiasAdd", inputs, reuse=reuse) as sc:
        inputs = as_tensor(inputs)
        if data_format == "NCHW" and inputs.ndim != 4:
            raise ValueError(f"Data format NCHW only supports 4D Tensor. {at(sc, inputs)}")
        if not inputs.ndim:
            raise ValueError(f"Shape must be at least rank 1 but is rank 0. {at(sc, inputs)}")
        outputs = with_biases(
            inputs,
            inputs.shape[1 if data_format == "NCHW" else -1],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            variables_collections=variables_collections,
            data_format=data_format,
        )
        return finished(outputs, sc, outputs_collections, activation_fn)


@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: float = 0.5,
    noise_shape: Sequence[int | None] | None = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: int | None = None,
) -> Tensor:
    """Keeps each element with probability `keep_prob`, times 1 / keep_prob (slim.dropout).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.dropout(torch.ones(3), is_training=False)
    tensor([1., 1., 1.])

    Args:
        inputs: a tensor of floats.
        keep_prob: the probability with which an element stays, where PyTorch has that with which it
            goes.
        noise_shape: the shape of what is drawn; None in it is the input's dimension.
        is_training: whether to drop.
        outputs_collections: collections that the output is put into.
        scope: the name of a scope, which has no variables.
        seed: a torch.Generator to draw from. A number has no effect: see `nn.dropout`.

    Raises:
        ValueError: keep_prob is not between 0 and 1.
    """
    with opened(scope, "Dropout", inputs) as sc:
        layer = layers.Dropout(1 - keep_prob, noise_shape, seed, name=sc.name, _scope=sc)
        outputs = layer(as_tensor(inputs), training=is_training)
        return collect_named_outputs(outputs_collections, sc.name, outputs)


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """All axes but the first become one (slim.flatten).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.flatten(torch.ones(2, 4, 3)).shape
    torch.Size([2, 12])

    Args:
        inputs: (N, ...).
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: the input is a single number.
    """
    with name_scope(scope, "Flatten", [inputs]) as sc:
        return collect_named_outputs(outputs_collections, sc, layers.flatten(as_tensor(inputs)))


@add_arg_scope
def one_hot_encoding(
    labels: Any,
    num_classes: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """Vectors that say which class (slim.one_hot_encoding).

    >>> from torchscope import slim
    >>> slim.one_hot_encoding([2, 0], 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])

    Args:
        labels: integers; one outside of [0, num_classes) gives a vector of `off_value`.
        num_classes: the length of the vectors.
        on_value: the number at the class.
        off_value: the number elsewhere.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: `num_classes` is negative or no integer.
        TypeError: the labels are no integers.
    """
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as sc:
        labels = of_dtype(labels, "indices", _INTEGERS)
        if not isinstance(num_classes, int):
            raise ValueError(f"num_classes is to be an integer. It is {num_classes!r}.")
        if num_classes < 0:
            raise ValueError(
                "Dimension size, given by scalar input 1, must be non-negative but is "
                f"{num_classes}: it is the num_classes."
            )
        classes = torch.arange(num_classes, device=labels.device)
        on = (labels[..., None] == classes).to(torch.float32)
        outputs = on * on_value + (1.0 - on) * off_value
        return collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def softmax(logits: Tensor, scope: Any = None) -> Tensor:
    """The softmax over the last axis (slim.softmax).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.softmax(torch.zeros(1, 2))
    tensor([[0.5000, 0.5000]])

    Args:
        logits: (..., C), of rank 2 at least.
        scope: the name of a scope, which has no variables.

    Raises:
        ValueError: the rank is below 2.
    """
    with opened(scope, "softmax", logits):
        last_dimension(logits.shape, min_rank=2)
        return nn.softmax(logits)


@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Tensor:
    """The largest number of each group of features (slim.maxout).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.maxout(torch.tensor([[1.0, 2.0, 3.0, 0.0]]), 2)
    tensor([[2., 3.]])

    Args:
        inputs: a tensor.
        num_units: how many features remain; the rest of the input's are in groups.
        axis: the axis of the features.
        scope: the name of a scope, which has no variables.

    Raises:
        ValueError: the features cannot be put into groups so.
        TypeError: the numbers are not ordered.
    """
    with opened(scope, "MaxOut", inputs) as sc:
        inputs = as_tensor(inputs)
        features = inputs.shape[checked_axis(axis, inputs)]
        if num_units < 1:
            raise ValueError(f"num_units must be positive. It is {num_units}. {at(sc, inputs)}")
        if inputs.is_complex() or inputs.dtype == torch.bool:
            of_dtype(inputs, "input")
        if features % num_units:
            raise ValueError(
                f"number of features({features}) is not a multiple of num_units({num_units}). "
                f"{at(sc, inputs)}"
            )
        # The groups become the last axis of a tensor that keeps the order of the numbers.
        shape = list(inputs.shape)
        shape[axis] = num_units
        outputs: Tensor = inputs.reshape(*shape, features // num_units).amax(-1)
        return outputs


@add_arg_scope
def spatial_softmax(
    features: Tensor,
    temperature: float | None = None,
    name: Any = None,
    variables_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
) -> Tensor:
    """Where each channel of an image is largest, softly (slim.spatial_softmax).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.spatial_softmax(torch.zeros(1, 5, 5, 2)).tolist()
    [[0.0, 0.0, 0.0, 0.0]]

    Args:
        features: (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        temperature: what they are divided by, at first; 1 by default. It is a variable.
        name: the name of the layer's scope.
        variables_collections: collections that the variable is put into.
        trainable: whether it is trained.
        data_format: 'NHWC' or 'NCHW'.

    Returns:
        (N, 2 * C): for each channel a place from -1 to 1, of height and of width.

    Raises:
        ValueError: the format is unknown, the rank is not 4, or the variable breaks the rules of
            `get_variable`.
        TypeError: the numbers are not floats.
    """
    with opened(name, "spatial_softmax", features):
        check_format(data_format)
        image = of_dtype(features, "features")
        check_rank("the input", image, 4)
        image = image if data_format == "NCHW" else image.permute(0, 3, 1, 2)
        number, channels, height, width = image.shape
        variable = model_variable(
            "temperature",
            shape=(),
            dtype=torch.float32,
            initializer=_ONES if temperature is None else Constant(temperature),
            collections=collections_of(variables_collections, "temperature") if trainable else None,
            trainable=trainable,
        )
        attention = nn.softmax(image.reshape(-1, height * width) / variable)
        rows = torch.linspace(-1.0, 1.0, height).to(attention)
        columns = torch.linspace(-1.0, 1.0, width).to(attention)
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1)
        return (attention @ places.reshape(-1, 2)).reshape(number, channels * 2)


def scale_gradient(inputs: Any, gradient_multiplier: Any) -> Tensor:
    """The input, whose gradient is multiplied (tf.contrib.layers.scale_gradient).

    >>> import torch
    >>> from torchscope import slim
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.autograd.grad(slim.scale_gradient(x, 3.0).sum(), x)
    (tensor([3., 3.]),)

    Args:
        inputs: a tensor.
        gradient_multiplier: what its gradient is multiplied by; its shape fits as in a product. It
            has no gradient itself.
    """
    inputs = as_tensor(inputs)
    found: Tensor = _scaled(inputs, as_tensor(gradient_multiplier, inputs, inputs.dtype))
    return found


# An operation, and no autograd.Function: a recording has the backward of operations alone.
@torch.library.custom_op("torchscope::scale_gradient", mutates_args=())
def _scaled(x: Tensor, multiplier: Tensor) -> Tensor:
    """The first tensor; its gradient is multiplied by the second."""
    return x.clone()


@_scaled.register_fake
def _(x: Tensor, multiplier: Tensor) -> Tensor:
    return torch.empty_like(x)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(inputs[1])


def _multiply(ctx: Any, gradient: Tensor) -> Any:
    return gradient * ctx.saved_tensors[0], None


_scaled.register_autograd(_multiply, setup_context=_keep)
