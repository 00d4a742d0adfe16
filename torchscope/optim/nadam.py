"""Adam with Nesterov's momentum: Nadam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim.adam import Adam


class Nadam(Adam):
    """Nadam with the numbers of tf.contrib.opt.NadamOptimizer.

    The step is Adam's, with ``beta1 * m + (1 - beta1) * gradient`` in the place of ``m``. `torch.optim.NAdam`
    lets beta1 grow by a schedule: another algorithm.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([2.0])
    >>> optim.Nadam([w], lr=0.25, beta1=0.5).step()
    >>> w.tolist()
    [0.625]

    A sparse gradient moves its rows alone, while the averages of all move.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        beta1: what is kept of the average of gradients.
        beta2: what is kept of the average of their squares.
        epsilon: what is added to the root of that average.
        name: in the names of the slots in a checkpoint: 'w/Adam' and 'w/Adam_1', as TF1 has it.
        foreach: whether parameters move together, which is quicker.
        capturable: whether a step can be recorded in a CUDA graph: what it counts stays on the device.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 0.001,
        beta1: float | Tensor = 0.9,
        beta2: float | Tensor = 0.999,
        epsilon: float = 1e-8,
        *,
        name: str = "Adam",
        foreach: bool = True,
        capturable: bool = False,
    ) -> None:
        super().__init__(
            params, lr, beta1, beta2, epsilon, name=name, foreach=foreach, capturable=capturable
        )

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and their averages."""
        beta1, beta2 = arithmetic.rounded(options["beta1"]), arithmetic.rounded(options["beta2"])
        arithmetic.move_towards(slots["m"], gradients, 1.0 - beta1)
        arithmetic.move_towards_squares(slots["v"], gradients, 1.0 - beta2)
        ahead = torch._foreach_mul(slots["m"], beta1)
        arithmetic.add_scaled(ahead, gradients, 1.0 - beta1)
        below = torch._foreach_sqrt(slots["v"])
        torch._foreach_add_(below, arithmetic.above_zero(options["epsilon"], parameters[0].dtype))
        arithmetic.add_quotients(parameters, ahead, below, -cls.rate(options))

    @classmethod
    def move_rows(
        cls,
        parameter: Tensor,
        rows: Tensor,
        values: Tensor,
        slots: Mapping[str, Tensor],
        options: Mapping[str, Any],
    ) -> None:
        """Moves rows of a parameter, and all of its averages."""
        before = parameter.clone()
        super().move_rows(parameter, rows, values, slots, options)
        moved = parameter[rows]
        parameter.copy_(before).index_copy_(0, rows, moved)
