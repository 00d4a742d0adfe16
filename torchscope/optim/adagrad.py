"""Adagrad as TF1 computes it: squares begin above 0, and no epsilon is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Number, Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    """Adagrad with the numbers of tf.train.AdagradOptimizer.

    The step is ``lr * gradient / sqrt(accumulator)``. `torch.optim.Adagrad` begins with squares of 0, adds
    an epsilon to the root, and may let the rate decay; its ``initial_accumulator_value`` with ``eps=0``
    gives these numbers.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([2.0])
    >>> optimizer = optim.Adagrad([w], lr=0.5, initial_accumulator_value=12.0)
    >>> optimizer.step()
    >>> w.tolist(), optimizer.state[w]["accumulator"].tolist()
    ([0.75], [16.0])

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        initial_accumulator_value: what the sums of squares begin with.
        name: in the name of the slot in a checkpoint: 'w/Adagrad'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: the rate is negative, or sums do not begin above 0.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        initial_accumulator_value: float = 0.1,
        *,
        name: str = "Adagrad",
        foreach: bool = True,
    ) -> None:
        options = {"lr": lr, "initial_accumulator_value": initial_accumulator_value}
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Sums of squares begin above 0."""
        super().check(options)
        ranges.positive(cls, options, "initial_accumulator_value")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The sum of squares."""
        return {"accumulator": options["initial_accumulator_value"]}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and their sums."""
        sums = slots["accumulator"]
        torch._foreach_addcmul_(sums, gradients, gradients)
        rate = arithmetic.rounded(options["lr"])
        arithmetic.add_quotients(parameters, gradients, torch._foreach_sqrt(sums), -rate)


class AdagradDA(Optimizer):
    """Adagrad by dual averaging, with the numbers of tf.train.AdagradDAOptimizer.

    A parameter follows from the sums of its gradients and of their squares alone: where it began does not
    matter. TF1 hands over the global step; here it is what has been taken, in each group's
    ``global_step``, from 0 on. PyTorch has nothing like it.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
    >>> w.grad = torch.tensor([4.0, 0.25])
    >>> optimizer = optim.AdagradDA([w], lr=0.5, l1_regularization_strength=0.5)
    >>> optimizer.step()
    >>> [round(x, 3) for x in w.tolist()], optimizer.param_groups[0]["global_step"]
    ([-0.436, 0.0], 1)

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        initial_gradient_squared_accumulator_value: what the sums of squares begin with.
        l1_regularization_strength: how far sums of gradients may be from 0, for each step, and give 0.
        l2_regularization_strength: what makes parameters smaller, the more the longer.
        name: in the names of the slots in a checkpoint: 'w/AdagradDA' and 'w/AdagradDA_1'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is out of its range.
    """

    moves_at_rest = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        *,
        name: str = "AdagradDA",
        foreach: bool = True,
    ) -> None:
        options = {
            "lr": lr,
            "initial_gradient_squared_accumulator_value": initial_gradient_squared_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
        }
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Sums of squares begin above 0, and nothing is regularized less than not."""
        super().check(options)
        ranges.positive(cls, options, "initial_gradient_squared_accumulator_value")
        ranges.not_negative(
            cls, options, "l1_regularization_strength", "l2_regularization_strength"
        )

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The sums of gradients and of their squares."""
        squares = options["initial_gradient_squared_accumulator_value"]
        return {"gradient_accumulator": 0.0, "gradient_squared_accumulator": squares}

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, Number]:
        """How many steps were taken."""
        return {"global_step": 0}

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Computes parameters of one device and dtype from their sums."""
        rate = arithmetic.rounded(options["lr"])
        l1 = arithmetic.rounded(options["l1_regularization_strength"])
        l2 = arithmetic.rounded(options["l2_regularization_strength"])
        step = options["global_step"] + 1
        sums, squares = slots["gradient_accumulator"], slots["gradient_squared_accumulator"]
        torch._foreach_add_(sums, gradients)
        torch._foreach_addcmul_(squares, gradients, gradients)
        below = torch._foreach_sqrt(squares)
        torch._foreach_add_(below, l2 * step * rate)
        torch._foreach_zero_(parameters)
        beyond = torch._foreach_sub(sums, arithmetic.within(sums, l1 * step))
        arithmetic.add_quotients(parameters, beyond, below, -rate)

    @classmethod
    def finish(cls, options: Any) -> None:
        """Counts the step."""
        options["global_step"] += 1
