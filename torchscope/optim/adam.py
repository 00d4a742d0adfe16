"""Adam as TF1 computes it: epsilon is added to a root that is not corrected, so it weighs less at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchscope._core.values import arithmetic
from torchscope._core.values.arithmetic import Number, Tensors
from torchscope.optim import ranges
from torchscope.optim.optimizer import Optimizer


class Adam(Optimizer):
    """Adam with the numbers of tf.train.AdamOptimizer.

    The step is ``lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon)``. `torch.optim.Adam`
    corrects ``v`` before it adds epsilon, which differs in the first steps wherever gradients are small.

    >>> import torch
    >>> from torchscope import optim
    >>> def moved(optimizer, **options):
    ...     w = torch.nn.Parameter(torch.zeros(1))
    ...     w.grad = torch.tensor([1e-6])
    ...     optimizer([w], lr=1.0, **options).step()
    ...     return round(w.item(), 2)
    >>> moved(optim.Adam), moved(torch.optim.Adam)
    (-0.76, -0.99)

    A gradient that is sparse moves all rows, as in TF1: use `LazyAdam` for its rows alone.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate: a number or a tensor of one.
        beta1: what is kept of the average of gradients: a number or a tensor of one.
        beta2: what is kept of the average of their squares.
        epsilon: TF1's, which PyTorch's papers call epsilon-hat.
        name: in the names of the slots in a checkpoint: 'w/Adam' and 'w/Adam_1'.
        foreach: whether parameters move together, which is quicker.
        fused: whether PyTorch's fused kernel does it: on CUDA one launch for many parameters.
        capturable: whether a step can be recorded in a CUDA graph: what it counts stays on the device.

    Raises:
        ValueError: a number is out of its range.
    """

    rows_alone = False

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
        fused: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": epsilon,
            "fused": fused,
            "capturable": capturable,
        }
        super().__init__(params, defaults, name, foreach)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> None:
        """Averages keep a share, and epsilon makes roots no smaller."""
        super().check(options)
        ranges.share(cls, options, "beta1", "beta2")
        ranges.not_negative(cls, options, "epsilon")

    @classmethod
    def slots(cls, options: Mapping[str, Any]) -> dict[str, float]:
        """The averages of gradients and of their squares."""
        return {"m": 0.0, "v": 0.0}

    @classmethod
    def numbers(cls, options: Mapping[str, Any]) -> dict[str, Number]:
        """The powers of both betas."""
        return {f"{beta}_power": arithmetic.rounded(options[beta]) for beta in ("beta1", "beta2")}

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
        epsilon = arithmetic.above_zero(options["epsilon"], parameters[0].dtype)
        rate = cls.rate(options)
        if options.get("fused"):
            # So late that the kernel's own corrections are 1: TF1's are in the rate.
            late = torch.full((), 1e9, device=parameters[0].device)
            kernel: Any = torch._fused_adam_
            kernel(
                parameters,
                gradients,
                slots["m"],
                slots["v"],
                [],
                [late] * len(parameters),
                lr=rate,
                beta1=beta1,
                beta2=beta2,
                eps=epsilon,
                weight_decay=0.0,
                amsgrad=False,
                maximize=False,
            )
            return
        arithmetic.move_towards(slots["m"], gradients, 1.0 - beta1)
        arithmetic.move_towards_squares(slots["v"], gradients, 1.0 - beta2)
        below = torch._foreach_sqrt(slots["v"])
        torch._foreach_add_(below, epsilon)
        arithmetic.add_quotients(parameters, slots["m"], below, -rate)

    @classmethod
    def rate(cls, options: Mapping[str, Any]) -> Number:
        """The learning rate, with what corrects both averages for their beginning at 0."""
        first = arithmetic.rounded(options["beta1_power"])
        second = arithmetic.rounded(options["beta2_power"])
        return arithmetic.rounded(options["lr"]) * arithmetic.root(1.0 - second) / (1.0 - first)

    @classmethod
    def finish(cls, options: Any) -> None:
        """Multiplies the powers once more, as float32 does."""
        for name in cls.numbers(options):
            power, beta = options[name], arithmetic.rounded(options[name.removesuffix("_power")])
            if isinstance(power, Tensor):
                power.mul_(beta)
            else:
                options[name] = arithmetic.single(power * beta)


class LazyAdam(Adam):
    """Adam that moves the rows of a sparse gradient alone (tf.contrib.opt.LazyAdamOptimizer).

    So does `torch.optim.SparseAdam`, which corrects averages as `torch.optim.Adam` does. Dense gradients move
    all as `Adam` does.

    >>> import torch
    >>> from torchscope import optim
    >>> def moved(optimizer):
    ...     embeddings = torch.nn.Embedding(2, 1, sparse=True, _weight=torch.zeros(2, 1))
    ...     optimizer = optimizer(embeddings.parameters(), lr=1.0)
    ...     for row in (0, 1):
    ...         optimizer.zero_grad()
    ...         embeddings(torch.tensor(row)).sum().backward()
    ...         optimizer.step()
    ...     return [round(x, 2) for x in embeddings.weight.flatten().tolist()]
    >>> moved(optim.Adam), moved(optim.LazyAdam)
    ([-1.67, -0.74], [-1.0, -0.74])

    Its arguments are `Adam`'s, and so are the names of its slots.
    """

    rows_alone = True
