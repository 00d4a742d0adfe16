"""RMSProp as TF1 computes it: squares begin at 1, and epsilon is under the root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class RMSProp(Optimizer):
    """RMSProp with the numbers of tf.train.RMSPropOptimizer.

    `torch.optim.RMSprop` begins with squares of 0, adds epsilon to the root, and multiplies by the learning
    rate after the momentum: another algorithm.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> optim.RMSProp([w], lr=0.5).step()
    >>> w.tolist()
    [0.5]

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        decay: what is kept of the average of squares.
        momentum: what is kept of the last step.
        epsilon: what is added to the average, under the root.
        centered: whether the square of the gradients' average is taken from it.
        name: in the names of the slots in a checkpoint: 'w/RMSProp' and so on.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        decay: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        centered: bool = False,
        *,
        name: str = "RMSProp",
        foreach: bool = True,
    ) -> None:
        options = {
            "lr": lr,
            "decay": decay,
            "momentum": momentum,
            "epsilon": epsilon,
            "centered": centered,
        }
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """The average keeps a share, and epsilon makes it no smaller."""
        super().check(options)
        ranges.share(cls, options, "decay")
        ranges.not_negative(cls, options, "momentum", "epsilon")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The averages of squares and, where it is centered, of gradients; and the last step."""
        centered = {"mg": 0.0} if options["centered"] else {}
        return {"rms": 1.0, **centered, "momentum": 0.0}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and what is kept of them."""
        share = 1.0 - arithmetic.rounded(options["decay"])
        arithmetic.move_towards_squares(slots["rms"], gradients, share)
        below: Tensors = slots["rms"]
        if options["centered"]:
            arithmetic.move_towards(slots["mg"], gradients, share)
            below = torch._foreach_sub(below, torch._foreach_mul(slots["mg"], slots["mg"]))
        below = torch._foreach_add(
            below, arithmetic.above_zero(options["epsilon"], parameters[0].dtype)
        )
        torch._foreach_sqrt_(below)
        torch._foreach_mul_(slots["momentum"], arithmetic.rounded(options["momentum"]))
        arithmetic.add_quotients(
            slots["momentum"], gradients, below, arithmetic.rounded(options["lr"])
        )
        torch._foreach_sub_(parameters, slots["momentum"])
