"""Gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim.optimizer import Optimizer


class GradientDescent(Optimizer):
    """Gradient descent with the numbers of tf.train.GradientDescentOptimizer.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    >>> w.grad = torch.tensor([1.0, -1.0])
    >>> optim.GradientDescent([w], lr=0.5).step()
    >>> w.tolist()
    [0.5, 2.5]

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        name: TF1's name of the optimizer.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: the rate is negative.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        *,
        name: str = "GradientDescent",
        foreach: bool = True,
    ) -> None:
        super().__init__(params, {"lr": lr}, name, foreach)

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Moves parameters of one device and dtype."""
        arithmetic.add_scaled(parameters, gradients, -arithmetic.rounded(options["lr"]))
