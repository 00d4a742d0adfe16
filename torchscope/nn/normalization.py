"""Moments, and what is normalized by them; normalization by norms and by neighbouring channels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchscope._core.operations import tensor_names
from torchscope._core.operations.name_scopes import name_scope
from torchscope._core.ops.arguments import (
    Axes,
    as_tensor,
    axes_of,
    check_broadcast,
    check_rank,
    either,
    of_dtype,
    wanted,
)
from torchscope._core.values.conversion import shape_text
from torchscope.nn.batch_norm import batch_norm


def moments(
    x: Tensor,
    axes: Axes,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and the variance over some axes (tf.nn.moments).

    >>> moments(torch.tensor([[1.0, 2.0], [3.0, 6.0]]), axes=[0])
    (tensor([2., 4.]), tensor([1., 4.]))

    Args:
        x: a tensor of floats. Those of float16 are summed in float32.
        axes: the axes that are averaged over: batch and space for a batch norm.
        shift: accepted for TF1 code; it has no effect.
        name: the name of the name scope; 'moments' by default. What is kept of the two is named after it.
        keep_dims: whether these axes stay, with length 1.
        keepdims: another name of `keep_dims`.

    Returns:
        The mean, and the mean square of the distances from it (not Bessel's), in the dtype of `x`.

    Raises:
        ValueError: an axis is not there, or named twice; or the name has characters that TF1 does not
            allow.
        TypeError: the numbers are not floats.
    """
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    x = of_dtype(x, "x")
    over = axes_of(axes, x.ndim)
    # As TF1's operations are called: the last ones that give the two.
    names = ("mean", "variance") if keep else ("Squeeze", "Squeeze_1")
    if x.dtype == torch.float16:
        names = ("Cast_1", "Cast_2")
    with name_scope(name, "moments") as scope:
        found = _moments(x, over, keep=keep)
    for each, last in zip(found, names, strict=True):
        tensor_names.note(each, scope + last)
    return found


def _moments(x: Tensor, over: list[int], *, keep: bool) -> tuple[Tensor, Tensor]:
    """The mean and the variance over these axes."""
    if not over:
        return x.clone(), torch.zeros_like(x)
    numbers = x.float() if x.dtype == torch.float16 else x
    if x.numel():
        variance, mean = torch.var_mean(numbers, over, correction=0, keepdim=keep)
    else:
        # var_mean gives NaN for nothing as well, but warns.
        mean = numbers.mean(over, keepdim=keep)
        variance = mean.clone()
    if x.dtype == torch.float16:
        return mean.half(), variance.half()
    return mean, variance


def weighted_moments(
    x: Tensor,
    axes: Axes,
    frequency_weights: Tensor,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and the variance over some axes, of numbers that count differently (tf.nn.weighted_moments).

    >>> weighted_moments(torch.tensor([1.0, 4.0]), 0, torch.tensor([2.0, 1.0]))
    (tensor(2.), tensor(2.))

    Args:
        x: a tensor of floats. Those of float16 are summed in float32.
        axes: the axes that are averaged over.
        frequency_weights: how often each number counts; its shape fits that of `x` as in a sum.
        name: accepted for TF1 code; it has no effect.
        keep_dims: whether these axes stay, with length 1.
        keepdims: another name of `keep_dims`.

    Returns:
        The mean and the variance in the dtype of `x`; zeros where all weights are 0.

    Raises:
        ValueError: an axis is not there, or named twice, or the shapes do not fit.
        TypeError: the numbers are not floats.
    """
    keep = bool(either("keep_dims", keep_dims, "keepdims", keepdims))
    x = of_dtype(x, "x")
    over = axes_of(axes, x.ndim)
    numbers = x.float() if x.dtype == torch.float16 else x
    weights = as_tensor(frequency_weights, x).to(numbers.dtype)
    check_broadcast(("x", x), ("frequency_weights", weights))
    each = weights + torch.zeros_like(numbers)
    total = _sum(each, over)
    mean = _divided(_sum(weights * numbers, over), total)
    variance = _divided(_sum(weights * (numbers - mean).square(), over), total)
    if not keep:
        mean, variance = mean.squeeze(over), variance.squeeze(over)
    return mean.to(x.dtype), variance.to(x.dtype)


def _sum(x: Tensor, axes: list[int]) -> Tensor:
    """The sum over some axes, which stay; over no axis where there are none, unlike Tensor.sum."""
    return x.sum(axes, keepdim=True) if axes else x


def _divided(x: Tensor, y: Tensor) -> Tensor:
    """The quotient, and 0 where the divisor is 0; without NaN in the gradient."""
    none = y == 0
    return (x / y.masked_fill(none, 1)).masked_fill(none, 0)


def batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor | None,
    scale: Tensor | None,
    variance_epsilon: float,
    name: str | None = None,
) -> Tensor:
    """``scale * (x - mean) / sqrt(variance + variance_epsilon) + offset`` (tf.nn.batch_normalization).

    >>> x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    >>> batch_normalization(x, *moments(x, [0]), offset=None, scale=None, variance_epsilon=0.0)
    tensor([[-1., -1.],
            [ 1.,  1.]])

    It is computed in TF1's order: ``x * factor + (offset - mean * factor)``, the factor being
    ``rsqrt(variance + variance_epsilon) * scale``.

    Args:
        x: a tensor of floats.
        mean: of a shape that fits `x` as in a sum: (C,) where the channels are last.
        variance: as `mean`.
        offset: as `mean`, or None for 0.
        scale: as `mean`, or None for 1.
        variance_epsilon: a small number, so that nothing is divided by 0.
        name: accepted for TF1 code; it has no effect.

    Returns:
        The normalized tensor in the dtype of `x`; the statistics may have another.

    Raises:
        ValueError: the shapes do not fit.
        TypeError: the numbers are not floats.
    """
    x, mean, variance = of_dtype(x, "x"), as_tensor(mean, x), as_tensor(variance, x)
    offset = None if offset is None else as_tensor(offset, x)
    scale = None if scale is None else as_tensor(scale, x)
    given = {"scale": scale, "variance": variance, "mean": mean, "offset": offset, "x": x}
    remedy = " With channels second, statistics have shape (C, 1, 1)."
    if torch.compiler.is_dynamo_compiling():
        # What PyTorch refuses there is not caught here.
        check_broadcast(*given.items(), remedy=remedy)
    try:
        factor = torch.rsqrt(variance + variance_epsilon)
        if scale is not None:
            factor = factor * scale
        shift = -mean * factor if offset is None else offset - mean * factor
        # The product and the sum in one operation.
        return torch.addcmul(shift.to(x.dtype), x, factor.to(x.dtype))
    except RuntimeError:
        check_broadcast(*given.items(), remedy=remedy)
        raise


def batch_norm_with_global_normalization(
    t: Tensor | None = None,
    m: Tensor | None = None,
    v: Tensor | None = None,
    beta: Tensor | None = None,
    gamma: Tensor | None = None,
    variance_epsilon: float | None = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Tensor | None = None,
    mean: Tensor | None = None,
    variance: Tensor | None = None,
) -> Tensor:
    """`batch_normalization` in older words (tf.nn.batch_norm_with_global_normalization).

    >>> x, ones = torch.ones(1, 2, 2, 3), torch.ones(3)
    >>> batch_norm_with_global_normalization(x, ones, ones, ones, ones, 0.0, True).unique()
    tensor([1.])

    Args:
        t: images, (N, H, W, C).
        m: the mean, (C,).
        v: the variance, (C,).
        beta: the offset, (C,).
        gamma: the scale, (C,).
        variance_epsilon: a small number, so that nothing is divided by 0.
        scale_after_normalization: whether to multiply by gamma.
        name: accepted for TF1 code; it has no effect.
        input: another name of `t`.
        mean: another name of `m`.
        variance: another name of `v`.

    Raises:
        ValueError: an argument is missing or given twice, or the shapes do not fit.
        TypeError: the numbers are not floats.
    """
    return batch_normalization(
        wanted("x", either("t", t, "input", input)),
        wanted("y", either("m", m, "mean", mean)),
        wanted("x", either("v", v, "variance", variance)),
        beta,
        gamma if scale_after_normalization else None,
        wanted("y", variance_epsilon),
    )


_FUSED_FORMATS = {"NHWC": (4, 3), "NCHW": (4, 1), "NDHWC": (5, 4), "NCDHW": (5, 1)}


def fused_batch_norm(
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor | None = None,
    variance: Tensor | None = None,
    epsilon: float = 0.001,
    data_format: str | None = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalization of images by their own statistics or by given ones (tf.nn.fused_batch_norm).

    >>> x = torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1)
    >>> y, mean, variance = fused_batch_norm(x, torch.ones(1), torch.zeros(1), epsilon=0.0)
    >>> y.flatten(), mean, variance
    (tensor([-1.,  1.]), tensor([2.]), tensor([2.]))

    Args:
        x: images or volumes, (N, H, W, C), or as `data_format` says.
        scale: (C,).
        offset: (C,).
        mean: (C,), what to normalize by where `is_training` is False. With an
            `exponential_avg_factor`, the average so far.
        variance: as `mean`.
        epsilon: a small number, so that nothing is divided by 0.
        data_format: 'NHWC', 'NCHW', 'NDHWC' or 'NCDHW'.
        is_training: whether to normalize by the statistics of `x`.
        name: accepted for TF1 code; it has no effect.
        exponential_avg_factor: how much the statistics of `x` count in those that are returned;
            the given ones count for the rest.

    Returns:
        The normalized tensor; the mean and the variance of `x`, this one with Bessel's correction,
        averaged into the given ones. Without `is_training` they are the given ones. No gradient
        flows through these two.

    Raises:
        ValueError: ranks, channels or format do not fit, or statistics are missing.
        TypeError: the numbers are not floats.
    """
    averaged = exponential_avg_factor != 1.0
    if (not is_training or averaged) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or "
            f"`exponential_avg_factor` != 1.0. Received: `mean` {mean!r} and `variance` {variance!r}"
        )
    form = "NHWC" if data_format is None else data_format
    if form not in _FUSED_FORMATS:
        raise ValueError(
            f"Attr 'data_format' of 'FusedBatchNormV3' Op passed string '{form}' not in: "
            '"NHWC", "NCHW", "NDHWC", "NCDHW".'
        )
    rank, axis = _FUSED_FORMATS[form]
    x = of_dtype(x, "x")
    check_rank("x", x, rank)
    scale, offset = as_tensor(scale, x), as_tensor(offset, x)
    mean = None if mean is None else as_tensor(mean, x)
    variance = None if variance is None else as_tensor(variance, x)
    given = [scale, offset] if is_training and not averaged else [scale, offset, mean, variance]
    dtypes = {torch.float32, torch.bfloat16, x.dtype}
    for each in given:
        assert each is not None
        of_dtype(each, "scale", sorted(dtypes, key=str))
        if each.ndim != 1:
            raise ValueError(
                f"Shape must be rank 1 but is rank {each.ndim}: scale, offset, mean and variance "
                f"are (channels,), and one has shape {shape_text(each.shape)}."
            )
        if each.shape[0] != x.shape[axis]:
            raise ValueError(
                f"Dimensions must be equal, but are {x.shape[axis]} and {each.shape[0]}: x has "
                f"shape {shape_text(x.shape)}, and one of scale, offset, mean and variance has "
                f"shape {shape_text(each.shape)}; the data_format is {form}."
            )
    if is_training:
        return _by_its_own(x, scale, offset, mean, variance, epsilon, exponential_avg_factor, axis)
    assert mean is not None
    assert variance is not None
    mean, variance = mean.detach(), variance.detach()
    y = batch_norm(x, scale, offset, mean, variance, False, 0.0, epsilon, axis)
    return y, mean, variance


def _by_its_own(
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    epsilon: float,
    factor: float,
    axis: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """What is normalized by its own statistics, and these averaged in."""
    if factor == 1.0 or mean is None or variance is None:
        mean, variance = torch.zeros_like(scale), torch.zeros_like(scale)
    mean, variance = mean.detach().clone(), variance.detach().clone()
    count = x.numel() // max(x.shape[axis], 1)
    if count == 0:
        # What TF1 says of the statistics of nothing.
        nothing = torch.full_like(mean, torch.nan)
        return x.clone(), nothing, nothing.clone()
    kept = variance.clone()
    y = batch_norm(x, scale, offset, mean, variance, True, factor, epsilon, axis)
    if count == 1:
        # Bessel's correction would divide by zero.
        variance = (1 - factor) * kept
    return y, mean, variance


def local_response_normalization(
    input: Tensor,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """Each number, divided by a power of the sum of its neighbours' squares (tf.nn.lrn).

    The neighbours are the channels from `depth_radius` before to `depth_radius` behind:
    ``input / (bias + alpha * sum of squares) ** beta``. torch.nn.LocalResponseNorm divides alpha by
    their number; TF1 does not.

    >>> local_response_normalization(torch.tensor([3.0, 4.0, 0.0]).reshape(1, 1, 1, 3), bias=0)
    tensor([[[[0.6000, 0.8000, 0.0000]]]])

    Args:
        input: images, (N, H, W, C).
        depth_radius: how many channels to either side count.
        bias: what is added to the sum.
        alpha: what the sum is multiplied by.
        beta: the exponent.
        name: accepted for TF1 code; it has no effect.

    Raises:
        ValueError: the rank is not 4, or the radius is negative.
        TypeError: the numbers are not floats.
    """
    input = of_dtype(as_tensor(input, preferred=torch.float32), "input")
    check_rank("the input", input, 4)
    radius = int(depth_radius)
    if radius < 0:
        raise ValueError(f"depth_radius = {radius} must not be negative.")
    # Whatever lies beyond the channels is 0, and more of it does not matter.
    radius = min(radius, max(input.shape[3] - 1, 0))
    if 0 in input.shape:
        return input.clone()
    sums = F.avg_pool2d(input.square(), (1, 2 * radius + 1), 1, (0, radius), divisor_override=1)
    base = bias + alpha * sums
    if beta == 0.5:
        return input * torch.rsqrt(base)
    return input * base.pow(-beta)


lrn = local_response_normalization


def l2_normalize(
    x: Tensor,
    axis: Axes = None,
    epsilon: float = 1e-12,
    name: str | None = None,
    dim: Axes = None,
) -> Tensor:
    """Vectors, divided by their length (tf.nn.l2_normalize).

    >>> l2_normalize(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), axis=1)
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])

    Args:
        x: a tensor of floats or complex numbers.
        axis: the axes along which the vectors lie; all by default.
        epsilon: the least square of a length.
        name: accepted for TF1 code; it has no effect.
        dim: another name of `axis`.

    Raises:
        ValueError: an axis is not there, or named twice.
        TypeError: the numbers are integers.
    """
    x = as_tensor(x)
    over = either("dim", dim, "axis", axis)
    known = not (isinstance(over, Tensor) and torch.compiler.is_dynamo_compiling())
    axes = axes_of(over, x.ndim) if known else []
    if x.is_complex():
        squares = x.real.square() + x.imag.square()
    else:
        of_dtype(x, "x")
        squares = x.square()
    lengths = _sum(squares, axes) if known else _sum_in_graph(squares, over)
    return x * torch.rsqrt(lengths.clamp_min(epsilon))


def _sum_in_graph(x: Tensor, axes: Any) -> Tensor:
    """The sum over axes that are known only when a compiled graph runs, in the shape of x."""
    chosen = [((axes == axis) | (axes == axis - x.ndim)).any() for axis in range(x.ndim)]
    torch._assert_async(
        sum(chosen, start=torch.zeros_like(axes).sum()) == axes.numel(),
        "Invalid reduction dimension: an axis is not there, or named twice.",
    )
    for axis, summed in enumerate(chosen):
        x = torch.where(summed, x.sum(axis, keepdim=True), x)
    return x


def l2_loss(t: Tensor, name: str | None = None) -> Tensor:
    """Half the sum of the squares (tf.nn.l2_loss).

    >>> l2_loss(torch.tensor([3.0, 4.0]))
    tensor(12.5000)

    Args:
        t: a tensor of floats of any shape.
        name: accepted for TF1 code; it has no effect.

    Raises:
        TypeError: the numbers are not floats.
    """
    t = of_dtype(t, "t")
    return t.square().sum() / 2


def zero_fraction(value: Tensor, name: str | None = None) -> Tensor:
    """The part of the elements that are zero (tf.nn.zero_fraction).

    >>> zero_fraction(torch.tensor([0, 1, 2, 0]))
    tensor(0.5000)

    Args:
        value: a tensor of any shape and dtype.
        name: accepted for TF1 code; it has no effect.

    Returns:
        A scalar of float32; NaN where there are no elements.
    """
    value = as_tensor(value)
    size = value.numel()
    return (size - torch.count_nonzero(value)).float() / size
