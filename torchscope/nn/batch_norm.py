"""Normalization by the statistics of the batch: PyTorch's operation, with its sums made exact.

On a CPU PyTorch adds up float32 numbers whose channels are last one after the other. Over the pixels
of a batch of images that costs two or three of seven digits, in the statistics and in the gradients.
Here the same kernels add up parts of the batch, and the parts are added up in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from torchscope._core.store.variables import ParameterVariable
from torchscope.nn import layouts

# More numbers of a channel than these are not added up one after the other.
_MANY = 2048
# How many are, in a part.
_IN_TURN = 1024
# How many numbers lie side by side in a part: as many as the kernels' sums stay in the nearest cache.
_SIDE_BY_SIDE = 1024

_PLAIN = (Tensor, nn.Parameter, ParameterVariable)


def batch_norm(
    x: Tensor,
    scale: Tensor | None,
    offset: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    training: bool,
    factor: float,
    epsilon: float,
    axis: int,
) -> Tensor:
    """torch.batch_norm, for channels that are second or last.

    >>> x, mean, variance = torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1), torch.zeros(1), torch.ones(1)
    >>> batch_norm(x, None, None, mean, variance, True, 0.5, 0.0, axis=3).flatten(), mean, variance
    (tensor([-1.,  1.]), tensor([1.]), tensor([1.5000]))

    Args:
        x: images or volumes, with at least two numbers for each channel.
        scale: (C,), or None for ones.
        offset: (C,), or None for zeros.
        mean: (C,), the average to normalize by; in training the one to move.
        variance: as `mean`.
        training: whether to normalize by the statistics of `x`, and to move the averages.
        factor: how much these statistics count in the averages.
        epsilon: is added to the variance.
        axis: that of the channels, 1 or the last.
    """
    last = x if axis != 1 else x.permute(*layouts.TO_LAST[x.ndim])
    if training and _sums_are_inexact(last, scale, offset):
        y, own, spread = _Exact.apply(last, scale, offset, epsilon)  # type: ignore[no-untyped-call]
        count = x.numel() // last.shape[-1]
        with torch.no_grad():
            mean.lerp_(own, factor)
            variance.lerp_(spread * (count / (count - 1)), factor)
        return y if axis != 1 else y.permute(*layouts.TO_SECOND[x.ndim])  # type: ignore[no-any-return]
    image = x if axis == 1 else x.permute(*layouts.TO_SECOND[x.ndim])
    cudnn = torch.backends.cudnn.enabled
    # torch.batch_norm rather than F.batch_norm, which refuses a single value for each channel.
    y = torch.batch_norm(image, scale, offset, mean, variance, training, factor, epsilon, cudnn)
    return y if axis == 1 else y.permute(*layouts.TO_LAST[x.ndim])


def _sums_are_inexact(x: Tensor, scale: Tensor | None, offset: Tensor | None) -> bool:
    """Whether PyTorch's kernel would add up many float32 numbers in turn."""
    return (
        x.is_cpu
        # Where one channel is last it is second as well, and the sums are exact.
        and x.shape[-1] > 1
        and x.numel() > _MANY * x.shape[-1]
        # What compiles or transforms the graph, or computes shapes alone, is given PyTorch's own.
        and not torch.compiler.is_dynamo_compiling()
        and type(x) in _PLAIN
        and x.dtype is torch.float32
        and x.is_contiguous()
        and all(each is None or each.dtype is torch.float32 for each in (scale, offset))
        and torch._C._get_tracing_state() is None
        and not torch._C._are_functorch_transforms_active()
        and forward_ad._current_level < 0
    )


class _Exact(torch.autograd.Function):
    """Normalizes by the batch; gives the mean and the variance as well, without a gradient."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, scale: Tensor | None, offset: Tensor | None, epsilon: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        table = x.reshape(-1, x.shape[-1])
        mean, variance = _statistics(table)
        ctx.save_for_backward(x, scale, offset, mean, variance)
        ctx.epsilon = epsilon
        mean, variance = mean.float(), variance.float()
        y = torch.batch_norm(table, scale, offset, mean, variance, False, 0.0, epsilon, False)
        ctx.mark_non_differentiable(mean, variance)
        return y.reshape(x.shape), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, scale, offset, mean, variance = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:3]
        if torch.is_grad_enabled():
            which = [n for n, is_wanted in enumerate(wanted) if is_wanted]
            y = _by_plain_operations(x, scale, offset, ctx.epsilon)
            inputs = [(x, scale, offset)[n] for n in which]
            found = torch.autograd.grad(y, inputs, gradients[0], create_graph=True)
            return *(found[which.index(n)] if n in which else None for n in range(3)), None
        table, gradient = (each.reshape(-1, x.shape[-1]) for each in (x, gradients[0]))
        inverse = (variance + ctx.epsilon).rsqrt_()
        total, product = _sums(gradient, table, mean)
        product *= inverse
        of_x = None
        if wanted[0]:
            # (gradient - total / n - normalized * product / n) * inverse * scale, in two steps.
            factor = inverse if scale is None else inverse * scale
            slope = factor * inverse * product / -len(table)
            shift = factor * total / len(table) + slope * mean
            of_x = torch.addcmul((-shift).float(), table, slope.float())
            of_x = of_x.addcmul_(gradient, factor.float()).reshape(x.shape)
        of_scale = product.float() if wanted[1] else None
        return of_x, of_scale, total.float() if wanted[2] else None, None


def _parts(*tables: Tensor) -> Iterator[list[tuple[Tensor, ...]]]:
    """Tables of rows in parts of one width: some rows are side by side, a thousand below each other."""
    rows, channels = tables[0].shape
    beside = max(_SIDE_BY_SIDE // channels, 1)
    rest = rows % beside
    if rest:
        yield [tuple(table[-rest:] for table in tables)]
    wide = (table[: rows - rest].reshape(-1, beside * channels) for table in tables)
    yield list(zip(*(torch.split(table, _IN_TURN) for table in wide), strict=True))


def _statistics(table: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and the variance of each column, in float64."""
    count, channels = table.shape
    total = squares = torch.zeros(channels, dtype=torch.float64)
    for parts in _parts(table):
        found = [torch.batch_norm_update_stats(part, None, None, 0.0) for (part,) in parts]
        shares = torch.tensor([len(part) / count for (part,) in parts], dtype=torch.float64)
        # (parts, side by side, channels)
        means, variances = (
            torch.cat(each).reshape(len(parts), -1, channels).double()
            for each in zip(*found, strict=True)
        )
        total = total + torch.einsum("pbc,p->c", means, shares)
        squares = squares + torch.einsum("pbc,p->c", variances.addcmul_(means, means), shares)
    return total, squares.sub_(total * total).clamp_min_(0)


def _sums(gradient: Tensor, table: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Of each column, the sum of its gradients, and of their products with distances from `mean`."""
    channels, near = table.shape[1], mean.float()
    total = product = torch.zeros_like(mean)
    for parts in _parts(gradient, table):
        means = near.repeat(parts[0][0].shape[1] // channels)
        ones, mask = torch.ones_like(means), [False, True, True]
        backward = torch.ops.aten.native_batch_norm_backward
        found = [
            backward(*part, None, None, None, means, ones, True, 0.0, mask)[1:] for part in parts
        ]
        products, totals = (
            torch.cat(each).reshape(-1, channels).sum(0, dtype=torch.float64)
            for each in zip(*found, strict=True)
        )
        total, product = total + totals, product + products
    return total, product - total * (mean - near)


def _by_plain_operations(
    x: Tensor, scale: Tensor | None, offset: Tensor | None, epsilon: float
) -> Tensor:
    """The same by operations that can be differentiated as often as one likes."""
    axes = tuple(range(x.ndim - 1))
    distance = x - x.mean(axes)
    factor = torch.rsqrt(distance.square().mean(axes) + epsilon)
    y = distance * (factor if scale is None else factor * scale)
    return y if offset is None else y + offset
