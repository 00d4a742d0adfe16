"""Adam by the largest gradient: AdaMax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Number, Tensors
from torchscope.optim.adam import Adam


class AdaMax(Adam):
    """AdaMax with the numbers of tf.contrib.opt.AdaMaxOptimizer.

    The step is ``lr / (1 - beta1**t) * m / (v + epsilon)``, where ``v`` is the largest of the gradient and
    ``beta2 * v``. `torch.optim.Adamax` adds epsilon to the gradient before it looks which is larger.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([2.0])
    >>> optim.AdaMax([w], lr=0.25, epsilon=2.0).step()
    >>> w.tolist()
    [0.875]

    A sparse gradient moves its rows alone.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        beta1: what is kept of the average of gradients.
        beta2: what is kept of the largest gradient.
        epsilon: what is added to the largest gradient.
        name: in the names of the slots in a checkpoint: 'w/AdaMax' and 'w/AdaMax_1'.
        foreach: whether parameters move together, which is quicker.
        capturable: whether a step can be recorded in a CUDA graph: what it counts stays on the device.

    Raises:
        ValueError: a number is out of its range.
    """

    rows_alone = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 0.001,
        beta1: float | Tensor = 0.9,
        beta2: float | Tensor = 0.999,
        epsilon: float = 1e-8,
        *,
        name: str = "AdaMax",
        foreach: bool = True,
        capturable: bool = False,
    ) -> None:
        super().__init__(
            params, lr, beta1, beta2, epsilon, name=name, foreach=foreach, capturable=capturable
        )

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, Number]:
        """The power of beta1."""
        return {"beta1_power": arithmetic.rounded(options["beta1"])}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and what is kept of them."""
        arithmetic.move_towards(slots["m"], gradients, 1.0 - arithmetic.rounded(options["beta1"]))
        torch._foreach_mul_(slots["v"], arithmetic.rounded(options["beta2"]))
        torch._foreach_maximum_(slots["v"], torch._foreach_abs(gradients))
        below = torch._foreach_add(
            slots["v"], arithmetic.above_zero(options["epsilon"], parameters[0].dtype)
        )
        arithmetic.add_quotients(parameters, slots["m"], below, -cls.rate(options))

    @classmethod
    def rate(cls, options: Mapping[str, Any]) -> Number:
        """The learning rate, with what corrects the average for its beginning at 0."""
        return arithmetic.rounded(options["lr"]) / (
            1.0 - arithmetic.rounded(options["beta1_power"])
        )
