"""What TensorFlow makes one node of when it optimizes a graph: a convolution or a product, and what is before or after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

import torchscope.tf1 as tf
from torchscope.graphs.errors import GraphError
from torchscope.graphs.operations.convolutions import given_padding
from torchscope.graphs.operations.normalization import normalized, slopes
from torchscope.graphs.operations.table import op

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "Relu": tf.nn.relu,
    "Relu6": tf.nn.relu6,
    "Elu": tf.nn.elu,
    "Tanh": tf.tanh,
    "Sigmoid": tf.sigmoid,
    "GeluExact": torch.nn.functional.gelu,
    "GeluApproximate": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "_FusedHardSwish": torch.nn.functional.hardswish,
    "Identity": lambda x: x,
}


def _followed(
    x: Any,
    args: Sequence[Any],
    fused_ops: Sequence[str],
    *,
    epsilon: float,
    leakyrelu_alpha: float,
    data_format: str = "NHWC",
) -> Any:
    """What the operations that were fused make of it, each with as many arguments as it needs."""
    left = list(args)
    for each in fused_ops:
        if each == "BiasAdd":
            x = tf.nn.bias_add(x, left.pop(0), data_format)
        elif each == "FusedBatchNorm":
            scale, offset, mean, variance = left[:4]
            del left[:4]
            x = normalized(
                x,
                scale,
                offset,
                mean,
                variance,
                epsilon=epsilon,
                exponential_avg_factor=1,
                data_format=data_format,
                is_training=False,
            )[0]
        elif each == "LeakyRelu":
            x = tf.nn.leaky_relu(x, leakyrelu_alpha)
        elif each == "Add":
            x = x + left.pop(0)
        elif each in _ACTIVATIONS:
            x = _ACTIVATIONS[each](x)
        else:
            raise GraphError(f"A node was fused with {each!r}, which torchscope does not know.")
    return x


@op("_FusedConv2D")
def _fused_conv2d(
    input: Any,
    filter: Any,
    *args: Any,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    filter_format: str = "HWIO",
    dilations: Sequence[int] = (1, 1, 1, 1),
    fused_ops: Sequence[str] = (),
    epsilon: float = 0.0001,
    leakyrelu_alpha: float = 0.2,
) -> Any:
    kernel = filter if filter_format == "HWIO" else filter.permute(2, 3, 1, 0)
    added = given_padding(padding, explicit_paddings)
    x = tf.nn.conv2d(input, kernel, strides, added, data_format=data_format, dilations=dilations)
    return _followed(
        x,
        args,
        fused_ops,
        epsilon=epsilon,
        leakyrelu_alpha=leakyrelu_alpha,
        data_format=data_format,
    )


@op("_FusedConv3D")
def _fused_conv3d(
    input: Any,
    filter: Any,
    *args: Any,
    strides: Sequence[int],
    padding: str,
    padding_list: Sequence[int] = (),
    data_format: str = "NDHWC",
    dilations: Sequence[int] = (1, 1, 1, 1, 1),
    fused_ops: Sequence[str] = (),
    epsilon: float = 0.0001,
    leakyrelu_alpha: float = 0.2,
) -> Any:
    if any(padding_list):
        input = tf.pad(input, given_padding("EXPLICIT", padding_list))
    x = tf.nn.conv3d(input, filter, strides, padding, data_format, dilations)
    return _followed(
        x,
        args,
        fused_ops,
        epsilon=epsilon,
        leakyrelu_alpha=leakyrelu_alpha,
        data_format="NHWC" if data_format == "NDHWC" else "NCHW",
    )


@op("_FusedDepthwiseConv2dNative")
def _fused_depthwise(
    input: Any,
    filter: Any,
    *args: Any,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NHWC",
    dilations: Sequence[int] = (1, 1, 1, 1),
    fused_ops: Sequence[str] = (),
    epsilon: float = 0.0001,
    leakyrelu_alpha: float = 0.2,
) -> Any:
    x = tf.nn.depthwise_conv2d_native(
        input, filter, strides, padding, data_format=data_format, dilations=dilations
    )
    return _followed(
        x,
        args,
        fused_ops,
        epsilon=epsilon,
        leakyrelu_alpha=leakyrelu_alpha,
        data_format=data_format,
    )


@op("FusedPadConv2D")
def _pad_conv2d(
    input: Any, paddings: Any, filter: Any, *, mode: str, strides: Sequence[int], padding: str
) -> Any:
    """Of each image. TensorFlow gives what it computes of the first one for all that are in a batch."""
    return tf.nn.conv2d(tf.pad(input, paddings, mode), filter, strides, padding)


@op("FusedResizeAndPadConv2D")
def _resize_pad_conv2d(
    input: Any,
    size: Any,
    paddings: Any,
    filter: Any,
    *,
    resize_align_corners: bool = False,
    mode: str,
    strides: Sequence[int],
    padding: str,
) -> Any:
    images = tf.image.resize_bilinear(input, size, align_corners=resize_align_corners)
    return tf.nn.conv2d(tf.pad(images, paddings, mode), filter, strides, padding)


@op("_FusedMatMul")
def _fused_matmul(
    a: Any,
    b: Any,
    *args: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    fused_ops: Sequence[str] = (),
    epsilon: float = 0.0001,
    leakyrelu_alpha: float = 0.2,
) -> Any:
    x = tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    return _followed(x, args, fused_ops, epsilon=epsilon, leakyrelu_alpha=leakyrelu_alpha)


@op(
    "_FusedBatchNormEx",
    outputs=(
        "y",
        "batch_mean",
        "batch_variance",
        "reserve_space_1",
        "reserve_space_2",
        "reserve_space_3",
    ),
)
def _fused_batch_norm_ex(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *side_input: Any,
    epsilon: float = 0.0001,
    exponential_avg_factor: float = 1,
    activation_mode: str = "Identity",
    data_format: str = "NHWC",
    is_training: bool = True,
) -> Any:
    y, *rest = normalized(
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
    )
    for each in side_input:
        y = y + each
    return _ACTIVATIONS[activation_mode](y), *rest, scale.new_zeros(())


@op(
    "_FusedBatchNormGradEx",
    outputs=(
        "x_backprop",
        "scale_backprop",
        "offset_backprop",
        "reserve_space_4",
        "reserve_space_5",
        "side_input_backprop*",
    ),
)
def _fused_batch_norm_grad_ex(
    y_backprop: Any,
    x: Any,
    scale: Any,
    reserve_space_1: Any,
    reserve_space_2: Any,
    reserve_space_3: Any,
    offset: Any,
    y: Any,
    *,
    epsilon: float = 0.0001,
    num_side_inputs: int = 0,
    activation_mode: str = "Identity",
    data_format: str = "NHWC",
    is_training: bool = True,
) -> Any:
    gradient = y_backprop if activation_mode == "Identity" else y_backprop * (y > 0)
    found = slopes(
        gradient,
        x,
        scale,
        reserve_space_1,
        reserve_space_2,
        epsilon=epsilon,
        data_format=data_format,
        is_training=is_training,
    )
    nothing = scale.new_zeros(0)
    return *found, nothing, nothing, *[gradient] * num_side_inputs
