"""Momentum as TF1 computes it: the learning rate is not in what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Number, Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class Momentum(Optimizer):
    """Momentum with the numbers of tf.train.MomentumOptimizer.

    `torch.optim.SGD` with that momentum has the same ones, Nesterov's too.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = optim.Momentum([w], lr=0.25, momentum=0.5)
    >>> for _ in range(2):
    ...     w.grad = torch.tensor([1.0])
    ...     optimizer.step()
    >>> w.tolist(), optimizer.state[w]["momentum"].tolist()
    ([0.375], [1.5])

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        momentum: what is kept of the sum of gradients.
        use_nesterov: whether it is Nesterov's momentum.
        name: in the name of the slot in a checkpoint: 'w/Momentum'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: the rate or the momentum is negative.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        momentum: float | Tensor,
        use_nesterov: bool = False,
        *,
        name: str = "Momentum",
        foreach: bool = True,
    ) -> None:
        options = {"lr": lr, "momentum": momentum, "use_nesterov": use_nesterov}
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Nothing is kept the other way round."""
        super().check(options)
        ranges.not_negative(cls, options, "momentum")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The sum of gradients."""
        return {"momentum": 0.0}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and their sums."""
        rate, momentum = arithmetic.rounded(options["lr"]), arithmetic.rounded(options["momentum"])
        move(parameters, gradients, slots["momentum"], rate, momentum, options["use_nesterov"])


def move(
    parameters: Tensors,
    gradients: Tensors,
    sums: Tensors,
    rate: Number,
    momentum: Number,
    use_nesterov: bool,
) -> None:
    """Moves sums of gradients, and parameters by them."""
    torch._foreach_mul_(sums, momentum)
    torch._foreach_add_(sums, gradients)
    if use_nesterov:
        arithmetic.add_scaled(parameters, gradients, -rate)
        arithmetic.add_scaled(parameters, sums, -rate * momentum)
    else:
        arithmetic.add_scaled(parameters, sums, -rate)
