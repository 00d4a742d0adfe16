"""FTRL-proximal, which TF1's linear and wide models are trained by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Number, Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class Ftrl(Optimizer):
    """FTRL-proximal with the numbers of tf.train.FtrlOptimizer.

    A parameter follows from what is kept of it. PyTorch has nothing like it.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([4.0, 0.25])
    >>> optimizer = optim.Ftrl([w], lr=0.5, l1_regularization_strength=0.5)
    >>> optimizer.step()
    >>> [round(x, 3) for x in w.tolist()], optimizer.slot_names()
    ([-0.436, 0.0], {'accum': 'Ftrl', 'linear': 'Ftrl_1'})

    Args:
        params: parameters, or groups of them.
        lr: the learning rate, above 0: a number or a tensor of one.
        learning_rate_power: how the rate falls with the sum of squares; 0 is not at all.
        initial_accumulator_value: what the sums of squares begin with.
        l1_regularization_strength: how far what is kept may be from 0 and give 0.
        l2_regularization_strength: what makes parameters smaller.
        l2_shrinkage_regularization_strength: by how much of a parameter its gradient grows, twice.
        accum_name: the slot's name in a checkpoint, in place of `name`.
        linear_name: the other slot's.
        name: in the names of the slots in a checkpoint: 'w/Ftrl' and 'w/Ftrl_1'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is out of its range.
    """

    moves_at_rest = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        *,
        accum_name: str | None = None,
        linear_name: str | None = None,
        name: str = "Ftrl",
        foreach: bool = True,
    ) -> None:
        options = {
            "lr": lr,
            "learning_rate_power": learning_rate_power,
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
            "accum_name": accum_name,
            "linear_name": linear_name,
        }
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """TF1's own ranges; and a rate above 0, by which is divided."""
        super().check(options)
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if not options[name] >= 0:
                raise ValueError(f"{name} {options[name]:f} needs to be positive or zero")
        power = options["learning_rate_power"]
        if not power <= 0:
            raise ValueError(f"learning_rate_power {power:f} needs to be negative or zero")
        ranges.positive(cls, options, "lr")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The sum of squares, and what a parameter follows from."""
        return {"accum": options["initial_accumulator_value"], "linear": 0.0}

    def slot_names(
        self, group: Mapping[str, Any] | None = None, parameter: Tensor | None = None
    ) -> dict[str, str]:
        """How TF1 calls the variable of each slot: as `accum_name` and `linear_name` say, or by its number."""
        group = self.param_groups[0] if group is None else group
        accum, linear = group["accum_name"] or self.name, group["linear_name"] or self.name
        return {"accum": accum, "linear": f"{linear}_1" if linear == accum else linear}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Computes parameters of one device and dtype from what is kept of them.

        Raises:
            ValueError: the rate has fallen to 0.
        """
        ranges.positive(cls, options, "lr")
        rate = arithmetic.rounded(options["lr"])
        power = -arithmetic.rounded(options["learning_rate_power"])
        l1 = arithmetic.rounded(options["l1_regularization_strength"])
        l2 = arithmetic.rounded(options["l2_regularization_strength"])
        shrinkage = arithmetic.rounded(options["l2_shrinkage_regularization_strength"])
        squares, linear = slots["accum"], slots["linear"]

        before = _powers(squares, power)
        torch._foreach_addcmul_(squares, gradients, gradients)
        below: Any = _powers(squares, power)
        torch._foreach_div_(below, rate)
        torch._foreach_div_(before, rate)
        torch._foreach_sub_(before, below)
        torch._foreach_mul_(before, parameters)
        torch._foreach_add_(linear, before)
        torch._foreach_add_(linear, gradients)
        arithmetic.add_scaled(linear, parameters, 2.0 * shrinkage)

        torch._foreach_add_(below, 2.0 * l2)
        # Where all is 0 so is the parameter.
        torch._foreach_clamp_min_(below, torch.finfo(below[0].dtype).tiny)
        torch._foreach_zero_(parameters)
        beyond = torch._foreach_sub(arithmetic.within(linear, l1), linear)
        arithmetic.add_quotients(parameters, beyond, below, 1.0)


def _powers(tensors: Tensors, power: Number) -> Tensors:
    """Each number to a power."""
    if power == 0.5:
        return torch._foreach_sqrt(tensors)
    return [tensor**power for tensor in tensors]
