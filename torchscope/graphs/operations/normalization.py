"""Normalization by a batch's statistics and by neighbouring channels, and its gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import torchscope.tf1 as tf
from torchscope._core.ops.arguments import check_rank
from torchscope._core.values.conversion import shape_text
from torchscope.graphs.operations.table import op
from torchscope.nn import layouts

_NORMALIZED = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2")
_SLOPES = ("x_backprop", "scale_backprop", "offset_backprop")
_SPATIAL = {"NHWC": 2, "NCHW": 2, "NDHWC": 3, "NCDHW": 3}


def normalized(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[Tensor, ...]:
    """What FusedBatchNorm gives: what it keeps for its gradient is the mean, and the variance without a correction."""
    how: dict[str, Any] = {
        "epsilon": epsilon,
        "data_format": data_format,
        "is_training": is_training,
    }
    if not is_training:
        y, mean, variance = tf.nn.fused_batch_norm(x, scale, offset, mean, variance, **how)
        return y, mean, variance, mean, variance
    y, own_mean, corrected = tf.nn.fused_batch_norm(x, scale, offset, **how)
    count = max(x.numel() // max(scale.numel(), 1), 1)
    kept = own_mean, corrected * ((count - 1) / count)
    if exponential_avg_factor == 1:
        return y, own_mean, corrected, *kept
    moved = (
        each.detach().lerp(own, exponential_avg_factor)
        for each, own in ((mean, own_mean), (variance, corrected))
    )
    return y, *moved, *kept


@op("FusedBatchNorm", "FusedBatchNormV2", outputs=_NORMALIZED)
def _fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float = 0.0001,
    exponential_avg_factor: float = 1,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> Any:
    return normalized(
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


@op("FusedBatchNormV3", outputs=(*_NORMALIZED, "reserve_space_3"))
def _fused_batch_norm_v3(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float = 0.0001,
    exponential_avg_factor: float = 1,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> Any:
    found = normalized(
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
    # What only cuDNN keeps.
    return *found, scale.new_zeros(())


def slopes(
    y_backprop: Any,
    x: Any,
    scale: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of what was normalized, of the scale and of the offset."""
    axis = layouts.channels_axis("FusedBatchNorm", data_format, _SPATIAL[data_format])
    check_rank("x", x, _SPATIAL[data_format] + 2)
    _check_slopes(y_backprop, x, scale, mean, variance, axis)
    gradient, images = y_backprop, x
    if axis != 1:
        gradient, images = (each.permute(layouts.TO_SECOND[x.ndim]) for each in (gradient, images))
    if x.numel() == 0:
        return torch.zeros_like(x), torch.zeros_like(scale), torch.zeros_like(scale)
    # Gradients of this know that the statistics are those of x.
    mean, variance = mean.detach(), variance.detach()
    inverse = torch.rsqrt(variance + epsilon)
    kept = (None, None, mean, inverse) if is_training else (mean, variance, None, None)
    of_x, of_scale, of_offset = torch.ops.aten.native_batch_norm_backward(
        gradient, images, scale, *kept, is_training, epsilon, [True, True, True]
    )
    return of_x if axis == 1 else of_x.permute(layouts.TO_LAST[x.ndim]), of_scale, of_offset


def _check_slopes(
    y_backprop: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor, axis: int
) -> None:
    """PyTorch's kernel does not ask how many there are, and would read beyond the last."""
    if y_backprop.shape != x.shape:
        raise ValueError(
            f"x and y_backprop must have same shape, but x has shape {shape_text(x.shape)} and "
            f"y_backprop has shape {shape_text(y_backprop.shape)}."
        )
    given = {"scale": scale, "reserve_space_1": mean, "reserve_space_2": variance}
    for name, each in given.items():
        check_rank(name, each, 1)
        if each.shape[0] != x.shape[axis]:
            raise ValueError(
                f"{name} must have the same number of elements as the channels of x, got "
                f"{each.shape[0]} and {x.shape[axis]}."
            )


@op(
    "FusedBatchNormGrad",
    "FusedBatchNormGradV2",
    outputs=(*_SLOPES, "reserve_space_3", "reserve_space_4"),
)
def _fused_batch_norm_grad(
    y_backprop: Any,
    x: Any,
    scale: Any,
    reserve_space_1: Any,
    reserve_space_2: Any,
    *,
    epsilon: float = 0.0001,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> Any:
    found = slopes(
        y_backprop,
        x,
        scale,
        reserve_space_1,
        reserve_space_2,
        epsilon=epsilon,
        data_format=data_format,
        is_training=is_training,
    )
    nothing = scale.new_zeros(0)
    return *found, nothing, nothing


@op("FusedBatchNormGradV3", outputs=(*_SLOPES, "reserve_space_4", "reserve_space_5"))
def _fused_batch_norm_grad_v3(
    y_backprop: Any,
    x: Any,
    scale: Any,
    reserve_space_1: Any,
    reserve_space_2: Any,
    reserve_space_3: Any,
    *,
    epsilon: float = 0.0001,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> Any:
    return _fused_batch_norm_grad(
        y_backprop,
        x,
        scale,
        reserve_space_1,
        reserve_space_2,
        epsilon=epsilon,
        data_format=data_format,
        is_training=is_training,
    )


@op("BatchNormWithGlobalNormalization")
def _global_normalization(
    t: Any,
    m: Any,
    v: Any,
    beta: Any,
    gamma: Any,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> Any:
    return tf.nn.batch_norm_with_global_normalization(
        t, m, v, beta, gamma, variance_epsilon, scale_after_normalization
    )


@op("BatchNormWithGlobalNormalizationGrad", outputs=("dx", "dm", "dv", "db", "dg"))
def _global_normalization_grad(
    t: Any,
    m: Any,
    v: Any,
    gamma: Any,
    backprop: Any,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> Any:
    over = [0, 1, 2]
    inverse = torch.rsqrt(v + variance_epsilon)
    of_offset = backprop.sum(over)
    product = (backprop * (t - m)).sum(over)
    scale = gamma * inverse if scale_after_normalization else inverse
    of_scale = product * inverse if scale_after_normalization else torch.zeros_like(gamma)
    of_variance = product * scale / (v + variance_epsilon) / -2
    return backprop * scale, -of_offset * scale, of_variance, of_offset, of_scale


@op("LRN")
def _lrn(
    input: Any, *, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5
) -> Any:
    return tf.nn.lrn(input, depth_radius, bias, alpha, beta)


@op("LRNGrad")
def _lrn_grad(
    input_grads: Any,
    input_image: Any,
    output_image: Any,
    *,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
) -> Any:
    if 0 in input_image.shape:
        return torch.zeros_like(input_image)
    radius = min(depth_radius, input_image.shape[3] - 1)

    def neighbours(each: Tensor) -> Tensor:
        return F.avg_pool2d(each, (1, 2 * radius + 1), 1, (0, radius), divisor_override=1)

    base = bias + alpha * neighbours(input_image.square())
    shared = neighbours(input_grads * output_image / base)
    return input_grads * base.pow(-beta) - 2 * alpha * beta * input_image * shared
