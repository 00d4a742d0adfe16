"""Steps that end at the nearest point which is small: gradient descent and Adagrad with l1 and l2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim import ranges
from torchscope.optim.adagrad import Adagrad
from torchscope.optim.optimizer import Optimizer

_STRENGTHS = ("l1_regularization_strength", "l2_regularization_strength")


class ProximalGradientDescent(Optimizer):
    """Proximal gradient descent with the numbers of tf.train.ProximalGradientDescentOptimizer.

    PyTorch has nothing like it: its ``weight_decay`` adds to gradients.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([2.0, 0.75]))
    >>> w.grad = torch.tensor([1.0, 1.0])
    >>> optim.ProximalGradientDescent([w], lr=0.5, l1_regularization_strength=1.0).step()
    >>> w.tolist()
    [1.0, 0.0]

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        l1_regularization_strength: what brings parameters to 0, and leaves small ones there.
        l2_regularization_strength: what makes parameters smaller.
        name: TF1's name of the optimizer.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is negative.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        *,
        name: str = "ProximalGradientDescent",
        foreach: bool = True,
    ) -> None:
        strengths = (l1_regularization_strength, l2_regularization_strength)
        options = {"lr": lr, **dict(zip(_STRENGTHS, strengths, strict=True))}
        super().__init__(params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Nothing is regularized less than not."""
        super().check(options)
        ranges.not_negative(cls, options, *_STRENGTHS)

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype."""
        rate = arithmetic.exact(options["lr"])
        l1, l2 = (arithmetic.exact(options[strength]) for strength in _STRENGTHS)
        arithmetic.add_scaled(parameters, gradients, -rate)
        torch._foreach_sub_(parameters, arithmetic.within(parameters, rate * l1))
        torch._foreach_div_(parameters, 1.0 + l2 * rate)


class ProximalAdagrad(Adagrad):
    """Adagrad with the numbers of tf.train.ProximalAdagradOptimizer.

    Each number has a learning rate of its own, by which l1 and l2 are weighed. PyTorch has nothing like it.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0, 0.5]))
    >>> w.grad = torch.tensor([2.0, 2.0])
    >>> optimizer = optim.ProximalAdagrad([w], 0.5, 12.0, l1_regularization_strength=2.0)
    >>> optimizer.step()
    >>> w.tolist()
    [0.5, 0.0]

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        initial_accumulator_value: what the sums of squares begin with.
        l1_regularization_strength: what brings parameters to 0, and leaves small ones there.
        l2_regularization_strength: what makes parameters smaller.
        name: in the name of the slot in a checkpoint: 'w/ProximalAdagrad'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        *,
        name: str = "ProximalAdagrad",
        foreach: bool = True,
    ) -> None:
        strengths = (l1_regularization_strength, l2_regularization_strength)
        options = {
            "lr": lr,
            "initial_accumulator_value": initial_accumulator_value,
            **dict(zip(_STRENGTHS, strengths, strict=True)),
        }
        Optimizer.__init__(self, params, options, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Sums of squares begin above 0, and nothing is regularized less than not."""
        super().check(options)
        ranges.not_negative(cls, options, *_STRENGTHS)

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype, and their sums."""
        l1, l2 = (arithmetic.exact(options[strength]) for strength in _STRENGTHS)
        torch._foreach_addcmul_(slots["accumulator"], gradients, gradients)
        rates = torch._foreach_sqrt(slots["accumulator"])
        torch._foreach_reciprocal_(rates)
        torch._foreach_mul_(rates, arithmetic.exact(options["lr"]))
        torch._foreach_sub_(parameters, torch._foreach_mul(rates, gradients))
        limits = torch._foreach_mul(rates, l1)
        torch._foreach_sub_(parameters, arithmetic.within(parameters, limits))
        torch._foreach_mul_(rates, l2)
        torch._foreach_add_(rates, 1.0)
        torch._foreach_div_(parameters, rates)
