"""Weights that decay beside their step, as tf.contrib.opt has them: by a share that the learning rate is not in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Tensors
from torchscope.optim import ranges
from torchscope.optim.adam import Adam
from torchscope.optim.momentum import Momentum
from torchscope.optim.optimizer import Optimizer


class _Decaying(Optimizer):
    """An optimizer before whose steps parameters become smaller."""

    moves_at_rest = True

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Weights do not grow."""
        super().check(options)
        ranges.not_negative(cls, options, "weight_decay")

    @classmethod
    def update(
        cls,
        parameters: Tensors,
        gradients: Tensors,
        slots: Mapping[str, Tensors],
        options: Mapping[str, Any],
    ) -> None:
        """Makes parameters of one device and dtype smaller, and moves them."""
        torch._foreach_mul_(parameters, 1.0 - arithmetic.exact(options["weight_decay"]))
        super().update(parameters, gradients, slots, options)


class AdamW(_Decaying, Adam):
    """Adam with decoupled weight decay, with the numbers of tf.contrib.opt.AdamWOptimizer.

    Before each step a parameter loses ``weight_decay`` of itself. `torch.optim.AdamW` takes ``lr * weight_decay``,
    so a schedule of the rate is none of the decay here: schedule both.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([0.0])
    >>> optim.AdamW([w], lr=0.001, weight_decay=0.25).step()
    >>> w.tolist()
    [0.75]

    TF1's ``decay_var_list`` is a group: the others have a decay of 0.

    >>> biases = torch.nn.Parameter(torch.zeros(1))
    >>> _ = optim.AdamW([{"params": [w]}, {"params": [biases], "weight_decay": 0.0}], weight_decay=0.25)

    A gradient that is sparse lets its rows decay, and moves all.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        beta1: what is kept of the average of gradients.
        beta2: what is kept of the average of their squares.
        epsilon: what is added to the root of that average.
        weight_decay: the share that a parameter loses: a number or a tensor of one.
        name: in the names of the slots in a checkpoint: 'w/AdamW' and 'w/AdamW_1'.
        foreach: whether parameters move together, which is quicker.
        fused: whether PyTorch's fused kernel does it: on CUDA one launch for many parameters.
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
        weight_decay: float | Tensor,
        name: str = "AdamW",
        foreach: bool = True,
        fused: bool = False,
        capturable: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "weight_decay": weight_decay,
            "fused": fused,
            "capturable": capturable,
        }
        Optimizer.__init__(self, params, options, name, foreach)

    @classmethod
    def move_rows(
        cls,
        parameter: Tensor,
        rows: Tensor,
        values: Tensor,
        slots: Mapping[str, Tensor],
        options: Mapping[str, Any],
    ) -> None:
        """Makes rows of a parameter smaller, and moves it."""
        kept = 1.0 - arithmetic.exact(options["weight_decay"])
        parameter.index_copy_(0, rows, parameter[rows] * kept)
        Adam.move_rows(parameter, rows, values, slots, options)


class MomentumW(_Decaying, Momentum):
    """Momentum with decoupled weight decay, with the numbers of tf.contrib.opt.MomentumWOptimizer.

    Before each step a parameter loses ``weight_decay`` of itself. The ``weight_decay`` of `torch.optim.SGD` adds to
    gradients.

    >>> import torch
    >>> from torchscope import optim
    >>> w = torch.nn.Parameter(torch.tensor([1.0]))
    >>> w.grad = torch.tensor([1.0])
    >>> optim.MomentumW([w], lr=0.25, momentum=0.5, weight_decay=0.25).step()
    >>> w.tolist()
    [0.5]

    TF1's ``decay_var_list`` is a group: the others have a decay of 0. A gradient that is sparse concerns its rows
    alone.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        momentum: what is kept of the sum of gradients.
        use_nesterov: whether it is Nesterov's momentum.
        weight_decay: the share that a parameter loses: a number or a tensor of one.
        name: in the name of the slot in a checkpoint: 'w/MomentumW'.
        foreach: whether parameters move together, which is quicker.

    Raises:
        ValueError: a number is negative.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor,
        momentum: float | Tensor,
        use_nesterov: bool = False,
        *,
        weight_decay: float | Tensor,
        name: str = "MomentumW",
        foreach: bool = True,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "use_nesterov": use_nesterov,
            "weight_decay": weight_decay,
        }
        Optimizer.__init__(self, params, options, name, foreach)
