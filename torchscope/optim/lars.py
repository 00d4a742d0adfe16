"""Learning rates for each layer, by how large its weights and gradients are: LARS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim import momentum, ranges
from torchscope.optim.momentum import Momentum
from torchscope.optim.optimizer import Optimizer


class LARS(Optimizer):
    """Layer-wise adaptive rates with the numbers of tf.contrib.opt.LARSOptimizer.

    The gradient of a parameter is multiplied by ``lr * eeta * |w| / (|g| + weight_decay * |w| + epsilon)``, once
    ``weight_decay * w`` was added to it, and momentum is kept of that. PyTorch has nothing like it.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    >>> w.grad = torch.tensor([0.0, 2.0])
    >>> optim.LARS([w], lr=1.0, weight_decay=0.0, eeta=0.5).step()
    >>> w.tolist()
    [3.0, 1.5]

    What TF1's ``skip_list`` names is a group that is not scaled; its weights do not decay either:

    >>> biases = torch.nn.Parameter(torch.zeros(2))
    >>> _ = optim.LARS([{"params": [w]}, {"params": [biases], "scaled": False}], lr=1.0)

    A gradient that is sparse is not scaled: `Momentum` moves its rows.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        momentum: what is kept of the sum of gradients.
        weight_decay: how much of a parameter its gradient grows by.
        eeta: how far a step leads at most, as a share of the parameter.
        epsilon: what is added below, for gradients that are very small.
        use_nesterov: whether it is Nesterov's momentum.
        scaled: whether rates depend on the parameters.
        name: in the name of the slot in a checkpoint: 'w/LARSOptimizer'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        momentum: float = 0.9,
        weight_decay: float = 0.0001,
        eeta: float = 0.001,
        epsilon: float = 0.0,
        use_nesterov: bool = False,
        scaled: bool = True,
        *,
        name: str = "LARSOptimizer",
        foreach: bool = True,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "eeta": eeta,
            "epsilon": epsilon,
            "use_nesterov": use_nesterov,
            "scaled": scaled,
        }
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """TF1's own ranges, and those of what TF1 does not look at."""
        super().check(options)
        for name in ("momentum", "weight_decay"):
            if not isinstance(options[name], Tensor) and not options[name] >= 0:
                raise ValueError(f"{name} should be positive: {options[name]}")
        ranges.not_negative(cls, options, "eeta", "epsilon")

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
        rate, of_sum = arithmetic.exact(options["lr"]), arithmetic.exact(options["momentum"])
        if options["scaled"]:
            pairs = zip(parameters, gradients, strict=True)
            gradients = [_scaled(parameter, gradient, options) for parameter, gradient in pairs]
        gradients = torch._foreach_mul(gradients, rate)
        momentum.move(
            parameters, gradients, slots["momentum"], 1.0, of_sum, options["use_nesterov"]
        )

    @classmethod
    def move_rows(
        cls,
        parameter: Tensor,
        rows: Tensor,
        values: Tensor,
        slots: Mapping[str, Tensor],
        options: Mapping[str, Any],
    ) -> None:
        """Moves rows of a parameter, and their sums, as Momentum does."""
        Momentum.move_rows(parameter, rows, values, slots, options)


def _scaled(parameter: Tensor, gradient: Tensor, options: Mapping[str, Any]) -> Tensor:
    """The gradient with what lets the parameter decay, multiplied by how far both may be trusted."""
    decay, epsilon = arithmetic.exact(options["weight_decay"]), arithmetic.exact(options["epsilon"])
    size, of_gradient = torch.linalg.vector_norm(parameter), torch.linalg.vector_norm(gradient)
    trust = arithmetic.exact(options["eeta"]) * size / (of_gradient + decay * size + epsilon)
    known = (size > 0) & (of_gradient > 0)
    return (gradient + decay * parameter) * torch.where(known, trust, 1.0)
