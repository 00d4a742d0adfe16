"""Batch normalization in training, forward and backward, on one thread and on two.

Images are (N, H, W, C); the other side is torch.batch_norm on the same memory, which is less exact:
see nn/batch_norm.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

import torchscope as ts
from benchmarks.figures import Figure
from benchmarks.timing import calls, medians

SHAPES = ((16, 96, 96, 24), (16, 32, 32, 64), (32, 14, 14, 256), (4, 8, 8, 24))

Normalize = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def ours(x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Ours, as the layers call it."""
    return ts.nn.fused_batch_norm(
        x, scale, offset, mean, variance, 0.001, exponential_avg_factor=0.01
    )[0]


def theirs(x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """PyTorch's."""
    image = x.permute(0, 3, 1, 2)
    y = torch.batch_norm(image, scale, offset, mean, variance, True, 0.01, 0.001, True)
    return y.permute(0, 2, 3, 1)


def step(normalize: Normalize, shape: tuple[int, ...]) -> Callable[[], None]:
    """A forward and a backward pass."""
    x = (3 * torch.randn(shape) + 5).requires_grad_()
    scale, offset = torch.ones(shape[-1], requires_grad=True), torch.zeros(shape[-1])
    mean, variance, gradient = torch.zeros(shape[-1]), torch.ones(shape[-1]), torch.randn(shape)

    def run() -> None:
        y = normalize(x, scale, offset.requires_grad_(), mean, variance)
        torch.autograd.grad(y, (x, scale, offset), gradient)

    return run


def measure(repeats: int) -> Iterator[Figure]:
    """One row for each shape and number of threads."""
    threads = torch.get_num_threads()
    for count in (1, 2):
        torch.set_num_threads(count)
        for shape in SHAPES:
            runs = [calls(step(each, shape)) for each in (ours, theirs)]
            a, b = medians(*runs, repeats=5 * repeats, warmup=5)
            of = "x".join(map(str, shape))
            name = f"fused_batch_norm of {of}, a step, {count} threads / torch.batch_norm"
            yield Figure(name, a / b, 1.1, 1.0)
    torch.set_num_threads(threads)
