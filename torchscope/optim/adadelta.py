"""Adadelta as TF1 computes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class Adadelta(Optimizer):
    """Adadelta with the numbers of tf.train.AdadeltaOptimizer.

    `torch.optim.Adadelta` has the same ones, with other defaults: ``lr=1.0, rho=0.9, eps=1e-6``.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([2.0])
    >>> optimizer = optim.Adadelta([w], lr=1.0, rho=0.5, epsilon=1.0)
    >>> optimizer.step()
    >>> [round(x, 4) for x in (w.item(), *(v.item() for v in optimizer.state[w].values()))]
    [-0.1547, 2.0, 0.6667]

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        rho: what is kept of the averages of squares.
        epsilon: what is added to both averages, under the root.
        name: in the names of the slots in a checkpoint: 'w/Adadelta' and 'w/Adadelta_1'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 0.001,
        rho: float | Tensor = 0.95,
        epsilon: float | Tensor = 1e-8,
        *,
        name: str = "Adadelta",
        foreach: bool = True,
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "epsilon": epsilon}, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Averages keep a share, and epsilon makes them no smaller."""
        super().check(options)
        ranges.share(cls, options, "rho")
        ranges.not_negative(cls, options, "epsilon")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The averages of the squares of gradients, and of steps."""
        return {"accum": 0.0, "accum_update": 0.0}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and their averages."""
        share = 1.0 - arithmetic.rounded(options["rho"])
        epsilon = arithmetic.above_zero(options["epsilon"], parameters[0].dtype)
        arithmetic.move_towards_squares(slots["accum"], gradients, share)
        steps = torch._foreach_add(slots["accum_update"], epsilon)
        torch._foreach_sqrt_(steps)
        below = torch._foreach_add(slots["accum"], epsilon)
        torch._foreach_sqrt_(below)
        torch._foreach_div_(steps, below)
        torch._foreach_mul_(steps, gradients)
        arithmetic.add_scaled(parameters, steps, -arithmetic.rounded(options["lr"]))
        arithmetic.move_towards_squares(slots["accum_update"], steps, share)
