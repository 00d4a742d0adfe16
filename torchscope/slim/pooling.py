"""Pooling (slim.max_pool2d, avg_pool2d, max_pool3d, avg_pool3d, pool)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchscope import layers, nn
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import as_tensor
from torchscope._core.requests import rollback as refusals
from torchscope.layers import input_spec
from torchscope.layers.pooling import Pooling
from torchscope.slim.arg_scope import add_arg_scope
from torchscope.slim.model_layers import at, check_format, format_in_layers
from torchscope.slim.utils import collect_named_outputs, n_positive_integers

Numbers = int | Sequence[int]


def _pooled(
    kind: type[Pooling],
    default_name: str,
    inputs: Any,
    kernel_size: Numbers,
    stride: Numbers,
    padding: str,
    data_format: str,
    outputs_collections: Any,
    scope: str | None,
) -> Tensor:
    with name_scope(scope, default_name, [inputs]) as sc:
        inputs = as_tensor(inputs)
        layer = kind(kernel_size, stride, padding, format_in_layers(data_format))
        input_spec.check(layer.input_spec, inputs, layer.name, sc.rstrip("/"))
        # A layer that is called opens a scope of variables, and this one has none.
        try:
            outputs = layer.call(inputs)
        except Exception as error:
            refusals.tell(error, sc.rstrip("/"), inputs)
            raise
        return collect_named_outputs(outputs_collections, sc, outputs)


@add_arg_scope
def max_pool2d(
    inputs: Any,
    kernel_size: Numbers,
    stride: Numbers = 2,
    padding: str = "VALID",
    data_format: str = "NHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """The largest number of each window (slim.max_pool2d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.max_pool2d(torch.ones(1, 8, 8, 3), [2, 2]).shape
    torch.Size([1, 4, 4, 3])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        kernel_size: the window: one number, or one for each spatial axis.
        stride: its steps, the same.
        padding: 'VALID' or 'SAME'. What was padded counts nowhere.
        data_format: 'NHWC' or 'NCHW'.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    check_format(data_format, "NCHW", "NHWC")
    return _pooled(
        layers.MaxPooling2D,
        "MaxPool2D",
        inputs,
        kernel_size,
        stride,
        padding,
        data_format,
        outputs_collections,
        scope,
    )


@add_arg_scope
def max_pool3d(
    inputs: Any,
    kernel_size: Numbers,
    stride: Numbers = 2,
    padding: str = "VALID",
    data_format: str = "NDHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """The largest number of each window (slim.max_pool3d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.max_pool3d(torch.ones(1, 4, 8, 8, 3), 2).shape
    torch.Size([1, 2, 4, 4, 3])

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='NCDHW'.
        kernel_size: the window: one number, or one for each spatial axis.
        stride: its steps, the same.
        padding: 'VALID' or 'SAME'. What was padded counts nowhere.
        data_format: 'NDHWC' or 'NCDHW'.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    check_format(data_format, "NCDHW", "NDHWC")
    return _pooled(
        layers.MaxPooling3D,
        "MaxPool3D",
        inputs,
        kernel_size,
        stride,
        padding,
        data_format,
        outputs_collections,
        scope,
    )


@add_arg_scope
def avg_pool2d(
    inputs: Any,
    kernel_size: Numbers,
    stride: Numbers = 2,
    padding: str = "VALID",
    data_format: str = "NHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """The mean of each window (slim.avg_pool2d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.avg_pool2d(torch.ones(1, 8, 8, 3), [2, 2]).shape
    torch.Size([1, 4, 4, 3])

    Args:
        inputs: (N, H, W, C), or (N, C, H, W) with data_format='NCHW'.
        kernel_size: the window: one number, or one for each spatial axis.
        stride: its steps, the same.
        padding: 'VALID' or 'SAME'. What was padded counts nowhere.
        data_format: 'NHWC' or 'NCHW'.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    check_format(data_format, "NCHW", "NHWC")
    return _pooled(
        layers.AveragePooling2D,
        "AvgPool2D",
        inputs,
        kernel_size,
        stride,
        padding,
        data_format,
        outputs_collections,
        scope,
    )


@add_arg_scope
def avg_pool3d(
    inputs: Any,
    kernel_size: Numbers,
    stride: Numbers = 2,
    padding: str = "VALID",
    data_format: str = "NDHWC",
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """The mean of each window (slim.avg_pool3d).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.avg_pool3d(torch.ones(1, 4, 8, 8, 3), 2).shape
    torch.Size([1, 2, 4, 4, 3])

    Args:
        inputs: (N, D, H, W, C), or (N, C, D, H, W) with data_format='NCDHW'.
        kernel_size: the window: one number, or one for each spatial axis.
        stride: its steps, the same.
        padding: 'VALID' or 'SAME'. What was padded counts nowhere.
        data_format: 'NDHWC' or 'NCDHW'.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: an argument is of the wrong kind, or the input is of another rank.
    """
    check_format(data_format, "NCDHW", "NDHWC")
    return _pooled(
        layers.AveragePooling3D,
        "AvgPool3D",
        inputs,
        kernel_size,
        stride,
        padding,
        data_format,
        outputs_collections,
        scope,
    )


@add_arg_scope
def pool(
    inputs: Any,
    kernel_size: Numbers,
    pooling_type: str,
    padding: str = "VALID",
    data_format: str | None = None,
    dilation_rate: Numbers = 1,
    stride: Numbers = 1,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Tensor:
    """The maximum or the mean of each window, over one to three axes (slim.pool).

    >>> import torch
    >>> from torchscope import slim
    >>> slim.pool(torch.ones(1, 8, 3), 2, "MAX", stride=2).shape
    torch.Size([1, 4, 3])

    Args:
        inputs: (N, spatial axes, C), or (N, C, spatial axes) if `data_format` begins with 'NC'.
        kernel_size: the window: one number, or one for each spatial axis.
        pooling_type: 'MAX' or 'AVG'.
        padding: 'VALID' or 'SAME'. What was padded counts nowhere.
        data_format: see `nn.pool`.
        dilation_rate: the distances of the window's elements; it or `stride` must be 1.
        stride: the window's steps.
        outputs_collections: collections that the output is put into.
        scope: the name of a name scope.

    Raises:
        ValueError: an argument is of the wrong kind, or the input's rank is below 3.
    """
    with name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as sc:
        inputs = as_tensor(inputs)
        if inputs.ndim < 3:
            raise ValueError(f"Rank of inputs must be >= 3. {at(sc, inputs)}")
        spatial = inputs.ndim - 2
        outputs = nn.pool(
            inputs,
            n_positive_integers(spatial, kernel_size),
            pooling_type,
            padding,
            n_positive_integers(spatial, dilation_rate),
            n_positive_integers(spatial, stride),
            data_format=data_format,
        )
        return collect_named_outputs(outputs_collections, sc, outputs)
